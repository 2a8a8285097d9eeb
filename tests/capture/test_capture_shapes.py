"""The shape of a body: what a capture says of it, what differs from the pages, and that nothing of it is in there."""

from __future__ import annotations

import json
from typing import Any

import pytest
from capture_support import CANARY, described, fields
from hypothesis import given
from hypothesis import strategies as st
from modelarts_support import JOBS_BODY

from pulumi_nbcloud.capture.document import Described
from pulumi_nbcloud.capture.formats import format_of
from pulumi_nbcloud.capture.shape import MAX_SHOWN
from pulumi_nbcloud.kinds.registry import KINDS, load

LEASE, JOBS, INSTANCES = "modelarts:NotebookLease", "modelarts:DevServerJobs", "hpcai:Instances"
SESSION = "aidp:NotebookSession"


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("", "empty"),
        ("  ", "blank"),
        ("true", "truth value as text"),
        ("-12.5", "number as text"),
        ("0b9c2f6e-4a70-4a0e-9d0e-2c6f8d1e7a55", "UUID"),
        ("2021-12-07T01:49:04.515Z", "RFC 3339 with Z"),
        ("2021-12-07T01:49:04+0000", "RFC 3339 with an offset"),
        ("2021-12-07 01:49:04", "ISO 8601 without an offset"),
        ("2021-12-07", "date"),
        ("Tue, 07 Dec 2021 01:49:04 GMT", "HTTP date"),
        ("ocid1.user.oc1..aaaa", "OCID"),
        ("https://example.com/a", "URL"),
        ("192.0.2.1:443", "IPv4 address"),
        ("a@example.com", "e-mail address"),
        ("eyJhbGciOi.eyJzdWIi.c2ln", "JSON Web Token"),
        ("/data/test.ipynb", "path"),
        ("Ab" * 16, "32 hexadecimal digits"),
        ('{"a": 1}', "JSON"),
        ("TIMING", "word in capitals"),
        ("Running", "word"),
        ("asia-sg-1", "one printable word"),
        ("two words", "printable ASCII"),
        ("zwei Wörter", "text"),
        (0, "zero"),
        (-1, "negative"),
        (0.5, "fraction"),
        (8, "whole number"),
        (1_638_841_744, "epoch seconds"),
        (1_638_841_744_515, "epoch milliseconds"),
        (True, None),
        (None, None),
    ],
)
def test_the_form_of_a_value(value: object, form: str | None) -> None:
    assert format_of(value) == form


def test_a_documented_body_has_types_forms_counts_and_facts() -> None:
    document, differs = described(JOBS, JOBS_BODY)
    assert differs == []
    found = fields(document)
    assert found["data"]["lengths"] == {"least": 2, "most": 2}
    assert found["data[].id"]["formats"] == {"UUID": 2}
    assert (found["data[].description"]["present"], found["data[].description"]["missing"]) == (1, 1)
    assert found["data[].status"] == {
        "path": "data[].status",
        "present": 2,
        "missing": 0,
        "types": {"text": 2},
        "formats": {"word in capitals": 2},
        "lengths": None,
        "values": {"FINISHED": 2},
        "fact": "MA-50",
    }
    assert found["data[].abnormal_count"]["values"] == {}
    assert document["path"] is None, "sent to a path that no page names"
    assert document["query"] == ["id"]


JOB: dict[str, Any] = {"id": "x", "status": "FINISHED", "type": "COMMON", "create_at": 1_749_536_420_547}
SESSION_BODY: dict[str, Any] = {
    "id": "0f6a7c52-1d2e-4b0a-8f00-000000000001",
    "name": "n",
    "type": "notebook",
    "kernel": {"id": "5f3c0d4e-0000-4000-8000-0000000000aa", "execution_state": "idle"},
}


@pytest.mark.parametrize(
    ("token", "body", "expected"),
    [
        (
            LEASE,
            {"create_at": 1_638_841_744, "enable": True},
            ("create_at: format (documented epoch milliseconds; actual epoch seconds; count 1; MA-36)"),
        ),
        (
            LEASE,
            {"create_at": "1638841744515"},
            ("create_at: type (documented number; actual text (number as text); count 1; MA-36)"),
        ),
        (LEASE, {"enable": 1}, "enable: type (documented boolean; actual number (whole number); count 1; MA-36)"),
        (LEASE, {"enable": {}}, "enable: type (documented boolean; actual object; count 1; MA-36)"),
        (
            LEASE,
            {"type": "WHIM"},
            ("type: undocumented value (documented TIMING, IDLE; actual word in capitals; count 1; MA-36)"),
        ),
        (
            LEASE,
            {"type": "timing"},
            ("type: other case (documented the spelling of the page; actual another case; count 1; MA-36)"),
        ),
        (LEASE, {CANARY: 1, "b": "x", "c": 2}, "the body: undocumented field (actual number, text; count 3)"),
        (LEASE, [1], "the body: type (documented object; actual list; count 1)"),
        (LEASE, b"<html>", "the body: not json (documented JSON; actual a web page; count 1)"),
        (LEASE, b" ", "the body: not json (documented JSON; actual empty; count 1)"),
        (LEASE, b'{"a":1, "a":2}', "the body: not json (documented JSON; actual a name twice in one object; count 1)"),
        (LEASE, b'{"create_at": 16388417', "the body: not json (documented JSON; actual not JSON; count 1)"),
        (
            JOBS,
            {"data": [{**JOB, "status": "BROKEN"}, JOB]},
            (
                "data[].status: undocumented value (documented PROCESSING,"
                " FINISHED, DELETED, ACTIVE; actual word in capitals; count 1; MA-50)"
            ),
        ),
        (JOBS, {"data": [{**JOB, "tags": {}}, JOB]}, "data[]: undocumented field (actual object; count 1)"),
        (JOBS, {"data": {"x": 1}}, "data: type (documented list; actual object; count 1; MA-46)"),
        (SESSION, {**SESSION_BODY, "name": None}, "name: null (documented text; actual null; count 1; DP-20)"),
        (SESSION, {"id": SESSION_BODY["id"]}, "name: missing (documented text; count 1; DP-20)"),
        (SESSION, {**SESSION_BODY, "id": "7"}, "id: format (documented UUID; actual number as text; count 1; DP-20)"),
    ],
)
def test_what_differs_from_the_pages(token: str, body: object, expected: str) -> None:
    document, differs = described(token, body)
    assert differs == [expected]
    assert CANARY not in json.dumps(document)


def test_the_parts_of_a_row_are_missing_where_the_page_does_not_say_that_they_may() -> None:
    _, differs = described(INSTANCES, {"instances": [{"instanceMetadata": {"instanceId": "a"}}]})
    assert [line.partition(" (")[0] for line in differs] == [
        "instances[].instanceMetadata.instanceUsername: missing",
        "instances[].instanceMetadata.instanceAuth: missing",
        "instances[].instanceSpecInfo: missing",
        "instances[].instanceRuntimeInfo: missing",
    ]


@pytest.mark.parametrize(
    ("token", "body"),
    [
        (LEASE, {}),
        (LEASE, {"create_at": 0, "duration": -1, "type": None}),
        (JOBS, {"data": [{**JOB, "create_at": "1749536420547", "update_at": None}]}),
        (SESSION, {**SESSION_BODY, "kernel": None}),
        (SESSION, {**SESSION_BODY, "kernel": {"id": SESSION_BODY["id"], "last_activity": "2021-12-07T01:49:04+00:00"}}),
        (INSTANCES, {"instances": None, "pager": None}),
    ],
)
def test_what_the_pages_allow_does_not_differ(token: str, body: object) -> None:
    assert described(token, body)[1] == []


def test_an_allowed_field_has_its_values_and_others_have_not() -> None:
    body = {"total": 2, "data": [{**JOB, "status": "BROKEN", "name": "one"}, {**JOB, "name": "two"}]}
    found = fields(described(JOBS, body, ("data[].status", "data[].name"))[0])
    assert found["data[].status"]["values"] == {"BROKEN": 1, "FINISHED": 1}
    assert found["data[].name"]["values"] == {"one": 1, "two": 1}
    assert found["total"]["values"] == {}


def test_names_that_no_page_lists_are_shown_where_they_are_allowed() -> None:
    body = {"total": 1, CANARY: "value-of-the-top", "data": [{**JOB, "priority": "value-of-a-row"}]}
    document, differs = described(JOBS, body, ("data[].*",))
    assert document["body"]["unknown"] == [
        {"at": "data[]", "count": 1, "types": {"text": 1}, "names": {"priority": 1}},
        {"at": "", "count": 1, "types": {"text": 1}, "names": {}},
    ]
    assert "data[]: undocumented field (actual priority; count 1)" in differs
    assert "value-of" not in json.dumps(document)


def test_what_is_allowed_is_printable_and_not_endless() -> None:
    rows = [{**JOB, "name": f"\x1b[31m{number}"} for number in range(MAX_SHOWN + 10)]
    values = fields(described(JOBS, {"data": rows}, ("data[].name",))[0])["data[].name"]["values"]
    assert len(values) == MAX_SHOWN
    assert not [each for each in values if "\x1b" in each]


def test_rows_that_no_page_describes_are_only_counted() -> None:
    row = {"instanceSpecInfo": {"remoteStorages": [{"mountPath": "/x"}, CANARY, [CANARY]]}}
    document, _ = described(INSTANCES, {"instances": [row], "pager": None})
    path = "instances[].instanceSpecInfo.remoteStorages"
    assert fields(document)[f"{path}[]"]["types"] == {"object": 1, "text": 1, "list": 1}
    assert {"at": f"{path}[]", "count": 1, "types": {"text": 1}, "names": {}} in document["body"]["unknown"]
    assert CANARY not in json.dumps(document)


def test_an_error_has_its_documented_code_alone() -> None:
    body = {
        "error_code": "ModelArts.6309",
        "error_msg": f"no {CANARY}",
        "request_id": CANARY,
        "extra": {CANARY: CANARY},
    }
    document, differs = described(LEASE, body, status=400, headers={"content-type": f"text/x-{CANARY}", "etag": CANARY})
    assert document["body"]["is_error"]
    assert fields(document)["error_code"]["values"] == {"ModelArts.6309": 1}
    assert document["headers"] == {"content-type": "another type", "etag": "one printable word"}
    assert differs == ["the body: undocumented field (actual object; count 1)"]
    assert CANARY not in json.dumps(document)
    unknown, differs = described(LEASE, {"error_code": f"{CANARY}.1"}, status=400)
    assert "error_code: undocumented value" in differs[0]
    assert CANARY not in json.dumps([unknown, differs[0].partition("actual")[2]])


# --- nothing of a body

_NAMES = sorted({each.rpartition(".")[2] for token in KINDS for each in Described(load(token).wire).body})
_TEXTS = st.one_of(
    st.text(min_size=1, max_size=8).map(lambda text: f"{CANARY}{text}"),
    st.sampled_from(
        [f"https://{CANARY}.example", f"{CANARY}@x.example", f"/{CANARY}", f"ocid1.{CANARY}", f'{{"{CANARY}"}}']
    ),
)
_KEYS = st.one_of(st.sampled_from([each.removesuffix("[]") for each in _NAMES]), _TEXTS)
_NUMBERS = st.sampled_from([7_391_846_205, -7_391_846_205, 0.7391846205, True, None, 1_749_536_420_547])
_VALUES = st.recursive(
    st.one_of(_TEXTS, _NUMBERS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_KEYS, inner, max_size=5)),
    max_leaves=30,
)


@pytest.mark.parametrize("token", KINDS)
@given(body=_VALUES, status=st.sampled_from([200, 400]))
def test_no_value_and_no_unknown_name_of_a_body_is_in_a_capture(token: str, body: object, status: int) -> None:
    headers = dict.fromkeys(("content-type", "etag", "x-request-id", "set-cookie", "server", f"x-{CANARY}"), CANARY)
    document, differs = described(token, body, status=status, headers=headers)
    shown = json.dumps([document, differs])
    assert CANARY not in shown
    for number in ("7391846205", "1749536420547"):
        assert number not in shown


@pytest.mark.parametrize("token", KINDS)
@given(data=st.data())
def test_nor_in_one_that_has_the_documented_fields(token: str, data: st.DataObject) -> None:
    """Each documented field is there, with a text or a number that no page lists, however deep it is."""
    body: dict[str, Any] = {}
    for path, each in Described(load(token).wire).body.items():
        if path.endswith("[]"):
            continue
        place: Any = body
        for part in path.split(".")[:-1]:
            place = place[part.removesuffix("[]")]
            place = place[0] if part.endswith("[]") else place
        name = path.rpartition(".")[2]
        inner: dict[str, Any] = {}
        place[name] = [inner] if "list" in each.types else inner if "object" in each.types else data.draw(_TEXTS)
        place[data.draw(_TEXTS)] = data.draw(_TEXTS)
    document, differs = described(token, body)
    assert CANARY not in json.dumps([document, differs])
    assert document["body"]["fields"]
