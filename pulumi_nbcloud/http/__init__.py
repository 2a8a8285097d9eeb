"""HTTP: messages, client, retries, proxies, redaction. Only `client` imports the HTTP library."""
