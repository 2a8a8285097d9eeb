"""Gates that are cut short: Ctrl-C, a killed CLI; and what secrets leave behind."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from lease_support import looked_at, notebook
from nbcloud_support import eventually
from stack import Stack, row

from pulumi_nbcloud.mock import MockClouds

CANARY = "canary-0e63ad58-secret-key"
UP = ("up", "--yes", "--skip-preview")


@pytest.mark.usefixtures("ordinary_python")
def test_one_interrupt_ends_all_waits_and_leaves_nothing_pending(stack: Stack, clouds: MockClouds) -> None:
    for number in (1, 2):
        clouds.modelarts.put_lease(notebook(number), status="STOPPED")
    stack.program('gate("one", 1)\ngate("two", 2)\ngate("three", 3)\n')
    with stack.begin(*UP) as update:
        eventually(lambda: set(looked_at(clouds)) == {1, 2, 3}, "a poll of every gate")
        update.interrupt(group=False)
        # The timeout of the gates is ten minutes.
        run = update.end(60)
    assert run.code not in (0, None)
    assert "Traceback" not in run.text
    for number, name in enumerate(("one", "two", "three"), 1):
        error, hint = run.diagnostics[row(name)]
        start = f"error: modelarts:NotebookLease {notebook(number)}: cancelled after "
        assert error.startswith(start)
        assert re.match(r"\d+s of 10m; expected: self.running; actual: ", error.removeprefix(start))
        assert hint == "hint: nothing was changed; the next run waits again"
    assert stack.pending() == []
    assert stack.resources() == {}

    for number in (1, 2, 3):
        clouds.modelarts.put_lease(notebook(number))
    assert "warning" not in stack.up().text
    assert set(stack.resources()) == {"one", "two", "three"}


@pytest.mark.usefixtures("ordinary_python")
def test_ctrl_c_in_a_terminal_ends_an_update_that_waits_again(stack: Stack, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(1))
    stack.program('gate("one", 1)')
    stack.up()
    before = stack.resources()["one"]
    stack.program('gate("one", 1, until="!self.running")')
    clouds.clear_requests()
    with stack.begin(*UP) as update:
        eventually(lambda: clouds.request_count() > 0, "a poll")
        update.interrupt(group=True)
        run = update.end(60)
    assert run.code not in (0, None)
    assert "cancelled after " in run.diagnostics[row("one")][0]
    assert stack.pending() == []
    assert stack.resources()["one"]["outputs"] == before["outputs"]


@pytest.mark.usefixtures("ordinary_python")
def test_a_killed_update_can_be_run_again(stack: Stack, clouds: MockClouds) -> None:
    """After SIGKILL the backend holds the CLI's lock: `pulumi cancel` takes it away, as after any killed update.

    The next `pulumi up` warns of the pending creations, waits again and creates the gates; it needs no flag. The
    entries themselves go with `pulumi refresh --clear-pending-creates` (or an interactive `pulumi refresh`). A gate
    has created nothing anywhere, so there is nothing to look for.
    """
    for number in (1, 2):
        clouds.modelarts.put_lease(notebook(number), status="STOPPED")
    stack.program('gate("one", 1)\ngate("two", 2)\n')
    with stack.begin(*UP) as update:
        eventually(lambda: set(looked_at(clouds)) == {1, 2}, "a poll of both gates")
        update.kill()
    assert sorted(stack.pending()) == ["one", "two"]
    assert stack.resources() == {}

    locked = stack.up(expect=None)
    assert locked.code != 0
    assert "`pulumi cancel`" in locked.text
    stack.run("cancel", "--yes", expect=0)
    for number in (1, 2):
        clouds.modelarts.put_lease(notebook(number), status="STOPPED")
        clouds.modelarts.add_transition(notebook(number), status="RUNNING", after_reads=1)
    clouds.clear_requests()
    run = stack.up()
    assert "interrupted while creating" in run.text
    assert set(stack.resources()) == {"one", "two"}
    assert clouds.request_count() == 4
    stack.refresh("--clear-pending-creates")
    assert stack.pending() == []
    assert set(stack.resources()) == {"one", "two"}


def test_a_canary_is_in_nothing_that_a_gate_leaves(make_stack: Callable[..., Stack], clouds: MockClouds) -> None:
    clouds.modelarts.add_account("CANARYKEY", CANARY, projects=["mock-project"])
    clouds.modelarts.put_lease(notebook(1), status="STOPPED")
    # The first poll is the preview's.
    clouds.modelarts.add_transition(notebook(1), status="RUNNING", after_reads=2)
    stack = make_stack()
    account = {"accessKey": "CANARYKEY", "secretKey": CANARY, "projectId": "mock-project", "endpoint": clouds.url}
    stack.configure({"nbcloud:modelarts": account}, {"trigger": f"{CANARY}-trigger"})
    program = 'gate("one", 1, triggers=[pulumi.Config().require_secret("trigger")])\n'
    stack.program(program)
    said = [stack.preview("--debug").text, stack.up("--debug").text]
    assert "running false; not_running_reason NOT_RUNNING; " in said[1]
    assert stack.resources()["one"]["outputs"]["outcome"] == "met"
    assert clouds.request_count() == 3
    stack.program(program + 'gate("two", 2)\n')
    clouds.modelarts.add_account("CANARYKEY", "rotated", projects=["mock-project"])
    said.append(stack.up("--debug", expect=1).text)
    assert "the cloud refuses the credentials" in said[-1]
    assert {entry.access_key for entry in clouds.requests} == {"CANARYKEY"}
    said.append(stack.run("stack", "export", expect=0).text)
    assert CANARY not in "\n".join(said)
    files = stack.files()
    # The access key is no secret: where it is found, the secret would be.
    assert "CANARYKEY" in files
    assert CANARY not in files
