"""OpenTelemetry in the SDK's provider process: what is left is sent when the engine says that all is over."""

from __future__ import annotations

import socket

from gate_wire import create, gate
from google.protobuf import empty_pb2
from lease_support import notebook
from otlp_support import over_grpc, over_http, values
from provider_process import ProviderProcess

from pulumi_nbcloud.mock import MockClouds

LATE = "warning: OpenTelemetry: the exporter took longer than 2 s, so what it has not sent is lost"


def test_what_is_left_is_sent_at_the_end(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook())
    for receiver in (over_http, over_grpc):
        with receiver() as received, ProviderProcess({**clouds.environment(), **received.environment}) as process:
            create(process, gate())
            process.call("Cancel", empty_pb2.Empty())
            assert [values(span.attributes)["nbcloud.outcome"] for span in received.spans] == ["met"]
            assert sorted(received.points) == [
                "nbcloud.polls",
                "nbcloud.requests",
                "nbcloud.wait.duration",
                "nbcloud.waits",
            ]
            assert process.errors() == ""


def test_an_endpoint_that_never_answers_costs_a_warning_and_is_waited_for_once(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook())
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        endpoint = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{deaf.getsockname()[1]}"}
        # Its own patience is an hour, so that it is ours that ends this.
        environment = {**clouds.environment(), **endpoint, "OTEL_EXPORTER_OTLP_TIMEOUT": "3600"}
        with ProviderProcess(environment) as process:
            assert create(process, gate())["outcome"] == "met"
            for _ in range(2):
                process.call("Cancel", empty_pb2.Empty())
            assert process.errors().splitlines() == [LATE]
            # An exporter that is still at it does not keep the process.
            assert process.interrupt() == 0
            assert process.errors().splitlines() == [LATE]
