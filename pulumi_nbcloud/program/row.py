"""The row of a resource in the CLI, as one more input: a provider does not learn which resource it serves."""

from __future__ import annotations

import pulumi
import pulumi.dynamic


def row_of(
    resource: type[pulumi.dynamic.Resource], resource_name: str, opts: pulumi.ResourceOptions | None
) -> pulumi.Output[str]:
    """Return the URN that a dynamic resource will have.

    Args:
        resource: its class.
        resource_name: its name in the stack.
        opts: its options.
    """
    type_name = f"pulumi-python:{resource._resource_type_name}"
    urn = pulumi.create_urn(resource_name, type_name, opts.parent if opts else None)
    # Without what it depends on: a component depends on its children, so a gate in one would depend on itself.
    return pulumi.Output(set(), urn.future(), urn.is_known(), urn.is_secret())  # type: ignore[arg-type]
