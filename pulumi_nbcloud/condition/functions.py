"""The functions and operators of conditions: those of cel-python, unless they would let a gate open wrongly.

Every one is wrapped (`_strict`): a problem among the operands is the result (cel-python hands error values to the
operators of its types, where `1 + absent` turns into "no such overload"), an exception becomes an error value
(cel-python lets some escape: OverflowError of `int(1e400)`, re2's of a pattern), and a result that the types leave as
a plain Python value (`"a" + "b"`, `1.0 + 1.0`, `duration - duration`, `list + list`) gets its CEL type back.

Overridden, and why:

- `==` `!=` `in`: ints compare with doubles; a list with an absent element is equal, unequal or undecided, never an
  error; cel-python's `in` calls a match with an error element false.
- `<` `<=` `>` `>=`: ints compare with doubles; nothing else mixes.
- `/`: cel-python makes every division of a double by zero plus infinity, which is more than any threshold; an
  error here.
- `_[_]`: a negative index takes from the end, as in Python; out of range here.
- `bool`: `bool("17")` is a bool of value 17.
- `int`, `double`, and the methods of times that take a zone: their errors use Python's words and class names; `int`
  reads `0x1F`, `1_000` and blanks.
- `string`: writes `True`, and cuts the fraction of times and durations.
- `timestamp`: pendulum reads `12`, `now`, weeks and ISO durations, some relative to the clock; RFC 3339 here. Takes
  seconds since 1970, which CEL has and cel-python lacks.
- `duration`: a pattern that takes exponential time on a long word; `µs` is rejected.
- `matches`: re2 writes bad patterns to stderr.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

import re2  # type: ignore[import-untyped]
from celpy.celtypes import BoolType, DoubleType, DurationType, IntType, ListType, StringType, TimestampType
from celpy.evaluation import CELEvalError, base_functions

from pulumi_nbcloud.condition import vocabulary
from pulumi_nbcloud.condition.values import Result, combine, parse_duration, parse_timestamp, strictest
from pulumi_nbcloud.printable import printable

Function = Callable[..., Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_WHOLE = re.compile(r"[-+]?[0-9]+")
_TRUTH = {"true": True, "True": True, "TRUE": True, "t": True, "1": True} | {
    "false": False,
    "False": False,
    "FALSE": False,
    "f": False,
    "0": False,
}


def _plain(value: Result) -> Any:
    """Return a number that Python compares with every other number, as CEL's types do not."""
    if isinstance(value, IntType):
        return int(value)
    return float(value) if isinstance(value, DoubleType) else value


def _comparable(left: Result, right: Result) -> bool:
    numbers = (IntType, DoubleType)
    if isinstance(left, numbers) and isinstance(right, numbers):
        return True
    scalars = (BoolType, StringType, TimestampType, DurationType)
    return any(isinstance(left, each) and isinstance(right, each) for each in scalars)


def equal(left: Result, right: Result) -> Result:
    """Compare two values; a list element by element, of which any may be absent.

    Returns:
        A bool of CEL, or the problem that keeps it from being one.
    """
    if isinstance(left, ListType) and isinstance(right, ListType):
        if len(left) != len(right):
            return BoolType(False)
        return combine((equal(*pair) for pair in zip(left, right, strict=True)), decisive=False)
    problems = [each for each in (left, right) if isinstance(each, CELEvalError)]
    if problems:
        return strictest(problems)
    if not _comparable(left, right):
        return CELEvalError("cannot compare these types")
    return BoolType(_plain(left) == _plain(right))


def _unequal(left: Result, right: Result) -> Result:
    result = equal(left, right)
    return result if isinstance(result, CELEvalError) else BoolType(not result)


def _contained(item: Result, container: Result) -> Result:
    return combine((equal(item, each) for each in container), decisive=True)


def _ordering(compare: Function) -> Function:
    def ordered(left: Result, right: Result) -> Result:
        if not _comparable(left, right):
            return CELEvalError("cannot compare these types")
        return compare(_plain(left), _plain(right))

    return ordered


def _divide(left: Result, right: Result) -> Result:
    if isinstance(right, DoubleType) and float(right) == 0:
        raise ZeroDivisionError
    return operator.truediv(left, right)


def _index(rows: Result, index: Result) -> Result:
    if not 0 <= int(index) < len(rows):
        return CELEvalError(f"index {int(index)} is out of range: the list has {len(rows)} rows")
    return rows[int(index)]


def _bool(value: Result) -> Result:
    if isinstance(value, BoolType):
        return value
    if value not in _TRUTH:
        raise ValueError(f"{printable(value, 40)!r} is no bool")
    return _TRUTH[value]


def _int(value: Result) -> Result:
    if isinstance(value, StringType) and not _WHOLE.fullmatch(value):
        raise ValueError(f"{printable(value, 40)!r} is no int")
    return IntType(value)


def _double(value: Result) -> Result:
    try:
        return DoubleType(value)
    except ValueError:
        raise ValueError(f"{printable(value, 40)!r} is no double") from None


def _zoned(function: Function) -> Function:
    def read(moment: Result, zone: Result = None) -> Result:
        return function(moment, None if zone is None else str(zone))

    return read


def _decimal(whole: str, fraction: int) -> str:
    return f"{whole}.{fraction:06}".rstrip("0").rstrip(".")


def _string(value: Result) -> Result:
    if isinstance(value, BoolType):
        return "true" if value else "false"
    if isinstance(value, TimestampType):
        moment = value.astimezone(timezone.utc)
        whole = datetime(*moment.timetuple()[:6], tzinfo=timezone.utc).isoformat().removesuffix("+00:00")
        return _decimal(whole, moment.microsecond) + "Z"
    if isinstance(value, DurationType):
        total = timedelta.__floordiv__(value, timedelta(microseconds=1))
        return f"{'-' if total < 0 else ''}{_decimal(str(abs(total) // 10**6), abs(total) % 10**6)}s"
    if isinstance(value, DoubleType):
        return repr(float(value)).removesuffix(".0")
    return str(value)


def _timestamp(value: Result) -> Result:
    if isinstance(value, IntType):
        # Not fromtimestamp(): a value out of range raises an error that depends on the platform's C library.
        return TimestampType(_EPOCH + timedelta(seconds=int(value)))
    return value if isinstance(value, TimestampType) else parse_timestamp(value)


def _duration(value: Result) -> Result:
    return value if isinstance(value, DurationType) else parse_duration(value)


@lru_cache(maxsize=64)
def pattern(text: str) -> Any:
    """Compile a regular expression of RE2.

    Raises:
        ValueError: it is not one; the text says why.
    """
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(text, options)
    except re2.error as error:
        reason = error.args[0] if error.args else b""
        message = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise ValueError(f"{printable(text, 40)!r} is no regular expression: {printable(message, 60)}") from None


def _matches(text: Result, expression: Result) -> Result:
    return pattern(str(expression)).search(str(text)) is not None


_OVERRIDES: dict[str, Function] = {
    "_==_": equal,
    "_!=_": _unequal,
    "_in_": _contained,
    "_<_": _ordering(operator.lt),
    "_<=_": _ordering(operator.le),
    "_>_": _ordering(operator.gt),
    "_>=_": _ordering(operator.ge),
    "_/_": _divide,
    "_[_]": _index,
    "bool": _bool,
    "int": _int,
    "double": _double,
    "string": _string,
    "timestamp": _timestamp,
    "duration": _duration,
    "matches": _matches,
    **{name: _zoned(base_functions[name]) for name in vocabulary.METHODS if name.startswith("get")},
}
_KEPT = ("!_", "-_", "_+_", "_-_", "_*_", "_%_")
_TYPES: dict[type, Function] = {
    bool: BoolType,
    int: IntType,
    float: DoubleType,
    str: StringType,
    list: ListType,
    timedelta: DurationType,
}


def _failure(error: Exception) -> CELEvalError:
    if isinstance(error, ZeroDivisionError):
        return CELEvalError("division by zero")
    if isinstance(error, OverflowError) or str(error) == "overflow" or "range error" in str(error):
        return CELEvalError("the result is out of range")
    if isinstance(error, ValueError):
        return CELEvalError(printable(str(error), 120))
    return CELEvalError("cannot work on these types")


def _strict(function: Function) -> Function:
    def call(*arguments: Result) -> Result:
        problems = [each for each in arguments if isinstance(each, CELEvalError)]
        if problems:
            return strictest(problems)
        try:
            result = function(*arguments)
            convert = _TYPES.get(type(result))
            return convert(result) if convert else result
        except Exception as error:
            return _failure(error)

    return call


FUNCTIONS: dict[str, Function] = {
    name: _strict(_OVERRIDES.get(name) or base_functions[name])
    for name in (*_KEPT, *_OVERRIDES, *vocabulary.FUNCTIONS, *vocabulary.METHODS)
}
"""By the names that cel-python's evaluator uses."""
