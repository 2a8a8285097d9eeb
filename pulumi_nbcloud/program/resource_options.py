"""Checks of resource options and invoke options that this package cannot honour, in one line and a hint."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pulumi

from pulumi_nbcloud.errors import InputError
from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.program.checks import CUSTOM_TIMEOUTS, a

_OPERATIONS = ("create", "update", "delete", "read")
_PROVIDER_PACKAGE = "pulumi-python"  # of all dynamic resources


def check_options(where: str, opts: pulumi.ResourceOptions | None, *, read_by: Sequence[str] = ()) -> None:
    """Reject resource options that this package cannot honour, or that the SDK would fail on.

    Args:
        where: names the resource, for messages.
        opts: its options.
        read_by: for a resource that is only read, the arguments that identify the thing; the engine calls no hooks for
            it.

    Raises:
        InputError: one of them is not for this resource.
    """
    if opts is None:
        return
    # What a program passes, whatever the annotation says.
    given: Any = opts
    if not isinstance(given, pulumi.ResourceOptions):
        raise InputError(f"{where}: opts cannot be {a(given)}", hint="write opts=pulumi.ResourceOptions(...)")
    _check_timeouts(where, given.custom_timeouts)
    _check_adoption(where, given, read_by)
    _check_providers(where, given.provider, given.providers)
    if given.parent is not None and not isinstance(given.parent, pulumi.Resource):
        raise InputError(
            f"{where}: parent cannot be {a(given.parent)}", hint="give a resource, mostly parent=self in a component"
        )
    if read_by and any(vars(given.hooks or pulumi.ResourceHookBinding()).values()):
        raise InputError(
            f"{where}: the engine calls no hooks for what is only read",
            hint="wait with a gate that this depends on: opts=pulumi.ResourceOptions(depends_on=[gate])",
        )


def check_invoke_options(where: str, opts: pulumi.InvokeOptions | pulumi.InvokeOutputOptions | None) -> None:
    """Reject options that a lookup cannot honour.

    Args:
        where: names the lookup, for messages.
        opts: its options.

    Raises:
        InputError: they are of another class, or name a provider.
    """
    if opts is None:
        return
    given: Any = opts
    if not isinstance(given, (pulumi.InvokeOptions, pulumi.InvokeOutputOptions)):
        raise InputError(
            f"{where}: opts cannot be {a(given)}", hint="write opts=pulumi.InvokeOutputOptions(depends_on=[...])"
        )
    _check_providers(where, given.provider, None)


def _check_adoption(where: str, given: pulumi.ResourceOptions, read_by: Sequence[str]) -> None:
    """Reject options that adopt something that exists: a gate creates nothing, and a record only reads."""
    for name in ("id", "urn"):
        if getattr(given, name) is not None:
            what = "this resource" if read_by else "gates"
            hint = f"say what to read by {', '.join(read_by)}" if read_by else "leave it out"
            raise InputError(f"{where}: opts.{name} is not for {what}", hint=hint)
    if given.import_ is not None:
        raise InputError(
            f"{where}: nothing can be imported as this resource, because it creates nothing in a cloud",
            hint="leave import_ out: declaring the resource is all that it takes",
        )


def _check_providers(where: str, provider: Any, providers: Any) -> None:
    """Reject providers of other packages; one of `pulumi-python` gives a gate a process of its own."""
    for option, each in (("provider", provider), *(("providers", each) for each in _listed(providers))):
        if each is None:
            continue
        if not isinstance(each, pulumi.ProviderResource):
            problem = f"{option} cannot be {a(each)}"
        elif each.package != _PROVIDER_PACKAGE:
            problem = f"the provider of {printable(str(each.package), 60)} has no say in whose account is read"
        else:
            continue
        raise InputError(f"{where}: {problem}", hint=f"leave {option} out; choose the account with profile=")


def _listed(providers: Any) -> Iterable[Any]:
    if isinstance(providers, Mapping):
        return providers.values()
    return providers if isinstance(providers, Sequence) and not isinstance(providers, str) else (providers,)


def _check_timeouts(where: str, custom: Any) -> None:
    if custom is None:
        return
    if not isinstance(custom, pulumi.CustomTimeouts):
        raise InputError(
            f"{where}: custom_timeouts cannot be {a(custom)}", hint=f"write custom_timeouts={CUSTOM_TIMEOUTS}"
        )
    for operation in _OPERATIONS:
        value = getattr(custom, operation)
        if value is not None and not isinstance(value, str):
            raise InputError(
                f"{where}: custom_timeouts.{operation} must be a text, not {a(value)}",
                hint="write it like 90s, 30m or 1h30m",
            )
