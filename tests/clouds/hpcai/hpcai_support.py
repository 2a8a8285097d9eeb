"""What tests of HPC-AI share: the page's own examples, an account, and a client that answers from a script."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import anyio

from pulumi_nbcloud.clouds.hpcai.account import HpcAiAccount
from pulumi_nbcloud.clouds.hpcai.walk import Listing, walk
from pulumi_nbcloud.http.client import Client
from pulumi_nbcloud.http.messages import Request, Response
from pulumi_nbcloud.settings.resolve import resolve

NOW = 1_751_600_000.0  # 2025-07-04T03:33:20Z
DEFAULT_ENDPOINT = "https://hpc-ai.com"
WHERE = f"POST {DEFAULT_ENDPOINT}/api/instance/list"
API_KEY = "canary-api-key-77aa"
PAGE_ID = "notebook-5ac72ea0-xxxx-xxxx-xxxx-eea5891c2019"

# The list page's success example, as it is printed (docs/vendors/hpcai.md, HPC-12).
PAGE_EXAMPLE = """\
{
    "instances": [
        {
            "instanceMetadata": {
                "instanceAuth": {
                    "ownerUserName": "08f6f261-xxxx-xxxx-xxxx-85e6ae32f492"
                },
                "instanceId": "notebook-5ac72ea0-xxxx-xxxx-xxxx-eea5891c2019",
                "instanceUsername": "username"
            },
            "instanceSpecInfo": {
                "name": "example-instance",
                "instanceBillingInfo": {
                    "chargeMode": "perHour",
                    "duration": 1,
                    "price": 0.23999999463558197,
                    "unit": "$",
                    "type": "On-Demand"
                },
                "imageInfo": {
                    "architecture": "",
                    "isPublic": "",
                    "name": "",
                    "tags": null,
                    "type": ""
                },
                "instanceConfiguration": {
                    "enableCommonData": false,
                    "enableDocker": false,
                    "InstanceDiskAmountRequest": {
                        "rootDiskAmountGiReq": 0,
                        "dataDiskAmountGiReq": 0
                    },
                    "dockerStorageSize": 0
                },
                "instanceTypeInfo": {
                    "instanceId": "ee90dd8f-xxxx-xxxx-xxxx-c3ff72915722",
                    "instanceTypeName": "",
                    "cpu": {
                        "amount": 8,
                        "type": "INTEL(R) XEON(R) PLATINUM 8558",
                        "unit": ""
                    },
                    "memory": {
                        "amount": 16,
                        "type": "",
                        "unit": "GB"
                    },
                    "gpu": {
                        "amount": 0,
                        "type": "",
                        "unit": ""
                    },
                    "disk": {
                        "amount": 50,
                        "type": "nvme",
                        "unit": "GB"
                    }
                },
                "regionInfo": {
                    "domain": "asia-sg-1.hpc-ai.com",
                    "location": "Asia,Singapore",
                    "name": "asia-sg-1",
                    "sshAddress": "122.xx.xx.202",
                    "value": "",
                    "regionId": "fce31a0c-xxxx-xxxx-xxxx-41caa1bdd251"
                },
                "remoteStorages": [],
                "nodePorts": [
                    {
                        "port": 22,
                        "address": "122.xx.xx.202",
                        "nodePort": 31674
                    }
                ],
                "isSpotInstance": false
            },
            "instanceRuntimeInfo": {
                "createAtUnixMs": 1751527726179,
                "status": "Running",
                "phase": "",
                "message": "",
                "diagnosisReason": "",
                "diagnosisMessage": "",
                "healthy": true,
                "subUrl": "/notebook/notebook-5ac72ea0-xxxx-xxxx-xxxx-eea5891c2019/notebook-5ac72ea0-xxxx-xxxx-xxxx-eea5891c2019-0",
                "instanceDiskUsageInfo": {
                    "rootDiskUsedGi": 2.48,
                    "dataDiskUsedGi": 0
                },
                "instanceDiskAmountInfo": {
                    "rootDiskAmountGi": 50,
                    "dataDiskAmountGi": 50
                },
                "stopTimestamp": 0,
                "scheduledStopTimestamp": 0
            }
        }
    ],
    "pager": {
        "currentPage": 1,
        "pageSize": 3,
        "totalEntries": 92
    }
}
"""  # noqa: E501
# And its error example.
PAGE_ERROR = b'{"code": -1, "message": "Not logged in or login expired, please log in again"}'
PAGE = json.loads(PAGE_EXAMPLE)
ROW: dict[str, Any] = PAGE["instances"][0]

Answer = Callable[[int, dict[str, Any]], object]


def row(instance_id: str = PAGE_ID, **over: Any) -> dict[str, Any]:
    """The example's row with another id; `over` replaces whole objects by the wire's names."""
    made = {**copy.deepcopy(ROW), **over}
    if isinstance(made.get("instanceMetadata"), dict):
        made["instanceMetadata"]["instanceId"] = instance_id
    return made


def with_part(path: str, value: object, instance_id: str = PAGE_ID) -> dict[str, Any]:
    """The example's row with one value replaced; the path is dotted."""
    made = row(instance_id)
    *parts, last = path.split(".")
    place = made
    for part in parts:
        place = place[part]
    place[last] = value
    return made


def listing(rows: Sequence[object] | None, total: int | None = None, **pager: int) -> dict[str, Any]:
    """A page; without a total one whose pager is null."""
    counted = {"currentPage": 1, "pageSize": 3, "totalEntries": total, **pager}
    return {"instances": rows, "pager": None if total is None else counted}


class Canned(Client):
    """Answers each request as the script says, without any network.

    Args:
        answer: from the number of the request (from 1) and its body to bytes, to a value to send as JSON, or to a pair
            of status and one of these.
    """

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer
        self.sent: list[Request] = []

    @property
    def pages(self) -> list[int]:
        """Which pages were asked for, in order."""
        return [json.loads(each.body)["pager"]["currentPage"] for each in self.sent]

    async def send(self, prepare: Any, **_: Any) -> Response:
        request = await prepare()
        self.sent.append(request)
        answer = self.answer(len(self.sent), json.loads(request.body))
        status, content = answer if isinstance(answer, tuple) else (200, answer)
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        return Response(request, status, {"x-request-id": f"r-{len(self.sent)}"}, body)


def settings_of(values: Mapping[str, str]) -> Any:
    """Settings as Pulumi config gives them."""
    return resolve(HpcAiAccount.schema, None, {"nbcloud:hpcai": dict(values)}.get, {})


def account_of(client: Client, now: Callable[[], float] = lambda: NOW, /, **values: str) -> HpcAiAccount:
    """An account; by default it has an API key."""
    return HpcAiAccount(settings_of(values or {"apiKey": API_KEY}), client, now=now)


def walked(answer: Answer) -> tuple[Listing, Canned]:
    """Walks the list that a script answers."""
    client = Canned(answer)
    return anyio.run(walk, account_of(client)), client
