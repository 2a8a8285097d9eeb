"""OpenTelemetry: a span and metrics for each wait, where the standard variables name an endpoint.

`variables` reads the configuration and loads nothing; `exporters` sets up our own providers, never the global ones;
`listener` connects them with the waits of a process. None of this runs in a user's program.
"""
