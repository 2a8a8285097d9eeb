"""What a wait is asked for: plain values, checked all at once before anything waits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from pulumi_nbcloud.condition import ConditionError, Evaluator
from pulumi_nbcloud.errors import InputError
from pulumi_nbcloud.kinds.kind import Kind
from pulumi_nbcloud.kinds.registry import load
from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.waiting.duration import parse_duration
from pulumi_nbcloud.waiting.options import (
    DEFAULT_POLICY,
    OPERATIONS,
    PollPolicy,
    check_fit,
    check_flag,
    custom_timeout,
    parse_enforcement,
    parse_policy,
)
from pulumi_nbcloud.waiting.schedule import CAP_SECONDS, Schedule
from pulumi_nbcloud.waiting.wait import DEFAULT_TIMEOUT_SECONDS

MIN_INTERVAL_SECONDS = 1.0
MAX_TARGETS = 100


@dataclass(frozen=True)
class WaitSpec:
    """A wait that can be started.

    Args:
        kinds: the kind of each target, by the name that conditions call it.
        arguments: which thing each target is; one whose values are not known yet is missing.
        until: the condition to wait for; None for the kinds' own.
        fail_on: a condition that ends the wait, added to the kinds' own; False for none at all.
        timeout: in seconds.
        interval: seconds between polls; None for a pause that grows.
        rules: what it makes of its polls.
        enforcement: `mandatory`, `advisory` or `disabled`.
    """

    kinds: Mapping[str, Kind[Any, Any, Any]]
    arguments: Mapping[str, Any]
    until: str | None
    fail_on: str | bool | None
    timeout: float
    interval: float | None
    rules: PollPolicy = DEFAULT_POLICY
    enforcement: str = "mandatory"

    def evaluator(self) -> Evaluator:
        """Make the evaluator of one wait."""
        return Evaluator(self.kinds, self.until, self.fail_on)

    def schedule(self) -> Schedule:
        """Make the schedule of one wait: the slowest of the kinds', unless an interval is given."""
        if self.interval is not None:
            return Schedule.fixed(self.interval)
        start = max(kind.interval_seconds for kind in self.kinds.values())
        return Schedule(start, max(start, CAP_SECONDS))


def parse_spec(
    inputs: Mapping[str, Any], is_unknown: Callable[[Any], bool] = lambda value: False, operation: str = "create"
) -> tuple[WaitSpec | None, list[str]]:
    """Check what a wait is asked for, without any request.

    Args:
        inputs: `targets` (by name, each a mapping with `kind` and its arguments), `until`, `fail_on`, `timeout`,
            `interval`, those of `options.PollPolicy`, `enforcement`, `every_update` and `custom_timeouts` (`create`,
            `update`: honoured where `timeout` is not given); None counts as not given.
        is_unknown: tells a value that is not known yet; it passes.
        operation: whose custom timeout counts, `create` or `update`.

    Returns:
        The plan, and every problem as a line with its hint; no plan where there is a problem or where too much is
        unknown to make one.
    """
    problems: list[str] = []

    def attempt(check: Callable[[], Any], where: str = "") -> Any:
        try:
            return check()
        except ConditionError as error:
            # One hint for all of them, so it stands below the last.
            *others, last = error.problems
            problems.extend((*others, f"{last}\nhint: {error.hint}"))
        except InputError as error:
            problems.append(f"{where}{error}")
        return None

    known = {name: None if is_unknown(value) else value for name, value in inputs.items()}
    timeout = _timeout(known, operation, attempt)
    interval = attempt(lambda: _seconds(known.get("interval"), "interval", MIN_INTERVAL_SECONDS, None))
    rules = parse_policy(known, attempt)
    enforcement = attempt(lambda: parse_enforcement(known.get("enforcement"))) or "mandatory"
    attempt(lambda: check_flag(known.get("every_update"), "every_update"))
    targets = inputs.get("targets")
    # What holds an unknown value is not unknown itself: the rest of it is checked.
    if not isinstance(targets, Mapping) and is_unknown(targets):
        return None, problems
    kinds, arguments = _targets(targets, is_unknown, attempt)
    check_fit(rules, None if is_unknown(inputs.get("timeout")) else timeout, kinds, attempt)
    if not kinds or any(is_unknown(inputs.get(name)) for name in ("until", "fail_on")):
        return None, problems
    until, fail_on = known.get("until"), known.get("fail_on")
    plan = WaitSpec(kinds, arguments, until, fail_on, timeout, interval, rules, enforcement)
    # Also where there is a problem already: all of them are said at once.
    attempt(plan.evaluator)
    return (None if problems else plan), problems


def _timeout(known: Mapping[str, Any], operation: str, attempt: Callable[..., Any]) -> Any:
    default = DEFAULT_TIMEOUT_SECONDS
    custom = {each: attempt(partial(custom_timeout, known.get("custom_timeouts"), each)) for each in OPERATIONS}
    if custom[operation] is not None:
        default = custom[operation]
    return attempt(lambda: _seconds(known.get("timeout"), "timeout", 0.0, default))


def _seconds(value: Any, name: str, least: float, default: float | None) -> float | None:
    if value is None:
        return default
    if value == 0 and not isinstance(value, (str, bool)):
        value = "0"
    if not isinstance(value, str):
        raise InputError(f"{name} must be a text", hint="write it like 90s, 30m or 1h30m")
    return parse_duration(value, name, least=least)


def _targets(
    targets: Any, is_unknown: Callable[[Any], bool], attempt: Callable[..., Any]
) -> tuple[dict[str, Kind[Any, Any, Any]], dict[str, Any]]:
    kinds: dict[str, Kind[Any, Any, Any]] = {}
    arguments: dict[str, Any] = {}
    hint = "give target= one thing, or targets= several by name"
    if not isinstance(targets, Mapping) or not 0 < len(targets) <= MAX_TARGETS:
        attempt(partial(_refuse, f"targets must be 1 to {MAX_TARGETS} things by name", hint))
        return kinds, arguments
    for name, target in targets.items():
        token = target.get("kind") if isinstance(target, Mapping) else target
        if is_unknown(token):
            continue
        if not isinstance(target, Mapping) or not token or not isinstance(token, str):
            attempt(partial(_refuse, f"target {printable(name, 40)} says no kind", 'a target as a dict needs "kind"'))
            continue
        kind = attempt(partial(load, token), f"target {printable(name, 40)}: ")
        if kind is None:
            continue
        kinds[name] = kind
        values = {key: value for key, value in target.items() if key != "kind"}
        if not any(is_unknown(value) for value in values.values()):
            arguments[name] = attempt(partial(kind.parse, values), f"target {printable(name, 40)}: ")
    # With a kind unknown nothing can be said of the conditions.
    return (kinds if len(kinds) == len(targets) else {}), arguments


def _refuse(problem: str, hint: str) -> None:
    raise InputError(problem, hint=hint)
