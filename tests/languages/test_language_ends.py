"""How a wait of the native provider ends before its condition is met: Ctrl-C, a killed CLI, a process used twice."""

from __future__ import annotations

import os
import re
import subprocess

import pytest
from language_stacks import PLUGIN, YamlStack, row
from lease_support import looked_at, notebook
from nbcloud_support import LIMIT_SECONDS, eventually
from stack import command_line

from pulumi_nbcloud.mock import MockClouds

UP = ("up", "--yes", "--skip-preview", "--parallel", "256")


def gates(count: int, **options: str) -> str:
    """As many gates, each on a notebook of its own."""
    given = "".join(f", {name}: {value}" for name, value in {"timeout": "10m", **options}.items())
    lines = (
        f'  gate{number}: {{type: "nbcloud:Gate", properties: {{target: {{kind: "modelarts:NotebookLease", '
        f'notebookId: "{notebook(number)}"}}{given}}}}}\n'
        for number in range(1, count + 1)
    )
    return "resources:\n" + "".join(lines)


@pytest.mark.parametrize("count", [1, 200])
def test_one_interrupt_ends_all_waits_and_leaves_nothing_pending(
    count: int, yaml_stack: YamlStack, clouds: MockClouds
) -> None:
    stack = yaml_stack
    for number in range(1, count + 1):
        clouds.modelarts.put_lease(notebook(number), status="STOPPED")
    stack.program(gates(count, interval="1h", timeout="2h"))
    with stack.begin(*UP) as update:
        eventually(lambda: set(looked_at(clouds)) == set(range(1, count + 1)), "a poll of every gate")
        update.interrupt(group=False)
        # The timeout of the gates is two hours.
        run = update.end(LIMIT_SECONDS)
    assert run.code not in (0, None)
    assert "Traceback" not in run.text
    for number in range(1, count + 1):
        error, hint = run.diagnostics[row(f"gate{number}")]
        start = f"error: modelarts:NotebookLease {notebook(number)}: cancelled after "
        assert re.match(re.escape(start) + r"\d+s of 2h; expected: self.running; actual: ", error)
        assert hint == "hint: nothing was changed; the next run waits again"
    assert stack.pending() == []
    assert stack.resources() == {}
    assert len(looked_at(clouds)) == count


def test_the_plugin_ends_after_its_cli_was_killed_and_sends_nothing_more(
    yaml_stack: YamlStack, clouds: MockClouds
) -> None:
    clouds.modelarts.put_lease(notebook(1), status="STOPPED")
    yaml_stack.program(gates(1, interval="1s"))
    with yaml_stack.begin(*UP) as update:
        eventually(lambda: looked_at(clouds) != [], "a poll")
        started = update.crash()
        plugins = {pid: line for pid, line in started.items() if "pulumi-resource-nbcloud" in line}
        assert plugins
        eventually(lambda: not any(map(command_line, plugins)), "the end of the plugin")
        sent = looked_at(clouds)
    assert looked_at(clouds) == sent


def test_a_plugin_that_serves_two_updates_waits_in_both(yaml_stack: YamlStack, clouds: MockClouds) -> None:
    """Under a debugger the engine attaches to it, and cancels it at the end of every run."""
    clouds.modelarts.put_lease(notebook(1))
    process = subprocess.Popen(
        [str(PLUGIN / "pulumi-resource-nbcloud")],
        env={**os.environ, **clouds.environment()},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        yaml_stack.environment["PULUMI_DEBUG_PROVIDERS"] = f"nbcloud:{port}"
        for until in ("self.running", "!self.running"):
            yaml_stack.program(gates(1, interval="1s", until=f'"{until}"'))
            with yaml_stack.begin(*UP) as update:
                eventually(lambda: looked_at(clouds) != [], "a poll")
                clouds.modelarts.add_transition(notebook(1), status="STOPPED")
                run = update.end(LIMIT_SECONDS)
            assert run.code == 0, run.text
            assert yaml_stack.resources()["gate1"]["outputs"]["outcome"] == "met"
            clouds.clear_requests()
        assert process.poll() is None
    finally:
        process.kill()
        process.wait(LIMIT_SECONDS)
        if process.stdout is not None:
            process.stdout.close()
