"""The kind `aidp:NotebookSession`: the page's fields, odd responses, errors, arguments, readiness."""

from __future__ import annotations

import dataclasses
import json
from datetime import datetime, timezone
from typing import Any

import anyio
import pytest
from aidp_support import (
    ARGUMENTS,
    BODY,
    ENDPOINT,
    IDS,
    KIND,
    PLATFORM,
    REQUEST_ID,
    SESSION,
    TARGET,
    WHERE,
    WORKSPACE,
    Canned,
    account_of,
    key_values,
    session_of,
)
from hypothesis import given
from hypothesis import strategies as st
from nbcloud_support import one_line, read

from pulumi_nbcloud.clouds.aidp.notebook_session import NOTEBOOK_SESSION, Kernel, NotebookSessionState
from pulumi_nbcloud.condition import Evaluator, compile_conditions
from pulumi_nbcloud.errors import (
    AuthenticationError,
    BadResponseError,
    InputError,
    NbcloudError,
    NotFoundError,
    PermissionDeniedError,
    RefusedError,
    ThrottledError,
    UnreachableError,
)
from pulumi_nbcloud.kinds.fields import stable

BOUNDS = (datetime(1971, 1, 1), datetime(9999, 12, 31))  # noqa: DTZ001 (hypothesis gives them the time zone)
SUBJECT = f"{KIND} {PLATFORM}/{WORKSPACE}/{SESSION}"
KERNEL = BODY["kernel"]


def read_session(body: object = BODY, status: int = 200, **headers: str) -> NotebookSessionState:
    client = Canned(status, body, {name.replace("_", "-"): value for name, value in headers.items()})
    return anyio.run(session_of, account_of(client))


def error_of(body: object, status: int = 200, **headers: str) -> NbcloudError:
    with pytest.raises(NbcloudError) as caught:
        read_session(body, status, **headers)
    return caught.value


# --- the page's fields


def test_every_field_of_the_page() -> None:
    assert read_session(etag="e-1") == NotebookSessionState(
        ai_data_platform_id=PLATFORM,
        workspace_key=WORKSPACE,
        session_id=SESSION,
        endpoint=ENDPOINT,
        name="training",
        path="/data/test.ipynb",
        type="notebook",
        cluster_id="cluster-1",
        agent_flow_key="flow-1",
        lifecycle_state="ACTIVE",
        kernel=Kernel(
            id="3e1f0c5a-7b00-4000-8000-0000000000bb",
            name="python3",
            execution_state="idle",
            last_activity="2026-01-31T12:00:00.123Z",
            connections=2,
        ),
        etag="e-1",
    )


def test_what_is_asked() -> None:
    client = Canned()
    anyio.run(session_of, account_of(client))
    (request,) = client.sent
    assert (request.method, request.origin, request.target, request.body) == ("GET", ENDPOINT, TARGET, b"")
    assert set(request.headers) == {"Host", "date", "content-type", "opc-request-id", "authorization"}
    # As Oracle's client sends it, and does not sign it either.
    assert request.headers["content-type"] == "application/json"
    assert 'headers="date (request-target) host"' in request.headers["authorization"]
    assert request.headers["Host"] == ENDPOINT.removeprefix("https://")
    assert request.headers["opc-request-id"] == REQUEST_ID
    assert 500 in client.options["retry_statuses"]


def test_an_id_is_encoded_as_one_segment() -> None:
    client = Canned(body={**BODY, "id": "s;=c"})
    arguments = NOTEBOOK_SESSION.parse({"ai_data_platform_id": "a&b", "workspace_key": "k+<1>", "session_id": "s;=c"})

    async def run() -> NotebookSessionState:
        return await read(NOTEBOOK_SESSION, account_of(client), arguments)

    assert anyio.run(run).session_id == "s;=c"
    assert client.sent[0].target == (
        "/20260430/aiDataPlatforms/a%26b/workspaces/k%2B%3C1%3E/notebook/api/sessions/s%3B%3Dc"
    )


@pytest.mark.parametrize("prefix", ["/20240831/dataLakes", "/api/20260430/aiDataPlatforms", "/x"])
def test_the_path_prefix_is_a_setting(prefix: str) -> None:
    client = Canned()
    anyio.run(session_of, account_of(client, key_values(pathPrefix=prefix)))
    assert client.sent[0].target == TARGET.replace("/20260430/aiDataPlatforms", prefix)


@pytest.mark.parametrize("state", ["CREATING", "ACTIVE", "FAILED"])
def test_every_lifecycle_state_of_the_page(state: str) -> None:
    assert read_session({**BODY, "lifecycleState": state}).lifecycle_state == state
    assert read_session({**BODY, "lifecycleState": state.lower()}).lifecycle_state == state


@pytest.mark.parametrize("kind", ["notebook", "file", "agentflow"])
def test_every_type_of_the_page(kind: str) -> None:
    assert read_session({**BODY, "type": kind}).type == kind
    assert read_session({**BODY, "type": kind.upper()}).type == kind


EXECUTION_STATES = ["unknown", "starting", "idle", "busy", "terminating", "restarting", "autorestarting", "dead"]


@pytest.mark.parametrize("state", EXECUTION_STATES)
def test_every_execution_state_of_the_page(state: str) -> None:
    for spelling in (state, state.upper()):
        kernel = read_session({**BODY, "kernel": {**KERNEL, "execution_state": spelling}}).kernel
        assert kernel is not None
        assert kernel.execution_state == state


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"lifecycleState": "Hibernated"}, {"lifecycle_state": "Hibernated"}),
        ({"type": "Console"}, {"type": "Console"}),
        ({"type": ""}, {"type": ""}),
        ({"kernel": None}, {"kernel": None}),
        ({"kernel": {}}, {"kernel": Kernel()}),
        ({"kernel": {"id": "k"}}, {"kernel": Kernel(id="k")}),
        ({"kernel": {"execution_state": "Napping"}}, {"kernel": Kernel(execution_state="Napping")}),
        ({"kernel": {"connections": "1"}}, {"kernel": Kernel(connections=1)}),
        # They say how it is at the moment: what makes no sense is left out, and the rest is read.
        ({"kernel": {"id": "k", "connections": -1}}, {"kernel": Kernel(id="k")}),
        ({"kernel": {"id": "k", "connections": "many"}}, {"kernel": Kernel(id="k")}),
        ({"kernel": {"id": "k", "connections": True}}, {"kernel": Kernel(id="k")}),
        ({"kernel": {"id": "k", "last_activity": 1769860800123}}, {"kernel": Kernel(id="k")}),
        ({"kernel": {"id": "k", "last_activity": {"at": 5}}}, {"kernel": Kernel(id="k")}),
        ({"kernel": {"connections": 0, "reason": "x", "traceback": []}}, {"kernel": Kernel(connections=0)}),
        ({"id": SESSION.upper()}, {"session_id": SESSION}),
        ({"path": "/données/é.ipynb"}, {"path": "/données/é.ipynb"}),
        ({"name": None}, {"name": None}),
        ({"new_field": {"a": [1]}}, {"lifecycle_state": "ACTIVE"}),
        # The other spelling of a name is not the page's.
        ({"lifecycleState": None, "lifecycle_state": "ACTIVE"}, {"lifecycle_state": None}),
    ],
)
def test_odd_sessions_are_still_sessions(changes: dict[str, Any], expected: dict[str, Any]) -> None:
    state = read_session({**BODY, **changes})
    assert {name: getattr(state, name) for name in expected} == expected


WIRE_NAMES = {"agentFlowKey": "agent_flow_key", "lifecycleState": "lifecycle_state"}


@pytest.mark.parametrize("how", ["absent", "null"])
@pytest.mark.parametrize("name", sorted({*BODY} - {"id"}))
def test_each_field_may_be_absent_or_null(name: str, how: str) -> None:
    body = {key: value for key, value in BODY.items() if key != name} | ({name: None} if how == "null" else {})
    changed: dict[str, Any] = {WIRE_NAMES.get(name, name): None}
    assert read_session(body) == dataclasses.replace(read_session(), **changed)


@pytest.mark.parametrize("name", sorted(KERNEL))
def test_each_field_of_a_kernel_may_be_absent(name: str) -> None:
    kernel = {key: value for key, value in KERNEL.items() if key != name}
    whole = read_session().kernel
    assert whole is not None
    assert read_session({**BODY, "kernel": kernel}).kernel == dataclasses.replace(whole, **{name: None})


def test_the_least_that_is_a_session() -> None:
    state = read_session({"id": SESSION})
    given = {**IDS, "endpoint": ENDPOINT}
    assert {name: value for name, value in state.to_dict().items() if value is not None} == given


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00.000Z"),
        ("2026-01-31T12:00:00.1Z", "2026-01-31T12:00:00.100Z"),
        ("2026-01-31T12:00:00.123456789Z", "2026-01-31T12:00:00.123Z"),
        ("2026-01-31T12:00:00.9999Z", "2026-01-31T12:00:00.999Z"),
        ("2026-01-31T14:00:00+02:00", "2026-01-31T12:00:00.000Z"),
        ("2026-01-31 12:00:00", "2026-01-31T12:00:00.000Z"),
        ("2026-01-31T12:00:00.5+0000", "2026-01-31T12:00:00.500Z"),
        ("2026-01-31T14:30:00+0230", "2026-01-31T12:00:00.000Z"),
        ("2026-01-31T04:00:00-08", "2026-01-31T12:00:00.000Z"),
        ("2026-01-31T12:00:00+00000", None),
        ("2026-02-30T12:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("1970-01-01T00:00:00Z", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_the_last_activity_is_one_form_of_time_or_nothing(text: str, expected: str | None) -> None:
    kernel = read_session({**BODY, "kernel": {**KERNEL, "last_activity": text}}).kernel
    assert kernel is not None
    assert kernel.last_activity == expected


@given(st.datetimes(*BOUNDS, timezones=st.just(timezone.utc)))
def test_any_time_is_cut_to_milliseconds(moment: datetime) -> None:
    wire = moment.isoformat().replace("+00:00", "Z")
    kernel = read_session({**BODY, "kernel": {**KERNEL, "last_activity": wire}}).kernel
    assert kernel is not None
    assert kernel.last_activity == moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_what_moves_by_itself_is_left_out_of_what_counts_as_a_change() -> None:
    kept = stable(read_session(etag="e-1"))
    assert "etag" not in kept
    assert kept["kernel"] == {"id": KERNEL["id"], "name": "python3", "execution_state": "idle"}
    moved = {**BODY, "kernel": {**KERNEL, "connections": 9, "last_activity": "2027-01-31T12:00:00Z"}}
    assert stable(read_session(moved, etag="e-2")) == kept
    assert stable(read_session({**BODY, "kernel": {**KERNEL, "execution_state": "busy"}})) != kept


def test_an_etag_is_made_printable() -> None:
    assert read_session(etag="a\u202eb").etag == "a?b"
    assert read_session(etag="").etag is None


# --- answers that are no session


NOT_DESCRIBED = "the answer is not what the vendor's page describes: "


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({}, NOT_DESCRIBED + "id: Field required"),
        ({**BODY, "id": None}, NOT_DESCRIBED + "id: "),
        ({**BODY, "id": 7}, NOT_DESCRIBED + "id: "),
        ({**BODY, "type": 1}, NOT_DESCRIBED + "type: "),
        ({**BODY, "kernel": "canary"}, NOT_DESCRIBED + "kernel: Input should be an object, not a string"),
        ({**BODY, "kernel": {"execution_state": 5}}, NOT_DESCRIBED + "kernel.execution_state: "),
        ([BODY], NOT_DESCRIBED + "Input should be an object, not a list"),
        (None, NOT_DESCRIBED + "Input should be an object, not null"),
        ({"code": "canary", "message": "canary"}, NOT_DESCRIBED + "id: Field required"),
        ({**BODY, "id": "canary"}, "the answer is another session than the one asked for"),
        (b"", "the answer is not JSON but 0 bytes of no content type"),
        (b"<html>canary</html>", "the answer is not JSON but 19 bytes of no content type"),
        (b'{"id": "\\ud800"}', "the answer is not JSON but "),
        (b'{"a":' * 300 + b"1" + b"}" * 300, "the answer is not JSON but "),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_what_is_no_session_is_refused_without_its_content(body: object, problem: str) -> None:
    error = error_of(body)
    assert type(error) is BadResponseError
    assert one_line(error).startswith(f"{SUBJECT}: {problem}")
    assert f"(HTTP 200, {WHERE}, request id {REQUEST_ID}/a/b)\nhint: check the endpoint" in one_line(error)
    assert "canary" not in one_line(error)
    assert "Wire" not in one_line(error)


# --- errors


def oracle(code: str) -> dict[str, str]:
    return {"code": code, "message": "what the cloud says"}


@pytest.mark.parametrize(
    ("status", "body", "cls", "problem"),
    [
        (401, oracle("NotAuthenticated"), AuthenticationError, "the cloud refuses the credentials"),
        (400, oracle("NotAuthenticated"), AuthenticationError, "the cloud refuses the credentials"),
        (403, oracle("NotAuthorized"), PermissionDeniedError, "the credentials may not read this"),
        (404, oracle("NotAuthorizedOrNotFound"), NotFoundError, "the cloud does not know it, or hides it"),
        (429, oracle("TooManyRequests"), ThrottledError, "the cloud asks for fewer requests"),
        (500, oracle("InternalServerError"), UnreachableError, "the cloud cannot answer now"),
        (502, oracle("BadGateway"), UnreachableError, "the cloud cannot answer now"),
        (503, oracle("ServiceUnavailable"), UnreachableError, "the cloud cannot answer now"),
        (408, oracle("Timeout"), UnreachableError, "the cloud cannot answer now"),
        (409, oracle("IncorrectState"), UnreachableError, "the cloud cannot answer now"),
        (409, oracle("LockConflict"), UnreachableError, "the cloud cannot answer now"),
        (409, oracle("InvalidatedRetryToken"), RefusedError, "the cloud refuses the request"),
        (400, oracle("InvalidParameter"), RefusedError, "the cloud refuses the request"),
        (501, oracle("MethodNotImplemented"), RefusedError, "the cloud refuses the request"),
        (302, oracle("Moved"), BadResponseError, "the endpoint redirects to itself; redirects are never followed"),
    ],
)
def test_an_error_of_the_page(status: int, body: dict[str, str], cls: type[NbcloudError], problem: str) -> None:
    error = error_of(body, status)
    assert type(error) is cls
    assert one_line(error).splitlines()[0] == (
        f'{SUBJECT}: {problem}: "what the cloud says" '
        f"(HTTP {status} {body['code']}, {WHERE}, request id {REQUEST_ID}/a/b)"
    )
    assert error.hint


HIDDEN = (
    "hint: check the ids; a missing permission looks the same, and so does a tenancy that serves another path: "
    "see the settings pathPrefix and endpoint"
)


@pytest.mark.parametrize("body", [oracle("NotAuthorizedOrNotFound"), b"", b"<html>canary</html>", b"no route", {}])
def test_a_404_says_what_else_it_may_mean(body: object) -> None:
    error = error_of(body, 404)
    assert type(error) is NotFoundError
    assert one_line(error).splitlines()[1] == HIDDEN


@pytest.mark.parametrize(
    ("body", "headers", "shown"),
    [
        (b"upstream  failed\x1b[31m", {}, ': "upstream failed?[31m"'),
        (b"x" * 5000, {"content_type": "text/plain; charset=utf-8"}, f': "{"x" * 199}…"'),
        (b"<html>canary</html>", {}, ""),
        (b"  <!doctype html>canary", {"content_type": "text/plain"}, ""),
        (b"canary", {"content_type": "text/html"}, ""),
        (b"", {}, ""),
        (b"[1]", {}, ""),
        (json.dumps({"code": 7, "message": ["canary"]}).encode(), {}, ""),
        (json.dumps({"code": "can ary\n", "message": "said"}).encode(), {}, ': "said"'),
    ],
)
def test_other_bodies_of_errors(body: bytes, headers: dict[str, str], shown: str) -> None:
    error = error_of(body, 500, **headers)
    assert type(error) is UnreachableError
    assert error.problem == f"the cloud cannot answer now{shown}"
    assert error.code is None
    refused = error_of(body, 418, **headers)
    assert type(refused) is BadResponseError
    assert refused.problem == f"the answer is neither a session nor one of Oracle's errors{shown}"
    assert refused.hint == "check the endpoint: a sign-in page or a proxy may have answered in the cloud's place"


def test_a_throttled_answer_says_when_to_come_back() -> None:
    error = error_of(oracle("TooManyRequests"), 429, retry_after="7")
    assert isinstance(error, ThrottledError)
    assert error.retry_after == 7


@pytest.mark.parametrize(
    ("date", "hint"),
    [
        (
            "Thu, 01 Jan 2026 00:06:00 GMT",
            "this machine's clock is 6 minutes off the cloud's; signatures need it within 5",
        ),
        (
            "Wed, 31 Dec 2025 23:00:00 GMT",
            "this machine's clock is 60 minutes off the cloud's; signatures need it within 5",
        ),
        ("Thu, 01 Jan 2026 00:05:00 GMT", None),
        ("never", None),
        ("", None),
    ],
)
def test_a_clock_that_is_off_is_told(date: str, hint: str | None) -> None:
    default = (
        "check tenancy, user and private key, that the user is not blocked, and that the tenancy takes API keys: some "
        "take session tokens only (oci session authenticate); they are not sent again until they change"
    )
    assert error_of(oracle("NotAuthenticated"), 401, date=date).hint == (hint or default)


# --- arguments


@pytest.mark.parametrize("name", sorted(IDS))
@pytest.mark.parametrize(
    "value", ["", " ", ".", "..", "a\nb", "a\x00", "a\x7f", " a", "a ", "a\u202eb", "\ud800", "canary" * 100]
)
def test_ids_that_cannot_be_right(name: str, value: str) -> None:
    with pytest.raises(InputError) as caught:
        NOTEBOOK_SESSION.parse({**IDS, name: value})
    assert str(caught.value) == (
        f"{KIND}: {name} must be 1 to 255 printable ASCII characters without blanks or any of "
        "/ \\ ? # %, and not dots alone\n"
        "hint: correct the argument; nothing was sent"
    )


@pytest.mark.parametrize("name", sorted(IDS))
def test_an_id_that_is_missing(name: str) -> None:
    with pytest.raises(InputError, match=f"{KIND}: {name} is missing"):
        NOTEBOOK_SESSION.parse({**IDS, name: None})


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(InputError, match="session_id Input should be a valid string"):
        NOTEBOOK_SESSION.parse({**IDS, "session_id": 7})


def test_the_id_is_its_parts_between_slashes() -> None:
    assert NOTEBOOK_SESSION.identify(ARGUMENTS) == f"{PLATFORM}/{WORKSPACE}/{SESSION}"


# --- ready and failed


def outcome(body: dict[str, Any]) -> tuple[str, str | None]:
    evaluator = Evaluator(compile_conditions({"self": NOTEBOOK_SESSION}))
    seen = evaluator.decide({"self": read_session(body)}, datetime(2026, 1, 1, tzinfo=timezone.utc))
    return seen.outcome, seen.reason


NO_KERNEL = "self.kernel is null (the session is new, or its cluster starts)"


def kernel(state: str | None) -> dict[str, Any]:
    return {**BODY, "kernel": {**KERNEL, "execution_state": state}}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (BODY, ("met", None)),
        (kernel("busy"), ("met", None)),
        (kernel("BUSY"), ("met", None)),
        *((kernel(each), ("not_yet", None)) for each in EXECUTION_STATES if each not in ("idle", "busy", "dead")),
        (kernel("Napping"), ("not_yet", None)),
        (kernel("dead"), ("failed", None)),
        (kernel(None), ("not_yet", "self.kernel.execution_state is null")),
        ({**BODY, "kernel": None}, ("not_yet", NO_KERNEL)),
        # A file's session can have a kernel in Jupyter, and so may one of a type that is not known: it is waited for.
        (
            {**BODY, "kernel": None, "type": "file"},
            ("not_yet", "self.kernel is null (a session of this type may never have one)"),
        ),
        ({**kernel("starting"), "type": "file"}, ("not_yet", None)),
        ({**BODY, "type": "file"}, ("met", None)),
        ({**kernel("starting"), "type": "Console"}, ("not_yet", None)),
        ({**BODY, "type": "Console"}, ("met", None)),
        ({**kernel("starting"), "type": "agentflow"}, ("not_yet", None)),
        ({**kernel("idle"), "type": "agentflow"}, ("met", None)),
        ({**BODY, "kernel": None, "type": "AGENTFLOW"}, ("met", None)),
        (
            {**BODY, "kernel": None, "type": "Console"},
            ("not_yet", "self.kernel is null (a session of this type may never have one)"),
        ),
        # Without a type it counts as a notebook's: a kernel is waited for.
        ({**BODY, "type": None}, ("met", None)),
        ({**BODY, "type": None, "kernel": None}, ("not_yet", NO_KERNEL)),
        ({**BODY, "lifecycleState": "CREATING"}, ("not_yet", None)),
        ({**BODY, "lifecycleState": "CREATING", "kernel": None}, ("not_yet", None)),
        ({**BODY, "lifecycleState": "Hibernated"}, ("not_yet", None)),
        ({**BODY, "lifecycleState": None}, ("not_yet", "self.lifecycle_state is null")),
        ({**BODY, "lifecycleState": "FAILED"}, ("failed", None)),
        ({**BODY, "lifecycleState": "failed", "kernel": None}, ("failed", None)),
        ({**kernel("dead"), "type": "file"}, ("failed", None)),
        ({**kernel("dead"), "type": "agentflow"}, ("failed", None)),
    ],
)
def test_when_a_session_is_ready_and_when_it_has_failed(body: dict[str, Any], expected: tuple[str, str | None]) -> None:
    assert outcome(body) == expected


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"execution_state": "starting", "connections": 0}, True),
        ({"execution_state": "STARTING", "connections": None}, True),
        ({"execution_state": "starting", "connections": 1}, False),
        ({"execution_state": "restarting", "connections": 0}, False),
        ({"execution_state": "idle", "connections": 0}, False),
    ],
)
def test_a_kernel_that_nobody_has_connected_to_is_named(changes: dict[str, Any], said: bool) -> None:
    note = read_session({**BODY, "kernel": {**KERNEL, **changes}}).waiting_note()
    text = "kernel.execution_state may stay starting until something connects to the kernel; no connections now"
    assert note == (text if said else None)
    assert read_session({**BODY, "kernel": None}).waiting_note() is None


def test_what_the_kind_says_of_itself() -> None:
    assert not NOTEBOOK_SESSION.not_found_is_gone
    assert NOTEBOOK_SESSION.interval_seconds == 30
    assert NOTEBOOK_SESSION.argument_names == (*IDS, "profile")
    assert [each.holds_for for each in NOTEBOOK_SESSION.failed] == [0, 0]
    assert NOTEBOOK_SESSION.headline == ("lifecycle_state", "kernel.execution_state", "type", "name")
