"""The plugin as a process of its own, driven as the engine drives it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from google.protobuf.struct_pb2 import Struct
from nbcloud_support import LIMIT_SECONDS
from pulumi.runtime.proto import engine_pb2_grpc, provider_pb2, provider_pb2_grpc

# Without the folder that it is started in on the path, which Python 3.10 cannot leave out.
COMMAND = (
    (sys.executable, "-P", "-m", "pulumi_nbcloud.native")
    if sys.version_info >= (3, 11)
    else (sys.executable, "-c", "from pulumi_nbcloud.native.__main__ import main; main()")
)
# What a process needs of this one; no settings are among them.
KEPT = ("PATH", "LANG", "TMPDIR", "SYSTEMROOT")
PROVIDER = "urn:pulumi:dev::probe::pulumi:providers:nbcloud::default_0_1_0"
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def urn_of(token: str, name: str = "probe") -> str:
    return f"urn:pulumi:dev::probe::{token}::{name}"


def secret(value: Any) -> dict[str, Any]:
    return {**SECRET, "value": value}


def struct(values: Mapping[str, Any]) -> Struct:
    """Properties as the engine writes them."""
    made = Struct()
    made.update(dict(values))
    return made


def plain(properties: Struct) -> dict[str, Any]:
    """Properties as they stand on the wire, marks of secrets included."""
    return {name: _plain(value) for name, value in properties.fields.items()}


def _plain(value: Any) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return plain(value.struct_value)
    if kind == "list_value":
        return [_plain(each) for each in value.list_value.values]
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    return None if kind in (None, "null_value") else getattr(value, kind)


class Engine(engine_pb2_grpc.EngineServicer):
    """Takes the messages that the plugin sends to the engine."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._messages: list[Any] = []
        self._server = grpc.server(ThreadPoolExecutor(4))
        engine_pb2_grpc.add_EngineServicer_to_server(self, self._server)
        self.port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def messages(self) -> list[Any]:
        with self._lock:
            return list(self._messages)

    def texts(self, urn: str | None = None, severity: int | None = None) -> list[str]:
        """What was shown, on one row and of one severity if they are given."""
        return [
            each.message
            for each in self.messages
            if urn in (None, each.urn) and (severity is None or each.severity == severity)
        ]

    def Log(self, request: Any, context: Any) -> Any:
        with self._lock:
            self._messages.append(request)
        return empty_pb2.Empty()

    def forget(self) -> None:
        with self._lock:
            self._messages.clear()

    def stop(self) -> None:
        self._server.stop(None).wait()


class Said(grpc.UnaryUnaryClientInterceptor):  # type: ignore[misc]
    """Keeps the texts with which calls end: the failures of checks, and errors."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        call = continuation(details, request)
        call.add_done_callback(self._keep)
        return call

    def _keep(self, call: Any) -> None:
        if call.code() is not grpc.StatusCode.OK:
            self.texts.append(str(call.details()))
            return
        self.texts += [each.reason for each in getattr(call.result(), "failures", ())]


class Plugin:
    """The plugin's process and the engine beside it.

    Args:
        environment: its variables.
        config: the stack's config of our namespace, by key without it; None for a process that no engine has started.
        folder: where it is started.
        command: what starts it.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        config: Mapping[str, str] | None,
        folder: Path,
        command: tuple[str, ...] = COMMAND,
    ) -> None:
        self.engine = Engine()
        self.said = Said()
        own = {} if config is None else {"PULUMI_CONFIG": json.dumps(config)}
        arguments = () if config is None else (self.engine.address,)
        self.process = subprocess.Popen(
            [*command, *arguments],
            cwd=folder,
            env={**_kept(), "HOME": str(folder), **environment, **own},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        line = self.process.stdout.readline()
        assert line.strip().isdigit(), line + self.process.stderr.read()
        self.port = int(line)
        self.connect()

    def connect(self) -> None:
        """Connect as the engine does; a new one stands for another run."""
        self.channel = grpc.intercept_channel(grpc.insecure_channel(f"127.0.0.1:{self.port}"), self.said)
        self.stub = provider_pb2_grpc.ResourceProviderStub(self.channel)

    # --- calls

    def configure(self, args: Mapping[str, Any] | None = None, urn: str = PROVIDER) -> None:
        self.stub.Handshake(provider_pb2.ProviderHandshakeRequest(engine_address=self.engine.address))
        self.stub.CheckConfig(provider_pb2.CheckRequest(urn=urn, news=struct(args or {})))
        self.stub.Configure(provider_pb2.ConfigureRequest(args=struct(args or {}), urn=urn, acceptSecrets=True))

    def begin(self) -> None:
        """Begin another run, for which nothing counts of those before."""
        self.cancel()
        self.engine.forget()
        self.said.texts.clear()
        self.configure()

    def texts(self) -> list[str]:
        """Everything that people read of this run: rows, warnings, failures of checks, errors."""
        return [*self.engine.texts(), *self.said.texts]

    def invoke(self, token: str, **args: Any) -> dict[str, Any]:
        request = provider_pb2.InvokeRequest(tok=token, args=struct(args))
        return plain(getattr(self.stub.Invoke(request, timeout=LIMIT_SECONDS), "return"))

    def check(self, urn: str, news: Mapping[str, Any], olds: Mapping[str, Any] | None = None) -> Any:
        request = provider_pb2.CheckRequest(urn=urn, news=struct(news), olds=struct(olds or {}))
        return self.stub.Check(request, timeout=LIMIT_SECONDS)

    def diff(self, urn: str, olds: Mapping[str, Any], old_inputs: Mapping[str, Any], news: Mapping[str, Any]) -> Any:
        request = provider_pb2.DiffRequest(
            id="x", urn=urn, olds=struct(olds), old_inputs=struct(old_inputs), news=struct(news)
        )
        return self.stub.Diff(request, timeout=LIMIT_SECONDS)

    def create_request(self, urn: str, inputs: Mapping[str, Any], **others: Any) -> Any:
        return provider_pb2.CreateRequest(urn=urn, properties=struct(inputs), **others)

    def create(self, urn: str, inputs: Mapping[str, Any], **others: Any) -> Any:
        return self.stub.Create(self.create_request(urn, inputs, **others), timeout=LIMIT_SECONDS)

    def update(self, urn: str, olds: Mapping[str, Any], news: Mapping[str, Any], **others: Any) -> Any:
        request = provider_pb2.UpdateRequest(id="x", urn=urn, olds=struct(olds), news=struct(news), **others)
        return self.stub.Update(request, timeout=LIMIT_SECONDS)

    def read(self, urn: str, identity: str, state: Mapping[str, Any], inputs: Mapping[str, Any] | None = None) -> Any:
        request = provider_pb2.ReadRequest(
            id=identity,
            urn=urn,
            properties=struct(state),
            inputs=None if inputs is None else struct(inputs),
        )
        return self.stub.Read(request, timeout=LIMIT_SECONDS)

    def cancel(self) -> None:
        self.stub.Cancel(empty_pb2.Empty(), timeout=LIMIT_SECONDS)

    # --- the process

    def end(self, number: signal.Signals = signal.SIGINT) -> tuple[int, str, str]:
        """Ends it by a signal; gives its exit code and the rest of its output."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=LIMIT_SECONDS)
        return self.process.returncode, out, err

    def close(self) -> None:
        self.channel.close()
        self.process.kill()
        self.process.communicate()
        self.engine.stop()


def _kept() -> dict[str, str]:
    return {name: os.environ[name] for name in KEPT if name in os.environ}


def details_of(call: Callable[[], Any]) -> str:
    """The text of the error that a call ends with."""
    with pytest.raises(grpc.RpcError) as raised:
        call()
    error: Any = raised.value
    assert error.code() is grpc.StatusCode.UNKNOWN
    return str(error.details())
