"""Instances and the pages of their list: state and rules."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from pulumi_nbcloud.mock.hpcai.accounts import AccountBook
from pulumi_nbcloud.mock.hpcai.exceptions import PageTooLarge, ServerPanic
from pulumi_nbcloud.mock.service import Context
from pulumi_nbcloud.mock.things import Form, Ids, Store, Thing
from pulumi_nbcloud.mock.validation import StrictModel

_Text = Annotated[str, Field(max_length=2_000)]
_WHOLE = Annotated[int, Field(ge=0, le=2**53)]

DEFAULT_REGION = "asia-sg-1"

# The part of a row behind each short name.
_PLACES: Mapping[str, tuple[str, ...]] = {
    "name": ("instanceSpecInfo", "name"),
    "region": ("instanceSpecInfo", "regionInfo", "name"),
    "status": ("instanceRuntimeInfo", "status"),
    "phase": ("instanceRuntimeInfo", "phase"),
    "message": ("instanceRuntimeInfo", "message"),
    "diagnosis_reason": ("instanceRuntimeInfo", "diagnosisReason"),
    "diagnosis_message": ("instanceRuntimeInfo", "diagnosisMessage"),
    "healthy": ("instanceRuntimeInfo", "healthy"),
    "create_at_unix_ms": ("instanceRuntimeInfo", "createAtUnixMs"),
    "stop_timestamp": ("instanceRuntimeInfo", "stopTimestamp"),
    "scheduled_stop_timestamp": ("instanceRuntimeInfo", "scheduledStopTimestamp"),
    "root_disk_used_gi": ("instanceRuntimeInfo", "instanceDiskUsageInfo", "rootDiskUsedGi"),
}


class InstanceSpec(StrictModel):
    """The fields of an instance; the rest of its row comes from the list page's example.

    `create_at_unix_ms` None is the virtual now. `status` is open: the page's ten, or another. `row` is laid over the
    row, object by object, with the wire's names: `{"instanceSpecInfo": {"nodePorts": null}}` sends a null list, which
    a public client met (docs/vendors/hpcai.md, HPC-13).
    """

    name: _Text = "example-instance"
    region: _Text = DEFAULT_REGION
    status: _Text = "Running"
    phase: _Text = ""
    message: _Text = ""
    diagnosis_reason: _Text = ""
    diagnosis_message: _Text = ""
    healthy: bool = True
    create_at_unix_ms: _WHOLE | None = None
    stop_timestamp: _WHOLE = 0
    scheduled_stop_timestamp: _WHOLE = 0
    root_disk_used_gi: Annotated[float, Field(ge=0)] = 2.48
    row: dict[str, Any] = Field(default_factory=dict)


class ManySpec(InstanceSpec):
    """Many instances of one form: `count` of them, with ids of `prefix` and a number."""

    count: Annotated[int, Field(ge=1, le=50_000)]
    prefix: Annotated[str, Field(pattern=r"^[!-~]{1,200}$")] = "notebook-"

    def one(self) -> dict[str, Any]:
        """Return the fields of one."""
        return self.model_dump(exclude={"count", "prefix"}, exclude_unset=True)


class OptionsSpec(StrictModel):
    """The irregularities of the cloud.

    `page_size` is the most rows of a page: the list page asks for 10 and shows a response of 3, so the cloud has a size
    of its own. `null_pager` sends the pager of a list's response as null (docs/vendors/hpcai.md, HPC-13).
    `largest_page_size` is the largest allowed: a larger one is rejected with 400, which no page describes
    (HPC-10); None allows any. `auth_failure_status` is the status of "Not logged in": no page names it.
    `token_seconds` is the lifetime of a login's token on the virtual clock; a day by the page.
    """

    page_size: Annotated[int, Field(ge=1, le=10_000)] = 1_000
    null_pager: bool = False
    largest_page_size: Annotated[int, Field(ge=1, le=10_000)] | None = None
    auth_failure_status: Literal[200, 401] = 200
    token_seconds: Annotated[int, Field(ge=1, le=10 * 366 * 86_400)] = 86_400


class Instance(Thing):
    """One stored instance; its fields are its row."""

    def __init__(self, ids: Ids, fields: Mapping[str, Any], now: float, owner_id: str) -> None:
        super().__init__(ids, {}, now)
        self.fields = _example_row(ids[-1], owner_id)
        self.apply(fields, now)

    def apply(self, changes: Mapping[str, Any], now: float) -> None:
        """Apply changed fields at virtual time `now`, each at its place in the row."""
        for name, path in _PLACES.items():
            if name in changes:
                value = changes[name]
                _set(self.fields, path, int(now * 1000) if name == "create_at_unix_ms" and value is None else value)
        _lay_over(self.fields, changes.get("row", {}))

    def plain(self) -> dict[str, Any]:
        """Return the row, whose names may be any."""
        return {"row": self.fields}


@dataclass(frozen=True)
class Page:
    """The rows that a list requests."""

    number: int
    size: int


def page_of(body: object) -> Page:
    """Parse the pager of a request.

    Raises:
        ServerPanic: there is no usable one (docs/vendors/hpcai.md, HPC-9).
    """
    pager = body.get("pager") if isinstance(body, Mapping) else None
    if not isinstance(pager, Mapping):
        raise ServerPanic
    number, size = pager.get("currentPage"), pager.get("pageSize")
    # Also `type`, because a bool is an int.
    if type(number) is not int or type(size) is not int or number < 1 or size < 1:
        raise ServerPanic
    return Page(number, size)


class Instances(Store[Instance]):
    """All instances of all accounts."""

    thing = Instance
    spec = InstanceSpec
    forms: ClassVar = {
        "username": Form(r"[!-~]{1,128}", "must be 1 to 128 visible ASCII characters"),
        "instance_id": Form(r"[!-~]{1,256}", "must be 1 to 256 visible ASCII characters"),
    }
    unknown = "no instance {instance_id} of {username}"

    def __init__(self, context: Context, accounts: AccountBook) -> None:
        super().__init__(context)
        self._accounts = accounts

    def make(self, ids: Ids, fields: Mapping[str, Any]) -> Instance:
        """Make an instance of an account.

        Raises:
            UnknownThing: there is no such account.
        """
        return Instance(ids, fields, self.now, self._accounts.get(ids[0]).owner_id)

    def put_many(self, username: str, spec: ManySpec) -> list[str]:
        """Store many instances of one form.

        Raises:
            UnknownThing: there is no such account.
        """
        ids = [f"{spec.prefix}{number:06d}" for number in range(spec.count)]
        for instance_id in ids:
            self.put((username, instance_id), spec.one())
        return ids

    def read_page(self, username: str, page: Page, options: OptionsSpec) -> dict[str, Any]:
        """Return one page of a list like the cloud.

        Raises:
            PageTooLarge: the request exceeds the rows that the options allow.
        """
        if options.largest_page_size is not None and page.size > options.largest_page_size:
            raise PageTooLarge(options.largest_page_size)
        instances = self.of(username)
        size = min(page.size, options.page_size)
        first = (page.number - 1) * size
        rows = [each.read(self.now) for each in instances[first : first + size]]
        pager = {"currentPage": page.number, "pageSize": size, "totalEntries": len(instances)}
        # A page without rows has null in place of an empty list (docs/vendors/hpcai.md, HPC-13).
        return {"instances": rows or None, "pager": None if options.null_pager else pager}


def _set(row: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    place = row
    for part in path[:-1]:
        # Null from an earlier overlay: it becomes an object again.
        if not isinstance(place.get(part), dict):
            place[part] = {}
        place = place[part]
    place[path[-1]] = value


def _lay_over(row: dict[str, Any], over: Mapping[str, Any]) -> None:
    for name, value in over.items():
        if isinstance(value, Mapping) and isinstance(row.get(name), dict):
            _lay_over(row[name], value)
        else:
            row[name] = copy.deepcopy(value)


def _example_row(instance_id: str, owner_id: str) -> dict[str, Any]:
    """Return the row of the list page's example, its ids replaced (docs/vendors/hpcai.md, HPC-12 to HPC-17)."""
    return {
        "instanceMetadata": {
            "instanceAuth": {"ownerUserName": owner_id},
            "instanceId": instance_id,
            "instanceUsername": "username",
        },
        "instanceSpecInfo": {
            "name": "",
            "instanceBillingInfo": {
                "chargeMode": "perHour",
                "duration": 1,
                # A float32 on the cloud's side.
                "price": 0.23999999463558197,
                "unit": "$",
                "type": "On-Demand",
            },
            # isPublic is a text, and tags are null.
            "imageInfo": {"architecture": "", "isPublic": "", "name": "", "tags": None, "type": ""},
            "instanceConfiguration": {
                "enableCommonData": False,
                "enableDocker": False,
                # The only capitalised key.
                "InstanceDiskAmountRequest": {"rootDiskAmountGiReq": 0, "dataDiskAmountGiReq": 0},
                "dockerStorageSize": 0,
            },
            "instanceTypeInfo": {
                "instanceId": "ee90dd8f-0000-4000-8000-c3ff72915722",
                "instanceTypeName": "",
                "cpu": {"amount": 8, "type": "INTEL(R) XEON(R) PLATINUM 8558", "unit": ""},
                "memory": {"amount": 16, "type": "", "unit": "GB"},
                "gpu": {"amount": 0, "type": "", "unit": ""},
                "disk": {"amount": 50, "type": "nvme", "unit": "GB"},
            },
            "regionInfo": {
                "domain": "asia-sg-1.hpc-ai.com",
                "location": "Asia,Singapore",
                "name": "",
                "sshAddress": "192.0.2.202",
                "value": "",
                "regionId": "fce31a0c-0000-4000-8000-41caa1bdd251",
            },
            "remoteStorages": [],
            "nodePorts": [{"port": 22, "address": "192.0.2.202", "nodePort": 31674}],
            "isSpotInstance": False,
        },
        "instanceRuntimeInfo": {
            "createAtUnixMs": 0,
            "status": "",
            "phase": "",
            "message": "",
            "diagnosisReason": "",
            "diagnosisMessage": "",
            "healthy": False,
            "subUrl": f"/notebook/{instance_id}/{instance_id}-0",
            "instanceDiskUsageInfo": {"rootDiskUsedGi": 0, "dataDiskUsedGi": 0},
            "instanceDiskAmountInfo": {"rootDiskAmountGi": 50, "dataDiskAmountGi": 50},
            "stopTimestamp": 0,
            "scheduledStopTimestamp": 0,
        },
    }
