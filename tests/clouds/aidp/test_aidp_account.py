"""AIDP accounts against the mock: every way to sign in, files that change, refusals, and that no secret is shown."""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aidp_support import (
    ARGUMENTS,
    ENDPOINT,
    NOW,
    PLATFORM,
    SESSION,
    TARGET,
    Canned,
    account_of,
    key_values,
    on_mock,
    pem,
    session_of,
    settings_of,
)
from nbcloud_support import NO_CONFIG, FakeClock, http_answer, raw_server, target_of, timed

from pulumi_nbcloud.clouds.aidp.account import AidpAccount, endpoint_of
from pulumi_nbcloud.clouds.aidp.notebook_session import NOTEBOOK_SESSION
from pulumi_nbcloud.errors import (
    AuthenticationError,
    NbcloudError,
    NotFoundError,
    PermissionDeniedError,
    RefusedError,
    SettingsError,
    UnreachableError,
)
from pulumi_nbcloud.http.client import Client
from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.mock.aidp.keys import FIRST, SECOND
from pulumi_nbcloud.mock.aidp.service import DEFAULT_USER, OTHER_PLATFORM, OTHER_USER
from pulumi_nbcloud.reading.reader import Reader


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    client = Client(sleep=FakeClock().sleep)
    yield client
    await client.aclose()


@pytest.fixture(autouse=True)
def session(clouds: MockClouds) -> None:
    clouds.aidp.put_session(SESSION)


def config(clouds: MockClouds, folder: Path, **options: Any) -> dict[str, str]:
    return {"configFile": str(clouds.aidp.write_config(folder, **options))}


async def refused(account: AidpAccount) -> AuthenticationError:
    with pytest.raises(AuthenticationError) as caught:
        await session_of(account)
    return caught.value


# --- ways to sign in


@pytest.mark.anyio
async def test_a_key_from_the_settings(clouds: MockClouds, client: Client) -> None:
    state = await session_of(on_mock(clouds, client))
    assert (state.endpoint, state.lifecycle_state, state.name) == (clouds.url, "ACTIVE", "training")
    assert state.etag is not None
    assert clouds.requests[-1].access_key == DEFAULT_USER


@pytest.mark.anyio
@pytest.mark.parametrize("passphrase", ["canary-passphrase", None])
async def test_a_key_in_one_line_and_with_a_passphrase(
    clouds: MockClouds, client: Client, passphrase: str | None
) -> None:
    values = {**clouds.settings()["aidp"], "privateKey": pem(passphrase).strip().replace("\n", "\\n")}
    if passphrase:
        values["passphrase"] = passphrase
    assert (await session_of(AidpAccount(settings_of(values), client))).name == "training"


@pytest.mark.anyio
async def test_the_environment_carries_a_key_of_many_lines(clouds: MockClouds, client: Client) -> None:
    clouds.aidp.put_session(SESSION, platform_id=OTHER_PLATFORM, name="other")
    reader = Reader({**clouds.environment(), **clouds.environment("other")}, client)
    assert "\n" in clouds.environment()["NBCLOUD_AIDP_PRIVATE_KEY"]
    assert (await reader.read(NOTEBOOK_SESSION, ARGUMENTS, NO_CONFIG)).name == "training"
    ids = {"ai_data_platform_id": OTHER_PLATFORM, "workspace_key": ARGUMENTS.workspace_key, "session_id": SESSION}
    other = NOTEBOOK_SESSION.parse({**ids, "profile": "other"})
    assert (await reader.read(NOTEBOOK_SESSION, other, NO_CONFIG)).name == "other"


@pytest.mark.anyio
@pytest.mark.parametrize("profile", ["DEFAULT", "EAST"])
@pytest.mark.parametrize("passphrase", [None, "canary-passphrase"])
async def test_a_profile_of_the_configuration_file(
    clouds: MockClouds, client: Client, tmp_path: Path, profile: str, passphrase: str | None
) -> None:
    values = config(clouds, tmp_path, profile=profile, passphrase=passphrase)
    account = on_mock(clouds, client, **values, configProfile=profile)
    assert (await session_of(account)).name == "training"
    assert account.expires_at() is None


@pytest.mark.anyio
async def test_a_session_token(clouds: MockClouds, client: Client, tmp_path: Path) -> None:
    token = clouds.aidp.issue_token(seconds=3600)
    account = on_mock(clouds, client, **config(clouds, tmp_path, token=token))
    assert (await session_of(account)).name == "training"
    expires_at = account.expires_at()
    assert expires_at is not None
    assert abs(expires_at - clouds.clock.now() - 3600) < 60


@pytest.mark.anyio
async def test_a_token_that_is_no_jwt_has_no_known_end(clouds: MockClouds, client: Client, tmp_path: Path) -> None:
    account = on_mock(clouds, client, **config(clouds, tmp_path, token="opaque"))
    assert account.expires_at() is None
    error = await refused(account)
    assert "oci session refresh --profile DEFAULT" in str(error)


# --- what is sent


@pytest.mark.anyio
async def test_the_signed_target_is_the_sent_one(client: Client) -> None:
    arguments = NOTEBOOK_SESSION.parse({"ai_data_platform_id": "a&b;c", "workspace_key": "k+", "session_id": "s@"})
    with raw_server(http_answer(body=b'{"id": "s@"}')) as server:
        account = AidpAccount(settings_of(key_values(endpoint=server.origin)), client)
        await NOTEBOOK_SESSION.read(account, arguments)
        (head,) = server.heads
    assert target_of(head) == ("/20260430/aiDataPlatforms/a%26b%3Bc/workspaces/k%2B/notebook/api/sessions/s%40")
    assert head.lower().count(b"\r\nhost:") == head.lower().count(b"\r\ndate:") == 1
    assert re.search(rb"\r\nopc-request-id: [0-9A-F]{32}\r\n", head, re.IGNORECASE)
    assert head.lower().count(b"\r\ncontent-type: application/json\r\n") == 1
    assert b"\r\ncontent-length" not in head.lower()


@pytest.mark.anyio
@pytest.mark.parametrize(
    "ids",
    [("a:b", "w+x", "s;2F"), ("$", "@", "..a"), ("a&b=c", "~!*'()", '"')],
)
async def test_odd_ids_are_signed_as_sent(clouds: MockClouds, client: Client, ids: tuple[str, str, str]) -> None:
    platform, workspace, name = ids
    clouds.aidp.add_account(DEFAULT_USER, pem(), platforms=[platform])
    clouds.aidp.put_session(name, platform_id=platform, workspace_key=workspace)
    arguments = NOTEBOOK_SESSION.parse(
        dict(zip(("ai_data_platform_id", "workspace_key", "session_id"), ids, strict=True))
    )
    assert (await NOTEBOOK_SESSION.read(on_mock(clouds, client), arguments)).session_id == name


@pytest.mark.anyio
async def test_each_attempt_has_an_id_of_its_own_and_is_signed_again(
    clouds: MockClouds, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    clouds.faults.add(service="aidp", status=500, body='{"code": "InternalServerError", "message": "x"}', count=2)
    seen: list[dict[str, str]] = []
    account = on_mock(clouds, client)
    sign = account.sign

    async def keep(*arguments: Any) -> Any:
        request = await sign(*arguments)
        seen.append(dict(request.headers))
        return request

    monkeypatch.setattr(account, "sign", keep)
    assert (await session_of(account)).name == "training"
    assert [entry.status for entry in clouds.requests] == [500, 500, 200]
    assert len({headers["opc-request-id"] for headers in seen}) == 3


@pytest.mark.anyio
async def test_the_clouds_joined_id_is_in_the_error(clouds: MockClouds, client: Client) -> None:
    clouds.aidp.delete_session(SESSION)
    with pytest.raises(NotFoundError) as caught:
        await session_of(on_mock(clouds, client))
    assert re.fullmatch(r"[0-9A-F]{32}/[0-9A-F]{32}/[0-9A-F]{32}", caught.value.request_id or "")


@pytest.mark.anyio
async def test_an_older_tenancy_needs_its_path(clouds: MockClouds, client: Client) -> None:
    clouds.aidp.serve_older_path()
    with pytest.raises(NotFoundError, match="pathPrefix"):
        await session_of(on_mock(clouds, client))
    assert (await session_of(on_mock(clouds, client, **key_on(clouds), pathPrefix="/20240831/dataLakes"))).name


def key_on(clouds: MockClouds) -> dict[str, str]:
    return clouds.settings()["aidp"]


@pytest.mark.anyio
async def test_a_clock_that_is_off_is_told(clouds: MockClouds, client: Client) -> None:
    clouds.clock.skew = 3600
    error = await refused(on_mock(clouds, client))
    assert error.hint == "this machine's clock is 60 minutes off the cloud's; signatures need it within 5"


# --- refusals

KEY_HINT = (
    "check tenancy, user and private key, that the user is not blocked, and that the tenancy takes API keys: some take "
    "session tokens only (oci session authenticate); they are not sent again until they change"
)
SECOND_KEY = {"privateKey": pem(second=True), "fingerprint": SECOND.fingerprint}


def refresh_hint(profile: str, path: str) -> str:
    return (
        f"run: oci session refresh --profile {profile} --config-file {path}; if that is too late: oci session "
        f"authenticate --profile-name {profile} --config-location {path}"
    )


@pytest.mark.anyio
async def test_a_refused_key_is_not_sent_again(clouds: MockClouds, client: Client) -> None:
    account = on_mock(clouds, client, **{**key_on(clouds), **SECOND_KEY})
    for when in ("", "refused at T; ", "refused at T; "):
        assert timed((await refused(account)).hint) == when + KEY_HINT
    assert clouds.request_count() == 1


@pytest.mark.anyio
async def test_a_rewritten_file_lifts_a_refusal(clouds: MockClouds, client: Client, tmp_path: Path) -> None:
    values = config(clouds, tmp_path)
    right = {name: (tmp_path / name).read_text() for name in ("config", "DEFAULT.pem")}
    # A key that is none of the user's, with its own fingerprint: any other is refused here.
    (tmp_path / "DEFAULT.pem").write_text(SECOND_KEY["privateKey"])
    (tmp_path / "config").write_text(right["config"].replace(FIRST.fingerprint, SECOND.fingerprint))
    account = on_mock(clouds, client, **values)
    await refused(account)
    await refused(account)
    assert clouds.request_count() == 1
    (tmp_path / "config").write_text(right["config"])
    # Between the two the files do not fit each other: what was read before stands, and its refusal.
    (tmp_path / "DEFAULT.pem").write_text(right["DEFAULT.pem"])
    assert (await session_of(account)).name == "training"
    assert clouds.request_count() == 2


@pytest.mark.anyio
async def test_a_refusal_without_a_code_does_not_prove_the_credentials() -> None:
    jupyter = {"message": "Session not found", "reason": None}
    for status, body, proven in (
        (404, b"nothing here", False),
        (404, jupyter, False),
        (404, {"code": "NotAuthorizedOrNotFound", "message": "m"}, True),
        (403, b"forbidden", False),
        (403, jupyter, False),
        (403, {"code": "NotAuthorized", "message": "m"}, True),
    ):
        account = account_of(Canned(status, body))
        with pytest.raises((NotFoundError, PermissionDeniedError)) as caught:
            await session_of(account)
        assert account.confirms(caught.value) is proven


@pytest.mark.anyio
@pytest.mark.parametrize("code", ["IncorrectState", "LockConflict"])
async def test_a_conflict_that_passes_is_tried_again_as_oracles_sdk_does(clouds: MockClouds, code: str) -> None:
    clouds.aidp.put_session(SESSION)
    body = json.dumps({"code": code, "message": "the workspace is being updated"})
    clouds.faults.add(service="aidp", status=409, body=body, count=2)
    patient = Client(random=lambda: 0.0)
    try:
        assert (await session_of(on_mock(clouds, patient))).name == "training"
        assert [entry.status for entry in clouds.requests] == [409, 409, 200]
        clouds.clear_requests()
        clouds.faults.add(service="aidp", status=409, body=body, count=9)
        with pytest.raises(UnreachableError, match="the cloud cannot answer now"):
            await session_of(on_mock(clouds, patient))
        assert len(clouds.requests) == 5
    finally:
        await patient.aclose()


@pytest.mark.anyio
async def test_another_conflict_is_not_tried_again(clouds: MockClouds, client: Client) -> None:
    clouds.faults.add(service="aidp", status=409, body='{"code": "InvalidatedRetryToken", "message": "m"}')
    with pytest.raises(RefusedError):
        await session_of(on_mock(clouds, client))
    assert len(clouds.requests) == 1


# --- session tokens that end, and files that change


@pytest.mark.anyio
async def test_a_token_file_rewritten_in_mid_run_is_read(clouds: MockClouds, client: Client, tmp_path: Path) -> None:
    account = on_mock(clouds, client, **config(clouds, tmp_path, token=clouds.aidp.issue_token(seconds=600)))
    await session_of(account)
    clouds.aidp.write_config(tmp_path, token=clouds.aidp.issue_token(seconds=7200))
    clouds.clock.advance(700)
    await session_of(account)
    assert [entry.status for entry in clouds.requests] == [200, 200]
    expires_at = account.expires_at()
    assert expires_at is not None
    assert expires_at > clouds.clock.now() + 6000


@pytest.mark.anyio
async def test_a_token_that_the_cloud_refuses_is_read_again_and_the_request_sent_once_more(
    clouds: MockClouds, client: Client, tmp_path: Path
) -> None:
    account = on_mock(clouds, client, **config(clouds, tmp_path, token=clouds.aidp.issue_token()))
    await session_of(account)
    path = tmp_path / "DEFAULT.token"
    before = path.stat()
    # Of the same length, in place and with the times put back: only its content tells that it is another.
    with path.open("r+") as file:
        file.write(clouds.aidp.issue_token(seconds=7200))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = path.stat()
    assert (after.st_mtime_ns, after.st_size, after.st_ino) == (before.st_mtime_ns, before.st_size, before.st_ino)
    clouds.clock.advance(3700)
    assert (await session_of(account)).name == "training"
    assert [entry.status for entry in clouds.requests] == [200, 401, 200]
    assert account.credentials.generation == 1


@pytest.mark.anyio
async def test_a_refused_token_that_stayed_the_same_is_sent_once(
    clouds: MockClouds, client: Client, tmp_path: Path
) -> None:
    token = clouds.aidp.issue_token()
    account = on_mock(clouds, client, **config(clouds, tmp_path, token=token))
    await session_of(account)
    clouds.aidp.revoke_token(token)
    hint = refresh_hint("DEFAULT", str(tmp_path / "config"))
    for when in ("", "refused at T; "):
        assert timed((await refused(account)).hint) == when + hint
    assert [entry.status for entry in clouds.requests] == [200, 401]
    clouds.aidp.write_config(tmp_path, token=clouds.aidp.issue_token(seconds=99_999))
    assert (await session_of(account)).name == "training"


@pytest.mark.anyio
async def test_an_expired_token_is_not_sent(clouds: MockClouds, client: Client, tmp_path: Path) -> None:
    values = config(clouds, tmp_path, profile="LAB", token=clouds.aidp.issue_token(seconds=-1))
    account = on_mock(clouds, client, **values, configProfile="LAB")
    for _ in range(2):
        error = await refused(account)
        assert error.problem == "the session token of profile LAB has expired; nothing was sent"
        assert error.hint == refresh_hint("LAB", str(tmp_path / "config"))
    assert clouds.request_count() == 0
    clouds.aidp.write_config(tmp_path, "LAB", token=clouds.aidp.issue_token(seconds=36_000))
    assert (await session_of(account)).name == "training"
    assert clouds.request_count() == 1


@pytest.mark.anyio
async def test_the_hint_of_a_token_in_the_default_file_names_no_file(clouds: MockClouds, client: Client) -> None:
    folder = Path(os.environ["HOME"], ".oci")
    os.mkdir(folder)
    clouds.aidp.write_config(folder, token=clouds.aidp.issue_token(seconds=-1))
    error = await refused(on_mock(clouds, client, configProfile="DEFAULT"))
    assert error.hint == (
        "run: oci session refresh --profile DEFAULT; if that is too late: oci session authenticate --profile-name "
        "DEFAULT"
    )


@pytest.mark.anyio
async def test_the_hint_quotes_a_path_with_blanks_for_the_shell(
    clouds: MockClouds, client: Client, tmp_path: Path
) -> None:
    folder = tmp_path / "two words"
    os.mkdir(folder)
    error = await refused(on_mock(clouds, client, **config(clouds, folder, token=clouds.aidp.issue_token(seconds=-1))))
    assert error.hint == refresh_hint("DEFAULT", f"'{folder / 'config'}'")


@pytest.mark.anyio
@pytest.mark.parametrize("content", ["", "half a\nprofile", "\x00"])
@pytest.mark.parametrize("name", ["config", "DEFAULT.pem", "DEFAULT.token"])
async def test_a_file_that_is_half_written_does_not_stop_a_run(
    clouds: MockClouds, client: Client, tmp_path: Path, name: str, content: str
) -> None:
    account = on_mock(clouds, client, **config(clouds, tmp_path, token=clouds.aidp.issue_token()))
    await session_of(account)
    (tmp_path / name).write_text(content)
    assert (await session_of(account)).name == "training"
    (tmp_path / "config").unlink()
    clouds.aidp.write_config(tmp_path, token=clouds.aidp.issue_token(seconds=99_999))
    await session_of(account)
    assert account.credentials.generation == 1
    assert [entry.status for entry in clouds.requests] == [200, 200, 200]


@pytest.mark.anyio
async def test_a_refusal_while_the_file_is_broken_stays_a_refusal(
    clouds: MockClouds, client: Client, tmp_path: Path
) -> None:
    token = clouds.aidp.issue_token()
    account = on_mock(clouds, client, **config(clouds, tmp_path, token=token))
    clouds.aidp.revoke_token(token)
    (tmp_path / "DEFAULT.token").write_text("")
    await refused(account)
    assert clouds.request_count() == 1


@pytest.mark.anyio
async def test_a_profile_that_changes_its_user_is_followed(clouds: MockClouds, client: Client, tmp_path: Path) -> None:
    account = on_mock(clouds, client, **config(clouds, tmp_path))
    await session_of(account)
    clouds.aidp.write_config(tmp_path, user=OTHER_USER)
    with pytest.raises(NotFoundError):
        await session_of(account)
    assert [entry.access_key for entry in clouds.requests] == [DEFAULT_USER, OTHER_USER]


# --- settings


BY_NAME = "(from Pulumi config nbcloud:aidp)"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"tenancy": "canary t"}, f"aidp tenancy {BY_NAME} must be an OCID: letters, digits and . _ : -"),
        ({"user": 'canary"'}, f"aidp user {BY_NAME} must be an OCID: letters, digits and . _ : -"),
        (
            {"fingerprint": "canary"},
            f"aidp fingerprint {BY_NAME} must be 16 pairs of hexadecimal digits with colons between them",
        ),
        ({"privateKey": "canary"}, f"aidp privateKey {BY_NAME} is not a private key in PEM"),
        ({"privateKey": pem("p")}, f"aidp privateKey {BY_NAME} is encrypted and has no passphrase"),
        (
            {"privateKey": pem("p"), "passphrase": "canary"},
            f"aidp privateKey {BY_NAME} cannot be opened with its passphrase",
        ),
        *(
            ({"region": region}, f"aidp region {BY_NAME} is no region that Oracle's SDK knows, so its realm and host")
            for region in ("canary", "a.b", "us-ashburn-1/", "-a", "a-", "canary" * 20 + "-1", "\u0131ad")
        ),
        *(
            ({"region": region}, f"aidp region {BY_NAME}, {region.lower()}, is no region that Oracle's SDK knows")
            for region in ("us-nowhere-1", "XX-Nowhere-12")
        ),
        ({"endpoint": "http://canary.example.com"}, f"aidp endpoint {BY_NAME} is plain http"),
        *(
            ({"pathPrefix": prefix}, f"aidp pathPrefix {BY_NAME} must be plain segments, each after a slash")
            for prefix in ("canary", "/", "//a", "/a/", "/..", "/a/../b", "/a?b", "/a%2Fb", "/a b", "/é", "/a" * 11)
        ),
    ],
)
def test_settings_that_cannot_be_right(changes: dict[str, str], problem: str) -> None:
    with pytest.raises(SettingsError) as caught:
        AidpAccount(settings_of(key_values(**changes)), Canned())
    assert caught.value.problem.startswith(problem)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("key", ["tenancy", "user", "fingerprint", "privateKey"])
def test_a_set_that_is_incomplete_names_what_is_missing(key: str) -> None:
    values = key_values()
    del values[key]
    with pytest.raises(SettingsError, match=f"has credentials for aidp without {key}"):
        settings_of(values)


def test_the_endpoint_follows_the_region_unless_it_is_set() -> None:
    assert endpoint_of("us-ashburn-1") == ENDPOINT == account_of().endpoint
    assert account_of(values=key_values(endpoint="https://AIDP.example.com:443")).endpoint == "https://aidp.example.com"
    assert account_of(values=key_values(region="ap-dcc-canberra-1")).endpoint == endpoint_of("ap-dcc-canberra-1")


# --- secrets


def secrets_of(text: str) -> list[str]:
    """The lines of a key, which would all give it away."""
    return [line for line in text.splitlines() if line and not line.startswith("-----")]


@pytest.mark.anyio
@pytest.mark.parametrize("way", ["key", "file", "token"])
async def test_no_secret_is_shown_anywhere(
    clouds: MockClouds, client: Client, tmp_path: Path, way: str, caplog: pytest.LogCaptureFixture, capfd: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    passphrase = "canary-passphrase-8c3e"
    token = clouds.aidp.issue_token()
    if way == "key":
        values = {**key_on(clouds), "privateKey": pem(passphrase), "passphrase": passphrase}
        encrypted = values["privateKey"]
    else:
        values = config(clouds, tmp_path, passphrase=passphrase, token=token if way == "token" else None)
        encrypted = (tmp_path / "DEFAULT.pem").read_text()
    settings = settings_of({"endpoint": clouds.url, **values})
    account = AidpAccount(settings, client)
    shown = [repr(settings), str(settings), repr(account), repr(vars(account)), repr(vars(account.credentials))]
    await session_of(account)
    request = await account.sign("GET", TARGET)
    signature = re.findall('signature="([^"]+)"', request.headers["authorization"])[0]
    shown += [repr(request), str(request)]
    for status in (401, 403, 404, 429, 500, 418):
        clouds.faults.add(service="aidp", status=status, body="plain", count=9)
        with pytest.raises(NbcloudError) as caught:
            await session_of(AidpAccount(settings, client))
        shown += [str(caught.value), repr(caught.value), repr(vars(caught.value))]
        clouds.faults.clear()
    seen = "\n".join([*shown, caplog.text, *capfd.readouterr()])
    assert TARGET in seen, "what may be shown is"
    for secret in [passphrase, token, signature, *secrets_of(pem()), *secrets_of(encrypted)]:
        assert secret not in seen


@pytest.mark.anyio
async def test_the_expired_token_is_not_in_its_message(clouds: MockClouds, tmp_path: Path) -> None:
    token = clouds.aidp.issue_token(seconds=-1)
    account = on_mock(clouds, Canned(), **config(clouds, tmp_path, token=token))
    with pytest.raises(AuthenticationError) as caught:
        await account.ready(0.0)
    for part in token.split("."):
        assert part not in str(caught.value)


@pytest.mark.anyio
async def test_an_unreachable_endpoint_is_not_a_refusal(client: Client) -> None:
    account = AidpAccount(settings_of(key_values(endpoint="http://127.0.0.1:1")), client, now=lambda: NOW)
    with pytest.raises(UnreachableError, match="could not connect"):
        await session_of(account)
    assert PLATFORM in TARGET
