"""The faults of the transport, of statuses and of bodies, by their numbers in docs/reference/errors.md (F-1 ...)."""

from __future__ import annotations

import gzip
import json

from fault_server import GOOD, Step, answer, close_unanswered, drip, hang, reset_after
from faults_support import BROKEN, PROXY, REPORT, WRONG_ANSWERER, Case, lost
from nbcloud_support import LEASE_BODY, http_answer

from pulumi_nbcloud.errors import (
    AuthenticationError,
    NotFoundError,
    PermissionDeniedError,
    RefusedError,
    ThrottledError,
    UnreachableError,
)
from pulumi_nbcloud.http.client import MAX_BODY_BYTES, MAX_HEADER_BYTES, MAX_HEADER_LINE_BYTES

LENGTH = str(len(LEASE_BODY)).encode()
SLOW = "no whole answer within 0.2 s"


def raw(text: bytes, *, keep: bool = False) -> Step:
    return answer(text.replace(b"\n", b"\r\n"), keep=keep)


def body(data: bytes | str, status: int = 200, /, **headers: str) -> Step:
    data = data.encode() if isinstance(data, str) else data
    return answer(http_answer(status, data, {name.replace("_", "-"): value for name, value in headers.items()}))


def broken(fault: int, name: str, text: bytes, *, requests: int = 1, problem: str = BROKEN) -> Case:
    return Case(fault, name, (raw(text),), problem, PROXY, requests=requests)


HEADER = "x" * 1_000
TRANSPORT = [
    lost(4, "accepted, never answers", hang, problem=SLOW, seconds=0.2, exact=False),
    lost(5, "closed before the response", close_unanswered),
    lost(6, "reset before the request is read", reset_after(read=False)),
    lost(6, "reset after the request", reset_after()),
    lost(6, "reset within the status line", reset_after(b"HTTP/1.1 2")),
    lost(6, "reset within the headers", reset_after(b"HTTP/1.1 200 OK\r\nContent-")),
    lost(6, "reset within the body", reset_after(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{")),
    Case(6, "reset once, then good", (reset_after(), answer()), requests=2),
    lost(9, "body shorter than its length", raw(b"HTTP/1.1 200 OK\nContent-Length: 999\n\n{}")),
    lost(10, "chunked body cut", raw(b"HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2\n{}\n")),
    lost(10, "chunk cut", raw(b"HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\nFF\n{}")),
    lost(
        11,
        "slow drip of the body",
        drip(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b" "),
        problem=SLOW,
        seconds=0.2,
        exact=False,
    ),
    lost(
        11, "slow drip of the headers", drip(b"HTTP/1.1 200 OK\r\nX-A: ", b"x"), problem=SLOW, seconds=0.2, exact=False
    ),
    lost(12, "endless 100", drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), problem=SLOW, seconds=0.2, exact=False),
    lost(
        12,
        "endless 103",
        drip(b"", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"),
        problem=SLOW,
        seconds=0.2,
        exact=False,
    ),
    broken(13, "garbage status line", b"canary\n\n", requests=2),
    broken(13, "another protocol", b"SSH-2.0-canary\n\n", requests=2),
    Case(13, "garbage once, then good", (raw(b"canary\n\n"), answer()), requests=2),
    broken(14, "header of 300 kB", b"HTTP/1.1 200 OK\nX-A: " + b"x" * 300_000 + b"\n\n"),
    Case(14, "header just below the cap", (body(LEASE_BODY, X_A="x" * (MAX_HEADER_LINE_BYTES - 100)),)),
    broken(15, "10,000 headers", b"HTTP/1.1 200 OK\n" + b"".join(b"X-%d: x\n" % n for n in range(10_000)) + b"\n"),
    Case(15, "100 headers", (body(LEASE_BODY, **{f"X_{number}": "x" for number in range(100)}),)),
    Case(
        15,
        "headers over their cap together",
        (body(LEASE_BODY, **{f"X_{n}": HEADER * 30 for n in range(10)}),),
        f"the headers are larger than {MAX_HEADER_BYTES} bytes",
        PROXY,
        passes=True,
    ),
    broken(16, "two lengths", b"HTTP/1.1 200 OK\nContent-Length: 2\nContent-Length: 3\n\n{} "),
    broken(16, "lengths in one header", b"HTTP/1.1 200 OK\nContent-Length: 2, 3\n\n{} "),
    broken(16, "negative length", b"HTTP/1.1 200 OK\nContent-Length: -2\n\n{}"),
    broken(
        17,
        "length with chunked",
        b"HTTP/1.1 200 OK\nContent-Length: 7\nTransfer-Encoding: chunked\n\n2\n{}\n0\n\n",
    ),
]

CREDENTIALS = "check access key, secret key and security token; they are not sent again until they change"
PROJECT = "check that the project id belongs to the credentials, and that they may read ModelArts in it"
NO_RESULT = "the answer is neither a result nor one of ModelArts' errors"
CODES = "look the code up in ModelArts' list of error codes"
AWAY = "the cloud cannot answer now"
FEWER = "the cloud asks for fewer requests"
LOGIN_PAGE = "<html><title>canary sign in</title></html>"


def not_json(size: int, kind: str) -> str:
    return f"the answer is not JSON but {size} bytes of {kind}"


def away(fault: int, status: int, **changes: object) -> Case:
    return Case(fault, f"{status}", (body("", status),), AWAY, "try again later", UnreachableError, **changes)  # type: ignore[arg-type]


STATUS = [
    Case(21, "401 always", (body("", 401),), "the cloud refuses the credentials", CREDENTIALS, AuthenticationError),
    Case(22, "403", (body("", 403),), "the credentials may not read this", PROJECT, PermissionDeniedError),
    Case(
        22,
        "404 of the cloud",
        (body("", 404, X_Request_Id="r-1"),),
        "the cloud does not know it",
        "check the id and the project",
        NotFoundError,
    ),
    Case(22, "404 without a body", (body("", 404),), NO_RESULT, WRONG_ANSWERER),
    Case(22, "404 of a web server", (body("<html>canary", 404),), NO_RESULT, WRONG_ANSWERER),
    *(away(24, status, requests=5) for status in (408, 425, 502, 503, 504)),
    Case(24, "429", (body("", 429),), FEWER, "try again later", ThrottledError, requests=5),
    away(24, 500, requests=1),
    away(24, 505, requests=1),
    Case(24, "501", (body("", 501),), NO_RESULT, WRONG_ANSWERER),
    Case(24, "503 once, then good", (body("", 503), answer()), requests=2),
    Case(27, "429 with a page", (body("<html>canary", 429),), FEWER, "try again later", ThrottledError, requests=5),
    Case(
        27,
        "503 with a maintenance page",
        (body(f"<html>{'canary ' * 9_999}", 503),),
        AWAY,
        "try again later",
        UnreachableError,
        requests=5,
    ),
    *(
        Case(
            28,
            f"{status} to {location}",
            (body("", status, Location=location),),
            f"the endpoint redirects to {origin}; redirects are never followed",
            "check the setting endpoint: signed requests must reach the cloud itself",
        )
        for status in (301, 302, 307, 308)
        for location, origin in (
            ("/v1/elsewhere?token=canary", "itself"),
            ("https://canary:canary@other.example/x?token=canary", "https://other.example"),
            ("http://plain.example/canary", "http://plain.example"),
            ("http://127.0.0.1:9/canary", "http://127.0.0.1"),
            ("http://[canary", "an ill-formed URL"),
        )
    ),
    Case(
        29,
        "200 with a sign-in page",
        (body(LOGIN_PAGE, Content_Type="text/html"),),
        not_json(len(LOGIN_PAGE), "text/html"),
        WRONG_ANSWERER,
    ),
    Case(
        30,
        "200 with an error",
        (body('{"error_code": "ModelArts.0104", "error_msg": "no \\u001b[31mlease"}', X_Request_Id="r-1"),),
        'the cloud refuses the request: "no ?[31mlease"',
        CODES,
        RefusedError,
    ),
    Case(31, "204", (raw(b"HTTP/1.1 204 No Content\n\n", keep=True),), NO_RESULT, WRONG_ANSWERER),
    Case(31, "200 without a body", (body(""),), not_json(0, "no content type"), WRONG_ANSWERER),
    Case(32, "206", (body(LEASE_BODY, 206),), NO_RESULT, WRONG_ANSWERER),
    Case(32, "299", (body(LEASE_BODY, 299),), NO_RESULT, WRONG_ANSWERER),
    Case(32, "304", (raw(b"HTTP/1.1 304 Not Modified\n\n", keep=True),), NO_RESULT, WRONG_ANSWERER),
    Case(32, "999", (body(LEASE_BODY, 999),), NO_RESULT, WRONG_ANSWERER),
    Case(32, "600", (body(LEASE_BODY, 600),), NO_RESULT, WRONG_ANSWERER),
    Case(32, "099", (raw(b"HTTP/1.1 099 Any\nContent-Length: 2\n\n{}"),), NO_RESULT, WRONG_ANSWERER),
    broken(32, "four digits", b"HTTP/1.1 2000 Any\nContent-Length: 2\n\n{}", requests=2),
    Case(33, "no content type", (body(LEASE_BODY),)),
    Case(33, "wrong content type", (body(LEASE_BODY, Content_Type="text/html; charset=latin-1"),)),
    *(
        Case(
            33,
            name,
            (body(data, Content_Type="application/json"),),
            not_json(len(data), "application/json"),
            WRONG_ANSWERER,
        )
        for name, data in (
            ("BOM", b"\xef\xbb\xbf" + LEASE_BODY),
            ("UTF-16", LEASE_BODY.decode().encode("utf-16")),
            ("latin-1", '{"type": "é"}'.encode("latin-1")),
        )
    ),
]


def deep(opening: str, closing: str, levels: int) -> bytes:
    return (opening * levels + "1" + closing * levels).encode()


def bad_json(fault: int, name: str, data: bytes) -> Case:
    return Case(fault, name, (body(data),), not_json(len(data), "no content type"), WRONG_ANSWERER)


def misfit(fault: int, name: str, value: object, reason: str) -> Case:
    data = json.dumps(value) if not isinstance(value, bytes) else value
    problem = f"the answer is not what the vendor's page describes: {reason}"
    # One field may be odd for a while; something else than an object is another server's answer.
    return Case(fault, name, (body(data),), problem, REPORT, passes=not reason.startswith(OBJECT))


COMPRESSED = "the answer is compressed although none was asked for"
OBJECT = "Input should be an object, not "
WHOLE = "duration: Input should be a whole number within 2^53, as a number or its digits"
TIME_CAP = 253402300799999
TIME_REFUSED = "create_at: Input should be milliseconds since 1970, up to the year 9999, as a number or its digits"
BODY = [
    *(
        Case(35, name, (body(data, Content_Encoding=encoding),), COMPRESSED, PROXY, passes=True)
        for name, data, encoding in (
            ("gzip", gzip.compress(LEASE_BODY), "gzip"),
            ("gzip twice", gzip.compress(gzip.compress(b"canary" * 99_999)), "gzip, gzip"),
            ("12 encodings", LEASE_BODY, ", ".join(["gzip"] * 12)),
            ("bad gzip", b"canary", "gzip"),
            ("unknown encoding", b"canary", "canary"),
        )
    ),
    bad_json(35, "gzip that is not said", gzip.compress(LEASE_BODY)),
    Case(
        36,
        "50 MB",
        (drip(b"HTTP/1.1 200 OK\r\nContent-Length: 52428800\r\n\r\n", b" " * 4_000_000),),
        f"the answer is larger than {MAX_BODY_BYTES} bytes",
        "ask for less: narrow the filters",
        passes=True,
    ),
    bad_json(37, "100,000 lists", b"[" * 100_000),
    bad_json(37, "1,000 objects", deep('{"a":', "}", 1_000)),
    bad_json(38, "truncated", LEASE_BODY[:-1]),
    bad_json(38, "trailing garbage", LEASE_BODY + b"canary"),
    misfit(38, "null", None, f"{OBJECT}null"),
    misfit(38, "bare text", "canary", f"{OBJECT}a string"),
    misfit(38, "list", [], f"{OBJECT}a list"),
    bad_json(39, "NaN", b'{"duration": NaN}'),
    bad_json(39, "Infinity", b'{"duration": -Infinity}'),
    bad_json(39, "1e999", b'{"duration": 1e999}'),
    Case(
        40,
        "a key twice",
        (body('{"duration": 1, "duration": 2}'),),
        "the answer is JSON that names 'duration' twice",
        REPORT,
    ),
    bad_json(41, "5,000 digits", b'{"duration": ' + b"9" * 5_000 + b"}"),
    misfit(41, "beyond 2^53", {"duration": 2**53 + 1}, WHOLE),
    misfit(
        41,
        "4,000 digits",
        b'{"duration": ' + b"9" * 4_000 + b"}",
        WHOLE,
    ),
    misfit(41, "5.0 for a number", b'{"duration": 5.0}', WHOLE),
    misfit(41, "text for a number", {"duration": "five"}, WHOLE),
    Case(41, "digits for a number", (body('{"duration": "5"}'),)),
    misfit(41, "true for a number", {"duration": True}, WHOLE),
    misfit(41, "1 for a bool", {"enable": 1}, "enable: Input should be a valid boolean"),
    bad_json(42, "half a surrogate pair", b'{"create_at": 1, "type": "\\ud800"}'),
    misfit(43, "another type", {"type": 5}, "type: Input should be a valid string"),
    Case(43, "further fields", (body('{"create_at": 1, "canary": {"canary": [1]}}'),)),
    Case(
        43,
        "nothing of a lease",
        (body('{"createAt": 1}'),),
        "the answer is not a lease: it has neither create_at, duration nor enable",
        REPORT,
    ),
    Case(44, "unknown type", (body('{"create_at": 1, "type": "canary"}'),)),
    misfit(45, "year 10000", {"create_at": TIME_CAP + 1}, TIME_REFUSED),
    misfit(45, "negative", {"create_at": -1}, TIME_REFUSED),
    misfit(45, "calendar text", {"create_at": "2021-02-30"}, TIME_REFUSED),
]
CASES = [*TRANSPORT, *STATUS, *BODY]
__all__ = ["BODY", "CASES", "GOOD", "STATUS", "TRANSPORT"]
