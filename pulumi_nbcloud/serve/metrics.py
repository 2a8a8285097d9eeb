"""The metrics of the service, in the text format of Prometheus. Labels come from the gates file and fixed words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from pulumi_nbcloud.http.counting import status_class

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_Labels = tuple[tuple[str, str], ...]


class _Histogram:
    def __init__(self) -> None:
        self.counts = [0] * len(BUCKETS)
        self.total = 0
        self.sum = 0.0

    def observe(self, seconds: float) -> None:
        self.total += 1
        self.sum += seconds
        for index, limit in enumerate(BUCKETS):
            if seconds <= limit:
                self.counts[index] += 1
                break


class Metrics:
    """The metrics of one service."""

    def __init__(self) -> None:
        self._counters: dict[str, Counter[_Labels]] = {name: Counter() for name in _COUNTERS}
        self._histograms: dict[str, dict[_Labels, _Histogram]] = {name: {} for name in _HISTOGRAMS}
        self.in_flight = 0

    def request(self, route: str, status: int, seconds: float) -> None:
        """Count a request of a caller.

        Args:
            route: one of a few fixed words.
            status: the HTTP status of the response.
            seconds: its duration.
        """
        labels = (("route", route), ("status", status_class(status)))
        self._counters["nbcloud_serve_requests_total"][labels] += 1
        self._observe("nbcloud_serve_request_duration_seconds", (("route", route),), seconds)

    def check(self, gate: str, outcome: str) -> None:
        """Count an evaluated check of a gate in the file."""
        self._counters["nbcloud_serve_checks_total"][(("gate", gate), ("outcome", outcome))] += 1

    def read(self, cloud: str, seconds: float) -> None:
        """Count a sent read of a target."""
        self._counters["nbcloud_polls_total"][(("cloud", cloud),)] += 1
        self._observe("nbcloud_poll_duration_seconds", (("cloud", cloud),), seconds)

    def cloud_request(self, cloud: str, status: int | None) -> None:
        """Count an attempt of a request to a cloud."""
        labels = (("cloud", cloud), ("status", status_class(status)))
        self._counters["nbcloud_cloud_requests_total"][labels] += 1

    def _observe(self, name: str, labels: _Labels, seconds: float) -> None:
        self._histograms[name].setdefault(labels, _Histogram()).observe(seconds)

    def text(self) -> str:
        """Return all metrics as text."""
        lines: list[str] = []
        for name, counter in self._counters.items():
            lines += [f"# HELP {name} {_COUNTERS[name]}", f"# TYPE {name} counter"]
            lines += [f"{name}{_written(labels)} {count}" for labels, count in sorted(counter.items())]
        for name, histograms in self._histograms.items():
            lines += [f"# HELP {name} {_HISTOGRAMS[name]}", f"# TYPE {name} histogram"]
            for labels, histogram in sorted(histograms.items(), key=lambda each: each[0]):
                lines += _lines(name, labels, histogram)
        lines += [
            "# HELP nbcloud_serve_requests_in_flight Requests of callers that are under way.",
            "# TYPE nbcloud_serve_requests_in_flight gauge",
            f"nbcloud_serve_requests_in_flight {self.in_flight}",
        ]
        return "\n".join((*lines, ""))


_COUNTERS: Mapping[str, str] = {
    "nbcloud_serve_requests_total": "Requests of callers, by route and class of the status.",
    "nbcloud_serve_checks_total": "Evaluated checks, by gate and outcome.",
    "nbcloud_polls_total": "Reads of targets that were sent, by cloud.",
    "nbcloud_cloud_requests_total": "Requests to clouds with each attempt, by cloud and class of the status.",
}
_HISTOGRAMS: Mapping[str, str] = {
    "nbcloud_serve_request_duration_seconds": "How long requests of callers took, by route.",
    "nbcloud_poll_duration_seconds": "How long reads of targets took, by cloud.",
}


def _lines(name: str, labels: _Labels, histogram: _Histogram) -> Iterable[str]:
    cumulative = 0
    for limit, count in zip(BUCKETS, histogram.counts, strict=True):
        cumulative += count
        yield f"{name}_bucket{_written((*labels, ('le', f'{limit:g}')))} {cumulative}"
    yield f"{name}_bucket{_written((*labels, ('le', '+Inf')))} {histogram.total}"
    yield f"{name}_sum{_written(labels)} {histogram.sum:.6f}"
    yield f"{name}_count{_written(labels)} {histogram.total}"


def _written(labels: _Labels) -> str:
    # No value needs an escape: each is a name in the file, which has no quotes, or a fixed word.
    return "{" + ",".join(f'{name}="{value}"' for name, value in labels) + "}"
