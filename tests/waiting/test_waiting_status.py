"""The line that a person sees while a gate waits, and where it goes."""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Iterator
from typing import Any
from weakref import WeakKeyDictionary

import grpc
import pytest
from simulated import DOWN, THING, History, Thing, error_of, target_of
from virtual_time import START

from pulumi_nbcloud.condition import Clause, Held
from pulumi_nbcloud.engine import end, log, status
from pulumi_nbcloud.engine.status import GateReporter
from pulumi_nbcloud.waiting.observation import Observation
from pulumi_nbcloud.waiting.outcome import WaitResult
from pulumi_nbcloud.waiting.progress import Progress
from pulumi_nbcloud.waiting.report import Silent, log_line, status_line

URN = "urn:pulumi:dev::lab::pulumi-python:dynamic/nbcloud:Gate::ready"
EXPECTED = 'self.status == "READY"'


def progress(state: Thing | None = None, *, expected: str = EXPECTED, names: str = "self") -> Progress:
    targets = {name: target_of(History([]), name) for name in names.split()}
    made = Progress(dict.fromkeys(targets, THING), targets, expected, 1800, 0.0)
    for name in targets if state else ():
        made.record(name, Observation(state, None, START, None))
    return made


def failing(times: int) -> Progress:
    made = progress(Thing(status="PENDING"))
    made.failed_in_a_row, made.last_error = times, error_of(DOWN)
    return made


def undecided() -> Progress:
    """A `fail_on` that is undecided: no clause of what is waited for says so."""
    made = progress(Thing(status=None, thing_id="t"))
    made.reason = "self.status is null"
    return made


def clause(name: str = "", *, outcome: Any = "false", target: str = "self") -> Clause:
    brief, values = f"{name}status PENDING, not READY", ((f"{name}status", "PENDING"),)
    return Clause(
        f'{name or "self."}status == "READY"', outcome, f"{name}status is PENDING", "READY", target, brief, values
    )


def lacking(*clauses: Clause, names: str = "self", **changes: Any) -> Progress:
    made = progress(Thing(status="PENDING"), names=names)
    made.not_met = clauses
    for name, value in changes.items():
        setattr(made, name, value)
    return made


HELD = Held("self.wrong", 20.0, 180.0)


@pytest.mark.parametrize(
    ("observed", "elapsed", "line"),
    [
        (progress(), 0, "nothing yet; 0s of 30m"),
        (lacking(clause()), 95.9, "status PENDING, not READY; 1m35s of 30m"),
        (undecided(), 0, "found; undecided: self.status is null; 0s of 30m"),
        (
            lacking(clause("a.", target="a"), clause("b.", target="b"), names="a b c d"),
            130,
            "2/4 ready; a.status PENDING, not READY; 2m10s of 30m",
        ),
        # Of a clause about several targets nobody can say which of them is ready.
        (
            lacking(clause("a.", target="a"), Clause("a.x == b.x", "false"), names="a b"),
            0,
            "a.status PENDING, not READY; 0s of 30m",
        ),
        # Other clauses where there is room.
        (
            lacking(clause(), Clause("self.ok", "false", "ok is false", "true", "self", "ok false")),
            5,
            "status PENDING, not READY; ok false; 5s of 30m",
        ),
        (lacking(clause("job.", target="job"), names="job"), 5, "job.status PENDING, not READY; 5s of 30m"),
        # What is longer than a row is cut, but the time is not.
        (lacking(Clause("x", "false", brief="x" * 80)), 5, f"{'x' * 48}…; 5s of 30m"),
        (lacking(met_in_a_row=2, consecutive=3), 5, "met 2/3 polls; 5s of 30m"),
        (lacking(met_in_a_row=2, held=20.0, holds_for=50.0), 5, "held 20s/50s; 5s of 30m"),
        (lacking(clause(), failing=HELD), 5, "status PENDING, not READY; failing 20s/3m; 5s of 30m"),
        (failing(1), 61, "poll failed: the cloud cannot answer now; 1m1s of 30m"),
        (failing(3), 61, "3 polls failed: the cloud cannot answer now; 1m1s of 30m"),
        (failing(0), 61, "status=PENDING; 1m1s of 30m"),
    ],
)
def test_the_row_says_what_is_not_met_and_how_long(observed: Progress, elapsed: float, line: str) -> None:
    assert status_line(observed, elapsed) == line
    assert len(line) <= 60


def test_a_row_never_cuts_what_must_be_said() -> None:
    made = lacking(clause(), failing=HELD, held=20.0, holds_for=50.0, met_in_a_row=2, consecutive=3)
    assert status_line(made, 5) == "status PENDING,…; met 2/3 polls; held 20s/50s; failing 20s/3m; 5s of 30m"


def test_a_row_does_not_show_the_clauses_of_a_secret_condition() -> None:
    assert status_line(lacking(clause()), 5, hidden=True) == "status=PENDING; 5s of 30m"
    assert status_line(undecided(), 5, hidden=True) == "found; 5s of 30m"


@pytest.mark.parametrize(
    ("observed", "line"),
    [
        (progress(), "waiting: nothing yet; 5s of 30m"),
        # The condition stands in the line before, and its value in the state.
        (lacking(clause()), "waiting: status=PENDING; 5s of 30m"),
        (
            lacking(
                clause(), Clause("self.t > now", "false", "t is 2026-11-28T14:00:00Z (12m ago)", "after now", "self")
            ),
            "waiting: status=PENDING; not met: self.t > now: t is 2026-11-28T14:00:00Z (12m ago); 5s of 30m",
        ),
        (
            lacking(clause("a.", target="a"), names="a b"),
            'waiting: a: status=PENDING; b: status=PENDING; not met: a.status == "READY"; 5s of 30m',
        ),
        (
            lacking(Clause("self.end", "undecided", "end is null", "true", "self")),
            "waiting: status=PENDING; not met: self.end: end is null; 5s of 30m",
        ),
        (undecided(), "waiting: found; undecided: self.status is null; 5s of 30m"),
        (
            failing(3),
            "waiting: status=PENDING (poll failed: the cloud cannot answer now; 3 in a row); 5s of 30m",
        ),
    ],
)
def test_a_log_line_says_the_state_and_what_is_not_met(observed: Progress, line: str) -> None:
    assert log_line(observed, 5) == line


def test_the_silent_reporter_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    Silent().changed(progress(), 0)
    Silent().heartbeat(progress(), 0)
    Silent().warning("something")
    assert capfd.readouterr() == ("", "")


class Call:
    """A call of gRPC under way."""

    def __init__(self) -> None:
        self.status = grpc.StatusCode.OK
        self.waited = False

    def add_done_callback(self, done: Any) -> None:
        self.done = done

    def code(self) -> grpc.StatusCode:
        return self.status

    def result(self, timeout: float) -> None:
        assert timeout == log.DELIVERY_SECONDS
        self.waited = True


class Stub:
    """The engine's: keeps what it is told; fails where it is to."""

    def __init__(self, fails: bool = False) -> None:
        self.requests: list[Any] = []
        self.calls: list[Call] = []
        self.fails = fails
        self.Log = self

    def future(self, request: Any, timeout: float) -> Call:
        if self.fails:
            raise RuntimeError("Channel closed!")
        assert timeout == log.LOG_SECONDS
        self.requests.append(request)
        self.calls.append(Call())
        return self.calls[-1]


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No engine, as in a test process, and none is remembered."""
    monkeypatch.setattr(sys, "argv", ["python"])
    monkeypatch.setattr(log, "_stub", None)
    monkeypatch.setattr(log, "_unusable", False)
    monkeypatch.setattr(end, "_engines", WeakKeyDictionary())
    yield
    log._calls.clear()


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Stub:
    made = Stub()
    monkeypatch.setattr(log, "_stub", made)
    return made


@pytest.mark.parametrize("argv", [["python"], ["python", "no address"], ["python", ":5"], ["python", "host:port"], []])
def test_without_an_engine_it_is_said_on_stderr_and_the_heartbeat_is_slower(
    argv: list[str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", argv)
    reporter = GateReporter(URN)
    assert reporter.heartbeat_seconds == status.SLOW_HEARTBEAT_SECONDS == 60
    reporter.changed(progress(Thing(status="PENDING")), 3)
    reporter.heartbeat(progress(Thing(status="PENDING")), 63)
    assert capfd.readouterr() == (
        "",
        ("status=PENDING; 3s of 30m\nstatus=PENDING; 1m3s of 30m\n"),
    )


def test_with_an_engine_it_goes_to_the_gates_row_as_a_passing_message(
    stub: Stub, capfd: pytest.CaptureFixture[str]
) -> None:
    reporter = GateReporter(URN)
    assert reporter.heartbeat_seconds == status.HEARTBEAT_SECONDS == 30
    reporter.changed(progress(Thing(status="PENDING")), 3)
    (request,) = stub.requests
    assert (request.message, request.urn) == ("status=PENDING; 3s of 30m", URN)
    assert (request.severity, request.ephemeral) == (1, True)
    assert capfd.readouterr() == ("", "")


def test_a_warning_stays_on_the_row(stub: Stub) -> None:
    assert log.send("mind the gap", URN, warning=True)
    (request,) = stub.requests
    assert (request.message, request.severity, request.ephemeral) == ("mind the gap", 2, False)


def test_a_reporters_warning_stays_on_the_row_or_goes_to_stderr(stub: Stub, capfd: pytest.CaptureFixture[str]) -> None:
    GateReporter(URN).warning("mind the gap")
    (request,) = stub.requests
    assert (request.message, request.urn, request.severity, request.ephemeral) == ("mind the gap", URN, 2, False)
    GateReporter(None).warning("mind the gap")
    assert capfd.readouterr() == ("", "warning: mind the gap\n")


def test_without_a_urn_it_is_said_on_stderr_though_there_is_an_engine(
    stub: Stub, capfd: pytest.CaptureFixture[str]
) -> None:
    reporter = GateReporter(None)
    assert reporter.heartbeat_seconds == 60
    reporter.changed(progress(), 0)
    assert capfd.readouterr().err == "nothing yet; 0s of 30m\n"
    assert stub.requests == []


def test_the_last_line_says_how_it_ended_and_is_waited_for(stub: Stub, capfd: pytest.CaptureFixture[str]) -> None:
    made = progress(Thing(status="READY"))
    made.polls = 3
    reporter = GateReporter(URN)
    reporter.changed(made, 3)
    reporter.ended(WaitResult("met", START, 12.4, made))
    made.polls = 1
    reporter.ended(WaitResult("timed_out", None, 0.0, made, "timed out"))
    reporter.ended(WaitResult("disabled"))  # it has nothing to say
    assert [each.message for each in stub.requests[1:]] == ["met after 12s, 3 polls", "timed out after 0s, 1 poll"]
    assert [each.waited for each in stub.calls] == [False, True, True]
    GateReporter(None).ended(WaitResult("met", START, 12.4, made))
    assert capfd.readouterr().err == "met after 12s, 1 poll\n"


def test_a_line_is_not_repeated(stub: Stub) -> None:
    reporter = GateReporter(URN)
    for elapsed in (3.1, 3.9, 4.0):
        reporter.changed(progress(), elapsed)
        reporter.heartbeat(progress(), elapsed)
    assert [request.message[-9:] for request in stub.requests] == ["3s of 30m", "4s of 30m"]


def test_a_failing_stub_never_raises_and_the_line_is_said_on_stderr(
    stub: Stub, capfd: pytest.CaptureFixture[str]
) -> None:
    stub.fails = True
    GateReporter(URN).changed(progress(), 0)
    assert not log.send("lost", URN, warning=True)
    assert capfd.readouterr().err == "nothing yet; 0s of 30m\n"


def test_a_call_is_held_until_it_is_done(stub: Stub) -> None:
    assert log.send("one", URN)
    assert log._calls == {stub.calls[0]}
    stub.calls[0].done(stub.calls[0])
    assert log._calls == set()


OK, GONE, SLOW = grpc.StatusCode.OK, grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED


@pytest.mark.parametrize(
    ("codes", "cancelled"),
    [
        ([OK, GONE, GONE], 1),
        ([OK, GONE, GONE, GONE, GONE], 1),
        ([OK, GONE, SLOW, GONE], 1),
        ([OK, GONE, OK, GONE], 0),
        ([OK, SLOW, SLOW, SLOW], 0),
        ([GONE, GONE, GONE], 0),
    ],
    ids=lambda value: " ".join(code.name for code in value) if isinstance(value, list) else str(value),
)
def test_an_engine_that_was_there_and_is_gone_ends_the_waits_once(
    codes: list[grpc.StatusCode], cancelled: int, stub: Stub
) -> None:
    cancels: queue.SimpleQueue[threading.Thread] = queue.SimpleQueue()
    with end.when_gone(stub, lambda: cancels.put(threading.current_thread())):
        for code in codes:
            assert log.send("a message", URN)
            stub.calls[-1].status = code
            stub.calls[-1].done(stub.calls[-1])
        for _ in range(cancelled):
            # gRPC may call back on the event loop's thread, which must not wait for what the loop does.
            assert cancels.get(timeout=10) is not threading.current_thread()
    assert cancels.empty()


def test_an_engine_that_is_gone_ends_no_wait_of_another_program(stub: Stub) -> None:
    cancels: queue.SimpleQueue[str] = queue.SimpleQueue()
    other = Stub()
    with end.when_gone(stub, lambda: cancels.put("gone")), end.when_gone(other, lambda: cancels.put("other")):
        for code in (OK, GONE, GONE):
            assert log.send("a message", URN)
            assert log.send("a message", URN, engine=other)
            for each, status in ((stub, code), (other, OK)):
                each.calls[-1].status = status
                each.calls[-1].done(each.calls[-1])
        assert cancels.get(timeout=10) == "gone"
    assert cancels.empty()


def test_a_wait_that_has_ended_is_not_cancelled(stub: Stub) -> None:
    with end.when_gone(stub, pytest.fail):
        pass
    with end.when_gone(None, pytest.fail):
        pass
    for code in (OK, GONE, GONE):
        assert log.send("a message", URN)
        stub.calls[-1].status = code
        stub.calls[-1].done(stub.calls[-1])
    assert not [each for each in threading.enumerate() if each.name == "nbcloud-engine-gone"]


def test_the_engine_is_found_by_the_first_argument_and_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    import grpc

    made: list[str] = []

    class Channel:
        def unary_unary(self, *args: object, **kwargs: object) -> None:
            """Stands for a method of the stub."""

    def channel(address: str) -> Channel:
        made.append(address)
        return Channel()

    monkeypatch.setattr(grpc, "insecure_channel", channel)
    monkeypatch.setattr(sys, "argv", ["python", "127.0.0.1:4711"])
    assert [GateReporter(URN).heartbeat_seconds for _ in range(3)] == [30] * 3
    assert made == ["127.0.0.1:4711"]
