"""What tests of the gate over the wire share: its inputs, what is stored of it, how its errors read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import grpc
import pytest
from gate_shell import stored as stored
from google.protobuf.json_format import MessageToDict
from lease_support import lease_target
from nbcloud_support import LIMIT_SECONDS, folded
from provider_process import (
    ProviderProcess,
    create_request,
    error_text,
    gate_blob,
)

URN = "urn:pulumi:test::probe::pulumi-python:dynamic/nbcloud:Gate::ready"
ID = "0123456789abcdef0123456789abcdef"
EXPECTED = "expected: self.running; actual"
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
OFF = {"NBCLOUD_PROVIDER_PATCHES": "off"}
LOSSES = {
    "NBCLOUD_PROVIDER_PATCHES is off: errors of pulumi-nbcloud are shown with a traceback",
    (
        "NBCLOUD_PROVIDER_PATCHES is off: only 4 dynamic resources of this stack are served at a time, "
        "waiting gates among them"
    ),
    "NBCLOUD_PROVIDER_PATCHES is off: after Ctrl-C a waiting gate goes on to its timeout",
    "NBCLOUD_PROVIDER_PATCHES is off: after a CLI that was killed a waiting gate goes on to its timeout",
}


def gate(number: int = 1, **inputs: Any) -> dict[str, Any]:
    """The inputs of a gate on one notebook."""
    return {"targets": {"self": lease_target(number)}, "status_urn": URN, **inputs}


def create(process: ProviderProcess, inputs: Mapping[str, Any]) -> dict[str, Any]:
    response = process.call("Create", create_request(inputs, gate_blob()))
    assert re.fullmatch("[0-9a-f]{32}", response.id)
    properties: dict[str, Any] = MessageToDict(response)["properties"]
    assert properties.pop("__provider") == gate_blob()
    return properties


def failure_of(future: Any) -> str:
    with pytest.raises(grpc.RpcError) as raised:
        future.result(LIMIT_SECONDS)
    return error_text(raised.value)


def timeless(text: str) -> str:
    """An error without what differs from run to run, its facts in one line."""
    text = folded(text)
    text = re.sub(r"request id [0-9a-f]{32}", "request id ID", text)
    text = re.sub(rf"refused at {MOMENT.pattern}", "refused at MOMENT", text)
    text = re.sub(r"(is no int) in [^;]+;", r"\1;", text)
    text = re.sub(r"\b(timed out|met) after \d+s", r"\1 after Ns", text)
    return re.sub(r"\b\d+s of", "Ns of", re.sub(r"\(\d+s ago\)", "(Ns ago)", text))
