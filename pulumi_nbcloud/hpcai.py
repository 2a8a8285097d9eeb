"""HPC-AI in a Pulumi program."""

from __future__ import annotations

from typing import ClassVar, cast

import pulumi

from pulumi_nbcloud.clouds.hpcai.state import (
    ImageInfo,
    InstanceAuth,
    InstanceBillingInfo,
    InstanceCapacity,
    InstanceConfiguration,
    InstanceDiskAmountInfo,
    InstanceDiskAmountRequest,
    InstanceDiskUsageInfo,
    InstanceMetadata,
    InstanceRuntimeInfo,
    InstanceSpecInfo,
    InstancesState,
    InstanceState,
    InstanceTypeInfo,
    NodePort,
    RegionInfo,
)
from pulumi_nbcloud.program import lookup, record, targets

__all__ = [
    "ImageInfo",
    "Instance",
    "InstanceArgs",
    "InstanceAuth",
    "InstanceBillingInfo",
    "InstanceCapacity",
    "InstanceConfiguration",
    "InstanceDiskAmountInfo",
    "InstanceDiskAmountRequest",
    "InstanceDiskUsageInfo",
    "InstanceMetadata",
    "InstanceRuntimeInfo",
    "InstanceSpecInfo",
    "InstanceState",
    "InstanceTypeInfo",
    "InstancesArgs",
    "InstancesState",
    "NodePort",
    "RegionInfo",
    "get_instance",
    "get_instance_output",
    "get_instances",
    "get_instances_output",
]

_INSTANCE = "hpcai:Instance"
_INSTANCES = "hpcai:Instances"


def get_instance(instance_id: str, *, profile: str | None = None, expect: str | None = None) -> InstanceState:
    """Read one instance now, in preview too, by a walk of the whole list, because the cloud has no other way.

    Args:
        instance_id: its id, 1 to 256 printable ASCII characters.
        profile: a named profile of the settings; None for the default.
        expect: a condition over `self` that must hold, else the program ends; None for none.

    Returns:
        The instance.

    Raises:
        NotFoundError: the account has no such instance.
        ExpectationError: `expect` does not hold.
        NbcloudError: any other error of the tree; see `pulumi_nbcloud.errors`.
    """
    state = lookup.get(_INSTANCE, {"instance_id": instance_id, "profile": profile}, expect)
    return cast("InstanceState", state)


def get_instance_output(
    instance_id: pulumi.Input[str],
    *,
    profile: pulumi.Input[str | None] | None = None,
    expect: pulumi.Input[str | None] | None = None,
    opts: pulumi.InvokeOptions | pulumi.InvokeOutputOptions | None = None,
) -> pulumi.Output[InstanceState]:
    """Read one instance whose id is not known yet.

    Args:
        instance_id: its id, 1 to 256 printable ASCII characters.
        profile: a named profile of the settings; None for the default.
        expect: a condition over `self` that must hold, else the program ends; None for none.
        opts: `depends_on` is honoured.

    Returns:
        An Output of the instance; in preview unknown while an input is.

    Raises:
        NbcloudError: through the Output; see `get_instance`.
    """
    return lookup.get_output(_INSTANCE, {"instance_id": instance_id, "profile": profile}, opts, expect)


def get_instances(
    *,
    status: str | None = None,
    name: str | None = None,
    region: str | None = None,
    profile: str | None = None,
    expect: str | None = None,
) -> InstancesState:
    """Read all instances of the account now, in preview too, and return those that the filters let through.

    Args:
        status: this status, in any case: `Running`; 1 to 1,024 characters, like the next two.
        name: exactly this name.
        region: in the region of exactly this name: `asia-sg-1`.
        profile: a named profile of the settings; None for the default.
        expect: a condition over `self` that must hold, else the program ends; None for none.

    Returns:
        The instances, and how many the account has in all. Never a part of the list.

    Raises:
        UnreachableError: the pages of the list did not add up; instances may have come or gone meanwhile.
        ExpectationError: `expect` does not hold.
        NbcloudError: any other error of the tree; see `pulumi_nbcloud.errors`.
    """
    state = lookup.get(_INSTANCES, {"status": status, "name": name, "region": region, "profile": profile}, expect)
    return cast("InstancesState", state)


def get_instances_output(
    *,
    status: pulumi.Input[str | None] | None = None,
    name: pulumi.Input[str | None] | None = None,
    region: pulumi.Input[str | None] | None = None,
    profile: pulumi.Input[str | None] | None = None,
    expect: pulumi.Input[str | None] | None = None,
    opts: pulumi.InvokeOptions | pulumi.InvokeOutputOptions | None = None,
) -> pulumi.Output[InstancesState]:
    """Read all instances of the account by filters that are not known yet.

    Args:
        status: this status, in any case: `Running`; 1 to 1,024 characters, like the next two.
        name: exactly this name.
        region: in the region of exactly this name: `asia-sg-1`.
        profile: a named profile of the settings; None for the default.
        expect: a condition over `self` that must hold, else the program ends; None for none.
        opts: `depends_on` is honoured.

    Returns:
        An Output of the instances; in preview unknown while an input is.

    Raises:
        NbcloudError: through the Output; see `get_instances`.
    """
    inputs = {"status": status, "name": name, "region": region, "profile": profile}
    return lookup.get_output(_INSTANCES, inputs, opts, expect)


class InstanceArgs(targets.TargetArgs):
    """One instance, as a gate's target."""

    _token: ClassVar[str] = _INSTANCE

    def __init__(self, *, instance_id: pulumi.Input[str], profile: pulumi.Input[str | None] | None = None) -> None:
        """Name the instance that the gate polls.

        Args:
            instance_id: its id, 1 to 256 printable ASCII characters.
            profile: a named profile of the settings; None for the default.
        """
        super().__init__({"instance_id": instance_id, "profile": profile})


class InstancesArgs(targets.TargetArgs):
    """The instances of an account, as a gate's target. Such a gate needs `until`: a list has no state of its own.

    An empty list satisfies `all(...)`, so ask for its size too:
    `size(self.instances) > 0 && self.instances.all(i, i.status == "Running")`.
    """

    _token: ClassVar[str] = _INSTANCES

    def __init__(
        self,
        *,
        status: pulumi.Input[str | None] | None = None,
        name: pulumi.Input[str | None] | None = None,
        region: pulumi.Input[str | None] | None = None,
        profile: pulumi.Input[str | None] | None = None,
    ) -> None:
        """Name the filters of the list that the gate polls.

        Args:
            status: this status, in any case: `Running`; 1 to 1,024 characters, like the next two.
            name: exactly this name.
            region: in the region of exactly this name: `asia-sg-1`.
            profile: a named profile of the settings; None for the default.
        """
        super().__init__({"status": status, "name": name, "region": region, "profile": profile})


class Instance(record.ReadResource, module="nbcloud/hpcai", name="Instance"):
    """One instance, recorded in the stack's state and read again on each run.

    `pulumi refresh` shows what changed. In preview a field that is null counts as unknown: Pulumi's SDK cannot tell the
    two apart. A secret `instance_id` stays secret as an input, but the resource's id is stored in plain, as Pulumi
    stores every id.
    """

    _token: ClassVar[str] = _INSTANCE

    instance_id: pulumi.Output[str]
    """The instance's id."""
    endpoint: pulumi.Output[str]
    """The origin that was asked."""
    name: pulumi.Output[str | None]
    """Its name."""
    status: pulumi.Output[str | None]
    """Running, Stopped, Starting, StartingFailed, Initializing, InitializationFailed, Archived, Released, PullingImage,
    Restarting, Stopping, or one that the vendor added."""
    phase: pulumi.Output[str | None]
    """The phase within the status."""
    diagnosis_reason: pulumi.Output[str | None]
    """Why it does not get on."""
    healthy: pulumi.Output[bool | None]
    """Whether it is healthy."""
    instance_metadata: pulumi.Output[InstanceMetadata | None]
    """What names it."""
    instance_spec_info: pulumi.Output[InstanceSpecInfo | None]
    """What it is made of."""
    instance_runtime_info: pulumi.Output[InstanceRuntimeInfo | None]
    """How it does; `instance_disk_usage_info` is null unless `include_volatile`."""
    profile: pulumi.Output[str | None]
    """The profile that was given."""

    def __init__(
        self,
        resource_name: str,
        *,
        instance_id: pulumi.Input[str],
        profile: pulumi.Input[str | None] | None = None,
        include_volatile: bool = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Record one instance.

        Args:
            resource_name: its name in the stack.
            instance_id: the instance's id, 1 to 256 printable ASCII characters.
            profile: a named profile of the settings; None for the default.
            include_volatile: whether to record how full the disks are, too: that moves without anything having
                happened, so a drift check would report it.
            opts: resource options.

        Raises:
            InputError: `instance_id` is known already and cannot be right.
        """
        inputs = {"instance_id": instance_id, "profile": profile}
        super().__init__(resource_name, inputs, opts, include_volatile=include_volatile)
