"""The override of a wait of the command: `--override REASON` and `--override-until TIME`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pulumi_nbcloud.errors import InputError, NbcloudError

if TYPE_CHECKING:
    from pulumi_nbcloud.settings.overrides import Override
    from pulumi_nbcloud.waiting.spec import WaitSpec

ReasonOption = Annotated[
    str | None,
    typer.Option(
        "--override",
        metavar="REASON",
        help="Let the wait pass, as overridden, if the cloud gives no usable response; say why.",
    ),
]
UntilOption = Annotated[
    str | None,
    typer.Option("--override-until", metavar="TIME", help="When that ends, in RFC 3339, at most 24 hours ahead."),
]


def override_of(reason: str | None, until: str | None, spec: WaitSpec) -> Override | None:
    """Check the flags, before anything is sent.

    Args:
        reason: the reason; None without the flag.
        until: its end; None without the flag.
        spec: the wait spec.

    Raises:
        InputError: they are invalid, or would be ignored.
    """
    from pulumi_nbcloud import clock
    from pulumi_nbcloud.settings.overrides import override_of_flags

    override = override_of_flags(reason, until, clock.now())
    if override is not None and spec.options.enforcement == "disabled":
        raise InputError("--override has no effect with --enforcement disabled", hint="leave one of them out")
    return override


def explain(error: NbcloudError, override: Override | None) -> None:
    """Add the flags to the hint of a wait that they would have overridden."""
    from pulumi_nbcloud import clock
    from pulumi_nbcloud.waiting.overriding import with_flags

    if override is None:
        with_flags(error, clock.now())
