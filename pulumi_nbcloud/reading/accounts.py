"""Which accounts a process would read: compared if two processes of one update may see different settings.

In an inline program of the Automation API, lookups, hooks and the `now:` line are read by the program's own process,
gates and records by the provider's, which is a child of the engine and has the workspace's variables.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pulumi_nbcloud.errors import NbcloudError
from pulumi_nbcloud.kinds.registry import KINDS, load
from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.settings.resolve import resolve
from pulumi_nbcloud.settings.sources import ConfigReader

NONE = "none"


def fingerprints(
    things: Iterable[tuple[str, str | None]], config: ConfigReader, environment: Mapping[str, str]
) -> dict[str, str]:
    """Return which accounts would be read.

    Args:
        things: the kind and the profile of each.
        config: reads Pulumi config.
        environment: the process's variables.

    Returns:
        For each cloud and profile, written `modelarts` or `modelarts/east`, the fingerprint of its account; `NONE` if
        the settings of this process name no account.
    """
    found: dict[str, str] = {}
    for token, profile in things:
        schema = load(token).account.schema
        name = f"{schema.cloud}/{profile}" if profile else schema.cloud
        if name not in found:
            try:
                found[name] = resolve(schema, profile, config, environment).fingerprint
            except NbcloudError:
                found[name] = NONE
    return found


def differing(theirs: Mapping[str, str], config: ConfigReader, environment: Mapping[str, str]) -> Iterator[str]:
    """Yield a warning for each account that this process would read differently than the program that made `theirs`.

    Args:
        theirs: the result of `fingerprints` there.
        config: reads Pulumi config.
        environment: the process's variables.
    """
    tokens = {token.partition(":")[0]: token for token in KINDS}
    for name, fingerprint in theirs.items():
        cloud, _, profile = name.partition("/")
        if cloud in tokens:
            ours = fingerprints([(tokens[cloud], profile or None)], config, environment)
            if ours.get(name) != fingerprint:
                yield (
                    f"{printable(name, 80)}: the settings of the program's process and of Pulumi's provider process "
                    "differ, so lookups, hooks and the `now:` line ask another account than gates and records; set the "
                    "account in the stack's config and not in variables (docs/guides/automation-api.md)"
                )
