"""Starts the SDK's dynamic provider process as the engine does, and talks to it over gRPC."""

from __future__ import annotations

import base64
import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent import futures
from pathlib import Path
from types import TracebackType
from typing import Any

import grpc
import pulumi
from google.protobuf import empty_pb2, struct_pb2
from google.protobuf.json_format import MessageToDict
from lease_support import KIND, NOTEBOOK
from nbcloud_support import LIMIT_SECONDS
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2, provider_pb2_grpc

from pulumi_nbcloud.program.stored import serialized
from pulumi_nbcloud.provider.gate import GateProvider
from pulumi_nbcloud.provider.read import ReadProvider

SECRET_KEY = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"


_PROVIDER_SOURCE = (Path(pulumi.dynamic.__file__).parent / "__main__.py").read_text(encoding="utf-8")
# Newer SDKs send the whole traceback as the text of an error; older ones the message, after a few words of gRPC.
SENDS_TRACEBACKS = "format_exc" in _PROVIDER_SOURCE
GRPC_WORDS = "Exception calling application: "
# Older SDKs (3.219, say) only look at the state, which engines of their time sent along; a newer engine sends none.
READS_INPUTS = "request.inputs" in _PROVIDER_SOURCE


def error_text(error: Any) -> str:
    """The text of an error, without the words that gRPC puts before it where the SDK sends no traceback."""
    text: str = error.details()
    return text if SENDS_TRACEBACKS else text.removeprefix(GRPC_WORDS)


def blob_of(provider: pulumi.dynamic.ResourceProvider) -> str:
    """The text that the SDK stores for another package's provider under `__provider`."""
    text: str = serialize_provider(provider)
    return text


def read_blob(token: str = KIND) -> str:
    return serialized(ReadProvider(token))


def gate_blob() -> str:
    return serialized(GateProvider())


def by_reference(module: str, name: str) -> str:
    """The blob of a provider without attributes, named by module and class, as the SDK stores an importable one."""
    body = f"\x8c{chr(len(module))}{module}\x8c{chr(len(name))}{name}\x93)\x81."
    blob = b"\x80\x04" + body.encode("latin-1")
    return base64.b64encode(blob).decode()


def secret(value: Any) -> dict[str, Any]:
    """A secret as it travels on the wire."""
    return {SECRET_KEY: SECRET, "value": value}


def _struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    message = struct_pb2.Struct()
    message.update(values)
    return message


class FakeEngine(engine_pb2_grpc.EngineServicer):
    """Takes the log messages that a provider process sends; a context manager."""

    def __init__(self) -> None:
        self.logs: list[engine_pb2.LogRequest] = []
        self._server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
        engine_pb2_grpc.add_EngineServicer_to_server(self, self._server)
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"

    def __enter__(self) -> FakeEngine:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Is gone, as an engine that was killed."""
        self._server.stop(None).wait(LIMIT_SECONDS)

    def Log(self, request: engine_pb2.LogRequest, context: Any) -> empty_pb2.Empty:
        self.logs.append(request)
        return empty_pb2.Empty()

    def messages(self, urn: str) -> list[str]:
        """What was sent to one row, in the order of arrival."""
        return [each.message for each in self.logs if each.urn == urn]


class ProviderProcess:
    """One provider process; a context manager that ends it by its own handle."""

    def __init__(
        self,
        environment: Mapping[str, str] | None = None,
        config: Mapping[str, Any] | None = None,
        folder: Path | None = None,
        module: str = "pulumi.dynamic",
        engine: str = "127.0.0.1:1",
        flags: Sequence[str] = (),
    ) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("NBCLOUD_", "PULUMI_"))}
        # Never the caller's folder: `python -m` would import what lies there.
        self._folder = tempfile.TemporaryDirectory()
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115  (closed by _end)
        self._process = subprocess.Popen(
            [sys.executable, "-u", *flags, "-m", module, engine],
            cwd=folder or self._folder.name,
            env={**kept, "PULUMI_PROJECT": "probe", "PULUMI_STACK": "test", **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
        )
        self._config = dict(config or {})
        self._channel: grpc.Channel | None = None
        self._stub: Any = None
        self.responses: list[str] = []

    def __enter__(self) -> ProviderProcess:
        try:
            assert self._process.stdout is not None
            port = self._process.stdout.readline().decode().strip()
            assert port.isdigit(), f"the process gave no port: {port!r}\n{self.errors()}"
            self._channel = grpc.insecure_channel(f"127.0.0.1:{port}")
            self._stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
            self.call("Configure", provider_pb2.ConfigureRequest(args=_struct(self._config)))
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end()

    def _end(self) -> None:
        if self._channel is not None:
            self._channel.close()
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait(LIMIT_SECONDS)
        if self._process.stdout is not None:
            self._process.stdout.close()
        with contextlib.suppress(ValueError):
            self._stderr.close()
        self._folder.cleanup()

    def interrupt(self) -> int:
        """Ends the process as the engine does, and gives its exit code; fails where it does not end.

        The signal goes to the main thread by name, where the system has a call for that. A kernel may hand the signal
        of a process to any of its threads, and then nothing wakes the SDK's main thread, which waits for a lock: of
        fifty processes on a busy machine one went on until it was killed, as the engine does after a while.
        """
        to_thread = getattr(ctypes.CDLL(None), "tgkill", None)
        if to_thread is None or to_thread(self._process.pid, self._process.pid, signal.SIGINT) != 0:
            self._process.send_signal(signal.SIGINT)
        return self._process.wait(LIMIT_SECONDS)

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def ended(self, seconds: float) -> int:
        """Wait for the process to end by itself, and give its exit code; fails where it does not within that time."""
        return self._process.wait(seconds)

    def errors(self) -> str:
        """What the process has written to stderr."""
        self._stderr.seek(0)
        return self._stderr.read().decode()

    def call(self, method: str, request: Any) -> Any:
        """Makes a call that must succeed."""
        response = getattr(self._stub, method)(request, timeout=LIMIT_SECONDS)
        self.responses.append(json.dumps(MessageToDict(response)))
        return response

    def begin(self, method: str, request: Any) -> Any:
        """Begins a call; its future gives the response, or raises a `grpc.RpcError`."""
        return getattr(self._stub, method).future(request, timeout=LIMIT_SECONDS)

    def failure(self, method: str, request: Any) -> str:
        """Makes a call that must fail, and gives the text of the error."""
        try:
            response = self.call(method, request)
        except grpc.RpcError as error:
            text = error_text(error)
            self.responses.append(text)
            return text
        raise AssertionError(f"{method} succeeded: {response}")

    def read(self, request: provider_pb2.ReadRequest) -> tuple[str, dict[str, Any]]:
        """Reads and gives id and properties."""
        response = self.call("Read", request)
        return response.id, MessageToDict(response)["properties"]


def get_request(inputs: Mapping[str, Any], id_: str = NOTEBOOK, blob: str | None = None) -> provider_pb2.ReadRequest:
    """What the engine sends for a resource with opts.id, on each run: inputs, and state to an SDK that needs it."""
    values = _struct({**inputs, "__provider": blob or read_blob()})
    return provider_pb2.ReadRequest(id=id_, inputs=values, properties=None if READS_INPUTS else values)


def old_get_request(inputs: Mapping[str, Any], id_: str = NOTEBOOK) -> provider_pb2.ReadRequest:
    """The same by an older engine: the inputs as state too."""
    values = _struct({**inputs, "__provider": read_blob()})
    return provider_pb2.ReadRequest(id=id_, inputs=values, properties=values)


def refresh_request(stored: Mapping[str, Any], id_: str = NOTEBOOK) -> provider_pb2.ReadRequest:
    """What the engine sends in a refresh: the stored outputs, and the stored inputs."""
    inputs = {name: stored[name] for name in ("notebook_id", "profile") if name in stored}
    blob = {"__provider": read_blob()}
    return provider_pb2.ReadRequest(id=id_, properties=_struct({**stored, **blob}), inputs=_struct({**inputs, **blob}))


def create_request(inputs: Mapping[str, Any], blob: str) -> provider_pb2.CreateRequest:
    return provider_pb2.CreateRequest(properties=_struct({**inputs, "__provider": blob}))


def check_request(news: Mapping[str, Any], blob: str) -> provider_pb2.CheckRequest:
    return provider_pb2.CheckRequest(news=_struct({**news, "__provider": blob}))


def diff_request(
    olds: Mapping[str, Any], news: Mapping[str, Any], blob: str, id_: str = NOTEBOOK
) -> provider_pb2.DiffRequest:
    own = {"__provider": blob}
    return provider_pb2.DiffRequest(id=id_, olds=_struct({**olds, **own}), news=_struct({**news, **own}))


def delete_request(stored: Mapping[str, Any], blob: str, id_: str = NOTEBOOK) -> provider_pb2.DeleteRequest:
    return provider_pb2.DeleteRequest(id=id_, properties=_struct({**stored, "__provider": blob}))


def update_request(
    olds: Mapping[str, Any], news: Mapping[str, Any], blob: str, id_: str = NOTEBOOK
) -> provider_pb2.UpdateRequest:
    own = {"__provider": blob}
    return provider_pb2.UpdateRequest(id=id_, olds=_struct({**olds, **own}), news=_struct({**news, **own}))


def stored_request(stored: Mapping[str, Any], blob: str, id_: str) -> provider_pb2.ReadRequest:
    """What the engine sends in a refresh of a resource that it created."""
    values = _struct({**stored, "__provider": blob})
    return provider_pb2.ReadRequest(id=id_, properties=values, inputs=values)
