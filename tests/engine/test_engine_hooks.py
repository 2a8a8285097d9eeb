"""wait_before on the real engine: a resource of the user's own is held back, and what that looks like."""

from __future__ import annotations

import re

from lease_support import STOPPED, looked_at, notebook
from stack import PROGRAM_ROW, UNHANDLED, Stack

from pulumi_nbcloud.mock import MockClouds

ROW = "pulumi-python:dynamic/probe:Seed"
HEAD = f"""
lease = nbcloud.modelarts.NotebookLeaseArgs(notebook_id="{notebook(1)}")
other = nbcloud.modelarts.NotebookLeaseArgs(notebook_id="{notebook(2)}")


def held(name, called=None, target=lease, **how):
    hooks = nbcloud.wait_before(called, target=target, **{{"interval": "1s", "timeout": "10m", **how}})
    return Seed(name, "v", opts=pulumi.ResourceOptions(hooks=hooks))

"""


def test_a_resource_is_created_once_the_condition_is_met_and_its_row_says_so(stack: Stack, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(1), status="STOPPED")
    clouds.modelarts.add_transition(notebook(1), status="RUNNING", after_reads=3)
    # Not in preview.
    stack.program(HEAD + 'held("web", until="self.running", consecutive=2)\n')
    assert "Diagnostics:" not in stack.preview().output
    assert clouds.request_count() == 0
    run = stack.up()
    assert looked_at(clouds) == [1] * 5
    assert set(stack.resources()) == {"web"}
    shown = [line.partition("s) ")[2] for line in run.output.splitlines() if f"{ROW} web creating" in line]
    status = [re.sub(r"\d+s of", "Ns of", line) for line in shown if line]
    assert status[0] == "running false; not_running_reason NOT_RUNNING; Ns of 10m"
    assert "met 1/2 polls; Ns of 10m" in status
    assert re.fullmatch(r"met after \d+s, 5 polls", status[-1])
    assert "Diagnostics:" not in run.output

    # What is there already is not waited for, unless before its update.
    clouds.clear_requests()
    stack.up("--expect-no-changes")
    assert clouds.request_count() == 0


def test_what_is_not_met_is_the_resources_error_and_advice_its_warning(stack: Stack, clouds: MockClouds) -> None:
    # Two things: hooks that ask the same at the same time may share a request.
    for number in (1, 2):
        clouds.modelarts.put_lease(notebook(number), status="STOPPED")
    stack.program(
        HEAD
        + 'held("web", called="wait for web", timeout="0")\n'
        + 'held("advised", target=other, timeout="0", enforcement="advisory")\n'
    )
    run = stack.up("--continue-on-error", expect=1)
    assert "Traceback" not in run.text
    ended = {
        number: rf"modelarts:NotebookLease {notebook(number)}: timed out after \d+s; "
        + re.escape(f"expected: self.running; actual: {STOPPED} ")
        + r"\(\d+s ago\); polls: 1 \(request id [0-9a-f]{32}\)"
        for number in (1, 2)
    }
    error, hint = run.diagnostics[f"{ROW} (web)"]
    assert re.fullmatch(f'error: before hook "wait for web" failed: {ended[1]}', error)
    assert hint.startswith("hint: look at the notebook's events in the ModelArts console (https://")
    assert hint.endswith("; or give a longer timeout; the next run waits again")
    warning, hint = run.diagnostics[f"{ROW} (advised)"]
    assert re.fullmatch(f"warning: {ended[2]}", warning)
    assert hint.endswith("; the update goes on, because this wait is advisory")
    assert set(stack.resources()) == {"advised"}
    assert clouds.request_count() == 2


def test_a_condition_that_cannot_be_right_ends_the_preview(stack: Stack, clouds: MockClouds) -> None:
    stack.program(HEAD + 'held("web", called="wait for web", until="self.runing")\n')
    run = stack.preview(expect=1)
    lines = run.diagnostics[PROGRAM_ROW]
    assert lines[0] == (
        "error: wait_before wait for web: until: self.runing is not a field of modelarts:NotebookLease; did you mean "
        "self.running?"
    )
    assert lines[1].startswith("hint: fields of modelarts:NotebookLease are ")
    assert lines[2:] == [UNHANDLED]
    assert "Traceback" not in run.text
    assert clouds.request_count() == 0
