"""The results of compiling and evaluating a condition."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pulumi_nbcloud.condition.problems import Problem
from pulumi_nbcloud.errors import InputError

# A name by itself, not behind a dot; a text in quotes, which contains no names.
_WORD = re.compile(r"(?<![\w.])[A-Za-z_]\w*")
_QUOTED = re.compile(r"""r?"(?:\\.|[^"\\])*"|r?'(?:\\.|[^'\\])*'""")


class ConditionError(InputError):
    """A condition cannot be right; nothing was sent. Correct the program; `problems` names everything.

    Args:
        texts: what is wrong, one line each.
        hint: what the caller can do, in one line: one for all of them, attached to the last.
    """

    def __init__(
        self, texts: Sequence[str], *, hint: str = "correct the condition, a CEL expression; nothing was sent"
    ) -> None:
        super().__init__("\n".join(texts), hint=hint)
        self.problems = (*(Problem(each) for each in texts[:-1]), Problem(texts[-1], hint))


@dataclass(frozen=True)
class Evaluation:
    """The result of one condition at one poll.

    Args:
        outcome: "undecided" if something that the condition needs is absent; "error" if it cannot be evaluated.
        reason: names what is absent (`lease.expire_time is null`), or says what cannot be evaluated.
    """

    outcome: Literal["true", "false", "undecided", "error"]
    reason: str | None = None


@dataclass(frozen=True)
class Clause:
    """A part of a condition that keeps it from being met.

    Args:
        text: the clause as it was written, over the names of the targets, in one line.
        outcome: its result: "false", "undecided" or "error".
        actual: the actual value, in a few words: `job.status is PROCESSING`; None if there is none to show.
        expected: what would meet it: `FINISHED`; None if the text says it best.
        target: the one target that it reads; None if it reads none or several.
        brief: both for a narrow place, the field first: `job.status PROCESSING, not FINISHED`.
        values: the fields that `actual` is about, each with its value; none if it contains something else too.
    """

    text: str
    outcome: Literal["false", "undecided", "error"]
    actual: str | None = None
    expected: str | None = None
    target: str | None = None
    brief: str = ""
    values: tuple[tuple[str, str], ...] = ()

    @property
    def line(self) -> str:
        """The actual and the expected value: `job.status is PROCESSING, expected FINISHED`; otherwise the clause."""
        if self.actual is None:
            return self.text
        return f"{self.actual}, expected {self.expected or self.text}"

    def reads(self, names: Iterable[str]) -> set[str]:
        """Return which of the targets it reads, of these names."""
        if self.target is not None:
            return {self.target}
        words = set(_WORD.findall(_QUOTED.sub("", self.text)))
        return words & set(names)


@dataclass(frozen=True)
class Held:
    """A failure that holds, and for how long it must.

    Args:
        condition: the expression.
        seconds: how long it has held.
        holds_for: how long it must, in seconds.
        explicit: whether it is the `fail_on` of the wait, not a default of a kind.
    """

    condition: str
    seconds: float
    holds_for: float
    explicit: bool = False


@dataclass(frozen=True)
class Decision:
    """The decision of all conditions of a wait at one poll.

    Args:
        outcome: "met" and "failed" end the wait, and so does "bad_condition": the condition itself cannot be evaluated.
        reason: why, as far as the outcome does not say it: what is absent, or what cannot be evaluated.
        condition: the expression that decided.
        failing: a failure that must hold for some time and holds: for long enough if the outcome is "failed".
        not_met: the clauses that are not met; empty if the condition is.
        failing_targets: the targets that a failure is about which holds, for long enough or not.
    """

    outcome: Literal["met", "failed", "not_yet", "bad_condition"]
    reason: str | None = None
    condition: str | None = None
    failing: Held | None = None
    not_met: tuple[Clause, ...] = field(default=(), compare=False)
    failing_targets: tuple[str, ...] = field(default=(), compare=False)
