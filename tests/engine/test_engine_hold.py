"""A gate with `hold` on the real engine: one wait of many updates, its deadline, and what else happens meanwhile."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone
from typing import Any

from lease_support import looked_at, notebook
from nbcloud_support import eventually
from stack import GATE, PROGRAM_ROW, Run, Stack, row, urn

from pulumi_nbcloud.mock import MockClouds

START = GATE.replace("nbcloud:Gate", "nbcloud:WaitStart")
AWAITING = 10  # Pulumi's own exit code
START_ROW = f"{START} (ready)"
GOES_ON = "hint: run `pulumi up` again: the gate goes on, and its deadline stays"
OPTIONS = """
    import os

    options = dict(hold=os.environ.get("HOLD", "0"), timeout=os.environ.get("TIMEOUT", "40h"))
"""


def stored(stack: Stack) -> dict[str, dict[str, Any]]:
    """What is in state, by the end of its type and its name."""
    latest = stack._checkpoint()["checkpoint"]["latest"] or {}
    found = [each for each in latest.get("resources", []) if not each["type"].startswith("pulumi:")]
    return {f"{each['type'].rpartition(':')[2]} {each['urn'].rpartition('::')[2]}": each for each in found}


def started(stack: Stack) -> datetime:
    text: str = stored(stack)["WaitStart ready"]["outputs"]["started"]
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)


def text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def later(stack: Stack, clouds: MockClouds, **time: float) -> None:
    """Time passes: on the clouds' clock, and for the stack, in whose state the wait then began so much earlier."""
    step = timedelta(**time)
    clouds.clock.advance(step.total_seconds())
    path = stack.backend / ".pulumi" / "stacks" / "probe" / f"{stack.name}.json"
    before = started(stack)
    path.write_text(path.read_text().replace(text(before), text(before - step)))
    assert started(stack) == before - step


def awaited(stack: Stack, run: Run, hours: float) -> None:
    """An update has ended as awaiting, and said everything that is to be said."""
    assert run.code == AWAITING, run.text
    assert "**create awaiting**" in run.output
    assert "1 awaiting" in run.output
    headline, *facts = run.diagnostics[row("ready")]
    deadline = text(started(stack) + timedelta(hours=hours))
    assert re.search(rf": awaiting after \S+ of {hours:g}h; expected: self.running; actual: running=false", headline)
    assert f"deadline: {deadline}; polls: " in headline
    assert facts == [GOES_ON, "warning: resource is awaiting"]
    assert run.diagnostics[PROGRAM_ROW] == ["warning: update has awaiting resources"]
    assert stack.pending() == []


def test_a_wait_of_forty_hours_is_twenty_updates_with_one_deadline(stack: Stack, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(1), status="STOPPED")
    clouds.modelarts.add_transition(notebook(1), status="RUNNING", after_seconds=37.5 * 3600)
    clouds.modelarts.put_lease(notebook(2))
    stack.program(f"""{OPTIONS}
    ready, other = gate("ready", 1, **options), gate("other", 2, **options)
    Seed("behind", "behind", opts=after(ready))
    Seed("beside", "beside", opts=after(other))
    pulumi.export("outcome", ready.outcome)
    """)
    run = stack.up(expect=AWAITING)
    awaited(stack, run, 40)
    # What does not depend on it is there: the other gate, and what waits for that one.
    kept = {"WaitStart ready", "WaitStart other", "Gate other", "Seed beside"}
    assert set(stored(stack)) == kept
    began = started(stack)
    for number in range(1, 19):
        later(stack, clouds, hours=2)
        began -= timedelta(hours=2)
        clouds.clear_requests()
        if number == 3:
            # The runner is gone in the middle of an update.
            stack.environment["HOLD"] = "10m"
            with stack.begin("up", "--yes", "--skip-preview") as update:
                eventually(lambda: looked_at(clouds) != [], "a poll")
                update.kill()
            stack.environment["HOLD"] = "0"
            assert stack.pending() == ["ready"]
            stack.run("cancel", "--yes", expect=0)
            stack.refresh("--clear-pending-creates")
            clouds.clear_requests()
        if number == 5:
            preview = stack.preview()
            since = f"; awaiting since {text(began)}, until {text(began + timedelta(hours=40))} (asked when "
            (line,) = preview.diagnostics[row("ready")]
            assert line.startswith("now: running=false")
            assert since in line
            # Of one that was met nothing is awaited.
            assert "awaiting" not in "".join(preview.diagnostics[row("other")])
            clouds.clear_requests()
        if number == 7:
            stack.refresh()
            assert clouds.requests == []
        if number == 9:
            # Nothing of it is in this update.
            stack.up(
                "--target", urn("other").replace(GATE, "pulumi-python:dynamic/probe:Seed").replace("other", "beside")
            )
            assert clouds.requests == []
        arguments = ["--continue-on-error"] if number == 11 else []
        awaited(stack, stack.up(*arguments, expect=AWAITING), 40)
        assert looked_at(clouds) == [1]
        assert (set(stored(stack)), started(stack)) == (kept, began)
    later(stack, clouds, hours=2)
    done = stack.up()
    assert set(stored(stack)) == {*kept, "Gate ready", "Seed behind"}
    assert stack.outputs() == {"outcome": "met"}
    outputs = stored(stack)["Gate ready"]["outputs"]
    assert outputs["wait_start"]["started"] == text(began - timedelta(hours=2))
    assert 38 * 3600 <= outputs["elapsed_seconds"] < 39 * 3600
    assert "Diagnostics:" not in done.output
    clouds.clear_requests()
    stack.up("--expect-no-changes")
    stack.destroy()
    assert stored(stack) == {}
    assert clouds.requests == []


def test_a_deadline_that_passed_between_two_updates_is_final_until_somebody_moves_it(
    stack: Stack, clouds: MockClouds
) -> None:
    clouds.modelarts.put_lease(notebook(1), status="STOPPED")
    stack.program(
        f"""{OPTIONS}
    triggers = json.loads(os.environ.get("TRIGGERS", "null"))
    ready = gate("ready", 1, triggers=triggers, **options)
    Seed("behind", "behind", opts=after(ready))
    if os.environ.get("FAIL"):
        gate("missing", 9, timeout="0")
    """.replace("import os\n", "import json\n    import os\n")
    )
    # A real failure beside it counts for more than that something is awaiting.
    stack.environment["FAIL"] = "1"
    run = stack.up(expect=None)
    assert run.code not in (0, AWAITING), run.text
    del stack.environment["FAIL"]
    later(stack, clouds, hours=41)
    over = text(started(stack) + timedelta(hours=40))
    message = ""
    for _ in range(2):
        clouds.clear_requests()
        run = stack.up(expect=None)
        assert run.code not in (0, AWAITING), run.text
        assert looked_at(clouds) == [1]
        message = "\n".join(run.diagnostics[row("ready")])
        assert ": timed out after 41h" in message
        assert f"; the deadline was {over}, so the next update polls once: to wait longer, write timeout=" in message
    (command,) = re.findall(r"pulumi up --replace (\S+)", message)
    (triggers,) = re.findall(r"write triggers=(\[\S+\]),", message)

    # Each of the three ways that the hint names, as it names them.
    stack.environment["TIMEOUT"] = "80h"
    run = stack.up(expect=AWAITING)
    awaited(stack, run, 80)
    since = f"awaiting since {text(started(stack))}, until {text(started(stack) + timedelta(hours=80))}, not {over}"
    assert run.diagnostics[START_ROW] == [f"the deadline moves: {since}"]

    before = started(stack)
    run = stack.up("--replace", command.replace(":'':", "::"), expect=AWAITING)
    awaited(stack, run, 80)
    assert started(stack) > before + timedelta(hours=40)

    later(stack, clouds, hours=81)
    before = started(stack)
    stack.environment["TRIGGERS"] = triggers
    awaited(stack, stack.up(expect=AWAITING), 80)
    assert started(stack) > before + timedelta(hours=80)
    stack.destroy()
    assert stored(stack) == {}


def test_a_gate_that_is_asked_something_else_keeps_its_old_state_while_it_is_awaiting(
    stack: Stack, clouds: MockClouds
) -> None:
    clouds.modelarts.put_lease(notebook(1))
    stack.program(f"""{OPTIONS}
    until = os.environ.get("UNTIL", "self.running")
    until = pulumi.Output.secret(until) if os.environ.get("SECRET") else until
    ready = gate("ready", 1, until=until, enforcement=os.environ.get("ENFORCEMENT"), **options)
    Seed("behind", "behind", opts=after(ready))
    """)
    stack.up()
    old = stored(stack)
    stack.environment["UNTIL"] = "!self.running"
    run = stack.up(expect=AWAITING)
    assert "**update awaiting**" in run.output
    new = stored(stack)
    assert (new["Gate ready"]["outputs"], new["Seed behind"]["id"]) == (
        old["Gate ready"]["outputs"],
        old["Seed behind"]["id"],
    )
    # It waits for something else, so its deadline is another one.
    assert new["WaitStart ready"]["id"] != old["WaitStart ready"]["id"]
    later(stack, clouds, hours=3)
    preview = stack.preview()
    line = f"awaiting since {text(started(stack))}, until {text(started(stack) + timedelta(hours=40))}"
    assert line in preview.diagnostics[row("ready")]
    # Less binding is no other wait.
    stack.environment["ENFORCEMENT"] = "advisory"
    before = started(stack)
    run = stack.up(expect=AWAITING)
    assert started(stack) == before
    # At the deadline an advisory one lets through.
    later(stack, clouds, hours=38)
    stack.up()
    assert stored(stack)["Gate ready"]["outputs"]["outcome"] == "timed_out"
    # A secret shows in no state: not even its digest.
    stack.environment["SECRET"] = "1"
    stack.up()
    kept = stored(stack)
    assert "ciphertext" in kept["WaitStart ready"]["inputs"]["digest"]
    assert "ciphertext" in kept["WaitStart ready"]["outputs"]["digest"]
    assert "ciphertext" in kept["Gate ready"]["inputs"]["wait_start"]["digest"]
    assert set(kept["WaitStart ready"]["inputs"]) == {"__provider", "digest", "enforcement", "status_urn", "timeout"}
    assert notebook(1) not in json.dumps(kept["WaitStart ready"])


FLAKY = """
import os

from pulumi.dynamic import CreateResult, Resource, ResourceProvider


class _Flaky(ResourceProvider):
    def create(self, props):
        if os.environ.get("FAIL"):
            raise ValueError("not yet")
        return CreateResult("flaky", {})


class Flaky(Resource, module="probe", name="Flaky"):
    def __init__(self, name):
        super().__init__(_Flaky(), name, {})
"""


def test_the_clock_of_a_wait_starts_when_the_gate_may_poll(stack: Stack, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(1), status="STOPPED")
    (stack.folder / "flaky.py").write_text(FLAKY)
    stack.program("""
        from flaky import Flaky

        first = Flaky("first")
        gate("ready", 1, hold="0", timeout="40h", opts=after(first))
    """)
    stack.environment["FAIL"] = "1"
    failed = stack.up(expect=None)
    assert failed.code not in (0, AWAITING), failed.text
    assert stored(stack) == {}
    clouds.clear_requests()
    del stack.environment["FAIL"]
    # However long that took, none of it counts: also where the deadline would be over by now.
    moment = datetime.now(timezone.utc).replace(microsecond=0)
    awaited(stack, stack.up(expect=AWAITING), 40)
    assert started(stack) >= moment
    assert looked_at(clouds) == [1]


def test_an_update_of_the_gate_alone_needs_what_keeps_its_start(stack: Stack, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(1), status="STOPPED")
    stack.program(f"""{OPTIONS}
    gate("ready", 1, until=os.environ.get("UNTIL", "self.running"), **options)
    """)
    both = ["--target", urn("ready"), "--target", urn("ready").replace(GATE, START)]
    stack.up(*both, expect=AWAITING)
    assert set(stored(stack)) == {"WaitStart ready"}
    stack.environment["UNTIL"] = "self.running && true"
    clouds.clear_requests()
    run = stack.up("--target", urn("ready"), expect=None)
    assert run.code not in (0, AWAITING), run.text
    assert "hold: the WaitStart of this gate began for something else than the gate waits for" in run.text
    assert clouds.requests == []
    (command,) = re.findall(r"name both: --target (\S+)", run.text)
    stack.up("--target", urn("ready"), "--target", command.replace(":'':", "::"), expect=AWAITING)
