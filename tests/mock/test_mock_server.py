"""The server as a whole: raw targets, faults, reset, secrets, failures, concurrency, stopping."""

from __future__ import annotations

import json
import logging
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
from mock_client import ACCESS_KEY, NOTEBOOK, PROJECT, SECRET_KEY, admin, get_lease, lease_path, send, sign
from nbcloud_support import eventually

from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.mock.listener import PortInUseError
from pulumi_nbcloud.mock.validation import InvalidInput, UnknownThing


@pytest.mark.parametrize(
    "target",
    [
        "/v1/p/notebooks/%7e%2F+%20/lease?b=%zz&a=%E4%B8%AD&&c",
        "/v1/%2e%2e/./..//x?",
        "/v1/a;b=c,d/(~)!*'?q=()~!*'",
        "/v1/x??y=%00",
    ],
)
def test_the_target_is_kept_byte_for_byte(clouds: MockClouds, target: str) -> None:
    parts = urlsplit(clouds.url)
    with socket.create_connection((parts.hostname, parts.port or 0), timeout=30) as connection:
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        with connection.makefile("rb") as response:
            assert response.readline().startswith(b"HTTP/1.1 40")
            response.read()
    assert clouds.requests[-1].target == target


def test_slashes_in_front_are_not_folded(clouds: MockClouds) -> None:
    assert send(clouds.url, "/" + lease_path()).json == {"error": "path: no mock cloud serves it"}


def test_it_binds_loopback_only(clouds: MockClouds) -> None:
    assert urlsplit(clouds.url).hostname == "127.0.0.1"
    assert clouds._listener.server is not None
    assert clouds._listener.server.server_address[0] == "127.0.0.1"


def test_a_planned_fault_comes_instead_of_the_cloud(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK)
    clouds.modelarts.add_transition(NOTEBOOK, after_reads=1, status="STOPPED")
    clouds.faults.add(service="modelarts", status=503, headers={"Retry-After": "7"}, body="busy", count=2)
    for _ in range(2):
        response = get_lease(clouds.url)
        assert (response.status, response.body, response.headers["retry-after"]) == (503, b"busy", "7")
        assert response.headers["x-request-id"] == clouds.requests[-1].request_id
    assert get_lease(clouds.url).status == 200, "a fault is no read"
    assert [entry.operation for entry in clouds.requests] == ["(fault)", "(fault)", "ShowLease"]


def test_a_fault_may_shape_the_whole_answer(clouds: MockClouds) -> None:
    headers = {"content-type": "text/html", "X-Request-Id": "mine"}
    clouds.faults.add(service="modelarts", status=200, headers=headers, body="<p>é", match="lease")
    assert send(clouds.url, "/v1/other").status == 404
    response = send(clouds.url, lease_path())
    assert (response.status, response.body.decode()) == (200, "<p>é")
    assert (response.headers["content-type"], response.headers["x-request-id"]) == ("text/html", "mine")


class Held(threading.Event):
    """Tells when somebody begins to wait for it."""

    def __init__(self) -> None:
        super().__init__()
        self.entered = threading.Event()

    def wait(self, timeout: float | None = None) -> bool:
        self.entered.set()
        return super().wait(timeout)


def test_others_are_served_while_a_fault_holds_an_answer_back() -> None:
    with MockClouds() as clouds, ThreadPoolExecutor(1) as pool:
        clouds._stopping = held = Held()
        clouds.modelarts.put_lease(NOTEBOOK)
        clouds.faults.add(service="modelarts", status=503, delay=30, match="slow")
        slow = pool.submit(send, clouds.url, "/v1/slow")
        assert held.entered.wait(30)
        assert get_lease(clouds.url).status == 200
        assert not slow.done()
        assert clouds.requests[0].status is None, "still in work"
        clouds.stop()
        assert slow.result().status == 503, "a stop ends the delay and not the connection"
        assert clouds.max_in_flight() == 2


def change_everything(clouds: MockClouds, frozen: Any) -> None:
    clouds.modelarts.put_lease(NOTEBOOK)
    clouds.modelarts.add_transition(NOTEBOOK, after_reads=5, status="STOPPED")
    clouds.modelarts.add_account("EXTRA", "secret", projects=["p"])
    clouds.modelarts.add_account(ACCESS_KEY, "rotated", projects=["p"])
    clouds.modelarts.deny("MOCKACCESSKEY0000002")
    for _ in range(7):
        get_lease(clouds.url, date=frozen.now, secret_key="wrong")
    clouds.clock.advance(1_000)
    clouds.clock.skew = 5
    clouds.faults.add(service="modelarts", status=503, match="never")
    clouds._listener.handler_errors.append(RuntimeError("left over"))


@pytest.mark.parametrize("scenario", ["empty", "demo"])
@pytest.mark.parametrize("over_http", [False, True])
def test_reset_restores_everything(frozen: Any, scenario: str, over_http: bool) -> None:
    with MockClouds(time=frozen, seed=7, scenario=scenario) as clouds:
        before = clouds.state()
        first_id = get_lease(clouds.url, date=frozen.now).headers["x-request-id"]
        change_everything(clouds, frozen)
        changed = clouds.state()
        assert {key for key in before if before[key] != changed[key]} == {"clock", "services", "faults", "requests"}
        if over_http:
            assert admin(clouds.url, "POST", "reset").status == 200
        else:
            clouds.reset()
        assert clouds.state() == before
        assert clouds.requests == []
        clouds.check()
        assert get_lease(clouds.url, date=frozen.now).headers["x-request-id"] == first_id
        assert clouds.requests[0].sequence == 1
        assert clouds.settings()["modelarts"]["secretKey"] == SECRET_KEY


def test_request_ids_depend_on_the_seed() -> None:
    ids = []
    for seed in (1, 1, 2):
        with MockClouds(seed=seed) as clouds:
            ids.append([send(clouds.url, "/v1/x").headers["x-request-id"] for _ in range(2)])
    assert ids[0] == ids[1]
    assert ids[0] != ids[2]
    assert ids[0][0] != ids[0][1]


def test_no_secret_is_shown(clouds: MockClouds, caplog: pytest.LogCaptureFixture, capfd: Any) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = {"CANARYsecretKEY1", "CANARYsecurityTOKEN2", "CANARYswappedKEY3", "CANARYauthTOKEN4"}
    clouds.modelarts.add_account("TEMP", "CANARYsecretKEY1", projects=[PROJECT], security_token="CANARYsecurityTOKEN2")
    clouds.modelarts.put_lease(NOTEBOOK)
    token = {"X-Security-Token": "CANARYsecurityTOKEN2", "X-Auth-Token": "CANARYauthTOKEN4"}
    responses = [
        get_lease(clouds.url, access_key="TEMP", secret_key="CANARYsecretKEY1", headers=token),
        get_lease(clouds.url, access_key="CANARYswappedKEY3", secret_key="x"),
        send(clouds.url, lease_path(), headers={"Authorization": "CANARYauthTOKEN4"}),
    ]
    assert [response.status for response in responses] == [200, 401, 401]
    _, headers = sign(clouds.url, lease_path(), access_key="TEMP", secret_key="CANARYsecretKEY1")
    secrets.add(headers["Authorization"].rpartition("=")[2])
    assert send(clouds.url, lease_path(), headers=headers).status == 401
    output = capfd.readouterr()
    shown = {
        "requests": repr(clouds.requests),
        "requests over HTTP": admin(clouds.url, "GET", "requests").body.decode(),
        "state": json.dumps(clouds.state()),
        "state over HTTP": admin(clouds.url, "GET", "state").body.decode(),
        "answers": repr(responses),
        "log": caplog.text,
        "output": output.out + output.err,
        "objects": repr([vars(clouds), vars(clouds.modelarts), clouds.modelarts._accounts.find("TEMP")]),
    }
    found = [(place, secret) for place, text in shown.items() for secret in secrets if secret in text]
    assert found == []
    assert clouds.requests[0].access_key == "TEMP"
    assert "x-security-token" in clouds.requests[0].header_names


def test_a_failure_of_the_mock_is_not_swallowed(
    clouds: MockClouds, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("on purpose")

    monkeypatch.setattr(clouds.modelarts, "respond", broken)
    response = send(clouds.url, lease_path())
    assert response.status == 500
    assert "ZeroDivisionError: on purpose" in response.json["error"]
    assert clouds.requests[-1].status == 500
    assert "the mock failed" in caplog.text
    with pytest.raises(ZeroDivisionError):
        clouds.check()
    clouds.check()


def test_many_at_once(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, status="STARTING")
    clouds.modelarts.add_transition(NOTEBOOK, after_reads=40, status="RUNNING")
    with ThreadPoolExecutor(16) as pool:
        responses = list(pool.map(lambda _: get_lease(clouds.url), range(100)))
    assert sorted(response.status for response in responses) == [200] * 60 + [400] * 40
    assert len({response.headers["x-request-id"] for response in responses}) == 100
    assert [entry.sequence for entry in clouds.requests] == list(range(1, 101))
    assert clouds.request_count(service="modelarts") == 100
    assert 1 <= clouds.max_in_flight() <= 16


def test_a_taken_port_is_said_so() -> None:
    with MockClouds() as first:
        port = urlsplit(first.url).port
        assert port is not None
        second = MockClouds(port=port)
        with pytest.raises(PortInUseError, match=str(port)):
            second.start()
        second.stop()


def test_it_can_be_started_again() -> None:
    # Other servers of this test run serve on.
    others = set(threading.enumerate())
    clouds = MockClouds()
    with pytest.raises(RuntimeError, match="not serving"):
        _ = clouds.url
    for _ in range(2):
        with clouds:
            assert send(clouds.url, "/v1/x").status == 404
        clouds.stop()
    # The thread of a connection is told to have ended a moment before it has.
    eventually(lambda: set(threading.enumerate()) <= others, "the end of all threads")


def test_a_client_that_never_sends_does_not_hold_a_stop_up() -> None:
    with MockClouds() as clouds:
        parts = urlsplit(clouds.url)
        with socket.create_connection((parts.hostname, parts.port or 0), timeout=30) as connection:
            with clouds._listener._changed:
                assert clouds._listener._changed.wait_for(lambda: clouds._listener._open, timeout=30)
            clouds.stop()
            assert not clouds._listener._open
            assert connection.recv(1) == b""


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Content-Length": "2000001"}, 413), ({"Transfer-Encoding": "chunked"}, 411), ({"Content-Length": "-1"}, 411)],
)
def test_bodies_are_bounded(clouds: MockClouds, headers: dict[str, str], status: int) -> None:
    assert send(clouds.url, "/_mock/reset", "POST", headers=headers).status == status


def test_no_exchange_is_kept_but_in_the_request_log(clouds: MockClouds) -> None:
    send(clouds.url, "/v1/x")
    assert clouds.request_count() == 1
    assert list(clouds._listener.log) == []


def test_settings_of_both_accounts(clouds: MockClouds) -> None:
    first, other = clouds.settings()["modelarts"], clouds.settings("other")["modelarts"]
    assert first["endpoint"] == other["endpoint"] == clouds.modelarts.endpoint == clouds.url
    assert first["accessKey"] != other["accessKey"]
    assert set(first) == {"accessKey", "secretKey", "projectId", "region", "endpoint"}
    mine = {name: value for name, value in clouds.environment().items() if name.startswith("NBCLOUD_MODELARTS_")}
    assert mine == {
        "NBCLOUD_MODELARTS_ACCESS_KEY": ACCESS_KEY,
        "NBCLOUD_MODELARTS_SECRET_KEY": SECRET_KEY,
        "NBCLOUD_MODELARTS_PROJECT_ID": PROJECT,
        "NBCLOUD_MODELARTS_REGION": "mock-region-1",
        "NBCLOUD_MODELARTS_ENDPOINT": clouds.url,
    }
    secret = [each for each in clouds.pulumi_config() if "--secret" in each and "modelarts" in each[4]]
    assert secret == [["config", "set", "--path", "--secret", "nbcloud:modelarts.secretKey", SECRET_KEY]]
    clouds.modelarts.add_account(ACCESS_KEY, SECRET_KEY, projects=[PROJECT], security_token="token")
    assert clouds.environment()["NBCLOUD_MODELARTS_SECURITY_TOKEN"] == "token"
    with pytest.raises(UnknownThing, match="nobody"):
        clouds.settings("nobody")
    with pytest.raises(InvalidInput, match=r"^scenario: "):
        MockClouds(scenario="x")
