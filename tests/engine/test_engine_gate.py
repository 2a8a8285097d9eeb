"""Gates on the real engine: what waits behind them, how they end, and when they wait again."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from datetime import datetime

from lease_support import STOPPED, answered, looked_at, notebook
from nbcloud_support import LIMIT_SECONDS, eventually
from stack import GATE, PROGRAM_ROW, ROOT, Stack, row, urn

from pulumi_nbcloud.mock import MockClouds


def asked(clouds: MockClouds) -> Counter[int]:
    """How often each notebook was asked for since the log was emptied."""
    return Counter(looked_at(clouds))


def timeless(line: str) -> str:
    """A line without how long it took, which is up to the machine."""
    return re.sub(r"\d+s of", "Ns of", re.sub(r"\b(timed out|met) after \d+s", r"\1 after Ns", line))


def moment(text: str) -> datetime:
    return datetime.fromisoformat(re.sub(r"(\.\d{6})\d*Z$", r"\1+00:00", text))


def test_what_depends_on_a_gate_waits_for_its_release(stack: Stack, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(1), status="STOPPED")
    clouds.modelarts.put_lease(notebook(2))
    stack.program("""
        ready = gate("ready", 1)
        Seed("behind", "behind", opts=after(ready))
        Seed("beside", "beside")
        gate("second", 2, opts=after(ready))
        seen = ready.states.apply(lambda states: states["self"]["notebook_id"])
        lease = nbcloud.modelarts.NotebookLease("lease", notebook_id=seen)
        pulumi.export("values", pulumi.Output.all(
            ready.outcome, ready.polls, ready.elapsed_seconds, ready.transition_count, ready.states, ready.transitions))
        pulumi.export("types", pulumi.Output.all(
            ready.polls, ready.transition_count, ready.states["self"]["duration"], lease.duration).apply(
            lambda values: [type(value).__name__ for value in values]))
    """)
    with stack.begin("up", "--yes", "--skip-preview") as update:
        eventually(lambda: "beside" in stack.resources(), "what does not wait")
        eventually(lambda: answered(clouds) == {1}, "a poll of the gate")
        clouds.modelarts.add_transition(notebook(1), status="STARTING")
        clouds.modelarts.add_transition(notebook(1), status="RUNNING", after_reads=1)
        run = update.end(LIMIT_SECONDS)
    assert run.code == 0, run.text
    outputs = stack.outputs()
    outcome, polls, elapsed, count, states, transitions = outputs["values"]
    # The polls of the gate, and only then what depends on it, in any order.
    assert looked_at(clouds)[:polls] == [1] * polls
    assert asked(clouds) == {1: polls + 1, 2: 1}
    state = stack.resources()
    released = moment(clouds.requests[polls - 1].finished_at or "")
    created = {name: moment(state[name]["created"]) for name in ("behind", "beside", "second", "ready")}
    assert created["beside"] < released <= created["ready"]
    assert created["ready"] <= min(created["behind"], created["second"])

    # Live, on its own row, and gone afterwards.
    shown = [line.partition("s) ")[2] for line in run.output.splitlines() if f"{GATE} ready creating" in line]
    status = [re.sub(r"\d+ polls", "N polls", timeless(line)) for line in shown if line]
    assert list(dict.fromkeys(status)) == [
        "running false; not_running_reason NOT_RUNNING; Ns of 10m",
        "running false; not_running_reason STARTING; Ns of 10m",
        "met after Ns, N polls",
    ]
    assert re.search(rf"{GATE} ready created \(\d+s\) met after \d+s, \d+ polls", run.output)
    assert "Diagnostics:" not in run.output

    assert (outcome, count) == ("met", 3)
    assert polls >= 3
    assert elapsed > 1
    assert states["self"]["running"] is True
    assert [each["observed"] for each in transitions][:2] == [STOPPED, "running=false, not_running_reason=STARTING"]
    assert outputs["types"] == ["int", "int", "float", "int"]
    assert state["ready"]["type"] == GATE
    assert re.fullmatch("[0-9a-f]{32}", state["ready"]["id"])
    assert not state["ready"].get("external")
    assert state["ready"]["inputs"]["status_urn"] == state["ready"]["urn"] == urn("ready")
    golden = json.loads((ROOT / "tests" / "golden" / "frozen.json").read_text())
    assert state["ready"]["inputs"]["__provider"] == golden["nbcloud:Gate"]["blob"]

    # What was seen stays, whatever became of it: the answer was given.
    clouds.modelarts.delete_lease(notebook(2))
    clouds.modelarts.add_transition(notebook(1), enable=False)
    clouds.clear_requests()
    again = stack.up()
    assert "Diagnostics:" not in again.output
    assert asked(clouds) == {1: 1}  # the recorded lease
    clouds.clear_requests()
    stack.destroy()
    assert stack.resources() == {}
    assert clouds.request_count() == 0


def test_a_refresh_of_gates_is_no_change_and_asks_nothing(stack: Stack, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(1))
    stack.program('gate("ready", 1, triggers=[1, 2.5, "a", {"b": [True, None]}], fail_on=False, until="self.running")')
    stack.up()
    before = stack.resources()["ready"]
    clouds.modelarts.add_transition(notebook(1), status="STOPPED")
    clouds.clear_requests()
    drift = stack.drift()
    assert drift.code == 0, drift.text
    stack.refresh()
    after = stack.resources()["ready"]
    assert after["inputs"] == before["inputs"]
    assert {**after["outputs"], "states": None} == {**before["outputs"], "states": None}
    stack.up("--expect-no-changes")
    assert clouds.request_count() == 0


LOOK = (
    "look at the notebook's events in the ModelArts console "
    "(https://support.huaweicloud.com/intl/zh-cn/devtool-modelarts/devtool-modelarts_0230.html)"
)

OUTCOMES: dict[str, tuple[int, str, str]] = {
    # the gate: its notebook, the start of its error, its hint
    "failed": (
        1,
        (
            'failed after Ns of 10m; reason: self.not_running_reason == "FROZEN" holds; expected: self.running; '
            "actual: running=false, not_running_reason=FROZEN "
        ),
        f"{LOOK}; run again once it is fixed",
    ),
    "late": (
        2,
        f"timed out after Ns; expected: self.running; actual: {STOPPED} ",
        f"{LOOK}; or give a longer timeout; the next run waits again",
    ),
    "missing": (
        3,
        "never appeared after Ns of 0s; expected: self.running; actual: not found ",
        "check its id, the project and the region",
    ),
    "gone": (
        4,
        "gone after Ns of 2s; expected: self.running; actual: not found ",
        "it was there and was deleted while the wait went on; create it again or correct the id",
    ),
    "refused": (
        5,
        (
            "unauthorized after Ns of 10m; expected: self.running; actual: nothing yet; "
            'last error: the cloud refuses the credentials: "Incorrect IAM authentication information'
        ),
        "check access key, secret key and security token; they are not sent again until they change",
    ),
    "down": (
        6,
        (
            "unreachable after Ns of 2s; expected: self.running; actual: nothing yet; "
            "last error: the cloud cannot answer now"
        ),
        "check the network, the endpoint and the vendor's status page; the next run waits again",
    ),
    "wrong": (
        7,
        "bad condition after Ns of 10m; reason: 'TIMING' is no int",
        "correct the condition; fields that may be absent can be asked for with has()",
    ),
}


def test_every_outcome_has_its_text_and_a_healed_cloud_lets_all_through(stack: Stack, clouds: MockClouds) -> None:
    environment = {name: value for name, value in clouds.environment().items() if name.startswith("NBCLOUD_MODELARTS_")}
    refused = {name.replace("NBCLOUD_", "NBCLOUD_PROFILE_REFUSED_"): value for name, value in environment.items()}
    stack.environment.update({**refused, "NBCLOUD_PROFILE_REFUSED_MODELARTS_SECRET_KEY": "wrong"})
    for number, status in ((1, "FROZEN"), (2, "STOPPED"), (4, "STOPPED"), (5, "RUNNING"), (7, "RUNNING")):
        clouds.modelarts.put_lease(notebook(number), status=status)
    clouds.modelarts.add_transition(notebook(4), status="DELETED", after_reads=1)
    clouds.faults.add(service="modelarts", status=500, match=notebook(6), count=1_000)
    clouds.modelarts.put_lease(notebook(8), status="STOPPED")
    clouds.modelarts.add_transition(notebook(8), status="RUNNING", after_reads=2)
    stack.program("""
        failed = gate("failed", 1)
        gate("late", 2, timeout="2s")
        gate("missing", 3, timeout="0")
        gate("gone", 4, timeout="2s")
        gate("refused", 5, profile="refused")
        gate("down", 6, timeout="2s")
        gate("wrong", 7, until="int(self.type) > 3")
        slow = gate("slow", 8)
        Seed("behind failed", "a", opts=after(failed))
        Seed("behind slow", "b", opts=after(slow))
    """)
    run = stack.up("--continue-on-error", "--parallel", "16", expect=1)
    assert "Traceback" not in run.text
    rows = run.diagnostics
    for name, (number, message, hint) in OUTCOMES.items():
        error, last, *command = rows.pop(row(name))
        assert timeless(error).startswith(f"error: modelarts:NotebookLease {notebook(number)}: {message}")
        # Its own last request, so that the vendor's support can find it.
        assert re.search(r"request id ([0-9a-f]{32})", error)[1] in {  # type: ignore[index]
            entry.request_id for entry in clouds.requests if notebook(number) in entry.target
        }
        assert last.removesuffix("; to go on without a response, for an hour:") == f"hint: {hint}"
        assert [each.startswith("pulumi config set-all ") for each in command] == ([True] if name == "down" else [])
    assert rows == {PROGRAM_ROW: ["error: update failed"]}
    # What did not depend on a failure was created, after the failures; what was not met is not in state.
    assert set(stack.resources()) == {"slow", "behind slow"}
    assert asked(clouds)[1] == asked(clouds)[3] == asked(clouds)[5] == asked(clouds)[7] == 1
    assert asked(clouds)[8] == 3

    stack.environment["NBCLOUD_PROFILE_REFUSED_MODELARTS_SECRET_KEY"] = environment["NBCLOUD_MODELARTS_SECRET_KEY"]
    clouds.faults.clear()
    for number in (1, 2, 3, 4, 6):
        clouds.modelarts.put_lease(notebook(number))
    clouds.modelarts.add_transition(notebook(7), type="4")
    clouds.clear_requests()
    healed = stack.up()
    assert "Diagnostics:" not in healed.output
    assert asked(clouds) == dict.fromkeys(range(1, 8), 1)
    assert set(stack.resources()) == {*OUTCOMES, "slow", "behind failed", "behind slow"}


# name: what it is at first, what it becomes, whether it waits again
TABLE: dict[str, tuple[str, str, bool]] = {
    "nothing": ('11, until="self.running"', '11, until="self.running"', False),
    "until": ('12, until="self.running"', '12, until="self.enable"', True),
    "until-dropped": ('13, until="self.enable"', "13", True),
    "fail_on": ("14", '14, fail_on="!self.enable"', True),
    "fail_on-false": ("15", "15, fail_on=False", True),
    "target": ("16", "36", True),
    "profile": ("17", '17, profile="other"', True),
    "triggers": ('18, triggers=["a", 1]', '18, triggers=["a", 2]', True),
    "timeout": ("19", '19, timeout="5m"', False),
    "interval": ("20", '20, interval="2s"', False),
    "triggers-same": ('21, triggers=["a", 1, {"b": 2.5}]', '21, triggers=["a", 1.0, {"b": 2.5}]', False),
    "secret-triggers": (
        '22, triggers=[pulumi.Output.secret("a"), "b"]',
        '22, triggers=[pulumi.Output.secret("a"), "b"]',
        False,
    ),
    "unknown-triggers": ("23, triggers=[seed.id]", "23, triggers=[changed.id]", True),
    "both": ("24", '24, timeout="5m", triggers=[1]', True),
}


def table(column: int, renamed: str) -> str:
    lines = [f'gate("{name}", {cells[column]})' for name, cells in TABLE.items()]
    seeds = ['seed = Seed("seed", "one")', 'changed = Seed("changed", "two")' if column else "changed = seed"]
    return "\n".join([*seeds, *lines, renamed, ""])


def test_a_gate_waits_again_where_it_is_asked_something_else(stack: Stack, clouds: MockClouds) -> None:
    stack.environment.update(clouds.environment("other"))
    for number in (*range(11, 26), 36):
        clouds.modelarts.put_lease(notebook(number))
        clouds.modelarts.put_lease(notebook(number), project_id="other-project")
    stack.program(table(0, 'gate("name", 25)'))
    stack.up("--parallel", "32")
    assert asked(clouds) == dict.fromkeys(range(11, 26), 1)
    before = stack.resources()

    renamed = 'gate("renamed", 25, opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name="name")]))'
    stack.program(table(1, renamed))
    clouds.clear_requests()
    run = stack.up("--parallel", "32")
    after = stack.resources()
    waited = {36 if name == "target" else int(cells[0][:2]) for name, cells in TABLE.items() if cells[2]}
    assert asked(clouds) == dict.fromkeys(waited, 1)
    changed = {name for name, cells in TABLE.items() if cells[2]} | {"timeout", "interval"}
    assert re.search(r"~ (\d+) updated", run.output)[1] == str(len(changed))  # type: ignore[index]
    assert "replaced" not in run.output
    for name in TABLE:
        assert after[name]["id"] == before[name]["id"]
        assert (after[name].get("modified") != before[name].get("modified")) is (name in changed)
    assert after["renamed"]["id"] == before["name"]["id"]
    assert after["renamed"]["inputs"]["status_urn"] == urn("renamed")
    for name, cells in TABLE.items():
        kept = {each: after[name]["outputs"].get(each) for each in ("met_time", "polls", "elapsed_seconds")}
        if not cells[2]:
            assert kept == {each: before[name]["outputs"].get(each) for each in kept}
    assert after["timeout"]["outputs"]["timeout"] == "5m"
    assert after["interval"]["outputs"]["interval"] == "2s"
    assert "until" not in after["until-dropped"]["outputs"]
    assert after["profile"]["outputs"]["states"]["self"]["project_id"] == "other-project"
    assert [entry.target.split("/")[2] for entry in clouds.requests if notebook(17) in entry.target] == [
        "other-project"
    ]

    clouds.clear_requests()
    stack.up("--expect-no-changes", "--parallel", "32")
    assert clouds.request_count() == 0


def test_an_update_that_is_not_met_keeps_the_old_state_and_waits_at_the_next(stack: Stack, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(1))
    stack.program('gate("ready", 1)')
    stack.up()
    before = stack.resources()["ready"]
    stack.program(
        'ready = gate("ready", 1, until="!self.running", timeout="0")\nSeed("behind", "b", opts=after(ready))'
    )
    run = stack.up(expect=1)
    (error, _) = run.diagnostics[row("ready")]
    assert timeless(error).startswith(
        f"error: modelarts:NotebookLease {notebook(1)}: timed out after Ns; expected: !self.run"
    )
    assert set(stack.resources()) == {"ready"}
    for part in ("id", "inputs", "outputs"):
        assert stack.resources()["ready"][part] == before[part]
    clouds.modelarts.add_transition(notebook(1), status="STOPPED")
    clouds.clear_requests()
    stack.up()
    assert clouds.request_count() == 1
    assert stack.resources()["ready"]["outputs"]["until"] == "!self.running"
    assert set(stack.resources()) == {"ready", "behind"}


def test_target_leaves_the_other_gate_alone(stack: Stack, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(1))
    stack.program('gate("one", 1)\ngate("two", 2)\n')
    stack.up("--target", urn("one"))
    assert asked(clouds) == {1: 1}
    assert set(stack.resources()) == {"one"}
    clouds.modelarts.put_lease(notebook(2))
    stack.program('gate("one", 1, triggers=[1])\ngate("two", 2)\n')
    clouds.clear_requests()
    stack.up("--target", urn("two"))
    assert asked(clouds) == {2: 1}
    assert "triggers" not in stack.resources()["one"]["inputs"]


def test_many_gates_wait_at_the_same_time(stack: Stack, clouds: MockClouds) -> None:
    """More than the four that the SDK serves: each is released only once all of them were polled."""
    numbers = range(1, 13)
    for number in numbers:
        clouds.modelarts.put_lease(notebook(number), status="STOPPED")
    stack.program("for number in range(1, 13):\n    gate(str(number), number)\n")
    with stack.begin("up", "--yes", "--skip-preview", "--parallel", "32") as update:
        eventually(lambda: set(asked(clouds)) == set(numbers), "a poll of every gate")
        for number in numbers:
            clouds.modelarts.add_transition(notebook(number), status="RUNNING")
        assert update.end(60).code == 0
    assert set(stack.resources()) == {str(number) for number in numbers}


def test_the_configuration_is_the_stacks(make_stack: Callable[..., Stack], clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(1))
    clouds.modelarts.put_lease(notebook(2), project_id="other-project")
    stack = make_stack()
    own, other = clouds.settings()["modelarts"], clouds.settings("other")["modelarts"]
    stack.configure({"nbcloud:modelarts": own, "nbcloud:profiles.other.modelarts": other})
    args = "nbcloud.modelarts.NotebookLeaseArgs"
    stack.program(
        f'nbcloud.Gate("both", targets={{"a": {args}(notebook_id="{notebook(1)}"), '
        f'"b": {args}(notebook_id="{notebook(2)}", profile="other")}}, until="a.running && b.running", timeout="0")',
    )
    stack.up()
    projects = {name: each["project_id"] for name, each in stack.resources()["both"]["outputs"]["states"].items()}
    assert projects == {"a": "mock-project", "b": "other-project"}


def test_an_unpatched_process_says_on_the_gates_row_what_it_lacks(stack: Stack, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(1))
    stack.environment["NBCLOUD_PROVIDER_PATCHES"] = "off"
    stack.program('gate("ready", 1)')
    start = "warning: NBCLOUD_PROVIDER_PATCHES is off: "
    assert sorted(stack.up().diagnostics[row("ready")]) == [
        f"{start}after Ctrl-C a waiting gate goes on to its timeout",
        f"{start}after a CLI that was killed a waiting gate goes on to its timeout",
        f"{start}errors of pulumi-nbcloud are shown with a traceback",
        f"{start}only 4 dynamic resources of this stack are served at a time, waiting gates among them",
    ]
