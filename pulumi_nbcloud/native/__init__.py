"""The native provider plugin: the same reads and waits for every language of Pulumi, as a process of its own."""
