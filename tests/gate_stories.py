"""What a gate does in several steps, and what needs settings of a process: for both shells."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path

from gate_shell import (
    HELD,
    ID_PATH,
    ONCE,
    SELF,
    Shell,
    down,
    gate,
    stored,
)
from lease_support import LEASE, STOPPED, notebook
from nbcloud_support import LIMIT_SECONDS, eventually

from pulumi_nbcloud.history.reading import read_history
from pulumi_nbcloud.mock import MockClouds

# --- stories


def a_refresh_keeps_everything(shell: Shell, clouds: MockClouds) -> None:
    """A refresh asks nothing."""
    kept = stored(gate(until="self.running", triggers=[1, "a"]))
    found = shell.refresh(kept)
    # Nulls are missing on the wire, not changed.
    del kept["states"]["self"]["not_running_reason"]
    assert found == kept
    assert clouds.request_count() == 0


def _deadlines(shell: Shell) -> list[datetime]:
    """Until when the row of a gate that is awaiting says that it waits."""
    found = [re.match(r"awaiting until (\S+)Z; ", each) for each in shell.row()]
    return [datetime.fromisoformat(f"{each[1]}+00:00") for each in found if each]


def _has_deadlines(shell: Shell, count: int) -> bool:
    return len(_deadlines(shell)) == count


def a_gate_goes_on_with_its_deadline(shell: Shell, clouds: MockClouds) -> None:
    """Two updates that await, and a third that is met; the row says until when."""
    clouds.modelarts.put_lease(notebook(), status="STOPPED")
    inputs = gate(**HELD)
    for number, began in enumerate((60, 3610), 1):
        result = shell.create(inputs, began=began)
        assert result.awaiting
        eventually(partial(_has_deadlines, shell, number), "the deadline")
        late = _deadlines(shell)[-1] - (datetime.now(timezone.utc) + timedelta(hours=40, seconds=-began))
        assert abs(late) < timedelta(seconds=LIMIT_SECONDS)
        shown = [each for each in shell.row() if "  deadline: " in each][-1]
        assert f"\n  actual: {STOPPED} (" in shown
        assert shown.endswith("\nhint: run `pulumi up` again: the gate goes on, and its deadline stays")
    clouds.modelarts.put_lease(notebook(), **LEASE)
    met = shell.create(inputs, began=7200)
    assert (met.outputs["outcome"], met.outputs["polls"]) == ("met", 1)
    # In state, it waits no more, whenever it began.
    before = clouds.request_count()
    assert not shell.diff(met.outputs, {name: met.outputs[name] for name in inputs})
    assert clouds.request_count() == before


def a_deadline_that_is_over_says_how_to_begin_again(shell: Shell, clouds: MockClouds) -> None:
    """With lines to paste; the start of the wait is what is replaced."""
    clouds.modelarts.put_lease(notebook(), status="STOPPED")
    shown = shell.create(gate(**HELD), began=41 * 3600).error
    hint, command = shown.rpartition("hint: ")[2].split("\n  ")
    assert re.search(r"the deadline was \S+Z, so the next update polls once: to wait longer, write ", hint)
    assert "80h" in hint
    pasted = shell.start_urn.replace("::", ":'':")
    assert command == f"pulumi up --replace {pasted}"


def a_clock_that_is_behind_is_warned_of(shell: Shell, clouds: MockClouds) -> None:
    """The deadline is later by as much."""
    clouds.modelarts.put_lease(notebook(), status="STOPPED")
    assert shell.create(gate(**HELD), began=-7200).awaiting
    eventually(lambda: shell.warnings() != [], "the warning")
    assert re.fullmatch(
        r"this wait began at \S+Z, but the clock of this machine is (2h|1h59m\d+s) behind that\n"
        "hint: set the clock; until then the deadline is that much later",
        shell.warnings()[0],
    )


Story = Callable[[Shell, MockClouds], None]
STORIES: dict[str, Story] = {
    each.__name__: each
    for each in (
        a_refresh_keeps_everything,
        a_gate_goes_on_with_its_deadline,
        a_deadline_that_is_over_says_how_to_begin_again,
        a_clock_that_is_behind_is_warned_of,
    )
}


# --- stories that need settings of their own: each opens processes, and the mock clouds are empty

OpenShell = Callable[[Mapping[str, str], Mapping[str, str]], Shell]
"""Starts a process that serves gates, with more variables than those of the mock, and with config by its whole keys."""

OVERRIDES, REASON = "nbcloud:overrides", "the API is down, ticket 4711"


def overrides(urn: str, hours: float = 1.0) -> str:
    """As the engine hands an object of the stack's config to a provider, and as the environment holds it."""
    until = f"{datetime.now(timezone.utc) + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}"
    return json.dumps({urn: {"reason": REASON, "until": until}})


def an_override_lets_a_gate_pass_once(open_shell: OpenShell, urn: str, clouds: MockClouds, folder: Path) -> None:
    """It says so everywhere, and the next update waits."""
    down(clouds)
    shell = open_shell({}, {OVERRIDES: overrides(urn)})
    assert shell.check(gate()) == []
    result = shell.create(gate())
    assert (result.outputs["outcome"], result.outputs["polls"], result.outputs["states"]) == ("overridden", 1, {})
    assert re.match(
        rf'{SELF}: overridden after \d+s of 30m; override: "{REASON}", until \S+Z, by Pulumi config {OVERRIDES}; ',
        result.outputs["message"],
    )
    eventually(lambda: shell.warnings() != [], "the warning")
    (warning,) = shell.warnings()
    assert f'\n  override: "{REASON}", until ' in warning
    assert shell.diff(result.outputs, gate())
    clouds.faults.clear()
    clouds.modelarts.put_lease(notebook(), **LEASE)
    assert shell.update(result.outputs, gate()).outputs["outcome"] == "met"


def the_environment_overrides_only_what_takes_it(
    open_shell: OpenShell, urn: str, clouds: MockClouds, folder: Path
) -> None:
    """Without a request."""
    down(clouds)
    shell = open_shell({"NBCLOUD_OVERRIDES": overrides(urn)}, {})
    start = "the environment variable NBCLOUD_OVERRIDES overrides the gate ready, which only the stack's config may"
    (reason,) = shell.check(gate())
    assert reason.startswith(start)
    # Time has passed since the check, so it is checked again.
    assert shell.create(gate()).error.startswith(start)
    assert clouds.request_count() == 0
    assert shell.create(gate(overridable=True)).outputs["outcome"] == "overridden"


def an_override_that_has_ended_is_not_applied(
    open_shell: OpenShell, urn: str, clouds: MockClouds, folder: Path
) -> None:
    """It is said, and a gate that fails says how to override it."""
    down(clouds)
    shell = open_shell({}, {OVERRIDES: overrides(urn, hours=-1)})
    assert shell.check(gate()) == []
    shown = shell.create(gate(max_poll_errors=1)).error
    assert "\n  override: not applied: it ended at " in shown
    assert "; to go on without a response, for an hour:\n  pulumi config set-all --stack test --path " in shown
    eventually(lambda: shell.warnings() != [], "the warning")
    (warning,) = shell.warnings()
    assert re.fullmatch(
        r"the override in Pulumi config nbcloud:overrides ended at \S+Z and is not applied: remove it there", warning
    )


def the_history_has_the_wait(open_shell: OpenShell, urn: str, clouds: MockClouds, folder: Path) -> None:
    """With the place of the gate, and nothing of what is secret."""
    clouds.modelarts.put_lease(notebook(), status="STOPPED")
    shell = open_shell({"NBCLOUD_HISTORY": str(folder / "h")}, {})
    shell.create(gate(**ONCE), secret=[ID_PATH])
    (wait,) = read_history(folder / "h").waits
    assert wait.outcome == "timed_out"
    begin = {name: wait.begin[name] for name in ("source", "name", "urn", "project", "stack", "operation", "preview")}
    assert begin == {
        "source": "gate",
        "name": "ready",
        "urn": urn,
        "project": "probe",
        "stack": "test",
        "operation": "create",
        "preview": False,
    }
    assert not [each for each in (folder / "h").iterdir() if notebook() in each.read_text(encoding="utf-8")]


SettingsStory = Callable[[OpenShell, str, MockClouds, Path], None]
SETTINGS_STORIES: dict[str, SettingsStory] = {
    each.__name__: each
    for each in (
        an_override_lets_a_gate_pass_once,
        the_environment_overrides_only_what_takes_it,
        an_override_that_has_ended_is_not_applied,
        the_history_has_the_wait,
    )
}
