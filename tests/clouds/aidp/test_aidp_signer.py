"""The setting `signer`: a user's own function signs."""

from __future__ import annotations

import threading
import types
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import anyio
import pytest
from aidp_support import REQUEST_ID, SESSION, TARGET, Canned, on_mock, session_of, settings_of
from nbcloud_support import FakeClock, one_line, timed

from pulumi_nbcloud.clouds.aidp.account import AidpAccount
from pulumi_nbcloud.errors import AuthenticationError, NbcloudError, SettingsError, UnreachableError
from pulumi_nbcloud.http.client import Client
from pulumi_nbcloud.mock import MockClouds

NAME = "aidp signer (from Pulumi config nbcloud:aidp)"
HINT = "see the documentation of the setting signer; the text of its error is not shown, it may hold a secret"
Signer = Callable[[str, str, Mapping[str, str]], Any]


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """A module of the user's own, `my_signing`."""
    import sys

    made = types.ModuleType("my_signing")
    monkeypatch.setitem(sys.modules, "my_signing", made)
    return made


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    client = Client(sleep=FakeClock().sleep)
    yield client
    await client.aclose()


def account_of(client: Client | None = None, value: str = "my_signing:make") -> AidpAccount:
    settings = settings_of({"signer": value, "region": "us-ashburn-1"})
    return AidpAccount(settings, client or Canned(), request_id=lambda: REQUEST_ID)


def signs(_: str, __: str, ___: Mapping[str, str]) -> dict[str, str]:
    return {"Authorization": "Signature x"}


@pytest.mark.anyio
async def test_what_a_signer_is_given_and_what_becomes_of_what_it_gives(module: types.ModuleType) -> None:
    seen: list[Any] = []

    def sign(method: str, url: str, headers: Mapping[str, str]) -> dict[str, str]:
        seen.append((method, url, dict(headers), threading.current_thread()))
        return {"Authorization": "Signature x", "X-Date": "d", "HOST": "elsewhere", "opc-request-id": "mine"}

    module.make = lambda: sign  # type: ignore[attr-defined]
    client = Canned()
    account = account_of(client)
    for _ in range(2):
        await session_of(account)
    (method, url, headers, thread), _ = seen
    assert (method, url) == ("GET", account.endpoint + TARGET)
    assert set(headers) == {"content-type", "date", "host", "opc-request-id"}
    assert headers["host"] == account.endpoint.removeprefix("https://")
    assert thread is not threading.main_thread()
    sent = {"authorization": "Signature x", "x-date": "d", "opc-request-id": "mine", "date": headers["date"]}
    assert client.sent[0].headers == {**sent, "Host": headers["host"], "content-type": "application/json"}


@pytest.mark.anyio
async def test_oracles_own_signer_through_the_setting(
    clouds: MockClouds, client: Client, module: types.ModuleType, tmp_path: Any
) -> None:
    from oci.signer import Signer as OraclesSigner

    clouds.aidp.put_session(SESSION)
    values = clouds.settings()["aidp"]
    clouds.aidp.write_config(tmp_path)

    def make() -> Signer:
        key = str(tmp_path / "DEFAULT.pem")
        oracles = OraclesSigner(values["tenancy"], values["user"], values["fingerprint"], key)

        def sign(method: str, url: str, headers: Mapping[str, str]) -> Mapping[str, str]:
            path = url[url.index("/", url.index("://") + 3) :]
            request = types.SimpleNamespace(method=method, url=url, path_url=path, headers=dict(headers), body=None)
            oracles(request)
            return dict(request.headers)

        return sign

    module.make = make  # type: ignore[attr-defined]
    assert (await session_of(on_mock(clouds, client, signer="my_signing:make"))).name == "training"


@pytest.mark.anyio
async def test_the_factory_is_asked_once_and_calls_do_not_overlap(module: types.ModuleType) -> None:
    made: list[int] = []
    together: list[bool] = []
    meeting = threading.Barrier(2)

    def make() -> Signer:
        made.append(1)

        def sign(*_: Any) -> dict[str, str]:
            try:
                meeting.wait(0.02)
                together.append(True)
            except threading.BrokenBarrierError:
                together.append(False)
                meeting.reset()
            return {"authorization": "x"}

        return sign

    module.make = make  # type: ignore[attr-defined]
    account = account_of()
    async with anyio.create_task_group() as tasks:
        for _ in range(6):
            tasks.start_soon(account.sign, "GET", TARGET)
    assert (made, together) == ([1], [False] * 6)


async def failure(account: AidpAccount) -> NbcloudError:
    with pytest.raises(NbcloudError) as caught:
        await session_of(account)
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None
    return caught.value


def raising(error: BaseException) -> Callable[..., Any]:
    def fail(*_: Any) -> Any:
        raise error

    return fail


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("make", "cls", "problem"),
    [
        ("canary", SettingsError, "the signer cannot be made (TypeError)"),
        (raising(ValueError("canary")), SettingsError, "the signer cannot be made (ValueError)"),
        (raising(FileNotFoundError("canary")), SettingsError, "the signer cannot be made (FileNotFoundError)"),
        (raising(ConnectionError("canary")), UnreachableError, "the signer cannot be made (ConnectionError)"),
        (lambda: {"canary": 1}, SettingsError, "the factory gave no function but dict"),
        (lambda: raising(KeyError("canary")), AuthenticationError, "the signer could not sign (KeyError)"),
        (lambda: raising(PermissionError("canary")), SettingsError, "the signer could not sign (PermissionError)"),
        (lambda: raising(TimeoutError("canary")), UnreachableError, "the signer could not sign (TimeoutError)"),
        (lambda: lambda: None, AuthenticationError, "the signer could not sign (TypeError)"),
        (lambda: lambda *_: None, AuthenticationError, "the signer could not sign (TypeError)"),
        (lambda: lambda *_: {}, SettingsError, "gave no header authorization"),
        (lambda: lambda *_: {"authorization": ""}, SettingsError, "gave no header authorization"),
        (lambda: lambda *_: {"authorization": b"canary"}, SettingsError, "gave a header that cannot be sent"),
        (lambda: lambda *_: {"authorization": "canary\n"}, SettingsError, "gave a header that cannot be sent"),
        (lambda: lambda *_: {"authorization": "canaryé"}, SettingsError, "gave a header that cannot be sent"),
        (lambda: lambda *_: {"can ary": "x"}, SettingsError, "gave a header that cannot be sent"),
        (lambda: lambda *_: {"authorization": "x" * 70_000}, SettingsError, "gave a header that is too long"),
    ],
)
async def test_what_can_go_wrong_in_a_signer(
    module: types.ModuleType, make: Any, cls: type[NbcloudError], problem: str
) -> None:
    if make is not None:
        module.make = make  # type: ignore[attr-defined]
    client = Canned()
    error = await failure(account_of(client))
    assert type(error) is cls
    assert error.problem in (f"{NAME}: {problem}", f"{NAME} {problem}")
    assert error.hint == HINT
    assert client.sent == []


PIP = "install it where pulumi-nbcloud is installed, or put its folder on PYTHONPATH"
PIP_OCI = "install Oracle's package where pulumi-nbcloud is installed: pip install 'pulumi-nbcloud[oci]'"
PRINCIPAL = (
    "Oracle's SDK raises it where a variable of its principal is not set, such as OCI_RESOURCE_PRINCIPAL_VERSION; does "
    "this run where that principal is?"
)


@pytest.mark.anyio
async def test_a_module_that_is_not_there() -> None:
    error = await failure(account_of(value="no_such.module:make"))
    assert type(error) is SettingsError
    assert error.problem == (
        f"{NAME}: the module no_such.module cannot be imported (ModuleNotFoundError: there is no module no_such)"
    )
    assert error.hint == PIP


@pytest.mark.anyio
async def test_a_factory_that_is_not_there(module: types.ModuleType) -> None:
    error = await failure(account_of())
    assert type(error) is SettingsError
    assert one_line(error).endswith(f"{NAME}: the module my_signing has no make\nhint: correct the setting, or add it")


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("content", "reason", "hint"),
    [
        ("import no_such_package.part", "ModuleNotFoundError: there is no module no_such_package", PIP),
        ("from json import canary", "ImportError: something is missing in json", HINT),
        ("import json; json.missing", "AttributeError: there is no attribute missing", HINT),
        ("raise ModuleNotFoundError('canary', name='oci')", "ModuleNotFoundError: there is no module oci", PIP_OCI),
        ("raise ImportError('canary', name='can ary')", "ImportError", HINT),
        ("raise ConnectionError('canary')", "ConnectionError", HINT),
        ("can ary", "SyntaxError", HINT),
    ],
)
async def test_a_module_that_cannot_be_imported(
    content: str, reason: str, hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "signing_that_fails.py").write_text(content)
    monkeypatch.syspath_prepend(tmp_path)
    error = await failure(account_of(value="signing_that_fails:make"))
    assert type(error) is SettingsError
    assert error.problem == f"{NAME}: the module signing_that_fails cannot be imported ({reason})"
    assert error.hint == hint


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("failing", "reason", "hint"),
    [
        (OSError("canary is not defined"), "OSError", PRINCIPAL),
        (ModuleNotFoundError("canary", name="oci.auth"), "ModuleNotFoundError: there is no module oci.auth", PIP_OCI),
        (ModuleNotFoundError("canary", name="mine"), "ModuleNotFoundError: there is no module mine", PIP),
    ],
)
async def test_what_is_missing_on_this_machine_ends_it_at_once(
    module: types.ModuleType, failing: Exception, reason: str, hint: str
) -> None:
    for make, what in ((raising(failing), "cannot be made"), (lambda: raising(failing), "could not sign")):
        module.make = make  # type: ignore[attr-defined]
        error = await failure(account_of())
        assert type(error) is SettingsError
        assert error.problem == f"{NAME}: the signer {what} ({reason})"
        assert error.hint == hint


@pytest.mark.anyio
async def test_oracles_resource_principal_outside_of_oracles_cloud(module: types.ModuleType) -> None:
    from oci.auth.signers import get_resource_principals_signer

    module.make = get_resource_principals_signer  # type: ignore[attr-defined]
    error = await failure(account_of())
    assert type(error) is SettingsError
    assert error.problem == f"{NAME}: the signer cannot be made (OSError)"
    assert error.hint == PRINCIPAL


@pytest.mark.parametrize(
    "value", ["my_signing", "my_signing:", ":make", "a b:c", "a:b:c", "a..b:c", "é:c", "a:b()", "x" * 400]
)
def test_names_that_name_nothing(value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        account_of(value=value)
    assert str(caught.value) == (f"{NAME} must be module:factory\nhint: for example my_project.signing:make_signer")


@pytest.mark.anyio
async def test_a_signer_that_failed_is_asked_again(module: types.ModuleType) -> None:
    outcomes: list[Any] = [KeyError("canary"), TimeoutError("canary"), None]

    def sign(*_: Any) -> dict[str, str]:
        outcome = outcomes.pop(0)
        if outcome is not None:
            raise outcome
        return {"authorization": "x"}

    module.make = lambda: sign  # type: ignore[attr-defined]
    account = account_of()
    await failure(account)
    await failure(account)
    assert (await session_of(account)).name == "training"


@pytest.mark.anyio
async def test_a_signer_that_the_cloud_refuses_is_made_again_once(module: types.ModuleType) -> None:
    made: list[int] = []

    def make() -> Signer:
        made.append(1)
        return signs

    module.make = make  # type: ignore[attr-defined]
    client = Canned(401, {"code": "NotAuthenticated", "message": "m"})
    account = account_of(client)
    hint = "check what the setting signer names, and that its principal may sign in; it is not asked again in this run"
    for when in ("", "refused at T; ", "refused at T; "):
        error = await failure(account)
        assert type(error) is AuthenticationError
        assert timed(error.hint) == when + hint
    assert (len(made), len(client.sent)) == (2, 2)


@pytest.mark.anyio
async def test_a_signer_that_hangs_is_given_up_at_the_deadline(module: types.ModuleType) -> None:
    release = threading.Event()

    def hang(*_: Any) -> dict[str, str]:
        release.wait(60)
        return {"authorization": "x"}

    module.make = lambda: hang  # type: ignore[attr-defined]
    client = Client(total_seconds=0.05)
    try:
        error = await failure(account_of(client))
        assert type(error) is UnreachableError
        assert error.problem == "the request was not signed within the deadline"
    finally:
        release.set()
        await client.aclose()
