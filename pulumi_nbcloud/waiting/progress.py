"""The observations of a wait so far, and how messages show them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pulumi_nbcloud.clock import text
from pulumi_nbcloud.condition import Clause, Held
from pulumi_nbcloud.errors import NbcloudError
from pulumi_nbcloud.kinds.fields import State, field_at
from pulumi_nbcloud.kinds.kind import Kind
from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.spelling import PYTHON, Spelling
from pulumi_nbcloud.waiting.duration import spell
from pulumi_nbcloud.waiting.observation import Observation, Target

FIRST_KEPT = 5
LAST_KEPT = 20
CONDITION_SHOWN = 300

NOTHING = "nothing yet"

TargetOutcome = Literal["ready", "waiting", "failed"]


@dataclass(frozen=True)
class Remembered:
    """The result of another process's last poll for one target, of a wait that goes on in this one.

    Args:
        found: whether the target was there.
        headline: of its state, as messages show it.
        at: when the response came.
        digest: of the fields whose change counts.
    """

    found: bool
    headline: str
    at: datetime
    digest: str


@dataclass
class Progress:
    """What a wait has observed so far.

    Args:
        kinds: the kind of each target, by name.
        targets: the targets, by name.
        expected: the condition that is waited for.
        timeout: in seconds.
        started: when the wait began, on the monotonic clock.
        polls: how often it polled.
        failed_in_a_row: how many polls failed since the last that did not.
        met_in_a_row: how many polls met the condition since the last that did not.
        consecutive: how many of these it takes.
        held: how long the condition has held, in seconds; None where it does not.
        holds_for: how long it must.
        failing: a failure that holds, but not for long enough yet.
        needs_finding: whether a target must have been found before not finding it means that it is gone.
        observations: for each target the result of the last poll that did not fail.
        last_error: of the last poll that failed.
        reason: why the last outcome was not "met".
        not_met: of the last poll that did not fail, the clauses of what is waited for that are not met; empty when met.
        transitions: each first observation and each change of a target's headline; the first 5 and the last 20.
        transition_count: how many there were.
        in_common: whether what is waited for is one condition over all targets, and not the defaults of each.
        absent_is_met: whether a target that is not found is what is waited for.
        failing_targets: of the last poll that did not fail, the targets that a failure is about which holds.
        poll_errors: of the last poll, where it failed, the errors of the targets that could not be read.
        remembered: for each target the result of another process's last poll; counts until this one has polled.
        spelling: of who waits, for messages.
    """

    kinds: Mapping[str, Kind[Any, Any, Any]]
    targets: Mapping[str, Target]
    expected: str
    timeout: float
    started: float
    polls: int = 0
    failed_in_a_row: int = 0
    met_in_a_row: int = 0
    consecutive: int = 1
    held: float | None = None
    holds_for: float = 0.0
    failing: Held | None = None
    needs_finding: bool = False
    observations: dict[str, Observation] = field(default_factory=dict)
    ever_found: set[str] = field(default_factory=set)
    last_error: NbcloudError | None = None
    reason: str | None = None
    not_met: tuple[Clause, ...] = ()
    transitions: list[dict[str, str]] = field(default_factory=list)
    transition_count: int = 0
    in_common: bool = False
    absent_is_met: bool = False
    failing_targets: tuple[str, ...] = ()
    poll_errors: Mapping[str, NbcloudError] = field(default_factory=dict)
    remembered: Mapping[str, Remembered] = field(default_factory=dict)
    spelling: Spelling = PYTHON

    def states(self) -> dict[str, State | None]:
        """Return the last state of each target, None where it was not found."""
        return {name: each.state for name, each in self.observations.items()}

    def outcome_of(self, name: str) -> TargetOutcome:
        """Return the status of one target at the last poll that did not fail.

        Args:
            name: of the target.

        Returns:
            "failed" where a failure holds that is about it; "ready" where nothing that is not met reads it.
        """
        observation = self.observations.get(name)
        if observation is None:
            return "waiting"
        if name in self.failing_targets:
            return "failed"
        if observation.state is None:
            return "ready" if self.absent_is_met and name not in self.unproven else "waiting"
        return "waiting" if any(name in each.reads(self.targets) for each in self.not_met) else "ready"

    @property
    def missing(self) -> tuple[str, ...]:
        """The targets that the last successful poll did not find, of this process or the one before."""
        if self.observations:
            return tuple(name for name, each in self.observations.items() if each.state is None)
        return tuple(name for name, each in self.remembered.items() if not each.found)

    @property
    def unproven(self) -> tuple[str, ...]:
        """The targets that the last poll did not find and none before, where that makes a difference."""
        return tuple(name for name in self.missing if name not in self.ever_found) if self.needs_finding else ()

    @property
    def undecided(self) -> str | None:
        """What the condition lacks; None if it is decided, or if a target is missing, which is shown anyway."""
        return None if any(each.state is None for each in self.observations.values()) else self.reason

    @property
    def decided(self) -> bool:
        """Whether each clause that is not met is decided, so another condition must be the undecided one."""
        return all(each.outcome != "undecided" for each in self.not_met)

    @property
    def row(self) -> str | None:
        """How far a row of polls at which a condition holds has come; None where there is none."""
        parts: list[str] = []
        if self.met_in_a_row and self.consecutive > 1:
            parts.append(f"met {min(self.met_in_a_row, self.consecutive)} of {self.consecutive} polls in a row")
        if self.held is not None and self.holds_for:
            parts.append(f"held for {spell(int(self.held))} of {spell(self.holds_for)}")
        if self.failing is not None:
            condition = printable(self.failing.condition, CONDITION_SHOWN)
            parts.append(
                f"failing for {spell(int(self.failing.seconds))} of {spell(self.failing.holds_for)}: {condition}"
            )
        return "; ".join(parts) or None

    @property
    def brief_row(self) -> str | None:
        """The same for a narrow place: `met 2/3 polls; held 20s/50s; failing 10s/3m`."""
        parts: list[str] = []
        if self.met_in_a_row and self.consecutive > 1:
            parts.append(f"met {min(self.met_in_a_row, self.consecutive)}/{self.consecutive} polls")
        if self.held is not None and self.holds_for:
            parts.append(f"held {spell(int(self.held))}/{spell(self.holds_for)}")
        if self.failing is not None:
            parts.append(f"failing {spell(int(self.failing.seconds))}/{spell(self.failing.holds_for)}")
        return "; ".join(parts) or None

    @property
    def ready(self) -> int | None:
        """How many targets lack nothing; None where a clause is about several of them, or nothing was decided."""
        lacking = {each.target for each in self.not_met}
        return None if None in lacking or not self.observations else len(self.targets) - len(lacking)

    def unmet(self, *, valued: bool = False) -> tuple[str, ...]:
        """Write each clause that is not met, with its value; none that the condition and the summary show as well.

        Args:
            valued: with its value even if the summary shows it, unless the clause is the complete condition.
        """
        return unmet(self.not_met, self.expected, self.summary(), valued=valued)

    @property
    def step(self) -> tuple[int, bool, bool]:
        """The part of a row that is worth a notification: its count, and whether a condition holds."""
        return min(self.met_in_a_row, self.consecutive), self.held is not None, self.failing is not None

    def record(self, name: str, observation: Observation) -> None:
        """Record the result of a poll for one target."""
        before = self._last_headline(name)
        self.observations[name] = observation
        if observation.state is not None:
            self.ever_found.add(name)
        now = self.headline(name)
        if now != before:
            self.transition_count += 1
            self.transitions.append({"time": text(observation.at), "target": name, "observed": now})
            if len(self.transitions) > FIRST_KEPT + LAST_KEPT:
                del self.transitions[FIRST_KEPT]

    def _last_headline(self, name: str) -> str | None:
        if name in self.observations:
            return self.headline(name)
        return self.remembered[name].headline if name in self.remembered else None

    def headline(self, name: str) -> str:
        """Return the last observation of a target, as messages show it."""
        return headline(self.kinds[name], self.observations[name].state)

    def fields(self, name: str) -> list[tuple[str, str]]:
        """Return the fields of a target's headline, with their values; none where it was not found."""
        state = self.observations[name].state
        return [] if state is None else headline_fields(self.kinds[name], state)

    def shown(self, name: str) -> str:
        """Return the headline of a target, and what a person should know of its state."""
        if name not in self.observations:
            return self._last_headline(name) or NOTHING
        state = self.observations[name].state
        note = state.waiting_note() if state is not None else None
        return f"{self.headline(name)} ({note})" if note else self.headline(name)

    def summary(self) -> str:
        """Return the headline of every target, in one line."""
        names = self.observations or self.remembered
        if not names:
            return NOTHING
        alone = len(self.targets) == 1
        return "; ".join(self.shown(name) if alone else f"{name}: {self.shown(name)}" for name in names)


def digest(counts: Mapping[str, Any] | None) -> str:
    """Write a short text that is equal for equal fields of a state, and shows nothing of them."""
    plain = json.dumps(counts, sort_keys=True, default=str)
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()


def headline(kind: Kind[Any, Any, Any], state: State | None) -> str:
    """Write the fields of a state that its kind names for messages; nulls are left out, "found" if all are."""
    if state is None:
        return "not found"
    return ", ".join(f"{name}={value}" for name, value in headline_fields(kind, state)) or "found"


def headline_fields(kind: Kind[Any, Any, Any], state: State) -> list[tuple[str, str]]:
    """Return the fields of a state that its kind names for messages, without those that are null."""
    fields = ((each, field_at(state, each)) for each in kind.headline)
    return [(name, _value(value)) for name, value in fields if value is not None]


def unmet(clauses: Iterable[Clause], expected: str | None, summary: str, *, valued: bool = False) -> tuple[str, ...]:
    """Write clauses that are not met; see `Progress.unmet`.

    Args:
        clauses: of a condition.
        expected: the condition if it is shown beside them: a clause that is all of it is not written again.
        summary: what is shown of the state.
        valued: with their values even if the summary shows them.
    """
    found: list[str] = []
    condition = None if expected is None else printable(expected, CONDITION_SHOWN)
    for each in clauses:
        whole = each.text == condition
        shown = each.actual is None or (_shows(summary, each) and (whole or not valued))
        value = None if shown else each.actual
        found.append((value or "") if whole else f"{each.text}: {value}" if value else each.text)
    return tuple(each for each in found if each)


def _shows(summary: str, clause: Clause) -> bool:
    """Return whether a summary shows the actual value of a clause."""
    prefix = f"{clause.target}." if clause.target is not None else ""
    for path, value in clause.values:
        # What follows belongs to another field, or to another target.
        shown = f"{path.removeprefix(prefix)}={value}"
        if value != "not found" and not re.search(rf"(^|[ ]){re.escape(shown)}($|[,; ])", summary):
            return False
    return bool(clause.values)


def _value(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return f"{len(value)} rows"
    return str(value).lower() if isinstance(value, bool) else printable(str(value), 60)
