"""The options of a wait: rows of polls, things that are not found, failed polls, enforcement; how they are checked."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from nbcloud_support import one_line
from pulumi.runtime.rpc import UNKNOWN
from simulated import (
    ABSENT,
    DOWN,
    LOCKED,
    MOVED,
    Arguments,
    History,
    Notes,
    OneAccount,
    Thing,
    inline,
    kind,
    met,
    steady,
    waited,
)
from virtual_time import VirtualClock, run

from pulumi_nbcloud.engine.values import contains_unknown
from pulumi_nbcloud.errors import SettingsError
from pulumi_nbcloud.kinds.registry import KINDS
from pulumi_nbcloud.waiting.options import WaitOptions, tightened
from pulumi_nbcloud.waiting.outcome import Outcome, WaitError, WaitResult
from pulumi_nbcloud.waiting.report import status_line
from pulumi_nbcloud.waiting.runner import WaitRunner
from pulumi_nbcloud.waiting.spec import WaitSpec, parse_spec

READY = 'self.status == "READY"'
LONGER = "give a longer timeout, or look at why it does not get there"
AGAIN = "; the next run waits again"


def every(seconds: float, *values: Any) -> History:
    """A thing that is something else every so many seconds."""
    return History([(index * seconds, value) for index, value in enumerate(values)])


# A row of polls.


@pytest.mark.parametrize(
    ("values", "consecutive", "polls"),
    [
        (["READY"], 1, 1),
        (["READY"], 3, 3),
        (["READY", "PENDING", "READY"], 2, 4),
        (["READY", DOWN, "READY"], 2, 4),
        (["READY", ABSENT, "READY"], 2, 4),
        (["READY", None, "READY", "READY", "PENDING", "READY"], 3, 8),
    ],
    ids=["one", "three", "not yet", "a failed poll", "not found", "undecided"],
)
def test_only_a_whole_row_of_looks_meets_and_anything_else_starts_it_again(
    values: list[Any], consecutive: int, polls: int
) -> None:
    result = met(every(10, *values), schedule=steady(10), options=WaitOptions(consecutive=consecutive))
    assert result.progress.polls == polls


def test_a_failure_ends_a_row_at_once() -> None:
    error = waited(every(5, "READY", "FAILED"), options=WaitOptions(consecutive=3))
    assert isinstance(error, WaitError)
    assert (error.outcome, "polls: 2" in error.problem) == (Outcome.FAILED, True)


def test_a_row_that_the_deadline_cuts_is_told() -> None:
    error = waited(History([(0, "PENDING"), (35, "READY")]), timeout=60, options=WaitOptions(consecutive=5))
    assert isinstance(error, WaitError)
    assert one_line(error) == (
        f"sim:Thing id-of-self: timed out after 1m; expected: {READY}; actual: status=READY (0s ago); "
        f"so far: met 4 of 5 polls in a row; polls: 8 (request id req-8)\nhint: {LONGER}{AGAIN}"
    )


def test_the_status_says_how_far_a_row_has_come() -> None:
    lines: list[str] = []

    class Lines(Notes):
        def changed(self, progress: Any, elapsed: float) -> None:
            lines.append(status_line(progress, elapsed))

    met(every(5, "PENDING", "READY"), reporter=Lines(), options=WaitOptions(consecutive=3))
    assert lines == [
        "status PENDING, not READY; 0s of 10m",
        "met 1/3 polls; 5s of 10m",
        "met 2/3 polls; 10s of 10m",
    ]


# Things that are not found.


@pytest.mark.parametrize(
    ("history", "outcome", "text"),
    [
        (
            History([(0, ABSENT), (1, "READY")]),
            Outcome.NEVER_APPEARED,
            (
                f"never appeared after 0s of 10m; reason: not_found is 'fail'; expected: {READY}; "
                "actual: not found (0s ago); "
                "polls: 1 (request id req-404)\nhint: check the id, the profile and the project"
            ),
        ),
        (
            History([(0, "PENDING"), (12, ABSENT), (13, "READY")]),
            Outcome.GONE,
            (
                f"gone after 12s of 10m; reason: not_found is 'fail'; expected: {READY}; "
                "actual: not found (0s ago); polls: 3 "
                "(request id req-404)\nhint: it was there and was deleted while the wait went on; create it again or "
                "correct the id"
            ),
        ),
    ],
    ids=["never there", "gone"],
)
def test_not_found_can_fail_at_once(history: History, outcome: Outcome, text: str) -> None:
    error = waited(history, options=WaitOptions(not_found="fail"))
    assert isinstance(error, WaitError)
    assert (error.outcome, one_line(error)) == (outcome, f"sim:Thing id-of-self: {text}")


def test_where_not_found_fails_one_missing_target_is_enough() -> None:
    things = {"a": every(1, "READY"), "b": every(1, ABSENT)}
    error = waited(things, until="a.status == 'READY'", options=WaitOptions(not_found="fail"))
    assert isinstance(error, WaitError)
    assert error.outcome is Outcome.NEVER_APPEARED


def test_not_found_can_be_what_is_waited_for() -> None:
    result = met(History([(0, "PENDING"), (12, ABSENT)]), until="false", options=WaitOptions(not_found="met"))
    assert (result.progress.polls, result.progress.expected) == (3, "false (or not found)")
    assert result.progress.states() == {"self": None}


def test_where_not_found_meets_the_condition_still_does_and_failures_still_fail() -> None:
    assert met(every(1, "READY"), options=WaitOptions(not_found="met")).progress.polls == 1
    error = waited(every(1, "FAILED", ABSENT), options=WaitOptions(not_found="met"))
    assert isinstance(error, WaitError)
    assert error.outcome is Outcome.FAILED


def test_not_found_meets_only_where_no_target_is_found() -> None:
    things = {"a": every(1, ABSENT), "b": History([(0, "PENDING"), (30, ABSENT)])}
    assert met(things, until="false", options=WaitOptions(not_found="met")).elapsed > 30


def test_a_row_of_looks_may_be_one_of_not_finding() -> None:
    result = met(
        every(5, ABSENT, "PENDING", ABSENT), until="false", options=WaitOptions(consecutive=2, not_found="met")
    )
    assert result.progress.polls == 4


# Looks that fail.


@pytest.mark.parametrize(("most", "why"), [(1, "a poll failed"), (3, "3 polls in a row failed")])
def test_so_many_failed_looks_in_a_row_end_it(most: int, why: str) -> None:
    history = every(1, DOWN)
    error = waited(history, options=WaitOptions(max_poll_errors=most))
    assert isinstance(error, WaitError)
    assert error.outcome is Outcome.UNREACHABLE
    assert f" of 10m; reason: {why}; expected: " in error.problem
    assert len(history.reads) == most


# Enforcement.


def enforced(history: History, enforcement: str, notes: Notes | None = None, **how: Any) -> WaitResult:
    """How a wait ends that runs as a spec says, on the virtual clock."""

    async def read(account: Any, arguments: Arguments) -> Thing:
        return await history.read()

    thing = kind(read=read)
    options = WaitOptions(**{"timeout": 60.0, "interval": 10.0, "enforcement": enforcement, **how})
    spec = WaitSpec({"self": thing}, {"self": Arguments("a")}, options)

    async def simulate() -> WaitResult:
        return await WaitRunner(OneAccount(), lambda key: None, VirtualClock(), inline).enforce(spec, notes or Notes())

    return run(simulate)


# How an advisory wait ends otherwise: its last hint, because the update goes on.
ADVISED: dict[str, tuple[History, dict[str, Any], Outcome, str]] = {
    "failed": (every(1, "FAILED"), {}, Outcome.FAILED, "look at the thing itself"),
    "timed out": (every(1, "PENDING"), {}, Outcome.TIMED_OUT, LONGER),
    "never appeared": (every(1, ABSENT), {}, Outcome.NEVER_APPEARED, "check the id, the profile and the project"),
    "gone": (
        every(15, "PENDING", ABSENT),
        {},
        Outcome.GONE,
        "it was there and was deleted while the wait went on; create it again or correct the id",
    ),
    "unreachable": (
        every(1, DOWN),
        {"max_poll_errors": 2},
        Outcome.UNREACHABLE,
        "check the network, the endpoint and the vendor's status page",
    ),
    "stalled": (
        every(1, "PENDING"),
        {"stall_timeout": 30.0},
        Outcome.STALLED,
        "look at why it does not go on, or give a longer stall_timeout",
    ),
    "bad response": (every(1, MOVED), {}, Outcome.BAD_RESPONSE, "set endpoint to it"),
    "unauthorized": (every(1, LOCKED), {}, Outcome.UNAUTHORIZED, "renew the key"),
    "bad condition": (
        every(1, "PENDING"),
        {"until": "1 / (size([1]) - 1) == 1"},
        Outcome.BAD_CONDITION,
        "correct the condition; fields that may be absent can be asked for with has()",
    ),
}


@pytest.mark.parametrize(("history", "how", "outcome", "hint"), ADVISED.values(), ids=ADVISED)
def test_an_advisory_wait_warns_of_how_it_ended_and_holds_nothing_up(
    history: History, how: dict[str, Any], outcome: Outcome, hint: str
) -> None:
    notes = Notes()
    ended = enforced(history, "advisory", notes, **how)
    assert (ended.outcome, ended.at) == (outcome.value, None)
    assert ended.message is not None
    assert ended.message.startswith(f"sim:Thing a: {outcome.words} after ")
    (warning,) = notes.warnings
    headline, *facts, last = warning.split("\n")
    assert last == f"hint: {hint}; the update goes on, because this wait is advisory"
    # The message says the same in one line, with what is known of the request at its end.
    plain = [each.strip() for each in facts if not each.startswith(("  response: ", "  request: ", "  request id: "))]
    assert ended.message.startswith("; ".join((headline, *plain)))
    assert all(each.partition(": ")[2] in ended.message for each in facts)
    assert ended.progress is not None
    assert ended.progress.polls == len(history.reads)


def test_an_advisory_wait_that_is_met_says_nothing() -> None:
    notes = Notes()
    ended = enforced(every(1, "READY"), "advisory", notes)
    assert (ended.outcome, ended.message, notes.warnings) == ("met", None, [])
    assert ended.at is not None


def test_a_mandatory_wait_that_is_not_met_is_an_error() -> None:
    with pytest.raises(WaitError):
        enforced(every(1, "FAILED"), "mandatory")


def test_a_disabled_wait_does_not_look() -> None:
    history = every(1, "READY")
    ended = enforced(history, "disabled")
    assert ended == WaitResult("disabled", message="not polled, because enforcement is 'disabled'")
    assert history.reads == []


def test_what_could_not_even_be_asked_is_an_error_whatever_the_enforcement() -> None:
    error = SettingsError("no key", hint="set one")
    with pytest.raises(SettingsError) as caught:
        enforced(every(1, error), "advisory")
    assert (caught.value.problem, caught.value.hint) == ("no key", "set one")


def test_an_interrupt_is_honoured_whatever_the_enforcement() -> None:
    history = every(1, "PENDING")

    async def read(account: Any, arguments: Arguments) -> Thing:
        return await history.read()

    async def simulate() -> None:
        runner = WaitRunner(OneAccount(), lambda key: None, VirtualClock(), inline)
        options = WaitOptions(timeout=60.0, interval=10.0, enforcement="advisory")
        spec = WaitSpec({"self": kind(read=read)}, {"self": Arguments("a")}, options)
        async with anyio.create_task_group() as group:

            async def cancel() -> None:
                await anyio.sleep(15)
                runner.cancellation.cancel()

            group.start_soon(cancel)
            with pytest.raises(WaitError) as caught:
                await runner.enforce(spec, Notes())
        assert caught.value.outcome is Outcome.CANCELLED

    run(simulate)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("advisory", "mandatory", True),
        ("advisory", None, True),
        ("disabled", "advisory", True),
        ("disabled", "mandatory", True),
        ("mandatory", "advisory", False),
        (None, "disabled", False),
        (None, "mandatory", False),
        ("advisory", "advisory", False),
        ("disabled", "04da6b54-80e4-46f7-96ec-b56ff0331ba9", False),
    ],
)
def test_what_counts_as_tightened(old: str | None, new: str | None, expected: bool) -> None:
    assert tightened(old, new) is expected


# What is checked before anything waits.


@pytest.fixture
def _kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, "sim:Thing", "simulated:THING")


SELF = {"self": {"kind": "sim:Thing", "thing_id": "a"}}
SESSION = {
    "kind": "aidp:NotebookSession",
    "ai_data_platform_id": "ocid1.platform",
    "workspace_key": "w",
    "session_id": "s",
}


@pytest.mark.usefixtures("_kinds")
@pytest.mark.parametrize(
    ("inputs", "options"),
    [
        ({}, WaitOptions(consecutive=1, not_found="wait", max_poll_errors=10, enforcement="mandatory")),
        ({"consecutive": 3.0, "max_poll_errors": 1}, WaitOptions(consecutive=3, max_poll_errors=1)),
        ({"not_found": "met"}, WaitOptions(not_found="met")),
        (
            {"not_found": "fail", "consecutive": 1000, "max_poll_errors": 1000},
            WaitOptions(consecutive=1000, not_found="fail", max_poll_errors=1000),
        ),
    ],
)
def test_options_are_read_and_have_defaults(inputs: dict[str, Any], options: WaitOptions) -> None:
    spec, problems = parse_spec({"targets": SELF, **inputs})
    assert problems == []
    assert spec is not None
    assert spec.options == options


@pytest.mark.usefixtures("_kinds")
@pytest.mark.parametrize(
    ("inputs", "create", "update"),
    [
        ({}, 1800, 1800),
        ({"custom_timeouts": {"create": "1h"}}, 3600, 1800),
        ({"custom_timeouts": {"create": "1h", "update": "5m"}}, 3600, 300),
        ({"custom_timeouts": {"create": "1h"}, "timeout": "7s"}, 7, 7),
    ],
)
def test_custom_timeouts_count_by_operation_where_no_timeout_is_given(
    inputs: dict[str, Any], create: float, update: float
) -> None:
    for operation, expected in (("create", create), ("update", update)):
        spec, _ = parse_spec({"targets": SELF, **inputs}, operation=operation)
        assert spec is not None
        assert spec.options.timeout == expected


@pytest.mark.usefixtures("_kinds")
@pytest.mark.parametrize("name", ["consecutive", "not_found", "max_poll_errors", "enforcement", "every_update"])
def test_an_unknown_option_passes(name: str) -> None:
    assert parse_spec({"targets": SELF, name: UNKNOWN}, contains_unknown)[1] == []


@pytest.mark.usefixtures("_kinds")
@pytest.mark.parametrize(
    ("inputs", "problem"),
    [
        *(
            ({name: value}, f"{name} must be a whole number from 1 to 1000\nhint: write it like {name}=3")
            for name in ("consecutive", "max_poll_errors")
            for value in (0, -1, 1001, 2.5, True, "3")
        ),
        ({"not_found": "ok"}, "not_found 'ok' is none of wait, fail, met\nhint: write it like not_found='met'"),
        ({"not_found": 5}, "not_found is none of wait, fail, met\nhint: write it like not_found='met'"),
        (
            {"enforcement": "warn"},
            "enforcement 'warn' is none of disabled, advisory, mandatory\nhint: write it like enforcement='mandatory'",
        ),
        (
            {"every_update": "yes"},
            "every_update must be True or False\nhint: write every_update=True, or leave it out",
        ),
        (
            {"consecutive": 2, "timeout": "0"},
            (
                "consecutive 2 cannot be reached with timeout 0, which polls once\n"
                "hint: give a longer timeout, or leave consecutive out"
            ),
        ),
        (
            {"targets": {"self": SESSION}, "not_found": "met"},
            (
                "not_found 'met' is not for aidp:NotebookSession: that it is not found does not prove that it is gone\n"
                "hint: use not_found='wait' or 'fail', or wait for a state that it shows at its end"
            ),
        ),
        (
            {"custom_timeouts": {"update": "soon"}},
            "custom_timeouts.update 'soon' is not a duration\nhint: write it like 90s, 30m or 1h30m; 0 is allowed",
        ),
    ],
)
def test_what_cannot_be_right_is_one_line_and_its_hint(inputs: dict[str, Any], problem: str) -> None:
    spec, problems = parse_spec({"targets": SELF, **inputs})
    assert (spec, [str(each) for each in problems]) == (None, [problem])
