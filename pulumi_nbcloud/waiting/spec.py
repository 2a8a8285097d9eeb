"""The request for a wait: plain values, checked all at once before anything waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

from pulumi_nbcloud.condition import ConditionError, Conditions, Evaluator, Problem, compile_conditions, name_in
from pulumi_nbcloud.errors import InputError
from pulumi_nbcloud.kinds.kind import DELETED, Kind
from pulumi_nbcloud.kinds.registry import load
from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.spelling import PYTHON, Spelling
from pulumi_nbcloud.waiting.duration import parse_duration, spell
from pulumi_nbcloud.waiting.misfits import Misfits
from pulumi_nbcloud.waiting.options import DEFAULT_OPTIONS, OPERATIONS, WaitOptions, parse_options
from pulumi_nbcloud.waiting.schedule import CAP_SECONDS, Schedule

MAX_TARGETS = 100


@dataclass(frozen=True)
class WaitSpec:
    """A wait that can be started.

    Args:
        kinds: the kind of each target, by the name that conditions call it.
        arguments: which thing each target is; one whose values are not known yet is missing.
        options: how to wait, and for what.
        recorded: whether a run that `hold` ends leaves a record, with which the next one goes on.
        spelling: of the caller, for messages.
    """

    kinds: Mapping[str, Kind[Any, Any, Any]]
    arguments: Mapping[str, Any]
    options: WaitOptions = DEFAULT_OPTIONS
    recorded: bool = False
    spelling: Spelling = PYTHON

    @cached_property
    def conditions(self) -> Conditions:
        """The conditions, compiled once; raises ConditionError."""
        return compile_conditions(self.kinds, self.options.until, self.options.fail_on, self.spelling)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Warnings about conditions and arguments that are probably not meant; raises ConditionError."""
        several = len(self.kinds) > 1
        filters = (
            f"target {name}: {each}" if several else each
            for name, kind in self.kinds.items()
            if name in self.arguments
            for each in kind.doubts(self.arguments[name], self.spelling)
        )
        return (*self.conditions.warnings, *filters, *self._beyond_hold())

    def _beyond_hold(self) -> Iterator[str]:
        """Yield what cannot happen within one run, or if runs leave a record, only in several close ones."""
        hold = self.options.hold
        if hold is None or hold >= self.options.timeout:
            return
        late = "it counts on only where the next run follows within one interval"
        held = f"{self.spelling.option('hold')} {spell(hold)}"
        if self.recorded:
            for name, value in _out_of_one_run(self.options, hold, self.schedule()):
                yield f"{self.spelling.option(name)} {value} is longer than {held}: {late}"
        for each in self.conditions.failures:
            if each.holds_for > hold:
                yield (
                    f"{each.expression} ends a wait only once it has held for {spell(each.holds_for)}: "
                    f"with {held} {late if self.recorded else 'it never does'}"
                )

    def evaluator(self) -> Evaluator:
        """Make the evaluator of one wait."""
        longest_gap = self.schedule().longest_gap
        return Evaluator(self.conditions, fail_holds_for=self.options.fail_holds_for or 0.0, longest_gap=longest_gap)

    def schedule(self) -> Schedule:
        """Make the schedule of one wait: the slowest of the kinds', unless an interval is given."""
        if self.options.interval is not None:
            return Schedule.fixed(self.options.interval)
        start = max(kind.interval_seconds for kind in self.kinds.values())
        return Schedule(start, max(start, CAP_SECONDS))


def parse_spec(
    inputs: Mapping[str, Any],
    is_unknown: Callable[[Any], bool] = lambda value: False,
    operation: str = "create",
    *,
    recorded: bool = False,
    spelling: Spelling = PYTHON,
) -> tuple[WaitSpec | None, list[Problem]]:
    """Check the request for a wait, without sending anything.

    Args:
        inputs: `targets` (by name, each a mapping with `kind` and its arguments), the options of `WaitOptions`, and
            `custom_timeouts` (`create`, `update`: honoured where `timeout` is not given); None counts as not given.
        is_unknown: recognises a value that is not known yet; it passes.
        operation: whose custom timeout counts, `create` or `update`.
        recorded: see `WaitSpec`.
        spelling: see `WaitSpec`.

    Returns:
        The spec, and every problem; no spec if there is a problem or too much is unknown to make one.
    """
    problems: list[Problem] = []

    def attempt(check: Callable[[], Any], where: str = "") -> Any:
        try:
            return check()
        except ConditionError as error:
            problems.extend(error.problems)
        except InputError as error:
            problems.append(Problem(f"{where}{error.problem}", error.hint))
        return None

    known = {name: None if is_unknown(value) else value for name, value in inputs.items()}
    custom = {
        each: attempt(partial(_custom_timeout, known.get("custom_timeouts"), each, spelling)) for each in OPERATIONS
    }
    options = parse_options(known, attempt, spelling)
    if known.get("timeout") is None and custom[operation] is not None:
        options = replace(options, timeout=custom[operation])
    targets = inputs.get("targets")
    # A value that contains an unknown one is not unknown itself: the rest of it is checked.
    if not isinstance(targets, Mapping) and is_unknown(targets):
        return None, problems
    kinds, arguments = _parse_targets(targets, is_unknown, attempt, problems, spelling)
    deleted = name_in(options.until) == DELETED
    misfits = Misfits(options, spelling, deleted=deleted)
    if deleted and known.get("not_found") not in (None, "met"):
        problems.append(misfits.deleted_is_not_found())
    if options.allow_absent and not deleted and not is_unknown(inputs.get("until")):
        problems.append(misfits.allowed_without_deleted())
    problems.extend(misfits.absence(kinds))
    timeout_known = not is_unknown(inputs.get("timeout"))
    problems.extend(misfits.lengths() if timeout_known else ())
    problems.extend(misfits.always())
    if options.hold is not None and timeout_known and options.hold < options.timeout and not recorded:
        interval_known = not is_unknown(inputs.get("interval"))
        schedule = WaitSpec(kinds, arguments, options).schedule() if kinds and interval_known else None
        problems.extend(misfits.one_run(options.hold, schedule))
    if deleted:
        options = replace(options, not_found="met")
    if not kinds or any(is_unknown(inputs.get(name)) for name in ("until", "fail_on")):
        return None, problems
    spec = WaitSpec(kinds, arguments, options, recorded, spelling)
    # Also if there is a problem already: all of them are reported at once.
    attempt(lambda: spec.conditions)
    return (None if problems else spec), problems


def spec_error(problems: Sequence[Problem], where: str | None = None) -> InputError:
    """Make one error of the problems of a wait.

    Args:
        problems: at least one.
        where: names the wait, in front of the first.

    Returns:
        An error that names all of them, with the hint of the last as its own.
    """
    *others, last = problems
    text = "\n".join((*map(str, others), last.text))
    return InputError(f"{where}: {text}" if where else text, hint=last.hint)


def _custom_timeout(value: Any, operation: str, spelling: Spelling) -> float | None:
    text = value.get(operation) if isinstance(value, Mapping) else None
    name = f"{spelling.option('custom_timeouts')}.{operation}"
    return None if text is None else parse_duration(str(text), name)


def _out_of_one_run(options: WaitOptions, hold: float, schedule: Schedule) -> Iterator[tuple[str, str]]:
    """Yield which rows of polls do not fit into one run: the option and its value."""
    if schedule.sure_polls(hold, options.consecutive) < options.consecutive:
        yield "consecutive", str(options.consecutive)
    for name in ("holds_for", "fail_holds_for"):
        seconds = getattr(options, name)
        if seconds is not None and seconds > hold:
            yield name, spell(seconds)


def _parse_targets(
    targets: Any,
    is_unknown: Callable[[Any], bool],
    attempt: Callable[..., Any],
    problems: list[Problem],
    spelling: Spelling,
) -> tuple[dict[str, Kind[Any, Any, Any]], dict[str, Any]]:
    kinds: dict[str, Kind[Any, Any, Any]] = {}
    arguments: dict[str, Any] = {}
    if not isinstance(targets, Mapping) or not 0 < len(targets) <= MAX_TARGETS:
        hint = f"give {spelling.place('target')} one thing, or {spelling.place('targets')} several by name"
        problems.append(Problem(f"targets must be 1 to {MAX_TARGETS} things by name", hint))
        return kinds, arguments
    for name, target in targets.items():
        where = f"target {printable(name, 40)}"
        token = target.get("kind") if isinstance(target, Mapping) else target
        if is_unknown(token):
            continue
        if not isinstance(target, Mapping) or not token or not isinstance(token, str):
            problems.append(Problem(f"{where} says no kind", f'a target as {spelling.mapping} needs "kind"'))
            continue
        kind = attempt(partial(load, token), f"{where}: ")
        if kind is None:
            continue
        kinds[name] = kind
        values = {key: value for key, value in target.items() if key != "kind"}
        if not any(is_unknown(value) for value in values.values()):
            arguments[name] = attempt(partial(kind.parse, values, spelling), f"{where}: ")
    # Without all kinds the conditions cannot be checked.
    return (kinds if len(kinds) == len(targets) else {}), arguments
