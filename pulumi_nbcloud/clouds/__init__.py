"""The clouds: one folder each, one file a kind. Nothing here depends on Pulumi."""
