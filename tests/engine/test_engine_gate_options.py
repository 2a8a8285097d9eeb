"""The options of gates on the real engine, several in one stack; and a gate whose target the stack brings about."""

from __future__ import annotations

import os
import re
from collections import Counter

from lease_support import STOPPED, looked_at, notebook
from nbcloud_support import eventually
from stack import GATE, PROGRAM_ROW, Stack, row

from pulumi_nbcloud.mock import MockClouds

ADVICE = "; the update goes on, because this wait is advisory"
LONGER = (
    "look at the notebook's events in the ModelArts console "
    "(https://support.huaweicloud.com/intl/zh-cn/devtool-modelarts/devtool-modelarts_0230.html); or "
    "give a longer timeout"
)
OPTIONS = """
    gate("advised", 1, timeout="0", enforcement="advisory")
    gate("off", 1, enforcement="disabled", every_update=True)
    gate("steady", 2, consecutive=3)
    gate("gone", 3, until="deleted", allow_absent=True)
    gate("always", 2, every_update=True)
    gate("custom", 2, timeout=None, opts=pulumi.ResourceOptions(
        custom_timeouts=pulumi.CustomTimeouts(create="7m", update="0")), until={until!r})
"""
FIXED = 'gate("advised", 1, timeout="0")\n'


def timeless(line: str) -> str:
    return re.sub(r"\d+s( of | ago)|request id \w+", r"N\1", line)


def test_options_decide_what_a_look_means_and_whether_the_update_goes_on(stack: Stack, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(1), status="STOPPED")
    clouds.modelarts.put_lease(notebook(2))
    stack.program(OPTIONS.format(until="self.running"))
    run = stack.up("--parallel", "16")
    assert set(run.diagnostics) == {row("advised")}
    advised, hint = run.diagnostics[row("advised")]
    problem = (
        f"modelarts:NotebookLease {notebook(1)}: timed out after 0s; expected: self.running; "
        f"actual: {STOPPED} (0s ago); polls: 1 (request id X)"
    )
    assert timeless(advised) == timeless(f"warning: {problem}")
    assert hint == f"hint: {LONGER}{ADVICE}"
    outputs = {name: each["outputs"] for name, each in stack.resources().items()}
    assert {name: each["outcome"] for name, each in outputs.items()} == {
        "advised": "timed_out",
        "off": "disabled",
        "steady": "met",
        "gone": "met",
        "always": "met",
        "custom": "met",
    }
    assert timeless(outputs["advised"]["message"]) == timeless(problem)
    assert "met_time" not in outputs["advised"]
    assert (outputs["off"]["message"], outputs["off"]["polls"]) == (
        "not polled, because enforcement is 'disabled'",
        0,
    )
    assert (outputs["steady"]["polls"], outputs["gone"]["polls"]) == (3, 1)
    # The word is kept as it was written, and nothing that it implies.
    assert (outputs["gone"]["until"], outputs["gone"].get("not_found")) == ("deleted", None)
    assert outputs["custom"]["custom_timeouts"] == {"create": "7m", "update": "0"}

    # An update that changes nothing asks where that was asked for, and nowhere else.
    clouds.clear_requests()
    again = stack.up("--parallel", "16")
    assert looked_at(clouds) == [2]
    assert re.search(r"~ (\d+) updated", again.output)[1] == "1"  # type: ignore[index]
    assert "Diagnostics:" not in again.output

    # Tightened while it is not met: it waits, and is binding. The timeout of an update is the update's own.
    stack.program(OPTIONS.format(until="!self.running").replace(', enforcement="advisory"', ""))
    failed = stack.up("--parallel", "16", "--continue-on-error", expect=1)
    error, hint = failed.diagnostics[row("advised")]
    assert timeless(error) == timeless(f"error: {problem}")
    assert hint == f"hint: {LONGER}; the next run waits again"
    assert "timed out after 0s; expected: !self.running; " in timeless(failed.diagnostics[row("custom")][0])
    assert stack.resources()["advised"]["outputs"]["outcome"] == "timed_out"


HOLDING = """
    gate("held", 1, holds_for="{held}", stall_timeout="{stall}", interval="1s")
    gate("stuck", 2, stall_timeout="2s", interval="1s", enforcement="advisory")
"""


def test_a_change_of_how_long_it_must_hold_waits_again_and_of_a_limit_does_not(
    stack: Stack, clouds: MockClouds
) -> None:
    clouds.modelarts.put_lease(notebook(1))
    clouds.modelarts.put_lease(notebook(2), status="STOPPED")
    stack.program(HOLDING.format(held="2s", stall="30s"))
    run = stack.up()
    outputs = {name: each["outputs"] for name, each in stack.resources().items()}
    assert {name: each["outcome"] for name, each in outputs.items()} == {"held": "met", "stuck": "stalled"}
    assert outputs["held"]["elapsed_seconds"] >= 1.9
    assert outputs["held"]["polls"] >= 3
    assert ": stalled after N of 10m; reason: nothing changed for 2s; expected: " in timeless(
        run.diagnostics[row("stuck")][0]
    )

    clouds.clear_requests()
    stack.program(HOLDING.format(held="2s", stall="40s"))
    stack.up()
    assert looked_at(clouds) == []
    assert stack.resources()["held"]["outputs"]["stall_timeout"] == "40s"

    stack.program(HOLDING.format(held="1s", stall="40s"))
    stack.up()
    assert set(looked_at(clouds)) == {1}
    again = stack.resources()["held"]["outputs"]
    assert (again["holds_for"], again["outcome"]) == ("1s", "met")
    assert 0.9 <= again["elapsed_seconds"] < outputs["held"]["elapsed_seconds"] + 1


def test_not_found_and_failed_looks_end_a_wait_early_where_that_is_asked(stack: Stack, clouds: MockClouds) -> None:
    clouds.faults.add(service="modelarts", status=500, match=notebook(2), count=1_000)
    stack.program('gate("missing", 1, not_found="fail")\ngate("down", 2, max_poll_errors=2)\n')
    run = stack.up("--continue-on-error", expect=1)
    missing, _ = run.diagnostics[row("missing")]
    start = ": never appeared after N of 10m; reason: not_found is 'fail'; expected: self.running; actual: not found "
    assert start in timeless(missing)
    down, *_ = run.diagnostics[row("down")]  # then the hint, whose override stands on lines of its own
    assert re.search(r": unreachable after \d+s of 10m; reason: 2 polls in a row failed; ", down)
    assert sorted(looked_at(clouds)) == [1, 2, 2]
    assert stack.resources() == {}


def looked_twice(clouds: MockClouds) -> list[int]:
    return [number for number, looks in Counter(looked_at(clouds)).items() if looks > 1]


STARTER = """
import json
import urllib.request
from pulumi.dynamic import CreateResult, Resource, ResourceProvider


class _Provider(ResourceProvider):
    def create(self, props):
        for url in props["urls"]:
            urllib.request.urlopen(urllib.request.Request(url, b"{}", method="PUT"), timeout=30).close()
        return CreateResult("started", {})


class Starter(Resource, module="probe", name="Starter"):
    def __init__(self, name, urls, opts=None):
        super().__init__(_Provider(), name, {"urls": urls}, opts)
"""


def test_gates_wait_for_what_another_resource_of_the_stack_brings_about(stack: Stack, clouds: MockClouds) -> None:
    """At the default --parallel, with more gates than the SDK serves at a time, declared before what they wait for."""
    slots = 4 * len(os.sched_getaffinity(0))
    numbers = range(1, min(6, slots - 1) + 1)
    (stack.folder / "starter.py").write_text(STARTER)
    urls = [f"{clouds.url}/_mock/modelarts/leases/mock-project/{notebook(number)}" for number in numbers]
    stack.program(f"""
        from starter import Starter
        gates = [gate(str(number), number) for number in {list(numbers)}]
        Seed("behind", "b", opts=after(*gates))
        Starter("starter", {urls})
    """)
    with stack.begin("up", "--yes", "--skip-preview") as update:
        run = update.end(110)
    assert run.code == 0, run.text
    assert set(stack.resources()) == {*map(str, numbers), "behind", "starter"}
    assert {each["outputs"]["outcome"] for each in stack.resources().values() if each["type"] == GATE} == {"met"}


def test_more_gates_than_slots_are_said_and_starve_what_comes_behind_them(stack: Stack, clouds: MockClouds) -> None:
    for number in (1, 2, 3):
        clouds.modelarts.put_lease(notebook(number), status="STOPPED")
    stack.program('for number in (1, 2, 3):\n    gate(str(number), number)\nSeed("beside", "b")\n')
    with stack.begin("up", "--yes", "--skip-preview", "--parallel", "2") as update:
        # Two polls of each gate that has a slot: time enough for a third to begin if it could.
        eventually(lambda: len(looked_twice(clouds)) >= 2, "two polls of the gates that have a slot")
        assert len(set(looked_at(clouds))) == 2
        for number in (1, 2, 3):
            clouds.modelarts.add_transition(notebook(number), status="RUNNING")
        run = update.end(110)
    assert run.code == 0, run.text
    assert run.diagnostics[PROGRAM_ROW] == [
        (
            "warning: this program declares more gates than the engine has slots (--parallel 2): while that many wait, "
            "nothing else is created"
        ),
        "hint: raise --parallel, or give one gate several targets; a gate must not wait for what it keeps from running",
    ]
    assert "Diagnostics:" not in stack.up("--parallel", "3").output
