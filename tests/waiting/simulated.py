"""A made-up cloud for waits: things whose state is a function of time, and a kind to read them."""

from __future__ import annotations

import bisect
import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

import anyio
from virtual_time import VirtualClock, run

from pulumi_nbcloud.clouds.account import Account
from pulumi_nbcloud.condition import Evaluator, compile_conditions
from pulumi_nbcloud.errors import (
    TRY_LATER,
    AuthenticationError,
    BadResponseError,
    NbcloudError,
    NotFoundError,
    PermissionDeniedError,
    ThrottledError,
    UnreachableError,
    lasting,
)
from pulumi_nbcloud.http.messages import last_request_id
from pulumi_nbcloud.http.redaction import Redactor
from pulumi_nbcloud.kinds.fields import State, Volatile
from pulumi_nbcloud.kinds.kind import Failure, Kind
from pulumi_nbcloud.reading.reader import Reader
from pulumi_nbcloud.reading.sharing import RequestKey, SharedReads
from pulumi_nbcloud.settings.overrides import Override
from pulumi_nbcloud.spelling import PYTHON, Spelling
from pulumi_nbcloud.waiting.cancellation import Cancellation
from pulumi_nbcloud.waiting.keeper import Keeper
from pulumi_nbcloud.waiting.observation import Target
from pulumi_nbcloud.waiting.options import DEFAULT_OPTIONS, WaitOptions
from pulumi_nbcloud.waiting.outcome import Met
from pulumi_nbcloud.waiting.progress import Progress
from pulumi_nbcloud.waiting.schedule import Schedule
from pulumi_nbcloud.waiting.wait import Wait

MOVED = lasting(BadResponseError("the endpoint redirects elsewhere", hint="set endpoint to it", where="GET /moved"))
MALFORMED = BadResponseError("the answer has an odd field", hint="report the field", status=200, request_id="req-odd")
ABSENT, DOWN, LOCKED, FORBIDDEN = "(absent)", "(down)", "(locked)", "(forbidden)"
WHERE = "GET https://sim.example/things/thing-1"


@dataclass(frozen=True)
class Throttled:
    """An answer that asks to wait; None where it does not say how long."""

    retry_after: float | None


@dataclass(frozen=True)
class Arguments:
    thing_id: str
    profile: str | None = None


@dataclass(frozen=True)
class Thing(State):
    thing_id: str = "thing-1"
    status: str | None = None
    note: str | None = None
    touched: Annotated[int | None, Volatile()] = None


async def _never(account: Any, arguments: Any) -> Any:
    raise AssertionError("the simulation reads by itself")


THING: Kind[Any, Arguments, Thing] = Kind(
    token="sim:Thing",
    account=Account,
    arguments=Arguments,
    state=Thing,
    read=_never,
    identify=lambda arguments: arguments.thing_id,
    ready='self.status == "READY"',
    failed=(Failure('self.status == "FAILED"'),),
    not_found_is_gone=True,
    headline=("status",),
)


def kind(**changes: Any) -> Kind[Any, Any, Any]:
    """The kind of things, with changes."""
    return dataclasses.replace(THING, **changes)


def error_of(value: Any) -> NbcloudError | None:
    """The error that a value of a history stands for, as accounts raise them."""
    if isinstance(value, NbcloudError):
        return value
    if isinstance(value, Throttled):
        throttled = ThrottledError(
            "the cloud asks for fewer requests", status=429, code="Sim.429", request_id="req-429"
        )
        throttled.retry_after = value.retry_after
        return throttled
    if value == ABSENT:
        return NotFoundError("there is no such thing", status=404, request_id="req-404")
    if value == DOWN:
        return UnreachableError(
            "the cloud cannot answer now", hint=TRY_LATER, where=WHERE, status=503, request_id="req-503"
        )
    if value == LOCKED:
        return AuthenticationError(
            "the credentials are refused",
            hint="renew the key",
            where=WHERE,
            status=401,
            code="Sim.401",
            request_id="req-401",
        )
    if value == FORBIDDEN:
        return PermissionDeniedError(
            "reading is not allowed", hint="ask for it", where=WHERE, status=403, code="Sim.403", request_id="req-403"
        )
    return None


@dataclass(eq=False)
class History:
    """What a thing is, from when on: `[(0, "PENDING"), (12.5, "READY")]`, times in seconds, in order."""

    steps: Sequence[tuple[float, Any]]
    latency: float = 0.0
    reads: list[tuple[float, Any]] = field(default_factory=list)
    request_ids: str | None = "req"
    shift: float = 0.0
    """How far its times are from the loop's clock."""

    def at(self, moment: float) -> Any:
        position = bisect.bisect_right([each[0] for each in self.steps], moment) - 1
        return self.steps[max(0, position)][1]

    @property
    def times(self) -> list[float]:
        """When each read was sent."""
        return [round(at, 3) for at, _ in self.reads]

    async def read(self) -> Thing:
        """The answer is what the thing was when the request was sent; it arrives later."""
        moment = anyio.current_time() + self.shift
        value = self.at(moment)
        self.reads.append((moment, value))
        number = len(self.reads)
        await anyio.sleep(self.latency)
        error = error_of(value)
        if error is not None:
            raise error
        if self.request_ids:
            last_request_id.set(f"{self.request_ids}-{number}")
        return value if isinstance(value, Thing) else Thing(status=value)


class Notes:
    """A reporter that remembers."""

    def __init__(self, heartbeat_seconds: float = 30.0) -> None:
        self.heartbeat_seconds = heartbeat_seconds
        self.changes: list[tuple[float, str]] = []
        self.heartbeats: list[float] = []
        self.warnings: list[str] = []

    def changed(self, progress: Progress, elapsed: float) -> None:
        self.changes.append((round(elapsed, 3), progress.summary()))

    def heartbeat(self, progress: Progress, elapsed: float) -> None:
        self.heartbeats.append(round(elapsed, 3))

    def warning(self, text: str) -> None:
        self.warnings.append(text)


async def inline(evaluation: Any) -> Any:
    """Evaluates on the loop: a thread would let the virtual clock run away."""
    return evaluation()


def steady(interval: float | None = None) -> Schedule:
    """A schedule without jitter."""
    return Schedule(random=lambda: 0.5) if interval is None else Schedule.fixed(interval, lambda: 0.5)


def target_of(history: History, name: str = "self", key: RequestKey | None = None) -> Target:
    """A target that is read from a history; targets of one history have one key."""
    return Target(
        name, THING.token, f"id-of-{name}", key or RequestKey("account", (THING.token, id(history))), history.read
    )


def wait_for(
    histories: History | Mapping[str, History],
    *,
    timeout: float = 600.0,
    schedule: Schedule | None = None,
    until: str | None = None,
    fail_on: str | bool | None = None,
    reporter: Notes | None = None,
    shared: SharedReads | None = None,
    cancellation: Cancellation | None = None,
    kinds: Kind[Any, Any, Any] = THING,
    options: WaitOptions = DEFAULT_OPTIONS,
    before: float = 0.0,
    keeper: Keeper | None = None,
    clock: VirtualClock | None = None,
    override: Override | None = None,
    spelling: Spelling = PYTHON,
) -> Wait:
    """A wait over simulated things; must be made on the loop."""
    schedule, clock = schedule or steady(), clock or VirtualClock()
    named = {"self": histories} if isinstance(histories, History) else histories
    return Wait(
        {name: target_of(history, name) for name, history in named.items()},
        dict.fromkeys(named, kinds),
        Evaluator(
            compile_conditions(dict.fromkeys(named, kinds), until, fail_on),
            fail_holds_for=options.fail_holds_for or 0.0,
            longest_gap=schedule.longest_gap,
        ),
        options=dataclasses.replace(options, timeout=timeout),
        schedule=schedule,
        shared=shared or SharedReads(clock),
        clock=clock,
        reporter=reporter or Notes(),
        cancellation=cancellation or Cancellation(),
        offload=inline,
        before=before,
        keeper=keeper,
        override=override,
        spelling=spelling,
    )


async def outcome_of(wait: Wait) -> Met | NbcloudError:
    """How a wait ends, errors as values."""
    try:
        return await wait.run()
    except NbcloudError as error:
        return error


def waited(histories: History | Mapping[str, History], **how: Any) -> Met | NbcloudError:
    """How a wait over simulated things ends, alone on a loop of its own."""

    async def simulate() -> Met | NbcloudError:
        return await outcome_of(wait_for(histories, **how))

    return run(simulate)


def met(histories: History | Mapping[str, History], **how: Any) -> Met:
    """The same for a wait that must be met."""
    result = waited(histories, **how)
    assert isinstance(result, Met), result
    return result


@dataclass(frozen=True)
class Things(State):
    things: tuple[Thing, ...] = ()
    truncated: bool = False


LISTED = kind(token="sim:Things", state=Things, ready=None, failed=(), headline=("truncated",), interval_seconds=45.0)
SLOW = kind(token="sim:Slow", interval_seconds=20.0)
BACKS_OFF = kind(failed=(*THING.failed, Failure('self.status == "BACKOFF"', holds_for=60.0)))
HIDDEN = kind(token="sim:Hidden", not_found_is_gone=False)


class LastingAccount:
    """An account whose credentials do not expire; a class, because keys of requests hold accounts."""

    redactor = Redactor()

    def expires_at(self) -> None:
        return None


class OneAccount(Reader):
    """Has one account, whose credentials do not expire."""

    def __init__(self) -> None:
        super().__init__({})
        self._account: Any = LastingAccount()

    def account(self, kind: Any, profile: str | None, config: Any) -> Any:
        return self._account
