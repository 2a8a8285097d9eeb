"""Faults that need a story of their own: credentials that change, Retry-After, clocks, lists, inputs, gates in time."""

from __future__ import annotations

import email.utils
import json
import threading
from collections.abc import Callable
from typing import Any

import anyio
import anyio.to_thread
import pytest
from fault_server import FaultServer, Peer, answer
from faults_support import ARGUMENTS, account_on, gate, poll, wait_on
from nbcloud_support import LEASE_BODY, LIMIT_SECONDS, NOW, FakeClock, http_answer, make_account, read

from pulumi_nbcloud.clouds.hpcai.account import SCHEMA as HPCAI
from pulumi_nbcloud.clouds.hpcai.account import HpcAiAccount
from pulumi_nbcloud.clouds.hpcai.instances import INSTANCE
from pulumi_nbcloud.clouds.modelarts.dev_server_jobs import DEV_SERVER_JOB
from pulumi_nbcloud.clouds.modelarts.notebook_lease import NOTEBOOK_LEASE
from pulumi_nbcloud.errors import (
    AuthenticationError,
    BadResponseError,
    InputError,
    NbcloudError,
    NotFoundError,
    SettingsError,
    ThrottledError,
    UnreachableError,
)
from pulumi_nbcloud.http.client import Client
from pulumi_nbcloud.http.url import endpoint_url
from pulumi_nbcloud.kinds.kind import Kind
from pulumi_nbcloud.kinds.registry import load
from pulumi_nbcloud.settings.resolve import resolve
from pulumi_nbcloud.waiting.outcome import Met, Outcome, WaitError

pytestmark = pytest.mark.anyio


def respond(response: Callable[[int, bytes], bytes]) -> tuple[Callable[[Peer], bool], list[int]]:
    """A step that answers by the number of the request and its head."""
    served: list[int] = []

    def step(peer: Peer) -> bool:
        head = peer.read()
        served.append(1)
        peer.send(response(len(served), head))
        return True

    return step, served


def hpcai(server: FaultServer, client: Client, **values: str) -> HpcAiAccount:
    settings = resolve(HPCAI, None, {"nbcloud:hpcai": {"endpoint": server.origin, **values}}.get, {})
    return HpcAiAccount(settings, client, now=lambda: NOW)


def page(*ids: str, total: int | None, **more: Any) -> bytes:
    rows = [{"instanceMetadata": {"instanceId": each}} for each in ids]
    pager = {} if total is None else {"pager": {"totalEntries": total, **more}}
    return http_answer(200, json.dumps({"instances": rows, **pager}).encode())


async def found_by(kind: Kind[Any, Any, Any], values: dict[str, Any], *pages: bytes) -> tuple[Any, int]:
    """Reads an HPC-AI kind whose pages are given; the last is repeated."""
    client = Client(sleep=FakeClock().sleep)
    with FaultServer(*(answer(each) for each in pages)) as server:
        try:
            return await read(kind, hpcai(server, client, apiKey="canary-key"), kind.parse(values)), server.taken
        except NbcloudError as error:
            return error, server.taken
        finally:
            await client.aclose()


async def job(body: object, job_id: str = "job-1") -> Any:
    client = Client(sleep=FakeClock().sleep)
    with FaultServer(answer(http_answer(200, json.dumps(body).encode()))) as server:
        try:
            account = account_on(server, client, FakeClock())
            return await read(DEV_SERVER_JOB, account, DEV_SERVER_JOB.parse({"job_id": job_id}))
        except NbcloudError as error:
            return error
        finally:
            await client.aclose()


# --- status and headers


# F-20
async def test_a_token_that_was_replaced_is_renewed_once() -> None:
    tokens = iter(("first", "second"))

    def response(number: int, head: bytes) -> bytes:
        if b"/api/user/login" in head:
            return http_answer(200, json.dumps({"accessToken": next(tokens), "accessExpire": 9999}).encode())
        return page("a", total=1) if b"AccessToken=second" in head else http_answer(401)

    step, served = respond(response)
    client = Client(sleep=FakeClock().sleep)
    with FaultServer(step) as server:
        account = hpcai(server, client, username="u", password="canary-pass")
        state = await read(INSTANCE, account, INSTANCE.parse({"instance_id": "a"}))
    await client.aclose()
    assert state.instance_id == "a"
    assert len(served) == 4  # login, refused, login, read


# F-21
async def test_a_refused_token_is_renewed_only_once() -> None:
    def response(number: int, head: bytes) -> bytes:
        login = json.dumps({"accessToken": f"token-{number}", "accessExpire": 9999}).encode()
        return http_answer(200, login) if b"/api/user/login" in head else http_answer(401)

    step, served = respond(response)
    client = Client(sleep=FakeClock().sleep)
    with FaultServer(step) as server:
        account = hpcai(server, client, username="u", password="canary-pass")
        for _ in range(2):
            with pytest.raises(AuthenticationError, match="the cloud refuses the credentials"):
                await account.send("POST", "/api/instance/list", b"{}")
    await client.aclose()
    assert len(served) == 4  # and nothing for the second lookup


# F-22
async def test_a_404_that_hides_a_missing_permission_proves_nothing() -> None:
    assert NOTEBOOK_LEASE.not_found_is_gone
    assert not load("aidp:NotebookSession").not_found_is_gone


# F-23
async def test_what_appears_later_is_not_found_by_a_lookup_and_met_by_a_gate() -> None:
    missing = answer(http_answer(404, b'{"error_code": "ModelArts.6404", "error_msg": "none"}'))
    with FaultServer(missing) as server:
        found, _ = await poll(server)
    assert type(found) is NotFoundError
    with FaultServer(missing, missing, answer()) as server:
        ended = await gate(server)
    assert isinstance(ended, Met)
    assert (ended.progress.polls, server.taken) == (3, 3)


# F-25
@pytest.mark.parametrize(
    ("value", "slept"),
    [
        ("5", 5.0),
        (email.utils.formatdate(NOW + 5, usegmt=True), 5.0),
        (email.utils.formatdate(NOW - 3600, usegmt=True), 0.0),
    ],
    ids=["seconds", "date", "past date"],
)
async def test_a_retry_after_is_waited_for(value: str, slept: float) -> None:
    with FaultServer(answer(http_answer(429, b"", {"Retry-After": value})), answer()) as server:
        found, clock = await poll(server)
    assert found.running is True
    assert clock.slept == [slept]
    assert server.taken == 2


# F-26: what no number or date is counts as not there: the usual pause, half of 2 s, comes.
@pytest.mark.parametrize(
    "value",
    ["-1", "nan", "inf", "", "5, 10", "١٢", "2021-12-07T02:08:25Z", "+5", "5s", "0x5", "Tue, 07 Dec 2021 25:00:00 GMT"],
)
async def test_a_retry_after_that_says_nothing_is_ignored(value: str) -> None:
    raw = http_answer(429, b"", {"Retry-After": "VALUE"}).replace(b"VALUE", value.encode())
    with FaultServer(answer(raw), answer()) as server:
        found, clock = await poll(server)
    assert found.running is True
    assert clock.slept == [1.0]


# F-26
@pytest.mark.parametrize("value", ["61", "1000000000", "9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT"])
async def test_a_retry_after_beyond_the_deadline_gives_up_at_once(value: str) -> None:
    with FaultServer(answer(http_answer(429, b"", {"Retry-After": value}))) as server:
        found, clock = await poll(server)
        # A gate has 120 s, and would wait for 61 of them.
        ended = await gate(server) if value != "61" else None
    assert type(found) is ThrottledError
    assert clock.slept == []
    if value != "61":
        assert isinstance(ended, WaitError)
        assert ended.outcome is Outcome.UNREACHABLE
        assert "beyond the deadline" in ended.problem
        assert server.taken == 2


# F-34
@pytest.mark.parametrize(("offset", "minutes"), [(1200, 20), (-1200, 20)])
async def test_a_clock_that_is_off_is_named(offset: float, minutes: int) -> None:
    date = email.utils.formatdate(NOW + offset, usegmt=True)
    body = b'{"error_code": "APIGW.0301", "error_msg": "expired"}'
    with FaultServer(answer(http_answer(401, body, {"Date": date}))) as server:
        found, _ = await poll(server)
    assert type(found) is AuthenticationError
    assert found.hint == (f"this machine's clock is {minutes} minutes off the cloud's; signatures need it within 15")


# F-34
@pytest.mark.parametrize("date", ["", "canary", "Tue, 99 Dec 2021 00:00:00 GMT", "9" * 5000])
async def test_a_date_header_that_is_no_date_breaks_nothing(date: str) -> None:
    with FaultServer(answer(http_answer(401, b"", {"Date": date}))) as server:
        found, _ = await poll(server)
    assert type(found) is AuthenticationError
    assert "canary" not in str(found)


# --- texts


ODD = "a\x00b\u202ec\x1b[2Jd\u0007" + "x" * 1_000_000


# F-42
async def test_odd_text_is_kept_as_data_and_harmless_in_messages() -> None:
    with FaultServer(answer(http_answer(200, json.dumps({"create_at": 1, "type": ODD}).encode()))) as server:
        found, _ = await poll(server)
        ended = await gate(server, until='self.type == "never" || self.create_at == 1')
    assert found.type == ODD
    assert isinstance(ended, Met)
    summary = ended.progress.summary()
    assert len(summary) < 300
    assert "a?b?c?[2Jd?" in summary


# --- lists and pages


# F-46
async def test_a_server_that_gives_pages_of_its_own_size() -> None:
    ids = [f"i-{number}" for number in range(7)]
    pages = [page(*ids[start : start + 3], total=7, pageSize=3) for start in (0, 3, 6)]
    found, requests = await found_by(load("hpcai:Instances"), {}, *pages)
    assert [each.instance_id for each in found.instances] == ids
    assert requests == 3


# F-47
@pytest.mark.parametrize(
    ("pages", "requests", "reason"),
    [
        ([page("a", "b", total=1)], 2, "2 instances were seen but the cloud counts 1"),
        ([page("a", total=9), page(total=9)] * 2, 4, "page 2 is empty after 1 of 9 instances"),
        ([page("a", total=2), page("b", total=3)] * 2, 4, "the cloud's count changed from 2 to 3"),
        ([page("a", total=9)], 4, "page 2 repeats instances of pages before it"),
    ],
    ids=["count too small", "empty page", "count changes", "repeats"],
)
async def test_pages_that_do_not_add_up(pages: list[bytes], requests: int, reason: str) -> None:
    found, taken = await found_by(INSTANCE, {"instance_id": "zzz"}, *pages)
    assert type(found) is UnreachableError
    assert found.problem == f"the pages of the list do not add up, twice in a row: {reason}"
    assert taken == requests


# F-47
async def test_a_short_page_in_the_middle_does_not_end_the_walk() -> None:
    found, requests = await found_by(
        INSTANCE, {"instance_id": "d"}, page("a", "b", total=4), page("c", total=4), page("d", total=4)
    )
    assert found.instance_id == "d"
    assert requests == 3


# F-48
async def test_a_link_that_a_server_gives_is_never_followed() -> None:
    links = {"next": "https://canary.example/x", "pager": {"totalEntries": 1, "next": "https://canary.example/x"}}
    body = {"instances": [{"instanceMetadata": {"instanceId": "a"}}], **links}
    found, requests = await found_by(INSTANCE, {"instance_id": "a"}, http_answer(200, json.dumps(body).encode()))
    assert (found.instance_id, requests) == ("a", 1)


# F-49
async def test_an_instance_that_moves_between_pages_counts_once() -> None:
    found, _ = await found_by(
        load("hpcai:Instances"), {}, page("a", "b", total=3), page("b", "c", total=3), page(total=3)
    )
    assert [each.instance_id for each in found.instances] == ["a", "b", "c"]


# F-49
async def test_a_list_without_end_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    from pulumi_nbcloud.clouds.hpcai import walk

    monkeypatch.setattr(walk, "MAX_PAGES", 5)
    step, served = respond(lambda number, head: page(f"i-{number}", total=None))
    client = Client(sleep=FakeClock().sleep)
    with FaultServer(step) as server, pytest.raises(BadResponseError, match="the list is longer than 5 pages"):
        await read(INSTANCE, hpcai(server, client, apiKey="canary-key"), INSTANCE.parse({"instance_id": "z"}))
    await client.aclose()
    assert len(served) == 5


# F-50
@pytest.mark.parametrize(
    ("ids", "error", "problem"),
    [
        (["job-11", "my-job-1", "JOB-1"], NotFoundError, "the project has no such job"),
        (["job-1", "job-1"], BadResponseError, "ambiguous: 2 jobs have this id"),
    ],
)
async def test_the_result_of_a_fuzzy_filter_is_compared_exactly(
    ids: list[str], error: type[NbcloudError], problem: str
) -> None:
    found = await job({"total": len(ids), "data": [{"id": each} for each in ids]})
    assert type(found) is error
    assert found.problem == problem


# --- input and credentials


# F-51
@pytest.mark.parametrize("identity", ["a/b", "..", "a/../b", "a?b", "a#b", "%2F", "a\nb", "é", "", "x" * 10_000])
@pytest.mark.parametrize(
    ("token", "field"),
    [
        ("modelarts:NotebookLease", "notebook_id"),
        ("modelarts:DevServerJob", "job_id"),
        ("modelarts:DevServerJobs", "job_id"),
        ("hpcai:Instance", "instance_id"),
        ("aidp:NotebookSession", "ai_data_platform_id"),
        ("aidp:NotebookSession", "workspace_key"),
        ("aidp:NotebookSession", "session_id"),
    ],
)
def test_an_id_that_cannot_be_one_is_refused_by_name(token: str, field: str, identity: str) -> None:
    kind = load(token)
    given = dict.fromkeys((name for name in kind.argument_names if name.endswith(("_id", "_key"))), "right-1")
    with pytest.raises(InputError) as caught:
        kind.parse({**given, field: identity})
    assert caught.value.problem.startswith(f"{token}: {field} must be ")
    assert caught.value.hint == "correct the argument; nothing was sent"


TOKENS = ["a\nb", "a b", "a\x00b", "é", "a" * 40_000]


# F-52
@pytest.mark.parametrize("value", TOKENS, ids=lambda value: ascii(value[:8]))
@pytest.mark.parametrize(
    ("schema", "account", "key", "more"),
    [
        (HPCAI, HpcAiAccount, "apiKey", {}),
        (HPCAI, HpcAiAccount, "accessToken", {}),
        (
            make_account(endpoint="https://h.example").schema,
            type(make_account()),
            "authToken",
            {"projectId": "p", "endpoint": "https://h.example"},
        ),
    ],
    ids=["apiKey", "accessToken", "authToken"],
)
def test_a_token_that_cannot_be_sent_is_never_shown(
    schema: Any, account: Any, key: str, more: dict[str, str], value: str
) -> None:
    settings = resolve(schema, None, {f"nbcloud:{schema.cloud}": {key: f"canary{value}canary", **more}}.get, {})
    with pytest.raises(SettingsError) as caught:
        account(settings, Client())
    assert caught.value.problem.startswith(f"{schema.cloud} {key} (from Pulumi config nbcloud:{schema.cloud}) must be")
    assert "canary" not in str(caught.value)


# F-52
def test_blanks_around_a_token_are_taken_off_and_an_empty_one_is_refused() -> None:
    settings = resolve(HPCAI, None, {"nbcloud:hpcai": {"apiKey": " key\n"}}.get, {})
    assert settings.values["apiKey"] == "key"
    with pytest.raises(SettingsError, match=r"nbcloud:hpcai\.apiKey is empty"):
        resolve(HPCAI, None, {"nbcloud:hpcai": {"apiKey": " \n"}}.get, {})


# F-53
@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://H.example/", "https://h.example"),
        ("https://h.example:443", "https://h.example"),
        ("https://[2001:DB8::1]:8443/", "https://[2001:db8::1]:8443"),
        ("http://[::1]:80", "http://[::1]"),
        ("http://127.9.9.9:8080", "http://127.9.9.9:8080"),
        ("http://localhost", "http://localhost"),
    ],
)
def test_an_endpoint_is_brought_into_one_form(text: str, origin: str) -> None:
    assert endpoint_url(text, "endpoint") == origin


# F-53
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("https://canary:canary@h.example", "must not hold credentials"),
        ("https://canary@h.example", "must not hold credentials"),
        ("http://h.example", "is plain http, which would send what it signs in clear; only loopback may"),
        ("http://10.0.0.1", "is plain http, which would send what it signs in clear; only loopback may"),
        ("http://127.0.0.1.h.example", "is plain http, which would send what it signs in clear; only loopback may"),
        ("http://[::ffff:10.0.0.1]", "is plain http, which would send what it signs in clear; only loopback may"),
        ("https://h.example:0", "has port 0"),
        ("https://h.example:99999", "is not a URL"),
        ("https://h.example:canary", "is not a URL"),
        ("https://[::1", "is not a URL"),
        ("https://h.example/canary", "must not have a path, a query or a fragment"),
        ("https://h.example?canary", "must not have a path, a query or a fragment"),
        ("https://h.example/#canary", "must not have a path, a query or a fragment"),
        ("ftp://h.example", "must start with https:// and name a host"),
        ("h.example", "must start with https:// and name a host"),
        ("https://", "must start with https:// and name a host"),
        ("https://é.example", "holds blanks, control or non-ASCII characters"),
        ("https://h.example\r\nX-Canary: 1", "holds blanks, control or non-ASCII characters"),
        ("https://h_$.example", "has a host name with characters that none may have"),
    ],
)
def test_an_endpoint_that_cannot_be_one_is_refused_without_being_shown(text: str, reason: str) -> None:
    with pytest.raises(SettingsError) as caught:
        endpoint_url(text, "modelarts endpoint")
    assert caught.value.problem == f"modelarts endpoint {reason}"
    assert "canary" not in str(caught.value)


# --- gates and time


# F-54
async def test_a_state_that_flaps_and_then_fails_ends_the_gate() -> None:
    frozen = http_answer(400, b'{"error_code": "ModelArts.6326", "error_msg": "in arrears"}')
    starting = http_answer(400, b'{"error_code": "ModelArts.6306", "error_msg": "starting"}')
    with FaultServer(answer(), answer(starting), answer(), answer(frozen), answer()) as server:
        ended = await gate(server, until="!self.running && self.not_running_reason == 'NEVER'")
    assert isinstance(ended, WaitError)
    assert (ended.outcome, server.taken) == (Outcome.FAILED, 4)


# F-54
async def test_a_timeout_of_0_polls_once() -> None:
    client = Client(sleep=FakeClock().sleep)
    with FaultServer(answer()) as server:
        account = account_on(server, client, FakeClock())
        met = await wait_on(account, timeout=0).run()
        with pytest.raises(WaitError) as caught:
            await wait_on(account, until="!self.running", timeout=0).run()
    await client.aclose()
    assert met.progress.polls == 1
    assert caught.value.outcome is Outcome.TIMED_OUT
    assert server.taken == 2


# F-55
async def test_a_wait_is_cancelled_in_the_middle_of_a_request() -> None:
    client = Client()

    def hang(peer: Peer) -> None:
        peer.read()
        arrived.set()
        peer.hang()

    arrived = threading.Event()
    with FaultServer(hang) as server:
        wait = wait_on(account_on(server, client, FakeClock()))
        async with anyio.create_task_group() as tasks:

            async def cancel() -> None:
                assert await anyio.to_thread.run_sync(arrived.wait, LIMIT_SECONDS)
                wait._cancellation.cancel()

            tasks.start_soon(cancel)
            with pytest.raises(WaitError) as caught:
                await wait.run()
    await client.aclose()
    assert caught.value.outcome is Outcome.CANCELLED
    assert server.taken == 1


# F-56
async def test_forty_gates_in_an_outage_share_one_budget_and_all_recover() -> None:
    down = threading.Event()
    down.set()

    def step(peer: Peer) -> bool:
        peer.read()
        if down.is_set():
            peer.send(http_answer(503))
        else:
            peer.send(http_answer(body=LEASE_BODY))
        return True

    clock = FakeClock()
    client = Client(sleep=clock.sleep, random=lambda: 0.5)
    ended: list[Any] = []
    with FaultServer(step) as server:
        account = account_on(server, client, clock)

        async def one() -> None:
            ended.append(await wait_on(account).run())

        # First all of them meet the outage: lookups, so that it is known how many requests there were.
        failed = [await look_with(account) for _ in range(40)]
        outage = server.taken
        down.clear()
        async with anyio.create_task_group() as tasks:
            for _ in range(40):
                tasks.start_soon(one)
    await client.aclose()
    assert all(type(each) is UnreachableError for each in failed)
    # Forty lookups, and the twenty retries that a full budget pays for.
    assert outage == 60
    assert len(ended) == 40
    assert all(isinstance(each, Met) for each in ended)


async def look_with(account: Any) -> Any:
    try:
        return await read(NOTEBOOK_LEASE, account, ARGUMENTS)
    except NbcloudError as error:
        return error
