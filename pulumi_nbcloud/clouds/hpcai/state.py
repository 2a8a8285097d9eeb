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

from pulumi_nbcloud.kinds.fields import OpenEnum, State, Text, Volatile
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
_MAX_DEPTH = 8


def _whole(value: object) -> object:
    """Take digits in a text for a number, and 5.0 for 5: writers of JSON differ in what they do to large numbers."""
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,15}", value):
        return int(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


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
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
RawTime = Annotated[Whole | None, BeforeValidator(_none_if_zero)]


@dataclass(frozen=True, kw_only=True, config=WIRE)
class InstanceAuth:
    """Whose instance it is.

    Args:
        owner_user_name: the owner's user id.
    """

    owner_user_name: Text | None = None


@dataclass(frozen=True, kw_only=True, config=WIRE)
class InstanceMetadata:
    """What names an instance.

    Args:
        instance_id: its id.
        instance_username: its user name.
        instance_name: its name, where the cloud gives one here; not on the page, seen by a public client.
        instance_auth: whose it is.
    """

    instance_id: Annotated[Text, Field(min_length=1)]
    instance_username: Text | None = None
    instance_name: Text | None = None
    instance_auth: InstanceAuth | None = None


@dataclass(frozen=True, kw_only=True, config=WIRE)
class InstanceBillingInfo:
    """What an instance costs.

    Args:
        charge_mode: perHour, tidePerHour, perDay, perWeek, perMonth, or one that the vendor added.
        duration: the billing duration, in units of the mode.
        price: the price of a unit; 0.24 comes as 0.23999999463558197, so do not compare it for equality.
        unit: the currency, `$`.
        type: On-Demand and others.
    """

    charge_mode: Annotated[Text, ChargeMode] | None = None
    duration: Number | None = None
    price: Number | None = None
    unit: Text | None = None
    type: Text | None = None


@dataclass(frozen=True, kw_only=True, config=WIRE)
class ImageInfo:
    """The image of an instance.

    Args:
        architecture: its architecture.
        is_public: whether it is public; a text on the wire, often empty.
        name: its name.
        tags: its tags; empty where the wire says null.
        type: its type.
    """

    architecture: Text | None = None
    is_public: Annotated[Text | None, BeforeValidator(_flag)] = None
    name: Text | None = None
    tags: Annotated[tuple[Text, ...], BeforeValidator(_empty_if_null)] = ()
    type: Text | None = None


@dataclass(frozen=True, kw_only=True, config=WIRE)
class InstanceDiskAmountRequest:
    """The disks that were asked for.

    Args:
        root_disk_amount_gi_req: the root disk, in GB as the page says.
        data_disk_amount_gi_req: the data disk, in GB as the page says.
    """

    root_disk_amount_gi_req: Number | None = None
    data_disk_amount_gi_req: Number | None = None


@dataclass(frozen=True, kw_only=True, config=WIRE)
class InstanceConfiguration:
    """How an instance was asked for.

    Args:
        enable_common_data: whether common data is on.
        enable_docker: whether Docker is on.
        instance_disk_amount_request: the disks asked for; on the wire `InstanceDiskAmountRequest`, capitalised.
        docker_storage_size: Docker's storage, in GB.
    """

    enable_common_data: StrictBool | None = None
    enable_docker: StrictBool | None = None
    instance_disk_amount_request: Annotated[
        InstanceDiskAmountRequest | None, Field(alias="InstanceDiskAmountRequest")
    ] = None
    docker_storage_size: Number | None = None


@dataclass(frozen=True, kw_only=True, config=WIRE)
class InstanceCapacity:
    """CPU, memory, GPU or disk of an instance type.

    Args:
        amount: how much, in `unit`s.
        type: its type, the CPU's model for example.
        unit: `GB` for memory and disk; empty for CPU and GPU, which are counted.
    """

    amount: Number | None = None
    type: Text | None = None
    unit: Text | None = None


@dataclass(frozen=True, kw_only=True, config=WIRE)
class InstanceTypeInfo:
    """The instance type.

    Args:
        instance_id: the id of the type, not of the instance.
        instance_type_name: its name.
        cpu: its processor cores.
        memory: its memory.
        gpu: its GPUs.
        disk: its disk.
    """

    instance_id: Text | None = None
    instance_type_name: Text | None = None
    cpu: InstanceCapacity | None = None
    memory: InstanceCapacity | None = None
    gpu: InstanceCapacity | None = None
    disk: InstanceCapacity | None = None


@dataclass(frozen=True, kw_only=True, config=WIRE)
class RegionInfo:
    """Where an instance is.

    Args:
        domain: the region's domain name.
        location: where on earth it is.
        name: the region's name, `asia-sg-1`.
        ssh_address: the address for SSH.
        value: the region's value.
        region_id: the region's id.
    """

    domain: Text | None = None
    location: Text | None = None
    name: Text | None = None
    ssh_address: Text | None = None
    value: Text | None = None
    region_id: Text | None = None


@dataclass(frozen=True, kw_only=True, config=WIRE)
class NodePort:
    """A port that can be reached from outside.

    Args:
        port: the port in the notebook.
        address: the address outside.
        node_port: the port outside.
    """

    port: Whole | None = None
    address: Text | None = None
    node_port: Whole | None = None


@dataclass(frozen=True, kw_only=True, config=WIRE)
class InstanceSpecInfo:
    """What an instance is made of.

    Args:
        name: its name.
        instance_billing_info: what it costs.
        image_info: its image.
        instance_configuration: how it was asked for.
        instance_type_info: its type.
        region_info: where it is.
        remote_storages: its remote storages. The page does not say what one looks like, so each is a dict with the
            wire's own keys; what could hold a credential (a key called token, password and the like) is left out.
            Conditions can count them but not poll inside.
        node_ports: its ports; empty where the wire says null.
        is_spot_instance: whether it is a spot instance.
    """

    name: Text | None = None
    instance_billing_info: InstanceBillingInfo | None = None
    image_info: ImageInfo | None = None
    instance_configuration: InstanceConfiguration | None = None
    instance_type_info: InstanceTypeInfo | None = None
    region_info: RegionInfo | None = None
    remote_storages: Annotated[tuple[dict[str, Any], ...], BeforeValidator(_storages)] = ()
    node_ports: Annotated[tuple[NodePort, ...], BeforeValidator(_empty_if_null)] = ()
    is_spot_instance: StrictBool | None = None


@dataclass(frozen=True, kw_only=True, config=WIRE)
class InstanceDiskUsageInfo:
    """How full the disks are.

    Args:
        root_disk_used_gi: of the root disk, in GB as the page says.
        data_disk_used_gi: of the data disk, in GB as the page says.
    """

    root_disk_used_gi: Number | None = None
    data_disk_used_gi: Number | None = None


@dataclass(frozen=True, kw_only=True, config=WIRE)
class InstanceDiskAmountInfo:
    """How large the disks are.

    Args:
        root_disk_amount_gi: the root disk, in GB as the page says.
        data_disk_amount_gi: the data disk, in GB as the page says.
    """

    root_disk_amount_gi: Number | None = None
    data_disk_amount_gi: Number | None = None


@dataclass(frozen=True, kw_only=True, config=WIRE)
class InstanceRuntimeInfo(Twinned):
    """How an instance does.

    Args:
        create_at_unix_ms: when the instance was created, in milliseconds since 1970.
        create_time: when the instance was created, RFC 3339; always made of `create_at_unix_ms`.
        status: its status, or one that the vendor added.
        phase: the phase within the status, DownloadImage for example; often empty.
        message: the vendor's text.
        diagnosis_reason: BackOff for example; often empty.
        diagnosis_message: the vendor's text.
        healthy: whether it is healthy.
        sub_url: the path of its notebook.
        instance_disk_usage_info: how full the disks are; volatile.
        instance_disk_amount_info: how large the disks are.
        stop_timestamp: when it stopped, as it came: the page names no unit. Null where the wire says 0.
        scheduled_stop_timestamp: when it is to stop, as it came, like `stop_timestamp`.
    """

    create_at_unix_ms: Milliseconds | None = None
    create_time: TimeText | None = time_twin("create_at_unix_ms", alone=False)
    status: Annotated[Text, InstanceStatus] | None = None
    phase: Text | None = None
    message: Text | None = None
    diagnosis_reason: Text | None = None
    diagnosis_message: Text | None = None
    healthy: StrictBool | None = None
    sub_url: Text | None = None
    instance_disk_usage_info: Annotated[InstanceDiskUsageInfo | None, Volatile()] = None
    instance_disk_amount_info: InstanceDiskAmountInfo | None = None
    stop_timestamp: RawTime = None
    scheduled_stop_timestamp: RawTime = None


@dataclass(frozen=True, kw_only=True)
class InstanceState(State):
    """One instance. The first fields are conveniences, taken out of the vendor's objects below them.

    Args:
        instance_id: the instance's id.
        endpoint: the origin that was asked.
        name: the instance's name.
        status: the instance's status, or one that the vendor added.
        phase: the phase within the status; null where the wire says nothing or an empty text.
        diagnosis_reason: why the instance does not get on; null where the wire says nothing or an empty text.
        healthy: whether the instance is healthy.
        instance_metadata: what names the instance.
        instance_spec_info: what the instance is made of.
        instance_runtime_info: how the instance does.
    """

    instance_id: str
    endpoint: str
    name: str | None = None
    status: Annotated[str, InstanceStatus] | None = None
    phase: str | None = None
    diagnosis_reason: str | None = None
    healthy: bool | None = None
    instance_metadata: InstanceMetadata | None = None
    instance_spec_info: InstanceSpecInfo | None = None
    instance_runtime_info: InstanceRuntimeInfo | None = None


@dataclass(frozen=True, kw_only=True)
class InstancesState(State):
    """The instances of an account, always all that the filters let through.

    Args:
        endpoint: the origin that was asked.
        total: how many instances the account has, whatever the filters.
        instances: those that the filters let through, in the cloud's order.
    """

    endpoint: str
    total: int
    instances: tuple[InstanceState, ...] = ()
