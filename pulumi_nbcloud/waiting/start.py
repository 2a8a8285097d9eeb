"""When the wait of a gate with `hold` began: kept beside the gate, which is not in state while it waits.

A resource of its own keeps it. It is replaced exactly when the gate waits again, and of the gate's inputs it holds only
a digest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from pulumi_nbcloud import clock
from pulumi_nbcloud.clock import text
from pulumi_nbcloud.errors import InputError
from pulumi_nbcloud.printable import shell_quoted
from pulumi_nbcloud.waiting.again import WAIT_AGAIN
from pulumi_nbcloud.waiting.duration import parse_duration, spell
from pulumi_nbcloud.waiting.options import DEFAULT_OPTIONS, tightened


def digest_of(inputs: Mapping[str, Any]) -> str:
    """Return the digest of what a gate waits for, from its inputs, plain."""
    given = {name: inputs[name] for name in WAIT_AGAIN if inputs.get(name) is not None}
    return hashlib.sha256(json.dumps(given, sort_keys=True, default=repr).encode()).hexdigest()


@dataclass(frozen=True)
class Start:
    """When a wait began, as a gate knows it from its inputs.

    Args:
        at: the moment.
        urn: of the resource that keeps it.
    """

    at: datetime
    urn: str

    @classmethod
    def of(cls, inputs: Mapping[str, Any]) -> Start | None:
        """Read it from a gate's inputs; None if there is none, or if it is not known yet."""
        start = inputs.get("wait_start")
        started = start.get("started") if isinstance(start, Mapping) else None
        moment = moment_of(started)
        return None if moment is None or not isinstance(start, Mapping) else cls(moment, str(start.get("urn")))

    def deadline(self, timeout: float) -> datetime:
        """Return when the wait ends at the latest."""
        return self.at + timedelta(seconds=timeout)

    @property
    def before(self) -> float:
        """How long ago it was, in seconds; never negative, even if this clock is behind the one that began."""
        return max(0.0, -self.behind)

    @property
    def behind(self) -> float:
        """How far this machine's clock is behind the moment, in seconds; negative as a rule."""
        return (self.at - clock.now()).total_seconds()


def moment_of(started: object) -> datetime | None:
    """Read a moment as a state holds it; None for anything else."""
    try:
        return datetime.strptime(str(started), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        return None


def awaiting_line(started: datetime, timeout: float) -> str:
    """Write since when a gate is awaiting, and until when: `awaiting since …, until …`."""
    return f"awaiting since {text(started)}, until {text(started + timedelta(seconds=timeout))}"


def misfit(inputs: Mapping[str, Any], is_unknown: Callable[[Any], bool]) -> str | None:
    """Write the problem of a moment that belongs to another wait than the gate's; None if it fits.

    Args:
        inputs: of the gate, plain.
        is_unknown: recognises a value that is not known yet, or that contains one.
    """
    start = inputs.get("wait_start")
    if not isinstance(start, Mapping) or is_unknown([start, *(inputs.get(name) for name in WAIT_AGAIN)]):
        return None
    if start.get("digest") in (None, digest_of(inputs)):
        return None
    return (
        "hold: the WaitStart of this gate began for something else than the gate waits for\n"
        "hint: what changes the inputs of one must change those of the other; with --target, name both: "
        f"--target {shell_quoted(str(start.get('urn')))}"
    )


def counted_timeout(timeout: object) -> object:
    """Write a timeout in its normal form; leave one that is unknown or that the gate rejects."""
    if timeout is None:
        return spell(DEFAULT_OPTIONS.timeout)
    try:
        return spell(parse_duration(timeout, "timeout")) if isinstance(timeout, str) else timeout
    except InputError:
        return timeout


def begins_again(olds: Mapping[str, Any], news: Mapping[str, Any]) -> list[str]:
    """Return why the wait of these inputs begins again: `digest`, `enforcement`; empty if it goes on.

    Args:
        olds: the stored `digest` and `enforcement`.
        news: the same, as they are now.
    """
    replaces = ["digest"] if olds.get("digest") != news.get("digest") else []
    if tightened(olds.get("enforcement"), news.get("enforcement")):
        replaces.append("enforcement")
    return replaces


def move_line(started: object, before: object, after: object) -> str | None:
    """Write the message that a deadline moves; None if it does not, or if that is not known.

    Args:
        started: when the wait began, as a state holds it.
        before: its timeout until now.
        after: its timeout from now on.
    """
    moment = moment_of(started)
    try:
        old, new = (parse_duration(each, "timeout") for each in (before, after) if isinstance(each, str))
    except (InputError, ValueError):  # unknown, rejected, or none
        return None
    if moment is None or old == new:
        return None
    return f"the deadline moves: {awaiting_line(moment, new)}, not {text(moment + timedelta(seconds=old))}"
