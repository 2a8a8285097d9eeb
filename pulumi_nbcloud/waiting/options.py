"""The options of a wait, each declared once: as a field of `WaitOptions`.

`Gate`, `wait_before`, `nbcloud wait`, `nbcloud explain`, the reference and the check of inputs are made from these
fields. A new option costs a field here, `make generate`, and the code that implements it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from pulumi_nbcloud.spelling import PYTHON, Spelling
from pulumi_nbcloud.waiting.duration import spell
from pulumi_nbcloud.waiting.option_types import (
    CONDITION,
    CONDITION_OR_FALSE,
    COUNT,
    FLAG,
    VALUES,
    choice,
    declared_options,
    duration,
    option,
)

NOT_FOUND = ("wait", "fail", "met")
ENFORCEMENTS = ("disabled", "advisory", "mandatory")
"""How binding a wait is, from the loosest on: Pulumi's terms for policies."""

OPERATIONS = ("create", "update")


@dataclass(frozen=True, kw_only=True)
class WaitOptions:
    """The checked options of a wait, everything besides its targets; durations are in seconds."""

    until: str | None = option(
        CONDITION,
        "the condition to wait for, in CEL or by its name, like `stopped`",
        detail='Each kind has its own names, and its own meaning of "can be used".',
        default_text="that each can be used",
        waits_again=True,
    )
    fail_on: str | bool | None = option(
        CONDITION_OR_FALSE,
        "a condition that ends the wait, added to the kinds' own",
        detail='It is written in CEL or as a name. The kinds\' own mean "it has failed for good".',
        off="leave the kinds' own failures out",
        waits_again=True,
    )
    timeout: float = option(
        duration(),
        "how long to wait, like 90s or 1h30m; 0 polls once",
        detail="The units are `d`, `h`, `m`, `s` and `ms`.",
        in_python="A `timedelta` works too.",
        default=30 * 60.0,
        waits_again=False,
    )
    hold: float | None = option(
        duration(),
        "how long one run may wait, like 10m; 0 polls once",
        detail="If nothing is decided by then, the run ends as `awaiting`, and the next run goes on with the same "
        "deadline. A run is an update, or the command. Each run counts polls in a row from 0. If it is as long as "
        "`timeout` or longer, it changes nothing.",
        default_text="as long as `timeout`",
        waits_again=False,
        in_hook=False,
        explain=lambda seconds: f"awaiting after {spell(seconds)}" if seconds else "awaiting after one poll",
    )
    interval: float | None = option(
        duration(least=1.0),
        "the pause between polls",
        detail="It is written like `timeout`. The default grows while nothing changes, and some kinds begin with more.",
        default_text="5s, growing to 30s",
        waits_again=False,
    )
    consecutive: int = option(
        COUNT,
        "how many polls in a row must meet the condition",
        detail="Any other poll starts the count again.",
        default=1,
        waits_again=True,
        explain=lambda polls: f"met after {polls} poll{'s in a row' if polls > 1 else ''}",
    )
    holds_for: float | None = option(
        duration(least=1.0),
        "how long the condition must have held, at every poll",
        detail="The time counts from the first poll of an unbroken row to its last, beside `consecutive`. A poll that "
        "does not meet the condition starts it again, and so does a gap of more than three intervals. A failed "
        "poll does not.",
        default_text="one poll that meets it is enough",
        waits_again=True,
        explain=lambda seconds: f"met once it has held for {spell(seconds)}",
    )
    fail_holds_for: float | None = option(
        duration(least=1.0),
        "how long `fail_on` must have held to end the wait",
        detail="It counts like `holds_for`. While `fail_on` holds, nothing is met. The kinds' own failures count after "
        "this time too, or after a time of their own if that is longer.",
        default_text="one poll is enough, except where a kind says otherwise",
        waits_again=True,
        explain=lambda seconds: f"failed once a failure has held for {spell(seconds)}",
    )
    not_found: str = option(
        choice(NOT_FOUND),
        "what it means when a poll does not find a target",
        detail="`wait` waits for it. `fail` ends the wait. `met` meets the condition when none of the targets is "
        "found. It is rejected for kinds where not finding a thing does not prove that it is gone. `until` `deleted` "
        "includes it.",
        default="wait",
        waits_again=True,
        explain=lambda word: f"not found: {word}",
    )
    allow_absent: bool = option(
        FLAG,
        "whether `deleted` is met by what this wait never found",
        detail="Without it, a mistake in an id would meet the condition at once.",
        default=False,
        waits_again=True,
        explain=lambda on: "deleted counts for what was never found too" if on else "",
    )
    appear_timeout: float | None = option(
        duration(least=1.0),
        "how long it may take to find each target",
        detail="After that the wait ends as `never_appeared`. It is rejected where `not_found` is `fail` or `met`.",
        default_text="as long as `timeout`",
        waits_again=False,
        explain=lambda seconds: f"each must be found within {spell(seconds)}",
    )
    stall_timeout: float | None = option(
        duration(least=1.0),
        "how long nothing may change while the condition does not hold",
        detail="The time counts from the first poll that finds every target. After that the wait ends as `stalled`. A "
        "volatile field is no change, unless a condition reads it.",
        default_text="as long as `timeout`",
        waits_again=False,
        explain=lambda seconds: f"stalled after {spell(seconds)} without a change",
    )
    max_poll_errors: int = option(
        COUNT,
        "how many failed polls in a row end the wait",
        default=10,
        waits_again=False,
        explain=lambda polls: f"{polls} failed polls in a row end it",
    )
    enforcement: str = option(
        choice(ENFORCEMENTS),
        "how binding the wait is",
        detail="With `advisory`, a wait that is not met is a warning, and a gate's `outcome` and `message` say how it "
        "ended. With `disabled`, nothing is polled. A gate that was not met waits again once this becomes more "
        "binding.",
        default="mandatory",
        waits_again=False,
        explain=lambda word: "" if word == "mandatory" else f"enforcement: {word}",
    )
    overridable: bool | None = option(
        FLAG,
        "whether the gate may be overridden with a reason while its cloud gives no usable response",
        detail="True allows it from the environment too. False forbids it.",
        default_text="from the stack's config alone",
        waits_again=False,
        in_hook=False,
        in_command=False,
    )
    every_update: bool = option(
        FLAG,
        "whether every update waits, not only one that changes what the gate waits for",
        default=False,
        waits_again=False,
        in_hook=False,
        in_command=False,
    )
    triggers: Sequence[Any] | Mapping[str, Any] | None = option(
        VALUES,
        "values that make the gate wait again when they change, a list or a map",
        waits_again=True,
        in_hook=False,
        in_command=False,
    )

    def fails(self, states: Mapping[str, object | None]) -> bool:
        """Return whether a target that was not found ends the wait."""
        return self.not_found == "fail" and None in states.values()

    def meets(self, states: Mapping[str, object | None]) -> bool:
        """Return whether not finding the targets is what the wait was for."""
        return self.not_found == "met" and set(states.values()) == {None}


OPTIONS = declared_options(WaitOptions)
DEFAULT_OPTIONS = WaitOptions()


def parse_options(inputs: Mapping[str, Any], attempt: Callable[..., Any], spelling: Spelling = PYTHON) -> WaitOptions:
    """Check the options, each by itself.

    Args:
        inputs: by name; None counts as not given.
        attempt: runs a check and keeps its problem; then it returns None.
        spelling: of who gave them, for messages.

    Returns:
        The options; the default for an invalid one.
    """
    checked = {each.name: attempt(partial(each.check, inputs.get(each.name), spelling)) for each in OPTIONS}
    return WaitOptions(**{name: value for name, value in checked.items() if value is not None})


def tightened(old: Any, new: Any) -> bool:
    """Return whether a wait became more binding; None is `mandatory`, and an unknown value is never more binding."""
    before, after = old or DEFAULT_OPTIONS.enforcement, new or DEFAULT_OPTIONS.enforcement
    known = before in ENFORCEMENTS and after in ENFORCEMENTS
    return known and ENFORCEMENTS.index(after) > ENFORCEMENTS.index(before)
