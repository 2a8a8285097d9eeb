"""`nbcloud wait` with OpenTelemetry: its span arrives however it ends, and an exporter that hangs costs little."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator

import pytest
from cli_support import run, started
from lease_support import KIND, NOTEBOOK
from nbcloud_support import eventually
from otlp_support import RECEIVERS, SPAN_ID, TRACE_ID, TRACEPARENT, over_http, values

from pulumi_nbcloud.mock import MockClouds

TARGET = f"{KIND}/{NOTEBOOK}"


@pytest.fixture
def deaf() -> Iterator[str]:
    """An endpoint that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize("protocol", RECEIVERS)
def test_a_wait_that_is_met(clouds: MockClouds, protocol: str) -> None:
    clouds.modelarts.put_lease(NOTEBOOK)
    with RECEIVERS[protocol]() as received:
        environment = {**clouds.environment(), **received.environment, "TRACEPARENT": TRACEPARENT}
        done = run("wait", TARGET, "-q", env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    (span,) = received.spans
    assert (span.name, span.trace_id.hex(), span.parent_span_id.hex()) == ("nbcloud command", TRACE_ID, SPAN_ID)
    assert values(span.attributes)["nbcloud.outcome"] == "met"
    assert received.points["nbcloud.requests"] == [({"nbcloud.cloud": "modelarts", "nbcloud.status_class": "2xx"}, 1)]
    assert NOTEBOOK not in received.bodies.decode("latin-1")


def test_a_wait_that_a_signal_ends(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, status="STOPPED")
    with over_http() as received:
        with started("wait", TARGET, env={**clouds.environment(), **received.environment}) as process:
            eventually(lambda: clouds.request_count() > 0, "the first poll")
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 143
        assert [values(span.attributes)["nbcloud.outcome"] for span in received.spans] == ["cancelled"]


def test_a_wait_that_polls_nothing(clouds: MockClouds) -> None:
    with over_http() as received:
        environment = {**clouds.environment(), **received.environment}
        assert run("wait", TARGET, "--enforcement", "disabled", env=environment).returncode == 0
        assert [values(span.attributes)["nbcloud.outcome"] for span in received.spans] == ["disabled"]


@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf"])
def test_an_endpoint_that_never_answers_ends_no_wait(clouds: MockClouds, deaf: str, protocol: str) -> None:
    clouds.modelarts.put_lease(NOTEBOOK)
    variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": deaf, "OTEL_EXPORTER_OTLP_PROTOCOL": protocol}
    # Their own patience is an hour, so that it is ours that ends this.
    done = run("wait", TARGET, "-q", env={**clouds.environment(), **variables, "OTEL_EXPORTER_OTLP_TIMEOUT": "3600"})
    assert (done.returncode, done.stdout.partition(" ")[0]) == (0, "met")
    assert done.stderr.splitlines() == [
        "warning: OpenTelemetry: the exporter took longer than 2 s, so what it has not sent is lost"
    ]


def test_what_is_not_honoured_is_a_warning_of_the_wait(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK)
    variables = {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:1", "OTEL_TRACES_EXPORTER": "zipkin"}
    warning = "warning: OpenTelemetry: OTEL_TRACES_EXPORTER is zipkin, so no traces are sent; use otlp or none"
    for arguments in ((), ("--quiet",)):
        done = run("wait", TARGET, *arguments, env={**clouds.environment(), **variables})
        assert done.returncode == 0
        assert done.stderr.splitlines().count(warning) == 1
        assert len(done.stderr.splitlines()) == 1
