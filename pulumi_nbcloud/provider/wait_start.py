"""When the wait of a gate with `hold` began, kept in the stack itself: any runner goes on with the same deadline.

A gate that is awaiting is not in state, so a resource of its own beside it says when its first update began to wait.
It is made again exactly where the gate waits again, and it holds no more of what is waited for than a digest.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from pulumi.dynamic import CheckResult, ConfigureRequest, CreateResult, DiffResult, ReadResult, UpdateResult

from pulumi_nbcloud import clock
from pulumi_nbcloud.clock import text
from pulumi_nbcloud.engine.errors import EngineProvider
from pulumi_nbcloud.engine.log import show
from pulumi_nbcloud.engine.values import contains_unknown, plain
from pulumi_nbcloud.errors import InputError
from pulumi_nbcloud.printable import shell_quoted
from pulumi_nbcloud.provider import host
from pulumi_nbcloud.waiting.duration import parse_duration, spell
from pulumi_nbcloud.waiting.options import DEFAULT_OPTIONS, OPTIONS, tightened

WAIT_AGAIN = ("targets", *(each.name for each in OPTIONS if each.waits_again))
"""The inputs of a gate that say what it waits for: where one of them changes, the gate waits again."""


def digest_of(inputs: Mapping[str, Any]) -> str:
    """Return the digest of what a gate waits for, from its inputs as they arrive over the wire."""
    given = {name: inputs[name] for name in WAIT_AGAIN if inputs.get(name) is not None}
    return hashlib.sha256(json.dumps(plain(given), sort_keys=True, default=repr).encode()).hexdigest()


class WaitStartProvider(EngineProvider):
    """Keep a moment for the engine. Stored in state by name, so it keeps nothing at all itself."""

    serialize_as_secret_always = False

    def configure(self, req: ConfigureRequest) -> None:
        """Patch this process; raise nothing."""
        host.configure(req)

    def check(self, _olds: Mapping[str, Any], news: Mapping[str, Any]) -> CheckResult:
        """Put a digest in the place of what the gate waits for: the engine stores what this returns."""
        inputs = dict(news)
        if not contains_unknown(inputs.get("digest")):
            inputs["digest"] = digest_of(inputs["digest"])
        inputs["timeout"] = _spelled(inputs.get("timeout"))
        inputs["enforcement"] = inputs.get("enforcement") or DEFAULT_OPTIONS.enforcement
        return CheckResult(inputs, [])

    def diff(self, _id: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> DiffResult:
        """Begin again where the gate waits again; report where only the deadline moves."""
        replaces = ["digest"] if olds.get("digest") != news.get("digest") else []
        if tightened(olds.get("enforcement"), news.get("enforcement")):
            replaces.append("enforcement")
        if not replaces:
            _report_move(olds, news)
        changes = bool(replaces) or any(olds.get(name) != news.get(name) for name in ("timeout", "enforcement"))
        return DiffResult(changes=changes, replaces=replaces, delete_before_replace=True)

    def create(self, props: Mapping[str, Any]) -> CreateResult:
        """Keep this moment."""
        return CreateResult(uuid.uuid4().hex, {**plain(props), "started": text(clock.now())})

    def update(self, _id: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> UpdateResult:
        """Keep the moment that there is."""
        return UpdateResult({**plain(news), "started": olds.get("started")})

    def read(self, id_: str, props: Mapping[str, Any]) -> ReadResult:
        """Keep everything."""
        return ReadResult(id_, dict(props))

    def delete(self, _id: str, _props: Mapping[str, Any]) -> None:
        """Do nothing: there is nothing in a cloud to delete."""


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
        """Take it out of a gate's inputs; None where there is none, or where it is not known yet."""
        start = inputs.get("wait_start")
        started = start.get("started") if isinstance(start, Mapping) else None
        moment = moment_of(started)
        return None if moment is None or not isinstance(start, Mapping) else cls(moment, str(start.get("urn")))

    def deadline(self, timeout: float) -> datetime:
        """Return when the wait ends at the latest."""
        return self.at + timedelta(seconds=timeout)

    @property
    def before(self) -> float:
        """How long ago it was, in seconds; a clock that is behind the one that began makes it no negative."""
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


def misfit(inputs: Mapping[str, Any]) -> str | None:
    """Say what is wrong where the moment belongs to something else than a gate waits for; None where nothing is.

    Args:
        inputs: of the gate, as they arrive over the wire.
    """
    start = inputs.get("wait_start")
    if not isinstance(start, Mapping) or contains_unknown([start, *(inputs.get(name) for name in WAIT_AGAIN)]):
        return None
    if start.get("digest") in (None, digest_of(inputs)):
        return None
    return (
        "hold: the WaitStart of this gate began for something else than the gate waits for\n"
        "hint: what changes the inputs of one must change those of the other; with --target, name both: "
        f"--target {shell_quoted(str(start.get('urn')))}"
    )


def _spelled(timeout: object) -> object:
    """Write a timeout as it counts; leave what is unknown, or what the gate refuses."""
    if timeout is None:
        return spell(DEFAULT_OPTIONS.timeout)
    try:
        return spell(parse_duration(timeout, "timeout")) if isinstance(timeout, str) else timeout
    except InputError:
        return timeout


def _report_move(olds: Mapping[str, Any], news: Mapping[str, Any]) -> None:
    """Say where a deadline moves to: nothing moves one in silence."""
    started = moment_of(olds.get("started"))
    try:
        before, after = (parse_duration(each["timeout"], "timeout") for each in (olds, news))
    except (InputError, KeyError, AttributeError):
        return
    if started is None or before == after:
        return
    line = f"the deadline moves: {awaiting_line(started, after)}, not {text(started + timedelta(seconds=before))}"
    show(line, news.get("status_urn"), stays=True)
