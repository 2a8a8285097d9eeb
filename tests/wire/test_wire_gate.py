"""Creating a gate over the wire of the SDK's provider process: when it waits, what it answers, how it ends."""

from __future__ import annotations

import re
from typing import Any

import pytest
from gate_wire import EXPECTED, MOMENT, URN, create, gate, timeless
from lease_support import LEASE, RUNNING, STATE, STOPPED, lease_target, looked_at, notebook
from nbcloud_support import LIMIT_SECONDS, eventually
from provider_process import (
    FakeEngine,
    ProviderProcess,
    create_request,
    gate_blob,
)
from pulumi.runtime.proto import engine_pb2

from pulumi_nbcloud.mock import MockClouds


def test_a_create_waits_and_answers_what_it_saw(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(), status="STOPPED", **LEASE)
    clouds.modelarts.add_transition(notebook(), status="RUNNING", after_reads=1)
    inputs = gate(interval="1s", timeout="10m", triggers=[1, 2.5, "a", {"b": True}], fail_on=False)
    with ProviderProcess(clouds.environment()) as process:
        outputs = create(process, inputs)
    assert clouds.request_count() == 2
    assert {name: outputs.pop(name) for name in inputs} == inputs
    met_time, elapsed = outputs.pop("met_time"), outputs.pop("elapsed_seconds")
    assert MOMENT.fullmatch(met_time)
    assert 0.5 < elapsed < LIMIT_SECONDS
    first, second = outputs.pop("transitions")
    assert MOMENT.fullmatch(first.pop("time"))
    assert second == {"time": met_time, "target": "self", "observed": RUNNING}
    assert first == {"target": "self", "observed": STOPPED}
    assert outputs == {
        "outcome": "met",
        "polls": 2,
        "states": {"self": {**STATE, "not_running_reason": None, "earliest_stop_time": None, "endpoint": clouds.url}},
        "transition_count": 2,
    }


def test_several_targets_are_looked_at_together_and_kept_by_name(shared: ProviderProcess, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(1), **LEASE)
    clouds.modelarts.put_lease(notebook(2), project_id="other-project", **LEASE)
    inputs = {"targets": {"one": lease_target(1), "two": lease_target(3)}, "until": "one.running", "timeout": "0"}
    outputs = create(shared, inputs)
    assert sorted(looked_at(clouds)) == [1, 3]
    assert set(outputs["states"]) == {"one"}
    assert {each["target"]: each["observed"] for each in outputs["transitions"]} == {"one": RUNNING, "two": "not found"}


def test_each_gate_has_its_own_id(shared: ProviderProcess, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook())
    ids = {shared.call("Create", create_request(gate(), gate_blob())).id for _ in range(3)}
    assert len(ids) == 3


REQUEST = "(request id ID)"
LOOK = (
    "look at the notebook's events in the ModelArts console "
    "(https://support.huaweicloud.com/intl/zh-cn/devtool-modelarts/devtool-modelarts_0230.html)"
)


@pytest.mark.parametrize(
    ("lease", "inputs", "message", "hint"),
    [
        (
            {"status": "FROZEN"},
            {},
            (
                f'failed after Ns of 30m; reason: self.not_running_reason == "FROZEN" holds; {EXPECTED}: '
                f"running=false, not_running_reason=FROZEN (Ns ago); polls: 1 {REQUEST}"
            ),
            f"{LOOK}; run again once it is fixed",
        ),
        (
            LEASE,
            {"until": "!self.running", "fail_on": 'self.type == "TIMING"'},
            (
                'failed after Ns of 30m; reason: self.type == "TIMING" holds; expected: !self.running; '
                f"actual: {RUNNING} (Ns ago); polls: 1 {REQUEST}"
            ),
            f"{LOOK}; run again once it is fixed",
        ),
        (
            {"status": "STOPPED"},
            {"timeout": "0"},
            f"timed out after Ns; {EXPECTED}: {STOPPED} (Ns ago); polls: 1 {REQUEST}",
            f"{LOOK}; or give a longer timeout; the next run waits again",
        ),
        (
            {"status": "STOPPED"},
            {"until": "self.duration > 5", "timeout": "0"},
            (
                "timed out after Ns; expected: self.duration > 5; not met: duration is null; actual: "
                f"{STOPPED} (Ns ago); polls: 1 {REQUEST}"
            ),
            f"{LOOK}; or give a longer timeout; the next run waits again",
        ),
        (
            None,
            {"timeout": "0"},
            f"never appeared after Ns of 0s; {EXPECTED}: not found (Ns ago); polls: 1 {REQUEST}",
            "check its id, the project and the region",
        ),
        (
            LEASE,
            {"until": "int(self.type) > 3"},
            (
                "bad condition after Ns of 30m; reason: 'TIMING' is no int; expected: int(self.type) > 3; "
                f"actual: {RUNNING} (Ns ago); polls: 1 {REQUEST}"
            ),
            "correct the condition; fields that may be absent can be asked for with has()",
        ),
    ],
    ids=["failed", "failed by fail_on", "timed out", "undecided", "never appeared", "bad condition"],
)
def test_how_a_wait_ended_is_said(
    lease: dict[str, Any] | None,
    inputs: dict[str, Any],
    message: str,
    hint: str,
    shared: ProviderProcess,
    clouds: MockClouds,
) -> None:
    if lease is not None:
        clouds.modelarts.put_lease(notebook(), **lease)
    text = shared.failure("Create", create_request(gate(**inputs), gate_blob()))
    assert timeless(text) == f"modelarts:NotebookLease {notebook()}: {message}\nhint: {hint}"
    assert clouds.requests[-1].request_id in text
    assert clouds.request_count() == 1


def test_what_was_there_and_is_deleted_meanwhile_is_gone(shared: ProviderProcess, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(), status="STOPPED")
    clouds.modelarts.add_transition(notebook(), status="DELETED", after_reads=1)
    text = shared.failure("Create", create_request(gate(interval="1s", timeout="1s"), gate_blob()))
    # The jitter decides whether another poll fits in before the last.
    assert re.sub(r"polls: [23] ", "polls: N ", timeless(text)) == (
        f"modelarts:NotebookLease {notebook()}: gone after Ns of 1s; {EXPECTED}: not found (Ns ago); "
        f"polls: N {REQUEST}\n"
        "hint: it was there and was deleted while the wait went on; create it again or correct the id"
    )


def test_a_cloud_that_cannot_answer_is_unreachable(shared: ProviderProcess, clouds: MockClouds) -> None:
    clouds.faults.add(service="modelarts", status=500)
    text = shared.failure("Create", create_request(gate(timeout="0"), gate_blob()))
    text, _, command = text.rpartition("; to go on without a response, for an hour:\n  ")
    assert command.startswith("pulumi config set-all ")
    assert timeless(text) == (
        f"modelarts:NotebookLease {notebook()}: unreachable after Ns of 0s; {EXPECTED}: nothing yet; "
        "last error: the cloud cannot answer now; polls: 1 "
        f"(HTTP 500, GET {clouds.url}{clouds.requests[0].target}, request id ID)\n"
        "hint: check the network, the endpoint and the vendor's status page; the next run waits again"
    )


def test_a_cloud_that_asks_to_wait_beyond_the_deadline_is_not_waited_for(
    shared: ProviderProcess, clouds: MockClouds
) -> None:
    clouds.faults.add(service="modelarts", status=429, headers={"Retry-After": "86400"})
    text = shared.failure("Create", create_request(gate(timeout="1h"), gate_blob()))
    assert "unreachable after Ns of 1h; reason: the cloud asks to wait 86400 s, beyond the deadline; " in timeless(text)
    assert clouds.request_count() == 1


def test_refused_credentials_end_it_at_once_and_are_not_sent_again(clouds: MockClouds) -> None:
    environment = {**clouds.environment(), "NBCLOUD_MODELARTS_SECRET_KEY": "wrong"}
    clouds.modelarts.put_lease(notebook())
    with ProviderProcess(environment) as process:
        texts = [process.failure("Create", create_request(gate(), gate_blob())) for _ in range(2)]
    assert clouds.request_count() == 1
    # The second says when it was, because nothing was sent now.
    assert [timeless(text) for text in texts] == [
        (
            f"modelarts:NotebookLease {notebook()}: unauthorized after Ns of 30m; {EXPECTED}: nothing yet; last error: "
            'the cloud refuses the credentials: "Incorrect IAM authentication information: the signature does not '
            'match"; '
            f"polls: 1 (HTTP 401 APIGW.0301, GET {clouds.url}{clouds.requests[0].target}, request id ID)\n"
            f"hint: {when}check access key, secret key and security token; they are not sent again until they change"
        )
        for when in ("", "refused at MOMENT; ")
    ]


def test_a_missing_permission_ends_it_at_once(shared: ProviderProcess, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook())
    clouds.modelarts.deny("MOCKACCESSKEY0000001")
    text = shared.failure("Create", create_request(gate(), gate_blob()))
    assert f": unauthorized after Ns of 30m; {EXPECTED}: nothing yet; last error: " in timeless(text)
    assert "may not read this" in text
    assert "Traceback" not in text
    assert clouds.request_count() == 1


def test_missing_settings_and_bad_inputs_are_their_message_and_hint(
    shared: ProviderProcess, clouds: MockClouds
) -> None:
    inputs = gate(targets={"self": lease_target(profile="nope")})
    message, hint = shared.failure("Create", create_request(inputs, gate_blob())).split("\n")
    assert message.startswith("no credentials for modelarts in profile nope; looked in ")
    assert hint.startswith("hint: set NBCLOUD_PROFILE_NOPE_MODELARTS_ACCESS_KEY")
    text = shared.failure("Create", create_request(gate(until="self.runing"), gate_blob()))
    assert text.startswith("until: self.runing is not a field of modelarts:NotebookLease; did you mean self.running?\n")
    assert "Traceback" not in text
    assert clouds.request_count() == 0


def test_an_advisory_gate_that_is_not_met_is_created_with_a_warning_on_its_row(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(), status="STOPPED")
    with FakeEngine() as engine, ProviderProcess(clouds.environment(), engine=engine.address) as process:
        outputs = create(process, gate(timeout="0", enforcement="advisory"))
        eventually(lambda: any(each.severity == engine_pb2.WARNING for each in engine.logs), "the warning")
    problem = f"timed out after Ns; {EXPECTED}: {STOPPED} (Ns ago); polls: 1 {REQUEST}"
    line = f"modelarts:NotebookLease {notebook()}: {problem}"
    (warning,) = [each for each in engine.logs if each.severity == engine_pb2.WARNING]
    assert timeless(warning.message) == (
        f"{line}\nhint: {LOOK}; or give a longer timeout; the update goes on, because this wait is advisory"
    )
    assert (warning.urn, warning.ephemeral) == (URN, False)
    assert (outputs["outcome"], timeless(outputs["message"])) == ("timed_out", line)
    assert outputs["states"]["self"]["running"] is False
    assert "met_time" not in outputs


def test_a_disabled_gate_asks_nothing(shared: ProviderProcess, clouds: MockClouds) -> None:
    outputs = create(shared, gate(enforcement="disabled"))
    assert clouds.request_count() == 0
    seen = {name: outputs[name] for name in ("outcome", "message", "polls", "states", "transitions")}
    assert seen == {
        "outcome": "disabled",
        "message": "not polled, because enforcement is 'disabled'",
        "polls": 0,
        "states": {},
        "transitions": [],
    }
