"""Reads the list of instances to its end: the cloud gives it in pages of a size of its own, and has no filter by id.

Source: docs/vendors/hpcai.md, HPC-8 to HPC-13.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

import anyio
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from pulumi_nbcloud.clouds.hpcai.account import HpcAiAccount
from pulumi_nbcloud.clouds.hpcai.state import (
    InstanceMetadata,
    InstanceRuntimeInfo,
    InstanceSpecInfo,
    InstanceState,
    Whole,
)
from pulumi_nbcloud.clouds.wire import parse_reply
from pulumi_nbcloud.errors import BadResponseError, UnreachableError, lasting
from pulumi_nbcloud.http.messages import Reply

LIST_PATH = "/api/instance/list"
PAGE_SIZE = 50
MAX_PAGES = 1_000
MAX_INSTANCES = 50_000
WALK_SECONDS = 300.0

_CONFIG = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", hide_input_in_errors=True)


class _Row(BaseModel):
    model_config = _CONFIG

    instance_metadata: InstanceMetadata
    instance_spec_info: InstanceSpecInfo | None = None
    instance_runtime_info: InstanceRuntimeInfo | None = None


class _Pager(BaseModel):
    # Its own currentPage and pageSize are not read: nothing is computed with them.
    model_config = _CONFIG

    total_entries: Annotated[Whole, Field(ge=0)] | None = None


class _Page(BaseModel):
    model_config = _CONFIG

    instances: Annotated[tuple[_Row, ...], BeforeValidator(lambda value: () if value is None else value)] = ()
    pager: _Pager | None = None


@dataclass(frozen=True)
class Listing:
    """A walk that reached its end.

    Args:
        endpoint: the origin that was asked.
        instances: by id, in the cloud's order.
        where: the method and URL of the requests.
        request_id: the vendor's id of the last one.
    """

    endpoint: str
    instances: Mapping[str, InstanceState] = field(repr=False)
    where: str
    request_id: str | None


class _DoesNotAddUp(Exception):
    """What a walk saw cannot be one list."""

    def __init__(self, reason: str, reply: Reply) -> None:
        super().__init__(reason)
        self.reason = reason
        self.reply = reply


async def walk(account: HpcAiAccount) -> Listing:
    """Read all pages, one after the other: nobody knows the size of a page before it is there.

    Args:
        account: signs and sends.

    Returns:
        All instances. It is complete: what is not in it does not exist.

    Raises:
        UnreachableError: the pages did not add up twice in a row, because instances came and went meanwhile or the
            cloud does not count well: worth another try, so a wait goes on; or the walk took too long.
        BadResponseError: a page is not what the vendor's page describes, or the list is too long.
        NbcloudError: any other error of the tree; see `errors`.
    """
    with anyio.CancelScope(deadline=anyio.current_time() + WALK_SECONDS):
        try:
            return await _Walk(account).run()
        except _DoesNotAddUp:
            pass
        try:
            return await _Walk(account).run()
        except _DoesNotAddUp as problem:
            raise UnreachableError(
                f"the pages of the list do not add up, twice in a row: {problem.reason}",
                hint="instances may have come or gone meanwhile: try again; if it stays so, please report it",
                where=problem.reply.request.where,
                status=problem.reply.status,
                request_id=problem.reply.request_id,
            ) from None
    raise UnreachableError(
        f"the list was not whole within {WALK_SECONDS:g} s",
        hint="the account has very many instances or the cloud is slow; try again later",
        where=f"POST {account.endpoint}{LIST_PATH}",
    )


class _Walk:
    def __init__(self, account: HpcAiAccount) -> None:
        self._account = account
        self._seen: dict[str, InstanceState] = {}
        self._total: int | None = None

    async def run(self) -> Listing:
        number = 1
        while True:
            pager = {"pager": {"currentPage": number, "pageSize": PAGE_SIZE}}
            reply = await self._account.send("POST", LIST_PATH, json.dumps(pager, separators=(",", ":")).encode())
            if self._take(number, _page_of(reply), reply):
                return Listing(self._account.endpoint, self._seen, reply.request.where, reply.request_id)
            if number == MAX_PAGES:
                raise _too_long(f"{MAX_PAGES:,} pages", reply)
            number += 1

    def _take(self, number: int, page: _Page, reply: Reply) -> bool:
        """Take in a page; return whether it was the last."""
        self._count(page, reply)
        before = len(self._seen)
        for row in page.instances:
            state = _state(row, self._account.endpoint)
            self._seen[state.instance_id] = state
        if len(self._seen) > MAX_INSTANCES:
            raise _too_long(f"{MAX_INSTANCES:,} instances", reply)
        total, seen = self._total, len(self._seen)
        if total is not None and seen > total:
            raise _DoesNotAddUp(f"{seen} instances were seen but the cloud counts {total}", reply)
        if seen == total:
            return True
        if not page.instances:
            # Without a count, the first page without rows is the end.
            if total is None:
                return True
            raise _DoesNotAddUp(f"page {number} is empty after {seen} of {total} instances", reply)
        if seen == before:
            raise _DoesNotAddUp(f"page {number} repeats instances of pages before it", reply)
        return False

    def _count(self, page: _Page, reply: Reply) -> None:
        counted = page.pager.total_entries if page.pager is not None else None
        if counted is None:
            return
        if counted > MAX_INSTANCES:
            raise _too_long(f"{MAX_INSTANCES:,} instances", reply)
        if self._total is not None and counted != self._total:
            raise _DoesNotAddUp(f"the cloud's count changed from {self._total} to {counted}", reply)
        self._total = counted


def _page_of(reply: Reply) -> _Page:
    page = parse_reply(reply, _Page)
    if not page.model_fields_set & {"instances", "pager"}:
        # An object of something else must not count as an empty list: that would prove things gone.
        raise lasting(
            reply.bad(
                "the answer is not a list of instances: it has neither instances nor pager",
                hint="check endpoint; if it is right, please report this",
            )
        )
    return page


def _too_long(bound: str, reply: Reply) -> BadResponseError:
    return reply.bad(
        f"the list is longer than {bound}",
        hint="this package reads no longer lists; please report what you need",
    )


def _state(row: _Row, endpoint: str) -> InstanceState:
    metadata, spec, runtime = row.instance_metadata, row.instance_spec_info, row.instance_runtime_info
    return InstanceState(
        instance_id=metadata.instance_id,
        endpoint=endpoint,
        name=(spec.name if spec is not None else None) or metadata.instance_name,
        status=runtime.status if runtime is not None else None,
        phase=(runtime.phase or None) if runtime is not None else None,
        diagnosis_reason=(runtime.diagnosis_reason or None) if runtime is not None else None,
        healthy=runtime.healthy if runtime is not None else None,
        instance_metadata=metadata,
        instance_spec_info=spec,
        instance_runtime_info=runtime,
    )
