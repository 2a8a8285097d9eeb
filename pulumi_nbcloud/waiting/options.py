"""What a wait makes of its polls besides the conditions: rows of polls, things that are not found, polls that fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from pulumi_nbcloud.errors import InputError
from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.waiting.duration import parse_duration

if TYPE_CHECKING:
    from pulumi_nbcloud.kinds.kind import Kind

MAX_COUNT = 1000
NOT_FOUND = ("wait", "fail", "met")
ENFORCEMENTS = ("disabled", "advisory", "mandatory")
"""How binding a wait is, from the loosest on: Pulumi's terms for policies."""
OPERATIONS = ("create", "update")


@dataclass(frozen=True)
class PollPolicy:
    """What a wait makes of its polls.

    Args:
        consecutive: how many polls in a row must meet the condition; anything else starts the count again. 1 to 1,000.
        not_found: what a poll means that does not find a target: `wait` for it; `fail` at once; `met` where none of
            the targets is found.
        max_poll_errors: how many failed polls in a row end the wait. 1 to 1,000.
    """

    consecutive: int = 1
    not_found: str = "wait"
    max_poll_errors: int = 10

    def fails(self, states: Mapping[str, object | None]) -> bool:
        """Return whether what was not found ends the wait."""
        return self.not_found == "fail" and None in states.values()

    def meets(self, states: Mapping[str, object | None]) -> bool:
        """Return whether what was not found is what the wait was for."""
        return self.not_found == "met" and set(states.values()) == {None}


DEFAULT_POLICY = PollPolicy()


def parse_policy(inputs: Mapping[str, Any], attempt: Callable[..., Any]) -> PollPolicy:
    """Check the options, each by itself.

    Args:
        inputs: `consecutive`, `not_found`, `max_poll_errors`, by name; None counts as not given.
        attempt: runs a check and keeps its problem; then it gives None.

    Returns:
        The rules; the default of what cannot be right.
    """
    consecutive = attempt(lambda: _count(inputs.get("consecutive"), "consecutive"))
    not_found = attempt(lambda: _choice(inputs.get("not_found"), "not_found", NOT_FOUND))
    errors = attempt(lambda: _count(inputs.get("max_poll_errors"), "max_poll_errors"))
    return PollPolicy(
        consecutive or DEFAULT_POLICY.consecutive,
        not_found or DEFAULT_POLICY.not_found,
        errors or DEFAULT_POLICY.max_poll_errors,
    )


def parse_enforcement(value: Any) -> str:
    """Check how binding a wait is, None for `mandatory`; raise InputError for what is no enforcement."""
    return _choice(value, "enforcement", ENFORCEMENTS) or "mandatory"


def check_flag(value: Any, name: str) -> None:
    """Check that a value is True, False or not given; raise InputError."""
    if value is not None and not isinstance(value, bool):
        raise InputError(f"{name} must be True or False", hint=f"write {name}=True, or leave it out")


def check_fit(
    rules: PollPolicy, timeout: float | None, kinds: Mapping[str, Kind[Any, Any, Any]], attempt: Callable[..., Any]
) -> None:
    """Check the options against what is waited for.

    Args:
        rules: the options.
        timeout: in seconds; None where it is not known.
        kinds: of the targets, by name.
        attempt: see `parse_policy`.
    """
    if timeout == 0 and rules.consecutive > 1:
        attempt(partial(_refuse_one_look, rules.consecutive))
    if rules.not_found == "met":
        unproven = dict.fromkeys(kind.token for kind in kinds.values() if not kind.not_found_is_gone)
        for token in unproven:
            attempt(partial(_refuse_unproven, token))


def custom_timeout(value: Any, operation: str, least: float = 0.0) -> float | None:
    """Read one of Pulumi's custom timeouts.

    Args:
        value: by operation; None where there are none.
        operation: `create` or `update`.
        least: the shortest that is allowed, in seconds.

    Returns:
        Seconds; None where that operation has none.

    Raises:
        InputError: not a duration, or out of range.
    """
    text = value.get(operation) if isinstance(value, Mapping) else None
    return None if text is None else parse_duration(str(text), f"custom_timeouts.{operation}", least=least)


def tightened(old: Any, new: Any) -> bool:
    """Return whether a wait became more binding; None is `mandatory`, and what is no enforcement is neither."""
    before, after = old or "mandatory", new or "mandatory"
    known = before in ENFORCEMENTS and after in ENFORCEMENTS
    return known and ENFORCEMENTS.index(after) > ENFORCEMENTS.index(before)


def _count(value: Any, name: str) -> int | None:
    if value is None:
        return None
    # Numbers arrive as floats over the wire.
    whole = int(value) if isinstance(value, float) and value.is_integer() else value
    if isinstance(whole, bool) or not isinstance(whole, int) or not 1 <= whole <= MAX_COUNT:
        raise InputError(f"{name} must be a whole number from 1 to {MAX_COUNT}", hint=f"write it like {name}=3")
    return whole


def _choice(value: Any, name: str, known: tuple[str, ...]) -> str | None:
    if value is None:
        return None
    if value not in known:
        shown = f" {printable(value, 40)!r}" if isinstance(value, str) else ""
        raise InputError(f"{name}{shown} is none of {', '.join(known)}", hint=f"write it like {name}={known[-1]!r}")
    return str(value)


def _refuse_one_look(consecutive: int) -> None:
    raise InputError(
        f"consecutive {consecutive} cannot be reached with timeout 0, which polls once",
        hint="give a longer timeout, or leave consecutive out",
    )


def _refuse_unproven(token: str) -> None:
    raise InputError(
        f"not_found 'met' is not for {token}: that it is not found does not prove that it is gone",
        hint="use not_found='wait' or 'fail', or wait for a state that it shows at its end",
    )
