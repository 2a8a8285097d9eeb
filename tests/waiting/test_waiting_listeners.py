"""What listeners of a process are notified of: the begin, the changes and the end of each wait."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import anyio
import pytest
from simulated import LOCKED, THING, Arguments, History, Notes, OneAccount, Thing, inline, kind
from virtual_time import START, VirtualClock, run

from pulumi_nbcloud.errors import SettingsError
from pulumi_nbcloud.waiting.listeners import Begin, Ended, Listened, Listener, Origin, Subject
from pulumi_nbcloud.waiting.options import WaitOptions
from pulumi_nbcloud.waiting.progress import Progress
from pulumi_nbcloud.waiting.runner import WaitRunner
from pulumi_nbcloud.waiting.spec import WaitSpec

GATE = Origin("gate", "trained", urn="urn:pulumi:dev::p::t::trained", operation="create")


class Kept:
    """A listener that keeps what it is notified of."""

    name = "kept"

    def __init__(self) -> None:
        self.begun_: list[Begin] = []
        self.changes: list[tuple[float, str]] = []
        self.ends: list[Ended] = []

    def begun(self, begin: Begin, warn: Callable[[str], None]) -> Listened:
        self.begun_.append(begin)
        return self

    def changed(self, progress: Progress, elapsed: float) -> None:
        self.changes.append((round(elapsed, 3), progress.summary()))

    def ended(self, ended: Ended) -> None:
        self.ends.append(ended)


class Broken(Kept):
    """A listener with a defect in one of its calls."""

    name = "broken thing"

    def __init__(self, call: str) -> None:
        super().__init__()
        self._call = call

    def begun(self, begin: Begin, warn: Callable[[str], None]) -> Listened:
        self._or_fail("begun")
        return super().begun(begin, warn)

    def changed(self, progress: Progress, elapsed: float) -> None:
        self._or_fail("changed")

    def ended(self, ended: Ended) -> None:
        super().ended(ended)
        self._or_fail("ended")

    def _or_fail(self, call: str) -> None:
        if call == self._call:
            raise KeyError("what a cloud sent")


def waits(
    history: History,
    *listeners: Listener,
    origin: Origin | None = GATE,
    enforced: bool = True,
    reporter: Notes | None = None,
    cancel_at: float | None = None,
    **how: Any,
) -> None:
    """Waits as a gate does, or as the command does, on the virtual clock."""

    async def read(account: Any, arguments: Arguments) -> Thing:
        return await history.read()

    options = WaitOptions(**{"timeout": 60.0, "interval": 10.0, **how})
    spec = WaitSpec({"self": kind(read=read)}, {"self": Arguments("a", "east")}, options)

    async def simulate() -> None:
        runner = WaitRunner(OneAccount(), lambda key: None, VirtualClock(), inline, listeners)
        wait = runner.enforce if enforced else runner.wait
        with anyio.move_on_after(float("inf") if cancel_at is None else cancel_at):
            await wait(spec, reporter or Notes(), origin)

    run(simulate)


def test_a_wait_that_is_met() -> None:
    kept = Kept()
    waits(History([(0, "PENDING"), (15, "ODD"), (25, "READY")]), kept)
    (begin,) = kept.begun_
    assert begin == Begin(GATE, START, {"self": Subject("sim:Thing", "a", "east")}, str(THING.ready), 60.0, "mandatory")
    assert begin.clouds == ("sim",)
    assert [each for _, each in kept.changes] == ["status=PENDING", "status=ODD"]
    (end,) = kept.ends
    assert (end.outcome, end.message, end.error) == ("met", None, None)
    assert end.met_time is not None
    assert end.progress is not None
    assert (end.progress.polls, end.progress.transition_count) == (4, 3)
    assert end.time == START + timedelta(seconds=end.elapsed)


def test_the_command_waits_in_the_same_way() -> None:
    kept = Kept()
    waits(History([(0, "READY")]), kept, enforced=False)
    assert [each.outcome for each in kept.ends] == ["met"]


def test_a_wait_that_fails() -> None:
    kept = Kept()
    with pytest.raises(Exception, match="failed after"):
        waits(History([(0, "FAILED")]), kept)
    (end,) = kept.ends
    assert end.outcome == "failed"
    assert end.error is not None
    assert end.message == end.error.line
    assert end.progress is not None


def test_an_advisory_wait_ends_with_its_outcome_and_no_error() -> None:
    kept = Kept()
    waits(History([(0, LOCKED)]), kept, enforcement="advisory")
    (end,) = kept.ends
    assert (end.outcome, end.error, kept.begun_[0].enforcement) == ("unauthorized", None, "advisory")
    assert end.message is not None


def test_a_disabled_wait_is_one_too() -> None:
    kept = Kept()
    waits(History([(0, "READY")]), kept, enforcement="disabled")
    assert [(each.outcome, each.progress) for each in kept.ends] == [("disabled", None)]


def test_a_wait_that_cannot_poll() -> None:
    kept = Kept()
    with pytest.raises(SettingsError):
        waits(History([(0, SettingsError("no key", hint="set one"))]), kept)
    (end,) = kept.ends
    assert (end.outcome, end.message, type(end.error)) == ("error", "sim:Thing a: no key", SettingsError)


def test_an_internal_error_shows_nothing_of_its_text() -> None:
    class Defect(History):
        async def read(self) -> Thing:
            raise ZeroDivisionError("canary")

    kept = Kept()
    with pytest.raises(Exception, match="TaskGroup"):
        waits(Defect([]), kept)
    (end,) = kept.ends
    assert (end.outcome, end.message) == ("error", "internal error of pulumi-nbcloud: ZeroDivisionError")


def test_a_wait_whose_task_is_cancelled_was_interrupted() -> None:
    kept = Kept()
    waits(History([(0, "PENDING")]), kept, cancel_at=15.0)
    assert [(each.outcome, each.elapsed) for each in kept.ends] == [("interrupted", 15.0)]


def test_without_an_origin_nobody_is_notified() -> None:
    kept = Kept()
    waits(History([(0, "READY")]), kept, origin=None)
    assert (kept.begun_, kept.ends) == ([], [])


@pytest.mark.parametrize("call", ["begun", "changed", "ended"])
def test_a_listener_with_a_defect_is_named_once_and_holds_nothing_up(call: str) -> None:
    broken, kept, notes = Broken(call), Kept(), Notes()
    waits(History([(0, "PENDING"), (15, "ODD"), (25, "READY")]), broken, kept, reporter=notes)
    assert notes.warnings == [
        "internal error of pulumi-nbcloud: KeyError in its broken thing, which lacks this wait; the wait goes on"
    ]
    assert [each.outcome for each in kept.ends] == ["met"]
    assert len(broken.ends) == (1 if call == "ended" else 0)


def test_which_targets_are_secret() -> None:
    origin = Origin("gate", "g", secret_inputs=("targets.a.id", "until"))
    assert [origin.hides(name) for name in ("a", "ab", "b")] == [True, False, False]
    assert origin.hides_until
    assert Origin("gate", "g", secret_inputs=("targets",)).hides("a")
    assert Origin("gate", "g", secret_inputs=("targets.a",)).hides("a")
    assert not Origin("gate", "g").hides_until
