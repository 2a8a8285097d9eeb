"""Many gates of one provider process while the cloud is down for a while: few requests, and all recover."""

from __future__ import annotations

from typing import Any

from google.protobuf.json_format import MessageToDict
from lease_support import lease_target, looked_at, notebook
from nbcloud_support import LIMIT_SECONDS, eventually
from provider_process import ProviderProcess, create_request, gate_blob

from pulumi_nbcloud.http.retry import BUDGET_TOKENS, RETRY_COST
from pulumi_nbcloud.mock import MockClouds

GATES = range(1, 41)
RETRIES = BUDGET_TOKENS // RETRY_COST


def test_forty_gates_in_an_outage_send_one_request_a_look_and_the_retries_of_one_budget_and_all_recover(
    clouds: MockClouds,
) -> None:
    for number in GATES:
        clouds.modelarts.put_lease(notebook(number), status="STOPPED")
    with ProviderProcess(clouds.environment()) as process:
        creates = [
            process.begin("Create", create_request({"targets": {"self": lease_target(number)}, **EVERY}, gate_blob()))
            for number in GATES
        ]
        eventually(lambda: set(looked_at(clouds)) == set(GATES), "a poll of each gate")
        clouds.faults.add(service="modelarts", status=503, count=10_000)
        # Enough for a first failed poll of each gate, for all retries of the budget, and for second polls.
        eventually(lambda: len(failed(clouds)) >= 2 * len(GATES) + RETRIES, "an outage")
        for number in GATES:
            clouds.modelarts.add_transition(notebook(number), status="RUNNING")
        clouds.faults.clear()
        outputs = [MessageToDict(each.result(LIMIT_SECONDS))["properties"] for each in creates]
    assert {each["outcome"] for each in outputs} == {"met"}
    polls = sum(int(each["polls"]) for each in outputs)
    assert polls < clouds.request_count() <= polls + RETRIES
    # Nobody was released by an answer of before the outage.
    assert all(each["transition_count"] == 2 for each in outputs)


EVERY: dict[str, Any] = {"interval": "1s", "timeout": "10m"}


def failed(clouds: MockClouds) -> list[int | None]:
    return [entry.status for entry in clouds.requests if entry.status == 503]
