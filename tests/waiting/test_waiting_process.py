"""The waits of one process: what is said before one starts."""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace
from typing import Any

import anyio
import pytest
from simulated import Arguments, Notes, Thing, kind
from virtual_time import START

from pulumi_nbcloud.clock import Clock
from pulumi_nbcloud.reading.sharing import RequestKey, SharedReads
from pulumi_nbcloud.waiting.options import WaitOptions
from pulumi_nbcloud.waiting.runner import WaitRunner
from pulumi_nbcloud.waiting.spec import WaitSpec

TIMEOUT = 600.0


class Frozen(Clock):
    def now(self) -> datetime:
        return START


class Reader:
    """Gives accounts whose credentials expire so many seconds from the start, by profile."""

    def __init__(self, expiries: dict[str | None, float | None]) -> None:
        self._expiries = expiries
        self.shared = SharedReads(Frozen())

    def account(self, kind: Any, profile: str | None, config: Any) -> Any:
        seconds = self._expiries[profile]
        expiry = None if seconds is None else START.timestamp() + seconds
        return SimpleNamespace(expires_at=lambda: expiry, profile=profile)

    def key(self, kind: Any, arguments: Arguments, config: Any) -> RequestKey:
        return RequestKey("account", kind.request_key_of(arguments))

    async def fetch(self, kind: Any, arguments: Arguments, config: Any) -> tuple[Any, Any]:
        return None, await kind.read(None, arguments)


async def _ready(account: Any, arguments: Arguments) -> Thing:
    return Thing(status="READY")


def warnings_of(expiries: dict[str | None, float | None]) -> list[str]:
    thing, notes = kind(read=_ready), Notes()
    kinds = {f"t{number}": thing for number in range(len(expiries))}
    arguments = {f"t{number}": Arguments("a", profile) for number, profile in enumerate(expiries)}
    spec = WaitSpec(kinds, arguments, WaitOptions(timeout=TIMEOUT))

    async def simulate() -> None:
        await WaitRunner(Reader(expiries), lambda key: None, Frozen()).wait(spec, notes)  # type: ignore[arg-type]

    anyio.run(simulate)
    return notes.warnings


EXPIRE = "the credentials for sim expire at 2026-01-31T09:09:59Z, before the timeout of this wait"


@pytest.mark.parametrize(
    ("expiries", "expected"),
    [
        ({None: None}, []),
        ({None: TIMEOUT}, []),
        ({None: TIMEOUT - 1}, [EXPIRE]),
        ({None: None, "a": TIMEOUT - 1, "b": TIMEOUT - 1}, [EXPIRE]),
        ({None: -3600}, ["the credentials for sim expire at 2026-01-31T08:00:00Z, before the timeout of this wait"]),
    ],
)
def test_credentials_that_expire_before_the_timeout_are_warned_of_at_the_start(
    expiries: dict[str | None, float | None], expected: list[str]
) -> None:
    assert warnings_of(expiries) == expected
