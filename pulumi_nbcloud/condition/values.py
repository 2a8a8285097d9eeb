"""The values of the evaluator: states as CEL values, absence as a value, and how results are combined.

Null is absent. Absence travels through an expression as an error value, as cel-python's own errors do, but it differs
from them: an error ends a wait, absence does not. If both meet, the result must be the one that counts whatever the
absent value may still become:

- `&&`, `||`, `all` and `exists` can still absorb the error once the value is there, so absence wins;
- everything else needs all its operands, so the error comes whatever the value will be: the error wins.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple, TypeAlias

from celpy.celtypes import BoolType, DoubleType, DurationType, IntType, ListType, StringType, TimestampType
from celpy.evaluation import CELEvalError

from pulumi_nbcloud.condition.schema import Type
from pulumi_nbcloud.condition.vocabulary import MAX_ROWS
from pulumi_nbcloud.kinds.fields import State
from pulumi_nbcloud.printable import printable

Result: TypeAlias = Any
"""A CEL value, a `Record`, or a `CELEvalError` in the place of one; cel-python's own union has no room for a record."""

_REASONS = 3
_NULL = "is null"
_RFC_3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)",
    re.ASCII,
)
_UNITS = {"ns": 1e-3, "us": 1, "µs": 1, "ms": 1e3, "s": 1e6, "m": 6e7, "h": 3.6e9, "d": 8.64e10}  # in microseconds
_PART = r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h|d)"
_DURATION = re.compile(rf"([-+]?)((?:{_PART})+)", re.ASCII)


class Reason(NamedTuple):
    """Why a value is absent.

    Args:
        name: what is absent: `lease.expire_time`.
        state: in what way, as the end of a sentence.
        why: the cause, if it is known.
    """

    name: str
    state: str = _NULL
    why: str | None = None

    @property
    def text(self) -> str:
        """All of it: `lease.expire_time is null`."""
        return f"{self.name} {self.state} ({self.why})" if self.why else f"{self.name} {self.state}"

    @property
    def brief(self) -> str:
        """The same for a narrow place: `lease.expire_time null`."""
        return f"{self.name} null" if self.state == _NULL else f"{self.name} {self.state}"


class Absent(CELEvalError):
    """Takes the place of an absent value.

    Args:
        reasons: what is absent, and why.
    """

    def __init__(self, *reasons: Reason) -> None:
        super().__init__("absent")
        self.reasons = reasons

    @property
    def text(self) -> str:
        """The reasons in one line; of many the first few."""
        more = " and more" if len(self.reasons) > _REASONS else ""
        return ", ".join(each.text for each in self.reasons[:_REASONS]) + more


def _merged(absences: Iterable[Absent]) -> Absent:
    reasons = dict.fromkeys(reason for each in absences for reason in each.reasons)
    return Absent(*list(reasons)[: _REASONS + 1])


def strictest(problems: Sequence[CELEvalError]) -> CELEvalError:
    """Combine the problems of an operation that needs all its operands: an error wins over absence."""
    errors = [each for each in problems if not isinstance(each, Absent)]
    return errors[0] if errors else _merged(each for each in problems if isinstance(each, Absent))


def combine(results: Iterable[Result], decisive: bool) -> Result:
    """Combine truth values as `||` (decisive: true) and `&&` (decisive: false) do.

    Args:
        results: truth values, or problems in their place; taken only until one decides.
        decisive: the value that decides whatever the others are.

    Returns:
        The truth value; absence if any is absent; otherwise the first error if there is one.
    """
    problems: list[CELEvalError] = []
    for each in results:
        if isinstance(each, CELEvalError):
            problems.append(each)
        elif not isinstance(each, BoolType):
            problems.append(CELEvalError("a truth value is needed"))
        elif bool(each) is decisive:
            return BoolType(decisive)
    absences = [each for each in problems if isinstance(each, Absent)]
    if absences:
        return _merged(absences)
    return problems[0] if problems else BoolType(not decisive)


class Record:
    """An object of a state, converted field by field as the condition reads them.

    Args:
        state: the dataclass.
        kind: its type.
        path: its name in messages: `self.jobs[2]`.
    """

    __slots__ = ("kind", "path", "state")

    def __init__(self, state: object, kind: Type, path: str) -> None:
        self.state = state
        self.kind = kind
        self.path = path

    def read(self, name: str) -> Result:
        """Return a field; a null one is absent."""
        value, path = getattr(self.state, name, None), f"{self.path}.{name}"
        if value is None and isinstance(self.state, State):
            return Absent(Reason(path, why=self.state.null_reason(name)))
        return convert(value, self.kind.fields[name], path)

    def has(self, name: str) -> bool:
        """Return whether a field is there."""
        return getattr(self.state, name, None) is not None


def convert(value: Any, kind: Type, path: str) -> Result:
    """Convert a value of a state to a CEL value.

    Args:
        value: as the state holds it.
        kind: the type that its annotation promises.
        path: its name in messages.

    Returns:
        The value; `Absent` for null; an error value if it is of another type, or if a list is too long.
    """
    if value is None:
        return Absent(Reason(path))
    if kind.name == "record":
        return Record(value, kind, path)
    if kind.name == "list" and kind.element and isinstance(value, (list, tuple)):
        if len(value) > MAX_ROWS:
            return CELEvalError(f"{path} has {len(value)} rows, a condition takes {MAX_ROWS}: filter in the arguments")
        return ListType(convert(each, kind.element, f"{path}[{index}]") for index, each in enumerate(value))
    try:
        return _scalar(value, kind.name)
    except (TypeError, ValueError, OverflowError):
        return CELEvalError(f"{path} is not {kind.text}")


def _scalar(value: Any, name: str) -> Result:
    if name == "bool" and isinstance(value, bool):
        return BoolType(value)
    if name == "int" and isinstance(value, int) and not isinstance(value, bool):
        return IntType(int(value))
    if name == "double" and isinstance(value, (int, float)) and not isinstance(value, bool):
        return DoubleType(value)
    if name == "timestamp" and isinstance(value, datetime):
        return TimestampType(value)
    if name == "timestamp" and isinstance(value, str):
        return parse_timestamp(value)
    if name == "string" and isinstance(value, str):
        return StringType(value)
    raise TypeError(name)


def parse_timestamp(text: str) -> TimestampType:
    """Read a time.

    Args:
        text: RFC 3339, with an offset; fractions are cut to microseconds.

    Raises:
        ValueError: it is not.
    """
    match = _RFC_3339.fullmatch(text)
    if not match:
        raise ValueError(f"{printable(text, 40)!r} is no time in RFC 3339, as 2026-01-31T12:00:00Z is")
    day, clock, fraction, offset = match.groups()
    offset = "+00:00" if offset in "Zz" else offset
    # Python 3.10 reads three or six digits of a second, nothing else.
    moment = datetime.fromisoformat(f"{day}T{clock}.{(fraction or '')[:6]:0<6}{offset}")
    return TimestampType(moment.astimezone(timezone.utc))


def parse_duration(text: str) -> DurationType:
    """Read a duration.

    Args:
        text: numbers with units, as Go writes them, and d for days: `1h30m`, `-1.5s`, `2d`.

    Raises:
        ValueError: it is not, or is longer than CEL allows.
    """
    match = _DURATION.fullmatch(text) if len(text) <= 100 else None
    if not match:
        raise ValueError(f"{printable(text, 40)!r} is no duration, as 1h30m is")
    microseconds = sum(float(number) * _UNITS[unit] for number, unit in re.findall(_PART, match[2], re.ASCII))
    span = timedelta(microseconds=min(microseconds, 1e18))
    return DurationType(-span if match[1] == "-" else span)
