"""Options of a wait that do not fit together: checks of each against the others and against the kinds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pulumi_nbcloud.condition import Problem
from pulumi_nbcloud.kinds.kind import DELETED, Kind
from pulumi_nbcloud.spelling import Spelling
from pulumi_nbcloud.waiting.duration import spell
from pulumi_nbcloud.waiting.options import WaitOptions
from pulumi_nbcloud.waiting.schedule import Schedule

LEAVE_ONE = "leave one of them out"
# Longer than the timeout, they could never have an effect.
WITHIN_TIMEOUT = ("holds_for", "fail_holds_for", "appear_timeout", "stall_timeout")


class Misfits:
    """Yields the problems of options that are valid each by itself.

    Args:
        options: of the wait.
        spelling: of who gave them.
        deleted: whether it waits until something is gone.
    """

    def __init__(self, options: WaitOptions, spelling: Spelling, *, deleted: bool) -> None:
        self._options, self._spelling, self._deleted = options, spelling, deleted
        self._name = spelling.option
        self._until_deleted = spelling.said("until", DELETED)

    def deleted_is_not_found(self) -> Problem:
        """Report a `not_found` that contradicts waiting for a thing to be gone."""
        name, met = self._name("not_found"), self._spelling.value("met")
        return Problem(f"{self._until_deleted} waits not to find it, so {name} can only be {met}", f"leave {name} out")

    def allowed_without_deleted(self) -> Problem:
        """Report `allow_absent` in a wait that does not wait for a thing to be gone."""
        return Problem(f"{self._name('allow_absent')} is for {self._until_deleted} alone", "leave it out")

    def always(self) -> Iterator[Problem]:
        """Check options against `every_update`."""
        if self._options.hold is not None and self._options.every_update:
            names = f"{self._name('hold')} is not for {self._name('every_update')}"
            yield Problem(f"{names}: such a gate has no deadline to go on with", LEAVE_ONE)

    def lengths(self) -> Iterator[Problem]:
        """Check options that take several polls against the timeout."""
        options, name = self._options, self._name
        if options.timeout == 0 and options.consecutive > 1:
            row, timeout = f"{name('consecutive')} {options.consecutive}", name("timeout")
            yield Problem(
                f"{row} cannot be reached with {timeout} 0, which polls once",
                f"give a longer {timeout}, or leave {name('consecutive')} out",
            )
        for each in WITHIN_TIMEOUT:
            seconds = getattr(options, each)
            if seconds is not None and seconds > options.timeout:
                yield Problem(
                    f"{name(each)} {spell(seconds)} is longer than the timeout of {spell(options.timeout)}",
                    f"give a longer {name('timeout')}, or a shorter {name(each)}",
                )

    def one_run(self, hold: float, schedule: Schedule | None) -> Iterator[Problem]:
        """Check options that take several polls against one run: the next run counts again from the start.

        Args:
            hold: how long one run may wait, which is shorter than its timeout.
            schedule: of one run; None where it is not known yet.
        """
        options, name = self._options, self._name
        most = options.consecutive
        polls = schedule.sure_polls(hold, most) if schedule is not None else most
        held = f"{name('hold')} {spell(hold)}"
        if polls < most:
            fit = "1 poll fits" if polls == 1 else f"{polls} polls fit"
            yield Problem(
                f"{name('consecutive')} {most} cannot be reached with {held}, into which {fit}",
                f"give a longer {name('hold')}, or a shorter {name('interval')}",
            )
        for each in WITHIN_TIMEOUT:
            seconds = getattr(options, each)
            if seconds is not None and hold < seconds <= options.timeout:
                yield Problem(
                    f"{name(each)} {spell(seconds)} is longer than {held}, and the next run starts to count again",
                    f"give a longer {name('hold')}, or a shorter {name(each)}",
                )
        if self._deleted and not options.allow_absent:
            never = "what goes away between two runs was never found by the second"
            yield Problem(
                f"{self._until_deleted} with {name('hold')} may never be met: {never}",
                f"give {name('allow_absent')}, or leave {name('hold')} out",
            )

    def absence(self, kinds: Mapping[str, Kind[Any, Any, Any]]) -> Iterator[Problem]:
        """Check the options for targets that are not found.

        Args:
            kinds: of the targets, by name.
        """
        options, spelling = self._options, self._spelling
        appear, never = self._name("appear_timeout"), "which does not wait for what is not found"
        if options.appear_timeout is not None and options.allow_absent:
            yield Problem(f"{appear} is not for {self._name('allow_absent')}, {never}", LEAVE_ONE)
        elif options.appear_timeout is not None and options.not_found != "wait" and not self._deleted:
            yield Problem(f"{appear} is not for {spelling.said('not_found', options.not_found)}, {never}", LEAVE_ONE)
        # For `deleted`, compiling it reports that.
        if options.not_found == "met" and not self._deleted:
            use = f"use {spelling.given('not_found', 'wait')} or {spelling.value('fail')}"
            for token in dict.fromkeys(kind.token for kind in kinds.values() if not kind.not_found_is_gone):
                yield Problem(
                    f"{spelling.said('not_found', 'met')} is not for {token}: "
                    "that it is not found does not prove that it is gone",
                    f"{use}, or wait for a state that it shows at its end",
                )
