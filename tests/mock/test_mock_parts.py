"""Clock, transitions, request log and fault plan, each by itself."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from pulumi_nbcloud.mock.clock import VirtualClock, rfc3339
from pulumi_nbcloud.mock.faults import FaultPlan
from pulumi_nbcloud.mock.request_log import RequestEntry, RequestLog, max_in_flight
from pulumi_nbcloud.mock.settings import as_environment, as_pulumi_config
from pulumi_nbcloud.mock.transitions import MAX_PENDING, TransitionPlan
from pulumi_nbcloud.mock.validation import InvalidInput
from pulumi_nbcloud.mock.wire import CloudRequest, Route, find_route

REQUEST = CloudRequest("GET", "/v1/x?y=1", {"host": "h", "authorization": "canary"})


def test_the_clock_moves_forward_only(frozen: Any) -> None:
    clock = VirtualClock(frozen)
    assert clock.now() == frozen.now
    assert clock.advance(10) == frozen.now + 10
    frozen.now -= 5
    assert clock.now() == frozen.now + 15, "a time source that steps back does not take the virtual time with it"
    frozen.now += 6
    assert clock.now() == frozen.now + 10
    moment = datetime.fromtimestamp(clock.now() + 60, timezone.utc)
    assert clock.set(moment) == moment.timestamp()
    assert clock.gateway_now() == frozen.now
    clock.skew = -30
    assert clock.gateway_now() == frozen.now - 30
    clock.reset()
    assert clock.state() == {"now": rfc3339(frozen.now), "offset": 0.0, "skew": 0.0}


@pytest.mark.parametrize("step", [-1, float("nan"), float("inf"), True, 1e12])
def test_the_clock_refuses_odd_steps(frozen: Any, step: float) -> None:
    clock = VirtualClock(frozen)
    with pytest.raises(InvalidInput, match=r"^advance: "):
        clock.advance(step)
    assert clock.now() == frozen.now


def test_the_clock_refuses_odd_moments_and_skews(frozen: Any) -> None:
    clock = VirtualClock(frozen)
    with pytest.raises(InvalidInput, match=r"^set: "):
        clock.set(datetime(2099, 1, 1))  # noqa: DTZ001 (what it must refuse)
    with pytest.raises(InvalidInput, match=r"^set: "):
        clock.set(datetime.fromtimestamp(frozen.now, timezone.utc) - timedelta(seconds=1))
    with pytest.raises(InvalidInput, match=r"^skew: "):
        clock.skew = float("inf")
    assert clock.state()["skew"] == 0


def test_reads_count_from_when_a_transition_was_added() -> None:
    plan: TransitionPlan[str] = TransitionPlan()
    for _ in range(3):
        plan.count_read()
    plan.add("first", now=0, after_reads=1)
    plan.add("second", now=0, after_reads=1)
    assert plan.take_due(0) == []
    plan.count_read()
    assert plan.take_due(7) == [("first", 7), ("second", 7)]
    assert plan.reads == 4


def test_seconds_count_from_when_a_transition_was_added() -> None:
    plan: TransitionPlan[str] = TransitionPlan()
    plan.add("late", now=100, after_seconds=10)
    plan.add("early", now=100, after_seconds=5)
    assert plan.take_due(109.9) == []
    assert plan.take_due(200) == [("late", 110), ("early", 110)]


def test_a_plan_is_bounded() -> None:
    plan: TransitionPlan[int] = TransitionPlan()
    for number in range(MAX_PENDING):
        plan.add(number, now=0, after_reads=1)
    with pytest.raises(InvalidInput):
        plan.add(0, now=0)


def log(frozen: Any, limit: int = 3) -> RequestLog:
    return RequestLog(VirtualClock(frozen), threading.RLock(), limit=limit, monotonic=frozen)


def begin(log: RequestLog) -> RequestEntry:
    return log.begin(REQUEST, service="modelarts", request_id="r", access_key=None)


def test_the_request_log_is_bounded_and_counts_on(frozen: Any) -> None:
    requests = log(frozen)
    first = begin(requests)
    for _ in range(4):
        entry = begin(requests)
    requests.finish(first, status=200, operation="x")
    frozen.now += 2
    requests.finish(entry, status=200, operation="x")
    assert [kept.sequence for kept in requests.entries()] == [3, 4, 5]
    assert [kept.sequence for kept in requests.entries(since=4)] == [5]
    assert requests.entries(service="other") == []
    assert requests.count() == requests.count("modelarts") == 5
    assert requests.count("other") == 0
    last = requests.entries()[-1]
    assert (last.status, last.header_names) == (200, ("authorization", "host"))
    assert last.finished_monotonic == last.received_monotonic + 2
    assert "canary" not in repr(last)


def test_a_request_that_ends_after_a_clear_stays_forgotten(frozen: Any) -> None:
    requests = log(frozen)
    old = begin(requests)
    requests.clear()
    new = begin(requests)
    requests.finish(old, status=500, operation="old")
    assert requests.entries() == [new]
    assert new.sequence == old.sequence == 1


def test_overlap(frozen: Any) -> None:
    requests = log(frozen, 10)
    one, two = begin(requests), begin(requests)
    frozen.now += 1
    requests.finish(one, status=200, operation="")
    three = begin(requests)
    frozen.now += 1
    requests.finish(two, status=200, operation="")
    requests.finish(three, status=200, operation="")
    begin(requests)
    assert max_in_flight(requests.entries()) == 2, "touching is not overlapping, unfinished does not count"


def test_faults_are_used_in_order_and_by_match() -> None:
    faults = FaultPlan(["modelarts"], threading.RLock())
    faults.add(service="modelarts", status=500, match="nowhere")
    faults.add(service="modelarts", status=502, count=2)
    faults.add(service="modelarts", status=503, match="y=1")
    taken = [faults.take("modelarts", REQUEST) for _ in range(4)]
    assert [fault and fault.status for fault in taken] == [502, 502, 503, None]
    assert [fault["status"] for fault in faults.state()] == [500]
    assert faults.take("other", REQUEST) is None


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"service": "nothing"}, "service"),
        ({"status": 199}, "status"),
        ({"status": 600}, "status"),
        ({"status": "503"}, "status"),
        ({"count": 0}, "count"),
        ({"delay": 31}, "delay"),
        ({"delay": float("nan")}, "delay"),
        ({"match": ""}, "match"),
        ({"headers": {"A b": "x"}}, "headers"),
        ({"headers": {"A": "x\r\nB: y"}}, "headers"),
        ({"headers": {"A": "中"}}, "headers"),
        ({"headers": {"Content-Length": "3"}}, "headers"),
        ({"headers": {"A": 1}}, "headers.A"),
        ({"body": b"x"}, "body"),
    ],
)
def test_a_bad_fault_names_its_field(arguments: dict[str, Any], field: str) -> None:
    faults = FaultPlan(["modelarts"], threading.RLock())
    with pytest.raises(InvalidInput) as caught:
        faults.add(**{"service": "modelarts", "status": 503, **arguments})
    assert caught.value.field == field
    assert faults.state() == []


def test_routes() -> None:
    routes = (Route("GET", "/a/{x}/b", "one"), Route("PUT", "/a/{x}/b", "two"))
    found = find_route(routes, CloudRequest("GET", "/a/%C3%A9%2F/b?q"))
    assert found.route is routes[0]
    assert found.values == {"x": "é/"}
    assert find_route(routes, CloudRequest("POST", "/a/1/b")).allowed == ("GET", "PUT")
    for path in ("/a//b", "/a/1/b/", "a/1/b", "/a/1%2Fb", ""):
        assert find_route(routes, CloudRequest("GET", path)) == find_route((), REQUEST)


def test_forms_of_settings() -> None:
    settings = {"hpcai": {"apiKey": "k", "endpoint": "u"}}
    assert as_environment(settings) == {"NBCLOUD_HPCAI_API_KEY": "k", "NBCLOUD_HPCAI_ENDPOINT": "u"}
    assert as_environment(settings, "my-lab")["NBCLOUD_PROFILE_MY_LAB_HPCAI_API_KEY"] == "k"
    config = as_pulumi_config(settings, {"hpcai": {"apiKey"}}, "lab")
    assert config[0] == ["config", "set", "--path", "--secret", "nbcloud:profiles.lab.hpcai.apiKey", "k"]
    assert config[1] == ["config", "set", "--path", "nbcloud:profiles.lab.hpcai.endpoint", "u"]
    dashed = as_pulumi_config({"aidp": {"privateKey": "-----BEGIN"}}, {"aidp": {"privateKey"}})
    assert dashed == [["config", "set-all", "--path", "--secret", "nbcloud:aidp.privateKey=-----BEGIN"]]


@pytest.mark.parametrize(
    "module",
    ["mock", "mock.pytest_plugin", "mock.extra", "mock.modelarts.service", "mock.modelarts.responses", "cli.app"],
)
def test_only_the_server_needs_the_extra(module: str) -> None:
    program = (
        f"import sys, pulumi_nbcloud.{module}\n"
        "print([name for name in ('werkzeug', 'pytest_httpserver') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "[]", done.stderr
