"""Listeners, which are notified of every wait of a process: that it began, that something changed, how it ended.

Narrow on purpose: the history and OpenTelemetry need only these three calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from pulumi_nbcloud.errors import NbcloudError
from pulumi_nbcloud.waiting.outcome import WaitError, WaitResult
from pulumi_nbcloud.waiting.progress import Progress
from pulumi_nbcloud.waiting.report import Reporter

Source = Literal["gate", "wait_before", "expect", "command"]

INTERRUPTED = "interrupted"
"""The outcome of a wait that ended without one: its task was cancelled, or its process is gone."""

ERROR = "error"
"""The outcome of a wait that could not poll: a setting that is missing, or an internal error."""


@dataclass(frozen=True)
class Origin:
    """Who waits; passed by the code that starts a wait.

    Args:
        source: what kind of thing waits.
        name: the gate's or the hook's name; of a command the names of its targets.
        urn: of the resource that waits or is held back.
        operation: what the engine is about to do: `create`, `update` or `delete`.
        preview: whether the wait belongs to a preview.
        stack: its name, if the URN does not contain it.
        project: its name, if the URN does not contain it.
        secret_inputs: the paths of inputs that the program keeps secret, `targets.self.notebook_id` or `until`.
        redact: takes the values of these out of a text.
    """

    source: Source
    name: str
    urn: str | None = None
    operation: str | None = None
    preview: bool = False
    stack: str | None = None
    project: str | None = None
    secret_inputs: tuple[str, ...] = ()
    redact: Callable[[str], str] = field(default=lambda text: text, repr=False, compare=False)

    @property
    def hides_until(self) -> bool:
        """Whether what is waited for is secret, and with it its clauses."""
        return "until" in self.secret_inputs

    def hides(self, target: str) -> bool:
        """Return whether something of a target is secret: its id, or all of it."""
        path = f"targets.{target}"
        return any(each in ("targets", path) or each.startswith(f"{path}.") for each in self.secret_inputs)


NOBODY = Origin("command", "")
"""The origin of a wait that nobody is notified of."""


@dataclass(frozen=True)
class Subject:
    """What one target of a wait is.

    Args:
        kind: its token.
        identity: its id.
        profile: the profile of its account; None for the default.
    """

    kind: str
    identity: str
    profile: str | None = None

    @property
    def cloud(self) -> str:
        """The cloud that it is of."""
        return self.kind.partition(":")[0]


@dataclass(frozen=True)
class Begin:
    """A wait that begins.

    Args:
        origin: who waits.
        time: when it begins.
        subjects: the targets, by the name that conditions call them.
        expected: the condition that is waited for.
        timeout: in seconds.
        enforcement: how binding it is.
    """

    origin: Origin
    time: datetime
    subjects: Mapping[str, Subject]
    expected: str
    timeout: float = 0.0
    enforcement: str = "mandatory"

    @property
    def clouds(self) -> tuple[str, ...]:
        """The clouds that it polls, each once."""
        return tuple(dict.fromkeys(each.cloud for each in self.subjects.values()))


@dataclass(frozen=True)
class Ended:
    """A wait that has ended.

    Args:
        time: when it ended.
        outcome: the value of an `Outcome`; or `disabled`, `error` or `interrupted`.
        elapsed: how long it took, in seconds.
        progress: what was observed; None where nothing was polled.
        met_time: when the responses of the poll that met it arrived; None if it was not met.
        message: in one line how it ended; None where it was met.
        error: the error that ended it; None if it holds nothing up.
        override: what overrode it, where the outcome is `overridden`; see `WaitResult`.
    """

    time: datetime
    outcome: str
    elapsed: float
    progress: Progress | None = None
    met_time: datetime | None = None
    message: str | None = None
    error: NbcloudError | None = None
    override: Mapping[str, str] | None = None


class Listened(Protocol):
    """Is notified of one wait. It must be quick."""

    def changed(self, progress: Progress, elapsed: float) -> None:
        """Take note of a poll that found something new, the first one included; the last one only ends the wait."""

    def ended(self, ended: Ended) -> None:
        """Take note of the end; called once."""


class Listener(Protocol):
    """Is notified of all waits of a process."""

    name: str
    """What messages call it."""

    def begun(self, begin: Begin, warn: Callable[[str], None]) -> Listened:
        """Take note of a wait that begins.

        Args:
            begin: describes it.
            warn: shows a warning beside the wait.

        Returns:
            The listener for this wait.
        """
        ...


class Listening:
    """The reporter of a wait that listeners are notified of, too; whatever they do, the wait goes on.

    Args:
        listeners: of the process.
        begin: the wait that begins.
        reporter: of the wait.

    Attributes:
        result: how it ended, if it ended without an error; set by the code that waits.
    """

    def __init__(self, listeners: Iterable[Listener], begin: Begin, reporter: Reporter) -> None:
        self._reporter = reporter
        self.heartbeat_seconds = reporter.heartbeat_seconds
        self.result: WaitResult | None = None
        self._listened: dict[str, Listened] = {}
        for each in listeners:
            listened = self._guarded(each.name, each.begun, begin, reporter.warning)
            if listened is not None:
                self._listened[each.name] = listened

    def changed(self, progress: Progress, elapsed: float) -> None:
        """Report a poll that found something new."""
        self._reporter.changed(progress, elapsed)
        for name, each in tuple(self._listened.items()):
            self._guarded(name, each.changed, progress, elapsed)

    def heartbeat(self, progress: Progress, elapsed: float) -> None:
        """Report that nothing new is observed."""
        self._reporter.heartbeat(progress, elapsed)

    def warning(self, text: str) -> None:
        """Report a warning."""
        self._reporter.warning(text)

    def ended(self, ended: Ended) -> None:
        """Notify of the end, once."""
        listened, self._listened = self._listened, {}
        for name, each in listened.items():
            self._guarded(name, each.ended, ended)

    def _guarded(self, name: str, notify: Callable[..., Listened | None], *what: object) -> Listened | None:
        try:
            return notify(*what)
        except Exception as error:
            # The text of the error may contain anything, so only its type is shown.
            self._listened.pop(name, None)
            problem = f"internal error of pulumi-nbcloud: {type(error).__name__} in its {name}"
            self._reporter.warning(f"{problem}, which lacks this wait; the wait goes on")
            return None


def end_of(time: datetime, elapsed: float, end: WaitResult | BaseException) -> Ended:
    """Describe an end.

    Args:
        time: when it ended.
        elapsed: how long it took, in seconds.
        end: the result, or the exception that was raised instead.
    """
    if isinstance(end, WaitResult):
        return Ended(time, end.outcome, end.elapsed, end.progress, end.at, end.message, None, end.override)
    if isinstance(end, WaitError):
        return Ended(time, end.outcome.value, elapsed, end.progress, None, end.line, end, end.override)
    if isinstance(end, NbcloudError):
        return Ended(time, ERROR, elapsed, None, None, end.line, end)
    if isinstance(end, Exception):
        return Ended(time, ERROR, elapsed, None, None, f"internal error of pulumi-nbcloud: {_type_name(end)}")
    return Ended(time, INTERRUPTED, elapsed)


def _type_name(error: BaseException) -> str:
    """Name the type of an error; of a task group with one error, of that."""
    inner: Sequence[BaseException] = getattr(error, "exceptions", ())
    return _type_name(inner[0]) if len(inner) == 1 else type(error).__name__
