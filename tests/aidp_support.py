"""What tests of AIDP share: ids, a session's body, keys, accounts with and without a cloud behind them."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from nbcloud_support import NO_CONFIG, read

from pulumi_nbcloud.clouds.account import CredentialState
from pulumi_nbcloud.clouds.aidp.account import SCHEMA, AidpAccount
from pulumi_nbcloud.clouds.aidp.notebook_session import NOTEBOOK_SESSION, NotebookSessionState
from pulumi_nbcloud.http.client import Client
from pulumi_nbcloud.http.messages import Response
from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.mock.aidp.keys import FIRST, SECOND
from pulumi_nbcloud.mock.aidp.service import DEFAULT_PLATFORM, DEFAULT_WORKSPACE
from pulumi_nbcloud.settings.resolve import resolve
from pulumi_nbcloud.settings.schema import Settings

KIND = "aidp:NotebookSession"
SESSION = "0f6a7c52-1d2e-4b0a-8f00-000000000001"
PLATFORM, WORKSPACE = DEFAULT_PLATFORM, DEFAULT_WORKSPACE
IDS: dict[str, Any] = {"ai_data_platform_id": PLATFORM, "workspace_key": WORKSPACE, "session_id": SESSION}
ARGUMENTS = NOTEBOOK_SESSION.parse(IDS)
TARGET = f"/20260430/aiDataPlatforms/{PLATFORM}/workspaces/{WORKSPACE}/notebook/api/sessions/{SESSION}"
ENDPOINT = "https://aidp.us-ashburn-1.oci.oraclecloud.com"
WHERE = f"GET {ENDPOINT}{TARGET}"
REQUEST_ID = "0123456789ABCDEF0123456789ABCDEF"
NOW = 1_767_225_600.0  # 2026-01-01T00:00:00Z

# The page has tables and no example: every field of the two tables, with the page's own examples where it names some.
BODY: dict[str, Any] = {
    "agentFlowKey": "flow-1",
    "cluster_id": "cluster-1",
    "id": SESSION,
    "kernel": {
        "connections": 2,
        "execution_state": "idle",
        "id": "3e1f0c5a-7b00-4000-8000-0000000000bb",
        "last_activity": "2026-01-31T12:00:00.123456Z",
        "name": "python3",
    },
    "lifecycleState": "ACTIVE",
    "name": "training",
    "path": "/data/test.ipynb",
    "type": "notebook",
}


@lru_cache
def pem(passphrase: str | None = None, *, second: bool = False) -> str:
    """A throw-away key of the mock in PEM."""
    return (SECOND if second else FIRST).pem(passphrase)


def key_values(**changes: str) -> dict[str, str]:
    """The settings of a user's key."""
    return {
        "tenancy": "ocid1.tenancy.oc1..t",
        "user": "ocid1.user.oc1..u",
        "fingerprint": FIRST.fingerprint,
        "privateKey": pem(),
        "region": "us-ashburn-1",
        **changes,
    }


def settings_of(values: Mapping[str, str], environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from Pulumi config, and an environment."""
    return resolve(SCHEMA, None, {"nbcloud:aidp": dict(values)}.get if values else NO_CONFIG, environment or {})


class Canned(Client):
    """Answers each request with one response, without any network."""

    def __init__(self, status: int = 200, body: object = BODY, headers: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self.status = status
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.headers = {"opc-request-id": f"{REQUEST_ID}/a/b", **(headers or {})}
        self.sent: list[Any] = []

    async def send(self, prepare: Any, **options: Any) -> Response:
        request = await prepare()
        self.sent.append(request)
        self.options = options
        return Response(request, self.status, self.headers, self.body)


def account_of(
    client: Client | None = None, values: Mapping[str, str] | None = None, now: Callable[[], float] = lambda: NOW
) -> AidpAccount:
    """An account; by default of a user's key, with a client that answers a session."""
    made = copy.copy(_account(frozenset((key_values() if values is None else values).items())))
    made._client, made._state, made._now = client or Canned(), CredentialState(), now
    return made


@lru_cache
def _account(values: frozenset[tuple[str, str]]) -> AidpAccount:
    # Once for all tests: checking that a key is one takes 50 ms.
    return AidpAccount(settings_of(dict(values)), Canned(), request_id=lambda: REQUEST_ID)


def on_mock(clouds: MockClouds, client: Client, **values: str) -> AidpAccount:
    """An account that asks the mock; with the mock's own key unless `values` sign in in another way."""
    signs_in = {"configFile", "configProfile", "signer", "privateKey"} & values.keys()
    base = {"endpoint": clouds.url} if signs_in else clouds.settings()["aidp"]
    return AidpAccount(settings_of({**base, **values}), client)


async def session_of(account: AidpAccount) -> NotebookSessionState:
    """Reads the session of these tests."""
    return await read(NOTEBOOK_SESSION, account, ARGUMENTS)
