"""OpenTelemetry: a span and metrics for each wait, where the standard variables name an endpoint.

`variables` reads what is asked for and loads nothing; `exporters` sets up providers of our own, never the global ones;
`listener` connects them with the waits of a process. Nothing of it runs in a user's program.
"""
