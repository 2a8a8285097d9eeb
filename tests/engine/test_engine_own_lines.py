"""What the tests take for Pulumi's own in its output: two messages by name, and nothing of ours."""

from __future__ import annotations

import pytest
from stack import PROGRAM_ROW, run_of

OURS = "    error: failed after 3s of 10m: self.not_running_reason\n    hint: look at the thing itself\n"
MONITOR = "    error: Resource monitor has terminated, shutting down\n"
INTERRUPTED = """    Traceback (most recent call last):
      File "program.py", line 3, in <module>
        run()
    asyncio.exceptions.CancelledError
    During handling of the above exception, another exception occurred:
    Traceback (most recent call last):
      File "runners.py", line 123, in run
        raise KeyboardInterrupt()
    KeyboardInterrupt
"""
DURING_A_CALL = """    Traceback (most recent call last):
      File "resource.py", line 900, in do_rpc_call
        return monitor.ReadResource(req)
               ^^^^^^^^^^^^^^^^^^^^^^^^^
    grpc._channel._InactiveRpcError: <_InactiveRpcError of RPC that terminated with:
        status = StatusCode.UNKNOWN
        details = "the notebook does not exist
    hint: check its id"
    >

    During handling of the above exception, another exception occurred:

    Traceback (most recent call last):
      File "settings.py", line 352, in handle_grpc_error
    Exception: the notebook does not exist

    During handling of the above exception, another exception occurred:

    Traceback (most recent call last):
      File "runners.py", line 123, in run
        raise KeyboardInterrupt()
    KeyboardInterrupt
"""
OTHER = """    Traceback (most recent call last):
      File "program.py", line 3, in <module>
    ValueError: not ours
"""


@pytest.mark.parametrize("own", [MONITOR, INTERRUPTED, INTERRUPTED + MONITOR, DURING_A_CALL])
@pytest.mark.parametrize("text", [OURS, OTHER, OTHER + OURS])
def test_only_pulumis_own_messages_are_taken_out(own: str, text: str) -> None:
    for output in (own + text, text + own):
        found = run_of(1, f"\nDiagnostics:\n  {PROGRAM_ROW}:\n{output}", "").diagnostics
        assert found == {PROGRAM_ROW: [line.strip() for line in text.splitlines()]}


def test_a_row_of_nothing_but_these_is_none() -> None:
    assert run_of(1, f"\nDiagnostics:\n  {PROGRAM_ROW}:\n{MONITOR}{INTERRUPTED}", "").diagnostics == {}


def test_a_traceback_that_ends_otherwise_stays_with_its_error() -> None:
    assert "ValueError" in run_of(1, OTHER + OURS + INTERRUPTED, "").text


@pytest.mark.parametrize(
    "running",
    [
        "    pulumi:pulumi:Stack probe-test running",
        " +  pulumi:pulumi:Stack probe-test create",
        " +  pulumi:pulumi:Stack probe-test creating (0.1s)",
        " ~  pulumi:pulumi:Stack probe-test updating (12s)",
    ],
)
def test_what_is_told_while_it_runs_is_taken_out_too(running: str) -> None:
    told = "".join(f"{running} {line}\n" for line in (INTERRUPTED + MONITOR + DURING_A_CALL).splitlines())
    kept = f"{running} \n    nbcloud:Gate ready creating (3s)\n{running} Traceback of ours\n"
    assert run_of(1, told + kept + told, told).text == kept
