"""The outcome of a wait, as one record: printed as text, JSON, a step summary or a JUnit file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from pulumi_nbcloud import __all__ as PUBLIC
from pulumi_nbcloud.cli import output
from pulumi_nbcloud.cli.exit_codes import ExitCode, of_error
from pulumi_nbcloud.clock import text
from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.waiting.messages import advice, words_of
from pulumi_nbcloud.waiting.outcome import Met, Outcome, WaitError
from pulumi_nbcloud.waiting.progress import Progress
from pulumi_nbcloud.waiting.report import ended_line

if TYPE_CHECKING:
    from pulumi_nbcloud.condition import Clause
    from pulumi_nbcloud.errors import NbcloudError
    from pulumi_nbcloud.waiting.keeper import Keeper


@dataclass(frozen=True)
class Report:
    """How a wait ended and what it observed.

    Args:
        outcome: "met", another outcome of a wait, or "error" where nothing was waited for.
        exit_code: of the command.
        elapsed: in seconds.
        progress: what was observed; None where nothing was polled.
        met_time: when the poll that met it was answered; None where it was not met.
        error: why it was not met.
        resume: what programs are told of the record of a wait that is kept in a file; None where it is not.
    """

    outcome: str
    exit_code: ExitCode
    elapsed: float
    progress: Progress | None
    met_time: datetime | None = None
    error: NbcloudError | None = None
    resume: dict[str, Any] | None = None

    @classmethod
    def of_met(cls, met: Met) -> Report:
        """Make the report of a wait that was met."""
        return cls("met", ExitCode.MET, met.elapsed, met.progress, met.at)

    @classmethod
    def of_disabled(cls) -> Report:
        """Make the report of a wait that polled nothing, because its enforcement is `disabled`."""
        return cls("disabled", ExitCode.MET, 0.0, None)

    @classmethod
    def of_error(cls, error: NbcloudError, elapsed: float, code: ExitCode | None = None) -> Report:
        """Make the report of a wait that was not met.

        Args:
            error: how it ended.
            elapsed: in seconds.
            code: the exit code, where the error does not say it: that of a signal.
        """
        outcome = error.outcome.value if isinstance(error, WaitError) else "error"
        progress = error.progress if isinstance(error, WaitError) else None
        return cls(outcome, code or of_error(error), elapsed, progress, error=error)

    def under(self, enforcement: str) -> Report:
        """Return the report of a wait with an enforcement; of an advisory one a signal counts, and that it goes on."""
        counts = self.exit_code in (ExitCode.INTERRUPTED, ExitCode.TERMINATED, ExitCode.AWAITING)
        passes = enforcement == "advisory" and isinstance(self.error, WaitError) and not counts
        return replace(self, exit_code=ExitCode.MET) if passes else self

    def kept_by(self, keeper: Keeper | None) -> Report:
        """Return the report of a wait that is kept in a file; nobody can go on where that could not be written."""
        if keeper is None:
            return self
        from pulumi_nbcloud.cli.resume import document

        lost = keeper.lost is not None and self.exit_code is ExitCode.AWAITING
        return replace(self, resume=document(keeper), exit_code=ExitCode.OUTPUT if lost else self.exit_code)

    @property
    def is_awaiting(self) -> bool:
        """Whether it has not ended: another run goes on."""
        return self.outcome == Outcome.AWAITING.value

    @property
    def text(self) -> str:
        """How it ended that was not met, for stderr."""
        assert self.error is not None
        if self.is_awaiting:
            return f"info: {self.error}"
        return self.warning if self.is_warning else output.error_text(self.error)

    @property
    def level(self) -> Literal["notice", "warning", "error"]:
        """How much of it is a failure, in GitHub's words."""
        return "notice" if self.is_awaiting else "warning" if self.is_warning else "error"

    @property
    def is_warning(self) -> bool:
        """Whether it was not met and is no failure, because the wait is advisory or overridden."""
        return self.error is not None and self.exit_code is ExitCode.MET

    @property
    def warning(self) -> str:
        """How a wait ended that is no failure, for stderr."""
        assert isinstance(self.error, WaitError)
        if self.error.override is not None:
            return f"warning: {self.error}"
        return f"warning: {advice(self.error, 'the exit code is 0')}"

    @property
    def override(self) -> Mapping[str, str] | None:
        """What overrode the wait; None where nothing did."""
        return self.error.override if isinstance(self.error, WaitError) else None

    @property
    def transitions(self) -> list[dict[str, str]]:
        """What was observed to change."""
        return self.progress.transitions if self.progress else []

    @property
    def words(self) -> str:
        """The outcome as messages spell it."""
        return self.outcome if self.progress is None else words_of(Outcome(self.outcome), self.progress)

    def title(self, name: str) -> str:
        """Return what a target is, its kind and id: `self` says nothing to who did not write the command."""
        target = self.progress.targets.get(name) if self.progress else None
        return f"{target.token} {printable(target.identity)}" if target else name

    def named_title(self, name: str) -> str:
        """Return the same with its name in front, where there are several."""
        return f"{name}: {self.title(name)}" if self.progress and len(self.progress.targets) > 1 else self.title(name)

    @property
    def line(self) -> str:
        """The result in one line, for stdout; of a wait that was not met the outcome, because stderr says the rest."""
        progress = self.progress
        if progress is None:
            return f"{self.outcome}: nothing was polled"
        if self.error is not None:
            return self.outcome
        return f"{ended_line(words_of(Outcome(self.outcome), progress), progress, self.elapsed)}: {progress.summary()}"

    def document(self) -> dict[str, Any]:
        """Return the result for programs; `docs/reference/json.md` describes it."""
        progress, error = self.progress, self.error
        return {
            "outcome": self.outcome,
            "exit_code": int(self.exit_code),
            "expected": progress.expected if progress else None,
            "met_time": text(self.met_time) if self.met_time else None,
            "elapsed_seconds": round(self.elapsed, 1),
            "timeout_seconds": progress.timeout if progress else None,
            "polls": progress.polls if progress else 0,
            "not_met": [_clause(each) for each in progress.not_met] if progress else [],
            "targets": self._targets(progress) if progress else {},
            "transitions": self.transitions,
            "transition_count": progress.transition_count if progress else 0,
            "override": self.override,
            "resume": self.resume,
            "error": _error(error) if error else None,
        }

    def _targets(self, progress: Progress) -> dict[str, Any]:
        return {
            name: {
                "kind": target.token,
                "id": target.identity,
                "state": last.state.to_dict() if (last := progress.observations.get(name)) and last.state else None,
                "seen_time": text(last.at) if last else None,
                "request_id": last.request_id if last else None,
            }
            for name, target in progress.targets.items()
        }


def _clause(clause: Clause) -> dict[str, str | None]:
    names = ("text", "outcome", "actual", "expected", "target")
    return {name: getattr(clause, name) for name in names}


def _error(error: NbcloudError) -> dict[str, Any]:
    names = ("problem", "hint", "subject", "where", "status", "code", "vendor_message", "request_id")
    again = {name: getattr(error, name, None) for name in ("retry_after", "retry_time")}
    return {"type": public_type(error), **{name: getattr(error, name) for name in names}, **again}


def public_type(error: NbcloudError) -> str:
    """Name the nearest class of an error that users know."""
    return next(each.__name__ for each in type(error).__mro__ if each.__name__ in PUBLIC)
