"""The listeners of the command's waits: the history and OpenTelemetry, if enabled."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from pulumi_nbcloud.cli import output

if TYPE_CHECKING:
    from pulumi_nbcloud.telemetry.listener import Telemetry
    from pulumi_nbcloud.waiting.listeners import Listener, Origin
    from pulumi_nbcloud.waiting.spec import WaitSpec


def listeners_of(history: Path | None) -> tuple[Listener, ...]:
    """Return the listeners of this command's wait.

    Args:
        history: the folder of the history; None for none.
    """
    found: list[Listener] = []
    if history is not None:
        from pulumi_nbcloud.history.listener import History
        from pulumi_nbcloud.history.writing import writer_of

        found.append(History(writer_of(history.expanduser().absolute())))
    telemetry = _telemetry()
    return (*found, telemetry) if telemetry is not None else tuple(found)


def _telemetry() -> Telemetry | None:
    from pulumi_nbcloud.telemetry.variables import plan_of

    # Nothing more of it is loaded unless it is enabled.
    if plan_of(os.environ) is None:
        return None
    from pulumi_nbcloud.telemetry.listener import telemetry_of

    return telemetry_of(os.environ, lambda text: output.say(f"warning: {text}"))


def flush(listeners: tuple[Listener, ...]) -> None:
    """Flush listeners before the process ends, because a signal ends it immediately."""
    for each in listeners:
        send = getattr(each, "flush", None)
        if send is not None:
            send()


def origin_of(spec: WaitSpec) -> Origin:
    """Name a wait: by its target, or by the names of several targets."""
    from pulumi_nbcloud.waiting.listeners import Origin

    (first, kind), *others = spec.kinds.items()
    name = ", ".join(spec.kinds) if others else f"{kind.token} {kind.identify(spec.arguments[first])}"
    return Origin("command", name)
