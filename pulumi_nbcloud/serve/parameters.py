"""Parameters of a gate: each lets a caller fill one argument of one target, and nothing else."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_args, get_type_hints

from pydantic import ValidationError

from pulumi_nbcloud.condition import Problem
from pulumi_nbcloud.condition.functions import pattern as compiled
from pulumi_nbcloud.errors import InputError
from pulumi_nbcloud.kinds.kind import Kind
from pulumi_nbcloud.kinds.registry import load
from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.serve.errors import RequestError

MAX_VALUE_CHARACTERS = 200
MAX_PARAMETERS = 20
MAX_PATTERN_CHARACTERS = 500
RESERVED = ("seconds", "status")
"""The names in a query besides parameters."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
_UNPRINTABLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


class Filled:
    """A placeholder for the value from a caller."""


FILLED = Filled()


@dataclass(frozen=True)
class Parameter:
    """A parameter that a caller fills: one argument of one target.

    Args:
        name: its name in requests.
        target: the name of the target.
        argument: the argument of the target.
        pattern: the RE2 pattern for the whole value.
    """

    name: str
    target: str
    argument: str
    pattern: Any = field(repr=False)

    def check(self, value: object) -> str:
        """Check the value from a caller.

        Args:
            value: the unchanged value.

        Returns:
            The value.

        Raises:
            RequestError: it is no string that matches the pattern; the value is not shown.
        """
        if (
            not isinstance(value, str)
            or len(value) > MAX_VALUE_CHARACTERS
            # A class such as [^/] also matches a line break and NUL.
            or any(unicodedata.category(character) in _UNPRINTABLE for character in value)
            or self.pattern.fullmatch(value) is None
        ):
            raise RequestError(400, "bad_parameter", f"the parameter {self.name} does not match its pattern")
        return value


def parameters_of(
    parameters: Mapping[str, tuple[str, str]], targets: Mapping[str, Mapping[str, Any]], problems: list[Problem]
) -> dict[str, Parameter]:
    """Check the parameters of a gate.

    Args:
        parameters: by name, the argument of each (`argument`, or `target.argument`) and its pattern.
        targets: the targets of the gate, by name.
        problems: receives the problems.

    Returns:
        The valid parameters, by name.
    """
    fills: dict[str, Parameter] = {}
    if len(parameters) > MAX_PARAMETERS:
        problems.append(Problem(f"parameters: there are more than {MAX_PARAMETERS}", "fix some of the arguments"))
    for name, (place, text) in parameters.items():
        problem = _add(fills, name, place, text, targets)
        if problem is not None:
            problems.append(problem)
    return fills


def _add(
    fills: dict[str, Parameter], name: str, place: str, text: str, targets: Mapping[str, Mapping[str, Any]]
) -> Problem | None:
    """Add a parameter, or report why it is invalid."""
    try:
        made = _parameter(name, place, text, targets)
        same = next((each for each in fills.values() if _same(each, made)), None)
        if same is not None:
            raise InputError(f"fills what {same.name} fills", hint="keep one of them")
    except InputError as error:
        return Problem(f"parameters.{printable(name, 40)}: {error.problem}", error.hint)
    fills[name] = made
    return None


def _same(one: Parameter, other: Parameter) -> bool:
    return (one.target, one.argument) == (other.target, other.argument)


def _parameter(name: str, place: str, text: str, targets: Mapping[str, Mapping[str, Any]]) -> Parameter:
    if not _NAME.fullmatch(name) or name in RESERVED:
        raise InputError(
            "is no name of a parameter", hint=f"write a-z, 0-9 and _, a letter first; not {', '.join(RESERVED)}"
        )
    target, dot, argument = place.rpartition(".")
    target = target if dot else "self"
    if target not in targets:
        hint = f"known are {', '.join(targets)}" if "self" not in targets else "write the argument alone"
        raise InputError(f"fills an argument of {printable(target, 40)!r}, and there is no such target", hint=hint)
    kind: Kind[Any, Any, Any] = load(str(targets[target].get("kind")))
    if argument == "profile":
        raise InputError("fills a profile, which no caller may choose", hint="make a gate for each profile")
    if argument not in kind.argument_names:
        near = difflib.get_close_matches(argument, kind.argument_names, 1)
        known = ", ".join(each for each in kind.argument_names if each != "profile")
        hint = f"did you mean {near[0]}?" if near else f"known are {known}"
        raise InputError(f"fills {printable(argument, 40)!r}, which is no argument of {kind.token}", hint=hint)
    if not _takes_text(kind, argument):
        raise InputError(f"fills {argument}, which is no text", hint="fix its value in the target")
    if len(text) > MAX_PATTERN_CHARACTERS:
        raise InputError(f"its pattern is longer than {MAX_PATTERN_CHARACTERS} characters", hint="write a shorter one")
    try:
        return Parameter(name, target, argument, compiled(text))
    except ValueError as error:
        raise InputError(f"its pattern {error}", hint="patterns are regular expressions of RE2") from None


def _takes_text(kind: Kind[Any, Any, Any], argument: str) -> bool:
    declared = get_type_hints(kind.arguments)[argument]
    return declared is str or str in get_args(declared)


def argument_problems(name: str, target: Mapping[str, Any]) -> list[Problem]:
    """Check the fixed arguments of a target whose other arguments a caller fills.

    Args:
        name: the name of the target.
        target: its kind and arguments, `FILLED` for those from the caller.
    """
    try:
        kind: Kind[Any, Any, Any] = load(str(target.get("kind")))
    except InputError:
        return []  # reported already
    known = {key: value for key, value in target.items() if key != "kind" and value is not FILLED}
    filled = {key for key, value in target.items() if value is FILLED}
    where = f"target {printable(name, 40)}"
    unknown = [key for key in known if key not in kind.argument_names]
    if unknown:
        hint = f"known are {', '.join(kind.argument_names)}"
        return [Problem(f"{where}: {printable(each, 60)} is not an argument of {kind.token}", hint) for each in unknown]
    try:
        kind.arguments(**known)
    except ValidationError as error:
        return [
            Problem(f"{where}: {kind.token}: {each['loc'][0]} {_reason(each)}")
            for each in error.errors(include_url=False, include_input=False)
            if each["loc"] and each["loc"][0] not in filled
        ]
    return []


def _reason(error: Mapping[str, Any]) -> str:
    if error["type"] in ("missing", "missing_argument"):
        return "is missing"
    # For our own checks, use their text: pydantic's message has a prefix.
    own = error.get("ctx", {}).get("error")
    return str(own) if isinstance(own, ValueError) else str(error["msg"])
