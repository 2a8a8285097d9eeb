"""Connect OpenTelemetry with the waits of a process. No span or metric contains an id, a name or a text."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from pulumi_nbcloud.frozen import is_archive
from pulumi_nbcloud.http import counting
from pulumi_nbcloud.telemetry.variables import Plan, plan_of
from pulumi_nbcloud.waiting.listeners import Begin, Ended, Listened
from pulumi_nbcloud.waiting.progress import Progress

if TYPE_CHECKING:
    from pulumi_nbcloud.telemetry.exporters import Providers

FLUSH_SECONDS = 2.0
"""The maximum wait for exporters at the end of a process, once."""

GOOD = frozenset({"met", "awaiting", "overridden", "disabled"})
"""The outcomes whose spans are not errors."""

_MISSING = "OpenTelemetry: no {} are sent: opentelemetry-sdk is not installed; a newer pulumi brings it"
_ARCHIVE = (
    "OpenTelemetry: no {} are sent: the archive of nbcloud does not hold opentelemetry-sdk; use the Python package"
)


def telemetry_of(environment: Mapping[str, str], say: Callable[[str], None]) -> Telemetry | None:
    """Return the listener that sends the waits of a process to OpenTelemetry.

    Args:
        environment: the process's variables.
        say: shows a warning outside of a wait.

    Returns:
        The listener; None if the variables enable nothing, in which case OpenTelemetry is not loaded.
    """
    plan = plan_of(environment)
    return None if plan is None else Telemetry(plan, environment, say)


class Telemetry:
    """A span and metrics for each wait.

    Args:
        plan: the signals to send.
        environment: the process's variables; TRACEPARENT names the parent of all spans.
        say: shows a warning outside of a wait.
    """

    name = "telemetry"

    def __init__(self, plan: Plan, environment: Mapping[str, str], say: Callable[[str], None]) -> None:
        self._say = say
        self._problems = list(plan.problems)
        self._providers: Providers | None = None
        self._instruments: _Instruments | None = None
        self._parent: Any = None
        self._open = 0
        self._all_ended = threading.Condition()
        self._gave_up = False
        self._pid = os.getpid()
        self._flushes: SimpleQueue[tuple[float, threading.Event] | None] = SimpleQueue()
        self._begin(plan, environment)

    def _begin(self, plan: Plan, environment: Mapping[str, str]) -> None:
        if not plan.protocols:
            return
        try:
            from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

            from pulumi_nbcloud.telemetry.exporters import Providers
        except ImportError:
            self._problems.append((_ARCHIVE if is_archive() else _MISSING).format(" and ".join(plan.protocols)))
            return
        self._providers = Providers(plan)
        self._problems += self._providers.problems
        carrier = {name: environment.get(name.upper(), "") for name in ("traceparent", "tracestate")}
        self._parent = TraceContextTextMapPropagator().extract(carrier)
        if self._providers.meter is not None:
            self._instruments = _Instruments(self._providers.meter)
            counting.listen(self._instruments.request)
        # Now, because Python 3.12 starts no more threads during shutdown.
        threading.Thread(target=self._serve_flushes, name="nbcloud-telemetry", daemon=True).start()
        atexit.register(self.flush)

    def begun(self, begin: Begin, warn: Callable[[str], None]) -> Listened:
        """Start a span."""
        problems, self._problems = self._problems, []
        for each in problems:
            warn(each)
        tracer = self._providers.tracer if self._providers is not None else None
        span = None
        if tracer is not None:
            span = tracer.start_span(
                f"nbcloud {begin.origin.source}",
                context=self._parent,
                attributes=attributes_of(begin),
                start_time=_nanoseconds(begin.time),
            )
        with self._all_ended:
            self._open += 1
        return _Wait(self, begin, span, self._instruments)

    def wait_ended(self) -> None:
        """Record the end of a span."""
        with self._all_ended:
            self._open -= 1
            self._all_ended.notify_all()

    def flush(self, seconds: float = FLUSH_SECONDS) -> None:
        """Send all pending data, and report failures; called after waits, from any thread.

        Args:
            seconds: the time limit. An exporter that exceeded it once is not waited for again.
        """
        providers = self._providers
        # The pending data is the parent's: a forked child has nothing to wait for at its end.
        if providers is None or self._gave_up or self._pid != os.getpid():
            return
        done = threading.Event()
        self._flushes.put((seconds, done))
        if not done.wait(seconds):
            self._gave_up = True
            self._say(f"OpenTelemetry: the exporter took longer than {seconds:g} s, so what it has not sent is lost")
        elif providers.undelivered:
            lost = " and ".join(sorted(providers.undelivered))
            self._gave_up = True
            self._say(f"OpenTelemetry: {lost} could not be delivered to what OTEL_EXPORTER_OTLP_… names")

    def _serve_flushes(self) -> None:
        """Flush on a background thread: no exporter honours a shorter timeout than its own."""
        while (flush := self._flushes.get()) is not None:
            seconds, done = flush
            self._wait_for_ends(seconds)
            if self._providers is not None:
                self._providers.flush()
            done.set()

    def _wait_for_ends(self, seconds: float) -> None:
        """Block until every wait has ended: cancelled waits end a moment later."""
        with self._all_ended:
            self._all_ended.wait_for(lambda: self._open == 0, seconds / 2)

    def close(self) -> None:
        """Stop the background work, in a process that keeps running."""
        atexit.unregister(self.flush)
        self._flushes.put(None)
        if self._providers is not None:
            self._providers.close()
            self._providers = None
        if self._instruments is not None:
            counting.forget(self._instruments.request)
            self._instruments = None


class _Instruments:
    """The metrics. Each attribute has few values, so no cloud or program can create many series."""

    def __init__(self, meter: Any) -> None:
        self.waits = meter.create_counter("nbcloud.waits", "{wait}", "Waits that have ended.")
        self.duration = meter.create_histogram("nbcloud.wait.duration", "s", "How long waits took.")
        self.polls = meter.create_counter("nbcloud.polls", "{poll}", "Polls of waits.")
        self.requests = meter.create_counter("nbcloud.requests", "{request}", "Attempts of requests to clouds.")

    def request(self, cloud: str, status: int | None) -> None:
        """Count an attempt."""
        self.requests.add(1, {"nbcloud.cloud": cloud, "nbcloud.status_class": counting.status_class(status)})


class _Wait:
    """The span of one wait."""

    def __init__(self, telemetry: Telemetry, begin: Begin, span: Any, instruments: _Instruments | None) -> None:
        self._telemetry = telemetry
        self._source = begin.origin.source
        self._clouds = ",".join(sorted(begin.clouds))
        self._span = span
        self._instruments = instruments
        self._polls = 0

    def changed(self, progress: Progress, elapsed: float) -> None:
        """Add an event for a change, without its content."""
        self._count(progress)
        if self._span is not None:
            failed = progress.failed_in_a_row
            self._span.add_event(
                "nbcloud.poll_failed" if failed else "nbcloud.changed",
                {"nbcloud.polls": progress.polls, "nbcloud.transitions": progress.transition_count},
            )

    def ended(self, ended: Ended) -> None:
        """End the span, and count the wait."""
        try:
            self._end(ended)
        finally:
            self._telemetry.wait_ended()

    def _end(self, ended: Ended) -> None:
        progress = ended.progress
        if progress is not None:
            self._count(progress)
        if self._instruments is not None:
            labels = {"nbcloud.source": self._source, "nbcloud.cloud": self._clouds, "nbcloud.outcome": ended.outcome}
            self._instruments.waits.add(1, labels)
            self._instruments.duration.record(ended.elapsed, labels)
        if self._span is None:
            return
        self._span.set_attributes(
            {
                "nbcloud.outcome": ended.outcome,
                "nbcloud.polls": progress.polls if progress is not None else 0,
                "nbcloud.transitions": progress.transition_count if progress is not None else 0,
                "nbcloud.elapsed_seconds": round(ended.elapsed, 1),
            }
        )
        if ended.outcome not in GOOD:
            from opentelemetry.trace import StatusCode

            self._span.set_status(StatusCode.ERROR)
        self._span.end(_nanoseconds(ended.time))

    def _count(self, progress: Progress) -> None:
        new, self._polls = progress.polls - self._polls, progress.polls
        if self._instruments is not None and new:
            self._instruments.polls.add(new, {"nbcloud.source": self._source, "nbcloud.cloud": self._clouds})


def attributes_of(begin: Begin) -> dict[str, Any]:
    """Return the attributes of a wait, without an id, a name or a text.

    Args:
        begin: the facts of its start.
    """
    found: dict[str, Any] = {
        "nbcloud.source": begin.origin.source,
        "nbcloud.cloud": list(begin.clouds),
        "nbcloud.kind": list(dict.fromkeys(each.kind for each in begin.subjects.values())),
        "nbcloud.targets": len(begin.subjects),
        "nbcloud.timeout_seconds": begin.timeout,
        "nbcloud.enforcement": begin.enforcement,
    }
    operation = begin.origin.operation
    return found if operation is None else {**found, "nbcloud.operation": operation}


def _nanoseconds(time: datetime) -> int:
    return int(time.timestamp() * 1_000_000) * 1_000
