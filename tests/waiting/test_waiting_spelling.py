"""What a wait refuses and says, in the words of each language; Python's own stand in the tests of what is refused."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from simulated import ABSENT, Arguments, History, OneAccount, Thing, kind, steady, waited
from spelling_support import speaks_python
from virtual_time import VirtualClock, run

from pulumi_nbcloud.cli.spelling import FLAGS
from pulumi_nbcloud.errors import NbcloudError
from pulumi_nbcloud.kinds.registry import KINDS, load
from pulumi_nbcloud.spelling import CAMEL_CASE, JSON, PYTHON, Spelling
from pulumi_nbcloud.waiting.options import OPTIONS, WaitOptions
from pulumi_nbcloud.waiting.runner import WaitRunner
from pulumi_nbcloud.waiting.spec import WaitSpec, parse_spec

NOTEBOOK = "aaaaaaaa-0000-4000-8000-000000000001"
LEASE = {"kind": "modelarts:NotebookLease", "notebook_id": NOTEBOOK}
JOB = {"kind": "modelarts:DevServerJob", "job_id": "a"}
JOBS = {"kind": "modelarts:DevServerJobs"}
SESSION = {
    "kind": "aidp:NotebookSession",
    "ai_data_platform_id": "ocid1.aidataplatform.oc1.iad.a",
    "workspace_key": "w",
    "session_id": NOTEBOOK,
}
INSTANCE = {"kind": "hpcai:Instance", "instance_id": "a"}

NO_PROOF = "that it is not found does not prove that it is gone"
NOTHING = "nothing was sent"
CONDITIONS = f"hint: correct the conditions, CEL expressions; {NOTHING}"
CONDITION = f"hint: correct the condition, a CEL expression; {NOTHING}"
ARGUMENT = f"hint: correct the argument; {NOTHING}"
UUID = "must be a UUID such as 0b9c2f6e-4a70-4a0e-9d0e-2c6f8d1e7a55"
AGAIN = "the next run starts to count again"
NEVER = "what goes away between two runs was never found by the second"
NOT_WAITED = "which does not wait for what is not found"

# What is asked for, and what is refused: to a program in another language, and on a command line, where None cannot be.
REFUSED: dict[str, tuple[dict[str, Any], str, str | None]] = {
    "no targets": (
        {"targets": {}},
        "targets must be 1 to 100 things by name\nhint: give target one thing, or targets several by name",
        None,
    ),
    "no kind": (
        {"targets": {"self": {"notebook_id": NOTEBOOK}}},
        'target self says no kind\nhint: a target as an object needs "kind"',
        None,
    ),
    "an argument that is missing": (
        {"targets": {"self": {"kind": "modelarts:NotebookLease"}}},
        f"target self: modelarts:NotebookLease: notebookId is missing\n{ARGUMENT}",
        None,
    ),
    "an argument that cannot be right": (
        {"targets": {"self": {**LEASE, "notebook_id": "nope"}}},
        (f"target self: modelarts:NotebookLease: notebookId {UUID}\n{ARGUMENT}"),
        (f"target self: modelarts:NotebookLease: notebook_id {UUID}\n{ARGUMENT}"),
    ),
    "an argument that there is not": (
        {"targets": {"self": {**LEASE, "notebook": "x"}}},
        (f"target self: modelarts:NotebookLease: notebook is not an argument; did you mean notebookId?\n{ARGUMENT}"),
        None,
    ),
    "an argument that is like none": (
        {"targets": {"self": {**LEASE, "zzz": "x"}}},
        (f"target self: modelarts:NotebookLease: zzz is not an argument; known are notebookId, profile\n{ARGUMENT}"),
        None,
    ),
    "no default": (
        {"targets": {"self": JOBS}},
        f"until: is needed, modelarts:DevServerJobs has no default\n{CONDITIONS}",
        f"--until: is needed, modelarts:DevServerJobs has no default\n{CONDITIONS}",
    ),
    "a condition that is no text": (
        {"fail_on": 5},
        f"failOn: must be text\n{CONDITION}",
        None,
    ),
    "a condition that is true": (
        {"fail_on": True},
        (f"failOn: true is no condition; write one, or ownFailures: false to drop the defaults\n{CONDITIONS}"),
        None,
    ),
    "a field that there is not": (
        {"fail_on": "self.runing"},
        "failOn: self.runing is not a field of modelarts:NotebookLease; did you mean self.running?",
        "--fail-on: self.runing is not a field of modelarts:NotebookLease; did you mean self.running?",
    ),
    "a condition that is empty": (
        {"until": ""},
        f"until: is empty; leave it out for the default\n{CONDITION}",
        f"--until: is empty; leave it out for the default\n{CONDITION}",
    ),
    "a name that a kind lacks": (
        {"fail_on": "runing"},
        (
            "failOn: runing is not a condition of modelarts:NotebookLease, which has ready, running, stopped, ended; "
            "did you mean running?"
        ),
        (
            "--fail-on: runing is not a condition of modelarts:NotebookLease, which has ready, running, stopped, "
            "ended; did you mean running?"
        ),
    ),
    "deleted as a failure": (
        {"fail_on": "deleted"},
        'failOn: deleted is for until alone, because not finding a thing meets it; use notFound: "fail"',
        "--fail-on: deleted is for --until alone, because not finding a thing meets it; use --not-found fail",
    ),
    "a duration that is a number": (
        {"appear_timeout": 5},
        'appearTimeout must be a text\nhint: give it a unit: appearTimeout: "5s"',
        None,
    ),
    "a duration that is none": (
        {"stall_timeout": "5"},
        "stallTimeout '5' is not a duration\nhint: give it a unit, as in 5s or 5m; only 0 needs none",
        "--stall-timeout '5' is not a duration\nhint: give it a unit, as in 5s or 5m; only 0 needs none",
    ),
    "a duration that is too short": (
        {"holds_for": "1ms"},
        "holdsFor '1ms' is out of range\nhint: give 1s to 720h",
        "--holds-for '1ms' is out of range\nhint: give 1s to 720h",
    ),
    "a custom timeout": (
        {"custom_timeouts": {"create": "soon"}},
        "customTimeouts.create 'soon' is not a duration\nhint: write it like 90s, 30m or 1h30m; 0 is allowed",
        None,
    ),
    "a number": (
        {"max_poll_errors": 0},
        "maxPollErrors must be a whole number from 1 to 1000\nhint: write it like maxPollErrors: 3",
        "--max-poll-errors must be a whole number from 1 to 1000\nhint: write it like --max-poll-errors 3",
    ),
    "a word": (
        {"not_found": "ok"},
        "notFound 'ok' is none of wait, fail, met\nhint: write it like notFound: \"met\"",
        "--not-found 'ok' is none of wait, fail, met\nhint: write it like --not-found met",
    ),
    "a flag": (
        {"every_update": 1},
        "everyUpdate must be true or false\nhint: write everyUpdate: true, or leave it out",
        None,
    ),
    "deleted that fails": (
        {"until": "deleted", "not_found": "fail"},
        'until "deleted" waits not to find it, so notFound can only be "met"\nhint: leave notFound out',
        "--until 'deleted' waits not to find it, so --not-found can only be 'met'\nhint: leave --not-found out",
    ),
    "allowed without deleted": (
        {"allow_absent": True},
        'allowAbsent is for until "deleted" alone\nhint: leave it out',
        "--allow-absent is for --until 'deleted' alone\nhint: leave it out",
    ),
    "hold at every update": (
        {"hold": "40m", "every_update": True},
        "hold is not for everyUpdate: such a gate has no deadline to go on with\nhint: leave one of them out",
        None,
    ),
    "a row without time": (
        {"consecutive": 2, "timeout": "0"},
        (
            "consecutive 2 cannot be reached with timeout 0, which polls once\n"
            "hint: give a longer timeout, or leave consecutive out"
        ),
        (
            "--consecutive 2 cannot be reached with --timeout 0, which polls once\n"
            "hint: give a longer --timeout, or leave --consecutive out"
        ),
    ),
    "longer than the timeout": (
        {"fail_holds_for": "31m"},
        "failHoldsFor 31m is longer than the timeout of 30m\nhint: give a longer timeout, or a shorter failHoldsFor",
        (
            "--fail-holds-for 31m is longer than the timeout of 30m\n"
            "hint: give a longer --timeout, or a shorter --fail-holds-for"
        ),
    ),
    "a row in one run": (
        {"consecutive": 2, "hold": "0"},
        (
            "consecutive 2 cannot be reached with hold 0s, into which 1 poll fits\n"
            "hint: give a longer hold, or a shorter interval"
        ),
        (
            "--consecutive 2 cannot be reached with --hold 0s, into which 1 poll fits\n"
            "hint: give a longer --hold, or a shorter --interval"
        ),
    ),
    "longer than one run": (
        {"holds_for": "2m", "hold": "1m"},
        f"holdsFor 2m is longer than hold 1m, and {AGAIN}\nhint: give a longer hold, or a shorter holdsFor",
        f"--holds-for 2m is longer than --hold 1m, and {AGAIN}\nhint: give a longer --hold, or a shorter --holds-for",
    ),
    "deleted in one run": (
        {"until": "deleted", "hold": "1m"},
        f'until "deleted" with hold may never be met: {NEVER}\nhint: give allowAbsent, or leave hold out',
        f"--until 'deleted' with --hold may never be met: {NEVER}\nhint: give --allow-absent, or leave --hold out",
    ),
    "appearing that is allowed not to": (
        {"until": "deleted", "allow_absent": True, "appear_timeout": "1m"},
        f"appearTimeout is not for allowAbsent, {NOT_WAITED}\nhint: leave one of them out",
        f"--appear-timeout is not for --allow-absent, {NOT_WAITED}\nhint: leave one of them out",
    ),
    "appearing that is not waited for": (
        {"not_found": "fail", "appear_timeout": "1m"},
        f'appearTimeout is not for notFound "fail", {NOT_WAITED}\nhint: leave one of them out',
        f"--appear-timeout is not for --not-found 'fail', {NOT_WAITED}\nhint: leave one of them out",
    ),
    "gone without proof": (
        {"targets": {"self": SESSION}, "not_found": "met"},
        (
            f'notFound "met" is not for aidp:NotebookSession: {NO_PROOF}\n'
            'hint: use notFound: "wait" or "fail", or wait for a state that it shows at its end'
        ),
        (
            f"--not-found 'met' is not for aidp:NotebookSession: {NO_PROOF}\n"
            "hint: use --not-found wait or 'fail', or wait for a state that it shows at its end"
        ),
    ),
}


def problems(inputs: Mapping[str, Any], spelling: Spelling) -> list[str]:
    found = parse_spec({"targets": {"self": LEASE}, **inputs}, spelling=spelling)[1]
    return [str(each) for each in found]


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_named_as_a_program_in_another_language_writes_it(name: str) -> None:
    inputs, expected, _ = REFUSED[name]
    (found,) = problems(inputs, CAMEL_CASE)
    assert found.startswith(expected) if "\n" not in expected else found == expected


@pytest.mark.parametrize("name", [name for name, (_, _, flags) in REFUSED.items() if flags])
def test_what_is_refused_is_named_as_it_is_typed(name: str) -> None:
    inputs, _, expected = REFUSED[name]
    (found,) = problems(inputs, FLAGS)
    assert expected is not None
    assert found.startswith(expected) if "\n" not in expected else found == expected


def test_a_file_of_the_service_is_refused_with_its_keys() -> None:
    assert problems({"not_found": "ok"}, JSON) == [
        'not_found \'ok\' is none of wait, fail, met\nhint: write it like "not_found": "met"'
    ]
    assert problems({"fail_on": True}, JSON)[0].startswith("fail_on: true is no condition; write one, or false to drop")
    assert problems({"allow_absent": True}, JSON) == ['allow_absent is for until "deleted" alone\nhint: leave it out']


def test_each_option_is_refused_by_its_own_name() -> None:
    for option in OPTIONS:
        wrong = object()
        found = problems({option.name: wrong}, CAMEL_CASE)
        if option.name == "triggers":  # any value will do
            assert found == []
            continue
        (text,) = found
        assert text.startswith(CAMEL_CASE.option(option.name))


# --- warnings


def warnings(inputs: Mapping[str, Any], spelling: Spelling, *, recorded: bool = False) -> tuple[str, ...]:
    spec, found = parse_spec({"targets": {"self": LEASE}, **inputs}, recorded=recorded, spelling=spelling)
    assert spec is not None, found
    return spec.warnings


LATE = "it counts on only where the next run follows within one interval"
BACKS_OFF = 'self.diagnosis_reason == "BackOff" ends a wait only once it has held for 3m'


@pytest.mark.parametrize(
    ("inputs", "recorded", "native", "typed"),
    [
        (
            {"consecutive": 3, "hold": "0", "holds_for": "1m"},
            True,
            (f"consecutive 3 is longer than hold 0s: {LATE}", f"holdsFor 1m is longer than hold 0s: {LATE}"),
            (f"--consecutive 3 is longer than --hold 0s: {LATE}", f"--holds-for 1m is longer than --hold 0s: {LATE}"),
        ),
        (
            {"targets": {"self": INSTANCE}, "hold": "1m"},
            False,
            (f"{BACKS_OFF}: with hold 1m it never does",),
            (f"{BACKS_OFF}: with --hold 1m it never does",),
        ),
        (
            {"targets": {"self": {**JOBS, "type": "COMON"}}, "until": "self.truncated"},
            False,
            ("modelarts:DevServerJobs: 'COMON' is not a known value of type; did you mean COMMON?",),
            ("modelarts:DevServerJobs: 'COMON' is not a known value of type; did you mean COMMON?",),
        ),
        (
            {"fail_on": "1 == 2"},
            False,
            ("failOn: 1 == 2 reads neither a target nor now, so it is the same at every poll",),
            ("--fail-on: 1 == 2 reads neither a target nor now, so it is the same at every poll",),
        ),
    ],
)
def test_what_is_doubtful_is_named_so_too(
    inputs: dict[str, Any], recorded: bool, native: tuple[str, ...], typed: tuple[str, ...]
) -> None:
    assert warnings(inputs, CAMEL_CASE, recorded=recorded) == native
    assert warnings(inputs, FLAGS, recorded=recorded) == typed


# --- how a wait ends, and what a preview says

NAMED = kind(token="sim:Named", named=load("hpcai:Instance").named[-1:])
GONE = WaitOptions(until="deleted", not_found="met")
ENDS: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "timed out": (
        {"histories": History([(0, "PENDING")])},
        "hint: give a longer timeout, or look at why",
        "hint: give a longer --timeout, or look at why",
        "hint: give a longer timeout, or look at why",
    ),
    "stalled": (
        {"histories": History([(0, "PENDING")]), "options": WaitOptions(stall_timeout=10.0)},
        "or give a longer stallTimeout",
        "or give a longer --stall-timeout",
        "or give a longer stall_timeout",
    ),
    "not found": (
        {"histories": History([(0, ABSENT)]), "options": WaitOptions(not_found="fail")},
        'reason: notFound is "fail"',
        "reason: --not-found is 'fail'",
        "reason: not_found is 'fail'",
    ),
    "never appeared": (
        {"histories": History([(0, ABSENT)]), "options": WaitOptions(appear_timeout=10.0)},
        "reason: appearTimeout is 10s",
        "reason: --appear-timeout is 10s",
        "reason: appear_timeout is 10s",
    ),
    "never found": (
        {"histories": History([(0, ABSENT)]), "until": "deleted", "options": GONE, "kinds": NAMED},
        "if it may be gone already, give allowAbsent",
        "if it may be gone already, give --allow-absent",
        "if it may be gone already, give allow_absent",
    ),
}


@pytest.mark.parametrize("name", ENDS)
def test_how_a_wait_ends_is_said_in_the_words_of_who_waits(name: str) -> None:
    how, *expected = ENDS[name]
    for spelling, text in zip((CAMEL_CASE, FLAGS, PYTHON), expected, strict=True):
        error = waited(**{"timeout": 60, "schedule": steady(10), **how, "spelling": spelling})
        assert isinstance(error, NbcloudError)
        assert text in str(error)


def test_a_check_of_the_kind_stands_before_what_else_to_do() -> None:
    checked = dataclasses.replace(load("modelarts:NotebookLease").documentation, check="look at {it}")
    error = waited(
        History([(0, "PENDING")]),
        timeout=60,
        kinds=kind(documentation=checked),
        schedule=steady(10),
        spelling=CAMEL_CASE,
    )
    assert str(error).endswith("hint: look at {it}; or give a longer timeout; the next run waits again")


@pytest.mark.parametrize(
    ("options", "native", "typed"),
    [
        (WaitOptions(not_found="fail"), 'it counts as failed: notFound is "fail"', "failed: --not-found is 'fail'"),
        (WaitOptions(not_found="met"), 'it counts as met: notFound is "met"', "met: --not-found is 'met'"),
        (GONE, "only once it was found; allowAbsent lifts that", "found; --allow-absent lifts that"),
    ],
)
def test_a_preview_says_in_these_words_what_it_counts_as(options: WaitOptions, native: str, typed: str) -> None:
    assert native in meaning(options, CAMEL_CASE)
    assert typed in meaning(options, FLAGS)


def meaning(options: WaitOptions, spelling: Spelling) -> str:
    """What a preview says of something that is not there."""

    async def read(account: Any, arguments: Arguments) -> Thing:
        return await History([(0, ABSENT)]).read()

    kinds = {"self": dataclasses.replace(NAMED, read=read)}
    spec = WaitSpec(kinds, {"self": Arguments("a")}, options, spelling=spelling)

    async def poll() -> str:
        return (await WaitRunner(OneAccount(), lambda key: None, VirtualClock()).poll(spec))[1]

    return run(poll)


# --- whatever is refused

NAMES = [each.name for each in OPTIONS]
ODD = st.sampled_from(
    [
        *(None, True, False, 0, 1, 2, 1.5, -3, "", "0", "5", "1ms", "10s", "1m", "40m", "31d", "soon", "ok", "wait"),
        *("fail", "met", "deleted", "running", "runing", "self.runing", "notRunningReason", "self.expireTime", "true"),
        *("1 == 1", "self", "warn", "advisory", "disabled", [], {}, ["5s"], {"a": 1}),
    ]
)
TARGETS = st.dictionaries(
    st.sampled_from(["self", "a", "b", "now", "a-b"]),
    st.one_of(
        st.sampled_from([None, "x", 5, {}, {"kind": ""}, {"kind": "modelarts:Notebook"}]),
        st.builds(
            lambda target, more: {**target, **more},
            st.sampled_from([LEASE, JOB, JOBS, SESSION, INSTANCE]),
            st.dictionaries(
                st.sampled_from([*LEASE, *SESSION, *JOB, "type", "status", "page", "notebookId", "zzz"]),
                st.sampled_from([None, 5, "", "nope", "COMON", NOTEBOOK, True]),
                max_size=3,
            ),
        ),
    ),
    max_size=3,
)
TIMEOUTS = st.dictionaries(st.sampled_from(["create", "update"]), ODD, max_size=2)


def texts(inputs: Mapping[str, Any], *, recorded: bool) -> Iterator[str]:
    spec, found = parse_spec(inputs, recorded=recorded, spelling=CAMEL_CASE)
    yield from map(str, found)
    if spec is not None:
        yield from spec.warnings


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), ODD, max_size=5), TARGETS, TIMEOUTS, st.booleans())
@example({"not_found": "met", "appear_timeout": "1m"}, {"self": SESSION}, {}, False)
@example({"hold": "1m", "until": "deleted", "holds_for": "40m"}, {"self": LEASE}, {}, True)
def test_no_text_for_another_language_speaks_python(
    options: dict[str, Any], targets: dict[str, Any], timeouts: dict[str, Any], recorded: bool
) -> None:
    for text in texts({**options, "targets": targets, "custom_timeouts": timeouts}, recorded=recorded):
        assert speaks_python(text) == [], text


@pytest.mark.parametrize("name", REFUSED)
def test_nor_does_any_of_those_above(name: str) -> None:
    inputs, _, _ = REFUSED[name]
    for text in problems(inputs, CAMEL_CASE):
        assert speaks_python(text) == [], text


def test_those_of_python_do() -> None:
    """The search finds what it is for."""
    speaking = [name for name, (inputs, _, _) in REFUSED.items() if any(map(speaks_python, problems(inputs, PYTHON)))]
    assert len(speaking) > 20


@pytest.mark.parametrize("token", KINDS)
def test_every_argument_is_refused_by_its_name_in_camel_case(token: str) -> None:
    arguments = load(token).argument_names
    for name in arguments:
        found = problems({"targets": {"self": {"kind": token, name: object()}}, "until": "true"}, CAMEL_CASE)
        assert all(speaks_python(text) == [] for text in found)
