"""Compare what a behaviour gave with what it must give; nothing said here holds a value of the cloud."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import is_dataclass
from typing import Any

from acceptance_suite.behaviours import Behaviour, Expected, Form
from acceptance_suite.sending import LimitError, StoppedError
from pulumi_nbcloud.capture.document import Described
from pulumi_nbcloud.errors import InputError, NbcloudError, NotFoundError, PermissionDeniedError, SettingsError
from pulumi_nbcloud.kinds.fields import known_values
from pulumi_nbcloud.kinds.registry import load

HOLDS, DIFFERS, NOT_RUN = "holds", "differs", "not run"

_ERRORS = {Expected.NOT_FOUND: NotFoundError, Expected.NOT_PERMITTED: PermissionDeniedError}


def of_error(behaviour: Behaviour, error: NbcloudError) -> tuple[str, str]:
    """Compare an error with the expected one.

    Args:
        behaviour: what was run.
        error: what it gave.

    Returns:
        `holds`, `differs` or `not run`, and why.
    """
    if isinstance(error, StoppedError):
        return (NOT_RUN if isinstance(error, LimitError) else DIFFERS), error.summary
    if isinstance(error, (InputError, SettingsError)):
        # Nothing was sent, so it says nothing of the cloud.
        return NOT_RUN, f"rejected before anything was sent, check {', '.join(behaviour.variables) or 'the settings'}"
    form = Form(error.status, _safe_code(behaviour.kind, error.code))
    expected = _ERRORS.get(behaviour.expected)
    if expected is None or not isinstance(error, expected):
        name = type(error).__name__
        return DIFFERS, f"{name}, {form.text}" if error.status else name
    if form in behaviour.forms:
        return HOLDS, ""
    return DIFFERS, f"{form.text}; documented is {' or '.join(each.text for each in behaviour.forms)}"


def of_state(behaviour: Behaviour, state: Any, requests: int) -> tuple[str, str]:
    """Compare a state with the expected one.

    Args:
        behaviour: what was run.
        state: what it gave.
        requests: how many requests that took.

    Returns:
        See `of_error`.
    """
    if behaviour.expected in _ERRORS:
        return DIFFERS, "it was read"
    wrong = [name for name, value in behaviour.state.items() if getattr(state, name) != value]
    if wrong:
        return DIFFERS, f"{wrong[0]} is another than {behaviour.state[wrong[0]]}"
    unreadable = getattr(state, "unreadable", ())
    if unreadable:
        return DIFFERS, f"rows that cannot be read: {len(unreadable)}"
    unknown = list(dict.fromkeys(_unknown_values(state)))
    if unknown:
        return DIFFERS, f"{', '.join(unknown)}: a value that is not declared"
    if behaviour.expected is Expected.NO_ITEM and any(
        isinstance(each, tuple) and each for each in vars(state).values()
    ):
        return DIFFERS, "the list has items"
    if behaviour.expected is Expected.PAGED and requests < 2:
        return NOT_RUN, "the list came in one page"
    if behaviour.expected is Expected.PAGED and state.truncated:
        return DIFFERS, "the list is not complete"
    return HOLDS, ""


def _unknown_values(state: Any) -> Iterator[str]:
    """Yield the fields, at any depth, whose value is none of those that an enum declares; empty is none."""
    if isinstance(state, tuple):
        for each in state:
            yield from _unknown_values(each)
    if not is_dataclass(state) or isinstance(state, type):
        return
    known = known_values(type(state))
    for name, value in vars(state).items():
        if isinstance(value, str) and value and name in known and value not in known[name]:
            yield name
        yield from _unknown_values(value)


def _safe_code(kind: str, code: str | None) -> str | None:
    """Return a code as it may be shown: of one that the facts do not name only that there is one."""
    return code if code is None or code in Described(load(kind).wire).codes else "with a code that is not documented"
