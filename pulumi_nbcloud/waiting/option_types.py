"""What an option of a wait is, and what one takes: a condition, a duration, a number, one of several words, a flag."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from typing import Any

from pulumi_nbcloud.errors import InputError
from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.spelling import PYTHON, Spelling
from pulumi_nbcloud.waiting.duration import MAX_SECONDS, parse_duration, spell

MAX_COUNT = 1000


@dataclass(frozen=True)
class ValueType:
    """What an option takes.

    Args:
        input_type: the type of its values in a program, as source code writes it.
        output_type: the same of a gate's outputs.
        check: takes a value, the option's name and a spelling, returns the value as a wait uses it; raises InputError.
        limits: which values are allowed, in a few words; empty if the type says it.
        metavar: the name of a value in the command's help; None for a flag.
        parameter_type: what the command reads it as.
        takes_timedelta: whether a program may give a `timedelta` too.
        spell: writes a value as help and reference do.
    """

    input_type: str
    output_type: str
    check: Callable[[Any, str, Spelling], Any]
    limits: str = ""
    metavar: str | None = None
    parameter_type: type = str
    takes_timedelta: bool = False
    spell: Callable[[Any], str] = str


@dataclass(frozen=True)
class Option:
    """One option of a wait; declared by `option` as a field of `WaitOptions`.

    Args:
        name: of the argument and the input; the command's flag is written like it.
        value: what it takes.
        summary: what it is for, a clause without a full stop that is complete by itself.
        detail: what else the author of a program must know, in sentences.
        in_python: what else a program in Python may pass, a sentence.
        default: the value if it is not given.
        default_text: the default in documentation; spelled from the value if not given.
        waits_again: whether a gate waits again when it changes; otherwise it keeps its outcome.
        in_hook: whether `wait_before` takes it.
        in_command: whether the command takes it.
        off: what False means, a clause; None if False is not a value of its own. The command gets `--no-NAME`.
        explain: describes a value in a few words for `nbcloud explain`, or returns nothing; None to leave it out.
    """

    name: str
    value: ValueType
    summary: str
    detail: str
    in_python: str
    default: Any
    default_text: str | None
    waits_again: bool
    in_hook: bool
    in_command: bool
    off: str | None
    explain: Callable[[Any], str] | None

    @property
    def flag(self) -> str:
        """What the command calls it: `--max-poll-errors`."""
        return f"--{self.name.replace('_', '-')}"

    @property
    def off_flag(self) -> str | None:
        """What the command calls its False: `--no-fail-on`; None where there is none."""
        return f"--no-{self.flag.removeprefix('--')}" if self.off else None

    @property
    def default_words(self) -> str | None:
        """The default as documentation writes it; None if there is none."""
        if self.default_text is not None or self.default is None:
            return self.default_text
        return self.value.spell(self.default)

    @property
    def about(self) -> str:
        """What it means to a program in Python; see `described`."""
        return self.described(PYTHON)

    def described(self, spelling: Spelling, names: Collection[str] = ()) -> str:
        """Describe it in sentences, without its default: the first begins in lower case, after the name.

        Args:
            spelling: of who reads it.
            names: see `Spelling.about`.
        """
        own = self.in_python if spelling is PYTHON else ""
        off = f"{spelling.off(self.name)} to {self.off}." if self.off else ""
        limits = f"{_capitalized(self.value.limits)}." if self.value.limits else ""
        sentences = (spelling.about(f"{self.summary}. {self.detail}".rstrip(), names), own, off, limits)
        return " ".join(part for part in sentences if part)

    @property
    def help(self) -> str:
        """The text in the command's help."""
        # A flag that is not given is off.
        default = f" [default: {self.default_words}]" if self.default_words and self.value.metavar else ""
        return f"{_capitalized(self.summary)}.{default}"

    @property
    def off_help(self) -> str:
        """The text in the command's help for the flag that means False."""
        return f"{_capitalized(self.off or '')}."

    def check(self, value: Any, spelling: Spelling = PYTHON) -> Any:
        """Check a value; None counts as not given.

        Args:
            value: as it was given, or as it arrived over the wire.
            spelling: of who gave it, for messages.

        Returns:
            The value as a wait uses it; None where none was given.

        Raises:
            InputError: it cannot be right.
        """
        return None if value is None else self.value.check(value, self.name, spelling)


def option(
    value: ValueType,
    summary: str,
    *,
    waits_again: bool,
    detail: str = "",
    in_python: str = "",
    default: Any = None,
    default_text: str | None = None,
    in_hook: bool = True,
    in_command: bool = True,
    off: str | None = None,
    explain: Callable[[Any], str] | None = None,
) -> Any:
    """Declare an option as the field of a dataclass; see `Option` for the arguments."""
    words = (summary, detail, in_python, default, default_text)
    declared = Option("", value, *words, waits_again, in_hook, in_command, off, explain)
    return dataclasses.field(default=default, metadata={"option": declared})


def declared_options(declared: type) -> tuple[Option, ...]:
    """Return the options that are declared in a dataclass, in their order."""
    fields = dataclasses.fields(declared)
    return tuple(dataclasses.replace(each.metadata["option"], name=each.name) for each in fields)


def duration(*, least: float = 0.0) -> ValueType:
    """Make the type of a duration.

    Args:
        least: the shortest that is allowed, in seconds.
    """
    longest = f"{MAX_SECONDS / 86_400:g} days"
    return ValueType(
        "str",
        "str",
        partial(_seconds, least=least),
        limits=f"{spell(least)} to {longest}" if least else f"up to {longest}",
        metavar="DURATION",
        takes_timedelta=True,
        spell=spell,
    )


def choice(words: tuple[str, ...]) -> ValueType:
    """Make the type of one of several words."""
    quoted = ", ".join(f'"{each}"' for each in words)
    return ValueType(f"Literal[{quoted}]", "str", partial(_word, words=words), metavar="|".join(words))


def _capitalized(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def _anything(value: Any, name: str, spelling: Spelling) -> Any:
    return value


def _seconds(value: Any, name: str, spelling: Spelling, *, least: float) -> float:
    if value == 0 and not isinstance(value, (str, bool)):
        value = "0"
    if not isinstance(value, str):
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0
        unit = f"give it a unit: {spelling.given(name, f'{value:g}s')}" if is_number else None
        raise InputError(f"{spelling.option(name)} must be a text", hint=unit or "write it like 90s, 30m or 1h30m")
    return parse_duration(value, spelling.option(name), least=least)


def _count(value: Any, name: str, spelling: Spelling) -> int:
    # Numbers arrive as floats over the wire.
    whole = int(value) if isinstance(value, float) and value.is_integer() else value
    if isinstance(whole, bool) or not isinstance(whole, int) or not 1 <= whole <= MAX_COUNT:
        raise InputError(
            f"{spelling.option(name)} must be a whole number from 1 to {MAX_COUNT}",
            hint=f"write it like {spelling.given(name, 3)}",
        )
    return whole


def _word(value: Any, name: str, spelling: Spelling, *, words: tuple[str, ...]) -> str:
    if value not in words:
        shown = f" {printable(value, 40)!r}" if isinstance(value, str) else ""
        raise InputError(
            f"{spelling.option(name)}{shown} is none of {', '.join(words)}",
            hint=f"write it like {spelling.given(name, words[-1])}",
        )
    return str(value)


def _true_or_false(value: Any, name: str, spelling: Spelling) -> bool:
    if not isinstance(value, bool):
        raise InputError(
            f"{spelling.option(name)} must be {spelling.value(True)} or {spelling.value(False)}",
            hint=f"write {spelling.given(name, True)}, or leave it out",
        )
    return value


# Compiling a condition finds what is wrong with it; a wait ignores what triggers are.
CONDITION = ValueType("str", "str", _anything, metavar="CEL")
CONDITION_OR_FALSE = ValueType("str | bool", "Any", _anything, metavar="CEL")
COUNT = ValueType("int", "int", _count, limits=f"1 to {MAX_COUNT:,}", metavar="N", parameter_type=int)
FLAG = ValueType("bool", "bool", _true_or_false, parameter_type=bool)
VALUES = ValueType("Sequence[Any] | Mapping[str, Any]", "Any", _anything)
