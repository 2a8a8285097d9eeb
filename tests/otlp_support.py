"""Receivers of OpenTelemetry on loopback: what exporters send, decoded; over HTTP and over gRPC."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import grpc
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2, metrics_service_pb2_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc

TRACE_ID, SPAN_ID = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
TRACEPARENT = f"00-{TRACE_ID}-{SPAN_ID}-01"


class Received:
    """What arrived, as messages and as text."""

    def __init__(self) -> None:
        self.endpoint = ""
        self.protocol = ""
        self.traces: list[Any] = []
        self.metrics_: list[Any] = []
        self.bodies = b""
        self.headers: list[dict[str, str]] = []

    @property
    def environment(self) -> dict[str, str]:
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": self.endpoint, "OTEL_EXPORTER_OTLP_PROTOCOL": self.protocol}

    def take(self, request: Any) -> None:
        is_trace = isinstance(request, trace_service_pb2.ExportTraceServiceRequest)
        (self.traces if is_trace else self.metrics_).append(request)
        self.bodies += request.SerializeToString()

    @property
    def spans(self) -> list[Any]:
        return [
            span
            for each in self.traces
            for resource in each.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    @property
    def resource(self) -> dict[str, Any]:
        return values(self.traces[0].resource_spans[0].resource.attributes)

    @property
    def points(self) -> dict[str, list[tuple[dict[str, Any], Any]]]:
        """Of the last message about each metric its points: attributes, and the value or the number of values."""
        found: dict[str, list[tuple[dict[str, Any], Any]]] = {}
        for each in self.metrics_:
            for metric in each.resource_metrics[0].scope_metrics[0].metrics:
                points = metric.sum.data_points or metric.histogram.data_points
                found[metric.name] = [
                    (values(point.attributes), point.as_int if metric.HasField("sum") else point.count)
                    for point in points
                ]
        return found


def values(attributes: Any) -> dict[str, Any]:
    """Attributes by name, as plain values."""
    found: dict[str, Any] = {}
    for each in attributes:
        ((kind, value),) = MessageToDict(each.value).items()
        if kind == "arrayValue":
            found[each.key] = [next(iter(item.values())) for item in value.get("values", [])]
        else:
            found[each.key] = int(value) if kind == "intValue" else value
    return found


@contextmanager
def over_http(status: int = 200) -> Iterator[Received]:
    """Receives over HTTP; answers a status."""
    received = Received()
    requests: dict[str, Any] = {
        "/v1/traces": trace_service_pb2.ExportTraceServiceRequest,
        "/v1/metrics": metrics_service_pb2.ExportMetricsServiceRequest,
    }

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.headers.append({name.lower(): value for name, value in self.headers.items()})
            received.take(requests[self.path].FromString(body))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    received.endpoint, received.protocol = f"http://127.0.0.1:{server.server_address[1]}", "http/protobuf"
    try:
        yield received
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def over_grpc() -> Iterator[Received]:
    """Receives over gRPC."""
    received = Received()

    class Traces(trace_service_pb2_grpc.TraceServiceServicer):
        def Export(self, request: Any, context: Any) -> Any:
            received.take(request)
            return trace_service_pb2.ExportTraceServiceResponse()

    class Metrics(metrics_service_pb2_grpc.MetricsServiceServicer):
        def Export(self, request: Any, context: Any) -> Any:
            received.take(request)
            return metrics_service_pb2.ExportMetricsServiceResponse()

    server = grpc.server(ThreadPoolExecutor(2))
    services: Any = (trace_service_pb2_grpc, metrics_service_pb2_grpc)
    services[0].add_TraceServiceServicer_to_server(Traces(), server)
    services[1].add_MetricsServiceServicer_to_server(Metrics(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    received.endpoint, received.protocol = f"http://127.0.0.1:{port}", "grpc"
    try:
        yield received
    finally:
        server.stop(None)


RECEIVERS = {"grpc": over_grpc, "http": over_http}
