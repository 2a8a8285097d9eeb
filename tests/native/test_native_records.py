"""Read resources of the plugin, over the wire."""

from __future__ import annotations

from typing import Any

import pytest
from lease_support import LEASE, NOTEBOOK, STATE, looked_at, notebook
from plugin_process import UNKNOWN, Plugin, details_of, plain, secret, struct, urn_of
from pulumi.runtime.proto import provider_pb2

from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.mock.aidp.service import DEFAULT_PLATFORM, DEFAULT_WORKSPACE
from pulumi_nbcloud.native.names import camel

SESSION = "0b9c2f6e-4a70-4a0e-9d0e-2c6f8d1e7a55"
URN = urn_of("nbcloud:modelarts:NotebookLease")
SOME, NONE = provider_pb2.DiffResponse.DIFF_SOME, provider_pb2.DiffResponse.DIFF_NONE


def recorded(properties: Any) -> dict[str, Any]:
    """What a record holds, without the endpoint of the mock and without nulls."""
    return {name: value for name, value in plain(properties).items() if value is not None and name != "endpoint"}


def test_what_was_read_is_stored_and_read_again_before_each_update(plugin: Plugin, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    inputs = plain(plugin.check(URN, {"notebookId": NOTEBOOK}).inputs)
    assert inputs == {"notebookId": NOTEBOOK}
    created = plugin.create(URN, inputs)
    assert created.id == NOTEBOOK
    assert recorded(created.properties) == {camel(name): value for name, value in STATE.items()}
    assert created.refresh_before_update


def test_a_preview_reads_too_and_knows_what_it_can(plugin: Plugin, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    known = plugin.create(URN, {"notebookId": NOTEBOOK}, preview=True)
    assert recorded(known.properties)["running"] is True
    unknown = plain(plugin.create(URN, {"notebookId": UNKNOWN}, preview=True).properties)
    assert {unknown["running"], unknown["notebookId"], unknown["expireTime"]} == {UNKNOWN}
    assert looked_at(clouds) == [1]


def test_get_needs_no_more_than_the_id(plugin: Plugin, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    read = plugin.read(URN, NOTEBOOK, {})
    assert read.id == NOTEBOOK
    assert recorded(read.properties)["expireTime"] == STATE["expire_time"]
    assert plain(read.inputs) == {"notebookId": NOTEBOOK}
    assert not read.refresh_before_update  # each run reads it anyway


def test_a_refresh_shows_what_has_changed(plugin: Plugin, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, status="STOPPED")
    state = {"notebookId": NOTEBOOK, "running": True}
    read = plugin.read(URN, NOTEBOOK, state, {"notebookId": NOTEBOOK})
    assert recorded(read.properties)["running"] is False
    assert read.refresh_before_update
    assert plain(read.inputs) == {"notebookId": NOTEBOOK}


def test_what_is_gone_gives_an_empty_answer(plugin: Plugin) -> None:
    read = plugin.read(URN, NOTEBOOK, {}, {"notebookId": NOTEBOOK})
    assert (read.id, plain(read.properties), plain(read.inputs)) == ("", {}, {})


def test_where_not_found_proves_nothing_it_is_an_error(plugin: Plugin) -> None:
    identity = "/".join((DEFAULT_PLATFORM, DEFAULT_WORKSPACE, SESSION))
    text = details_of(lambda: plugin.read(urn_of("nbcloud:aidp:NotebookSession"), identity, {}))
    assert "response: HTTP 404" in text


def test_another_thing_is_another_resource(plugin: Plugin) -> None:
    one, other = {"notebookId": notebook(1)}, {"notebookId": notebook(2)}
    moved = plugin.diff(URN, one, one, other)
    assert (moved.changes, list(moved.replaces), list(moved.diffs)) == (SOME, ["notebookId"], ["notebookId"])
    profiled = plugin.diff(URN, one, one, {**one, "profile": "other"})
    assert (profiled.changes, list(profiled.replaces), list(profiled.diffs)) == (SOME, [], ["profile"])
    assert plugin.diff(URN, one, one, one).changes == NONE


def test_what_a_program_cannot_give_is_refused_by_name(plugin: Plugin) -> None:
    def failures(**inputs: Any) -> list[str]:
        return [each.reason.split("\n")[0] for each in plugin.check(URN, inputs).failures]

    assert failures() == ["modelarts:NotebookLease: notebookId is missing"]
    assert failures(notebook_id=NOTEBOOK) == ["notebook_id is not an argument; did you mean notebookId?"]
    assert failures(notebookId=NOTEBOOK, expiry="") == [
        "modelarts:NotebookLease: expiry is not an argument; known are notebookId, profile"
    ]
    assert failures(notebookId=UNKNOWN, expiry="")
    assert failures(notebookId=UNKNOWN) == []


def test_the_inputs_that_are_secret_stay_so_and_no_error_shows_them(plugin: Plugin, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    inputs = {"notebookId": secret(NOTEBOOK)}
    assert plain(plugin.check(URN, inputs).inputs) == inputs
    assert plain(plugin.create(URN, inputs).properties)["notebookId"] == secret(NOTEBOOK)
    read = plugin.read(URN, NOTEBOOK, inputs, inputs)
    assert plain(read.inputs) == inputs
    assert plain(read.properties)["notebookId"] == secret(NOTEBOOK)
    text = details_of(lambda: plugin.create(URN, {"notebookId": secret(notebook(2))}))
    assert "[secret]" in text
    assert notebook(2) not in text


@pytest.mark.parametrize("include", [False, True])
def test_what_moves_by_itself_is_left_out_by_default(include: bool, plugin: Plugin, clouds: MockClouds) -> None:
    clouds.aidp.put_session(SESSION)
    urn = urn_of("nbcloud:aidp:NotebookSession")
    given = {"aiDataPlatformId": DEFAULT_PLATFORM, "workspaceKey": DEFAULT_WORKSPACE, "sessionId": SESSION}
    inputs = plain(plugin.check(urn, {**given, **({"includeVolatile": True} if include else {})}).inputs)
    assert inputs["includeVolatile"] is include
    stored = plain(plugin.create(urn, inputs).properties)
    assert (stored["kernel"]["connections"] is not None) is include
    assert (stored["etag"] is not None) is include


def test_an_id_says_all_that_a_session_is_read_by(plugin: Plugin, clouds: MockClouds) -> None:
    clouds.aidp.put_session(SESSION)
    urn = urn_of("nbcloud:aidp:NotebookSession")
    identity = "/".join((DEFAULT_PLATFORM, DEFAULT_WORKSPACE, SESSION))
    read = plugin.read(urn, identity, {})
    assert plain(read.inputs) == {
        "aiDataPlatformId": DEFAULT_PLATFORM,
        "workspaceKey": DEFAULT_WORKSPACE,
        "sessionId": SESSION,
        "includeVolatile": False,
    }
    assert details_of(lambda: plugin.read(urn, SESSION, {})) == (
        f"aidp:NotebookSession {SESSION}: the id has 1 of 3 parts\n"
        "hint: write AI_DATA_PLATFORM_ID/WORKSPACE_KEY/SESSION_ID"
    )


def test_an_id_and_arguments_must_fit(plugin: Plugin, clouds: MockClouds) -> None:
    text = details_of(lambda: plugin.read(URN, notebook(2), {"notebookId": NOTEBOOK}))
    assert text.startswith(f"modelarts:NotebookLease {notebook(2)}: the id is not the one of the arguments\n")
    assert clouds.requests == []


def test_to_delete_a_record_touches_nothing(plugin: Plugin, clouds: MockClouds) -> None:
    plugin.stub.Delete(provider_pb2.DeleteRequest(id=NOTEBOOK, urn=URN, properties=struct({"notebookId": NOTEBOOK})))
    assert clouds.requests == []


def test_a_value_that_is_no_bool_is_refused(plugin: Plugin) -> None:
    urn = urn_of("nbcloud:aidp:NotebookSession")
    (failure,) = plugin.check(urn, {"includeVolatile": "yes"}).failures
    assert failure.reason.startswith("aidp:NotebookSession: includeVolatile must be true or false\n")


def test_another_profile_reads_again(plugin: Plugin, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    updated = plugin.update(URN, {"notebookId": NOTEBOOK, "running": False}, {"notebookId": NOTEBOOK})
    assert recorded(updated.properties)["running"] is True
    assert updated.refresh_before_update
