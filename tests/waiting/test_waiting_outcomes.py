"""How a wait ends: one outcome each, with its whole text; and what is kept of the way there."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from nbcloud_support import one_line
from simulated import (
    ABSENT,
    DOWN,
    FORBIDDEN,
    HIDDEN,
    LOCKED,
    MALFORMED,
    MOVED,
    WHERE,
    History,
    Notes,
    Thing,
    Throttled,
    kind,
    met,
    outcome_of,
    steady,
    wait_for,
    waited,
)
from virtual_time import run

from pulumi_nbcloud.errors import (
    InputError,
    NbcloudError,
    NotFoundError,
    SettingsError,
    ThrottledError,
    UnreachableError,
)
from pulumi_nbcloud.waiting.cancellation import Cancellation
from pulumi_nbcloud.waiting.messages import advice
from pulumi_nbcloud.waiting.options import WaitOptions
from pulumi_nbcloud.waiting.outcome import Outcome, WaitError
from pulumi_nbcloud.waiting.progress import FIRST_KEPT, LAST_KEPT

READY = 'self.status == "READY"'
FIXED = "look at the thing itself; run again once it is fixed"
LONGER = "give a longer timeout, or look at why it does not get there; the next run waits again"
NETWORK = "check the network, the endpoint and the vendor's status page; the next run waits again"
CORRECT = "correct the condition; fields that may be absent can be asked for with has()"
DELETED = "it was there and was deleted while the wait went on; create it again or correct the id"
AGAIN = "nothing was changed; the next run waits again"


def pending(*later: tuple[float, Any]) -> History:
    return History([(0, "PENDING"), *later])


# Looks without jitter are at 0, 5, 12.5, 23.75 and 40.625 s, and from each change on 5 s later, 7.5 s after that, …
CASES: dict[str, tuple[History | dict[str, History], dict[str, Any], Outcome, str, int | None, str | None]] = {
    "failed by default": (
        pending((12, "FAILED")),
        {},
        Outcome.FAILED,
        (
            f'failed after 12s of 10m; reason: self.status == "FAILED" holds; expected: {READY}; '
            "actual: status=FAILED (0s ago); "
            f"polls: 3 (request id req-3)\nhint: {FIXED}"
        ),
        None,
        None,
    ),
    "failed by fail_on": (
        pending((12, "ODD")),
        {"fail_on": "self.status == 'ODD'"},
        Outcome.FAILED,
        (
            f"failed after 12s of 10m; reason: self.status == 'ODD' holds; expected: {READY}; "
            "actual: status=ODD (0s ago); "
            f"polls: 3 (request id req-3)\nhint: {FIXED}"
        ),
        None,
        None,
    ),
    "timed out": (
        pending(),
        {"timeout": 60},
        Outcome.TIMED_OUT,
        (
            f"timed out after 1m; expected: {READY}; actual: status=PENDING (0s ago); polls: 6 "
            f"(request id req-6)\nhint: {LONGER}"
        ),
        None,
        None,
    ),
    "timed out at the only poll": (
        pending(),
        {"timeout": 0},
        Outcome.TIMED_OUT,
        (
            f"timed out after 0s; expected: {READY}; actual: status=PENDING (0s ago); polls: 1 "
            f"(request id req-1)\nhint: {LONGER}"
        ),
        None,
        None,
    ),
    "timed out undecided": (
        History([(0, None)]),
        {"timeout": 60},
        Outcome.TIMED_OUT,
        (
            f"timed out after 1m; expected: {READY}; not met: status is null; actual: found "
            f"(0s ago); polls: 6 (request id req-6)\nhint: {LONGER}"
        ),
        None,
        None,
    ),
    "timed out while looks fail": (
        pending((50, DOWN)),
        {"timeout": 60},
        Outcome.TIMED_OUT,
        (
            f"timed out after 1m; expected: {READY}; actual: status=PENDING (19s ago); "
            "last error: the cloud cannot "
            f"answer now; polls: 6 (HTTP 503, {WHERE}, request id req-503)\nhint: {LONGER}"
        ),
        503,
        None,
    ),
    "never appeared": (
        History([(0, ABSENT)]),
        {"timeout": 60},
        Outcome.NEVER_APPEARED,
        (
            f"never appeared after 1m of 1m; expected: {READY}; actual: not found (0s ago); polls: 6 "
            "(request id req-404)\nhint: check the id, the profile and the project"
        ),
        None,
        None,
    ),
    "gone": (
        pending((20, ABSENT)),
        {"timeout": 60},
        Outcome.GONE,
        (
            f"gone after 1m of 1m; expected: {READY}; actual: not found (0s ago); polls: 8 (request id req-404)\n"
            f"hint: {DELETED}"
        ),
        None,
        None,
    ),
    "unreachable ten times in a row": (
        History([(0, DOWN)]),
        {},
        Outcome.UNREACHABLE,
        (
            f"unreachable after 3m5s of 10m; reason: 10 polls in a row failed; expected: {READY}; actual: nothing yet; "
            "last error: the cloud cannot answer now; "
            f"polls: 10 (HTTP 503, {WHERE}, request id req-503)\nhint: {NETWORK}"
        ),
        503,
        None,
    ),
    "unreachable up to the deadline": (
        History([(0, DOWN)]),
        {"timeout": 60},
        Outcome.UNREACHABLE,
        (
            f"unreachable after 1m of 1m; expected: {READY}; actual: nothing yet; last error: the cloud cannot answer "
            f"now; polls: 6 (HTTP 503, {WHERE}, request id req-503)\nhint: {NETWORK}"
        ),
        503,
        None,
    ),
    "unreachable, no answer came": (
        History([(0, "READY")], latency=70),
        {"timeout": 60},
        Outcome.UNREACHABLE,
        (
            f"unreachable after 1m5s of 1m; reason: no response within 1m5s; expected: {READY}; "
            "actual: nothing yet; polls: 1\n"
            f"hint: {NETWORK}"
        ),
        None,
        None,
    ),
    "unreachable, told to wait too long": (
        pending((20, Throttled(100.5))),
        {"timeout": 60},
        Outcome.UNREACHABLE,
        (
            "unreachable after 23s of 1m; reason: the cloud asks to wait 101 s, beyond the deadline; "
            f"expected: {READY}; actual: "
            "status=PENDING (11s ago); last error: the cloud asks for fewer requests; polls: 4 (HTTP 429 Sim.429, "
            f"request id req-429)\nhint: {NETWORK}"
        ),
        429,
        "Sim.429",
    ),
    "unauthorized": (
        pending((20, LOCKED)),
        {"timeout": 60},
        Outcome.UNAUTHORIZED,
        (
            f"unauthorized after 23s of 1m; expected: {READY}; actual: status=PENDING (11s ago); last error: the "
            f"credentials are refused; polls: 4 (HTTP 401 Sim.401, {WHERE}, request id req-401)\nhint: renew the key"
        ),
        401,
        "Sim.401",
    ),
    "unauthorized for want of a permission": (
        History([(0, FORBIDDEN)]),
        {"timeout": 60},
        Outcome.UNAUTHORIZED,
        (
            f"unauthorized after 0s of 1m; expected: {READY}; actual: nothing yet; "
            "last error: reading is not allowed; "
            f"polls: 1 (HTTP 403 Sim.403, {WHERE}, request id req-403)\nhint: ask for it"
        ),
        403,
        "Sim.403",
    ),
    "unreachable, as the error itself explains": (
        History([(0, UnreachableError("the host name cannot be resolved", hint="check the region"))]),
        {"timeout": 0},
        Outcome.UNREACHABLE,
        (
            f"unreachable after 0s of 0s; expected: {READY}; actual: nothing yet; last error: the host name cannot be "
            "resolved; polls: 1\nhint: check the region; the next run waits again"
        ),
        None,
        None,
    ),
    "timed out, the last poll was not answered": (
        History([(0, "PENDING"), (60, "READY")], latency=20),
        {"timeout": 60},
        Outcome.TIMED_OUT,
        (
            f"timed out after 1m5s; reason: no response within 12s; expected: {READY}; "
            "actual: status=PENDING (20s ago); "
            f"polls: 3 (request id req-2)\nhint: {LONGER}"
        ),
        None,
        None,
    ),
    "bad response that stays": (
        pending((12, MOVED)),
        {},
        Outcome.BAD_RESPONSE,
        (
            f"bad response after 12s of 10m; reason: another poll gets the same; expected: {READY}; "
            "actual: status=PENDING "
            "(7s ago); last error: the endpoint redirects elsewhere; polls: 3 (GET /moved)\nhint: set endpoint to it"
        ),
        None,
        None,
    ),
    "bad responses in a row": (
        History([(0, MALFORMED)]),
        {"options": WaitOptions(max_poll_errors=2)},
        Outcome.BAD_RESPONSE,
        (
            f"bad response after 5s of 10m; reason: 2 polls in a row failed; expected: {READY}; actual: nothing yet; "
            "last error: the answer has an odd field; polls: 2 (HTTP 200, request id req-odd)\nhint: report the field"
        ),
        200,
        None,
    ),
    "never appeared within its own limit": (
        History([(0, ABSENT)]),
        {"options": WaitOptions(appear_timeout=30.0)},
        Outcome.NEVER_APPEARED,
        (
            f"never appeared after 30s of 10m; reason: appear_timeout is 30s; expected: {READY}; "
            "actual: not found (0s ago); "
            "polls: 5 (request id req-404)\nhint: check the id, the profile and the project"
        ),
        None,
        None,
    ),
    "stalled": (
        pending(),
        {"options": WaitOptions(stall_timeout=30.0)},
        Outcome.STALLED,
        (
            f"stalled after 30s of 10m; reason: nothing changed for 30s; expected: {READY}; "
            "actual: status=PENDING (0s ago); "
            "polls: 5 (request id req-5)\nhint: look at why it does not go on, or give a longer stall_timeout; the "
            "next run waits again"
        ),
        None,
        None,
    ),
    "bad until": (
        pending(),
        {"until": "1 / (size([1]) - 1) == 1"},
        Outcome.BAD_CONDITION,
        (
            "bad condition after 0s of 10m; reason: division by zero in 1 / (size([1]) - 1) == 1; "
            "expected: 1 / (size([1]) - 1) == "
            f"1; actual: status=PENDING (0s ago); polls: 1 (request id req-1)\nhint: {CORRECT}"
        ),
        None,
        None,
    ),
    "bad fail_on": (
        pending(),
        {"fail_on": "1 / (size([1]) - 1) == 1"},
        Outcome.BAD_CONDITION,
        (
            "bad condition after 0s of 10m; reason: division by zero in 1 / (size([1]) - 1) == 1; "
            f"expected: {READY}; actual: "
            f"status=PENDING (0s ago); polls: 1 (request id req-1)\nhint: {CORRECT}"
        ),
        None,
        None,
    ),
}


@pytest.mark.parametrize(("things", "how", "outcome", "text", "status", "code"), CASES.values(), ids=CASES)
def test_each_outcome_says_all_there_is_to_say(
    things: History, how: dict[str, Any], outcome: Outcome, text: str, status: int | None, code: str | None
) -> None:
    error = waited(things, **how)
    assert isinstance(error, WaitError)
    assert one_line(error) == f"sim:Thing id-of-self: {text}"
    assert (error.outcome, error.status, error.code) == (outcome, status, code)


HIDDEN_HINT = "check the ids; a missing permission looks the same"
HIDES = NotFoundError("the cloud does not know it, or hides it", hint=HIDDEN_HINT, status=404, request_id="req-404")


@pytest.mark.parametrize(
    ("steps", "how", "start", "hint"),
    [
        ([(0, HIDES)], {}, "never visible (absent, or hidden from these credentials) after 1m of 1m; ", HIDDEN_HINT),
        (
            [(0, "PENDING"), (20, HIDES)],
            {},
            "no longer visible (gone, or hidden from these credentials) after 1m of 1m; ",
            HIDDEN_HINT,
        ),
        (
            [(0, HIDES)],
            {"options": WaitOptions(not_found="fail")},
            "never visible (absent, or hidden from these credentials) after 0s of 1m; reason: not_found is 'fail'; ",
            HIDDEN_HINT,
        ),
        # Without a hint of its own the general one.
        ([(0, "PENDING"), (20, ABSENT)], {}, "no longer visible (gone, or hidden from these credentials) ", DELETED),
    ],
)
def test_where_not_finding_a_thing_proves_nothing_the_end_says_so(
    steps: list[tuple[float, Any]], how: dict[str, Any], start: str, hint: str
) -> None:
    error = waited(History(steps), timeout=60, kinds=HIDDEN, **how)
    assert isinstance(error, WaitError)
    assert error.outcome in (Outcome.NEVER_APPEARED, Outcome.GONE)
    assert error.problem.startswith(start)
    assert error.hint == hint
    assert advice(error).endswith(f"\nhint: {hint}; the update goes on, because this wait is advisory")


def test_with_several_targets_each_is_named() -> None:
    error = waited({"a": pending((20, "READY")), "b": History([(0, ABSENT)])}, timeout=60)
    assert isinstance(error, WaitError)
    assert error.outcome is Outcome.NEVER_APPEARED
    assert one_line(error) == (
        'sim:Thing id-of-a, sim:Thing id-of-b: never appeared after 1m of 1m; expected: a.status == "READY" && '
        'b.status == "READY"; actual: a: status=READY; b: not found (0s ago); polls: 8 (request id req-8)\n'
        "hint: check the id, the profile and the project"
    )


def test_a_target_that_is_gone_does_not_hide_one_that_never_appeared() -> None:
    error = waited({"a": pending((20, ABSENT)), "b": History([(0, ABSENT)])}, timeout=60)
    assert isinstance(error, WaitError)
    assert error.outcome is Outcome.NEVER_APPEARED


@pytest.mark.parametrize("refusal", [LOCKED, FORBIDDEN])
def test_a_refusal_is_told_rather_than_another_error_of_the_same_look(refusal: str) -> None:
    error = waited({"a": History([(0, DOWN)]), "b": History([(0, refusal)]), "c": History([(0, Throttled(999))])})
    assert isinstance(error, WaitError)
    assert error.outcome is Outcome.UNAUTHORIZED
    assert error.status == (401 if refusal == LOCKED else 403)


def test_of_several_answers_the_oldest_says_how_old_they_are() -> None:
    things = {"a": History([(0, "PENDING")], latency=4, request_ids="late"), "b": History([(0, "PENDING")])}
    error = waited(things, timeout=0)
    assert isinstance(error, WaitError)
    assert "; actual: a: status=PENDING; b: status=PENDING (4s ago); " in error.problem
    # And the newest which request it was.
    assert error.request_id == "late-1"


def test_an_error_that_has_passed_is_not_told() -> None:
    error = waited(pending((20, DOWN), (40, "PENDING")), timeout=100)
    assert isinstance(error, WaitError)
    assert "last error" not in error.problem
    assert (error.where, error.status) == (None, None)
    assert error.request_id is not None
    assert error.request_id.startswith("req-")
    assert error.request_id != "req-503"


def test_a_long_condition_is_cut_and_put_on_one_line() -> None:
    until = f'{READY} &&\n size("{"x" * 400}") > 0'
    error = waited(pending(), timeout=0, until=until)
    assert isinstance(error, WaitError)
    (expected,) = [part for part in error.problem.split("; ") if part.startswith("expected: ")]
    assert expected.startswith(f'expected: {READY} && size("xxx')
    assert len(expected) == len("expected: ") + 300


def test_a_retry_after_up_to_the_deadline_is_honoured() -> None:
    history = History([(0, Throttled(40)), (1, "READY")])
    assert met(history, timeout=40).elapsed == 40
    assert history.times == [0, 40]


def test_a_retry_after_beyond_the_deadline_tells_the_hour() -> None:
    error = ThrottledError("the cloud asks for fewer requests", hint="try again after the hour, as the cloud asks")
    error.retry_after, error.retry_time = 3600.0, "2026-01-01T01:00:00Z"
    ended = waited(History([(0, error)]), timeout=60)
    assert isinstance(ended, WaitError)
    assert ended.outcome is Outcome.UNREACHABLE
    assert ended.problem.startswith(
        "unreachable after 0s of 1m; reason: the cloud asks to wait 3600 s, beyond the deadline; "
    )
    assert ended.hint == "try again after the hour, as the cloud asks; the next run waits again"
    assert (ended.retry_after, ended.retry_time) == (3600.0, "2026-01-01T01:00:00Z")


def test_the_last_look_that_fails_is_no_order_to_wait() -> None:
    error = waited(History([(0, "PENDING"), (50, Throttled(None))], latency=2), timeout=60)
    assert isinstance(error, WaitError)
    assert error.problem.startswith("timed out after 1m2s; expected: ")


@pytest.mark.parametrize("error", [SettingsError("no key"), InputError("no such thing can be")])
@pytest.mark.parametrize("position", [0, 1])
def test_an_error_of_settings_or_inputs_is_raised_as_it_is(error: NbcloudError, position: int) -> None:
    things = [History([(0, LOCKED)]), History([(0, DOWN)])]
    things[position] = History([(0, error)])
    assert waited({"a": things[0], "b": things[1]}) is error


@pytest.mark.parametrize(
    ("latency", "cancelled_at", "text"),
    [
        (
            0,
            14,
            (
                f"cancelled after 14s of 10m; expected: {READY}; actual: status=PENDING (1s ago); polls: 3 "
                f"(request id req-3)\nhint: {AGAIN}"
            ),
        ),
        (30, 14, f"cancelled after 14s of 10m; expected: {READY}; actual: nothing yet; polls: 0\nhint: {AGAIN}"),
        (0, None, f"cancelled after 0s of 10m; expected: {READY}; actual: nothing yet; polls: 0\nhint: {AGAIN}"),
    ],
    ids=["while sleeping", "during a read", "before it starts"],
)
def test_a_cancelled_wait_ends_at_once(latency: float, cancelled_at: float | None, text: str) -> None:
    history = History([(0, "PENDING")], latency)

    async def simulate() -> NbcloudError:
        cancellation = Cancellation()
        if cancelled_at is None:
            cancellation.cancel()
        async with anyio.create_task_group() as group:

            async def cancel() -> None:
                await anyio.sleep(cancelled_at or 0)
                cancellation.cancel()

            group.start_soon(cancel)
            error = await outcome_of(wait_for(history, cancellation=cancellation))
        assert anyio.current_time() == (cancelled_at or 0)
        assert not cancellation.scopes
        assert isinstance(error, WaitError)
        assert error.outcome is Outcome.CANCELLED
        return error

    assert one_line(run(simulate)) == f"sim:Thing id-of-self: {text}"
    if cancelled_at is None:
        assert not history.reads


def test_cancelling_from_outside_is_not_taken_for_our_own() -> None:
    """A Ctrl-C in the program cancels the task around the wait."""

    async def simulate() -> list[object]:
        ends: list[object] = []
        with anyio.move_on_after(3):
            ends.append(await outcome_of(wait_for(pending())))
        return ends

    assert run(simulate) == []


# What is kept of the way there.


def test_first_sight_counts_as_a_transition_and_so_does_every_change_of_the_headline() -> None:
    progress = met(History([(0, ABSENT), (3, "PENDING"), (8, None), (20, ABSENT), (30, "READY")])).progress
    assert progress.transitions == [
        {"time": "2026-01-31T09:00:00Z", "target": "self", "observed": "not found"},
        {"time": "2026-01-31T09:00:05Z", "target": "self", "observed": "status=PENDING"},
        {"time": "2026-01-31T09:00:10Z", "target": "self", "observed": "found"},
        {"time": "2026-01-31T09:00:22Z", "target": "self", "observed": "not found"},
        {"time": "2026-01-31T09:00:35Z", "target": "self", "observed": "status=READY"},
    ]
    assert progress.transition_count == 5


def test_a_change_beside_the_headline_is_no_transition() -> None:
    things = [(at, Thing(status="PENDING", note=f"note {at}")) for at in range(0, 60, 7)]
    progress = met(History([*things, (60, "READY")])).progress
    assert [each["observed"] for each in progress.transitions] == ["status=PENDING", "status=READY"]


@pytest.mark.parametrize("changes", [FIRST_KEPT + LAST_KEPT, FIRST_KEPT + LAST_KEPT + 1, 40])
def test_of_many_transitions_the_first_5_and_the_last_20_are_kept_and_all_are_counted(changes: int) -> None:
    steps = [*((at * 2, f"S{at}") for at in range(changes - 1)), ((changes - 1) * 2, "READY")]
    progress = met(History(steps), schedule=steady(2)).progress
    seen = [f"status={status}" for _, status in steps]
    assert [each["observed"] for each in progress.transitions] == [*seen[:5], *seen[5:][-20:]]
    assert progress.transition_count == changes


def test_the_headline_leaves_nulls_out_writes_bools_as_conditions_do_and_cuts_long_texts() -> None:
    shown = kind(headline=("status", "note", "touched"))
    progress = met(History([(0, Thing(status="READY", note="n" * 100))]), kinds=shown).progress
    assert progress.summary() == f"status=READY, note={'n' * 59}…"
    loud: Any = True
    assert met(History([(0, Thing(status="READY", note=loud))]), kinds=shown).progress.summary() == (
        "status=READY, note=true"
    )


def test_a_headline_reaches_into_parts_and_counts_rows() -> None:
    shown = kind(headline=("note.real", "note.nothing.there", "touched"))
    nested: Any = 7
    rows: Any = (1, 2)
    assert met(History([(0, Thing(status="READY", note=nested, touched=rows))]), kinds=shown).progress.summary() == (
        "note.real=7, touched=2 rows"
    )


STEPS = [0, 5, 12.5, 23.75, 40.625]


@pytest.mark.parametrize(
    ("changed", "until", "fail_on", "polls"),
    [
        (Thing(status="PENDING", touched=1), None, None, [*STEPS, 65.938]),
        (Thing(status="PENDING", touched=1), f"{READY} && self.touched > 0", None, [*STEPS, 45.625, 53.125]),
        (Thing(status="PENDING", touched=1), None, "self.touched < 0", [*STEPS, 45.625, 53.125]),
        (Thing(status="PENDING", note="new"), None, None, [*STEPS, 45.625, 53.125]),
        (Thing(status="ODD"), None, None, [*STEPS, 45.625, 53.125]),
        (ABSENT, None, None, [*STEPS, 45.625, 53.125]),
        (DOWN, None, None, [*STEPS, 65.938]),
    ],
    ids=["volatile", "volatile, in until", "volatile, in fail_on", "note", "status", "vanished", "poll failed"],
)
def test_a_change_that_counts_makes_the_pauses_short_again(
    changed: Any, until: str | None, fail_on: str | None, polls: list[float]
) -> None:
    history = History([(0, Thing(status="PENDING", touched=0)), (30, changed)])
    waited(history, timeout=70, until=until, fail_on=fail_on)
    assert history.times[: len(polls)] == polls


# What a person hears meanwhile.


def test_the_reporter_hears_first_sight_changes_failed_looks_and_recovery() -> None:
    notes = Notes()
    waited(pending((4, "ODD"), (20, DOWN), (50, "ODD")), timeout=120, reporter=notes, schedule=steady(10))
    assert notes.changes == [
        (0, "status=PENDING"),
        (10, "status=ODD"),
        (20, "status=ODD"),
        (30, "status=ODD"),
        (40, "status=ODD"),
        (50, "status=ODD"),
    ]


@pytest.mark.parametrize(
    ("interval", "heartbeats"),
    [(5, [30, 60, 95, 125]), (20, [30, 60, 110, 140]), (50, [30, 60, 90, 130])],
)
def test_the_heartbeat_comes_after_30_s_of_silence_however_often_it_looks(
    interval: float, heartbeats: list[float]
) -> None:
    notes = Notes(heartbeat_seconds=30)
    waited(pending((61, "ODD")), timeout=149, schedule=steady(interval), reporter=notes)
    assert notes.heartbeats == heartbeats
