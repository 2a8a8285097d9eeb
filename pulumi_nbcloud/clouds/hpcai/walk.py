"""Read the complete list of instances: the cloud sends pages of a size of its own, and has no filter by id.

Source: docs/vendors/hpcai.md, HPC-8 to HPC-13.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

import anyio
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from pulumi_nbcloud.clouds.hpcai.account import FIRST_PAGE_SIZE, HpcAiAccount
from pulumi_nbcloud.clouds.hpcai.responses import ERROR_BODY
from pulumi_nbcloud.clouds.hpcai.state import (
    InstanceMetadata,
    InstanceRuntimeInfo,
    InstanceSpecInfo,
    InstanceState,
    Whole,
)
from pulumi_nbcloud.clouds.wire import oddity, parse_response
from pulumi_nbcloud.errors import BadResponseError, NbcloudError, RefusedError, UnreachableError, lasting
from pulumi_nbcloud.http.messages import Response
from pulumi_nbcloud.kinds.wire import NUMBER, Body, Wire

LIST_PATH = "/api/instance/list"
# The page sizes to try: the usual one, none (the server then chooses), and that of the page's example.
PAGE_SIZES: tuple[int | None, ...] = (FIRST_PAGE_SIZE, None, 10)
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
    # Its currentPage and pageSize are not read, because nothing uses them.
    model_config = _CONFIG

    total_entries: Annotated[Whole, Field(ge=0)] | None = None


class _Page(BaseModel):
    model_config = _CONFIG

    # Each row is parsed separately: an invalid one must not hide the others.
    instances: Annotated[tuple[Any, ...], BeforeValidator(lambda value: () if value is None else value)] = ()
    pager: _Pager | None = None


_ROW: TypeAdapter[_Row] = TypeAdapter(_Row)

_SPEC, _RUNTIME = "instances[].instanceSpecInfo", "instances[].instanceRuntimeInfo"
WIRE = Wire(
    page="hpcai.md",
    method="POST",
    paths=(LIST_PATH,),
    body=Body(
        model=_Page,
        parts={"instances[]": _Row},
        more={"pager.currentPage": NUMBER, "pager.pageSize": NUMBER},
        facts={
            "": "HPC-12",
            "instances[].instanceMetadata": "HPC-14",
            _SPEC: "HPC-15",
            f"{_SPEC}.remoteStorages": "HPC-18",
            _RUNTIME: "HPC-17",
            f"{_RUNTIME}.status": "HPC-19",
            f"{_RUNTIME}.stopTimestamp": "HPC-21",
            f"{_RUNTIME}.scheduledStopTimestamp": "HPC-21",
        },
        # Null (docs/vendors/hpcai.md, HPC-13), or only seen by a client (HPC-14).
        optional=(
            "instances",
            "pager",
            f"{_SPEC}.nodePorts",
            f"{_SPEC}.remoteStorages",
            f"{_SPEC}.imageInfo.tags",
            "instances[].instanceMetadata.instanceName",
        ),
    ),
    errors=ERROR_BODY,
    paged=True,
)


@dataclass(frozen=True)
class Listing:
    """A complete walk.

    Args:
        endpoint: the origin of the cloud.
        instances: by id, in the cloud's order.
        unreadable: the problems of unreadable rows, by id; by position for a row without an id.
        nameless: whether a row without an id is among these.
        where: the method and URL of the requests.
        request_id: the vendor's id of the last request.
    """

    endpoint: str
    instances: Mapping[str, InstanceState] = field(repr=False)
    where: str
    request_id: str | None
    unreadable: Mapping[str, str] = field(default_factory=dict, repr=False)
    nameless: bool = False


class _DoesNotAddUp(Exception):
    """The pages of a walk cannot be one list."""

    def __init__(self, reason: str, response: Response) -> None:
        super().__init__(reason)
        self.reason = reason
        self.response = response


async def walk(account: HpcAiAccount) -> Listing:
    """Read all pages, one after the other: the size of a page is unknown before it arrives.

    Args:
        account: signs and sends.

    Returns:
        All instances. The list is complete: an instance that is not in it does not exist.

    Raises:
        UnreachableError: the pages did not add up twice in a row, because instances came and went meanwhile or the
            cloud miscounts: another try may help, so a wait goes on; or the walk took too long.
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
                where=problem.response.request.where,
                status=problem.response.status,
                request_id=problem.response.request_id,
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
        self._odd: dict[str, str] = {}
        self._odd_nameless: dict[tuple[str, int], str] = {}
        self._total: int | None = None

    async def run(self) -> Listing:
        number = 1
        while True:
            response = await self._page(number)
            if self._take(number, _page_of(response), response):
                return self._listing(response)
            if number == MAX_PAGES:
                raise _too_long(f"{MAX_PAGES:,} pages", response)
            number += 1

    async def _page(self, number: int) -> Response:
        """Request a page of a size that the cloud accepts; the account keeps that size."""
        first: NbcloudError | None = None
        for size in PAGE_SIZES[PAGE_SIZES.index(self._account.page_size) :]:
            pager = {"currentPage": number} if size is None else {"currentPage": number, "pageSize": size}
            body = json.dumps({"pager": pager}, separators=(",", ":")).encode()
            try:
                response = await self._account.send("POST", LIST_PATH, body)
            except NbcloudError as error:
                # Without a size the cloud may fail, as it does without a pager (docs/vendors/hpcai.md, HPC-9).
                if not _refuses_size(error) and not (first and isinstance(error, UnreachableError)):
                    raise
                first = first or error
                continue
            self._account.page_size = size
            return response
        assert first is not None  # there is at least one size
        raise first

    def _listing(self, response: Response) -> Listing:
        nameless = {f"row {place}": what for place, what in enumerate(self._odd_nameless.values(), 1)}
        unreadable = {**self._odd, **nameless}
        where, request_id = response.request.where, response.request_id
        return Listing(self._account.endpoint, self._seen, where, request_id, unreadable, bool(nameless))

    @property
    def _count_seen(self) -> int:
        return len(self._seen) + len(self._odd) + len(self._odd_nameless)

    def _take(self, number: int, page: _Page, response: Response) -> bool:
        """Add a page; return whether it was the last."""
        self._count(page, response)
        before = self._count_seen
        self._take_rows(page, response)
        if self._count_seen > MAX_INSTANCES:
            raise _too_long(f"{MAX_INSTANCES:,} instances", response)
        total, seen = self._total, self._count_seen
        if total is not None and seen > total:
            raise _DoesNotAddUp(f"{seen} instances were seen but the cloud counts {total}", response)
        if seen == total:
            return True
        if not page.instances:
            # Without a count, the first page without rows is the end.
            if total is None:
                return True
            raise _DoesNotAddUp(f"page {number} is empty after {seen} of {total} instances", response)
        if seen == before:
            raise _DoesNotAddUp(f"page {number} repeats instances of pages before it", response)
        return False

    def _take_rows(self, page: _Page, response: Response) -> None:
        """Add the rows of a page; the last version of a repeated row counts."""
        texts: Counter[str] = Counter()
        for row in page.instances:
            state, what = _read(row, self._account.endpoint, response)
            name = state.instance_id if state is not None else _id_of(row)
            if name is None:
                # Distinct from similar rows on the same page, but not from itself on another.
                text = json.dumps(row, sort_keys=True)
                texts[text] += 1
                self._odd_nameless[text, texts[text]] = what
            elif state is None:
                self._seen.pop(name, None)
                self._odd[name] = what
            else:
                self._odd.pop(name, None)
                self._seen[name] = state

    def _count(self, page: _Page, response: Response) -> None:
        counted = page.pager.total_entries if page.pager is not None else None
        if counted is None:
            return
        if counted > MAX_INSTANCES:
            raise _too_long(f"{MAX_INSTANCES:,} instances", response)
        if self._total is not None and counted != self._total:
            raise _DoesNotAddUp(f"the cloud's count changed from {self._total} to {counted}", response)
        self._total = counted


def _read(row: object, endpoint: str, response: Response) -> tuple[InstanceState | None, str]:
    """Parse a row; return None and its problem where it does not match the vendor's page."""
    try:
        return _state(_ROW.validate_python(row), endpoint), ""
    except ValidationError as error:
        return None, oddity(response, error, row)


def _id_of(row: object) -> str | None:
    """Return the id of an unreadable row, if it has one."""
    metadata = row.get("instanceMetadata") if isinstance(row, Mapping) else None
    name = metadata.get("instanceId") if isinstance(metadata, Mapping) else None
    return name if isinstance(name, str) and name else None


def _refuses_size(error: NbcloudError) -> bool:
    """Return whether the cloud may have rejected the page size: the vendor's pages name no maximum."""
    if not isinstance(error, (RefusedError, BadResponseError)):
        return False
    return error.status in (400, 413, 422) or "pagesize" in (error.vendor_message or "").replace(" ", "").casefold()


def _page_of(response: Response) -> _Page:
    page = parse_response(response, _Page)
    if not page.model_fields_set & {"instances", "pager"}:
        # Another object must not count as an empty list: that would confirm that the instances are gone.
        raise lasting(
            response.bad(
                "the answer is not a list of instances: it has neither instances nor pager",
                hint="check endpoint; if it is right, please report this",
            )
        )
    return page


def _too_long(bound: str, response: Response) -> BadResponseError:
    return response.bad(
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
