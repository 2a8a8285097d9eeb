"""Request targets, requests and responses."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbcloud_support import make_response, one_line

from pulumi_nbcloud.errors import BadResponseError, InputError
from pulumi_nbcloud.http.messages import Request, target


@pytest.mark.parametrize(
    ("segments", "query", "expected"),
    [
        (["v1", "p"], [], "/v1/p"),
        (["a/b", "..c", "%2e%2e"], [], "/a%2Fb/..c/%252e%252e"),
        (["a?b#c;d"], [], "/a%3Fb%23c%3Bd"),
        (["( ) ~ ! * % + /"], [], "/%28%20%29%20~%20%21%20%2A%20%25%20%2B%20%2F"),
        (["\n\x00"], [], "/%0A%00"),
        (["x"], [("a", ""), ("b", "1&2=3"), ("a", "+ ")], "/x?a=&b=1%262%3D3&a=%2B%20"),
        (["中"], [("é", "😀")], "/%E4%B8%AD?%C3%A9=%F0%9F%98%80"),
    ],
)
def test_a_target_is_encoded_byte_for_byte(segments: list[str], query: list[tuple[str, str]], expected: str) -> None:
    assert target(segments, query) == expected


SEGMENT = st.text(st.characters(codec="utf-8"), min_size=1).filter(lambda text: text not in (".", ".."))


@given(st.lists(SEGMENT, min_size=1))
def test_every_segment_stays_in_its_place(segments: list[str]) -> None:
    encoded = target(segments)
    assert encoded.isascii()
    assert [unquote(part) for part in encoded.split("/")[1:]] == segments


@pytest.mark.parametrize("segment", ["", ".", ".."])
def test_a_segment_that_would_move_is_refused(segment: str) -> None:
    with pytest.raises(InputError) as caught:
        target(["v1", segment, "lease"])
    assert str(caught.value) == f"{segment!r} cannot be part of a path\nhint: check the ids given"


@pytest.mark.parametrize(("segments", "query"), [(["\ud800"], []), (["x"], [("a", "\udfff")])])
def test_text_that_is_not_unicode_is_refused(segments: list[str], query: list[tuple[str, str]]) -> None:
    with pytest.raises(InputError) as caught:
        target(segments, query)
    assert str(caught.value) == "an id or filter holds text that is not valid Unicode\nhint: check the ids given"


def test_a_request_names_its_host_and_url_without_the_query() -> None:
    request = Request("GET", "http://127.0.0.1:8080", "/v1/p?token=t", {"Authorization": "canary"}, b"canary")
    assert request.host == "127.0.0.1:8080"
    assert request.where == "GET http://127.0.0.1:8080/v1/p"
    assert "canary" not in repr(request)


def test_a_response_shows_neither_headers_nor_body() -> None:
    assert "canary" not in repr(make_response(body=b"canary", headers={"set-cookie": "canary"}))


@pytest.mark.parametrize(
    ("body", "value"),
    [(b"{}", {}), (b" [1, null] ", [1, None]), ('"中"'.encode(), "中")],
)
def test_a_body_is_json(body: bytes, value: object) -> None:
    assert make_response(body=body).json() == value


@pytest.mark.parametrize("body", [b'{"a":1,"a":2}', b'[{"b": {"c": 0, "a": [], "a": []}}]'])
def test_an_object_that_names_a_key_twice_is_refused(body: bytes) -> None:
    with pytest.raises(BadResponseError) as caught:
        make_response(body=body).json()
    assert one_line(caught.value) == (
        "the answer is JSON that names 'a' twice (HTTP 200, GET https://modelarts.example.com/v1/p)\n"
        "hint: check the endpoint; if it is right, please report this"
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"canary",
        b"\xef\xbb\xbf{}",
        b"\xff",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": "\\ud800"}',
        b"{} {}",
        b"[" * 100_000,
        b'{"a":' * 300 + b"1" + b"}" * 300,
        b"9" * 5000,
        b"1e999",
        b'{"a": -1e999}',
        b'{"a": "\xe9"}',
    ],
    ids=lambda body: repr(body[:12]),
)
def test_a_body_that_is_not_json_is_named_by_type_and_length_only(body: bytes) -> None:
    response = make_response(502, body, {"content-type": "text/html; charset=\x1b[31mcanary", "x-request-id": "r-1"})
    with pytest.raises(BadResponseError) as caught:
        response.json()
    assert one_line(caught.value) == (
        f"the answer is not JSON but {len(body)} bytes of text/html; charset=?[31mcanary "
        "(HTTP 502, GET https://modelarts.example.com/v1/p, request id r-1)\n"
        "hint: check the endpoint: a sign-in page or a proxy may have answered in the cloud's place"
    )
    assert caught.value.__suppress_context__


def test_a_missing_content_type_is_said() -> None:
    with pytest.raises(BadResponseError, match="not JSON but 0 bytes of no content type"):
        make_response(body=b"").json()


@pytest.mark.parametrize(
    ("headers", "request_id"),
    [
        ({}, None),
        ({"x-request-id": ""}, None),
        ({"x-request-id": "r"}, "r"),
        ({"opc-request-id": "a/b/c"}, "a/b/c"),
        ({"x-request-id": "r\x1b[0m"}, "r?[0m"),
    ],
)
def test_the_request_id_is_safe_to_show(headers: dict[str, str], request_id: str | None) -> None:
    assert make_response(headers=headers).request_id == request_id
