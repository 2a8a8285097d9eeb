"""Reads over the wire of the SDK's provider process: what arrives, what is answered, and how get and refresh differ."""

from __future__ import annotations

import json
from typing import Any

import pytest
from lease_support import CREATED, LEASE, NOTEBOOK, STATE, STATE_STOPPED, notebook
from provider_process import (
    ProviderProcess,
    check_request,
    create_request,
    delete_request,
    diff_request,
    get_request,
    old_get_request,
    read_blob,
    refresh_request,
    secret,
    stored_request,
)
from pulumi.runtime.proto import provider_pb2
from pulumi.runtime.rpc import UNKNOWN

from pulumi_nbcloud.mock import MockClouds

INPUTS = {"notebook_id": NOTEBOOK}


def whole(properties: dict[str, Any]) -> dict[str, Any]:
    """Properties without what differs from run to run; nulls are kept, to see that they are there."""
    return {name: value for name, value in properties.items() if name not in ("__provider", "endpoint")}


def test_get_answers_the_state_and_keeps_the_provider(shared: ProviderProcess, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    id_, properties = shared.read(get_request(INPUTS))
    assert id_ == NOTEBOOK
    assert properties["__provider"] == read_blob()
    assert properties["endpoint"] == clouds.url
    assert whole(properties) == STATE
    assert [entry.target for entry in clouds.requests] == [f"/v1/mock-project/notebooks/{NOTEBOOK}/lease"]


def test_numbers_are_written_as_whole_numbers(shared: ProviderProcess, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    _, properties = shared.read(get_request(INPUTS))
    assert [properties[name] for name in ("create_at", "update_at", "duration")] == [CREATED, CREATED, 3_600_000]


def test_a_notebook_that_does_not_run_is_a_state(shared: ProviderProcess, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, status="STOPPED")
    _, properties = shared.read(get_request(INPUTS))
    assert whole(properties) == STATE_STOPPED


@pytest.mark.parametrize("stored", [STATE, STATE_STOPPED], ids=["running", "stopped"])
def test_refresh_takes_stored_floats_and_missing_nulls(
    stored: dict[str, Any], shared: ProviderProcess, clouds: MockClouds
) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    floats = {name: float(value) if type(value) is int else value for name, value in stored.items()}
    id_, properties = shared.read(refresh_request(floats))
    assert id_ == NOTEBOOK
    assert whole(properties) == STATE
    assert properties["__provider"] == read_blob()


def test_a_state_from_before_0_1_0_calls_the_endpoint_of_hpcai_base_url(
    shared: ProviderProcess, clouds: MockClouds
) -> None:
    clouds.hpcai.put_instance("a")
    before = {"instance_id": "a", "base_url": "https://hpc-ai.com", "status": "Running"}
    id_, properties = shared.read(stored_request(before, read_blob("hpcai:Instance"), "a"))
    assert (id_, properties["instance_id"], properties["endpoint"]) == ("a", "a", clouds.url)
    assert "base_url" not in properties


@pytest.mark.parametrize("request_of", [get_request, old_get_request], ids=["now", "older engine"])
def test_get_of_a_gone_notebook_raises(request_of: Any, shared: ProviderProcess, clouds: MockClouds) -> None:
    text = shared.failure("Read", request_of(INPUTS))
    assert "the notebook does not exist" in text
    assert clouds.request_count() == 1


@pytest.mark.parametrize("stored", [STATE, STATE_STOPPED], ids=["running", "stopped"])
def test_refresh_of_a_gone_notebook_answers_an_empty_id(
    stored: dict[str, Any], shared: ProviderProcess, clouds: MockClouds
) -> None:
    id_, properties = shared.read(refresh_request(stored))
    assert id_ == ""
    assert set(properties) == {"__provider"}
    assert clouds.request_count() == 1


@pytest.mark.parametrize(
    ("status", "body", "headers", "word"),
    [
        (401, '{"error_code": "APIGW.0301", "error_msg": "no"}', {}, "refuses the credentials"),
        (403, '{"error_code": "ModelArts.0210", "error_msg": "no"}', {}, "may not read this"),
        (500, "{}", {}, "cannot answer now"),
        (404, "<html>not here</html>", {"Content-Type": "text/html"}, "neither a result nor one of"),
        (404, '{"error_code": "APIGW.0101", "error_msg": "no such API"}', {}, "does not know the API"),
        (200, "{}", {}, "not a lease"),
        (302, "", {"Location": "https://login.example.com/"}, "redirects"),
    ],
)
def test_refresh_never_takes_another_failure_for_gone(
    status: int, body: str, headers: dict[str, str], word: str, clouds: MockClouds
) -> None:
    clouds.faults.add(service="modelarts", status=status, body=body, headers=headers)
    with ProviderProcess(clouds.environment()) as process:
        text = process.failure("Read", refresh_request(STATE))
    assert word in text
    assert clouds.request_count() == 1


def test_refused_credentials_are_sent_once_a_process(clouds: MockClouds) -> None:
    environment = {**clouds.environment(), "NBCLOUD_MODELARTS_SECRET_KEY": "wrong"}
    with ProviderProcess(environment) as process:
        first = process.failure("Read", get_request(INPUTS))
        second = process.failure("Read", refresh_request(STATE))
    assert "refuses the credentials" in first
    assert "refuses the credentials" in second
    assert clouds.request_count() == 1


@pytest.mark.parametrize(
    "inputs", [{}, {"notebook_id": None}, {"notebook_id": UNKNOWN}], ids=["none", "null", "unknown"]
)
@pytest.mark.parametrize("id_", [NOTEBOOK, UNKNOWN])
def test_an_unknown_notebook_is_never_asked_for(
    inputs: dict[str, Any], id_: str, shared: ProviderProcess, clouds: MockClouds
) -> None:
    text = shared.failure("Read", get_request(inputs, id_))
    assert text.startswith("modelarts:NotebookLease: notebook_id is missing")
    assert clouds.request_count() == 0


def test_an_id_that_is_not_that_of_the_arguments_is_refused(shared: ProviderProcess, clouds: MockClouds) -> None:
    other = notebook(2)
    assert "the id is not the one of the arguments" in shared.failure("Read", get_request(INPUTS, other))
    assert clouds.request_count() == 0


@pytest.mark.parametrize("id_", [NOTEBOOK, UNKNOWN])
def test_check_and_diff_pass_unknowns_and_touch_nothing(id_: str, shared: ProviderProcess, clouds: MockClouds) -> None:
    news = {"notebook_id": id_, "profile": UNKNOWN}
    checked = shared.call("Check", check_request(news, read_blob()))
    assert not checked.failures
    assert dict(checked.inputs) == {**news, "__provider": read_blob()}
    difference = shared.call("Diff", diff_request(STATE, news, read_blob()))
    assert difference.changes == provider_pb2.DiffResponse.DIFF_NONE
    assert not difference.replaces
    shared.call("Delete", delete_request(STATE, read_blob()))
    assert clouds.request_count() == 0


def test_a_read_resource_is_never_created(shared: ProviderProcess, clouds: MockClouds) -> None:
    text = shared.failure("Create", create_request(INPUTS, read_blob()))
    assert text == (
        "modelarts:NotebookLease is only read, never created\n"
        "hint: use the class of pulumi_nbcloud, which reads it by its id"
    )
    assert clouds.request_count() == 0


def test_the_profile_decides_which_account_is_asked(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, project_id="other-project", **LEASE)
    environment = {**clouds.environment(), **clouds.environment("other")}
    with ProviderProcess(environment) as process:
        _, got = process.read(get_request({**INPUTS, "profile": "other"}))
        assert "the notebook does not exist" in process.failure("Read", get_request(INPUTS))
        _, refreshed = process.read(refresh_request(whole(got)))
    assert whole(got) == {**STATE, "project_id": "other-project", "profile": "other"}
    assert whole(refreshed) == whole(got)


def test_config_is_read_and_its_secrets_are_in_no_response(clouds: MockClouds) -> None:
    canary = "canary-3c9e51-secret-key"
    clouds.modelarts.add_account("CANARYKEY", canary, projects=["mock-project"])
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    settings = {**clouds.settings()["modelarts"], "accessKey": "CANARYKEY", "secretKey": canary}
    with ProviderProcess(config={"nbcloud:modelarts": secret(json.dumps(settings))}) as process:
        _, properties = process.read(get_request(INPUTS))
        clouds.modelarts.delete_lease(NOTEBOOK)
        process.failure("Read", get_request(INPUTS))
        process.read(refresh_request(STATE))
        process.failure("Read", get_request({"notebook_id": "no"}))
        clouds.modelarts.add_account("CANARYKEY", "rotated", projects=["mock-project"])
        assert "refuses the credentials" in process.failure("Read", get_request(INPUTS))
        assert whole(properties) == STATE
        assert [entry.access_key for entry in clouds.requests] == ["CANARYKEY"] * 4
        assert process.interrupt() == 0
        said = "".join(process.responses) + process.errors()
    assert canary not in said


def test_the_process_ends_in_silence_after_reads(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK)
    with ProviderProcess(clouds.environment()) as process:
        process.read(get_request(INPUTS))
        assert process.interrupt() == 0
        assert process.errors() == ""
