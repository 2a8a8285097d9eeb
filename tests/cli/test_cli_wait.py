"""`nbcloud wait`: what it refuses before it polls, how it ends, what it prints."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from cli_support import invoke, repeatable, same_as_golden
from lease_support import KIND, LEASE, NOTEBOOK, RUNNING, notebook
from nbcloud_support import folded

from pulumi_nbcloud.cli.report import Report, public_type
from pulumi_nbcloud.errors import NbcloudError, ThrottledError
from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.mock.aidp.service import DEFAULT_PLATFORM, DEFAULT_WORKSPACE
from pulumi_nbcloud.settings.schema import NoCredentialsError
from pulumi_nbcloud.waiting.outcome import Outcome, WaitError
from pulumi_nbcloud.waiting.schedule import Schedule
from pulumi_nbcloud.waiting.spec import WaitSpec

TARGET = f"{KIND}/{NOTEBOOK}"
AGAIN = "hint: write NAME=KIND/ID; conditions call them by name"


def test_a_retry_after_is_in_the_json(nbcloud_mock: MockClouds) -> None:
    nbcloud_mock.faults.add(service="modelarts", status=429, headers={"Retry-After": "3600"})
    done = invoke("wait", TARGET, "--timeout", "1m", "--output", "json")
    assert done.code == 5
    error = json.loads(done.out)["error"]
    assert error["retry_after"] == 3600.0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", error["retry_time"])
    hint, _, flags = error["hint"].partition("; to go on without a response, for an hour:\n  ")
    assert hint == f"try again after {error['retry_time']}, as the cloud asks; the next run waits again"
    assert flags.startswith("--override ")
    assert f"hint: {error['hint']}" in done.err


@pytest.mark.parametrize(
    ("signer", "line"),
    [
        (
            "no_such_signing:make",
            "the module no_such_signing cannot be imported (ModuleNotFoundError: there is no module no_such_signing)",
        ),
        ("json:make_signer", "the module json has no make_signer"),
        ("oci.auth.signers:get_resource_principals_signer", "the signer cannot be made (OSError)"),
    ],
)
def test_a_signer_that_cannot_be_made_ends_a_wait_at_its_first_poll(
    clouds: MockClouds, signer: str, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NBCLOUD_AIDP_SIGNER", signer)
    monkeypatch.setenv("NBCLOUD_AIDP_ENDPOINT", clouds.url)
    done = invoke("wait", "aidp:NotebookSession/platform/workspace/session", "--quiet")
    assert done.code == 2
    assert line in done.err
    assert clouds.requests == []


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        ((TARGET, f"b={TARGET}"), ["error: several targets need a name each", AGAIN]),
        (
            (f"a={TARGET}", f"a={TARGET}"),
            ["error: two targets have the same name", "hint: give each a name of its own"],
        ),
        (
            (TARGET, "--until", "self.runing"),
            [f"error: --until: self.runing is not a field of {KIND}; did you mean self.running?"],
        ),
        ((TARGET, "--fail-on", "1"), ["error: --fail-on: "]),
        ((TARGET, "--timeout", "soon"), ["error: --timeout "]),
        ((TARGET, "--interval", "1ms"), ["error: --interval "]),
        ((f"{KIND}/x",), [f"error: target self: {KIND}: notebook_id must be a UUID"]),
        (
            (TARGET, "--junit-xml", "/no/such/folder/x.xml"),
            [
                "error: --junit-xml /no/such/folder/x.xml: there is no such folder",
                "hint: create the folder first",
            ],
        ),
    ],
)
def test_what_is_refused_before_anything_is_sent(
    nbcloud_mock: MockClouds, arguments: tuple[str, ...], lines: list[str]
) -> None:
    done = invoke("wait", *arguments)
    assert (done.code, done.out) == (2, "")
    found = done.err.splitlines()
    assert any(line.startswith("hint: ") for line in found)
    for expected, line in zip(lines, found, strict=False):
        assert line.startswith(expected)
    assert nbcloud_mock.requests == []


def test_all_that_is_wrong_is_said_at_once(nbcloud_mock: MockClouds) -> None:
    done = invoke("wait", TARGET, "--until", "self.runing", "--timeout", "soon")
    assert done.code == 2
    assert "timeout" in done.err
    assert "runing" in done.err


def test_options_that_exclude_each_other() -> None:
    done = invoke("wait", TARGET, "--fail-on", "false", "--no-fail-on")
    assert done.code == 2
    assert done.error == ["error: --fail-on and --no-fail-on exclude each other", "hint: leave one of them out"]


EARLY = {
    "a target": ("modelarts:NotebookLeese/x",),
    "an argument": (f"{KIND}/x",),
    "names": (TARGET, TARGET),
    "a condition": (TARGET, "--until", "self.runing"),
    "several mistakes": (TARGET, "--until", "self.runing", "--timeout", "soon"),
    "options": (TARGET, "--fail-on", "false", "--no-fail-on"),
    "settings": (TARGET, "--settings", "/no/such/file"),
    "a folder": (TARGET, "--junit-xml", "/no/such/folder/x.xml"),
}


@pytest.mark.parametrize("shape", ["json", "jsonl"])
@pytest.mark.parametrize("arguments", EARLY.values(), ids=EARLY)
def test_an_error_before_the_wait_has_its_document(
    nbcloud_mock: MockClouds, arguments: tuple[str, ...], shape: str
) -> None:
    done = invoke("wait", *arguments, "--output", shape)
    assert done.code == 2
    document = json.loads(done.out)
    assert done.out.count("\n") == 1 or shape == "json"
    assert document.pop("event", None) == (None if shape == "json" else "result")
    error = document.pop("error")
    assert document == {
        "schema_version": 1,
        "outcome": "error",
        "exit_code": 2,
        "expected": None,
        "met_time": None,
        "elapsed_seconds": 0.0,
        "timeout_seconds": None,
        "polls": 0,
        "not_met": [],
        "targets": {},
        "transitions": [],
        "transition_count": 0,
        "override": None,
        "resume": None,
    }
    assert error["type"] == ("SettingsError" if "--settings" in arguments else "InputError")
    assert done.err == f"error: {error['problem']}\nhint: {error['hint']}\n", "on stderr it is said too, once"
    assert nbcloud_mock.requests == []


def test_an_internal_error_has_its_document_without_its_text(
    nbcloud_mock: MockClouds, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object) -> None:
        raise ZeroDivisionError("canary-of-a-secret")

    monkeypatch.setattr(WaitSpec, "evaluator", broken)
    done = invoke("wait", TARGET, "--output", "json")
    assert done.code == 70
    document = json.loads(done.out)
    assert (document["outcome"], document["exit_code"]) == ("error", 70)
    assert re.fullmatch(
        r"an internal error of nbcloud: ZeroDivisionError in test_cli_wait\.py:\d+", document["error"]["problem"]
    )
    assert document["error"]["hint"] == "please report it with this line; --verbose shows more"
    assert done.err.startswith(f"error: {document['error']['problem']} (")
    assert "canary" not in done.out + done.err


def test_an_internal_error_of_the_report_itself(nbcloud_mock: MockClouds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Report, "document", lambda report: 1 / 0)
    nbcloud_mock.modelarts.put_lease(NOTEBOOK, **LEASE)
    for arguments in ((TARGET,), (TARGET, "--until", "self.runing")):
        done = invoke("wait", *arguments, "--output", "json")
        assert (done.code, done.out) == (70, "")
        assert done.err.count("error: an internal error of nbcloud: ZeroDivisionError in ") == 1


def test_met(nbcloud_mock: MockClouds) -> None:
    nbcloud_mock.modelarts.put_lease(NOTEBOOK, **LEASE)
    done = invoke("wait", TARGET)
    assert done.code == 0
    assert re.fullmatch(rf"met after \d+s, 1 poll: {re.escape(RUNNING)}\n", done.out)


def test_met_as_json(nbcloud_mock: MockClouds) -> None:
    nbcloud_mock.modelarts.put_lease(NOTEBOOK, **LEASE)
    done = invoke("wait", TARGET, "--output", "json", "--quiet")
    assert (done.code, done.err) == (0, "")
    same_as_golden("wait-met.json", repeatable(done.out, nbcloud_mock.url))


def test_failed_as_json(nbcloud_mock: MockClouds) -> None:
    nbcloud_mock.modelarts.put_lease(NOTEBOOK, status="FROZEN")
    done = invoke("wait", f"a={TARGET}", "--output", "json", "--quiet")
    assert done.code == 1
    same_as_golden("wait-failed.json", repeatable(done.out, nbcloud_mock.url))
    problem, hint = done.error
    assert problem.startswith(f"error: {KIND} {NOTEBOOK}: failed after ")
    assert hint.startswith("hint: look at the notebook's events")


def test_a_line_of_json_for_each_change(nbcloud_mock: MockClouds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WaitSpec, "schedule", lambda plan: Schedule.fixed(0.01))
    nbcloud_mock.modelarts.put_lease(NOTEBOOK, **LEASE, status="STARTING")
    nbcloud_mock.modelarts.add_transition(NOTEBOOK, after_reads=1, status="RUNNING")
    done = invoke("wait", TARGET, "--output", "jsonl")
    assert done.code == 0
    events = [json.loads(line) for line in done.out.splitlines()]
    assert {each["schema_version"] for each in events} == {1}
    assert [each["event"] for each in events] == ["transition", "transition", "result"]
    assert [each["observed"] for each in events[:2]] == ["running=false, not_running_reason=STARTING", RUNNING]
    assert events[2]["transitions"] == [
        {name: each[name] for name in ("time", "target", "observed")} for each in events[:2]
    ]


def test_several_and_a_list(nbcloud_mock: MockClouds) -> None:
    nbcloud_mock.modelarts.put_lease(NOTEBOOK, **LEASE)
    nbcloud_mock.modelarts.put_job("j", status="FINISHED")
    done = invoke(
        "wait",
        f"lease={TARGET}",
        "jobs=modelarts:DevServerJobs?status=FINISHED",
        "--until",
        "lease.running && size(jobs.jobs) > 0",
    )
    assert done.code == 0
    assert done.out.startswith("met after ")
    assert nbcloud_mock.request_count() == 2


def test_quiet_and_not(nbcloud_mock: MockClouds) -> None:
    nbcloud_mock.modelarts.put_lease(NOTEBOOK, status="STOPPED")
    loud = invoke("wait", TARGET, "--timeout", "0")
    quiet = invoke("wait", TARGET, "--timeout", "0", "--quiet")
    assert loud.code == quiet.code == 124
    assert loud.err.splitlines()[:2] == [
        "waiting until: self.running",
        "waiting: running=false, not_running_reason=NOT_RUNNING; 0s of 0s",
    ]
    assert folded(quiet.err).splitlines() == quiet.error, "the error only"
    assert loud.error[1] == quiet.error[1]


GATE = 'self.running && (!self.stops_itself || self.earliest_stop_time - now > duration("30m"))'


@pytest.mark.parametrize(
    ("lease", "reason"),
    [
        ({}, None),
        ({"type": "timing"}, None),
        ({"absent": ["type"]}, None),
        ({"duration": 0}, None),
        ({"duration": -1}, None),
        ({"enable": False, "duration": -1}, None),
        ({"type": "IDLE"}, "auto stop is of type IDLE, so it stops when idle, whenever that is"),
        (
            {"create_at": LEASE["create_at"]},
            "create_at + duration is over: it was started again or renewed, and the cloud does not say until when",
        ),
    ],
)
def test_the_gate_of_the_readme_is_met_or_says_at_its_first_poll_what_it_lacks(
    nbcloud_mock: MockClouds, lease: dict[str, Any], reason: str | None
) -> None:
    nbcloud_mock.modelarts.put_lease(NOTEBOOK, **lease)
    done = invoke("wait", TARGET, "--until", GATE, "--timeout", "0")
    if reason is None:
        assert done.code == 0
    else:
        assert done.code == 124
        first, line, *_ = done.err.splitlines()
        assert first == f"waiting until: {GATE}"
        assert "; not met: !self.stops_itself || self.earliest_stop_time - now > duration(" in line
        assert f"earliest_stop_time is null ({reason})" in line
    assert nbcloud_mock.request_count() == 1


def test_a_session_that_nobody_has_connected_to_is_told_at_the_first_poll(nbcloud_mock: MockClouds) -> None:
    nbcloud_mock.aidp.put_session("s-1", execution_state="starting", connections=0)
    session = f"aidp:NotebookSession/{DEFAULT_PLATFORM}/{DEFAULT_WORKSPACE}/s-1"
    done = invoke("wait", session, "--timeout", "0")
    note = "(kernel.execution_state may stay starting until something connects to the kernel; no connections now)"
    assert done.code == 124
    assert note in done.err.splitlines()[1]
    assert note in done.error[0]
    as_the_page_says = 'self.lifecycle_state == "ACTIVE" && has(self.kernel) && self.kernel.execution_state != "dead"'
    assert invoke("wait", session, "--until", as_the_page_says, "--timeout", "0").code == 0


def test_a_session_that_is_hidden_is_not_said_to_be_gone(nbcloud_mock: MockClouds) -> None:
    nbcloud_mock.aidp.put_session("s-1", lifecycle_state="CREATING")
    nbcloud_mock.aidp.add_transition("s-1", deleted=True, after_reads=1)
    session = f"aidp:NotebookSession/{DEFAULT_PLATFORM}/{DEFAULT_WORKSPACE}/s-1"
    done = invoke("wait", session, "--not-found", "fail", "--interval", "1s")
    problem, hint = done.error
    assert ": no longer visible (gone, or hidden from these credentials) after " in problem
    assert hint.startswith("hint: check the ids; a missing permission looks the same")


def test_a_warning_of_the_condition(nbcloud_mock: MockClouds) -> None:
    nbcloud_mock.modelarts.put_lease(NOTEBOOK, status="STOPPED")
    done = invoke("wait", TARGET, "--until", 'self.not_running_reason == "STOPED"', "--timeout", "0")
    assert done.code == 124
    assert done.err.startswith("warning: ")
    assert "STOPED" in done.err.splitlines()[0]


def test_no_fail_on_waits_on(nbcloud_mock: MockClouds) -> None:
    nbcloud_mock.modelarts.put_lease(NOTEBOOK, status="FROZEN")
    assert invoke("wait", TARGET, "--timeout", "0").code == 1
    assert invoke("wait", TARGET, "--timeout", "0", "--no-fail-on").code == 124
    assert invoke("wait", TARGET, "--timeout", "0", "--no-fail-on", "--until", "!self.running").code == 0


def test_a_profile_for_targets_that_name_none(
    nbcloud_mock: MockClouds, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in nbcloud_mock.environment("other").items():
        monkeypatch.setenv(name, value)
    keys = [nbcloud_mock.modelarts.settings(profile)["accessKey"] for profile in ("other", None)]
    invoke("wait", TARGET, "--timeout", "0", "--profile", "other")
    invoke("wait", TARGET, "--timeout", "0")
    assert [entry.access_key for entry in nbcloud_mock.requests] == keys


def test_a_missing_setting_ends_it_with_a_report(clouds: MockClouds, tmp_path: Path) -> None:
    done = invoke("wait", TARGET, "--output", "json", "--junit-xml", str(tmp_path / "x.xml"))
    assert done.code == 2
    assert json.loads(done.out)["error"]["type"] == "SettingsError"
    assert (tmp_path / "x.xml").exists()
    assert clouds.requests == []


def test_never_appeared(nbcloud_mock: MockClouds) -> None:
    done = invoke("wait", f"{KIND}/{notebook(2)}", "--timeout", "0")
    assert done.code == 3
    assert done.out == "never_appeared\n"


def test_options_are_those_of_gates(nbcloud_mock: MockClouds) -> None:
    nbcloud_mock.modelarts.put_lease(NOTEBOOK, **LEASE)
    assert invoke("wait", f"{KIND}/{notebook(2)}", "--not-found", "fail").out == "never_appeared\n"
    assert invoke("wait", f"{KIND}/{notebook(2)}", "--not-found", "met").code == 0
    assert "met after " in invoke("wait", TARGET, "--consecutive", "2", "--interval", "1s").out
    assert len(nbcloud_mock.requests) == 4
    nbcloud_mock.faults.add(service="modelarts", status=500, count=100)
    done = invoke("wait", TARGET, "--max-poll-errors", "1")
    assert (done.code, "; reason: a poll failed; " in done.error[0]) == (5, True)


@pytest.mark.parametrize(
    ("option", "problem"),
    [
        (("--consecutive", "0"), "error: --consecutive must be a whole number from 1 to 1000"),
        (("--not-found", "maybe"), "error: --not-found 'maybe' is none of wait, fail, met"),
        (("--max-poll-errors", "0"), "error: --max-poll-errors must be a whole number from 1 to 1000"),
    ],
)
def test_a_option_that_cannot_be_right(option: tuple[str, str], problem: str, nbcloud_mock: MockClouds) -> None:
    done = invoke("wait", TARGET, *option)
    assert (done.code, done.err.splitlines()[0]) == (2, problem)
    assert nbcloud_mock.requests == []


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (NoCredentialsError("x"), "SettingsError"),
        (ThrottledError("x"), "ThrottledError"),
        (WaitError(Outcome.GONE, "x"), "WaitError"),
        (NbcloudError("x"), "NbcloudError"),
    ],
)
def test_errors_go_by_names_that_users_know(error: NbcloudError, name: str) -> None:
    assert public_type(error) == name
