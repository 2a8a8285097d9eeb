"""A waiting gate as a person sees it: on a terminal, wide and narrow, and in the log of a CI run."""

from __future__ import annotations

import re

import pytest
from lease_support import notebook
from nbcloud_support import eventually
from stack import GATE, Stack, row
from terminal import Terminal, shown

from pulumi_nbcloud.mock import MockClouds

STARTING = "running=false, not_running_reason=STARTING"
ROW = re.compile(rf"\+ +└─ {GATE} +ready +(creating|created) \((\d+)s\)[. ]*(.*)")


@pytest.mark.parametrize("columns", [80, 160])
def test_on_a_terminal_the_row_of_a_gate_says_what_it_sees_now(columns: int, stack: Stack, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(1), status="STOPPED")
    stack.program('gate("ready", 1)\n')
    status = {name: f"running false; not_running_reason {name}; " for name in ("NOT_RUNNING", "STARTING")}

    def go_on(terminal: Terminal) -> None:
        """Starts the notebook once a person could see that it is stopped, and so on."""
        seen = terminal.rows("runni")
        if seen and clouds.modelarts.get_lease(notebook(1))["status"] == "STOPPED":
            clouds.modelarts.put_lease(notebook(1), status="STARTING")
        elif any("STARTING" in line for line in seen) or (columns < 160 and clouds.request_count() > 3):
            clouds.modelarts.put_lease(notebook(1))

    terminal = shown(stack, columns, "up", "--yes", "--skip-preview", then=go_on)
    assert terminal.code == 0, terminal.screens[-1]
    # One line on every screen, however narrow; and how long it has taken is the engine's own count on it.
    for screen in terminal.screens:
        assert len([line for line in screen if " ready " in line]) <= 1
        assert all(len(line) <= columns for line in screen)
    rows = [found.groups() for found in map(ROW.search, terminal.rows(" ready ")) if found]
    assert {"creating", "created"} == {state for state, _, _ in rows}
    texts = list(dict.fromkeys(text.strip() for _, _, text in rows if text.strip()))
    if columns == 160:
        assert [next((name for name in status if text.startswith(status[name])), text[:9]) for text in texts] == [
            *status,
            "met after",
        ]
    else:
        # The engine's own columns leave room for the beginning alone.
        assert all("running false; ".startswith(text) or "met after ".startswith(text) for text in texts)
        assert texts
    last = terminal.screens[-1]
    assert not any("runni" in line or "Diagnostics" in line for line in last)


def test_in_a_ci_log_a_gate_has_one_line_for_each_change_and_no_escape_codes(stack: Stack, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(1), status="STOPPED")
    stack.program('gate("ready", 1)\n')
    with stack.begin("up", "--yes", "--skip-preview") as update:
        # Four polls that see the same are one line.
        eventually(lambda: clouds.request_count() > 3, "four looks")
        clouds.modelarts.put_lease(notebook(1), status="STARTING")
        seen = clouds.request_count()
        eventually(lambda: clouds.request_count() > seen + 1, "looks after the change")
        clouds.modelarts.put_lease(notebook(1))
        run = update.end(110)
    assert run.code == 0, run.text
    assert "\x1b" not in run.text
    lines = [line.partition("s) ")[2] for line in run.output.splitlines() if "ready creating" in line]
    said = [re.sub(r"\d+s of 10m$", "Ns of 10m", line) for line in lines if line]
    assert said[:-1] == [
        f"running false; not_running_reason {state}; Ns of 10m" for state in ("NOT_RUNNING", "STARTING")
    ]
    assert re.fullmatch(r"met after \d+s, \d+ polls", said[-1])
    assert row("ready") not in run.diagnostics
