"""What the package says to the Pulumi engine: values on the wire, live status, the end of the engine."""
