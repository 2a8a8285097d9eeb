"""What tests of captures share: bodies, and a capture of one that a server sends."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from nbcloud_support import NO_CONFIG

from pulumi_nbcloud.capture.capturing import Capture, Capturer
from pulumi_nbcloud.capture.document import Described, request_of
from pulumi_nbcloud.capture.recording import Sent
from pulumi_nbcloud.http.messages import Request, Response
from pulumi_nbcloud.kinds.registry import load
from pulumi_nbcloud.kinds.wire import Wire
from pulumi_nbcloud.mock import MockClouds

CANARY = "canary-7f3a"


def wire_of(token: str) -> Wire:
    wire = load(token).wire
    assert isinstance(wire, Wire)
    return wire


def described(
    token: str,
    body: object,
    allow: Sequence[str] = (),
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> tuple[dict[str, Any], list[str]]:
    """The part of a capture about one response, and its differences from the pages, each in a line."""
    wire = wire_of(token)
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = Request(wire.method, "https://cloud.example", f"/{CANARY}?id={CANARY}", is_read=True)
    response = Response(request, status, headers or {}, content)
    sent = Sent(request, [status], response)
    document, differs = request_of(sent, Described(wire), allow, lambda found: found.status != 200)
    return document, [each.line() for each in differs]


def fields(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The fields of a response by path, without those that were never there."""
    return {each["path"]: each for each in document["body"]["fields"] if each["present"]}


async def captured(
    clouds: MockClouds, token: str, arguments: Mapping[str, Any], allow: Sequence[str] = (), **how: Any
) -> Capture:
    """The capture of a read of the mock clouds."""
    kind = load(token)
    capturer = Capturer(clouds.environment(), **how)
    try:
        return await capturer.capture(kind, kind.parse(arguments), NO_CONFIG, allow)
    finally:
        await capturer.aclose()
