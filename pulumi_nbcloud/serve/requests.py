"""Parse requests strictly: each part once, in its one documented form."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

import anyio

from pulumi_nbcloud.serve.errors import RequestError
from pulumi_nbcloud.serve.parameters import MAX_PARAMETERS, RESERVED
from pulumi_nbcloud.settings.objects import DuplicateKeyError, once

MAX_WAIT_SECONDS = 60.0
MAX_QUERY_CHARACTERS = 8192
MAX_HEADER_BYTES = 16_384
BODY_SECONDS = 10.0

_GATE = re.compile(rb"/v1/gates/([a-z0-9][a-z0-9_-]{0,62})/(check|wait)")
_PLAIN = {b"/healthz": "healthz", b"/readyz": "readyz", b"/metrics": "metrics"}
_SECONDS = re.compile(r"\d{1,3}(\.\d{1,3})?", re.ASCII)
_FORWARDED = re.compile(rb"forwarded|x-forwarded-.*|x-real-ip|x-client-ip|true-client-ip|cf-connecting-ip|via")

OTHER = "other"

Headers = Sequence[tuple[bytes, bytes]]


def route_of(raw_path: bytes) -> tuple[str, str | None]:
    """Return the route of a path, as one of a few words, and the gate that it names.

    The raw path counts: with an escape, a dot segment or a second slash it is no path of this service.
    """
    found = _GATE.fullmatch(raw_path)
    if found is not None:
        return found[2].decode("ascii"), found[1].decode("ascii")
    return _PLAIN.get(raw_path, OTHER), None


def values_of(headers: Headers, name: bytes) -> list[str]:
    """Return all values of a header, in their order."""
    return [value.decode("latin-1").strip() for key, value in headers if key.lower() == name]


def check_framing(version: str, headers: Headers) -> None:
    """Reject a request that proxies may interpret differently.

    Args:
        version: the HTTP version.
        headers: the headers of the request.

    Raises:
        RequestError: it has another version, two lengths, or too many bytes of headers.
    """
    if version not in ("1.0", "1.1"):
        raise RequestError(505, "bad_request", "the version of HTTP must be 1.1", closes=True)
    if sum(len(name) + len(value) for name, value in headers) > MAX_HEADER_BYTES:
        raise RequestError(431, "too_large", f"the headers are larger than {MAX_HEADER_BYTES} bytes", closes=True)
    if values_of(headers, b"transfer-encoding") and values_of(headers, b"content-length"):
        raise RequestError(400, "bad_request", "the length of the body is given twice", closes=True)


def check_local(headers: Headers, hosts: Iterable[str]) -> None:
    """Reject requests of a browser or a proxy to a service without tokens.

    A page of any site can make a browser of this machine send requests to loopback, under a name that its owner points
    there; and a proxy forwards requests of others.

    Args:
        headers: the headers of the request.
        hosts: the allowed values of Host.

    Raises:
        RequestError: it comes from elsewhere.
    """
    host = values_of(headers, b"host")
    if len(host) != 1 or host[0].lower() not in hosts:
        raise RequestError(403, "foreign_host", "the Host header does not name this service on loopback")
    if any(key.lower() == b"origin" for key, _ in headers):
        raise RequestError(403, "foreign_origin", "requests of web pages are refused without a token")
    if any(site not in ("none", "same-origin") for site in values_of(headers, b"sec-fetch-site")):
        raise RequestError(403, "foreign_origin", "requests of web pages are refused without a token")
    if any(_FORWARDED.fullmatch(key.lower()) for key, _ in headers):
        raise RequestError(403, "forwarded", "requests through a proxy are refused without a token")


def query_of(query_string: bytes) -> dict[str, str]:
    """Parse a query without duplicate names.

    Raises:
        RequestError: it is malformed, or has a duplicate name.
    """
    try:
        if len(query_string) > MAX_QUERY_CHARACTERS:
            raise ValueError
        pairs = parse_qsl(
            query_string.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(query_string),
            errors="strict",
            max_num_fields=MAX_PARAMETERS + len(RESERVED),
        )
    except ValueError:
        raise RequestError(400, "bad_query", "the query is not well-formed, or too long") from None
    found = dict(pairs)
    if len(found) < len(pairs):
        raise RequestError(400, "bad_query", "the query has a name twice")
    return found


def flag_of(query: dict[str, str]) -> bool:
    """Pop the flag from a query that maps the outcome to the status of the response.

    Raises:
        RequestError: it is neither 0 nor 1.
    """
    value = query.pop("status", "0")
    if value not in ("0", "1"):
        raise RequestError(400, "bad_query", "status must be 0 or 1")
    return value == "1"


def seconds_of(query: dict[str, str]) -> float:
    """Pop the number of seconds to wait from a query.

    Raises:
        RequestError: it is missing or out of range.
    """
    value = query.pop("seconds", "")
    if not _SECONDS.fullmatch(value) or float(value) > MAX_WAIT_SECONDS:
        raise RequestError(400, "bad_query", f"seconds must be a number from 0 to {MAX_WAIT_SECONDS:g}")
    return float(value)


async def body_of(receive: Any, headers: Headers, most: int) -> bytes:
    """Read the body of a request.

    Args:
        receive: the ASGI callable.
        headers: the headers of the request.
        most: the size limit in bytes.

    Raises:
        RequestError: it is too large, too slow, or encoded.
    """
    length = values_of(headers, b"content-length")
    if length and length[0].isdigit() and int(length[0]) > most:
        raise _too_large(most)
    if any(each.lower() != "identity" for each in values_of(headers, b"content-encoding")):
        raise RequestError(415, "bad_body", "the body is encoded")
    body = b""
    with anyio.move_on_after(BODY_SECONDS):
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise RequestError(400, "bad_body", "the caller went away")
            part: bytes = message.get("body", b"")
            body += part
            if len(body) > most:
                raise _too_large(most)
            if not message.get("more_body"):
                return body
    raise RequestError(408, "too_slow", "the body comes too slowly", closes=True)


def parameters_of(body: bytes, headers: Headers, query: Mapping[str, str]) -> dict[str, object]:
    """Read the parameters of a request, from its body and its query.

    Args:
        body: empty, or a JSON object with `parameters`.
        headers: the headers of the request.
        query: the query, with parameters only.

    Raises:
        RequestError: the body has another form, or a parameter is in both.
    """
    if not body:
        return dict(query)
    kinds = values_of(headers, b"content-type")
    if len(kinds) != 1 or kinds[0].partition(";")[0].strip().lower() != "application/json":
        raise RequestError(415, "bad_body", "the body must be application/json")
    try:
        found = json.loads(body.decode("utf-8"), object_pairs_hook=once)
    except DuplicateKeyError:
        raise RequestError(400, "bad_body", "the body has a key twice") from None
    except (ValueError, RecursionError):
        raise RequestError(400, "bad_body", "the body is no JSON") from None
    parameters = found.get("parameters", {}) if isinstance(found, dict) and found.keys() <= {"parameters"} else None
    if not isinstance(parameters, dict):
        raise RequestError(400, "bad_body", 'the body must be an object like {"parameters": {"NAME": "VALUE"}}')
    if parameters.keys() & query.keys():
        raise RequestError(400, "bad_parameter", "a parameter is in the query and in the body")
    return {**query, **parameters}


def _too_large(most: int) -> RequestError:
    return RequestError(413, "too_large", f"the body is larger than {most} bytes", closes=True)
