"""The resource beside a gate with `hold` that keeps when its wait began; programs do not declare it themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from pulumi_nbcloud.program.row import row_of
from pulumi_nbcloud.program.stored import StoredResource
from pulumi_nbcloud.provider.wait_start import WaitStartProvider
from pulumi_nbcloud.waiting.again import WAIT_AGAIN


class WaitStart(StoredResource, module="nbcloud", name="WaitStart"):
    """When the wait of a gate began."""

    started: pulumi.Output[str]
    """The moment, RFC 3339."""
    digest: pulumi.Output[Any]
    """Of what the gate waits for; secret if one of its inputs is. Mocks of a unit test return it unchanged."""

    def __init__(self, resource_name: str, gate: Mapping[str, Any], opts: pulumi.ResourceOptions | None) -> None:
        """Declare it for a gate.

        Args:
            resource_name: the name of the gate, which is its own too.
            gate: the inputs of the gate, Outputs among them.
            opts: the options of the gate.
        """
        custom = gate.get("custom_timeouts")
        inputs = {
            "digest": {name: gate[name] for name in WAIT_AGAIN if name in gate},
            "timeout": gate.get("timeout", custom.get("create") if isinstance(custom, Mapping) else None),
            "enforcement": gate.get("enforcement"),
            "status_urn": row_of(type(self), resource_name, opts),
            "started": None,
        }
        super().__init__(WaitStartProvider(), resource_name, inputs, self._options(opts))

    @classmethod
    def _options(cls, opts: pulumi.ResourceOptions | None) -> pulumi.ResourceOptions:
        """Return its options: it begins when the gate may, and is known by the names that the gate was known by."""
        # An update that ends as awaiting must leave no old one behind.
        own = pulumi.ResourceOptions(delete_before_replace=True)
        if opts is None:
            return own
        aliases = [cls._alias(each) for each in opts.aliases or ()]
        given = pulumi.ResourceOptions(
            parent=opts.parent, depends_on=opts.depends_on, provider=opts.provider, aliases=aliases or None
        )
        return pulumi.ResourceOptions.merge(given, own)

    @classmethod
    def _alias(cls, alias: Any) -> Any:
        """Return its own name for an alias of the gate."""
        if isinstance(alias, pulumi.Output):
            return alias.apply(cls._alias)
        if isinstance(alias, str):
            *place, types, name = alias.split("::", 3)
            parents, dollar, _ = types.rpartition("$")
            return "::".join((*place, f"{parents}{dollar}pulumi-python:{cls._resource_type_name}", name))
        given = {name: value for name, value in vars(alias).items() if name != "type_" and value is not ...}
        return pulumi.Alias(**given) if isinstance(alias, pulumi.Alias) else alias
