"""Canary values for every credential of every way to sign in, looked for wherever something is shown or kept."""

from __future__ import annotations

import contextlib
import copy
import json
import logging
import pickle
import re
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aidp_support
import pytest
from fault_server import FaultServer, Peer, Step
from nbcloud_support import LEASE_BODY, NOTEBOOK_ID, FakeClock, http_answer

from pulumi_nbcloud.clock import Clock
from pulumi_nbcloud.errors import NbcloudError
from pulumi_nbcloud.history.listener import History
from pulumi_nbcloud.history.writing import Writer
from pulumi_nbcloud.http.client import Client
from pulumi_nbcloud.kinds.registry import load
from pulumi_nbcloud.mock.aidp.keys import FIRST
from pulumi_nbcloud.reading.reader import Reader
from pulumi_nbcloud.waiting.keeper import open_record
from pulumi_nbcloud.waiting.listeners import Origin
from pulumi_nbcloud.waiting.record_file import RecordFile
from pulumi_nbcloud.waiting.report import Silent
from pulumi_nbcloud.waiting.runner import WaitRunner
from pulumi_nbcloud.waiting.spec import parse_spec

pytestmark = pytest.mark.anyio

PASSPHRASE = "canary-passphrase-6a41"
SESSION = "0f6a7c52-1d2e-4b0a-8f00-000000000001"
LEASE = ("modelarts:NotebookLease", {"notebook_id": NOTEBOOK_ID})
INSTANCE = ("hpcai:Instance", {"instance_id": "i-1"})
NOTEBOOK = ("aidp:NotebookSession", aidp_support.IDS)
OCI = {"tenancy": "ocid1.tenancy.oc1..t", "user": "ocid1.user.oc1..u"}
FINGERPRINT = FIRST.fingerprint


@dataclass(frozen=True)
class Way:
    """A way to sign in: what is read with it, its settings without an endpoint, and files that they need."""

    asks: tuple[str, dict[str, str]]
    settings: dict[str, str]
    files: dict[str, str] = field(default_factory=dict)


PROJECT = {"projectId": "test-project", "region": "cn-north-4"}
_CONFIG = "[DEFAULT]\ntenancy={tenancy}\nuser={user}\nfingerprint={fingerprint}\nregion=us-ashburn-1\n".format(
    fingerprint=FINGERPRINT, **OCI
)
WAYS = {
    "key pair": Way(
        LEASE,
        {"accessKey": "TESTKEY", "secretKey": "canary-secret-5f1d", "securityToken": "canary-security-8c3e", **PROJECT},
    ),
    "IAM user": Way(
        LEASE, {"username": "someone", "password": "canary-password-11ab", "domainName": "company", **PROJECT}
    ),
    "IAM token": Way(LEASE, {"authToken": "canary-auth-token-77c0", **PROJECT}),
    "API key": Way(INSTANCE, {"apiKey": "canary-api-key-77aa"}),
    "access token": Way(INSTANCE, {"accessToken": "canary-access-token-90d2"}),
    "HPC-AI user": Way(INSTANCE, {"username": "someone", "password": "canary-login-pass-31f0"}),
    "Oracle key": Way(
        NOTEBOOK,
        {**OCI, "fingerprint": FINGERPRINT, "privateKey": aidp_support.pem(PASSPHRASE), "passphrase": PASSPHRASE},
    ),
    "Oracle file": Way(
        NOTEBOOK,
        {"configFile": "FOLDER/config"},
        {
            "config": f"{_CONFIG}key_file=FOLDER/key.pem\npass_phrase={PASSPHRASE}\n",
            "key.pem": aidp_support.pem(PASSPHRASE),
        },
    ),
    "Oracle session": Way(
        NOTEBOOK,
        {"configFile": "FOLDER/config"},
        {
            "config": f"{_CONFIG}key_file=FOLDER/key.pem\nsecurity_token_file=FOLDER/token\n",
            "key.pem": aidp_support.pem(),
            "token": "canary-session-token-c2f1",
        },
    ),
    "signer": Way(
        NOTEBOOK,
        {"signer": "canary_signing:make"},
        {
            "canary_signing.py": "def make():\n    return lambda *_: "
            "{'authorization': 'Custom canary-signed-e7a1', 'x-extra': 'canary-extra-55d3'}\n"
        },
    ),
}
ENDPOINTS = {"modelarts": ("endpoint", "iamEndpoint"), "hpcai": ("endpoint",), "aidp": ("endpoint",)}
GOOD_BODIES = {
    "modelarts": LEASE_BODY,
    "hpcai": b'{"instances": [{"instanceMetadata": {"instanceId": "i-1"}}], "pager": {"totalEntries": 1}}',
    "aidp": json.dumps(aidp_support.BODY).encode(),
}
LOGINS = (b"POST /v3/auth/tokens", b"POST /api/user/login")
# A name is no secret: these stand in the settings and in messages.
_PUBLIC = {"canary_signing"}


def words(received: bytes) -> list[str]:
    """What of a request is secret: canaries, signatures, cookies."""
    text = received.decode("latin-1")
    found = re.findall(r"canary[-_\w]*", text)
    return [*found, *re.findall(r'(?i)\bsignature="?([^",\s]+)', text)]


def echo(status: int, at_login: bool, **headers: str) -> Callable[[str], Step]:
    """Answers with everything secret that was received, in each place that a message could come from."""

    def response(said: str) -> bytes:
        body = {"error_code": "ModelArts.0104", "error_msg": said, "code": said, "message": said}
        more = {"X-Request-Id": said, "opc-request-id": said, "WWW-Authenticate": said, "Set-Cookie": f"canary={said}"}
        located = {"Location": f"https://cloud.example/{said}"} if 300 <= status < 400 else {}
        return http_answer(status, json.dumps(body).encode(), {**more, **located, **headers})

    def made(cloud: str) -> Step:
        def step(peer: Peer) -> bool:
            head = peer.read()
            received = head + b"\n" + peer._server.bodies[-1]
            if head.startswith(LOGINS) and not at_login:
                peer.send(signed_in(head))
            else:
                peer.send(response(" ".join(words(received))))
            return True

        return step

    return made


def signed_in(head: bytes) -> bytes:
    if head.startswith(LOGINS[0]):
        body = {"token": {"expires_at": "2999-01-01T00:00:00.000000Z", "project": {"id": "test-project"}}}
        return http_answer(201, json.dumps(body).encode(), {"X-Subject-Token": "canary-iam-token-0f3c"})
    return http_answer(200, b'{"accessToken": "canary-given-token-7b20", "accessExpire": 3600}')


def answering(data: Callable[[str], bytes]) -> Callable[[str], Step]:
    def made(cloud: str) -> Step:
        def step(peer: Peer) -> bool:
            head = peer.read()
            peer.send(signed_in(head) if head.startswith(LOGINS) else data(cloud))
            return True

        return step

    return made


OUTCOMES: dict[str, Callable[[str], Step]] = {
    "success": answering(lambda cloud: http_answer(200, GOOD_BODIES[cloud], {"Set-Cookie": "s=canary-cookie"})),
    "no JSON": answering(lambda cloud: http_answer(200, b"<html>canary-page")),
    "no fit": answering(lambda cloud: http_answer(200, b'["canary-page"]')),
    "garbage": answering(lambda cloud: b"canary-garbage\r\n\r\n"),
    **{f"{status}": echo(status, at_login=False) for status in (200, 302, 400, 401, 403, 404, 409, 429, 500, 503)},
    **{f"login {status}": echo(status, at_login=True) for status in (200, 400, 401, 403, 404, 500)},
}


def secrets_of(way: Way, server: FaultServer) -> set[str]:
    """Everything that must not be seen: the parts of keys too, and what was sent."""
    texts = [*way.settings.values(), *way.files.values()]
    found = {word for text in texts for word in re.findall(r"canary[-_\w]*", text)}
    pem = [
        line for text in texts if "PRIVATE KEY" in text for line in text.splitlines() if not line.startswith("-----")
    ]
    sent = {word for head, body in zip(server.heads, server.bodies, strict=True) for word in words(head + b"\n" + body)}
    return (found | {line for line in pem if len(line) > 20} | sent) - _PUBLIC | {"canary-"}


def shown(error: NbcloudError) -> Iterator[str]:
    """Every way in which an error could be shown or kept."""
    frames = error.__traceback__
    while frames is not None and "pulumi_nbcloud" not in frames.tb_frame.f_code.co_filename:
        frames = frames.tb_next
    told = traceback.TracebackException(type(error), error, frames, capture_locals=True)
    yield "".join(told.format())
    yield from (str(error), repr(error), repr(vars(error)), repr(error.args), *getattr(error, "__notes__", []))
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert (type(twin), str(twin), vars(twin)) == (type(error), str(error), vars(error))
    yield pickle.dumps(error).decode("latin-1")


def lay_out(way: Way, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write the files of a way to sign in; a module among them can be imported."""
    for file, text in way.files.items():
        (folder / file).write_text(text.replace("FOLDER", str(folder)))
    monkeypatch.syspath_prepend(folder)


def config_of(way: Way, folder: Path, server: FaultServer) -> dict[str, dict[str, str]]:
    """Its settings, in Pulumi config, for the cloud that the server stands for."""
    cloud = way.asks[0].partition(":")[0]
    endpoints = dict.fromkeys(ENDPOINTS[cloud], server.origin)
    settings = {key: value.replace("FOLDER", str(folder)) for key, value in way.settings.items()}
    return {f"nbcloud:{cloud}": {**settings, **endpoints}}


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("name", WAYS)
async def test_no_secret_is_seen(
    name: str, outcome: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    way = WAYS[name]
    token, values = way.asks
    cloud = token.partition(":")[0]
    if outcome.startswith("login") and name not in ("IAM user", "HPC-AI user"):
        return
    lay_out(way, tmp_path, monkeypatch)
    caplog.set_level(logging.NOTSET)
    client = Client(sleep=FakeClock().sleep)
    with FaultServer(OUTCOMES[outcome](cloud)) as server:
        config = config_of(way, tmp_path, server)
        reader = Reader({}, client)
        kind = load(token)
        try:
            state = await reader.read(kind, kind.parse(values), config.get)
            texts = [repr(state), str(state.to_dict()), pickle.dumps(state).decode("latin-1")]
        except NbcloudError as error:
            texts = list(shown(error))
        texts.append(repr(reader.account(kind, None, config.get).settings))
    await client.aclose()
    assert server.heads
    texts += [caplog.text, *(repr(record.__dict__) for record in caplog.records)]
    everything = "\n".join(texts)
    assert [secret for secret in secrets_of(way, server) if secret in everything] == []
    assert all(b"cookie: s=" not in head.lower() for head in server.heads)


@pytest.mark.parametrize("outcome", ["success", "no fit", "401", "409", "503"])
@pytest.mark.parametrize("name", WAYS)
async def test_no_secret_is_in_the_record_of_a_wait(
    name: str, outcome: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    way = WAYS[name]
    token, values = way.asks
    cloud = token.partition(":")[0]
    lay_out(way, tmp_path, monkeypatch)
    record = RecordFile(tmp_path / "wait.json")
    warnings: list[str] = []
    client = Client(sleep=FakeClock().sleep)
    with FaultServer(OUTCOMES[outcome](cloud)) as server:
        config = config_of(way, tmp_path, server)
        inputs = {"targets": {"self": {"kind": token, **values}}, "hold": "0", "consecutive": 2}
        spec, problems = parse_spec(inputs, recorded=True)
        assert spec is not None, problems
        with record.held():
            keeper = open_record(record, spec, "run 7", warn=warnings.append, now=Clock().now)
            with pytest.raises(NbcloudError):
                await WaitRunner(Reader({}, client), config.get).wait(spec, Silent(), keeper=keeper)
    await client.aclose()
    assert server.heads
    everything = "\n".join((record.path.read_text(), *warnings))
    assert '"polls": 1' in everything or '"outcome": null' not in everything
    assert [secret for secret in secrets_of(way, server) if secret in everything] == []


@pytest.mark.parametrize("outcome", ["success", "no fit", "401", "403", "500", "login 401", "login 500"])
@pytest.mark.parametrize("name", WAYS)
async def test_no_secret_is_in_the_history(
    name: str, outcome: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    way = WAYS[name]
    token, values = way.asks
    cloud = token.partition(":")[0]
    lay_out(way, tmp_path, monkeypatch)
    client, folder = Client(sleep=FakeClock().sleep), tmp_path / "history"
    with FaultServer(OUTCOMES[outcome](cloud)) as server:
        config = config_of(way, tmp_path, server)
        spec, problems = parse_spec({"targets": {"self": {"kind": token, **values}}, "timeout": "0"})
        assert spec is not None, problems
        runner = WaitRunner(Reader({}, client), config.get, listeners=[History(Writer(folder))])
        with contextlib.suppress(NbcloudError):
            await runner.enforce(spec, Silent(), Origin("gate", "g"))
    await client.aclose()
    assert server.heads
    (path,) = folder.iterdir()
    text = path.read_text("ascii")
    assert [json.loads(line)["event"] for line in text.splitlines()][:: len(text.splitlines()) - 1] == ["begin", "end"]
    assert [secret for secret in secrets_of(way, server) if secret in text] == []


@pytest.mark.parametrize(
    "broken",
    [
        {"accessKey": "AK", "secretKey": "canary-a", "password": "canary-b"},
        {"secretKey": "canary-a"},
        {"secretKey": "canary-a", "accessKey": "AK", "zzz": "canary-b"},
        {"secretKey": "canary-a", "accessKey": "AK", "region": ["canary-b"]},
        {"secretKey": "canary-a" * 1_000, "accessKey": "AK", "region": "r", "projectId": "p"},
        {"secretKey": "canary-a", "accessKey": "AK", "endpoint": "https://canary-b:canary-c@h.example"},
        {"secretKey": "canary-a", "accessKey": "AK", "region": "r", "projectId": "p", "proxy": "http://u:canary-b@h"},
        {"secretKey": "canary-a", "accessKey": "AK", "region": "r", "projectId": "p", "caFile": "canary-b"},
    ],
    ids=["two ways", "half", "unknown key", "type", "too long", "endpoint", "proxy", "CA file"],
)
def test_settings_that_are_refused_show_no_secret_even_with_local_variables(broken: dict[str, Any]) -> None:
    reader = Reader({"NBCLOUD_HPCAI_API_KEY": "canary-environment"})
    kind = load("modelarts:NotebookLease")
    with pytest.raises(NbcloudError) as caught:
        reader.account(kind, None, {"nbcloud:modelarts": broken}.get)
    for text in shown(caught.value):
        assert "canary" not in text


def test_every_way_to_sign_in_is_among_these() -> None:
    found = {(way.asks[0].partition(":")[0], frozenset(way.settings)) for way in WAYS.values()}
    for cloud in ENDPOINTS:
        token = next(way.asks[0] for way in WAYS.values() if way.asks[0].startswith(cloud))
        for credentials in load(token).account.schema.credentials:
            assert any(each == cloud and keys & credentials.keys for each, keys in found), credentials
