"""One account for equal settings, polled again for every read."""

from __future__ import annotations

import contextlib
import gc
import logging
import traceback
import weakref
from contextvars import Context, ContextVar
from typing import Any

import anyio
import anyio.to_thread
import pytest
from nbcloud_support import LEASE_BODY, NOTEBOOK_ID, SECRET_KEY, SECURITY_TOKEN, FakeClock, eventually

from pulumi_nbcloud.clouds.modelarts.notebook_lease import NOTEBOOK_LEASE
from pulumi_nbcloud.errors import AuthenticationError, NbcloudError, SettingsError
from pulumi_nbcloud.http.client import KEPT_ROUTES, Client
from pulumi_nbcloud.http.proxy import Route
from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.reading import portal
from pulumi_nbcloud.reading.reader import KEPT_ACCOUNTS, Reader, forget, overrides, process_reader, set_override

ARGUMENTS = NOTEBOOK_LEASE.parse({"notebook_id": NOTEBOOK_ID})


def no_config(key: str) -> object:
    return None


@contextlib.asynccontextmanager
async def reader_of(environment: dict[str, str]) -> Any:
    client = Client(sleep=FakeClock().sleep)
    try:
        yield Reader(environment, client)
    finally:
        await client.aclose()


def account(reader: Reader, profile: str | None = None, config: Any = no_config) -> Any:
    return reader.account(NOTEBOOK_LEASE, profile, config)


@pytest.mark.anyio
async def test_a_changed_secret_makes_a_new_account_that_is_sent(nbcloud_mock: MockClouds) -> None:
    nbcloud_mock.modelarts.put_lease(NOTEBOOK_ID)
    environment = {**nbcloud_mock.environment(), "NBCLOUD_MODELARTS_SECRET_KEY": SECRET_KEY}
    async with reader_of(environment) as reader:
        for _ in range(3):
            with pytest.raises(AuthenticationError):
                await reader.read(NOTEBOOK_LEASE, ARGUMENTS, no_config)
        assert nbcloud_mock.request_count() == 1
        environment.update(nbcloud_mock.environment())
        assert (await reader.read(NOTEBOOK_LEASE, ARGUMENTS, no_config)).running
        # The refused one is still remembered.
        environment["NBCLOUD_MODELARTS_SECRET_KEY"] = SECRET_KEY
        with pytest.raises(AuthenticationError):
            await reader.read(NOTEBOOK_LEASE, ARGUMENTS, no_config)
    assert nbcloud_mock.request_count() == 2


def test_equal_settings_are_one_account_whatever_the_profile(nbcloud_mock: MockClouds) -> None:
    environment = {**nbcloud_mock.environment(), **nbcloud_mock.environment("other")}
    same = {name.replace("NBCLOUD_", "NBCLOUD_PROFILE_X_"): value for name, value in nbcloud_mock.environment().items()}
    reader = Reader({**environment, **same}, Client())
    assert account(reader) is account(reader)
    assert account(reader) is account(reader, "x")
    assert account(reader) is not account(reader, "other")
    assert account(reader, "other") is account(reader, "other")


@pytest.mark.anyio
async def test_profiles_that_differ_in_their_project_try_one_bad_key_once(nbcloud_mock: MockClouds) -> None:
    bad = {**nbcloud_mock.settings()["modelarts"], "secretKey": SECRET_KEY}
    projects = {f"p{number}": {"modelarts": {**bad, "projectId": f"project-{number}"}} for number in range(8)}
    async with reader_of({}) as reader:
        for profile in projects:
            arguments = NOTEBOOK_LEASE.parse({"notebook_id": NOTEBOOK_ID, "profile": profile})
            with pytest.raises(AuthenticationError):
                await reader.read(NOTEBOOK_LEASE, arguments, {"nbcloud:profiles": projects}.get)
    assert nbcloud_mock.request_count() == 1


@pytest.mark.anyio
async def test_two_profiles_with_the_same_bad_key_try_it_once(nbcloud_mock: MockClouds) -> None:
    bad = {**nbcloud_mock.settings()["modelarts"], "secretKey": SECRET_KEY}
    config = {"nbcloud:modelarts": bad, "nbcloud:profiles": {"x": {"modelarts": bad}}}
    async with reader_of({}) as reader:
        for profile in (None, "x"):
            arguments = NOTEBOOK_LEASE.parse({"notebook_id": NOTEBOOK_ID, "profile": profile})
            with pytest.raises(AuthenticationError):
                await reader.read(NOTEBOOK_LEASE, arguments, config.get)
    assert nbcloud_mock.request_count() == 1


@pytest.mark.anyio
async def test_a_profile_reads_its_own_account(nbcloud_mock: MockClouds) -> None:
    nbcloud_mock.modelarts.put_lease(NOTEBOOK_ID, project_id="other-project")
    arguments = NOTEBOOK_LEASE.parse({"notebook_id": NOTEBOOK_ID, "profile": "other"})
    async with reader_of({**nbcloud_mock.environment(), **nbcloud_mock.environment("other")}) as reader:
        state = await reader.read(NOTEBOOK_LEASE, arguments, no_config)
    assert state.project_id == "other-project"
    assert [entry.access_key for entry in nbcloud_mock.requests] == ["MOCKACCESSKEY0000002"]


def test_settings_that_cannot_be_right_are_told_each_time(nbcloud_mock: MockClouds) -> None:
    environment = {**nbcloud_mock.environment(), "NBCLOUD_MODELARTS_PROJECT_ID": "a/b"}
    reader = Reader(environment, Client())
    for _ in range(2):
        with pytest.raises(SettingsError, match="projectId"):
            account(reader)
    environment["NBCLOUD_MODELARTS_PROJECT_ID"] = "p"
    assert account(reader).project_id == "p"


def test_the_readers_environment_is_the_process_by_default(
    nbcloud_mock: MockClouds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NBCLOUD_MODELARTS_PROJECT_ID", "changed")
    assert account(Reader(client=Client())).project_id == "changed"


def test_a_process_has_one_reader() -> None:
    assert process_reader() is process_reader()


def test_overrides_are_given_as_a_copy() -> None:
    def answer(arguments: Any) -> Any:
        return arguments

    assert set_override("k", answer) is None
    given = overrides()
    assert set_override("k", None) is answer
    assert (dict(given), dict(overrides())) == ({"k": answer}, {})


@pytest.mark.parametrize("fault", [None, 302, 400, 401, 403, 404, 429, 500, 503])
@pytest.mark.anyio
async def test_no_secret_reaches_an_error_a_log_or_the_other_sides_log(
    fault: int | None, nbcloud_mock: MockClouds, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    nbcloud_mock.modelarts.put_lease(NOTEBOOK_ID)
    nbcloud_mock.modelarts.add_account("CANARY", SECRET_KEY, projects=["p"], security_token=SECURITY_TOKEN)
    settings = {"ACCESS_KEY": "CANARY", "SECRET_KEY": SECRET_KEY, "SECURITY_TOKEN": SECURITY_TOKEN, "PROJECT_ID": "p"}
    environment = {f"NBCLOUD_MODELARTS_{key}": value for key, value in settings.items()}
    environment["NBCLOUD_MODELARTS_ENDPOINT"] = nbcloud_mock.url
    if fault:
        nbcloud_mock.faults.add(service="modelarts", status=fault, count=10)
    shown: list[str] = []
    async with reader_of(environment) as reader:
        try:
            await reader.read(NOTEBOOK_LEASE, ARGUMENTS, no_config)
        except NbcloudError as error:
            shown += [str(error), repr(error), repr(vars(error)), "".join(traceback.format_exception(error))]
        shown += [repr(reader), repr(account(reader)), repr(vars(account(reader)))]
    assert nbcloud_mock.request_count() >= 1
    shown += [caplog.text, repr(caplog.records), repr(nbcloud_mock.requests), repr(nbcloud_mock.state())]
    assert not [text for text in shown if SECRET_KEY in text or SECURITY_TOKEN in text]


# --- what is kept of accounts


class Program:
    """Stands for a Pulumi program: there is one monitor for each."""


def bad_settings(nbcloud_mock: MockClouds) -> Any:
    return {"nbcloud:modelarts": {**nbcloud_mock.settings()["modelarts"], "secretKey": SECRET_KEY}}.get


def test_a_refusal_is_known_for_one_program_and_a_later_one_tries_once_more(nbcloud_mock: MockClouds) -> None:
    first, second, config = Program(), Program(), bad_settings(nbcloud_mock)
    for program, requests in ((first, 1), (first, 1), (second, 2), (second, 2), (first, 2), (None, 3), (None, 3)):
        with pytest.raises(AuthenticationError):
            portal.call(lambda: process_reader(program).read(NOTEBOOK_LEASE, ARGUMENTS, config))  # noqa: B023
        assert nbcloud_mock.request_count() == requests


def test_a_program_that_has_ended_leaves_no_accounts_behind(nbcloud_mock: MockClouds) -> None:
    program = Program()
    kept = weakref.ref(process_reader(program))
    assert process_reader(program) is kept()
    del program
    gc.collect()
    assert kept() is None


def test_programs_share_their_connections(nbcloud_mock: MockClouds) -> None:
    nbcloud_mock.modelarts.put_lease(NOTEBOOK_ID)
    config, programs = nbcloud_mock.settings(), [Program(), Program()]

    def read(program: object) -> Any:
        keys = {"nbcloud:modelarts": config["modelarts"]}
        return portal.call(lambda: process_reader(program).read(NOTEBOOK_LEASE, ARGUMENTS, keys.get))

    for each in programs:
        assert read(each).running
    assert len({id(process_reader(each)._client) for each in programs}) == 1


def test_a_connection_that_stays_open_does_not_keep_the_program_that_opened_it(nbcloud_mock: MockClouds) -> None:
    nbcloud_mock.modelarts.put_lease(NOTEBOOK_ID)
    config = {"nbcloud:modelarts": nbcloud_mock.settings()["modelarts"]}
    current: ContextVar[Program] = ContextVar("current")

    def run() -> weakref.ref[Program]:
        program = Program()
        current.set(program)  # as Pulumi keeps its settings
        portal.call(lambda: process_reader(program).read(NOTEBOOK_LEASE, ARGUMENTS, config.get))
        return weakref.ref(program)

    program = Context().run(run)
    gc.collect()
    assert program() is None


def other_settings(nbcloud_mock: MockClouds, number: int) -> Any:
    return {"nbcloud:modelarts": {**nbcloud_mock.settings()["modelarts"], "projectId": f"project-{number}"}}.get


def test_five_thousand_accounts_are_not_all_kept(nbcloud_mock: MockClouds) -> None:
    reader = Reader({}, Client())
    held = account(reader, config=other_settings(nbcloud_mock, 0))
    for number in range(1, 5000):
        account(reader, config=other_settings(nbcloud_mock, number))
    gc.collect()
    assert len(reader._accounts) == KEPT_ACCOUNTS + 1
    # Whoever uses one goes on, and it is still the one that is found.
    assert account(reader, config=other_settings(nbcloud_mock, 0)) is held
    recent = account(reader, config=other_settings(nbcloud_mock, 4999))
    assert account(reader, config=other_settings(nbcloud_mock, 4999)) is recent


@pytest.mark.anyio
async def test_an_account_that_is_dropped_while_it_reads_reads_on(
    nbcloud_mock: MockClouds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pulumi_nbcloud.reading.reader.KEPT_ACCOUNTS", 2)
    nbcloud_mock.modelarts.put_lease(NOTEBOOK_ID)
    nbcloud_mock.faults.add(service="modelarts", status=200, body=LEASE_BODY.decode(), delay=0.3)
    states = []
    async with reader_of(nbcloud_mock.environment()) as reader, anyio.create_task_group() as tasks:

        async def read() -> None:
            states.append(await reader.read(NOTEBOOK_LEASE, ARGUMENTS, no_config))

        tasks.start_soon(read)
        await anyio.to_thread.run_sync(eventually, lambda: nbcloud_mock.request_count() == 1, "the request")
        for number in range(20):
            account(reader, config=other_settings(nbcloud_mock, number))
        gc.collect()
    assert [state.running for state in states] == [True]


def test_a_refused_key_is_remembered_longer_than_its_account(nbcloud_mock: MockClouds) -> None:
    reader = Reader({}, Client())
    state = account(reader, config=bad_settings(nbcloud_mock))._state
    state.reject(AuthenticationError("no"), None)
    for number in range(KEPT_ACCOUNTS + 1):
        account(reader, config=other_settings(nbcloud_mock, number))
    gc.collect()
    assert account(reader, config=bad_settings(nbcloud_mock))._state is state


def test_ways_to_the_clouds_are_not_all_kept() -> None:
    client = Client()

    async def open_many() -> int:
        for number in range(100):
            client._open(Route(proxy=f"http://127.0.0.1:{number + 1}"))
        kept = len(client._transports)
        await client.aclose()
        return kept

    assert portal.call(open_many) == KEPT_ROUTES


def test_what_is_known_of_accounts_can_be_forgotten(nbcloud_mock: MockClouds) -> None:
    for requests in (1, 2):
        for _ in range(2):
            with pytest.raises(AuthenticationError):
                portal.call(lambda: process_reader().read(NOTEBOOK_LEASE, ARGUMENTS, bad_settings(nbcloud_mock)))
        assert nbcloud_mock.request_count() == requests
        forget()
