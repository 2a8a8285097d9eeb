"""What stands in for the plugin of Pulumi's Kubernetes provider, which no package index has.

It is a provider that the engine attaches to. It accepts whatever it is sent, keeps the calls, and renders nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
from google.protobuf import empty_pb2, struct_pb2
from google.protobuf.json_format import MessageToDict
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

VERSION = "4.34.0"


class StandIn(provider_pb2_grpc.ResourceProviderServicer):
    """Keeps what the engine had it create and update: the operation, the type's name, the inputs.

    Args:
        observe: is called at each of these; what it returns is kept too.
    """

    def __init__(self, observe: Callable[[], Any]) -> None:
        self._observe = observe
        self.observed: list[Any] = []
        self.calls: list[tuple[str, str, dict[str, Any]]] = []

    def Attach(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def Handshake(self, request: Any, context: Any) -> Any:
        return provider_pb2.ProviderHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=VERSION)

    def CheckConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, context: Any) -> Any:
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    def Check(self, request: Any, context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def Diff(self, request: Any, context: Any) -> Any:
        changed = MessageToDict(request.old_inputs) != MessageToDict(request.news)
        kinds = provider_pb2.DiffResponse
        return kinds(changes=kinds.DIFF_SOME if changed else kinds.DIFF_NONE)

    def Create(self, request: Any, context: Any) -> Any:
        self._keep("create", request.urn, request.properties)
        return provider_pb2.CreateResponse(id="default/model", properties=_named(request.properties))

    def Update(self, request: Any, context: Any) -> Any:
        self._keep("update", request.urn, request.news)
        return provider_pb2.UpdateResponse(properties=_named(request.news))

    def Delete(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def Cancel(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def _keep(self, operation: str, urn: str, inputs: struct_pb2.Struct) -> None:
        self.observed.append(self._observe())
        self.calls.append((operation, urn.split("::")[2], MessageToDict(inputs)))


def _named(inputs: struct_pb2.Struct) -> struct_pb2.Struct:
    """The inputs with the name that a cluster would have given."""
    outputs = struct_pb2.Struct()
    outputs.CopyFrom(inputs)
    outputs.update({"metadata": {"name": "model"}})
    return outputs


@contextmanager
def kubernetes_stand_in(observe: Callable[[], Any]) -> Iterator[tuple[StandIn, dict[str, str]]]:
    """Serve it on loopback; gives it, and the variable by which an engine attaches to it."""
    stand_in = StandIn(observe)
    server = grpc.server(ThreadPoolExecutor(max_workers=4))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(stand_in, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield stand_in, {"PULUMI_DEBUG_PROVIDERS": f"kubernetes:{port}"}
    finally:
        server.stop(grace=None).wait()
