"""Lookups of one process share reads: one walk of a list serves many, but none that asked after it was sent."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import anyio
import anyio.to_thread
import pytest
from nbcloud_support import FakeClock, RawServer, http_answer, raw_server

from pulumi_nbcloud.clouds.hpcai.instances import INSTANCE, INSTANCES
from pulumi_nbcloud.clouds.modelarts.notebook_lease import NOTEBOOK_LEASE
from pulumi_nbcloud.errors import NbcloudError, NotFoundError, PermissionDeniedError
from pulumi_nbcloud.http.client import MAX_IN_FLIGHT, Client
from pulumi_nbcloud.http.messages import last_request_id
from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.reading.reader import Reader
from pulumi_nbcloud.waiting.runner import WaitRunner
from pulumi_nbcloud.waiting.spec import parse_spec

pytestmark = pytest.mark.anyio
PAGES = 4
ROWS = 200


def no_config(key: str) -> object:
    return None


@contextlib.asynccontextmanager
async def reader_of(environment: Mapping[str, str]) -> AsyncIterator[Reader]:
    client = Client(sleep=FakeClock().sleep)
    try:
        yield Reader(environment, client)
    finally:
        await client.aclose()


async def gathered(count: int, work: Any) -> list[Any]:
    """Starts all at once; gives results and errors by number."""
    found: list[Any] = [None] * count

    async def one(number: int) -> None:
        try:
            found[number] = await work(number)
        except NbcloudError as error:
            found[number] = error

    async with anyio.create_task_group() as group:
        for number in range(count):
            group.start_soon(one, number)
    return found


@pytest.fixture
def instance_ids(nbcloud_mock: MockClouds) -> list[str]:
    """As many instances as fill four pages."""
    ids = [f"notebook-{number:08d}" for number in range(ROWS)]
    for each in ids:
        nbcloud_mock.hpcai.put_instance(each, name=f"name-of-{each}")
    return ids


async def test_each_look_up_that_shared_an_answer_knows_the_request(
    nbcloud_mock: MockClouds, instance_ids: list[str]
) -> None:
    async with reader_of(nbcloud_mock.environment()) as reader:

        async def look_up(number: int) -> str | None:
            await reader.read(INSTANCE, INSTANCE.parse({"instance_id": instance_ids[number]}), no_config)
            return last_request_id.get()

        known = await gathered(10, look_up)
    assert nbcloud_mock.request_count() in (PAGES, 2 * PAGES)
    assert all(isinstance(each, str) and each for each in known)


async def test_two_hundred_look_ups_that_start_together_walk_the_list_twice_at_most(
    nbcloud_mock: MockClouds, instance_ids: list[str]
) -> None:
    async with reader_of(nbcloud_mock.environment()) as reader:

        async def look_up(number: int) -> Any:
            return await reader.read(INSTANCE, INSTANCE.parse({"instance_id": instance_ids[number]}), no_config)

        found = await gathered(ROWS, look_up)
    assert [each.name for each in found] == [f"name-of-{each}" for each in instance_ids]
    assert nbcloud_mock.request_count() in (PAGES, 2 * PAGES)


async def test_look_ups_of_a_list_and_of_one_in_it_share_a_walk_and_each_says_what_it_did_not_find(
    nbcloud_mock: MockClouds, instance_ids: list[str]
) -> None:
    asked = [INSTANCE.parse({"instance_id": each}) for each in (instance_ids[0], "nope-1", "nope-2")]
    async with reader_of(nbcloud_mock.environment()) as reader:

        async def look_up(number: int) -> Any:
            if number == len(asked):
                return await reader.read(INSTANCES, INSTANCES.parse({}), no_config)
            return await reader.read(INSTANCE, asked[number], no_config)

        found = await gathered(len(asked) + 1, look_up)
    assert found[0].instance_id == instance_ids[0]
    assert found[3].total == ROWS
    assert [(type(each), each.subject) for each in found[1:3]] == [
        (NotFoundError, "hpcai:Instance nope-1"),
        (NotFoundError, "hpcai:Instance nope-2"),
    ]
    assert nbcloud_mock.request_count() in (PAGES, 2 * PAGES)


async def test_an_error_of_a_shared_read_is_everybodys_and_names_what_each_asked_for(nbcloud_mock: MockClouds) -> None:
    nbcloud_mock.faults.add(service="hpcai", status=403, count=2)
    async with reader_of(nbcloud_mock.environment()) as reader:

        async def look_up(number: int) -> Any:
            return await reader.read(INSTANCE, INSTANCE.parse({"instance_id": f"i-{number}"}), no_config)

        found = await gathered(20, look_up)
    assert [(type(each), each.subject) for each in found] == [
        (PermissionDeniedError, f"hpcai:Instance i-{number}") for number in range(20)
    ]
    assert len({id(each) for each in found}) == 20
    assert nbcloud_mock.request_count() in (1, 2)


async def test_a_look_up_is_not_answered_by_a_read_that_was_sent_before_it_was_asked() -> None:
    def listing(number: int, head: bytes) -> bytes:
        if number == 1:
            server.hold()
        rows = [{"instanceMetadata": {"instanceId": f"i-{row}", "instanceName": "n"}} for row in range(number)]
        return http_answer(body=json.dumps({"instances": rows, "pager": {"totalEntries": number}}).encode())

    server: RawServer
    totals: dict[str, int] = {}
    with raw_server(listing) as server:
        environment = {"NBCLOUD_HPCAI_API_KEY": "key", "NBCLOUD_HPCAI_ENDPOINT": server.origin}
        async with reader_of(environment) as reader, anyio.create_task_group() as group:

            async def look_up(name: str) -> None:
                totals[name] = (await reader.read(INSTANCES, INSTANCES.parse({}), no_config)).total

            group.start_soon(look_up, "before")
            await anyio.to_thread.run_sync(server.wait_for_requests, 1)
            for name in ("after", "after as well"):
                group.start_soon(look_up, name)
            await anyio.wait_all_tasks_blocked()
            server.released.set()
    assert totals == {"before": 1, "after": 2, "after as well": 2}
    assert len(server.heads) == 2


async def test_look_ups_of_two_accounts_are_not_shared(nbcloud_mock: MockClouds) -> None:
    environment = {**nbcloud_mock.environment(), **nbcloud_mock.environment("other")}
    async with reader_of(environment) as reader:

        async def look_up(number: int) -> Any:
            return await reader.read(INSTANCES, INSTANCES.parse({"profile": ("other", None)[number]}), no_config)

        await gathered(2, look_up)
    assert len({entry.access_key for entry in nbcloud_mock.requests}) == 2


async def test_look_ups_one_after_the_other_are_each_asked_again_and_leave_nothing_behind(
    nbcloud_mock: MockClouds, instance_ids: list[str]
) -> None:
    arguments = INSTANCE.parse({"instance_id": instance_ids[0]})
    async with reader_of(nbcloud_mock.environment()) as reader:
        for _ in range(3):
            await reader.read(INSTANCE, arguments, no_config)
            assert not reader.shared._reads
    assert nbcloud_mock.request_count() == 3 * PAGES


async def test_the_looks_of_a_preview_share_a_walk(nbcloud_mock: MockClouds, instance_ids: list[str]) -> None:
    async with reader_of(nbcloud_mock.environment()) as reader:

        async def poll(number: int) -> Any:
            target = {"kind": INSTANCE.token, "instance_id": instance_ids[number]}
            spec, _ = parse_spec({"targets": {"self": target}})
            assert spec is not None
            return await WaitRunner(reader, no_config).poll(spec)

        found = await gathered(40, poll)
    assert {meaning for _, meaning in found} == {"the condition holds"}
    assert nbcloud_mock.request_count() in (PAGES, 2 * PAGES)


async def test_two_hundred_leases_are_one_request_each_and_at_most_32_of_them_at_a_time() -> None:
    """All that may be under way are, before any of them is answered."""

    def lease(number: int, head: bytes) -> bytes:
        # The first goes alone, to see whether the credentials are accepted.
        if number > 1:
            server.hold()
        return http_answer(body=b'{"create_at":1,"update_at":1,"duration":1,"enable":true,"type":"TIMING"}')

    server: RawServer
    with raw_server(lease) as server:
        environment = {
            "NBCLOUD_MODELARTS_ACCESS_KEY": "key",
            "NBCLOUD_MODELARTS_SECRET_KEY": "secret",
            "NBCLOUD_MODELARTS_PROJECT_ID": "p",
            "NBCLOUD_MODELARTS_ENDPOINT": server.origin,
        }
        async with reader_of(environment) as reader, anyio.create_task_group() as group:

            async def look_up(number: int) -> Any:
                asked = NOTEBOOK_LEASE.parse({"notebook_id": f"0b9c2f6e-4a70-4a0e-9d0e-{number:012d}"})
                return await reader.read(NOTEBOOK_LEASE, asked, no_config)

            async def release() -> None:
                await anyio.to_thread.run_sync(server.wait_for_requests, MAX_IN_FLIGHT)
                server.released.set()

            group.start_soon(release)
            found = await gathered(ROWS, look_up)
    assert {each.running for each in found} == {True}
    assert (MAX_IN_FLIGHT, server.most_in_work) == (32, 32)
    assert len(server.heads) == len(set(server.heads)) == ROWS


async def test_who_takes_a_recent_answer_gets_one_and_who_does_not_asks_again(
    nbcloud_mock: MockClouds, instance_ids: list[str]
) -> None:
    async with reader_of(nbcloud_mock.environment()) as reader:

        async def read(number: int, recent: float) -> str:
            found = await reader.read(
                INSTANCE, INSTANCE.parse({"instance_id": instance_ids[number]}), no_config, recent=recent
            )
            return str(found.name)

        assert [await read(number, 60.0) for number in range(3)] == [f"name-of-{each}" for each in instance_ids[:3]]
        assert nbcloud_mock.request_count() == PAGES
        await read(3, 0.0)
        assert nbcloud_mock.request_count() == 2 * PAGES
        # That one is the most recent now.
        await read(4, 60.0)
        assert nbcloud_mock.request_count() == 2 * PAGES


async def test_an_answer_is_kept_for_a_moment_only(
    nbcloud_mock: MockClouds, instance_ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pulumi_nbcloud.reading.reader.KEPT_SECONDS", 0.01)
    async with reader_of(nbcloud_mock.environment()) as reader:
        for _ in range(2):
            await reader.read(INSTANCE, INSTANCE.parse({"instance_id": instance_ids[0]}), no_config, recent=60.0)
            await anyio.sleep(0.05)
        assert reader.shared._reads == {}
    assert nbcloud_mock.request_count() == 2 * PAGES


async def test_an_error_from_before_is_nobodys_answer(nbcloud_mock: MockClouds, instance_ids: list[str]) -> None:
    nbcloud_mock.faults.add(service="hpcai", status=403, count=1)
    arguments = INSTANCE.parse({"instance_id": instance_ids[0]})
    async with reader_of(nbcloud_mock.environment()) as reader:
        with pytest.raises(NbcloudError):
            await reader.read(INSTANCE, arguments, no_config, recent=60.0)
        assert (await reader.read(INSTANCE, arguments, no_config, recent=60.0)).name == f"name-of-{instance_ids[0]}"
