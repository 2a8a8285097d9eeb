"""What an HPC-AI instance looks like: the vendor's nested objects under their own names, in snake_case.

Every field may be absent or null but for the instance's id. A null list is an empty one, because the vendor's service
writes empty lists both ways. A number is a float wherever a fraction makes sense, so that a price of 1 and one of 0.24
are of one type.

Source: docs/vendors/hpcai.md, HPC-12 to HPC-21.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, StrictBool
from pydantic.alias_generators import to_camel
from pydantic.dataclasses import dataclass

from pulumi_nbcloud.kinds.fields import OpenEnum, OrNull, Small, State, Text, Volatile
from pulumi_nbcloud.kinds.times import Milliseconds, TimeText, Twinned, time_twin

# The ten of the page; Stopping was seen by a public client (docs/vendors/hpcai.md, HPC-19).
STATUSES = (
    "Running",
    "Stopped",
    "Starting",
    "StartingFailed",
    "Initializing",
    "InitializationFailed",
    "Archived",
    "Released",
    "PullingImage",
    "Restarting",
    "Stopping",
)
InstanceStatus = OpenEnum(STATUSES)
ChargeMode = OpenEnum(("perHour", "tidePerHour", "perDay", "perWeek", "perMonth"))

# By either name: the wire's for a read, ours for a state that a test of a user makes.
WIRE = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", hide_input_in_errors=True)

_SECRET = re.compile(r"pass|secret|token|credential|access_?key|private|signature", re.IGNORECASE)
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,20})?", re.ASCII)
_MAX_DEPTH = 8
UNREADABLE_SHOWN = 3


def _whole(value: object) -> object:
    """Take digits in a text for a number, and 5.0 for 5: writers of JSON differ in what they do to large numbers."""
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,15}", value):
        return int(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _number(value: object) -> object:
    """Take a number that was written as text."""
    return float(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else value


def _none_if_zero(value: object) -> object:
    value = _whole(value)
    return None if value == 0 and not isinstance(value, bool) else value


def _empty_if_null(value: object) -> object:
    return () if value is None else value


def _flag(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value


def _storages(value: object) -> object:
    """Keep what is not documented as it came, but for what could be a credential: a state holds no secrets."""
    if value is None or not isinstance(value, (list, tuple)):
        return _empty_if_null(value)
    return tuple(_harmless(each if isinstance(each, Mapping) else {"value": each}) for each in value)


def _harmless(value: Any, depth: int = 0) -> Any:
    if depth > _MAX_DEPTH:
        return None
    if isinstance(value, Mapping):
        return {str(key): _harmless(each, depth + 1) for key, each in value.items() if not _SECRET.search(str(key))}
    if isinstance(value, (list, tuple)):
        return [_harmless(each, depth + 1) for each in value]
    return value


Whole = Annotated[int, Field(strict=True, ge=-(2**53), le=2**53), BeforeValidator(_whole)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False), BeforeValidator(_number)]
RawTime = Annotated[Whole | None, BeforeValidator(_none_if_zero)]


@dataclass(frozen=True, kw_only=True, config=WIRE)
class InstanceAuth:
    """Whose instance it is."""

    owner_user_name: Text | None = None
    """The owner's user id."""


@dataclass(frozen=True, kw_only=True, config=WIRE)
class InstanceMetadata:
    """The ids and names of an instance."""

    instance_id: Annotated[Text, Field(min_length=1)]
    """The instance's id."""
    instance_username: Text | None = None
    """The instance's user name."""
    instance_name: Text | None = None
    """The instance's name, where the cloud gives one here; not on the page, seen by a public client."""
    instance_auth: InstanceAuth | None = None
    """Whose instance it is."""


@dataclass(frozen=True, kw_only=True, config=WIRE)
class InstanceBillingInfo:
    """What an instance costs."""

    charge_mode: Annotated[Text, ChargeMode] | None = None
    """What is billed: perHour, tidePerHour, perDay, perWeek, perMonth, or one that the vendor added."""
    duration: Number | None = None
    """The billing duration, in units of the mode."""
    price: Number | None = None
    """The price of a unit; 0.24 comes as 0.23999999463558197, so do not compare it for equality."""
    unit: Text | None = None
    """The currency, `$`."""
    type: Text | None = None
    """The kind of billing: On-Demand and others."""


@dataclass(frozen=True, kw_only=True, config=WIRE)
class ImageInfo:
    """The image of an instance."""

    architecture: Text | None = None
    """The image's architecture."""
    is_public: Annotated[Text | None, BeforeValidator(_flag)] = None
    """Whether the image is public; a string in the response, often empty."""
    name: Text | None = None
    """The image's name."""
    tags: Annotated[tuple[Text, ...], BeforeValidator(_empty_if_null)] = ()
    """The image's tags; empty where the response has null."""
    type: Text | None = None
    """The image's type."""


@dataclass(frozen=True, kw_only=True, config=WIRE)
class InstanceDiskAmountRequest:
    """The disks that were requested."""

    root_disk_amount_gi_req: Number | None = None
    """The size requested for the root disk, in GB as the page says."""
    data_disk_amount_gi_req: Number | None = None
    """The size requested for the data disk, in GB as the page says."""


@dataclass(frozen=True, kw_only=True, config=WIRE)
class InstanceConfiguration:
    """How an instance was requested."""

    enable_common_data: StrictBool | None = None
    """Whether common data is on."""
    enable_docker: StrictBool | None = None
    """Whether Docker is on."""
    instance_disk_amount_request: Annotated[
        InstanceDiskAmountRequest | None, Field(alias="InstanceDiskAmountRequest")
    ] = None
    """The disks that were requested; in the response `InstanceDiskAmountRequest`, capitalised."""
    docker_storage_size: Number | None = None
    """Docker's storage, in GB."""


@dataclass(frozen=True, kw_only=True, config=WIRE)
class InstanceCapacity:
    """CPU, memory, GPU or disk of an instance type."""

    amount: Number | None = None
    """How much there is, in the unit of `unit`."""
    type: Text | None = None
    """What it is, the CPU's model for example."""
    unit: Text | None = None
    """The unit of `amount`: `GB` for memory and disk; empty for CPU and GPU, which are counted."""


@dataclass(frozen=True, kw_only=True, config=WIRE)
class InstanceTypeInfo:
    """The instance type."""

    instance_id: Text | None = None
    """The id of the type, not of the instance."""
    instance_type_name: Text | None = None
    """The type's name."""
    cpu: InstanceCapacity | None = None
    """The type's processor cores."""
    memory: InstanceCapacity | None = None
    """The type's memory."""
    gpu: InstanceCapacity | None = None
    """The type's GPUs."""
    disk: InstanceCapacity | None = None
    """The type's disk."""


@dataclass(frozen=True, kw_only=True, config=WIRE)
class RegionInfo:
    """Where an instance is."""

    domain: Text | None = None
    """The region's domain name."""
    location: Text | None = None
    """The region's location."""
    name: Text | None = None
    """The region's name, `asia-sg-1`."""
    ssh_address: Text | None = None
    """The region's address for SSH."""
    value: Text | None = None
    """The region's value."""
    region_id: Text | None = None
    """The region's id."""


@dataclass(frozen=True, kw_only=True, config=WIRE)
class NodePort:
    """A port that is reachable from outside."""

    port: Annotated[Whole, Small()] | None = None
    """The port in the notebook."""
    address: Text | None = None
    """The address at which it is reachable from outside."""
    node_port: Annotated[Whole, Small()] | None = None
    """The port at which it is reachable from outside."""


@dataclass(frozen=True, kw_only=True, config=WIRE)
class InstanceSpecInfo:
    """The specification of an instance."""

    name: Text | None = None
    """The instance's name."""
    instance_billing_info: InstanceBillingInfo | None = None
    """What the instance costs."""
    image_info: ImageInfo | None = None
    """The instance's image."""
    instance_configuration: InstanceConfiguration | None = None
    """How the instance was requested."""
    instance_type_info: InstanceTypeInfo | None = None
    """The instance type."""
    region_info: RegionInfo | None = None
    """Where the instance is."""
    remote_storages: Annotated[tuple[dict[str, Any], ...], BeforeValidator(_storages)] = ()
    """The instance's remote storages. The vendor's page does not describe one, so each has the keys of the response;
    what could be a credential (a key called token, password and the like) is left out. Conditions can count them, but
    not read inside of them."""
    node_ports: Annotated[tuple[NodePort, ...], BeforeValidator(_empty_if_null)] = ()
    """The instance's ports that are reachable from outside; empty where the response has null."""
    is_spot_instance: StrictBool | None = None
    """Whether the instance is a spot instance."""


@dataclass(frozen=True, kw_only=True, config=WIRE)
class InstanceDiskUsageInfo:
    """How full the disks are."""

    root_disk_used_gi: Number | None = None
    """How much of the root disk is used, in GB as the page says."""
    data_disk_used_gi: Number | None = None
    """How much of the data disk is used, in GB as the page says."""


@dataclass(frozen=True, kw_only=True, config=WIRE)
class InstanceDiskAmountInfo:
    """How large the disks are."""

    root_disk_amount_gi: Number | None = None
    """The size of the root disk, in GB as the page says."""
    data_disk_amount_gi: Number | None = None
    """The size of the data disk, in GB as the page says."""


@dataclass(frozen=True, kw_only=True, config=WIRE)
class InstanceRuntimeInfo(Twinned):
    """The current state of an instance."""

    create_at_unix_ms: Milliseconds | None = None
    """When the instance was created, in milliseconds since 1970."""
    create_time: TimeText | None = time_twin("create_at_unix_ms", alone=False)
    """When the instance was created, RFC 3339; always made of `create_at_unix_ms`."""
    status: Annotated[Text, InstanceStatus] | None = None
    """The instance's status, or one that the vendor added."""
    phase: Text | None = None
    """The phase within the status, for example DownloadImage; often empty."""
    message: Text | None = None
    """The vendor's message about the status."""
    diagnosis_reason: Text | None = None
    """Why the instance makes no progress, for example BackOff; often empty."""
    diagnosis_message: Text | None = None
    """The vendor's message about the diagnosis."""
    healthy: StrictBool | None = None
    """Whether the instance is healthy."""
    sub_url: Text | None = None
    """The path of the instance's notebook."""
    instance_disk_usage_info: Annotated[InstanceDiskUsageInfo | None, OrNull(), Volatile()] = None
    """How full the disks are; null where the response makes no sense."""
    instance_disk_amount_info: InstanceDiskAmountInfo | None = None
    """How large the disks are."""
    stop_timestamp: RawTime = None
    """When the instance stopped, as the response has it: the vendor's page names no unit. Null where it is 0."""
    scheduled_stop_timestamp: RawTime = None
    """When the instance is scheduled to stop, as the response has it, like `stop_timestamp`."""


@dataclass(frozen=True, kw_only=True)
class InstanceState(State):
    """One HPC-AI instance. The first fields are conveniences, taken out of the vendor's objects below them."""

    instance_id: str
    """The instance's id."""
    endpoint: str
    """The endpoint that was queried."""
    name: str | None = None
    """The instance's name."""
    status: Annotated[str, InstanceStatus] | None = None
    """The instance's status, or one that the vendor added."""
    phase: str | None = None
    """The phase within the status; null where the response has none or an empty string."""
    diagnosis_reason: str | None = None
    """Why the instance makes no progress; null where the response has no reason or an empty string."""
    healthy: bool | None = None
    """Whether the instance is healthy."""
    instance_metadata: InstanceMetadata | None = None
    """The ids and names of the instance."""
    instance_spec_info: InstanceSpecInfo | None = None
    """The specification of the instance."""
    instance_runtime_info: InstanceRuntimeInfo | None = None
    """The current state of the instance."""


@dataclass(frozen=True, kw_only=True)
class InstancesState(State):
    """The HPC-AI instances of an account that match the filters, without those that cannot be read."""

    endpoint: str
    """The endpoint that was queried."""
    total: Annotated[int, Small()]
    """How many instances the account has, whatever the filters."""
    truncated: bool = False
    """Whether instances are missing because their rows cannot be read; see `unreadable`."""
    unreadable: tuple[str, ...] = ()
    """The rows that cannot be read, each with its id or number and what is wrong with it; whatever the filters."""
    instances: tuple[InstanceState, ...] = ()
    """The instances that match the filters, in the cloud's order."""

    def missing(self) -> str | None:
        """Return which rows cannot be read."""
        count, more = len(self.unreadable), len(self.unreadable) - UNREADABLE_SHOWN
        if not count:
            return None
        shown = "; ".join((*self.unreadable[:UNREADABLE_SHOWN], *([f"and {more} more"] if more > 0 else [])))
        rows = "1 row" if count == 1 else f"{count} rows"
        return f"{rows} of the list cannot be read: {shown}; please report this"
