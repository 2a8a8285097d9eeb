"""What the engine asks the plugin, and what leaves in its answers: the traps of the protocol, over the wire."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from lease_support import LEASE, NOTEBOOK, looked_at
from nbcloud_support import LIMIT_SECONDS, eventually
from plugin_process import COMMAND, PROVIDER, UNKNOWN, Plugin, details_of, plain, secret, struct, urn_of
from pulumi.runtime.proto import engine_pb2, plugin_pb2, provider_pb2

from pulumi_nbcloud import __version__
from pulumi_nbcloud.engine import awaiting
from pulumi_nbcloud.kinds.registry import load
from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.native.process import Process
from pulumi_nbcloud.native.resources import Awaiting, Request, Stored
from pulumi_nbcloud.native.schema import schema
from pulumi_nbcloud.native.servicer import Servicer

MakePlugin = Callable[..., Plugin]
LOOKUP = "nbcloud:modelarts:getNotebookLease"
OWN_PROVIDER = "urn:pulumi:dev::probe::pulumi:providers:nbcloud::east"
# What engines keep beside a provider's own inputs.
OF_ENGINE = {"version": "0.1.0", "pluginDownloadURL": "https://example.com"}
SOME, NONE = provider_pb2.DiffResponse.DIFF_SOME, provider_pb2.DiffResponse.DIFF_NONE
# What the plugin reads or writes of each message, without asking first whether the SDK has it.
FIELDS = {
    "ProviderHandshakeResponse": {"accept_secrets"},
    "GetSchemaRequest": {"version"},
    "GetSchemaResponse": {"schema"},
    "CheckRequest": {"urn", "olds", "news"},
    "CheckResponse": {"inputs", "failures"},
    "CheckFailure": {"property", "reason"},
    "ConfigureRequest": {"urn", "args"},
    "ConfigureResponse": {"acceptSecrets", "supportsPreview"},
    "DiffRequest": {"id", "urn", "olds", "news", "old_inputs"},
    "DiffResponse": {"changes", "replaces", "diffs", "deleteBeforeReplace"},
    "InvokeRequest": {"tok", "args"},
    "InvokeResponse": {"return"},
    "CreateRequest": {"urn", "properties", "timeout", "preview"},
    "CreateResponse": {"id", "properties", "refresh_before_update"},
    "ReadRequest": {"id", "urn", "properties", "inputs"},
    "ReadResponse": {"id", "properties", "inputs", "refresh_before_update"},
    "UpdateRequest": {"id", "urn", "olds", "news", "old_inputs", "timeout", "preview"},
    "UpdateResponse": {"properties", "refresh_before_update"},
    "DeleteRequest": {"id", "urn", "properties", "old_inputs", "timeout"},
}


def test_the_sdk_has_every_field_that_is_used() -> None:
    """Run with the oldest SDK that is supported too: see scripts/test-versions."""
    for message, used in FIELDS.items():
        assert used <= {each.name for each in getattr(provider_pb2, message).DESCRIPTOR.fields}, message
    assert "address" in plugin_pb2.PluginAttach.DESCRIPTOR.fields_by_name
    assert "version" in plugin_pb2.PluginInfo.DESCRIPTOR.fields_by_name


def test_the_plugin_says_what_it_is(plugin: Plugin) -> None:
    assert plugin.stub.GetPluginInfo(empty_pb2.Empty()).version == __version__
    assert plugin.stub.Handshake(provider_pb2.ProviderHandshakeRequest()).accept_secrets


def test_the_schema_is_the_one_of_the_package(plugin: Plugin) -> None:
    found = plugin.stub.GetSchema(provider_pb2.GetSchemaRequest())
    assert json.loads(found.schema) == schema()
    text = details_of(lambda: plugin.stub.GetSchema(provider_pb2.GetSchemaRequest(version=1)))
    assert text == "there is no schema of version 1\nhint: ask for version 0"


@pytest.mark.parametrize("name", ["Call", "Construct", "Parameterize", "GetMapping"])
def test_what_the_plugin_does_not_have_is_refused_with_a_sentence(name: str, plugin: Plugin) -> None:
    request = {"Call": "CallRequest", "Construct": "ConstructRequest", "Parameterize": "ParameterizeRequest"}
    message = getattr(provider_pb2, request.get(name, "GetMappingRequest"))()
    with pytest.raises(grpc.RpcError) as raised:
        getattr(plugin.stub, name)(message)
    error: Any = raised.value
    # An engine that can do without goes on.
    assert error.code() is grpc.StatusCode.UNIMPLEMENTED
    assert error.details() == f"nbcloud has no {name}: it only reads, and waits"


def test_types_and_functions_that_are_none_are_refused_by_name(plugin: Plugin) -> None:
    text = details_of(lambda: plugin.invoke("nbcloud:modelarts:getNotebookLeases"))
    assert text == f"there is no function '{LOOKUP}s'\nhint: did you mean {LOOKUP}?"
    text = details_of(lambda: plugin.check(urn_of("nbcloud:modelarts:Notebook"), {}))
    assert text == (
        "there is no resource type 'nbcloud:modelarts:Notebook'\nhint: did you mean nbcloud:modelarts:NotebookLease?"
    )


# --- settings


def test_nothing_of_the_settings_enters_a_state(plugin: Plugin) -> None:
    news = struct({"modelarts": secret(json.dumps({"secretKey": "canary"})), "version": "0.1.0"})
    assert plain(plugin.stub.CheckConfig(provider_pb2.CheckRequest(urn=PROVIDER, news=news)).inputs) == {}
    own = plugin.stub.CheckConfig(
        provider_pb2.CheckRequest(urn=OWN_PROVIDER, news=struct({"profile": "other", **OF_ENGINE}))
    )
    assert (plain(own.inputs), list(own.failures)) == ({"profile": "other"}, [])


def test_a_provider_of_the_program_has_a_profile_and_no_settings(plugin: Plugin) -> None:
    def failures(given: dict[str, Any]) -> list[str]:
        request = provider_pb2.CheckRequest(urn=OWN_PROVIDER, news=struct(given))
        return [each.reason for each in plugin.stub.CheckConfig(request).failures]

    (refused,) = failures({"secretKey": "canary"})
    assert refused == (
        "secretKey is not an option of the provider, which has only profile\n"
        "hint: put settings into the stack's config, or into variables: nothing of them is kept in state"
    )
    assert failures({"profile": 1}) == ["profile must be a text\nhint: name a profile of the settings"]
    assert failures({"profile": UNKNOWN}) == []


def test_other_inputs_of_the_provider_configure_this_run(plugin: Plugin) -> None:
    """With no difference the engine would go on with those of the run before."""

    def diff(olds: dict[str, Any], news: dict[str, Any]) -> Any:
        return plugin.stub.DiffConfig(
            provider_pb2.DiffRequest(
                id="x", urn=PROVIDER, olds=struct(olds), old_inputs=struct(olds), news=struct(news)
            )
        ).changes

    assert diff({"profile": "a"}, {"profile": "b"}) == SOME
    assert diff({"modelarts": "{}"}, {}) == SOME
    assert diff({"profile": "a", **OF_ENGINE}, {"profile": "a"}) == NONE


def test_a_rotated_key_does_not_lock_a_stack(make_plugin: MakePlugin, clouds: MockClouds) -> None:
    """What an older run left in the provider's state has no say: the stack's config has, as it is now."""
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    settings = clouds.modelarts.settings(None)
    wrong = json.dumps({**settings, "secretKey": "canary-of-before"})
    plugin = make_plugin(config={"modelarts": json.dumps(settings)})
    plugin.stub.Configure(provider_pb2.ConfigureRequest(args=struct({"modelarts": wrong}), urn=PROVIDER))
    assert plugin.invoke(LOOKUP, notebookId=NOTEBOOK)["running"] is True


def test_a_key_of_the_stacks_config_that_is_none_is_refused(make_plugin: MakePlugin, clouds: MockClouds) -> None:
    plugin = make_plugin(clouds.environment(), config={"modelart": "{}"})
    plugin.configure()
    text = details_of(lambda: plugin.invoke(LOOKUP, notebookId=NOTEBOOK))
    assert text.startswith(
        "Pulumi config nbcloud:modelart is none of our keys, and would have no effect\nhint: did you"
    )


def test_config_that_cannot_be_read_is_a_reason(make_plugin: MakePlugin) -> None:
    plugin = make_plugin({"PULUMI_CONFIG": "{"}, config=None)
    plugin.configure()
    assert "PULUMI_CONFIG of this process is no JSON object" in details_of(
        lambda: plugin.invoke(LOOKUP, notebookId=NOTEBOOK)
    )


def test_the_profile_of_the_provider_counts_where_nothing_gives_another(plugin: Plugin, clouds: MockClouds) -> None:
    for project in ("mock-project", "other-project"):
        clouds.modelarts.put_lease(NOTEBOOK, project_id=project, **LEASE)
    plugin.configure({"profile": "other"}, OWN_PROVIDER)
    assert plugin.invoke(LOOKUP, notebookId=NOTEBOOK)["projectId"] == "other-project"
    urn = urn_of("nbcloud:modelarts:NotebookLease")
    assert plain(plugin.check(urn, {"notebookId": NOTEBOOK}).inputs)["profile"] == "other"
    assert plain(plugin.check(urn, {"notebookId": NOTEBOOK, "profile": "mine"}).inputs)["profile"] == "mine"
    gotten = plugin.read(urn, NOTEBOOK, {})
    assert plain(gotten.properties)["projectId"] == "other-project"
    declared = plugin.read(urn, NOTEBOOK, {}, {"notebookId": NOTEBOOK})  # before the program had a provider
    assert plain(declared.properties)["projectId"] == "mock-project"


def test_an_engine_that_attaches_itself_is_served_by_what_it_gives(make_plugin: MakePlugin, clouds: MockClouds) -> None:
    """As PULUMI_DEBUG_PROVIDERS does it: the process has no config of the stack and no address of the engine."""
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    plugin = make_plugin(config=None)
    plugin.stub.Attach(plugin_pb2.PluginAttach(address=plugin.engine.address))
    settings = {"modelarts": json.dumps(clouds.modelarts.settings(None)), "previewPoll": "false", **OF_ENGINE}
    request = provider_pb2.CheckRequest(urn=PROVIDER, news=struct(settings))
    checked = plain(plugin.stub.CheckConfig(request).inputs)
    assert checked == {}
    plugin.stub.Configure(provider_pb2.ConfigureRequest(args=struct(checked), urn=PROVIDER))
    assert plugin.invoke(LOOKUP, notebookId=NOTEBOOK)["running"] is True
    plugin.cancel()
    plugin.stub.Configure(provider_pb2.ConfigureRequest(args=struct(checked), urn=PROVIDER))
    assert plugin.invoke(LOOKUP, notebookId=NOTEBOOK)["running"] is True


def test_without_settings_an_engine_that_attaches_itself_is_told_why(make_plugin: MakePlugin) -> None:
    plugin = make_plugin(config=None)
    plugin.stub.Attach(plugin_pb2.PluginAttach(address=plugin.engine.address))
    plugin.configure()
    assert (
        "(PULUMI_DEBUG_PROVIDERS) and has not told it the stack's config yet; start it with the variable PULUMI_CONFIG"
        in details_of(lambda: plugin.invoke(LOOKUP, notebookId=NOTEBOOK))
    )


# --- the end


def test_cancel_ends_what_is_read_and_the_next_run_reads_again(plugin: Plugin, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    clouds.faults.add(service="modelarts", status=503, delay=30)
    request = provider_pb2.InvokeRequest(tok=LOOKUP, args=struct({"notebookId": NOTEBOOK}))
    call = plugin.stub.Invoke.future(request)
    eventually(lambda: bool(clouds.requests), "the lookup's request")
    plugin.cancel()
    with pytest.raises(grpc.RpcError):
        call.result(LIMIT_SECONDS)
    cancelled = f"modelarts:NotebookLease {NOTEBOOK}: cancelled before it was read"
    assert call.details() == cancelled
    assert details_of(lambda: plugin.invoke(LOOKUP, notebookId=NOTEBOOK)) == cancelled
    plugin.configure()
    assert plugin.invoke(LOOKUP, notebookId=NOTEBOOK)["running"] is True


def is_shown(plugin: Plugin, urn: str) -> bool:
    return bool(plugin.engine.texts(urn))


def test_cancel_ends_every_wait_at_once(plugin: Plugin, clouds: MockClouds) -> None:
    """More than there are threads anywhere: each wait is a task of one loop."""
    clouds.modelarts.put_lease(NOTEBOOK, status="STARTING")
    inputs = {"target": {"kind": "modelarts:NotebookLease", "notebookId": NOTEBOOK}, "timeout": "1h"}
    calls = []
    for number in range(200):
        urn = urn_of("nbcloud:index:Gate", f"gate-{number}")
        calls.append((urn, plugin.stub.Create.future(plugin.create_request(urn, inputs))))
    for urn, _ in calls:
        eventually(partial(is_shown, plugin, urn), f"the status of {urn}")
    plugin.cancel()
    for _, call in calls:
        with pytest.raises(grpc.RpcError):
            call.result(LIMIT_SECONDS)
        assert call.code() is grpc.StatusCode.UNKNOWN
        assert call.details().startswith(f"modelarts:NotebookLease {NOTEBOOK}: cancelled after ")


def test_a_signal_ends_the_process_without_a_word(make_plugin: MakePlugin, clouds: MockClouds) -> None:
    plugin = make_plugin(clouds.environment())
    plugin.configure()
    clouds.faults.add(service="modelarts", status=503, delay=30)
    request = provider_pb2.InvokeRequest(tok=LOOKUP, args=struct({"notebookId": NOTEBOOK}))
    call = plugin.stub.Invoke.future(request)
    eventually(lambda: bool(clouds.requests), "the lookup's request")
    assert plugin.end() == (0, "", "")
    assert call.code() is grpc.StatusCode.UNKNOWN
    assert call.details() == f"modelarts:NotebookLease {NOTEBOOK}: cancelled before it was read"


def test_the_process_ends_with_the_engine_that_was_killed(make_plugin: MakePlugin, clouds: MockClouds) -> None:
    """What it serves ends with the connection, and nothing more is sent."""
    plugin = make_plugin(clouds.environment())
    plugin.configure()
    plugin.invoke("nbcloud:modelarts:getDevServerJobs")
    clouds.faults.add(service="modelarts", status=503, delay=30, count=10)
    request = provider_pb2.InvokeRequest(tok=LOOKUP, args=struct({"notebookId": NOTEBOOK}))
    call = plugin.stub.Invoke.future(request)
    eventually(lambda: looked_at_any(clouds), "the lookup's request")
    sent = len(clouds.requests)
    # A process that is killed leaves neither a connection nor anybody who listens.
    plugin.engine.stop()
    plugin.channel.close()
    assert call.code() is grpc.StatusCode.CANCELLED
    out, err = plugin.process.communicate(timeout=LIMIT_SECONDS)
    assert (plugin.process.returncode, out, err) == (0, "", "")
    assert len(clouds.requests) == sent


def looked_at_any(clouds: MockClouds) -> bool:
    return any("/notebooks/" in entry.target for entry in clouds.requests)


def test_modules_of_the_project_do_not_stand_in_for_pythons(
    make_plugin: MakePlugin, clouds: MockClouds, tmp_path: Path
) -> None:
    """The engine starts the plugin in the project's folder, where Python looks first for what `-m` names."""
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    for name in ("typing", "json", "asyncio", "dataclasses", "uuid", "yaml", "pulumi"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the project stands in')\n", encoding="utf-8")
    script = tmp_path / "bin" / "pulumi-resource-nbcloud"  # as an installer writes it
    script.parent.mkdir()
    script.write_text("from pulumi_nbcloud.native.__main__ import main\nmain()\n", encoding="utf-8")
    commands = [(sys.executable, str(script)), *([COMMAND] if "-P" in COMMAND else [])]
    for command in commands:
        plugin = make_plugin(clouds.environment(), command=command)
        plugin.configure()
        assert plugin.invoke(LOOKUP, notebookId=NOTEBOOK)["running"] is True
        assert plugin.end() == (0, "", "")


# --- what is shown


def test_warnings_reach_the_engine(plugin: Plugin, clouds: MockClouds) -> None:
    plugin.invoke("nbcloud:modelarts:getDevServerJobs", status="RUNING")
    (shown,) = load("modelarts:DevServerJobs").doubts(load("modelarts:DevServerJobs").parse({"status": "RUNING"}))
    eventually(lambda: plugin.engine.texts("", engine_pb2.WARNING) == [shown], "the warning")


def test_a_secret_argument_is_in_no_text(plugin: Plugin) -> None:
    text = details_of(lambda: plugin.invoke(LOOKUP, notebookId=secret(NOTEBOOK)))
    assert text.startswith("modelarts:NotebookLease [secret]: ")
    assert NOTEBOOK not in text


class Fails:
    """A resource type with a defect."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def create(self, request: Request) -> Stored:
        raise self.error


class Context:
    """Takes how a call ends."""

    async def abort(self, code: grpc.StatusCode, details: str, metadata: tuple[tuple[str, bytes], ...] = ()) -> None:
        self.code, self.details, self.metadata = code, details, metadata


class Made:
    def __init__(self, resource: Any) -> None:
        self.of = lambda urn: resource


def ended(error: Exception, **inputs: Any) -> Context:
    """How a call ends whose resource type raises."""
    context, resources = Context(), Made(Fails(error))
    servicer = Servicer(Process({}), resources)  # type: ignore[arg-type]
    request = provider_pb2.CreateRequest(urn=urn_of("nbcloud:index:Gate"), properties=struct(inputs))
    asyncio.run(servicer.Create(request, context))
    assert servicer.process.calls == 0
    return context


def test_an_internal_error_says_that_it_is_one() -> None:
    context = ended(ValueError("out of order"))
    assert context.code is grpc.StatusCode.UNKNOWN
    first, hint, *lines = context.details.split("\n")
    assert first.startswith("internal error of pulumi-nbcloud: ValueError in test_native_servicer.py:")
    assert (hint, lines[-1]) == ("hint: report it with these lines", "ValueError: out of order")


def test_an_internal_error_shows_nothing_secret() -> None:
    context = ended(ValueError(f"not found in {NOTEBOOK}"), notebookId=secret(NOTEBOOK))
    assert context.details.endswith("ValueError: not found in [secret]")
    assert NOTEBOOK not in context.details


def test_a_resource_that_is_awaiting_says_so_in_the_status() -> None:
    message = "not decided yet: " + "x" * 200  # longer than one byte of a length can say
    context = ended(Awaiting(message))
    assert (context.code, context.details) == (grpc.StatusCode.UNKNOWN, message)
    ((name, status),) = context.metadata
    assert name == awaiting.METADATA
    from google.protobuf.internal.decoder import _DecodeVarint32  # type: ignore[attr-defined]

    assert status[:3] == b"\x08\x02\x12"
    length, start = _DecodeVarint32(status, 3)
    assert status[start : start + length].decode() == message
    assert status.endswith(b"type.googleapis.com/pulumirpc.ErrorResourceAwaitFailed")


# --- many at once


def test_equal_lookups_of_one_moment_share_their_requests(clouds: MockClouds, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that come while one is under way share the next: so all of them cost two."""
    from pulumi_nbcloud.native.functions import Functions

    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)

    async def look() -> list[Any]:
        process = Process(clouds.environment())
        functions = Functions(process)
        try:
            lookups = (functions.invoke(LOOKUP, {"notebook_id": NOTEBOOK}) for _ in range(200))
            return list(await asyncio.gather(*lookups))
        finally:
            await process.aclose()

    found = asyncio.run(look())
    assert [each["running"] for each in found] == [True] * 200
    assert len(looked_at(clouds)) <= 2
