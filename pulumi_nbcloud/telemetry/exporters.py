"""Set up OpenTelemetry's SDK for this process, with providers that serve only our own spans and metrics.

The exporters are OpenTelemetry's, and so are their variables: endpoints, headers, certificates, compression, timeouts.
Their logs during a send are suppressed, because they would appear among the engine's messages; a failed
delivery is reported once, at the end.
"""

from __future__ import annotations

import importlib
import logging
import os
import threading
from collections.abc import Callable, Iterable
from typing import Any

from opentelemetry.metrics import Meter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Tracer

from pulumi_nbcloud._version import __version__
from pulumi_nbcloud.telemetry.variables import GRPC, PACKAGES, Plan, Signal

SCOPE = "pulumi_nbcloud"
_FOLDERS = {"traces": ("trace_exporter", "OTLPSpanExporter"), "metrics": ("metric_exporter", "OTLPMetricExporter")}

_sending = threading.local()


class Providers:
    """The providers that send the spans and metrics of this process.

    Args:
        plan: what to send.

    Attributes:
        tracer: makes spans; None without traces.
        meter: makes instruments; None without metrics.
        problems: the failures of the setup, one line each.
        undelivered: the signals with failed deliveries.
    """

    def __init__(self, plan: Plan) -> None:
        self.tracer: Tracer | None = None
        self.meter: Meter | None = None
        self.problems: list[str] = []
        self.undelivered: set[Signal] = set()
        self._flushes: list[Callable[[], object]] = []
        self._closes: list[Callable[[], object]] = []
        self._missing: dict[str, list[str]] = {}
        resource = _resource()
        for signal, protocol in plan.protocols.items():
            self._add(signal, protocol, resource)
        self.problems += [
            f"OpenTelemetry: no {' and '.join(signals)} are sent: {package} is not installed"
            for package, signals in self._missing.items()
        ]

    def flush(self) -> None:
        """Send all pending data; this takes as long as the exporters do."""
        for each in self._flushes:
            each()

    def close(self) -> None:
        """Stop the threads of the exporters; this takes as long as they do."""
        for each in self._closes:
            each()

    def _add(self, signal: Signal, protocol: str, resource: Resource) -> None:
        try:
            self._set_up(signal, self._exporter(signal, protocol), resource)
        except ImportError:
            self._missing.setdefault(PACKAGES[protocol], []).append(signal)
        except Exception as error:
            # Its text may contain the value of a variable, for example headers.
            problem = f"its exporter refuses the variables OTEL_EXPORTER_OTLP_… ({type(error).__name__})"
            self.problems.append(f"OpenTelemetry: no {signal} are sent: {problem}")

    def _exporter(self, signal: Signal, protocol: str) -> Any:
        module, name = _FOLDERS[signal]
        way = "grpc" if protocol == GRPC else "http"
        exporters = importlib.import_module(f"opentelemetry.exporter.otlp.proto.{way}.{module}")
        exporter = getattr(exporters, name)()
        _silence(each for each in logging.root.manager.loggerDict if each.startswith("opentelemetry.exporter."))
        send = exporter.export

        def watched(*what: Any, **how: Any) -> Any:
            _sending.now = True
            try:
                result = send(*what, **how)
            except Exception:
                self.undelivered.add(signal)
                raise
            finally:
                _sending.now = False
            if getattr(result, "name", "") != "SUCCESS":
                self.undelivered.add(signal)
            return result

        vars(exporter)["export"] = watched
        return exporter

    def _set_up(self, signal: Signal, exporter: Any, resource: Resource) -> None:
        # Not shut down by the SDK at exit, which would wait for an exporter without a limit.
        if signal == "traces":
            tracing = TracerProvider(resource=resource, shutdown_on_exit=False)
            tracing.add_span_processor(BatchSpanProcessor(exporter))
            self.tracer = tracing.get_tracer(SCOPE, __version__)
            self._flushes.append(tracing.force_flush)
            self._closes.append(tracing.shutdown)
        else:
            reader = PeriodicExportingMetricReader(exporter)
            metering = MeterProvider(metric_readers=[reader], resource=resource, shutdown_on_exit=False)
            self.meter = metering.get_meter(SCOPE, __version__)
            self._flushes.append(metering.force_flush)
            self._closes.append(metering.shutdown)


def _resource() -> Resource:
    """Describe this service; a name in the variables takes precedence."""
    named = os.environ.get("OTEL_SERVICE_NAME") or "service.name=" in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    return Resource.create({} if named else {"service.name": "pulumi-nbcloud", "service.version": __version__})


def _silence(loggers: Iterable[str]) -> None:
    """Suppress the logs of exporters during our sends; logs of other sends are unaffected."""
    for name in tuple(loggers):
        logger = logging.getLogger(name)
        if _is_for_others not in logger.filters:
            logger.addFilter(_is_for_others)


def _is_for_others(record: logging.LogRecord) -> bool:
    return not getattr(_sending, "now", False)
