"""The kinds `hpcai:Instances` and `hpcai:Instance`: all instances of an account, and one of them.

Both come out of one walk of the list (see `walk`), which all polls of one account share.

Source: docs/vendors/hpcai.md, HPC-19 (statuses), HPC-20 (an image that is never pulled).
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Annotated

from pydantic import AfterValidator, ConfigDict
from pydantic.dataclasses import dataclass

from pulumi_nbcloud.clouds.hpcai.account import HpcAiAccount
from pulumi_nbcloud.clouds.hpcai.state import STATUSES, InstancesState, InstanceState
from pulumi_nbcloud.clouds.hpcai.walk import WIRE, Listing, walk
from pulumi_nbcloud.clouds.identifiers import identifier
from pulumi_nbcloud.errors import BadResponseError, NotFoundError
from pulumi_nbcloud.kinds.fields import Compared
from pulumi_nbcloud.kinds.kind import Documentation, Failure, Kind, NamedCondition
from pulumi_nbcloud.printable import printable

_ARGUMENTS = ConfigDict(strict=True, extra="forbid")


def _instance_id(value: str) -> str:
    return identifier(value, 256)


def _filter(value: str) -> str:
    # An empty filter is a forgotten value, and would match nothing.
    if not 1 <= len(value) <= 1_024:
        raise ValueError("must be 1 to 1,024 characters; leave it out to take all")
    return value


Filter = Annotated[str, AfterValidator(_filter)]


@dataclass(frozen=True, kw_only=True, config=_ARGUMENTS)
class InstancesArguments:
    """Which instances to give; the cloud has no filters, so they apply to what it answered.

    Args:
        status: only instances in this status, in any case: `Running`; 1 to 1,024 characters.
        name: only instances of exactly this name, 1 to 1,024 characters.
        region: only instances in the region of exactly this name, 1 to 1,024 characters: `asia-sg-1`.
        profile: a named profile of the settings; without it, the default.
    """

    status: Annotated[Filter, Compared(STATUSES)] | None = None
    name: Filter | None = None
    region: Filter | None = None
    profile: str | None = None


@dataclass(frozen=True, kw_only=True, config=_ARGUMENTS)
class InstanceArguments:
    r"""Which instance to read.

    Args:
        instance_id: the instance's id, 1 to 256 printable ASCII characters without blanks or any of `/ \ ? # %`.
        profile: a named profile of the settings; without it, the default.
    """

    instance_id: Annotated[str, AfterValidator(_instance_id)]
    profile: str | None = None


async def _read(account: HpcAiAccount, arguments: object) -> Listing:
    return await walk(account)


def _request_key(arguments: object) -> Hashable:
    # All arguments share the same walk.
    return "hpcai:walk"


def _select(account: HpcAiAccount, listing: Listing, arguments: InstancesArguments) -> InstancesState:
    chosen = tuple(each for each in listing.instances.values() if _matches(each, arguments))
    unreadable = tuple(f"{printable(name, 60)}: {what}" for name, what in listing.unreadable.items())
    total = len(listing.instances) + len(unreadable)
    return InstancesState(
        endpoint=listing.endpoint, total=total, truncated=bool(unreadable), unreadable=unreadable, instances=chosen
    )


def _matches(state: InstanceState, arguments: InstancesArguments) -> bool:
    if arguments.status is not None and (state.status or "").casefold() != arguments.status.casefold():
        return False
    if arguments.name is not None and state.name != arguments.name:
        return False
    if arguments.region is None:
        return True
    spec = state.instance_spec_info
    return spec is not None and spec.region_info is not None and spec.region_info.name == arguments.region


def _pick(account: HpcAiAccount, listing: Listing, arguments: InstanceArguments) -> InstanceState:
    state = listing.instances.get(arguments.instance_id)
    odd = listing.unreadable.get(arguments.instance_id)
    if odd is not None:
        raise _unreadable(listing, f"the instance's row is not what the vendor's page describes: {odd}")
    if state is None and listing.nameless:
        raise _unreadable(
            listing, "the list does not tell: the instance is not in it, but rows of it have no id that can be read"
        )
    if state is None:
        raise NotFoundError(
            f"the account has no such instance; its whole list was read, instances in it: {len(listing.instances)}",
            hint="check its id, the endpoint and whose credentials these are",
            where=listing.where,
            request_id=listing.request_id,
        )
    return state


def _unreadable(listing: Listing, problem: str) -> BadResponseError:
    return BadResponseError(
        problem,
        hint="look at the list of instances, whose `unreadable` names the rows; please report this",
        where=listing.where,
        request_id=listing.request_id,
    )


def _described(arguments: InstancesArguments) -> str:
    filters = {"status": arguments.status, "name": arguments.name, "region": arguments.region}
    return ", ".join(f"{name}={printable(value, 60)}" for name, value in filters.items() if value is not None) or "all"


INSTANCES = Kind(
    token="hpcai:Instances",  # noqa: S106  (a type token)
    account=HpcAiAccount,
    arguments=InstancesArguments,
    state=InstancesState,
    read=_read,
    pick=_select,
    request_key=_request_key,
    identify=_described,
    ready=None,
    failed=(),
    not_found_is_gone=False,  # a list is always there
    headline=("total", "instances"),
    summary=("name", "status", "phase", "diagnosis_reason", "healthy"),
    named=(
        NamedCondition(
            "ready",
            'size(self.instances) > 0 && self.instances.all(i, i.status == "Running" && i.healthy)',
            "There are instances, and all of them run and are healthy.",
        ),
        NamedCondition(
            "running",
            'size(self.instances) > 0 && self.instances.all(i, i.status == "Running")',
            "There are instances, and all of them run.",
        ),
        NamedCondition(
            "stopped",
            'size(self.instances) > 0 && self.instances.all(i, i.status == "Stopped")',
            "There are instances, and all of them are stopped.",
        ),
    ),
    documentation=Documentation(
        what="the instances of an account",
        returns="The instances that match the filters, and how many the account has; `unreadable` names rows that"
        " cannot be read.",
        raises=(
            ("UnreachableError", "the pages of the list did not add up; instances may have come or gone meanwhile"),
        ),
        until='size(self.instances) > 0 && self.instances.all(i, i.status == "Running")',
        check="look at the instances in the console (https://hpc-ai.com)",
        page="https://hpc-ai.com/doc/docs/api/instance/list",
    ),
    wire=WIRE,
)

INSTANCE = Kind(
    token="hpcai:Instance",  # noqa: S106  (a type token)
    account=HpcAiAccount,
    arguments=InstanceArguments,
    state=InstanceState,
    read=_read,
    pick=_pick,
    request_key=_request_key,
    identify=lambda arguments: arguments.instance_id,
    ready='self.status == "Running" && self.healthy',
    failed=(
        Failure('self.status == "StartingFailed"'),
        Failure('self.status == "InitializationFailed"'),
        Failure('self.status == "Released"'),
        Failure('self.status == "Archived"'),
        # After a back-off the cloud retries for ever; public clients tolerate that for 3 minutes in any phase.
        Failure('self.diagnosis_reason == "BackOff"', holds_for=180.0),
    ),
    # Only a complete walk shows that.
    not_found_is_gone=True,
    headline=("name", "status", "phase", "diagnosis_reason", "healthy"),
    named=(
        NamedCondition("running", 'self.status == "Running"', "The instance runs, healthy or not."),
        NamedCondition("stopped", 'self.status == "Stopped"', "The instance is stopped."),
        NamedCondition(
            "ended",
            'self.status in ["Stopped", "Archived", "Released", "StartingFailed", "InitializationFailed"]',
            "The instance does not run and is not about to.",
            failures_apply=False,
        ),
        NamedCondition(
            "failed",
            'self.status in ["StartingFailed", "InitializationFailed"]',
            "The instance could not be started.",
            failures_apply=False,
        ),
        # Public clients treat Released as gone (docs/vendors/hpcai.md, HPC-19).
        NamedCondition("deleted", 'self.status == "Released"', "The instance was released.", failures_apply=False),
    ),
    reads_all=True,
    documentation=Documentation(
        what="one instance",
        returns="The instance.",
        not_found="the account has no such instance",
        check="look at the instance in the console (https://hpc-ai.com)",
        page="https://hpc-ai.com/doc/docs/api/instance/list",
        reading="Each read fetches the complete list, because the cloud has no request for one instance; reads at the"
        " same time share it.",
    ),
    wire=WIRE,
)
