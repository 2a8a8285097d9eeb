"""What tests of the service share: a service in this process, over the mock clouds or over made-up things."""

from __future__ import annotations

import copy
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
from lease_support import KIND, NOTEBOOK
from virtual_time import VirtualClock

from pulumi_nbcloud.clock import Clock
from pulumi_nbcloud.clouds.account import Account
from pulumi_nbcloud.errors import NbcloudError
from pulumi_nbcloud.http.client import Client
from pulumi_nbcloud.kinds.fields import State
from pulumi_nbcloud.kinds.kind import Failure, Kind
from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.reading.reader import Reader
from pulumi_nbcloud.reading.sharing import RequestKey, SharedReads
from pulumi_nbcloud.serve.app import Guard, Service, make_app
from pulumi_nbcloud.serve.checks import Checks
from pulumi_nbcloud.serve.file import ServeFile, read_file
from pulumi_nbcloud.serve.gates import NamedGate
from pulumi_nbcloud.serve.metrics import Metrics
from pulumi_nbcloud.serve.polls import Polls
from pulumi_nbcloud.serve.server import RETRY_REJECTED_SECONDS, local_hosts
from pulumi_nbcloud.serve.tokens import digest
from pulumi_nbcloud.settings.sources import SettingsFile
from pulumi_nbcloud.waiting.observation import Target
from pulumi_nbcloud.waiting.options import WaitOptions
from pulumi_nbcloud.waiting.spec import WaitSpec

TOKEN = "nbcloud_" + "a" * 43
OTHER_TOKEN = "nbcloud_" + "b" * 43
LEASE_GATE: dict[str, Any] = {"target": {"kind": KIND, "notebook_id": NOTEBOOK}, "until": "self.running"}
OPEN_GATE: dict[str, Any] = {
    "target": {"kind": KIND},
    "parameters": {"notebook": {"fills": "notebook_id", "pattern": "[0-9a-f-]{36}"}},
    "until": "self.running",
}


def document(gates: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A gates file: a gate `lease`, one with a parameter, and a token for the first of them."""
    tokens = [
        {"name": "argo", "sha256": digest(TOKEN), "gates": ["lease"]},
        {"name": "other", "sha256": digest(OTHER_TOKEN), "gates": ["open"], "metrics": True},
    ]
    # Copies, so that a test may change them.
    gates = copy.deepcopy({"lease": LEASE_GATE, "open": OPEN_GATE} if gates is None else dict(gates))
    usual = {"gates": gates, **({"tokens": tokens} if {"lease", "open"} <= set(gates) else {})}
    return {**usual, **more}


def written(folder: Path, content: Any) -> Path:
    path = folder / "gates.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


@dataclass
class Running:
    """A service in this process, and a client of it."""

    service: Service
    app: Guard
    client: httpx.AsyncClient
    metrics: Metrics
    close: Callable[[], Awaitable[None]]

    async def check(self, gate: str = "lease", token: str | None = TOKEN, **how: Any) -> httpx.Response:
        return await self.client.post(f"/v1/gates/{gate}/check", headers=bearer(token), **how)

    async def wait(self, gate: str = "lease", token: str | None = TOKEN, **params: Any) -> httpx.Response:
        return await self.client.get(f"/v1/gates/{gate}/wait", headers=bearer(token), params=params)

    async def __aenter__(self) -> Running:
        return self

    async def __aexit__(self, *problem: object) -> None:
        await self.client.aclose()
        await self.close()


def bearer(token: str | None) -> dict[str, str]:
    return {} if token is None else {"authorization": f"Bearer {token}"}


def running(
    folder: Path,
    clouds: MockClouds,
    content: Any = None,
    *,
    local: bool = False,
    environment: Mapping[str, str] | None = None,
) -> Running:
    """A service over the mock clouds, of a gates file."""
    file = read_file(written(folder, document() if content is None else content))
    metrics, clock = Metrics(), Clock()
    reader = Reader(
        clouds.environment() if environment is None else environment,
        make_client=lambda: Client(observe=metrics.cloud_request),
        retry_rejected_seconds=RETRY_REJECTED_SECONDS,
    )
    polls = Polls(reader, SettingsFile(None, {}), metrics, clock)
    return started(file, polls, metrics, clock, reader, local=local)


def started(
    file: ServeFile, polls: Polls, metrics: Metrics, clock: Clock, reader: Reader | None = None, *, local: bool = False
) -> Running:
    service = Service(file, Checks(polls, metrics, clock), metrics, clock, local_hosts(8080) if local else None)
    app = make_app(service)
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    client = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080")

    async def close() -> None:
        await polls.aclose()
        if reader is not None:
            await reader.aclose()

    return Running(service, app, client, metrics, close)


# --- made-up things, for virtual time


@dataclass(frozen=True)
class Arguments:
    thing_id: str
    profile: str | None = None


@dataclass(frozen=True)
class Thing(State):
    thing_id: str = "thing-1"
    status: str | None = None


async def _never(account: Any, arguments: Any) -> Any:
    raise AssertionError("the simulation reads by itself")


THING: Kind[Any, Arguments, Thing] = Kind(
    token="sim:Thing",
    account=Account,
    arguments=Arguments,
    state=Thing,
    read=_never,
    identify=lambda arguments: arguments.thing_id,
    ready='self.status == "READY"',
    failed=(Failure('self.status == "FAILED"'), Failure('self.status == "STUCK"', holds_for=20.0)),
    not_found_is_gone=True,
    headline=("status",),
)


@dataclass
class Simulated(Polls):
    """Polls of made-up things: what they are is a function of time, and each read is written down."""

    history: Callable[[float], Any]
    takes: float = 0.0
    reads: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        clock = VirtualClock()
        self.clock = clock
        super().__init__(SimpleNamespace(shared=SharedReads(clock)), None, Metrics(), clock)  # type: ignore[arg-type]

    def targets(self, gate: NamedGate, arguments: Mapping[str, Any]) -> dict[str, Target]:
        return {
            name: Target(name, "sim:Thing", "thing-1", RequestKey("account", name), self._read)
            for name in gate.spec.kinds
        }

    async def _read(self) -> Any:
        import anyio

        self.reads.append(self.clock.monotonic())
        if self.takes:
            await anyio.sleep(self.takes)
        found = self.history(self.clock.monotonic())
        if isinstance(found, NbcloudError):
            raise found
        return Thing(status=found)


def simulated_gate(name: str = "thing", max_age: float = 5.0, **options: Any) -> NamedGate:
    """A gate over a made-up thing."""
    spec = WaitSpec({"self": THING}, {"self": Arguments("thing-1")}, WaitOptions(**options))
    return NamedGate(name, spec, {"self": {"thing_id": "thing-1"}}, {}, max_age, expose=False)


async def at_once(work: Callable[[], Any]) -> Any:
    """Evaluates on the loop: threads know no virtual time."""
    return work()


def simulated_checks(history: Callable[[float], Any], takes: float = 0.0) -> tuple[Checks, Simulated]:
    polls = Simulated(history, takes)
    return Checks(polls, Metrics(), polls.clock, at_once), polls
