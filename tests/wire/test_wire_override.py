"""Overrides over the wire of the SDK's provider process: what Check refuses, what an update makes of one."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from gate_wire import ID, URN, create, gate, stored
from google.protobuf.json_format import MessageToDict
from lease_support import LEASE, lease_target, notebook
from provider_process import (
    FakeEngine,
    ProviderProcess,
    check_request,
    create_request,
    gate_blob,
    secret,
    update_request,
)
from pulumi.runtime.proto import engine_pb2
from pulumi.runtime.rpc import UNKNOWN

from pulumi_nbcloud.mock import MockClouds

KEY, VARIABLE = "nbcloud:overrides", "NBCLOUD_OVERRIDES"
REASON = "the API is down, ticket 4711"


def ahead(hours: float = 1.0) -> str:
    return (datetime.now(timezone.utc) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def overrides(reason: str = REASON, urn: str = URN, hours: float = 1.0) -> str:
    """As the engine hands an object of the stack's config to a provider, and as the environment holds it."""
    return json.dumps({urn: {"reason": reason, "until": ahead(hours)}})


def problems(process: ProviderProcess, **inputs: Any) -> list[str]:
    response = process.call("Check", check_request(gate(**inputs), gate_blob()))
    return [each.reason for each in response.failures]


def down(clouds: MockClouds) -> None:
    clouds.faults.add(service="modelarts", status=503, count=1_000)


def test_a_gate_is_overridden_after_one_failed_poll_and_says_so_everywhere(clouds: MockClouds) -> None:
    down(clouds)
    with (
        FakeEngine() as engine,
        ProviderProcess(clouds.environment(), {KEY: overrides()}, engine=engine.address) as process,
    ):
        assert problems(process) == []
        assert clouds.request_count() == 0
        outputs = create(process, gate())
    assert (outputs["outcome"], outputs["polls"], outputs["states"]) == ("overridden", 1, {})
    assert "met_time" not in outputs
    message = re.sub(r"\d{4}-[\d-]+T[\d:]+Z", "END", outputs["message"])
    assert re.sub(r"after \d+s", "after Ns", message).startswith(
        f'modelarts:NotebookLease {notebook()}: overridden after Ns of 30m; override: "{REASON}", until END, by Pulumi '
        "config nbcloud:overrides; overrode: unreachable; reason: a poll failed, and with an override in force one is "
        "enough; expected: self.running; actual: nothing yet; last error: the cloud cannot answer now; polls: 1 (HTTP "
    )
    (warning,) = [each.message for each in engine.logs if each.severity == engine_pb2.WARNING]
    assert f'\n  override: "{REASON}", until ' in warning
    assert warning.endswith("\nhint: check the thing itself; the next run waits again")
    # Calls to an engine overtake each other.
    row = re.compile(rf'overridden after \d+s, 1 poll: "{REASON}", until \S+Z')
    assert [bool(row.fullmatch(each)) for each in engine.messages(URN)].count(True) == 1


@pytest.mark.parametrize("answer", ["STOPPED", "FROZEN", None], ids=["not met", "failed", "missing"])
def test_a_cloud_that_answers_is_not_overridden(clouds: MockClouds, answer: str | None) -> None:
    if answer is not None:
        clouds.modelarts.put_lease(notebook(), status=answer)
    with ProviderProcess(clouds.environment(), {KEY: overrides()}) as process:
        text = process.failure("Create", create_request(gate(timeout="0"), gate_blob()))
    assert "\n  override: not applied: it covers only waits whose last poll got no usable response" in text
    assert "to go on without a response" not in text


def test_credentials_that_are_refused_are_not_overridden(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(), **LEASE)
    clouds.modelarts.deny(clouds.settings()["modelarts"]["accessKey"])
    with ProviderProcess(clouds.environment(), {KEY: overrides()}) as process:
        text = process.failure("Create", create_request(gate(), gate_blob()))
    assert "unauthorized after " in text
    assert "\n  override: not applied: it covers only " in text


def test_neither_missing_settings_nor_a_wrong_condition_is_overridden(clouds: MockClouds) -> None:
    down(clouds)
    with ProviderProcess({}, {KEY: overrides()}) as process:
        text = process.failure("Create", create_request(gate(), gate_blob()))
        assert text.startswith("no credentials for modelarts")
        (reason,) = problems(process, until="self.runing")
        assert reason.startswith("until: self.runing is not a field")
    assert clouds.request_count() == 0


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("{", "Pulumi config nbcloud:overrides must be a JSON object"),
        ('{"*": {}}', "Pulumi config nbcloud:overrides has the key '*', which is not the URN of a gate"),
        (overrides(hours=25), "the override of the gate ready in Pulumi config nbcloud:overrides ends more than 24 h"),
        (overrides(reason=" "), "the override of the gate ready in Pulumi config nbcloud:overrides needs a reason"),
    ],
)
def test_what_cannot_be_right_is_refused_in_preview_and_before_a_poll(
    clouds: MockClouds, value: str, problem: str
) -> None:
    clouds.modelarts.put_lease(notebook(), **LEASE)
    with ProviderProcess(clouds.environment(), {KEY: value}) as process:
        (reason,) = problems(process)
        assert reason.startswith(problem)
        assert "\nhint: " in reason
        # Time has passed since Check, so it is checked again.
        assert process.failure("Create", create_request(gate(), gate_blob())).startswith(problem)
    assert clouds.request_count() == 0


def test_a_gate_that_may_not_be_overridden_refuses_it(clouds: MockClouds) -> None:
    problem = "Pulumi config nbcloud:overrides overrides the gate ready, whose overridable is False\nhint: remove it"
    with ProviderProcess(clouds.environment(), {KEY: overrides()}) as process:
        assert [each[: len(problem)] for each in problems(process, overridable=False)] == [problem]
        assert problems(process, overridable=True) == problems(process, overridable=UNKNOWN) == []
        text = process.failure("Create", create_request(gate(overridable=False), gate_blob()))
        assert text.startswith(problem)
    assert clouds.request_count() == 0


def test_the_environment_overrides_only_gates_that_take_it(clouds: MockClouds) -> None:
    down(clouds)
    with ProviderProcess({**clouds.environment(), VARIABLE: overrides()}) as process:
        (reason,) = problems(process)
        assert reason.startswith(
            "the environment variable NBCLOUD_OVERRIDES overrides the gate ready, which only the stack's config may"
        )
        text = process.failure("Create", create_request(gate(), gate_blob()))
        assert text.startswith(reason.partition("\n")[0])
        assert clouds.request_count() == 0
        assert problems(process, overridable=True) == []
        assert create(process, gate(overridable=True))["outcome"] == "overridden"


def test_one_that_has_ended_is_said_and_not_applied(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(), **LEASE)
    config = {KEY: overrides(hours=-1)}
    with FakeEngine() as engine, ProviderProcess(clouds.environment(), config, engine=engine.address) as process:
        assert problems(process) == problems(process, overridable=False) == []
        assert create(process, gate())["outcome"] == "met"
        (warning,) = [each.message for each in engine.logs if each.severity == engine_pb2.WARNING]
        assert re.fullmatch(
            r"the override in Pulumi config nbcloud:overrides ended at \S+Z and is not applied: remove it there",
            warning,
        )
        down(clouds)
        text = process.failure("Create", create_request(gate(max_poll_errors=1), gate_blob()))
    assert "\n  override: not applied: it ended at " in text
    assert "; to go on without a response, for an hour:\n  pulumi config set-all --stack test --path " in text


def test_a_gate_that_was_overridden_waits_in_the_next_update_whatever_is_in_force(clouds: MockClouds) -> None:
    olds = stored(gate(), "overridden")
    down(clouds)
    with ProviderProcess(clouds.environment(), {KEY: overrides("it is still down")}) as process:
        outputs = MessageToDict(process.call("Update", update_request(olds, gate(), gate_blob(), ID)))["properties"]
        assert outputs["outcome"] == "overridden"
        assert '"it is still down"' in outputs["message"]
        clouds.faults.clear()
        clouds.modelarts.put_lease(notebook(), **LEASE)
        outputs = MessageToDict(process.call("Update", update_request(olds, gate(), gate_blob(), ID)))["properties"]
        assert outputs["outcome"] == "met"
        assert "message" not in outputs


def test_another_gate_of_the_stack_is_not_overridden(clouds: MockClouds) -> None:
    down(clouds)
    with ProviderProcess(clouds.environment(), {KEY: overrides(urn=f"{URN}-too")}) as process:
        text = process.failure("Create", create_request(gate(max_poll_errors=2), gate_blob()))
    assert "unreachable after " in text
    assert "\n  polls: 2\n" in text
    assert "override: " not in text


def test_the_hint_is_not_there_where_the_gate_may_not_be_overridden(clouds: MockClouds) -> None:
    down(clouds)
    with ProviderProcess(clouds.environment()) as process:
        text = process.failure("Create", create_request(gate(max_poll_errors=1, overridable=False), gate_blob()))
        assert text.endswith(
            "\nhint: check the network, the endpoint and the vendor's status page; the next run waits again"
        )
        shown = process.failure("Create", create_request(gate(max_poll_errors=1), gate_blob()))
    command = shown.partition("to go on without a response, for an hour:\n  ")[2]
    assert re.fullmatch(
        r"pulumi config set-all --stack test --path "
        r"--plaintext 'nbcloud:overrides\[\"urn:pulumi:test:'':probe:'':pulumi-python:dynamic/nbcloud:Gate:'':ready\"\]"
        r"\.reason=no usable response' "
        r"--plaintext 'nbcloud:overrides\[\"urn:pulumi:test:'':probe:'':pulumi-python:dynamic/nbcloud:Gate:'':ready\"\]"
        r"\.until=\S+Z'",
        command,
    )


HOSTILE = "<{%boom%}> ##vso[task.complete] ##[error]x\n::error::y\x1b[2J\u202e"


def test_a_reason_acts_on_no_display_and_shows_no_secret(clouds: MockClouds) -> None:
    down(clouds)
    reason = f"{HOSTILE} of {notebook()}"
    inputs = gate(secret_inputs=["targets.self.notebook_id"])
    config = {KEY: overrides(reason)}
    with FakeEngine() as engine, ProviderProcess(clouds.environment(), config, engine=engine.address) as process:
        outputs = create(process, inputs)
    shown = '"?{%boom%}> ?#vso[task.complete] ?#[error]x ?:error::y?[2J? of '
    texts = [each.message for each in engine.logs]
    assert [shown in each for each in texts if "overridden" in each] == [True, True]
    assert not [each for each in texts if notebook() in each]
    assert [f"{shown}[secret]" in each for each in texts if "overridden" in each] == [True, True]
    # Secret as a whole, because it names the target.
    assert outputs["message"].keys() == secret("").keys()
    assert shown in outputs["message"]["value"]


def test_two_gates_one_of_them_overridden(clouds: MockClouds) -> None:
    clouds.faults.add(service="modelarts", status=503, count=1_000, match=notebook(1))
    clouds.modelarts.put_lease(notebook(2), **LEASE)
    other = {"targets": {"self": lease_target(2)}, "status_urn": URN.replace("ready", "other")}
    with ProviderProcess(clouds.environment(), {KEY: overrides()}) as process:
        assert create(process, gate())["outcome"] == "overridden"
        assert create(process, other)["outcome"] == "met"
