"""The messages of a preview about a gate: what its condition would find now, and warnings."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import anyio

from pulumi_nbcloud.engine.values import targets_by_name
from pulumi_nbcloud.errors import NbcloudError, SettingsError
from pulumi_nbcloud.spelling import PYTHON, Spelling
from pulumi_nbcloud.waiting.start import Start, awaiting_line

if TYPE_CHECKING:
    from pulumi_nbcloud.settings.overrides import Override
    from pulumi_nbcloud.waiting.spec import WaitSpec

BUDGET_SECONDS = 5.0
ASKED_WHEN = "(asked when this gate is created or updated)"


class Budget:
    """How long one preview may poll, for all its gates together. Time without a poll is not counted."""

    def __init__(self) -> None:
        self._spent = 0.0
        self._polls = 0
        self._since = 0.0

    @contextmanager
    def poll(self) -> Iterator[None]:
        """Spend the budget until the block ends; several polls at the same time spend it once.

        Raises:
            TimeoutError: it is spent.
        """
        now = anyio.current_time()
        if not self._polls:
            self._since = now
        remaining = BUDGET_SECONDS - self._spent - (now - self._since)
        if remaining <= 0:
            raise TimeoutError
        self._polls += 1
        try:
            with anyio.fail_after(remaining):
                yield
        finally:
            self._polls -= 1
            if not self._polls:
                self._spent += anyio.current_time() - self._since


async def findings(
    inputs: Mapping[str, Any],
    poll: Callable[[WaitSpec], Awaitable[tuple[str, str]]] | None,
    is_unknown: Callable[[Any], bool],
    start: Start | None = None,
    spelling: Spelling = PYTHON,
    operation: str = "create",
) -> tuple[str | None, tuple[str, ...]]:
    """Return the `now:` line of a gate, and warnings about its conditions.

    Args:
        inputs: of the gate, plain, with marks for what is unknown.
        poll: polls once, see `WaitRunner.poll`; raises TimeoutError if that takes too long. None for no line.
        is_unknown: recognises a value that is not known yet, or that contains one.
        start: when the wait began, if the gate is awaiting.
        spelling: of the program.
        operation: whose custom timeout counts, `create` or `update`.
    """
    from pulumi_nbcloud.waiting.spec import parse_spec

    spec, problems = parse_spec(targets_by_name(inputs), is_unknown, operation, spelling=spelling)
    if problems:
        return None, ()  # Check rejects them with the same message
    if spec is None or any(name not in spec.arguments for name in spec.kinds):
        return ("now: not known yet, because not all of the gate's inputs are" if poll else None), ()
    warnings = spec.warnings
    if spec.options.enforcement == "disabled":
        return (f"now: not polled, because {spelling.has('enforcement', 'disabled')}" if poll else None), warnings
    if poll is None:
        return None, warnings
    since = f"; {awaiting_line(start.at, spec.options.timeout)}" if start is not None else ""
    try:
        observed, meaning = await poll(spec)
    except NbcloudError as error:
        return f"now: could not poll: {error.problem}{since} {ASKED_WHEN}", warnings
    except TimeoutError:
        return f"now: not polled within the preview's {BUDGET_SECONDS:g} s{since} {ASKED_WHEN}", warnings
    return f"now: {observed}; {meaning}{since} {ASKED_WHEN}", warnings


def override_words(
    inputs: Mapping[str, Any], find: Callable[[], Override | None], now: datetime, spelling: Spelling = PYTHON
) -> tuple[str | None, str | None]:
    """Return the messages about a gate's override: that it is in force, and that it has ended.

    Args:
        inputs: of the gate.
        find: finds the override; see `settings.overrides.override_of`.
        now: the time of day.
        spelling: of the program.
    """
    from pulumi_nbcloud.waiting.overriding import expired, in_force

    try:
        found = find()
    except SettingsError:
        return None, None  # Check rejects it with the same message
    return in_force(found, now, str(inputs.get("enforcement")), spelling), expired(found, now)


def with_override(
    lines: tuple[str | None, tuple[str, ...]], words: tuple[str | None, str | None]
) -> tuple[str | None, tuple[str, ...]]:
    """Join what `findings` and `override_words` return: the line of a preview, None for none, and its warnings."""
    (info, warnings), (in_force, ended) = lines, words
    return "; ".join(each for each in (info, in_force) if each) or None, (*warnings, *((ended,) if ended else ()))
