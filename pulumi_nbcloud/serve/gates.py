"""A named gate: validated with the file, so a request can only fill its parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pulumi_nbcloud.condition import Evaluator, Problem
from pulumi_nbcloud.errors import InputError
from pulumi_nbcloud.kinds.kind import DELETED
from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.serve.errors import RequestError
from pulumi_nbcloud.serve.parameters import FILLED, Parameter, argument_problems, parameters_of
from pulumi_nbcloud.spelling import JSON
from pulumi_nbcloud.waiting.duration import parse_duration, spell
from pulumi_nbcloud.waiting.options import OPTIONS
from pulumi_nbcloud.waiting.spec import WaitSpec, parse_spec

MAX_AGE_SECONDS = 3600.0

HONOURED = frozenset({"until", "fail_on", "not_found", "allow_absent", "interval"})
"""The options of a wait that a check honours."""

_SEVERAL = "needs several polls, and a check polls once"
_WHY = {
    "timeout": "is not for a check, which polls once; who asks /wait says for how many seconds",
    "hold": "is not for a check, which holds nothing",
    "enforcement": "is not for a check: its caller decides what an outcome holds up",
    "every_update": "is of a stack, and there is none here",
    "triggers": "is of a stack, and there is none here",
}
_NOW = re.compile(r"\bnow\b")


@dataclass(frozen=True)
class NamedGate:
    """One gate.

    Args:
        name: the name of the gate.
        spec: the wait spec, without the arguments of targets that a caller fills.
        values: the arguments of each target, except those that a caller fills.
        parameters: the parameters that a caller fills, by name.
        max_age: the maximum age of a read for a check, in seconds.
        expose: whether responses include states.
    """

    name: str
    spec: WaitSpec
    values: Mapping[str, Mapping[str, Any]] = field(repr=False)
    parameters: Mapping[str, Parameter]
    max_age: float
    expose: bool

    def fill(self, given: Mapping[str, object]) -> dict[str, Any]:
        """Fill the parameters.

        Args:
            given: the caller's values, by name.

        Returns:
            The arguments of each target, by the target's name.

        Raises:
            RequestError: a parameter is missing or unknown, or its value is invalid; no value is shown.
        """
        unknown = next((name for name in given if name not in self.parameters), None)
        if unknown is not None:
            known = f"known are {', '.join(self.parameters)}" if self.parameters else "this gate has none"
            raise RequestError(400, "bad_parameter", f"{printable(str(unknown), 40)} is no parameter; {known}")
        filled: dict[str, dict[str, str]] = {}
        for name, parameter in self.parameters.items():
            if name not in given:
                raise RequestError(400, "bad_parameter", f"the parameter {name} is missing")
            filled.setdefault(parameter.target, {})[parameter.argument] = parameter.check(given[name])
        arguments = dict(self.spec.arguments)
        for target, values in filled.items():
            arguments[target] = self._parse(target, values)
        return arguments

    def _parse(self, target: str, values: Mapping[str, str]) -> Any:
        try:
            return self.spec.kinds[target].parse({**self.values[target], **values})
        except InputError:
            names = ", ".join(each.name for each in self.parameters.values() if each.target == target)
            problem = f"the value of {names} cannot be right for the kind of the target"
            raise RequestError(400, "bad_parameter", problem) from None

    def evaluator(self) -> Evaluator:
        """Make the evaluator of one poll."""
        return self.spec.evaluator()

    @cached_property
    def interval(self) -> float:
        """The pause between the polls of a request that waits, in seconds."""
        return self.spec.schedule().start

    @cached_property
    def reads_now(self) -> bool:
        """Whether the same states may mean something else a moment later."""
        conditions = self.spec.conditions
        own = [each.text for each in (conditions.until, conditions.fail_on) if each]
        texts = [*own, *(each.text for each in (*conditions.each, *conditions.failures))]
        return any(_NOW.search(text) for text in texts)

    @cached_property
    def not_evaluated(self) -> tuple[tuple[str, float], ...]:
        """The failures of kinds that must persist for some time, which one poll cannot show: condition and seconds."""
        return tuple((each.text, each.holds_for) for each in self.spec.conditions.failures if each.holds_for)

    @property
    def warnings(self) -> tuple[str, ...]:
        """The probable mistakes, and the failures that are not evaluated."""
        timed = (
            f"a check does not evaluate the failure that must hold for {spell(seconds)}: {printable(text, 200)}"
            for text, seconds in self.not_evaluated
        )
        return (*self.spec.warnings, *timed)


def gate_of(
    name: str,
    targets: Mapping[str, Mapping[str, Any]],
    options: Mapping[str, Any],
    parameters: Mapping[str, tuple[str, str]],
    *,
    max_age: str | int | None = None,
    expose: bool = False,
) -> tuple[NamedGate | None, list[Problem]]:
    """Check one gate, without any request.

    Args:
        name: the name of the gate.
        targets: by name, each a mapping with `kind` and its arguments.
        options: the options of a wait in the file.
        parameters: by name, the argument of each (`argument`, or `target.argument`) and its pattern.
        max_age: the value in the file; None for the interval.
        expose: whether responses include states.

    Returns:
        The gate, and every problem; no gate if there is a problem.
    """
    problems = [
        Problem(f"{each.name} {_WHY.get(each.name, _SEVERAL)}", "leave it out")
        for each in OPTIONS
        if each.name in options and each.name not in HONOURED
    ]
    taken = {each: value for each, value in options.items() if each in HONOURED}
    fills = parameters_of(parameters, targets, problems)
    filled = _fill(fills, targets, problems)
    spec, found = parse_spec({**taken, "targets": filled}, lambda value: value is FILLED, spelling=JSON)
    problems.extend(found)
    for each, target in filled.items():
        if any(value is FILLED for value in target.values()):
            problems.extend(argument_problems(each, target))
    if taken.get("until") == DELETED and not taken.get("allow_absent"):
        text = f"{JSON.said('until', DELETED)} needs a poll that found it before, and a check polls once"
        problems.append(Problem(text, "give allow_absent, or wait for a state that it shows at its end"))
    age = _max_age(max_age, problems)
    if spec is None or problems:
        return None, problems
    values = {each: {key: value for key, value in target.items() if key != "kind"} for each, target in targets.items()}
    return NamedGate(name, spec, values, fills, spec.schedule().start if age is None else age, expose), []


def _fill(
    fills: Mapping[str, Parameter], targets: Mapping[str, Mapping[str, Any]], problems: list[Problem]
) -> dict[str, dict[str, Any]]:
    """Mark each argument that a caller fills."""
    filled = {each: dict(target) for each, target in targets.items()}
    for parameter in fills.values():
        if filled[parameter.target].get(parameter.argument) is not None:
            where = f"{parameter.target}.{parameter.argument}"
            problems.append(Problem(f"parameters.{parameter.name}: {where} has a value already", "keep one of them"))
        filled[parameter.target][parameter.argument] = FILLED
    return filled


def _max_age(value: str | int | None, problems: list[Problem]) -> float | None:
    if value is None:
        return None
    try:
        if isinstance(value, int) and value != 0:
            raise InputError("max_age must be a text", hint=f'give it a unit: "{value}s"')
        seconds = parse_duration(str(value), "max_age")
        if seconds > MAX_AGE_SECONDS:
            raise InputError(f"max_age is longer than {spell(MAX_AGE_SECONDS)}", hint="give a shorter one")
    except InputError as error:
        problems.append(Problem(error.problem, error.hint))
        return None
    return seconds
