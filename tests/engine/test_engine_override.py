"""Overrides on the real engine: the night when the cloud's API is down, from the failing gate to the next morning."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import datetime, timedelta, timezone

from lease_support import notebook
from stack import Stack, row, urn

from pulumi_nbcloud.mock import MockClouds

WHEN = "(asked when this gate is created or updated)"
NAME = "it's ready"


def timeless(text: str) -> str:
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME", text)
    return re.sub(r"\bafter \d+s", "after Ns", text)


def test_an_outage_from_the_failing_gate_to_the_next_morning(stack: Stack, clouds: MockClouds) -> None:
    clouds.faults.add(service="modelarts", status=503, count=10_000)
    stack.program(f"""
        ready = gate("{NAME}", 1, max_poll_errors=1)
        Seed("behind", "b", opts=after(ready))
        pulumi.export("outcome", ready.outcome)
    """)
    failed = stack.up(expect=1)
    (command,) = [line.strip() for line in failed.output.splitlines() if line.strip().startswith("pulumi config ")]
    assert stack.resources() == {}

    # Word for word, as somebody pastes it.
    pasted = subprocess.run(
        ["bash", "-c", command], cwd=stack.folder, env=stack.environment, capture_output=True, text=True
    )
    assert (pasted.returncode, pasted.stderr) == (0, "")

    # Whether the poll fails or is still tried again after 5 s is up to the machine.
    (now,) = stack.preview().diagnostics[row(NAME)]
    assert now.startswith("now: ")
    assert timeless(now).endswith(f'{WHEN}; override in force until TIME: "no usable response"')

    passed = stack.up()
    warning, hint = passed.diagnostics[row(NAME)]
    assert timeless(warning).startswith(
        f'warning: modelarts:NotebookLease {notebook()}: overridden after Ns of 10m; override: "no usable response", '
        "until TIME, by Pulumi config nbcloud:overrides; overrode: unreachable; "
    )
    assert hint == "hint: check the thing itself; the next run waits again"
    assert set(passed.diagnostics) == {row(NAME)}
    stored = stack.resources()
    assert set(stored) == {NAME, "behind"}
    assert stored[NAME]["outputs"]["outcome"] == stack.outputs()["outcome"] == "overridden"
    assert "met_time" not in stored[NAME]["outputs"]

    # It holds for one update; while the cloud is down the next one fails without it, and what was created stays.
    stack.run("config", "rm", "--path", f'nbcloud:overrides["{urn(NAME)}"]', expect=0)
    changed = stack.preview("--expect-no-changes", expect=None)
    assert changed.code != 0
    assert "~ 1 to update" in changed.output
    again = stack.up(expect=1)
    assert "unreachable after " in again.output
    assert stack.resources()[NAME]["outputs"]["outcome"] == "overridden"

    clouds.faults.clear()
    clouds.modelarts.put_lease(notebook())
    healed = stack.up()
    assert "Diagnostics:" not in healed.output
    assert stack.outputs() == {"outcome": "met"}
    assert "message" not in stack.resources()[NAME]["outputs"]
    stack.up("--expect-no-changes")


def test_who_may_override_what_and_a_reason_that_would_act_on_the_display(stack: Stack, clouds: MockClouds) -> None:
    clouds.faults.add(service="modelarts", status=503, match=notebook(1), count=10_000)
    clouds.modelarts.put_lease(notebook(2))
    end = (datetime.now(timezone.utc) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    entry = {"reason": "<{%boom%}> ##[error]x", "until": end}
    stack.environment["NBCLOUD_OVERRIDES"] = json.dumps({urn("open"): entry})
    stack.environment["PULUMI_OPTION_COLOR"] = "always"
    stack.program('gate("open", 1, overridable=True)\ngate("shut", 2, overridable=False)\n')
    for run in (stack.preview(), stack.up()):
        assert "panic" not in run.text
        assert "<{%" not in run.text
        assert "?{%boom%}> ?#[error]x" in run.output
    outcomes = {name: each["outputs"]["outcome"] for name, each in stack.resources().items()}
    assert outcomes == {"open": "overridden", "shut": "met"}

    # Not even a preview takes one that the program forbids, or that is no gate's.
    stack.environment["PULUMI_OPTION_COLOR"] = "never"
    stack.environment["NBCLOUD_OVERRIDES"] = json.dumps({urn("open"): entry, urn("shut"): entry})
    forbidden = stack.preview(expect=1)
    assert forbidden.diagnostics[row("shut")][0].endswith(
        "the environment variable NBCLOUD_OVERRIDES overrides the gate shut, whose overridable is False"
    )
