"""What a preview says of gates: what their conditions would find now, and what is wrong with them."""

from __future__ import annotations

import re
from collections import Counter

from lease_support import CREATED, RUNNING, STOPPED, looked_at, notebook
from stack import PROGRAM_ROW, UNHANDLED, Stack, row

from pulumi_nbcloud.mock import MockClouds

WHEN = "(asked when this gate is created or updated)"
FIELDS = (
    "hint: fields of modelarts:NotebookLease are notebook_id, project_id, endpoint, running, create_at, create_time, "
    "duration, update_at, update_time, enable, type, expire_time, stops_itself, earliest_stop_time, not_running_reason"
)
TYPO = 'warning: until: "TIMNG" is not a known value of self.type; did you mean "TIMING"?'


def test_each_gate_says_what_it_would_find_now(stack: Stack, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(1), create_at=CREATED, update_at=CREATED)
    clouds.modelarts.put_lease(notebook(2), status="STOPPED")
    clouds.modelarts.put_lease(notebook(4), status="FROZEN")
    clouds.faults.add(service="modelarts", status=500, match=notebook(5), count=1_000)
    stack.program("""
        gate("holds", 1)
        gate("not-yet", 2)
        gate("missing", 3)
        gate("failed", 4)
        gate("down", 5)
        gate("wrong", 1, until="int(self.type) > 3")
        gate("typo", 2, until='self.type == "TIMNG"')
        seed = Seed("seed", "x")
        nbcloud.Gate("unknown", target=nbcloud.modelarts.NotebookLeaseArgs(notebook_id=seed.notebook_id))
        gate("unknown-until", 2, until=seed.notebook_id.apply(lambda known: "self.running"))
    """)
    # Ten gates: with fewer slots that is a warning of its own.
    rows = stack.preview("--parallel", "16").diagnostics
    rows[row("wrong")] = [
        re.sub("'TIMING' is no int[^;]*? \\(asked", "REASON (asked", line) for line in rows[row("wrong")]
    ]
    assert rows == {
        row("holds"): [f"now: {RUNNING}; the condition holds {WHEN}"],
        row("not-yet"): [f"now: {STOPPED}; not met: self.running {WHEN}"],
        row("missing"): [f"now: not found; not met: self.running {WHEN}"],
        row("failed"): [
            (
                "now: running=false, not_running_reason=FROZEN; it counts as failed: "
                f'self.not_running_reason == "FROZEN" {WHEN}'
            )
        ],
        row("down"): [f"now: could not poll: the cloud cannot answer now {WHEN}"],
        row("wrong"): [f"now: {RUNNING}; the condition cannot be evaluated: REASON {WHEN}"],
        row("typo"): [f'now: {STOPPED}; not met: self.type == "TIMNG": type is null {WHEN}', TYPO],
        row("unknown"): ["now: not known yet, because not all of the gate's inputs are"],
        row("unknown-until"): ["now: not known yet, because not all of the gate's inputs are"],
    }
    # A look each; of two gates on one notebook that look at the same time, one may use the other's.
    asked = Counter(looked_at(clouds))
    assert set(asked) == {1, 2, 3, 4, 5}
    assert (asked[3], asked[4], asked[5]) == (1, 1, 1)
    assert max(asked[1], asked[2]) <= 2

    stack.config(["nbcloud:previewPoll", "false"])
    clouds.clear_requests()
    quiet = stack.preview("--parallel", "16")
    assert quiet.diagnostics == {row("typo"): [TYPO]}
    assert "now:" not in quiet.output
    assert clouds.request_count() == 0


def test_a_cloud_that_does_not_answer_holds_up_no_preview(stack: Stack, clouds: MockClouds) -> None:
    clouds.faults.add(service="modelarts", status=500, count=2, delay=30)
    stack.program('gate("one", 1)\ngate("two", 2)\n')
    preview = stack.preview()
    line = f"now: not polled within the preview's 5 s {WHEN}"
    assert preview.diagnostics == {row("one"): [line], row("two"): [line]}
    # It was not the cloud's answer that ended the preview.
    assert clouds.requests[0].status is None


def test_refused_credentials_and_missing_settings_are_not_fatal(stack: Stack, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(1))
    clouds.modelarts.put_lease(notebook(2))
    stack.environment["NBCLOUD_MODELARTS_SECRET_KEY"] = "wrong"
    stack.program('gate("one", 1)\ngate("two", 2)\ngate("no-profile", 3, profile="nope")\n')
    rows = stack.preview().diagnostics
    for name in ("one", "two"):
        (line,) = rows[row(name)]
        assert line.startswith("now: could not poll: the cloud refuses the credentials: ")
        assert line.endswith(WHEN)
    (line,) = rows[row("no-profile")]
    assert line.startswith("now: could not poll: no credentials for modelarts in profile nope; ")
    # A second wrong signature would bring the key closer to its lock.
    assert clouds.request_count() == 1


def test_a_preview_after_the_update_looks_again_and_changes_nothing(stack: Stack, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(1))
    stack.program("""
        gate("ready", 1)
        gate("typo", 1, until='self.type == "TIMNG" || self.running')
    """)
    update = stack.up()
    assert update.diagnostics == {row("typo"): [TYPO]}
    clouds.modelarts.add_transition(notebook(1), status="STOPPED")
    preview = stack.preview("--expect-no-changes")
    assert f"now: {STOPPED}; not met: self.running {WHEN}" in preview.text


def test_a_newcomer_learns_all_that_is_wrong_from_the_preview(stack: Stack, clouds: MockClouds) -> None:
    stack.program("""
        triggers = [pulumi.Output.secret("canary-5b1e")]
        until = "self.runing && self.type == TIMING"
        gate("ready", 1, until=until, fail_on="self.type", interval="1ms", triggers=triggers)
    """)
    preview = stack.preview(expect=1)
    assert preview.diagnostics == {
        PROGRAM_ROW: [
            "error: gate ready: interval '1ms' is out of range",
            "hint: give 1s to 720h",
            "until: self.runing is not a field of modelarts:NotebookLease; did you mean self.running?",
            'until: TIMING is not a variable; write "TIMING" in quotes',
            'fail_on: self.type is a string, not a bool; compare it, as in self.type == "TIMING"',
            FIELDS,
            UNHANDLED,
        ]
    }
    assert "Traceback" not in preview.text
    # The engine prints the value of a property that a failure names.
    assert "canary" not in preview.text
    assert clouds.request_count() == 0


def test_a_gate_without_a_target_ends_in_two_clean_errors(stack: Stack) -> None:
    stack.program('nbcloud.Gate("ready", until="true")\n')
    preview = stack.preview(expect=1)
    assert preview.diagnostics[PROGRAM_ROW] == [
        "error: gate ready: give either target= or targets=",
        "hint: target= for one thing, which conditions call self; targets= for several, by name",
        UNHANDLED,
    ]
