"""The capture as a document: what was sent and came back, without values; `docs/reference/json.md` describes it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from pulumi_nbcloud.capture.differences import Difference, differences
from pulumi_nbcloud.capture.documented import Documented, fields_of
from pulumi_nbcloud.capture.formats import format_of
from pulumi_nbcloud.capture.recording import Sent
from pulumi_nbcloud.capture.shape import FieldShape, Shape, UnknownShape, shape_of
from pulumi_nbcloud.errors import NbcloudError
from pulumi_nbcloud.http.messages import Request, Response
from pulumi_nbcloud.http.strict_json import DoubleKeyError, parse
from pulumi_nbcloud.kinds.wire import LIST, OBJECT, Body, Wire

READ, SIGN_IN = "read", "sign_in"
# What says something about the cloud. Of the others not even the names are shown: a proxy may have put them there.
HEADERS = (
    "content-type",
    "date",
    "etag",
    "opc-request-id",
    "retry-after",
    "server",
    "via",
    "www-authenticate",
    "x-request-id",
)
_MEDIA_TYPES = frozenset({"application/json", "application/problem+json", "text/html", "text/plain", "application/xml"})
_NOTHING = Body(facts={})


class Described:
    """The documented fields of a kind's bodies.

    Args:
        wire: what the pages say; None where the kind does not declare it.
    """

    def __init__(self, wire: Wire | None) -> None:
        self.wire = wire
        self.body = fields_of(wire.body if wire is not None else _NOTHING)
        self.errors = fields_of(wire.errors if wire is not None else _NOTHING)
        self.codes = frozenset(value for each in self.errors.values() for value in each.values)

    def path_of(self, request: Request) -> str | None:
        """Return the documented path that a request was sent to, without its ids; None where it is another."""
        return documented_path(self.wire, request.target)

    def places(self) -> Iterator[str]:
        """Yield what `allow` may name: fields with values, and `PLACE.*` for the names of other fields of a place."""
        yield "*"
        for each in (*self.body.values(), *self.errors.values()):
            if LIST in each.types:
                continue
            if OBJECT in each.types or not each.types:
                yield f"{each.path}.*"
            else:
                yield each.path


def documented_path(wire: Wire | None, target: str) -> str | None:
    """Return the documented path of a request target, without its ids; None where it is another.

    Args:
        wire: what the pages say; None where the kind does not declare it.
        target: path and query.
    """
    path = target.partition("?")[0]
    paths = wire.paths if wire is not None else ()
    return next((each for each in paths if _pattern(each).fullmatch(path)), None)


@lru_cache(maxsize=64)
def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"(\{\w+\})", path)
    return re.compile("".join("[^/]+" if part.startswith("{") else re.escape(part) for part in parts))


def request_of(
    sent: Sent, described: Described, allowed: Iterable[str], failed: Callable[[Response], bool]
) -> tuple[dict[str, Any], tuple[Difference, ...]]:
    """Describe a request and its response.

    Args:
        sent: the request.
        described: the documented fields.
        allowed: the paths whose values are shown.
        failed: whether a response is an error.

    Returns:
        The part of the document, and the differences from the pages; none for a sign-in.
    """
    request, response = sent.request, sent.response
    names = [unquote(pair.partition("=")[0]) for pair in request.target.partition("?")[2].split("&") if pair]
    document: dict[str, Any] = {
        "purpose": READ if request.is_read else SIGN_IN,
        "method": request.method,
        "path": described.path_of(request) if request.is_read else None,
        "query": names if request.is_read else [],
        "statuses": sent.statuses,
        "status": response.status if response is not None else None,
        "headers": {},
        "body": None,
    }
    if not request.is_read or response is None:
        return document, ()
    document["headers"] = {name: _header(name, response.headers[name]) for name in HEADERS if name in response.headers}
    is_error = failed(response)
    fields = described.errors if is_error else described.body
    document["body"], differs = _body(response, fields, allowed, is_error=is_error)
    return document, differs


def _header(name: str, value: str) -> str | None:
    if name == "content-type":
        media_type = value.partition(";")[0].strip().lower()
        return media_type if media_type in _MEDIA_TYPES else "another type"
    return format_of(value)


def _body(
    response: Response, documented: dict[str, Documented], allowed: Iterable[str], *, is_error: bool
) -> tuple[dict[str, Any], tuple[Difference, ...]]:
    empty: dict[str, Any] = {"fields": [], "unknown": []}
    document = {"bytes": len(response.body), "json": True, "problem": None, "is_error": is_error, "type": None, **empty}
    try:
        value = parse(response.body)
    except ValueError as error:
        problem = _problem(response, error)
        document.update(json=False, problem=problem)
        return document, (Difference("", "not_json", "JSON", problem, 1, None),)
    shape = shape_of(value, documented, frozenset(allowed), response.text)
    document.update(
        type=shape.top,
        fields=[_field(documented[path], each) for path, each in shape.fields.items()],
        unknown=[_unknown(path, each) for path, each in shape.unknown.items()],
    )
    return document, tuple(_differences(shape, documented))


def _differences(shape: Shape, documented: dict[str, Documented]) -> Iterator[Difference]:
    if documented and shape.top != OBJECT:
        yield Difference("", "type", OBJECT, shape.top, 1, None)
    yield from differences(shape, documented)


def _problem(response: Response, error: ValueError) -> str:
    if isinstance(error, DoubleKeyError):
        return "a name twice in one object"
    if not response.body.strip():
        return "empty"
    return "a web page" if response.body.lstrip()[:1] == b"<" else "not JSON"


def _field(field: Documented, found: FieldShape) -> dict[str, Any]:
    lengths = {"least": min(found.lengths), "most": max(found.lengths)} if found.lengths else None
    return {
        "path": field.path,
        "present": found.present,
        "missing": found.missing,
        "types": dict(found.types),
        "formats": dict(found.formats),
        "lengths": lengths,
        "values": dict(found.values),
        "fact": field.fact,
    }


def _unknown(path: str, found: UnknownShape) -> dict[str, Any]:
    return {"at": path, "count": found.count, "types": dict(found.types), "names": dict(found.names)}


def merged(found: Iterable[Difference]) -> tuple[Difference, ...]:
    """Add up equal differences of several responses, such as the pages of a list."""
    counts: dict[Difference, int] = {}
    for each in found:
        key = replace(each, count=0)
        counts[key] = counts.get(key, 0) + each.count
    return tuple(replace(each, count=count) for each, count in counts.items())


def error_of(error: NbcloudError | None, described: Described) -> dict[str, Any] | None:
    """Describe how a read failed: the class, the status, and a documented code.

    Args:
        error: of the read; None where it succeeded.
        described: the documented fields.
    """
    if error is None:
        return None
    public = next(each for each in type(error).__mro__ if each.__module__ == NbcloudError.__module__)
    code = error.code if error.code in described.codes else None
    return {"type": public.__name__, "status": error.status, "code": code}
