"""The sources of settings: Pulumi config, environment, the vendors' files, in this order.

A cloud declares its keys as a `schema.Schema`; `sources` reads the sources; `resolve` selects the values.
"""
