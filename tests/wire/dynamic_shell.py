"""Gates of the SDK's dynamic provider process, as the table of cases drives them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import grpc
from gate_shell import Result
from gate_wire import ID, URN
from google.protobuf.json_format import MessageToDict
from nbcloud_support import LIMIT_SECONDS
from provider_process import (
    SECRET_KEY,
    FakeEngine,
    ProviderProcess,
    check_request,
    create_request,
    diff_request,
    error_text,
    gate_blob,
    stored_request,
    update_request,
)
from pulumi.runtime.proto import engine_pb2, provider_pb2

from pulumi_nbcloud.clock import text
from pulumi_nbcloud.spelling import PYTHON
from pulumi_nbcloud.waiting.duration import spell
from pulumi_nbcloud.waiting.start import digest_of

# Ours, which no program writes.
OWN = ("status_urn", "custom_timeouts", "secret_inputs", "wait_start", "__provider")
STATUS = "grpc-status-details-bin"


class DynamicShell:
    """Implements `gate_shell.Shell`.

    Args:
        process: that serves the gates.
        engine: of the process; what it took before does not count.
    """

    urn = URN
    start_urn = URN.replace("nbcloud:Gate", "nbcloud:WaitStart")
    spelling = PYTHON

    def __init__(self, process: ProviderProcess, engine: FakeEngine) -> None:
        self._process = process
        self._engine = engine
        self._before = len(engine.logs)
        self._own: dict[str, Any] = {"status_urn": URN}

    def check(self, inputs: Mapping[str, Any], began: float | None = None) -> list[str]:
        self._take(inputs, "check", {"began": began})
        response = self._process.call("Check", check_request(self._with_own(inputs), gate_blob()))
        # The engine would print the value of a property that is named.
        assert {each.property for each in response.failures} <= {""}
        return [each.reason for each in response.failures]

    def diff(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
        request = diff_request(self._with_own(olds), self._with_own(news), gate_blob(), ID)
        response = self._process.call("Diff", request)
        assert not response.replaces
        return bool(response.changes == provider_pb2.DiffResponse.DIFF_SOME)

    def create(self, inputs: Mapping[str, Any], **how: Any) -> Result:
        self._take(inputs, "create", how)
        return self._result("Create", create_request(self._with_own(inputs), gate_blob()))

    def update(self, olds: Mapping[str, Any], news: Mapping[str, Any], **how: Any) -> Result:
        if how:
            self._take(news, "update", how)
        return self._result("Update", update_request(self._with_own(olds), self._with_own(news), gate_blob(), ID))

    def refresh(self, olds: Mapping[str, Any]) -> Mapping[str, Any]:
        response = self._process.call("Read", stored_request(self._with_own(olds), gate_blob(), ID))
        assert response.id == ID
        return _result_of(response).outputs

    def row(self) -> list[str]:
        return [each.message for each in self._engine.logs[self._before :] if each.urn == URN]

    def warnings(self) -> list[str]:
        logs = self._engine.logs[self._before :]
        return [each.message for each in logs if each.urn == URN and each.severity == engine_pb2.WARNING]

    def _take(self, inputs: Mapping[str, Any], operation: str, how: Mapping[str, Any]) -> None:
        """Keep what the program of a gate adds to its inputs; it stays the same until the next create."""
        self._own = {"status_urn": URN}
        if how.get("secret"):
            self._own["secret_inputs"] = list(how["secret"])
        if how.get("timeout"):
            self._own["custom_timeouts"] = {operation: spell(how["timeout"])}
        if "hold" in inputs:
            began = 5.0 if how.get("began") is None else how["began"]
            started = text(datetime.now(timezone.utc) - timedelta(seconds=began))
            digest = digest_of({**inputs, **inputs.get("started_for", {})})
            self._own["wait_start"] = {"started": started, "digest": digest, "urn": self.start_urn}

    def _with_own(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        return {**{name: value for name, value in inputs.items() if name != "started_for"}, **self._own}

    def _result(self, method: str, request: Any) -> Result:
        try:
            response = self._process.begin(method, request).result(LIMIT_SECONDS)
        except grpc.RpcError as error:
            failed: Any = error
            return Result(error=error_text(failed), awaiting=STATUS in dict(failed.trailing_metadata()))
        return _result_of(response)


def _result_of(response: Any) -> Result:
    properties = {name: value for name, value in MessageToDict(response)["properties"].items() if name not in OWN}
    secret = {name for name, value in properties.items() if isinstance(value, Mapping) and SECRET_KEY in value}
    outputs = {name: value["value"] if name in secret else value for name, value in properties.items()}
    return Result(outputs, frozenset(secret))
