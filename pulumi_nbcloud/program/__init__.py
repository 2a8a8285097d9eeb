"""What runs in the Pulumi program: lookups, read resources, targets, previews, slots."""
