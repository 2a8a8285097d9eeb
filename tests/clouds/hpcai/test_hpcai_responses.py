"""What HPC-AI's answers mean: the body's text first, the HTTP status second."""

from __future__ import annotations

import dataclasses
import json

import pytest
from hpcai_support import NOW, PAGE_ERROR, PAGE_EXAMPLE, WHERE
from nbcloud_support import one_line

from pulumi_nbcloud.clouds.hpcai.responses import classify
from pulumi_nbcloud.errors import (
    AuthenticationError,
    BadResponseError,
    NbcloudError,
    PermissionDeniedError,
    RefusedError,
    ThrottledError,
    UnreachableError,
)
from pulumi_nbcloud.http.messages import Request, Response
from pulumi_nbcloud.http.redaction import Redactor

HTML = b"<html>sign in</html>"
REQUEST = Request("POST", "https://hpc-ai.com", "/api/instance/list", {}, b"{}")


def response(status: int, content: bytes = b"", headers: dict[str, str] | None = None) -> Response:
    return Response(REQUEST, status, {"x-request-id": "r-1", **(headers or {})}, content)


def error_of(status: int, content: bytes = b"", headers: dict[str, str] | None = None) -> NbcloudError:
    error = classify(response(status, content, headers), NOW)
    assert error is not None
    return error


def body(message: str = "what the cloud says", code: object = None) -> bytes:
    return json.dumps({"message": message} if code is None else {"code": code, "message": message}).encode()


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 429, 500, 503])
@pytest.mark.parametrize(
    "content",
    [
        PAGE_ERROR,
        body("NOT LOGGED IN"),
        body("token: login expired"),
        body("Login expired", -1),
        json.dumps({"code": -1, "message": "not logged in", "instances": []}).encode(),
    ],
)
def test_signed_out_is_believed_whatever_the_status(status: int, content: bytes) -> None:
    assert type(error_of(status, content)) is AuthenticationError


@pytest.mark.parametrize(
    ("status", "content", "cls", "code"),
    [
        (401, b"", AuthenticationError, None),
        (401, HTML, AuthenticationError, None),
        (401, body("any"), AuthenticationError, None),
        (403, b"", PermissionDeniedError, None),
        (403, HTML, PermissionDeniedError, None),
        (403, body(code=7), PermissionDeniedError, "7"),
        (429, b"", ThrottledError, None),
        (429, body(code=-1), ThrottledError, "-1"),
        (408, b"", UnreachableError, None),
        (425, b"", UnreachableError, None),
        (500, b"", UnreachableError, None),
        (500, HTML, UnreachableError, None),
        (500, body(code=-1), UnreachableError, "-1"),
        (502, HTML, UnreachableError, None),
        (503, b"", UnreachableError, None),
        (504, b"", UnreachableError, None),
        (501, b"", BadResponseError, None),
        (200, body(code=-1), RefusedError, "-1"),
        (200, body("ent: instance not found"), RefusedError, None),
        (200, b'{"code": -1}', RefusedError, "-1"),
        (200, b'{"code": "x", "instances": []}', RefusedError, "x"),
        (200, b'{"code": 5, "instances": [], "pager": {}}', RefusedError, "5"),
        (400, body(), RefusedError, None),
        (400, b'{"error": "no"}', RefusedError, None),
        (403, b'{"error": "Not logged in"}', AuthenticationError, None),
        (200, b'{"code": -1, "error": "no"}', RefusedError, "-1"),
        (404, body(), RefusedError, None),
        (404, body(code=404), RefusedError, "404"),
        (404, HTML, BadResponseError, None),
        (404, b"", BadResponseError, None),
        (400, b"{}", BadResponseError, None),
        (400, b"[]", BadResponseError, None),
        (400, b'{"message": ""}', BadResponseError, None),
        (400, b'{"code": 0, "instances": []}', BadResponseError, None),
        (201, b"{}", BadResponseError, None),
        (204, b"", BadResponseError, None),
        (301, b"", BadResponseError, None),
        (302, body(), BadResponseError, None),
        (304, b"", BadResponseError, None),
    ],
)
def test_status_and_body_decide_the_class(
    status: int, content: bytes, cls: type[NbcloudError], code: str | None
) -> None:
    error = error_of(status, content)
    assert type(error) is cls
    assert (error.status, error.where, error.request_id, error.code) == (status, WHERE, "r-1", code)


@pytest.mark.parametrize(
    "content",
    [
        PAGE_EXAMPLE.encode(),
        b"{}",
        b"[]",
        b"",
        HTML,
        b'{"code": 0}',
        b'{"code": "0", "message": ""}',
        b'{"code": null, "message": null}',
        b'{"code": true}',
        b'{"instances": null, "message": "ok"}',
        b'{"instances": [], "code": 0, "message": "ok"}',
        b'{"message": 7}',
    ],
)
def test_a_200_without_an_error_is_a_success(content: bytes) -> None:
    assert classify(response(200, content), NOW) is None


def test_how_long_to_wait_is_honoured() -> None:
    error = error_of(429, b"", {"retry-after": "7"})
    assert isinstance(error, ThrottledError)
    assert error.retry_after == 7


AT = f"{WHERE}, request id r-1)\nhint: "


@pytest.mark.parametrize(
    ("status", "content", "headers", "text"),
    [
        (
            200,
            PAGE_ERROR,
            {},
            'the cloud refuses the credentials: "Not logged in or login expired, please log in again" (HTTP 200 -1, '
            + AT
            + "renew the API key or access token, or correct user name and password; not sent again until changed",
        ),
        (
            403,
            b"",
            {},
            "the credentials may not read this (HTTP 403, " + AT + "check that the account may list instances",
        ),
        (429, b"", {}, "the cloud asks for fewer requests (HTTP 429, " + AT + "try again later"),
        (500, b"", {}, "the cloud cannot answer now (HTTP 500, " + AT + "try again later"),
        (
            301,
            b"",
            {"location": "https://www.hpc-ai.com/sign-in?token=canary"},
            "the endpoint redirects to https://www.hpc-ai.com; redirects are never followed (HTTP 301, "
            + AT
            + "if that is the cloud, set it as endpoint (nbcloud:hpcai.endpoint, or NBCLOUD_HPCAI_ENDPOINT): "
            "a redirected POST would arrive as a GET",
        ),
        (
            200,
            body("ent: instance not found"),
            {},
            'the cloud refuses the request: "ent: instance not found" (HTTP 200, ' + AT + "read the cloud's own text",
        ),
        (
            404,
            HTML,
            {},
            "the answer is neither a result nor one of HPC-AI's errors (HTTP 404, "
            + AT
            + "check endpoint: a sign-in page or a proxy may have answered in the cloud's place",
        ),
    ],
)
def test_the_texts(status: int, content: bytes, headers: dict[str, str], text: str) -> None:
    assert one_line(error_of(status, content, headers)) == text


@pytest.mark.parametrize(
    ("location", "shown"),
    [("/sign-in", "itself"), ("", "itself"), ("//elsewhere/x", "elsewhere"), ("https://[x", "an ill-formed URL")],
)
def test_where_a_redirect_leads(location: str, shown: str) -> None:
    assert f"redirects to {shown};" in str(error_of(302, b"", {"location": location}))


def test_the_clouds_text_is_cut_and_made_printable() -> None:
    error = error_of(400, body("a\nb\x1b[31m" + "x" * 5_000, "c\x1b" * 100))
    assert "\x1b" not in str(error)
    assert error.problem.startswith('the cloud refuses the request: "a b?[31mxx')
    assert len(str(error)) < 700


@pytest.mark.parametrize("place", ["message", "code"])
def test_a_text_that_repeats_a_secret_is_left_out(place: str) -> None:
    content = json.dumps({"message": "no", "code": "x", place: "bad key 'canary-1' given"}).encode()
    request = dataclasses.replace(REQUEST, redactor=Redactor(["canary-1"]))
    error = classify(Response(request, 400, {}, content), NOW)
    assert error is not None
    assert "canary" not in str(error) + repr(vars(error))
