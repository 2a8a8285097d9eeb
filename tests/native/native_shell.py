"""Gates of the plugin, as the table of cases drives them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import grpc
from gate_shell import Result
from plugin_process import SECRET, Plugin, plain, secret
from pulumi.runtime.proto import engine_pb2, provider_pb2

from pulumi_nbcloud.clock import text
from pulumi_nbcloud.native.names import camel, snake
from pulumi_nbcloud.spelling import CAMEL_CASE
from pulumi_nbcloud.waiting.start import digest_of

GATE_URN = "urn:pulumi:test::probe::nbcloud:index:Gate::ready"
START_URN = "urn:pulumi:test::probe::nbcloud:index:WaitStart::ready"
STATUS = "grpc-status-details-bin"


class NativeShell:
    """Implements `gate_shell.Shell`.

    Args:
        plugin: that serves the gates; what its engine took before does not count.
    """

    urn = GATE_URN
    start_urn = START_URN
    spelling = CAMEL_CASE

    def __init__(self, plugin: Plugin) -> None:
        self._plugin = plugin
        self._before = len(plugin.engine.messages)
        self._own: dict[str, Any] = {}

    def check(self, inputs: Mapping[str, Any], began: float | None = None) -> list[str]:
        self._take(inputs, {"began": began})
        response = self._plugin.check(GATE_URN, self._wire(inputs))
        # The engine would print the value of a property that is named.
        assert {each.property for each in response.failures} <= {""}
        return [each.reason for each in response.failures]

    def diff(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
        response = self._plugin.diff(GATE_URN, self._wire(olds), {}, self._wire(news))
        assert not response.replaces
        return bool(response.changes == provider_pb2.DiffResponse.DIFF_SOME)

    def create(self, inputs: Mapping[str, Any], **how: Any) -> Result:
        self._take(inputs, how)
        wire, timeout = self._wire(inputs, how.get("secret", ())), how.get("timeout", 0.0)
        return _result(lambda: self._plugin.create(GATE_URN, wire, timeout=timeout))

    def update(self, olds: Mapping[str, Any], news: Mapping[str, Any], **how: Any) -> Result:
        if how:
            self._take(news, how)
        before, wire = self._wire(olds), self._wire(news, how.get("secret", ()))
        return _result(lambda: self._plugin.update(GATE_URN, before, wire, timeout=how.get("timeout", 0.0)))

    def refresh(self, olds: Mapping[str, Any]) -> Mapping[str, Any]:
        response = self._plugin.read(GATE_URN, "an-id", self._wire(olds), {})
        assert response.id == "an-id"
        return _outputs_of(response).outputs

    def row(self) -> list[str]:
        return [each.message for each in self._messages()]

    def warnings(self) -> list[str]:
        return [each.message for each in self._messages() if each.severity == engine_pb2.WARNING]

    def _messages(self) -> list[Any]:
        return [each for each in self._plugin.engine.messages[self._before :] if each.urn == GATE_URN]

    def _take(self, inputs: Mapping[str, Any], how: Mapping[str, Any]) -> None:
        """Keep what the program of a gate writes beside the rest; it stays the same until the next create."""
        self._own = {}
        if "hold" in inputs:
            began = 5.0 if how.get("began") is None else how["began"]
            started = text(datetime.now(timezone.utc) - timedelta(seconds=began))
            digest = digest_of({**inputs, **inputs.get("started_for", {})})
            self._own["wait_start"] = f"{started} {digest} {START_URN}"

    def _wire(self, inputs: Mapping[str, Any], secrets: Iterable[str] = ()) -> dict[str, Any]:
        """Inputs or outputs as they travel."""
        given = {name: value for name, value in {**inputs, **self._own}.items() if name != "started_for"}
        if given.get("fail_on") is False:
            given["own_failures"] = given.pop("fail_on") is not False
        if isinstance(given.get("targets"), Mapping):
            given["targets"] = {name: _camel(target) for name, target in given["targets"].items()}
        wire = {camel(name): value for name, value in given.items()}
        for path in secrets:
            *above, name = [camel(each) for each in path.split(".")]
            place = wire
            for each in above:
                place[each] = dict(place[each])
                place = place[each]
            place[name] = secret(place[name])
        return wire


def _camel(target: Any) -> Any:
    return {camel(name): value for name, value in target.items()} if isinstance(target, Mapping) else target


def _result(call: Any) -> Result:
    try:
        response = call()
    except grpc.RpcError as error:
        failed: Any = error
        return Result(error=failed.details(), awaiting=STATUS in dict(failed.trailing_metadata()))
    return _outputs_of(response)


def _outputs_of(response: Any) -> Result:
    """What is stored, in the core's form."""
    wire = plain(response.properties)
    whole = {snake(name) for name, value in wire.items() if _is_secret(value)}
    outputs = {snake(name): _open(value) for name, value in wire.items() if value is not None}
    outputs.pop("wait_start", None)
    if "own_failures" in outputs:
        outputs["fail_on"] = outputs.pop("own_failures")
    if isinstance(outputs.get("targets"), Mapping):
        outputs["targets"] = {
            name: {snake(each): value for each, value in target.items()} for name, target in outputs["targets"].items()
        }
    return Result(outputs, frozenset(whole))


def _is_secret(value: Any) -> bool:
    return isinstance(value, Mapping) and SECRET.items() <= value.items()


def _open(value: Any) -> Any:
    """A value without the marks of secrets, nulls of objects left out."""
    if isinstance(value, Mapping):
        if _is_secret(value):
            return _open(value["value"])
        return {name: _open(each) for name, each in value.items() if each is not None}
    return [_open(each) for each in value] if isinstance(value, list) else value
