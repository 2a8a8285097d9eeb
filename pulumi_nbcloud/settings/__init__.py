"""Where a setting comes from: Pulumi config, environment, the vendors' files, in this order.

A cloud declares its keys as a `schema.Schema`; `sources` reads the places; `resolve` decides what counts.
"""
