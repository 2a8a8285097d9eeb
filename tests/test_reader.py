"""One account for equal settings, polled again for every read."""

from __future__ import annotations

import contextlib
import logging
import traceback
from typing import Any

import pytest
from nbcloud_support import NOTEBOOK_ID, SECRET_KEY, SECURITY_TOKEN, FakeClock

from pulumi_nbcloud.clouds.modelarts.notebook_lease import NOTEBOOK_LEASE
from pulumi_nbcloud.errors import AuthenticationError, NbcloudError, SettingsError
from pulumi_nbcloud.http.client import Client
from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.reading.reader import Reader, overrides, process_reader, set_override

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
