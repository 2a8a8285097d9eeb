"""What the package says to the Pulumi engine: values on the wire, messages and errors, live status, its end."""
