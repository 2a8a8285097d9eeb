"""Waits that end long before their timeout on the real engine, because looking again would not help."""

from __future__ import annotations

import re

from lease_support import STOPPED, looked_at, notebook
from nbcloud_support import eventually
from stack import PROGRAM_ROW, Run, Stack, row

from pulumi_nbcloud.mock import MockClouds

PROGRAM = 'ready = gate("ready", 1)\nSeed("behind", "b", opts=after(ready))\n'


def assert_ended(run: Run, stack: Stack, clouds: MockClouds, message: str, hint: str) -> None:
    """The update failed with this on the gate's row alone, and left nothing in state, pending or begun."""
    assert run.code == 1, run.text
    assert "Traceback" not in run.text
    error, last, *_ = run.diagnostics[row("ready")]
    # How long it took is up to the machine.
    error = re.sub(r"\d+s( of 10m| ago)", r"Ns\1", error)
    request = clouds.requests[-1]
    where = f"GET {clouds.url}{request.target}, request id {request.request_id}"
    assert error == f"error: modelarts:NotebookLease {notebook()}: {message}, {where})"
    assert last == f"hint: {hint}"
    assert run.diagnostics[PROGRAM_ROW] == ["error: update failed"]
    assert set(run.diagnostics) == {row("ready"), PROGRAM_ROW}
    assert stack.resources() == {}
    assert stack.pending() == []


def assert_heals(stack: Stack, clouds: MockClouds) -> None:
    """The next update polls once and lets all through."""
    clouds.modelarts.put_lease(notebook())
    clouds.clear_requests()
    assert "Diagnostics:" not in stack.up().output
    assert looked_at(clouds) == [1]
    assert set(stack.resources()) == {"ready", "behind"}


def test_a_permission_that_is_taken_away_ends_a_wait_at_once(stack: Stack, clouds: MockClouds) -> None:
    access_key = clouds.settings()["modelarts"]["accessKey"]
    clouds.modelarts.put_lease(notebook(), status="STOPPED")
    stack.program(PROGRAM)
    with stack.begin("up", "--yes", "--skip-preview") as update:
        # The first is answered by then, so that there is something last seen.
        eventually(lambda: clouds.request_count() > 1, "two polls")
        clouds.modelarts.deny(access_key)
        run = update.end(60)
    polls = clouds.request_count()
    # One refusal is enough: what may not be read is not asked for again.
    assert [entry.status == 403 for entry in clouds.requests] == [False] * (polls - 1) + [True]
    assert_ended(
        run,
        stack,
        clouds,
        f"unauthorized after Ns of 10m; expected: self.running; actual: {STOPPED} (Ns ago); "
        'last error: the credentials may not read this: "The caller has no permission for this operation"; '
        f"polls: {polls} (HTTP 403 ModelArts.0108",
        "check that the project id belongs to the credentials, and that they may read ModelArts in it",
    )
    clouds.modelarts.deny(access_key, False)
    assert_heals(stack, clouds)


def test_ten_looks_in_a_row_that_fail_end_a_wait(stack: Stack, clouds: MockClouds) -> None:
    clouds.faults.add(service="modelarts", status=500, count=1_000)
    stack.program(PROGRAM)
    run = stack.up(expect=None)
    assert looked_at(clouds) == [1] * 10
    assert_ended(
        run,
        stack,
        clouds,
        "unreachable after Ns of 10m; reason: 10 polls in a row failed; expected: self.running; actual: nothing yet; "
        "last error: the cloud cannot answer now; polls: 10 (HTTP 500",
        "check the network, the endpoint and the vendor's status page; the next run waits again; "
        "to go on without a response, for an hour:",
    )
    clouds.faults.clear()
    assert_heals(stack, clouds)
