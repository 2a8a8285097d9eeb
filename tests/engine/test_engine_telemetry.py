"""OpenTelemetry on the real engine: gates are spans below the engine's own parent, and the program sends nothing."""

from __future__ import annotations

from collections.abc import Callable

from lease_support import notebook
from otlp_support import SPAN_ID, TRACE_ID, TRACEPARENT, over_http, values
from stack import Stack

from pulumi_nbcloud.mock import MockClouds

PROGRAM = f"""
import sys

Args = nbcloud.modelarts.NotebookLeaseArgs
nbcloud.modelarts.get_notebook_lease("{notebook(1)}", expect="ready")
nbcloud.modelarts.NotebookLease("kept", notebook_id="{notebook(3)}")
Seed("web", "v", opts=pulumi.ResourceOptions(hooks=nbcloud.wait_before(target=Args(notebook_id="{notebook(1)}"))))
met = gate("met", 1)
gate("late", 2, timeout="0")
met.outcome.apply(lambda _: print("loaded:", [each for each in sys.modules if "nbcloud.telemetry" in each]))
"""


def test_gates_are_spans_and_the_program_sends_nothing(make_stack: Callable[..., Stack], clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(1))
    clouds.modelarts.put_lease(notebook(2), status="STOPPED")
    # Of its own, so that the gate and the record, which may share a request, do not.
    clouds.modelarts.put_lease(notebook(3))
    with over_http() as received:
        stack = make_stack({**clouds.environment(), **received.environment, "TRACEPARENT": TRACEPARENT})
        stack.program(PROGRAM)
        run = stack.up(expect=1)
    assert "OpenTelemetry" not in run.text
    assert {span.name for span in received.spans} == {"nbcloud gate"}
    assert {(span.trace_id.hex(), span.parent_span_id.hex()) for span in received.spans} == {(TRACE_ID, SPAN_ID)}
    assert sorted(values(span.attributes)["nbcloud.outcome"] for span in received.spans) == ["met", "timed_out"]
    assert "loaded: []" in run.text
    # Two gates and a record, of the provider's process alone; ModelArts answers a stopped lease with an error.
    requests = {each["nbcloud.status_class"]: count for each, count in received.points["nbcloud.requests"]}
    assert requests == {"2xx": 2, "4xx": 1}
    assert notebook(1) not in received.bodies.decode("latin-1")


def test_live_status_where_the_engine_traces(stack: Stack, clouds: MockClouds) -> None:
    """With tracing the engine's address is no longer the provider's first argument."""
    clouds.modelarts.put_lease(notebook(1), status="STOPPED")
    clouds.modelarts.add_transition(notebook(1), status="RUNNING", after_reads=2)
    stack.program('gate("waits", 1)\n')
    run = stack.up("--otel-traces", f"file://{stack.folder}/traces.json")
    assert "waits creating" in run.output
    assert any("running false; not_running_reason NOT_RUNNING" in each for each in run.output.splitlines())
    assert "Diagnostics:" not in run.output
