"""Captures of whole reads: what is sent, what is kept of a read that fails, and what ends it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aidp_support import IDS
from capture_support import CANARY, captured, fields
from lease_support import KIND, LEASE, NOTEBOOK
from nbcloud_support import NO_CONFIG, FakeClock, http_answer, raw_server

from pulumi_nbcloud.capture.capturing import Capturer
from pulumi_nbcloud.errors import AuthenticationError, InputError, NotFoundError, SettingsError
from pulumi_nbcloud.kinds.registry import load
from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.mock.aidp.sessions import OLDER_PREFIX

pytestmark = pytest.mark.anyio

IT = {"notebook_id": NOTEBOOK}


def sent(clouds: MockClouds) -> int:
    return clouds.request_count()


async def test_a_plan_sends_nothing_and_names_no_id(clouds: MockClouds) -> None:
    capturer = Capturer(clouds.environment())
    plan = await capturer.plan(load(KIND), load(KIND).parse(IT), NO_CONFIG)
    assert plan.lines() == [
        f"{KIND} will be read, as nbcloud get reads it: 1 request, and a sign-in before it where needed",
        f"  GET {clouds.url}/v1/{{project_id}}/notebooks/{{notebook_id}}/lease",
        "  at most 50 requests, retries included",
    ]
    listed = await capturer.plan(load("hpcai:Instance"), load("hpcai:Instance").parse({"instance_id": "a"}), NO_CONFIG)
    assert "1 request for each page of the list" in listed.lines()[0]
    await capturer.aclose()
    assert sent(clouds) == 0


async def test_a_plan_names_the_path_that_the_settings_choose(clouds: MockClouds) -> None:
    kind = load("aidp:NotebookSession")
    for prefix, path in ((OLDER_PREFIX, OLDER_PREFIX), ("/other", "/other")):
        capturer = Capturer({**clouds.environment(), "NBCLOUD_AIDP_PATH_PREFIX": prefix})
        plan = await capturer.plan(kind, kind.parse(IDS), NO_CONFIG)
        assert plan.path.startswith(f"{path}/")
        assert ("{session_id}" in plan.path) == (prefix == OLDER_PREFIX), "of another path nothing is known"
        await capturer.aclose()


async def test_a_setting_that_is_missing_ends_it_before_anything_is_sent(clouds: MockClouds) -> None:
    capturer = Capturer({})
    with pytest.raises(SettingsError, match="no credentials for modelarts"):
        await capturer.plan(load(KIND), load(KIND).parse(IT), NO_CONFIG)
    with pytest.raises(SettingsError, match="no credentials for modelarts"):
        await capturer.capture(load(KIND), load(KIND).parse(IT), NO_CONFIG)


@pytest.mark.parametrize(
    ("allow", "hint"),
    [
        ("typ", "hint: did you mean type?"),
        ("nothing.like.it", "hint: docs/vendors/modelarts.md lists the fields"),
    ],
)
async def test_what_is_allowed_is_documented(clouds: MockClouds, allow: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        await captured(clouds, KIND, IT, ("type", "*", allow))
    assert str(caught.value).splitlines() == [f"{KIND}: {allow} is no documented field of the response", hint]
    assert sent(clouds) == 0


async def test_one_rejection_ends_all(clouds: MockClouds) -> None:
    capturer = Capturer({**clouds.environment(), "NBCLOUD_MODELARTS_SECRET_KEY": "wrong"})
    kind = load(KIND)
    first = await capturer.capture(kind, kind.parse(IT), NO_CONFIG)
    assert isinstance(first.error, AuthenticationError)
    assert first.summary == "AuthenticationError, HTTP 401, APIGW.0301"
    assert first.document["error"] == {"type": "AuthenticationError", "status": 401, "code": "APIGW.0301"}
    second = await capturer.capture(kind, kind.parse(IT), NO_CONFIG)
    assert isinstance(second.error, AuthenticationError)
    assert second.document["requests"] == []
    await capturer.aclose()
    assert sent(clouds) == 1


async def test_a_missing_thing_is_captured(clouds: MockClouds) -> None:
    found = await captured(clouds, KIND, IT)
    assert isinstance(found.error, NotFoundError)
    (request,) = found.document["requests"]
    assert (request["status"], request["body"]["is_error"]) == (400, True)
    assert fields(request)["error_code"]["values"] == {"ModelArts.6309": 1}
    assert found.differs == ()


async def test_a_thing_that_is_not_in_its_list_is_captured(clouds: MockClouds) -> None:
    found = await captured(clouds, "hpcai:Instance", {"instance_id": "inst-9"})
    assert found.summary == "NotFoundError"
    assert found.document["requests"][0]["status"] == 200


@pytest.mark.parametrize(
    ("body", "headers", "problem"),
    [
        (f"<html>{CANARY}</html>", {"Content-Type": "text/html; charset=utf-8"}, "a web page"),
        (f'{{"{CANARY}": "cut', {}, "not JSON"),
    ],
)
async def test_what_is_not_json_is_captured(
    clouds: MockClouds, body: str, headers: dict[str, str], problem: str
) -> None:
    clouds.faults.add(service="modelarts", status=200, body=body, headers=headers)
    found = await captured(clouds, KIND, IT)
    assert found.summary == "BadResponseError, HTTP 200"
    assert [each.line() for each in found.differs] == [
        f"the body: not json (documented JSON; actual {problem}; count 1)"
    ]
    assert CANARY not in json.dumps(found.document)


async def test_each_attempt_is_counted(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    clouds.faults.add(service="modelarts", status=503, count=2)
    found = await captured(clouds, KIND, IT, sleep=FakeClock().sleep)
    assert found.error is None
    (request,) = found.document["requests"]
    assert (request["statuses"], request["status"]) == ([503, 503, 200], 200)


async def test_it_ends_after_so_many_requests(clouds: MockClouds) -> None:
    clouds.faults.add(service="modelarts", status=503, count=10)
    found = await captured(clouds, KIND, IT, sleep=FakeClock().sleep, max_requests=3)
    assert isinstance(found.error, InputError)
    assert found.error.summary == "the capture ends after 3 requests, and this read needs more"
    assert found.document["requests"][0]["statuses"] == [503, 503, 503]
    assert sent(clouds) == 3


async def test_an_answer_that_ends_too_early_is_captured(clouds: MockClouds) -> None:
    whole = http_answer(200, json.dumps({"type": CANARY}).encode(), {"Connection": "close"})
    with raw_server(whole[:-3]) as server:
        environment = {**clouds.environment(), "NBCLOUD_MODELARTS_ENDPOINT": server.origin}
        capturer = Capturer(environment, sleep=FakeClock().sleep)
        found = await capturer.capture(load(KIND), load(KIND).parse(IT), NO_CONFIG)
        await capturer.aclose()
    assert found.summary == "UnreachableError"
    (request,) = found.document["requests"]
    assert (request["status"], set(request["statuses"]), request["body"]) == (None, {None}, None)
    assert CANARY not in json.dumps(found.document)


async def test_a_list_is_captured_page_by_page(clouds: MockClouds) -> None:
    clouds.hpcai.configure(page_size=2)
    for number in range(5):
        clouds.hpcai.put_instance(f"inst-{number}", row={CANARY: CANARY})
    found = await captured(clouds, "hpcai:Instances", {})
    lengths = [fields(each)["instances"]["lengths"]["most"] for each in found.document["requests"]]
    assert lengths == [2, 2, 1]
    assert [each.line() for each in found.differs] == [
        "instances[]: undocumented field (actual text; count 5)",
    ]
    assert CANARY not in json.dumps(found.document)


async def test_a_sign_in_is_announced_and_nothing_of_it_is_kept(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    settings: dict[str, Any] = clouds.modelarts.password_settings()
    announced: list[str] = []
    capturer = Capturer({}, announced.append)
    config = {"nbcloud:modelarts": {key: value for key, value in settings.items() if key != "projectId"}}.get
    found = await capturer.capture(load(KIND), load(KIND).parse(IT), config)
    await capturer.aclose()
    assert found.error is None
    assert announced == [f"signing in: POST {clouds.url}/v3/auth/tokens"]
    login, read = found.document["requests"]
    assert login == {
        "purpose": "sign_in",
        "method": "POST",
        "path": None,
        "query": [],
        "statuses": [201],
        "status": 201,
        "headers": {},
        "body": None,
    }
    assert read["purpose"] == "read"
