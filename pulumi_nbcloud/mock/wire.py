"""Requests and responses of the mock clouds, independent of any HTTP library."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes


@dataclass(frozen=True)
class CloudRequest:
    """One unchanged request.

    `target` is the request target byte for byte as sent, each byte one character (Latin-1). `headers` has lower-case
    names and values in the same one-byte-one-character form. Its text form omits headers and body: they contain
    secrets.
    """

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)

    @property
    def raw_path(self) -> str:
        """The target up to the first question mark, still percent-encoded."""
        return self.target.partition("?")[0]

    @property
    def raw_query(self) -> str:
        """The target after the first question mark, still percent-encoded."""
        return self.target.partition("?")[2]

    @property
    def segments(self) -> list[str]:
        """The parts of the path, split before they are decoded: an encoded slash stays inside its part."""
        return [_text(part) for part in self.raw_path.split("/")[1:]]

    @property
    def query(self) -> list[tuple[str, str]]:
        """The decoded pairs of the query in the order sent; a plus sign stays a plus sign."""
        parts = (part.partition("=") for part in self.raw_query.split("&") if part)
        return [(_text(key), _text(value)) for key, _, value in parts]


def _text(encoded: str) -> str:
    return unquote_to_bytes(encoded.encode("latin-1")).decode("utf-8", "replace")


@dataclass(frozen=True)
class CloudResponse:
    """One response: a status, headers by name, and a body."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def json_response(status: int, payload: Any, headers: Mapping[str, str] | None = None) -> CloudResponse:
    """Return `payload` as a JSON response."""
    body = json.dumps(payload, ensure_ascii=False).encode()
    return CloudResponse(status, body, {"Content-Type": "application/json", **(headers or {})})


@dataclass(frozen=True)
class Route:
    """A method and a path template, such as `/v1/{project_id}/notebooks`, and the name of its operation."""

    method: str
    template: str
    operation: str

    def match(self, segments: Sequence[str]) -> dict[str, str] | None:
        """Return the values of the template's variables, or None for another path.

        A variable is never empty.
        """
        pattern = self.template.split("/")[1:]
        if len(pattern) != len(segments):
            return None
        values: dict[str, str] = {}
        for part, segment in zip(pattern, segments, strict=True):
            if part.startswith("{"):
                if not segment:
                    return None
                values[part[1:-1]] = segment
            elif part != segment:
                return None
        return values


@dataclass(frozen=True)
class Matched:
    """The match of a path: the route and its values, or no route and the valid methods of the path."""

    route: Route | None
    values: Mapping[str, str] = field(default_factory=dict)
    allowed: tuple[str, ...] = ()


def find_route(routes: Sequence[Route], request: CloudRequest) -> Matched:
    """Find the route of `request` by its raw path and method."""
    segments = request.segments
    allowed: list[str] = []
    for route in routes:
        values = route.match(segments)
        if values is None:
            continue
        if route.method == request.method:
            return Matched(route, values)
        allowed.append(route.method)
    return Matched(None, {}, tuple(allowed))
