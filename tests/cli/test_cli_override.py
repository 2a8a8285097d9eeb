"""`nbcloud wait --override`: what is refused, how it ends, and where that is shown."""

from __future__ import annotations

import json
import re
import shlex
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from cli_support import invoke
from lease_support import KIND, LEASE, NOTEBOOK, notebook
from test_cli_github import HOSTILE, Step, commands, step
from test_cli_junit import outcomes, suite_of

from pulumi_nbcloud.mock import MockClouds

__all__ = ["step"]

TARGET = f"{KIND}/{NOTEBOOK}"
REASON = "the API is down, ticket 4711"


def ahead(hours: float = 1.0) -> str:
    return (datetime.now(timezone.utc) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def override(reason: str = REASON) -> tuple[str, ...]:
    return ("--override", reason, "--override-until", ahead())


@pytest.fixture
def down(nbcloud_mock: MockClouds) -> MockClouds:
    nbcloud_mock.faults.add(service="modelarts", status=503, count=1_000)
    return nbcloud_mock


def test_a_wait_is_overridden_after_one_failed_poll_and_ends_with_0(down: MockClouds) -> None:
    done = invoke("wait", TARGET, *override())
    assert (done.code, done.out) == (0, "overridden\n")
    lines = [re.sub(r"\d{4}-[\d-]+T[\d:]+Z", "TIME", line) for line in done.err.splitlines()]
    first = next(index for index, line in enumerate(lines) if line.startswith("warning: "))
    assert re.fullmatch(rf"warning: {KIND} {NOTEBOOK}: overridden after \d+s of 30m", lines[first])
    assert lines[first + 1 : first + 4] == [
        f'  override: "{REASON}", until TIME, by --override',
        "  overrode: unreachable",
        "  reason: a poll failed, and with an override in force one is enough",
    ]
    assert lines[-1] == "hint: check the thing itself; the next run waits again"
    assert not done.err.startswith("error: ")


def test_the_json_says_what_overrode_what(down: MockClouds) -> None:
    end = ahead()
    done = invoke("wait", TARGET, "--override", REASON, "--override-until", end, "--output", "json")
    document = json.loads(done.out)
    assert (document["outcome"], document["exit_code"], document["met_time"]) == ("overridden", 0, None)
    assert document["override"] == {"reason": REASON, "until": end, "overrode": "unreachable"}
    assert document["error"]["type"] == "WaitError"
    assert document["error"]["status"] == 503
    lines = invoke("wait", TARGET, *override(), "--output", "jsonl").out.splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["result"]
    assert json.loads(lines[-1])["override"]["reason"] == REASON


def test_a_wait_without_one_has_none_in_its_json(nbcloud_mock: MockClouds) -> None:
    nbcloud_mock.modelarts.put_lease(NOTEBOOK, **LEASE)
    for given in ((), override()):
        document = json.loads(invoke("wait", TARGET, *given, "--output", "json").out)
        assert (document["outcome"], document["override"]) == ("met", None)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--override", "x"), "--override and --override-until need each other"),
        (("--override-until", "2026-01-31T23:00:00Z"), "--override and --override-until need each other"),
        (("--override", " ", "--override-until", ahead()), "--override needs a reason, a text"),
        (("--override", "x", "--override-until", "1h"), "--override-until needs an end in RFC 3339"),
        (("--override", "x", "--override-until", ahead(30)), "--override-until ends more than 24 h ahead"),
        (
            ("--override", "x", "--override-until", "2025-01-31T23:00:00Z"),
            "--override-until 2025-01-31T23:00:00Z is past",
        ),
        ((*override(), "--enforcement", "disabled"), "--override has no effect with --enforcement disabled"),
    ],
)
def test_what_cannot_be_right_is_refused_before_anything_is_sent(
    down: MockClouds, arguments: tuple[str, ...], problem: str
) -> None:
    done = invoke("wait", TARGET, *arguments)
    assert (done.code, done.out) == (2, "")
    assert done.error[0] == f"error: {problem}"
    assert done.error[1].startswith("hint: ")
    assert down.requests == []


def test_what_it_does_not_cover_ends_as_without_it(nbcloud_mock: MockClouds) -> None:
    nbcloud_mock.modelarts.put_lease(NOTEBOOK, status="FROZEN")
    done = invoke("wait", TARGET, *override())
    assert (done.code, done.out) == (1, "failed\n")
    assert "  override: not applied: it covers only waits whose last poll got no usable response\n" in done.err
    assert "--override-until" not in done.err


def test_the_environment_does_not_override_the_command(down: MockClouds, monkeypatch: pytest.MonkeyPatch) -> None:
    urn = "urn:pulumi:test::probe::pulumi-python:dynamic/nbcloud:Gate::self"
    monkeypatch.setenv("NBCLOUD_OVERRIDES", json.dumps({urn: {"reason": REASON, "until": ahead()}}))
    assert invoke("wait", TARGET, "--timeout", "0").code == 5


def test_the_hint_can_be_added_to_the_command_word_for_word(down: MockClouds) -> None:
    done = invoke("wait", TARGET, "--timeout", "0")
    assert done.code == 5
    *_, hint, flags = done.err.splitlines()
    assert hint.endswith("; to go on without a response, for an hour:")
    # With what else there is of the line, a terminal of 80 columns does not break it.
    assert len(flags) < 80
    passed = invoke("wait", TARGET, "--timeout", "0", *shlex.split(flags))
    assert (passed.code, passed.out) == (0, "overridden\n")


def test_every_case_of_junit_is_skipped_with_the_reason(down: MockClouds, tmp_path: Path) -> None:
    file, end = tmp_path / "junit.xml", ahead()
    targets = (f"one={TARGET}", f"two={KIND}/{notebook(2)}")
    given = ("--override", REASON, "--override-until", end, "--junit-xml", str(file))
    for arguments, names in (
        (targets, [f"one: {KIND} {notebook(1)}", f"two: {KIND} {notebook(2)}"]),
        ((*targets, "--until", "one.running && two.running"), ["one, two"]),
        ((TARGET,), [f"{KIND} {NOTEBOOK}"]),
    ):
        invoke("wait", *arguments, *given)
        suite = suite_of(file)
        # As where the wait is met: a service compares the cases of its runs.
        assert [case.get("name") for case in suite.findall("testcase")] == names
        assert set(outcomes(suite).values()) == {"skipped"}
        messages = {str(each.get("message")) for each in suite.iter("skipped")}
        assert messages == {f'overridden until {end}: "{REASON}"; otherwise unreachable'}


def test_github_shows_a_warning_the_outcome_and_the_reason(down: MockClouds, step: Step) -> None:
    done = invoke("wait", f"lease={TARGET}", *override())
    (shown,) = [line for line in commands(done.err) if not re.match("::(end)?group::", line)]
    assert shown.startswith("::warning title=nbcloud wait%3A overridden::")
    assert REASON in shown
    outputs = step.outputs()
    assert (outputs["outcome"], outputs["exit_code"]) == ("overridden", "0")
    assert json.loads(outputs["result"])["override"]["reason"] == REASON
    summary = step.summary.read_text()
    assert summary.startswith("### nbcloud wait: overridden\n")
    assert f'- override: "{REASON}", until ' in summary
    assert "- overrode: unreachable" in summary


def test_a_reason_acts_on_no_runner_and_no_page(down: MockClouds, step: Step) -> None:
    done = invoke("wait", f"lease={TARGET}", *override(HOSTILE[:200]), "--junit-xml", str(step.junit))
    assert done.code == 0
    own = [line.partition("::")[2].partition(" ")[0].partition("::")[0] for line in commands(done.err)]
    assert sorted(own) == ["endgroup", "group", "warning"]
    assert commands(done.out) == []
    assert set(step.outputs()) == {"outcome", "exit_code", "elapsed_seconds", "result"}
    summary = step.summary.read_text()
    assert not re.search(r"<script|(?<!\\)\[l\]|@all|(?<!\\)\|cell", summary)
    assert set(outcomes(suite_of(step.junit)).values()) == {"skipped"}
