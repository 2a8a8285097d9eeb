"""What the engine calls: messages of `pulumirpc.ResourceProvider` to and from what `resources` declares.

Nothing is decided here. Each error leaves with its own text and nothing around it.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from pulumi_nbcloud._version import __version__
from pulumi_nbcloud.engine.secrets import Secrets
from pulumi_nbcloud.errors import InputError, NbcloudError
from pulumi_nbcloud.native.names import camel
from pulumi_nbcloud.native.process import PROFILE, Process
from pulumi_nbcloud.native.resources import Awaiting, Request, Stored
from pulumi_nbcloud.native.values import Path, Received, received, sent
from pulumi_nbcloud.printable import printable, printable_lines

if TYPE_CHECKING:
    from pulumi_nbcloud.native.table import Resources

Served = TypeVar("Served", bound=Callable[..., Awaitable[Any]])

# What the engine may ask and this plugin does not have.
_ABSENT = ("Parameterize", "Call", "Construct", "GetMapping", "GetMappings", "List")
# Kept by the engine beside a provider's own inputs.
_OF_ENGINE = ("version", "pluginDownloadURL", "__internal")


def served(method: Served) -> Served:
    """Make a method count as a call that is being served, and its errors leave with their text alone."""

    @functools.wraps(method)
    async def serve(self: Servicer, request: Any, context: Any) -> Any:
        self.process.calls += 1
        try:
            return await method(self, request, context)
        except Awaiting as error:
            await _end_awaiting(context, error)
        except Exception as error:
            await context.abort(grpc.StatusCode.UNKNOWN, _text(error))
        finally:
            self.process.calls -= 1

    return serve  # type: ignore[return-value]


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """Serves one engine; under a debugger one after the other.

    Args:
        process: what the calls have in common.
        resources: the resource types.
    """

    def __init__(self, process: Process, resources: Resources) -> None:
        self.process = process
        self._resources = resources

    # --- the plugin itself

    @served
    async def Handshake(self, request: Any, context: Any) -> Any:
        """Agree on what the messages hold."""
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    @served
    async def Attach(self, request: Any, context: Any) -> Any:
        """Serve an engine that has not started this process."""
        self.process.attach(request.address)
        return empty_pb2.Empty()

    @served
    async def GetPluginInfo(self, request: Any, context: Any) -> Any:
        """Return the version."""
        return plugin_pb2.PluginInfo(version=__version__)

    @served
    async def GetSchema(self, request: Any, context: Any) -> Any:
        """Return the schema."""
        if request.version:
            raise InputError(f"there is no schema of version {request.version}", hint="ask for version 0")
        return provider_pb2.GetSchemaResponse(schema=_schema())

    @served
    async def Cancel(self, request: Any, context: Any) -> Any:
        """End all waits and reads: the engine asks for it at every normal end, too."""
        self.process.cancel()
        await self.process.flush()
        return empty_pb2.Empty()

    # --- the provider

    @served
    async def CheckConfig(self, request: Any, context: Any) -> Any:
        """Keep nothing in state but the profile: settings are read again in each run, from the stack's config."""
        news = received(request.news)
        given = _config(news)
        self.process.place(request.urn)
        if _is_default(request.urn):
            self.process.see(given)
            return provider_pb2.CheckResponse(inputs=sent({}))
        problems = [str(each) for each in _misfits(given)]
        inputs = {PROFILE: given[PROFILE]} if given.get(PROFILE) is not None else {}
        return provider_pb2.CheckResponse(inputs=sent(inputs, news.secrets), failures=_failures(problems))

    @served
    async def DiffConfig(self, request: Any, context: Any) -> Any:
        """Find a change in every difference: without one the engine goes on with the inputs of the run before."""
        olds = _config(received(request.old_inputs)) or _config(received(request.olds))
        return provider_pb2.DiffResponse(changes=_changes(olds != _config(received(request.news))))

    @served
    async def Configure(self, request: Any, context: Any) -> Any:
        """Begin a run."""
        self.process.configure(request.urn, _config(received(request.args)))
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    # --- functions

    @served
    async def Invoke(self, request: Any, context: Any) -> Any:
        """Read something now."""
        args = received(request.args, given=True)
        with _redacted(args):
            outputs = await self._resources.functions.invoke(
                request.tok, args.values, args.secret_inputs, preview=getattr(request, "preview", False)
            )
        # The engine leaves it to a provider that accepts secrets to say what is one.
        secrets = [(name,) for name in outputs] if args.secrets else []
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(sent(outputs, secrets))
        return response

    # --- resources

    @served
    async def Check(self, request: Any, context: Any) -> Any:
        """Check the inputs of a resource."""
        try:
            news = received(request.news, given=True)
        except InputError as error:
            return provider_pb2.CheckResponse(inputs=request.news, failures=_failures([str(error)]))
        olds = received(request.olds)
        wanted = _request("check", request, news, olds=olds.values, old_inputs=olds.values)
        with _redacted(news):
            checked = await self._resources.of(request.urn).check(wanted)
        failures = [_secrets(news).text(each) for each in checked.failures]
        secrets = (*news.secrets, *((camel(each),) for each in checked.secret_inputs))
        return provider_pb2.CheckResponse(inputs=sent(checked.inputs, secrets), failures=_failures(failures))

    @served
    async def Diff(self, request: Any, context: Any) -> Any:
        """Compare the inputs of a resource with its state."""
        news, wanted = _change("diff", request)
        with _redacted(news):
            found = await self._resources.of(request.urn).diff(wanted)
        return provider_pb2.DiffResponse(
            changes=_changes(found.changes),
            replaces=[camel(each) for each in found.replaces],
            diffs=[camel(each) for each in found.changed],
            deleteBeforeReplace=found.delete_before_replace,
        )

    @served
    async def Create(self, request: Any, context: Any) -> Any:
        """Create a resource, or say what is known of it in preview."""
        news = received(request.properties)
        with _redacted(news):
            stored = await self._resources.of(request.urn).create(_request("create", request, news))
        return provider_pb2.CreateResponse(
            id=stored.id,
            properties=_outputs(stored, news.secrets),
            refresh_before_update=stored.refresh_before_update,
        )

    @served
    async def Update(self, request: Any, context: Any) -> Any:
        """Update a resource, or say what is known of it in preview."""
        news, wanted = _change("update", request)
        with _redacted(news):
            stored = await self._resources.of(request.urn).update(wanted)
        return provider_pb2.UpdateResponse(
            properties=_outputs(stored, news.secrets), refresh_before_update=stored.refresh_before_update
        )

    @served
    async def Read(self, request: Any, context: Any) -> Any:
        """Read a resource; an empty response says that it does not exist."""
        olds, inputs = received(request.properties), received(request.inputs)
        wanted = _request("read", request, inputs, olds=olds.values, old_inputs=inputs.values)
        with _redacted(olds), _redacted(inputs):
            stored = await self._resources.of(request.urn).read(wanted)
        if stored is None:
            return provider_pb2.ReadResponse()
        secrets = (*olds.secrets, *inputs.secrets)
        kept = inputs.values if stored.inputs is None else stored.inputs
        return provider_pb2.ReadResponse(
            id=stored.id,
            properties=_outputs(stored, secrets),
            inputs=sent(kept, secrets),
            refresh_before_update=stored.refresh_before_update,
        )

    @served
    async def Delete(self, request: Any, context: Any) -> Any:
        """Delete a resource."""
        olds, old_inputs = received(request.properties), received(request.old_inputs)
        wanted = _request("delete", request, old_inputs, olds=olds.values, old_inputs=old_inputs.values)
        with _redacted(olds), _redacted(old_inputs):
            await self._resources.of(request.urn).delete(wanted)
        return empty_pb2.Empty()


def _absent(name: str) -> Any:
    async def refuse(self: Servicer, request: Any, context: Any) -> None:
        # With this code the engine knows that it is no failure, where it can do without.
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, f"nbcloud has no {name}: it only reads, and waits")

    return refuse


for _name in _ABSENT:
    setattr(Servicer, _name, _absent(_name))


# --- messages


def _request(operation: str, request: Any, inputs: Received, **others: Any) -> Request:
    return Request(
        urn=request.urn,
        name=request.urn.rpartition("::")[2],
        id=getattr(request, "id", ""),
        inputs=inputs.values,
        secret_inputs=inputs.secret_inputs,
        preview=getattr(request, "preview", False),
        timeout=getattr(request, "timeout", 0.0) or None,
        operation=operation,
        **others,
    )


def _change(operation: str, request: Any) -> tuple[Received, Request]:
    """Return the new inputs of a resource that is in state, and the request with the old ones."""
    news, olds, old_inputs = received(request.news), received(request.olds), received(request.old_inputs)
    return news, _request(operation, request, news, olds=olds.values, old_inputs=old_inputs.values)


def _outputs(stored: Stored, secrets: tuple[Path, ...]) -> Any:
    return sent(stored.outputs, (*secrets, *((camel(each),) for each in stored.secret_outputs)))


def _changes(differs: bool) -> Any:
    return provider_pb2.DiffResponse.DIFF_SOME if differs else provider_pb2.DiffResponse.DIFF_NONE


def _failures(problems: list[str]) -> list[Any]:
    """Return problems as the failures of a check: the engine prints the value of a property that one names."""
    return [provider_pb2.CheckFailure(property="", reason=printable_lines(each)) for each in problems]


def _config(inputs: Received) -> dict[str, Any]:
    """Return what a provider is given, by the keys of Pulumi config, without what the engine adds for itself."""
    named = {camel(name): value for name, value in inputs.values.items()}
    return {name: value for name, value in named.items() if name not in _OF_ENGINE}


def _is_default(urn: str) -> bool:
    """Return whether a provider is one that the engine makes; a program cannot name its own so."""
    return urn.rpartition("::")[2].startswith("default")


@functools.cache
def _schema() -> str:
    from pulumi_nbcloud.native.schema import schema

    return json.dumps(schema(), ensure_ascii=False)


def _misfits(given: dict[str, Any]) -> list[NbcloudError]:
    """Say what a program gives its provider that it does not have."""
    problems: list[NbcloudError] = [
        InputError(
            f"{printable(name, 60)} is not an option of the provider, which has only {PROFILE}",
            hint="put settings into the stack's config, or into variables: nothing of them is kept in state",
        )
        for name in given
        if name != PROFILE
    ]
    profile = given.get(PROFILE)
    if profile is not None and not isinstance(profile, str):
        problems.append(InputError(f"{PROFILE} must be a text", hint="name a profile of the settings"))
    return problems


# --- errors


def _secrets(inputs: Received) -> Secrets:
    return Secrets.of(inputs.values, inputs.secret_inputs)


class _redacted:
    """Takes secret inputs out of the text of an error that a block raises.

    Args:
        inputs: of the resource or function.
    """

    def __init__(self, inputs: Received) -> None:
        self._inputs = inputs

    def __enter__(self) -> None:
        """Begin the block."""

    def __exit__(self, cls: object, error: BaseException | None, traceback: object) -> None:
        if not self._inputs.secrets or not isinstance(error, Exception) or isinstance(error, Awaiting):
            return
        secrets = _secrets(self._inputs)
        if isinstance(error, NbcloudError):
            raise secrets.error(error) from None
        from pulumi_nbcloud.engine.errors import InternalError, harmless

        raise InternalError(secrets.text(str(harmless(error)))) from None


def _text(error: Exception) -> str:
    from pulumi_nbcloud.engine.errors import harmless

    return printable_lines(str(harmless(error)))


async def _end_awaiting(context: Any, error: Awaiting) -> None:
    from pulumi_nbcloud.engine import awaiting

    text = printable_lines(str(error))
    await context.abort(grpc.StatusCode.UNKNOWN, text, ((awaiting.METADATA, awaiting.status(text)),))
