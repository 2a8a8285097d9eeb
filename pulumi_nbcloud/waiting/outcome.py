"""How a wait ends, and the words for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from pulumi_nbcloud.clock import text
from pulumi_nbcloud.errors import NbcloudError
from pulumi_nbcloud.waiting.progress import Progress


class Outcome(str, Enum):
    """How a wait ended."""

    MET = "met"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    NEVER_APPEARED = "never_appeared"
    GONE = "gone"
    STALLED = "stalled"
    UNREACHABLE = "unreachable"
    BAD_RESPONSE = "bad_response"
    UNAUTHORIZED = "unauthorized"
    BAD_CONDITION = "bad_condition"
    AWAITING = "awaiting"
    OVERRIDDEN = "overridden"
    CANCELLED = "cancelled"

    @property
    def words(self) -> str:
        """The outcome as messages spell it: `timed out`."""
        return self.value.replace("_", " ")


class WaitError(NbcloudError):
    """A wait ended without its condition being met; `outcome` says how, `progress` what was observed."""

    def __init__(self, outcome: Outcome, problem: str, *, progress: Progress | None = None, **details: Any) -> None:
        """Describe how the wait ended.

        Args:
            outcome: how it ended.
            problem: what is wrong, in one line without a full stop.
            progress: what was observed until then.
            **details: see `NbcloudError`.
        """
        super().__init__(problem, **details)
        self.outcome: Outcome = outcome
        """How it ended: `Outcome.TIMED_OUT`, equal to `"timed_out"`, and so on."""
        self.progress = progress
        # Set if the cloud asked to wait, as in an UnreachableError.
        self.retry_after: float | None = None
        self.retry_time: str | None = None
        self.deadline: datetime | None = None
        """The deadline of a wait that is `awaiting`; None for every other outcome."""
        self.unanswered = False
        """Whether the last poll got no usable response."""
        self.override: Mapping[str, str] | None = None
        """What overrode it, where the outcome is `overridden`: `reason`, `until` and `overrode`; else None."""
        self.elapsed = 0.0
        """How long the wait took, in seconds."""
        self.after = ""
        """The same as the headline writes it: `10m`, or `12s of 10m`."""

    def end_at(self, deadline: datetime) -> None:
        """Set the deadline to the one that is stored: one computed from this run's clock may be a second off."""
        self.deadline = deadline
        shown = text(deadline)
        self.facts = tuple((name, shown if name == "deadline" else value) for name, value in self.facts)

    @property
    def problem(self) -> str:
        """What is wrong, in one line; its facts quote the vendor's message where the last poll failed."""
        return "; ".join((self.summary, *(f"{name}: {value}" for name, value in self.facts)))

    def all_facts(self) -> Iterator[tuple[str, str]]:
        """Yield the facts below the headline; the fact of the last error contains the vendor's message."""
        yield from (each for each in super().all_facts() if each[0] != "vendor message")

    def __reduce__(self) -> tuple[Any, ...]:
        # Progress holds kinds, which cannot be pickled.
        rebuild, (cls, args, state) = super().__reduce__()
        return rebuild, (cls, args, {**state, "progress": None})


@dataclass(frozen=True)
class WaitResult:
    """How a wait ended that lets everything after it go on.

    Args:
        outcome: `met`; for an advisory wait how it ended otherwise; `disabled` for one that did not poll.
        at: when the responses of the poll that met the condition arrived; None if it was not met.
        elapsed: how long the wait took, in seconds.
        progress: what was observed; None where it did not poll.
        message: in one line how it ended; None where the condition was met.
        override: what overrode it, where the outcome is `overridden`: its reason, its end, and the outcome otherwise.
    """

    outcome: str
    at: datetime | None = None
    elapsed: float = 0.0
    progress: Progress | None = None
    message: str | None = None
    override: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Met:
    """A wait whose condition was met.

    Args:
        at: when the responses of the poll that met it arrived.
        elapsed: how long the wait took, in seconds.
        progress: what was observed.
    """

    at: datetime
    elapsed: float
    progress: Progress
