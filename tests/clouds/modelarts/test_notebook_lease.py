"""The kind `modelarts:NotebookLease`."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from modelarts_support import Canned, read_canned
from nbcloud_support import LEASE_BODY, NOTEBOOK_ID, PROJECT_ID, make_account, one_line, read

from pulumi_nbcloud.clouds.modelarts.notebook_lease import NOTEBOOK_LEASE, NotebookLeaseArguments, NotebookLeaseState
from pulumi_nbcloud.condition import Evaluator, compile_conditions
from pulumi_nbcloud.errors import (
    AuthenticationError,
    BadResponseError,
    InputError,
    NbcloudError,
    NotFoundError,
    PermissionDeniedError,
    RefusedError,
)
from pulumi_nbcloud.http.client import Client
from pulumi_nbcloud.kinds.times import MAX_MILLISECONDS
from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.settings.resolve import resolve

ENDPOINT = "https://modelarts.cn-north-4.myhuaweicloud.com"
WHERE = f"GET {ENDPOINT}/v1/{PROJECT_ID}/notebooks/{NOTEBOOK_ID}/lease"
ARGUMENTS = NOTEBOOK_LEASE.parse({"notebook_id": NOTEBOOK_ID})
PAGE = json.loads(LEASE_BODY)


def read_lease(body: object, status: int = 200) -> NotebookLeaseState:
    state: NotebookLeaseState = read_canned(NOTEBOOK_LEASE, {"notebook_id": NOTEBOOK_ID}, body, status)
    return state


def error_of(body: object, status: int = 200) -> NbcloudError:
    with pytest.raises(NbcloudError) as caught:
        read_lease(body, status)
    return caught.value


def code(number: str) -> dict[str, str]:
    return {"error_code": f"ModelArts.{number}", "error_msg": "what the cloud says"}


# --- a running notebook


def test_the_pages_own_example() -> None:
    assert read_lease(LEASE_BODY) == NotebookLeaseState(
        notebook_id=NOTEBOOK_ID,
        project_id=PROJECT_ID,
        endpoint=ENDPOINT,
        running=True,
        create_at=1638841744515,
        create_time="2021-12-07T01:49:04.515Z",
        duration=3600000,
        update_at=1638842905925,
        update_time="2021-12-07T02:08:25.925Z",
        enable=True,
        type="TIMING",
        expire_time="2021-12-07T02:49:04.515Z",
        stops_itself=True,
        earliest_stop_time="2021-12-07T02:49:04.515Z",
        not_running_reason=None,
    )


def test_what_is_asked() -> None:
    client = Canned(200, LEASE_BODY)

    async def run() -> None:
        await read(NOTEBOOK_LEASE, make_account(client), ARGUMENTS)

    anyio.run(run)
    assert client.sent == [f"/v1/{PROJECT_ID}/notebooks/{NOTEBOOK_ID}/lease"]
    (request,) = client.requests
    # As Huawei's SDK sends and signs it.
    assert request.headers["Content-Type"] == "application/json"
    assert "SignedHeaders=content-type;host;x-project-id;x-sdk-date," in request.headers["Authorization"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"type": "timing"}, {"type": "TIMING", "expire_time": "2021-12-07T02:49:04.515Z"}),
        ({"type": "IDLE"}, {"type": "IDLE", "expire_time": None}),
        ({"type": "idle"}, {"type": "IDLE", "expire_time": None}),
        ({"type": "NIGHTLY"}, {"type": "NIGHTLY", "expire_time": None}),
        ({"type": ""}, {"type": "", "expire_time": None}),
        ({"type": None}, {"type": None, "expire_time": None}),
        ({"duration": -1, "enable": False}, {"duration": -1, "enable": False, "expire_time": None}),
        ({"duration": -1}, {"duration": -1, "expire_time": None}),
        ({"duration": 0}, {"duration": 0, "expire_time": None}),
        ({"duration": None}, {"duration": None, "expire_time": None}),
        ({"enable": False}, {"enable": False, "expire_time": None}),
        ({"enable": None}, {"enable": None, "expire_time": None}),
        ({"create_at": "1638841744515"}, {"create_at": 1638841744515, "expire_time": "2021-12-07T02:49:04.515Z"}),
        ({"create_at": 0}, {"create_at": 0, "create_time": None, "expire_time": None}),
        ({"create_at": None}, {"create_at": None, "create_time": None, "expire_time": None}),
        ({"update_at": 0}, {"update_at": 0, "update_time": None}),
        ({"update_at": None}, {"update_at": None, "update_time": None}),
        ({"duration": 2**53}, {"duration": 2**53, "expire_time": None}),
        ({"duration": "3600000"}, {"duration": 3600000, "expire_time": "2021-12-07T02:49:04.515Z"}),
        ({"duration": "-1"}, {"duration": -1, "expire_time": None}),
        ({"update_at": "1638842905925"}, {"update_at": 1638842905925, "update_time": "2021-12-07T02:08:25.925Z"}),
        # Something was done to it after the time that the page's rule gives, so the rule does not hold for it.
        ({"update_at": 1638845344515}, {"expire_time": "2021-12-07T02:49:04.515Z"}),
        ({"update_at": 1638845344516}, {"expire_time": None}),
        ({"new_field": {"a": [1]}}, {"running": True}),
    ],
)
def test_odd_leases_are_still_leases(changes: dict[str, object], expected: dict[str, object]) -> None:
    state = read_lease({**PAGE, **changes})
    assert state.running
    assert state.not_running_reason is None
    assert {name: getattr(state, name) for name in expected} == expected


@pytest.mark.parametrize("kept", ["create_at", "duration", "enable"])
def test_one_lease_field_is_enough(kept: str) -> None:
    state = read_lease({kept: PAGE[kept]})
    assert (state.running, getattr(state, kept), state.type, state.expire_time) == (True, PAGE[kept], None, None)


DAYS = st.integers(0, MAX_MILLISECONDS)


@given(
    create_at=st.none() | DAYS,
    duration=st.none() | st.integers(-(2**53), 2**53),
    enable=st.none() | st.booleans(),
    lease_type=st.none() | st.sampled_from(["TIMING", "timing", "IDLE", "Other"]),
)
def test_the_expiry_is_creation_plus_duration_only_where_auto_stop_by_time_is_on(
    create_at: int | None, duration: int | None, enable: bool | None, lease_type: str | None
) -> None:
    body = {"create_at": create_at, "duration": duration, "enable": enable, "type": lease_type, "update_at": 0}
    if create_at is None and duration is None and enable is None:
        assert isinstance(error_of(body), BadResponseError)
        return
    state = read_lease(body)
    timed = enable and (lease_type or "").upper() == "TIMING" and duration is not None and duration > 0
    # 0 is no time, and after the year 9999 there is no text for one.
    if not timed or not create_at or duration is None or create_at + duration > MAX_MILLISECONDS:
        assert state.expire_time is None
    else:
        moment = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(milliseconds=create_at + duration)
        assert state.expire_time == moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


# --- whether it is stopped, and when at the earliest

CREATED = PAGE["create_at"]
DUE = CREATED + PAGE["duration"]
DUE_TEXT = "2021-12-07T02:49:04.515Z"
GATE = 'self.running && (!self.stops_itself || self.earliest_stop_time - now > duration("30m"))'
NO_TYPE = {"type": None}


def read_at(now: int, body: object, status: int = 200) -> NotebookLeaseState:
    """Reads a lease at a moment, in milliseconds since 1970."""
    account = make_account(Canned(status, body), now=lambda: now / 1000)

    async def run() -> NotebookLeaseState:
        return await read(NOTEBOOK_LEASE, account, ARGUMENTS)

    return anyio.run(run)


@pytest.mark.parametrize(
    ("changes", "now", "expected", "reason"),
    [
        ({}, CREATED, (True, DUE_TEXT), None),
        ({"type": "timing"}, CREATED, (True, DUE_TEXT), None),
        (NO_TYPE, CREATED, (True, DUE_TEXT), None),
        ({"type": ""}, CREATED, (True, DUE_TEXT), None),
        ({"update_at": DUE}, CREATED, (True, DUE_TEXT), None),
        ({"update_at": None}, DUE - 1, (True, DUE_TEXT), None),
        ({}, DUE, (True, None), "create_at + duration is over: it was started again or renewed"),
        ({**NO_TYPE, "update_at": DUE + 1}, CREATED, (True, None), "create_at + duration is over"),
        ({"type": "IDLE"}, CREATED, (True, None), "auto stop is of type IDLE, so it stops when idle, whenever that is"),
        ({"type": "idle", "duration": -1}, CREATED, (True, None), "auto stop is of type IDLE, so it stops when idle"),
        ({"type": "NIGHTLY"}, CREATED, (True, None), "auto stop is of type NIGHTLY"),
        ({"duration": None}, CREATED, (True, None), "the cloud gives no create_at or no duration"),
        ({"create_at": 0}, CREATED, (True, None), "the cloud gives no create_at or no duration"),
        ({"duration": 2**53}, CREATED, (True, None), "it lies beyond the year 9999"),
        ({"duration": 0}, CREATED, (False, None), "nothing stops the notebook by itself"),
        ({"duration": -1}, CREATED, (False, None), "nothing stops the notebook by itself"),
        ({**NO_TYPE, "duration": -1}, CREATED, (False, None), "nothing stops the notebook by itself"),
        ({"enable": False}, CREATED, (False, None), "nothing stops the notebook by itself"),
        ({"enable": None}, CREATED, (None, None), "the cloud does not say whether auto stop is on"),
    ],
)
def test_whether_a_notebook_is_stopped_and_when_at_the_earliest(
    changes: dict[str, object], now: int, expected: tuple[bool | None, str | None], reason: str | None
) -> None:
    state = read_at(now, {**PAGE, **changes})
    assert (state.stops_itself, state.earliest_stop_time) == expected
    said = state.null_reason("earliest_stop_time")
    if reason is not None:
        assert said is not None
        assert said.startswith(reason)


def test_why_other_fields_are_null() -> None:
    stopped = read_lease(code("6327"), 400)
    assert stopped.null_reason("earliest_stop_time") == "the notebook does not run"
    assert stopped.null_reason("type") is None
    assert read_lease({**PAGE, "enable": None}).null_reason("stops_itself") == (
        "the cloud does not say whether auto stop is on"
    )
    assert read_lease({**PAGE, "type": None}).null_reason("expire_time") == "auto stop has no type"
    assert str(read_lease({**PAGE, "update_at": DUE + 1}).null_reason("expire_time")).startswith("create_at + duration")


@pytest.mark.parametrize(
    ("changes", "now", "outcome", "reason"),
    [
        ({}, CREATED, "met", None),
        (NO_TYPE, CREATED, "met", None),
        ({}, DUE - 1_800_000, "not_yet", None),
        ({"duration": 0}, DUE, "met", None),
        ({"duration": -1}, DUE, "met", None),
        ({"enable": False, "duration": -1}, DUE, "met", None),
        ({"type": "IDLE"}, CREATED, "not_yet", "auto stop is of type IDLE, so it stops when idle, whenever that is"),
        ({"update_at": DUE + 1}, CREATED, "not_yet", "create_at + duration is over: it was started again or renewed"),
        ({}, DUE, "not_yet", "create_at + duration is over: it was started again or renewed"),
    ],
)
def test_the_gate_of_the_readme_is_decided_or_says_what_it_lacks(
    changes: dict[str, object], now: int, outcome: str, reason: str | None
) -> None:
    evaluator = Evaluator(compile_conditions({"self": NOTEBOOK_LEASE}, GATE))
    moment = datetime.fromtimestamp(now / 1000, timezone.utc)
    decision = evaluator.decide({"self": read_at(now, {**PAGE, **changes})}, moment)
    assert decision.outcome == outcome
    if reason is None:
        assert decision.reason is None
    else:
        assert str(decision.reason).startswith(f"self.earliest_stop_time is null ({reason}")


# --- answers that are no lease


NOT_DESCRIBED = "the answer is not what the vendor's page describes: "


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"create_at": -1}, NOT_DESCRIBED + "create_at: "),
        ({"create_at": MAX_MILLISECONDS + 1}, NOT_DESCRIBED + "create_at: "),
        ({"create_at": True}, NOT_DESCRIBED + "create_at: "),
        ({"create_at": 5.0}, NOT_DESCRIBED + "create_at: "),
        ({"create_at": "canary"}, NOT_DESCRIBED + "create_at: "),
        ({"create_at": "٣"}, NOT_DESCRIBED + "create_at: "),
        ({**PAGE, "update_at": -1}, NOT_DESCRIBED + "update_at: "),
        ({"duration": True}, NOT_DESCRIBED + "duration: "),
        ({"duration": 5.0}, NOT_DESCRIBED + "duration: "),
        ({"duration": "36e5"}, NOT_DESCRIBED + "duration: "),
        ({"duration": 2**53 + 1}, NOT_DESCRIBED + "duration: "),
        ({"enable": 1}, NOT_DESCRIBED + "enable: "),
        ({"enable": "true"}, NOT_DESCRIBED + "enable: "),
        ({**PAGE, "type": 1}, NOT_DESCRIBED + "type: "),
        ([], NOT_DESCRIBED + "Input should be an object, not a list"),
        ([PAGE], NOT_DESCRIBED + "Input should be an object, not a list"),
        (None, NOT_DESCRIBED + "Input should be an object, not null"),
        ("canary", NOT_DESCRIBED + "Input should be an object, not a string"),
        (7, NOT_DESCRIBED + "Input should be an object, not a number"),
        (True, NOT_DESCRIBED + "Input should be an object, not a truth value"),
        ({}, "the answer is not a lease: it has neither create_at, duration nor enable"),
        ({"type": "TIMING"}, "the answer is not a lease: it has neither create_at, duration nor enable"),
        ({"canary": 1}, "the answer is not a lease: it has neither create_at, duration nor enable"),
        (b"", "the answer is not JSON but 0 bytes of no content type"),
        (b"<html>canary</html>", "the answer is not JSON but 19 bytes of no content type"),
        (b"\xef\xbb\xbf" + LEASE_BODY, "the answer is not JSON but "),
        (b'{"create_at": NaN}', "the answer is not JSON but "),
        (b'{"type": "\\ud800", "duration": 1}', "the answer is not JSON but "),
        (b'{"a":' * 300 + b"1" + b"}" * 300, "the answer is not JSON but "),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_what_is_no_lease_is_refused_without_its_content(body: object, problem: str) -> None:
    error = error_of(body)
    assert type(error) is BadResponseError
    assert error.problem.startswith(problem)
    assert one_line(error).startswith(f"modelarts:NotebookLease {NOTEBOOK_ID}: {problem}")
    assert f"(HTTP 200, {WHERE}, request id r-1)\nhint: check the endpoint" in one_line(error)
    assert "canary" not in one_line(error)
    assert "Wire" not in one_line(error)


# --- a notebook that does not run, or is not there


@pytest.mark.parametrize("status", [400, 409, 200])
@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("6327", "NOT_RUNNING"),
        ("6306", "STARTING"),
        ("6308", "STOPPING"),
        ("6326", "FROZEN"),
        ("6333", "RESTORING"),
        ("6355", "INITIALIZING"),
        ("6357", "BUSY"),
    ],
)
def test_a_notebook_that_does_not_run_is_a_state(number: str, reason: str, status: int) -> None:
    assert read_lease(code(number), status) == NotebookLeaseState(
        notebook_id=NOTEBOOK_ID, project_id=PROJECT_ID, endpoint=ENDPOINT, running=False, not_running_reason=reason
    )


@pytest.mark.parametrize("number", ["6309", "6404"])
def test_a_notebook_that_is_not_there(number: str) -> None:
    error = error_of(code(number), 400)
    assert type(error) is NotFoundError
    assert one_line(error) == (
        f'modelarts:NotebookLease {NOTEBOOK_ID}: the notebook does not exist: "what the cloud says" '
        f"(HTTP 400 ModelArts.{number}, {WHERE}, request id r-1)\n"
        "hint: check its id, the project and the region"
    )


@pytest.mark.parametrize(
    ("status", "body", "cls"),
    [
        (404, b"", NotFoundError),
        (404, code("6309"), NotFoundError),
        (404, b"<html>", BadResponseError),
        (404, {"error_code": "APIGW.0101", "error_msg": "no"}, RefusedError),
        (400, code("0102"), RefusedError),
        (400, code("6349"), RefusedError),
        (401, code("6309"), AuthenticationError),
        (403, code("6327"), PermissionDeniedError),
    ],
)
def test_other_errors_stay_what_they_are(status: int, body: object, cls: type[NbcloudError]) -> None:
    error = error_of(body, status)
    assert type(error) is cls
    assert error.subject == f"modelarts:NotebookLease {NOTEBOOK_ID}"


# --- arguments


@pytest.mark.parametrize(
    "notebook_id",
    [
        "",
        "x",
        "a/b",
        "..",
        "../../other/notebooks",
        "%2F",
        f"{NOTEBOOK_ID}\n",
        f" {NOTEBOOK_ID}",
        f"{NOTEBOOK_ID}/lease",
        f"{{{NOTEBOOK_ID}}}",
        f"urn:uuid:{NOTEBOOK_ID}",
        NOTEBOOK_ID.replace("-", ""),
        NOTEBOOK_ID.replace("0", "\u0660"),
        NOTEBOOK_ID.replace("0", "g"),
        "canary" * 2000,
        "\ud800",
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_a_notebook_id_that_is_no_uuid_is_refused_without_its_value(notebook_id: str) -> None:
    with pytest.raises(InputError) as caught:
        NOTEBOOK_LEASE.parse({"notebook_id": notebook_id})
    assert str(caught.value) == (
        "modelarts:NotebookLease: notebook_id must be a UUID such as 0b9c2f6e-4a70-4a0e-9d0e-2c6f8d1e7a55\n"
        "hint: correct the argument; nothing was sent"
    )


@pytest.mark.parametrize("notebook_id", [NOTEBOOK_ID, NOTEBOOK_ID.upper(), "0" * 8 + NOTEBOOK_ID[8:]])
def test_a_uuid_is_taken_as_it_is(notebook_id: str) -> None:
    arguments = NOTEBOOK_LEASE.parse({"notebook_id": notebook_id, "profile": None})
    assert arguments == NotebookLeaseArguments(notebook_id=notebook_id)
    assert NOTEBOOK_LEASE.identify(arguments) == notebook_id


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({}, "notebook_id is missing"),
        ({"notebook_id": None}, "notebook_id is missing"),
        ({"notebook_id": 7}, "notebook_id Input should be a valid string"),
        ({"notebook_id": NOTEBOOK_ID, "profile": 7}, "profile Input should be a valid string"),
        (
            {"notebook_id": NOTEBOOK_ID, "notebok_id": "canary"},
            "notebok_id is not an argument; did you mean notebook_id?",
        ),
    ],
)
def test_other_arguments_that_cannot_be_right_are_named(values: dict[str, object], problem: str) -> None:
    with pytest.raises(InputError) as caught:
        NOTEBOOK_LEASE.parse(values)
    assert caught.value.problem == f"modelarts:NotebookLease: {problem}"
    assert "canary" not in str(caught.value)


def test_what_the_kind_says_of_itself() -> None:
    assert NOTEBOOK_LEASE.ready == "self.running"
    assert [(each.condition, each.holds_for) for each in NOTEBOOK_LEASE.failed] == [
        ('self.not_running_reason == "FROZEN"', 0)
    ]
    assert NOTEBOOK_LEASE.not_found_is_gone
    assert NOTEBOOK_LEASE.argument_names == ("notebook_id", "profile")


# --- over the wire


@pytest.mark.anyio
async def test_a_lease_read_from_the_mock_cloud(nbcloud_mock: MockClouds) -> None:
    values = nbcloud_mock.settings()["modelarts"]
    client = Client()
    settings = resolve(NOTEBOOK_LEASE.account.schema, None, {"nbcloud:modelarts": values}.get, {})
    account = NOTEBOOK_LEASE.account(settings, client)
    try:
        with pytest.raises(NotFoundError):
            await read(NOTEBOOK_LEASE, account, ARGUMENTS)
        nbcloud_mock.modelarts.put_lease(NOTEBOOK_ID, create_at=1638841744515, absent=["type"])
        state = await read(NOTEBOOK_LEASE, account, ARGUMENTS)
        assert (state.running, state.type, state.expire_time, state.endpoint) == (True, None, None, nbcloud_mock.url)
        nbcloud_mock.modelarts.put_lease(NOTEBOOK_ID, status="FROZEN")
        assert (await read(NOTEBOOK_LEASE, account, ARGUMENTS)).not_running_reason == "FROZEN"
    finally:
        await client.aclose()
