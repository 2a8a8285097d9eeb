"""What Huawei's answers mean: code first, HTTP status second."""

from __future__ import annotations

import email.utils
import json
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbcloud_support import NOW, make_response, one_line

from pulumi_nbcloud.clock import text as text_of
from pulumi_nbcloud.clouds.modelarts.responses import (
    AUTHENTICATION_CODES,
    PERMISSION_CODES,
    Fault,
    classify,
    fault_of,
)
from pulumi_nbcloud.errors import (
    AuthenticationError,
    BadResponseError,
    NbcloudError,
    NotFoundError,
    PermissionDeniedError,
    RefusedError,
    ThrottledError,
    UnreachableError,
)

WHERE = "GET https://modelarts.example.com/v1/p"
JSON = {"content-type": "application/json", "x-request-id": "r-1"}
HTML = b"<html>sign in</html>"


def body(code: str, message: str = "what the cloud says") -> bytes:
    return json.dumps({"error_code": code, "error_msg": message}).encode()


def error_of(status: int, content: bytes = b"", headers: dict[str, str] | None = None) -> NbcloudError:
    error = classify(make_response(status, content, JSON if headers is None else headers), NOW)
    assert error is not None
    return error


# Huawei's published codes, and what each one asks of the caller whatever the status
# (docs/vendors/modelarts.md, MA-26, MA-27, MA-60).
AUTHENTICATION = [
    *(f"{gateway}.{number}" for gateway in ("APIGW", "APIG") for number in ("0301", "0305", "0307")),
    *(f"ModelArts.{number}" for number in ("0201", "0202", "0203", "0204", "0205", "0206", "0207", "0208", "0209")),
    *("ModelArts.0212", "ModelArts.6401", "ModelArts.6608", "ModelArts.6620"),
]
PERMISSION = [
    *(f"{gateway}.{number}" for gateway in ("APIGW", "APIG") for number in ("0302", "0306", "0310")),
    *("ModelArts.0108", "ModelArts.0112", "ModelArts.0210", "ModelArts.6407"),
]


def test_the_tables_of_codes_are_huaweis() -> None:
    assert set(AUTHENTICATION) == AUTHENTICATION_CODES
    assert set(PERMISSION) == PERMISSION_CODES


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 500])
@pytest.mark.parametrize("code", AUTHENTICATION)
def test_an_authentication_code_is_believed_whatever_the_status(code: str, status: int) -> None:
    assert type(error_of(status, body(code))) is AuthenticationError


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 500])
@pytest.mark.parametrize("code", PERMISSION)
def test_a_permission_code_is_believed_whatever_the_status(code: str, status: int) -> None:
    assert type(error_of(status, body(code))) is PermissionDeniedError


def test_a_404_without_a_body_is_the_clouds_where_it_has_a_request_id() -> None:
    """docs/vendors/modelarts.md, MA-29"""
    assert type(error_of(404, headers={"x-request-id": "r-1"})) is NotFoundError
    assert type(error_of(404, headers={})) is BadResponseError


@pytest.mark.parametrize(
    ("status", "content", "cls"),
    [
        (401, b"", AuthenticationError),
        (401, HTML, AuthenticationError),
        (401, body("ModelArts.9999"), AuthenticationError),
        (403, b"", PermissionDeniedError),
        (403, HTML, PermissionDeniedError),
        (403, body("ModelArts.9999"), PermissionDeniedError),
        (404, b"", NotFoundError),
        (404, body("ModelArts.6404"), NotFoundError),
        (404, body("ModelArts.0404"), NotFoundError),
        (404, HTML, BadResponseError),
        (404, b"{}", BadResponseError),
        (404, b'{"message": "not found"}', BadResponseError),
        (404, body("APIGW.0101"), RefusedError),
        (404, body("APIG.0101"), RefusedError),
        (404, body("APIGW.0999"), RefusedError),
        (404, body("IAM.0004"), RefusedError),
        (429, b"", ThrottledError),
        (429, body("ModelArts.9999"), ThrottledError),
        (400, body("APIGW.0308"), ThrottledError),
        (503, body("APIG.0308"), ThrottledError),
        (408, b"", UnreachableError),
        (425, b"", UnreachableError),
        (500, b"", UnreachableError),
        (500, body("ModelArts.0010"), UnreachableError),
        (502, HTML, UnreachableError),
        (503, body("APIGW.0613"), UnreachableError),
        (504, body("APIGW.0203"), UnreachableError),
        (599, b"", UnreachableError),
        (501, b"", BadResponseError),
        (501, body("ModelArts.9999"), RefusedError),
        (400, body("ModelArts.6309"), RefusedError),
        (400, body("ModelArts.6327"), RefusedError),
        (400, body("ModelArts.50011101"), RefusedError),
        (400, body("APIGW.0201"), RefusedError),
        (400, b"", BadResponseError),
        (400, HTML, BadResponseError),
        (400, b'{"error_msg": "only text"}', BadResponseError),
        (409, body("ModelArts.9999"), RefusedError),
        (200, body("ModelArts.6309"), RefusedError),
        (201, b"{}", BadResponseError),
        (204, b"", BadResponseError),
        (206, b"{}", BadResponseError),
        (302, b"", BadResponseError),
        (304, b"", BadResponseError),
        (302, body("ModelArts.6404"), BadResponseError),
    ],
)
def test_status_and_code_decide_the_class(status: int, content: bytes, cls: type[NbcloudError]) -> None:
    error = error_of(status, content)
    assert type(error) is cls
    assert (error.status, error.where, error.request_id) == (status, WHERE, "r-1")


@pytest.mark.parametrize("content", [b"{}", b"[]", b"", HTML, b'{"code": 0}', b'{"error_code": null}', b'{"code":"x"}'])
def test_a_200_without_a_code_is_a_success(content: bytes) -> None:
    assert classify(make_response(200, content), NOW) is None


AT = f"{WHERE}, request id r-1)\nhint: "


@pytest.mark.parametrize(
    ("status", "content", "text"),
    [
        (
            401,
            body("APIGW.0301"),
            'the cloud refuses the credentials: "what the cloud says" (HTTP 401 APIGW.0301, '
            + AT
            + "check access key, secret key and security token; they are not sent again until they change",
        ),
        (
            403,
            body("ModelArts.0108"),
            'the credentials may not read this: "what the cloud says" (HTTP 403 ModelArts.0108, '
            + AT
            + "check that the project id belongs to the credentials, and that they may read ModelArts in it",
        ),
        (
            404,
            body("ModelArts.6404"),
            'the cloud does not know it: "what the cloud says" (HTTP 404 ModelArts.6404, '
            + AT
            + "check the id and the project",
        ),
        (
            404,
            body("APIGW.0101"),
            'this endpoint does not know the API: "what the cloud says" (HTTP 404 APIGW.0101, '
            + AT
            + "check the region and the endpoint",
        ),
        (429, b"", "the cloud asks for fewer requests (HTTP 429, " + AT + "try again later"),
        (503, b"", "the cloud cannot answer now (HTTP 503, " + AT + "try again later"),
        (
            400,
            body("ModelArts.0102"),
            'the cloud refuses the request: "what the cloud says" (HTTP 400 ModelArts.0102, '
            + AT
            + "look the code up in ModelArts' list of error codes",
        ),
        (
            404,
            HTML,
            "the answer is neither a result nor one of ModelArts' errors (HTTP 404, "
            + AT
            + "check the endpoint: a sign-in page or a proxy may have answered in the cloud's place",
        ),
    ],
)
def test_the_text_of_each_error(status: int, content: bytes, text: str) -> None:
    assert one_line(error_of(status, content)) == text


@pytest.mark.parametrize(
    ("location", "where"),
    [
        ("https://login.example.com/in?ticket=canary#canary", "https://login.example.com"),
        ("https://canary:canary@login.example.com:8443/", "https://login.example.com"),
        ("//login.example.com/canary", "login.example.com"),
        ("/canary", "itself"),
        ("", "itself"),
        ("https://[canary", "an ill-formed URL"),
        ("https://a\x1b2jb/canary", "https://a?2jb"),
    ],
)
def test_a_redirect_is_named_by_its_origin_only(location: str, where: str) -> None:
    error = error_of(307, b"", {"location": location})
    assert error.problem == f"the endpoint redirects to {where}; redirects are never followed"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(None, None), ("7", 7.0), ("soon", None), (email.utils.formatdate(NOW + 30, usegmt=True), 30.0)],
)
def test_a_throttled_error_says_when_to_try_again(value: str | None, seconds: float | None) -> None:
    error = error_of(429, b"", {"retry-after": value} if value else {})
    assert isinstance(error, ThrottledError)
    assert error.retry_after == seconds


HOUR_LATER = text_of(datetime.fromtimestamp(NOW + 3600, timezone.utc))


@pytest.mark.parametrize("status", [429, 503])
def test_an_hour_that_the_cloud_names_is_told(status: int) -> None:
    error = error_of(status, b"", {"retry-after": "3600"})
    assert isinstance(error, UnreachableError)
    assert (error.retry_after, error.retry_time) == (3600.0, HOUR_LATER)
    assert error.hint == f"try again after {HOUR_LATER}, as the cloud asks"


def test_of_a_few_seconds_the_hour_is_kept_for_programs() -> None:
    error = error_of(429, b"", {"retry-after": "7"})
    assert isinstance(error, ThrottledError)
    assert error.hint == "try again later"
    assert error.retry_time is not None


def test_a_moment_beyond_every_calendar_is_the_last_one() -> None:
    error = error_of(429, b"", {"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"})
    assert isinstance(error, ThrottledError)
    assert error.retry_time == "9999-12-31T23:59:59Z"


LOCKED = "the user, key or account is locked, usually for minutes after wrong sign-ins: find what sends wrong ones, "


@pytest.mark.parametrize("text", ["The AK is locked.", "Account lock-out", "too many failed attempts"])
def test_a_lock_is_told_apart_from_wrong_keys(text: str) -> None:
    error = error_of(401, json.dumps({"error_code": "APIGW.0301", "error_msg": text}).encode())
    assert isinstance(error, AuthenticationError)
    assert (error.hint or "").startswith(LOCKED)


@pytest.mark.parametrize("text", ["the AK is unlocked", "blocked by policy", "the clock is off", "a block of data"])
def test_other_words_are_no_lock(text: str) -> None:
    error = error_of(401, json.dumps({"error_code": "APIGW.0301", "error_msg": text}).encode())
    assert not (error.hint or "").startswith(LOCKED)


# --- the clock


@pytest.mark.parametrize(
    ("ahead", "hint"),
    [
        (0, "check access key, secret key and security token; they are not sent again until they change"),
        (900, "check access key, secret key and security token; they are not sent again until they change"),
        (-900, "check access key, secret key and security token; they are not sent again until they change"),
        (960, "this machine's clock is 16 minutes off the cloud's; signatures need it within 15"),
        (-3600, "this machine's clock is 60 minutes off the cloud's; signatures need it within 15"),
    ],
)
def test_a_clock_that_is_off_is_named(ahead: float, hint: str) -> None:
    headers = {"date": email.utils.formatdate(NOW + ahead, usegmt=True)}
    assert error_of(401, b"", headers).hint == hint


@pytest.mark.parametrize("date", ["", "yesterday", "\x00", "Tue, 99 Dec 2021 02:08:25 GMT", "2021-12-07T02:08:25Z"])
def test_a_date_that_is_none_says_nothing_of_the_clock(date: str) -> None:
    assert (error_of(401, b"", {"date": date}).hint or "").startswith("check access key")


# --- where code, text and request id are found


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ({"error_code": "A.0001", "error_msg": "m"}, Fault("A.0001", "m")),
        ({"errorCode": "A.0001", "errorMsg": "m"}, Fault("A.0001", "m")),
        ({"code": "A.0001", "message": "m"}, Fault("A.0001", "m")),
        ({"error": {"code": "A.0001", "message": "m"}}, Fault("A.0001", "m")),
        ({"x": 1, "e": {"error_code": "A.0001", "error_msg": "m", "request_id": "r"}}, Fault("A.0001", "m", "r")),
        ({"error_code": "A.0001", "error_msg": "m", "request_id": "r"}, Fault("A.0001", "m", "r")),
        ({"error_code": "A.0001", "error_message": "m"}, Fault("A.0001", "m")),
        ({"error_message": "m", "error_code": "ModelArts.0104"}, Fault("ModelArts.0104", "m")),
        ({"ERROR_CODE": "A.0001", "Error_Msg": "m", "Request_Id": "r"}, Fault("A.0001", "m", "r")),
        ({"errorcode": "A.0001", "errormessage": "m"}, Fault("A.0001", "m")),
        ({"error_msg": "m"}, Fault(None, "m")),
        ({"Error_Msg": "m"}, Fault(None, "m")),
        ({"error": "m"}, Fault(None, "m")),
        ({"ERROR": "m"}, Fault(None, "m")),
        ({"error": {"message": "m", "code": 403}}, Fault(None, "m")),
        ({"error": 403, "detail": "m"}, Fault(None, "m")),
        ({"error_code": "A.0001"}, Fault("A.0001", "")),
        ({"error_code": "A.0001", "error_msg": 7, "request_id": 7}, Fault("A.0001", "")),
        ({"error_code": "A.0001", "error_msg": {"a": 1}}, Fault("A.0001", "")),
        ({"error_code": 7}, Fault()),
        ({"error_code": "A.1"}, Fault()),
        ({"error_code": "A.0001\n"}, Fault()),
        ({"error_code": "\x1b[31mA.0001"}, Fault()),
        ({"error_code": "\uff21.0001"}, Fault()),
        ({"code": 0, "message": "m"}, Fault(None, "m")),
        ({"a": {"b": {"error_code": "A.0001"}}}, Fault()),
        ([{"error_code": "A.0001"}], Fault()),
        ("A.0001", Fault()),
        (None, Fault()),
    ],
)
def test_the_spellings_of_an_error(content: object, fault: Fault) -> None:
    assert fault_of(make_response(400, json.dumps(content).encode())) == fault


def test_the_header_names_the_request_before_the_body() -> None:
    content = b'{"error_code": "A.0001", "request_id": "body"}'
    assert fault_of(make_response(400, content, {"x-request-id": "header"})).request_id == "header"


@pytest.mark.parametrize("content", [b"", HTML, b"{}", body("ModelArts.6309")])
def test_the_request_id_is_in_the_text_of_every_error(content: bytes) -> None:
    for status in (302, 400, 401, 403, 404, 429, 500):
        assert "\n  request id: r-1\n" in str(error_of(status, content))


def test_remote_text_is_made_harmless_and_cut() -> None:
    message = "a\x1b[2Jb\u202ec\r\nd\x00" + "x" * 10_000
    error = error_of(400, body("ModelArts.0102", message), {"x-request-id": "r\x1b]0;\x07" + "y" * 10_000})
    lines = one_line(error).split("\n")
    assert len(lines) == 2
    assert lines[0].startswith('the cloud refuses the request: "a?[2Jb?c d?xxx')
    assert len(lines[0]) < 700
    assert not {"\x1b", "\x00", "\x07", "\r", "\u202e"} & {*one_line(error)}


@given(status=st.integers(201, 599), content=st.binary(max_size=50))
def test_no_answer_but_a_200_is_a_success(status: int, content: bytes) -> None:
    error = error_of(status, content)
    assert error.status == status
    assert error.hint
