"""What tests of the history share: waits on the virtual clock that keep one, and its lines."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
from history_lines import URN
from simulated import Arguments, Notes, OneAccount, Thing, inline, kind
from simulated import History as Things
from virtual_time import START, VirtualClock, run

from pulumi_nbcloud.history.listener import History
from pulumi_nbcloud.history.writing import Writer
from pulumi_nbcloud.settings.overrides import Override
from pulumi_nbcloud.waiting.listeners import Listener, Origin
from pulumi_nbcloud.waiting.options import WaitOptions
from pulumi_nbcloud.waiting.runner import WaitRunner
from pulumi_nbcloud.waiting.spec import WaitSpec

GATE = Origin("gate", "trained", urn=URN, operation="create")


def now() -> datetime:
    return START + timedelta(seconds=anyio.current_time())


def waits(
    folder: Path | Listener,
    *things: Things | Mapping[str, Things],
    origin: Origin = GATE,
    reporter: Notes | None = None,
    override: Override | None = None,
    **how: Any,
) -> None:
    """Waits as a gate does, one wait after the other, on the virtual clock; its errors are left out."""
    options = WaitOptions(**{"timeout": 60.0, "interval": 10.0, **how})
    history = History(Writer(folder, now), now) if isinstance(folder, Path) else folder

    async def simulate() -> None:
        runner = WaitRunner(OneAccount(), lambda key: None, VirtualClock(), inline, (history,))
        for each in things:
            named = each if isinstance(each, Mapping) else {"self": each}
            kinds = {name: kind(read=reads(thing)) for name, thing in named.items()}
            arguments = {name: Arguments("a" if name == "self" else f"id-of-{name}") for name in named}
            try:
                await runner.enforce(
                    WaitSpec(kinds, arguments, options), reporter or Notes(), origin, override=override
                )
            except Exception:  # the history says how it ended
                continue

    run(simulate)


def reads(things: Things) -> Callable[..., Any]:
    async def read(account: Any, arguments: Arguments) -> Thing:
        return await things.read()

    return read


def lines(folder: Path) -> list[dict[str, Any]]:
    """The lines of a folder, file after file."""
    return [json.loads(line) for path in sorted(folder.iterdir()) for line in path.read_text("ascii").splitlines()]
