"""`nbcloud wait` with named conditions and with another enforcement: what a pipeline sees of them."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from cli_support import WaitResult, invoke
from lease_support import KIND, NOTEBOOK, notebook
from nbcloud_support import folded

from pulumi_nbcloud.kinds.registry import KINDS, load
from pulumi_nbcloud.mock import MockClouds

LEASE = f"{KIND}/{NOTEBOOK}"
INSTANCE = "hpcai:Instance/notebook-1"
JOB = "modelarts:DevServerJob/job-1"
NOW = ("--timeout", "0")


# --- names


def test_a_name_is_waited_for_and_shown_with_its_expression(nbcloud_mock: MockClouds) -> None:
    nbcloud_mock.hpcai.put_instance("notebook-1", status="Stopping")
    nbcloud_mock.hpcai.add_transition("notebook-1", after_reads=1, status="Stopped")
    done = invoke("wait", INSTANCE, "--until", "stopped", "--interval", "1s", "--output", "json")
    assert done.code == 0
    document = json.loads(done.out)
    assert (document["outcome"], document["polls"]) == ("met", 2)
    assert document["expected"] == 'stopped (self.status == "Stopped")'


def test_finished_is_success_and_ended_is_either(nbcloud_mock: MockClouds) -> None:
    nbcloud_mock.modelarts.put_job("job-1", status="FINISHED", abnormal_count=2)
    assert invoke("wait", JOB, "--until", "finished", *NOW).code == 1
    assert invoke("wait", JOB, "--until", "ended", *NOW).code == 0
    assert invoke("wait", JOB, "--until", "failed", *NOW).code == 0
    nbcloud_mock.modelarts.put_job("job-1", status="FINISHED", abnormal_count=0)
    assert invoke("wait", JOB, "--until", "finished", *NOW).code == 0
    assert invoke("wait", JOB, "--until", "running", "--fail-on", "ended", *NOW).code == 1


def test_deleted_takes_what_was_there_before_or_an_option(nbcloud_mock: MockClouds) -> None:
    never = invoke("wait", LEASE, "--until", "deleted", *NOW)
    assert never.code == 3
    assert "if it may be gone already, give --allow-absent\n" in never.err
    assert invoke("wait", LEASE, "--until", "deleted", "--allow-absent", *NOW).code == 0
    nbcloud_mock.hpcai.put_instance("notebook-1", status="Released")
    assert invoke("wait", INSTANCE, "--until", "deleted", *NOW).code == 0


def test_a_kind_that_lacks_the_name_is_refused_before_anything_is_sent(nbcloud_mock: MockClouds) -> None:
    done = invoke("wait", f"lease={LEASE}", f"job={JOB}", "--until", "finishd")
    assert (done.code, nbcloud_mock.requests) == (2, [])
    assert done.error == [
        f"error: --until: finishd is not a condition of {KIND}, which has ready, running, stopped, ended, deleted",
        (
            "--until: finishd is not a condition of modelarts:DevServerJob, which has ready, running, finished, ended, "
            "failed, deleted; did you mean finished?"
        ),
        "hint: use the name of a condition that each kind has, or a CEL expression; nothing was sent",
    ]


def test_a_constant_condition_is_warned_of(nbcloud_mock: MockClouds) -> None:
    nbcloud_mock.modelarts.put_lease(NOTEBOOK)
    done = invoke("wait", LEASE, "--until", "1 == 1", "--quiet")
    assert done.code == 0
    assert "warning: --until: 1 == 1 reads neither a target nor now, so it is the same at every poll" in done.err


@pytest.mark.parametrize("token", KINDS)
def test_kinds_lists_them(token: str) -> None:
    text = invoke("kinds", token).out
    (described,) = json.loads(invoke("kinds", token, "--output", "json").out)["kinds"]
    assert [each["name"] for each in described["conditions"]] == list(load(token).conditions)
    for name, each in load(token).conditions.items():
        assert name in text
        assert each.text in " ".join(text.split())


# --- enforcement


def advisory(*arguments: str) -> WaitResult:
    return invoke("wait", *arguments, "--enforcement", "advisory", "--quiet")


@pytest.mark.parametrize(
    ("status", "arguments", "outcome"),
    [
        ("FROZEN", (), "failed"),
        ("STOPPED", NOW, "timed_out"),
        (None, NOW, "never_appeared"),
        ("RUNNING", (*NOW, "--until", "1 / (size([1]) - 1) == 1"), "bad_condition"),
    ],
)
def test_an_advisory_wait_ends_with_0_and_says_how_it_ended(
    nbcloud_mock: MockClouds, status: str | None, arguments: tuple[str, ...], outcome: str
) -> None:
    if status is not None:
        nbcloud_mock.modelarts.put_lease(NOTEBOOK, status=status)
    done = advisory(LEASE, *arguments, "--output", "json")
    assert done.code == 0
    document = json.loads(done.out)
    assert (document["outcome"], document["exit_code"], document["met_time"]) == (outcome, 0, None)
    assert document["error"]["type"] == "WaitError"
    assert done.error == []
    warning, hint = folded(done.err).splitlines()[-2:]
    assert warning.startswith(f"warning: {KIND} {NOTEBOOK}: {outcome.replace('_', ' ')} after ")
    assert hint.startswith("hint: ")
    assert hint.endswith("; the exit code is 0, because this wait is advisory")


def test_the_result_of_an_advisory_wait_is_a_line_as_ever(nbcloud_mock: MockClouds) -> None:
    nbcloud_mock.modelarts.put_lease(NOTEBOOK, status="FROZEN")
    done = advisory(LEASE)
    assert (done.code, done.out) == (0, "failed\n")
    nbcloud_mock.modelarts.put_lease(NOTEBOOK, status="RUNNING")
    done = advisory(LEASE)
    assert (done.code, done.out.startswith("met after "), done.err) == (0, True, "")


def test_refused_credentials_are_only_a_warning_too_and_a_mistake_is_not(nbcloud_mock: MockClouds) -> None:
    assert advisory(LEASE, "--until", "self.runing").code == 2
    assert advisory(LEASE, "--timeout", "soon").code == 2
    nbcloud_mock.faults.add(service="modelarts", status=401, body='{"error_code": "APIGW.0301", "error_msg": "no"}')
    done = advisory(LEASE, "--output", "json")
    assert (done.code, json.loads(done.out)["outcome"]) == (0, "unauthorized")


def test_a_disabled_wait_polls_nothing(nbcloud_mock: MockClouds, tmp_path: Path) -> None:
    file = tmp_path / "junit.xml"
    arguments = ("wait", LEASE, "--enforcement", "disabled", "--junit-xml", str(file))
    done = invoke(*arguments)
    assert (done.code, done.out, done.err) == (0, "disabled: nothing was polled\n", "")
    document = json.loads(invoke(*arguments, "--output", "json").out)
    assert (document["outcome"], document["exit_code"], document["polls"], document["targets"]) == (
        "disabled",
        0,
        0,
        {},
    )
    assert nbcloud_mock.requests == []
    suite = ElementTree.parse(file).getroot()[0]
    assert (suite.get("failures"), suite.get("errors"), suite.get("skipped")) == ("0", "0", "1")
    assert suite.find("testcase/skipped") is not None


def test_junit_has_no_failure_of_an_advisory_wait(nbcloud_mock: MockClouds, tmp_path: Path) -> None:
    nbcloud_mock.modelarts.put_lease(NOTEBOOK, status="FROZEN")
    nbcloud_mock.modelarts.put_lease(notebook(2), status="FROZEN")
    file = tmp_path / "junit.xml"
    assert advisory(f"a={LEASE}", f"b={KIND}/{notebook(2)}", "--junit-xml", str(file)).code == 0
    suite = ElementTree.parse(file).getroot()[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "0", "0")
    assert [each.tag for case in suite for each in case if each.tag in ("failure", "error")] == []
    assert "this wait is advisory" in (suite.findtext("testcase/system-err") or "")


def test_github_shows_a_warning_of_an_advisory_wait(
    nbcloud_mock: MockClouds, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    nbcloud_mock.modelarts.put_lease(NOTEBOOK, status="FROZEN")
    done = advisory(LEASE)
    assert done.code == 0
    assert any(line.startswith("::warning title=nbcloud wait%3A failed::") for line in done.err.splitlines())
    assert "::error" not in done.err
    outputs = (tmp_path / "output").read_text(encoding="utf-8")
    assert "\nfailed\n" in outputs
    assert '"exit_code": 0' in outputs
