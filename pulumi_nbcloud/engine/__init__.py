"""Everything that the package sends to the Pulumi engine: values, messages, errors, live status, its end."""
