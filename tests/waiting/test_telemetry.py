"""OpenTelemetry: what is sent of a wait to a real receiver, and what is not; what is set and not honoured is named."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping

import pytest
from history_lines import URN
from history_support import waits
from otlp_support import RECEIVERS, SPAN_ID, TRACE_ID, TRACEPARENT, Received, over_http, values
from simulated import DOWN, THING, Notes
from simulated import History as Things
from virtual_time import START

from pulumi_nbcloud.http import counting
from pulumi_nbcloud.telemetry import listener
from pulumi_nbcloud.telemetry.listener import GOOD, Telemetry, attributes_of, telemetry_of
from pulumi_nbcloud.telemetry.variables import GRPC, HTTP, Plan, Signal, plan_of
from pulumi_nbcloud.waiting.listeners import Begin, Ended, Origin
from pulumi_nbcloud.waiting.outcome import Outcome

ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4317"}
BOTH: dict[Signal, str] = {"traces": GRPC, "metrics": GRPC}
Make = Callable[..., Telemetry]


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Makes the telemetry of a process with such variables; what it says without a wait is in `said`."""
    made: list[Telemetry] = []

    def with_variables(variables: Mapping[str, str], said: list[str] | None = None) -> Telemetry:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        found = telemetry_of(variables, (said if said is not None else []).append)
        assert found is not None
        made.append(found)
        return found

    yield with_variables
    for each in made:
        each.close()


# What the variables ask for.


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, None),
        ({"TRACEPARENT": TRACEPARENT, "OTEL_SERVICE_NAME": "x", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, None),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": " "}, None),
        ({**ENDPOINT, "OTEL_SDK_DISABLED": "True"}, None),
        ({**ENDPOINT, "OTEL_SDK_DISABLED": "no"}, Plan(BOTH)),
        (ENDPOINT, Plan(BOTH)),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://h"}, Plan({"traces": GRPC})),
        ({"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://h"}, Plan({"metrics": GRPC})),
        ({**ENDPOINT, "OTEL_EXPORTER_OTLP_PROTOCOL": HTTP}, Plan({"traces": HTTP, "metrics": HTTP})),
        ({**ENDPOINT, "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL": HTTP}, Plan({"traces": GRPC, "metrics": HTTP})),
        ({**ENDPOINT, "OTEL_METRICS_EXPORTER": "none"}, Plan({"traces": GRPC})),
        ({**ENDPOINT, "OTEL_METRICS_EXPORTER": "none", "OTEL_TRACES_EXPORTER": "none"}, None),
        (
            {**ENDPOINT, "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "grpc"},
            Plan(
                {"traces": GRPC},
                (
                    (
                        "OpenTelemetry: OTEL_EXPORTER_OTLP_PROTOCOL is http/json, so no metrics are sent; "
                        "use grpc or http/protobuf"
                    ),
                ),
            ),
        ),
        (
            {**ENDPOINT, "OTEL_TRACES_EXPORTER": "console"},
            Plan(
                {"metrics": GRPC},
                ("OpenTelemetry: OTEL_TRACES_EXPORTER is console, so no traces are sent; use otlp or none",),
            ),
        ),
        (
            {**ENDPOINT, "OTEL_CONFIG_FILE": "otel.yaml"},
            Plan(BOTH, ("OpenTelemetry: OTEL_CONFIG_FILE is not honoured; the other variables are",)),
        ),
    ],
)
def test_what_variables_ask_for(variables: dict[str, str], expected: Plan | None) -> None:
    assert plan_of(variables) == expected
    assert telemetry_of({}, print) is None


def test_nothing_of_it_is_loaded_where_no_variable_asks() -> None:
    program = (
        "import sys\nfrom pulumi_nbcloud.cli.listeners import listeners_of\nassert listeners_of(None) == ()\n"
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    modules = set(done.stdout.split())
    assert "pulumi_nbcloud.telemetry.variables" in modules
    assert not {each for each in modules if each.startswith(("opentelemetry", "pulumi_nbcloud.waiting"))}


# What is sent.


@pytest.fixture(params=RECEIVERS)
def received(request: pytest.FixtureRequest) -> Iterator[Received]:
    with RECEIVERS[request.param]() as found:
        yield found


@pytest.fixture
def http() -> Iterator[Received]:
    with over_http() as found:
        yield found


@pytest.fixture
def refusing() -> Iterator[Received]:
    with over_http(400) as found:
        yield found


def test_a_span_of_a_wait_that_failed(received: Received, make: Make) -> None:
    telemetry = make({**received.environment, "TRACEPARENT": TRACEPARENT, "OTEL_EXPORTER_OTLP_HEADERS": "key=value"})
    waits(telemetry, Things([(0, "PENDING"), (15, DOWN), (25, "FAILED")]))
    telemetry.flush(60)
    (span,) = received.spans
    assert (span.name, span.trace_id.hex(), span.parent_span_id.hex()) == ("nbcloud gate", TRACE_ID, SPAN_ID)
    assert values(span.attributes) == {
        "nbcloud.source": "gate",
        "nbcloud.operation": "create",
        "nbcloud.cloud": ["sim"],
        "nbcloud.kind": ["sim:Thing"],
        "nbcloud.targets": 1,
        "nbcloud.timeout_seconds": 60.0,
        "nbcloud.enforcement": "mandatory",
        "nbcloud.outcome": "failed",
        "nbcloud.polls": 4,
        "nbcloud.transitions": 2,
        "nbcloud.elapsed_seconds": pytest.approx(30, abs=4),
    }
    assert [(each.name, values(each.attributes)) for each in span.events] == [
        ("nbcloud.changed", {"nbcloud.polls": 1, "nbcloud.transitions": 1}),
        ("nbcloud.poll_failed", {"nbcloud.polls": 3, "nbcloud.transitions": 1}),
    ]
    assert (span.status.code, span.status.message) == (2, "")
    assert span.end_time_unix_nano - span.start_time_unix_nano == pytest.approx(30e9, abs=4e9)
    assert received.resource["service.name"] == "pulumi-nbcloud"
    assert all(each["key"] == "value" for each in received.headers)


def test_metrics(received: Received, make: Make) -> None:
    telemetry = make(received.environment)
    waits(telemetry, Things([(0, "PENDING"), (15, "READY")]), Things([(0, "READY")]))
    for status in (200, 204, 404, None, 503, 500, 999):
        counting.notify("modelarts", status)
    telemetry.flush(60)
    where = {"nbcloud.source": "gate", "nbcloud.cloud": "sim"}
    points = received.points
    assert points["nbcloud.waits"] == [({**where, "nbcloud.outcome": "met"}, 2)]
    assert points["nbcloud.wait.duration"] == [({**where, "nbcloud.outcome": "met"}, 2)]
    assert points["nbcloud.polls"] == [(where, 4)]
    requests = {each["nbcloud.status_class"]: count for each, count in points["nbcloud.requests"]}
    assert requests == {"2xx": 2, "4xx": 1, "5xx": 2, "none": 1, "other": 1}
    assert {each["nbcloud.cloud"] for each, _ in points["nbcloud.requests"]} == {"modelarts"}


def test_without_a_parent_a_wait_has_a_trace_of_its_own(http: Received, make: Make) -> None:
    telemetry = make({**http.environment, "OTEL_SERVICE_NAME": "nightly", "TRACEPARENT": "00-nonsense"})
    waits(telemetry, Things([(0, "READY")]), Things([(0, "READY")]))
    telemetry.flush(60)
    assert [span.parent_span_id for span in http.spans] == [b"", b""]
    assert len({span.trace_id for span in http.spans}) == 2
    assert [span.status.code for span in http.spans] == [0, 0]
    assert http.resource["service.name"] == "nightly"


def test_no_id_no_name_and_no_text_is_sent(http: Received, make: Make) -> None:
    origin = Origin("gate", "canary-name", urn=URN.replace("dev", "canary-stack"), stack="canary-stack")
    telemetry = make(http.environment)
    things = {"canary_name": Things([(0, "canary-status"), (15, DOWN), (25, "canary-status 2")])}
    waits(telemetry, things, origin=origin, until='canary_name.status == "canary-condition"')
    telemetry.flush(60)
    assert http.spans
    assert http.points
    sent = http.bodies.decode("latin-1")
    assert "canary" not in sent
    assert "id-of-" not in sent


def test_what_a_span_says_of_a_wait_has_few_values() -> None:
    begin = Begin(Origin("command", "canary-name"), START, {}, "canary-condition")
    assert set(attributes_of(begin)) == {
        "nbcloud.source",
        "nbcloud.cloud",
        "nbcloud.kind",
        "nbcloud.targets",
        "nbcloud.timeout_seconds",
        "nbcloud.enforcement",
    }
    assert GOOD - {"disabled"} <= {each.value for each in Outcome}


def test_the_global_providers_stay_as_they_were(http: Received, make: Make) -> None:
    from opentelemetry import metrics, trace

    before = trace.get_tracer_provider(), metrics.get_meter_provider()
    telemetry = make(http.environment)
    waits(telemetry, Things([(0, "READY")]))
    with trace.get_tracer("somebody else's").start_as_current_span("theirs"):
        pass
    telemetry.flush(60)
    assert [span.name for span in http.spans] == ["nbcloud gate"]
    assert (trace.get_tracer_provider(), metrics.get_meter_provider()) == before


# What is not honoured, and what does not work.


def test_problems_are_told_once_where_a_wait_is_shown(make: Make) -> None:
    telemetry, notes = make({**ENDPOINT, "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"}), Notes()
    waits(telemetry, Things([(0, "READY")]), Things([(0, "READY")]), reporter=notes)
    text = "OpenTelemetry: OTEL_EXPORTER_OTLP_PROTOCOL is http/json, so no {} are sent; use grpc or http/protobuf"
    assert notes.warnings == [text.format("traces"), text.format("metrics")]
    telemetry.flush()


@pytest.mark.parametrize(
    ("missing", "protocol", "expected"),
    [
        (
            "opentelemetry.exporter.otlp.proto.http.{}_exporter",
            HTTP,
            "OpenTelemetry: no traces and metrics are sent: opentelemetry-exporter-otlp-proto-http is not installed",
        ),
        (
            "opentelemetry.exporter.otlp.proto.grpc.{}_exporter",
            GRPC,
            "OpenTelemetry: no traces and metrics are sent: opentelemetry-exporter-otlp-proto-grpc is not installed",
        ),
        (
            "pulumi_nbcloud.telemetry.exporters",
            GRPC,
            (
                "OpenTelemetry: no traces and metrics are sent: opentelemetry-sdk is not installed; "
                "a newer pulumi brings it"
            ),
        ),
    ],
)
def test_a_package_that_is_missing_is_named(
    missing: str, protocol: str, expected: str, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    for signal in ("trace", "metric"):
        monkeypatch.setitem(sys.modules, missing.format(signal), None)
    notes = Notes()
    telemetry = make({**ENDPOINT, "OTEL_EXPORTER_OTLP_PROTOCOL": protocol})
    waits(telemetry, Things([(0, "READY")]), reporter=notes)
    assert notes.warnings == [expected]


def test_variables_that_an_exporter_refuses_are_not_shown(make: Make) -> None:
    variables = {**ENDPOINT, "OTEL_EXPORTER_OTLP_COMPRESSION": "canary", "OTEL_METRICS_EXPORTER": "none"}
    notes = Notes()
    waits(make(variables), Things([(0, "READY")]), reporter=notes)
    (warning,) = notes.warnings
    assert warning.startswith(
        "OpenTelemetry: no traces are sent: its exporter refuses the variables OTEL_EXPORTER_OTLP_… ("
    )
    assert "canary" not in warning


def test_what_is_refused_by_the_receiver_is_said_once(
    refusing: Received, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    said: list[str] = []
    telemetry = make(refusing.environment, said)
    waits(telemetry, Things([(0, "READY")]))
    telemetry.flush(60)
    telemetry.flush(60)
    assert said == ["OpenTelemetry: metrics and traces could not be delivered to what OTEL_EXPORTER_OTLP_… names"]
    assert [each.name for each in caplog.records if each.name.startswith("opentelemetry.exporter")] == []


def test_what_others_send_is_logged_as_it_was(http: Received, make: Make, caplog: pytest.LogCaptureFixture) -> None:
    make(http.environment)
    (name, *_) = [each for each in logging.root.manager.loggerDict if each.startswith("opentelemetry.exporter.otlp.")]
    logging.getLogger(name).warning("theirs")
    assert [each.message for each in caplog.records] == ["theirs"]


class Hanging:
    """Providers whose exporters do not come back."""

    tracer = meter = None

    def __init__(self) -> None:
        self.flushes = 0
        self.over = threading.Event()
        self.undelivered: set[str] = set()

    def flush(self) -> None:
        self.flushes += 1
        self.over.wait()

    def close(self) -> None:
        self.over.set()


def test_exporters_that_hang_are_waited_for_once_and_no_longer_than_our_bound(http: Received, make: Make) -> None:
    assert listener.FLUSH_SECONDS == 2.0
    said: list[str] = []
    telemetry = make(http.environment, said)
    hanging, theirs = Hanging(), telemetry._providers
    telemetry._providers = hanging  # type: ignore[assignment]
    waits(telemetry, Things([(0, "READY")]))
    telemetry.flush(0.01)
    assert not hanging.over.is_set()
    telemetry.flush(0.01)
    assert hanging.flushes == 1
    hanging.close()
    telemetry._providers = theirs
    assert said == ["OpenTelemetry: the exporter took longer than 0.01 s, so what it has not sent is lost"]


def test_a_forked_child_has_nothing_to_flush(http: Received, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    telemetry = make(http.environment, said)
    hanging, theirs = Hanging(), telemetry._providers
    telemetry._providers = hanging  # type: ignore[assignment]
    monkeypatch.setattr("pulumi_nbcloud.telemetry.listener.os.getpid", lambda: -1)
    telemetry.flush()
    telemetry._providers = theirs
    assert (hanging.flushes, said) == (0, [])


def test_a_flush_waits_for_waits_that_are_about_to_end(http: Received, make: Make) -> None:
    telemetry = make(http.environment)
    begin = Begin(Origin("gate", "g"), START, {}, str(THING.ready))
    wait = telemetry.begun(begin, print)
    flushed = threading.Thread(target=telemetry.flush, args=(60,))
    flushed.start()
    wait.ended(Ended(START, "cancelled", 1.0))
    flushed.join()
    assert [values(span.attributes)["nbcloud.outcome"] for span in http.spans] == ["cancelled"]
