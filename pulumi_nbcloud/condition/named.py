"""Named conditions: one word instead of an expression, declared by each kind.

A text that is exactly one identifier, other than `true` and `false`, is always a name, whatever targets are called: to
CEL it would be a variable, and no target is a condition by itself.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pulumi_nbcloud.condition.outcome import ConditionError
from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.spelling import PYTHON, Spelling, same

if TYPE_CHECKING:
    from pulumi_nbcloud.kinds.kind import Kind, NamedCondition

_IDENTIFIER = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)\s*", re.ASCII)
_LITERALS = ("true", "false")


def name_in(text: object) -> str | None:
    """Return the name that a text consists of; None if it is an expression."""
    match = _IDENTIFIER.fullmatch(text) if isinstance(text, str) else None
    return match[1] if match and match[1] not in _LITERALS else None


def named_conditions(
    name: str, kinds: Mapping[str, Kind[Any, Any, Any]], *, argument: str, spelling: Spelling = PYTHON
) -> dict[str, NamedCondition]:
    """Find the named condition of each target.

    Args:
        name: of the condition.
        kinds: of the targets, by their names.
        argument: where it was given, for messages. Only `until` takes a condition that not finding a thing meets.
        spelling: of who gave it.

    Returns:
        The conditions, by the names of the targets.

    Raises:
        ConditionError: names each kind that has no condition of that name, and the conditions that it has.
    """
    different = {kind.token: kind for kind in kinds.values()}
    lacking = [kind for kind in different.values() if name not in _usable(kind, argument)]
    if lacking:
        raise ConditionError(
            [f"{spelling.option(argument)}: {_problem(name, kind, argument, spelling)}" for kind in lacking],
            hint="use the name of a condition that each kind has, or a CEL expression; nothing was sent",
        )
    return {target: kind.conditions[name] for target, kind in kinds.items()}


def _usable(kind: Kind[Any, Any, Any], argument: str) -> list[str]:
    return [name for name, each in kind.conditions.items() if argument == "until" or not each.met_if_gone]


def _problem(name: str, kind: Kind[Any, Any, Any], argument: str, spelling: Spelling) -> str:
    from pulumi_nbcloud.kinds.kind import DELETED

    shown, usable = printable(name, 40), _usable(kind, argument)
    if name in kind.conditions:
        instead = spelling.given("not_found", "fail") if argument == "fail_on" else "a condition on a field"
        return f"{shown} is for {spelling.option('until')} alone, because not finding a thing meets it; use {instead}"
    if name == DELETED:
        return f"{shown} is not for {kind.token}: that it is not found does not prove that it is gone"
    meant = _meant(name, kind, usable)
    advice = f"; did you mean {meant}?" if meant else ""
    return f"{shown} is not a condition of {kind.token}, which has {', '.join(usable) or 'none'}{advice}"


def _meant(name: str, kind: Kind[Any, Any, Any], usable: list[str]) -> str | None:
    """Return what was probably meant: a field of exactly that name before a condition of a similar one."""
    if name in kind.state_names:
        return f"self.{name}"
    field = same(name, kind.state_names)
    return same(name, usable) or (f"self.{field}" if field else _near(name, usable))


def _near(name: str, known: list[str]) -> str | None:
    """Return the name that was probably meant: one that begins so, like `run`, or one that is nearly spelled so."""
    word = name.casefold()
    begun = [each for each in known if len(word) > 2 and each.startswith(word)]
    # Names are short words, of which many are alike by the usual measure: `idle` and `failed`.
    return next(iter((*begun, *difflib.get_close_matches(word, known, 1, cutoff=0.7))), None)
