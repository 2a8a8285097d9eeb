"""The process of the plugin: the current settings of its stack, its reader, its waits and its engine."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any

from pulumi_nbcloud.engine import log
from pulumi_nbcloud.engine.process import ProviderProcess
from pulumi_nbcloud.errors import NbcloudError
from pulumi_nbcloud.spelling import CAMEL_CASE, Spelling

if TYPE_CHECKING:
    from pulumi_nbcloud.http.client import Client
    from pulumi_nbcloud.reading.reader import Reader
    from pulumi_nbcloud.settings.sources import StackConfig
    from pulumi_nbcloud.waiting.cancellation import Cancellation
    from pulumi_nbcloud.waiting.runner import WaitRunner

CONFIG = "PULUMI_CONFIG"
"""The variable with the config of the stack whose engine started this process: this namespace only, in plain text."""

PROFILE = "profile"
"""The one option of the provider."""

_MALFORMED = f"the variable {CONFIG} of this process is no JSON object, so the stack's config cannot be read"
_ATTACHED = (
    "the engine has not started this process (PULUMI_DEBUG_PROVIDERS) and has not told it the stack's config yet; "
    f"start it with the variable {CONFIG}, or with our own variables"
)
_URN = re.compile(r"urn:pulumi:([^:]+)::([^:]+)::")


class Process(ProviderProcess):
    """The common parts of all calls that the plugin serves; it belongs to the one event loop of the process.

    Args:
        environment: its variables; those of this process if not given.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        super().__init__(self._read_config, environment)
        self.profile: str | None = None
        """The profile of resources and functions that name none."""
        self.stack: str | None = None
        self.project: str | None = None
        self.calls = 0
        """How many calls are being served."""
        self._attached = ""
        self._seen: dict[str, object] = {}
        self._stub: Any = None
        self._client: Client | None = None
        self._begin()

    def _begin(self) -> None:
        """Begin a run: nothing is cancelled, and the memory of accounts of an earlier run does not count."""
        self._cancellation: Cancellation | None = None
        self._reader: Reader | None = None
        self._waits = None

    @property
    def spelling(self) -> Spelling:
        """How programs write arguments."""
        return CAMEL_CASE

    # --- settings

    @property
    def is_attached(self) -> bool:
        """Whether an engine uses this process without having started it, because it is being debugged."""
        return bool(self._attached)

    def _read_config(self) -> StackConfig:
        from pulumi_nbcloud.settings.sources import StackConfig

        text = self._environment.get(CONFIG)
        if text is None:
            return StackConfig(self._seen, _ATTACHED if self.is_attached and not self._seen else None)
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            return StackConfig({}, _MALFORMED)
        return StackConfig(_with_namespace(found))

    def see(self, given: Mapping[str, Any]) -> None:
        """Record the inputs of a provider; they count as the stack's config if there is no other.

        Args:
            given: its inputs by name: the config of this namespace if the program makes no provider of its own.
        """
        if self.is_attached:
            own = {name: value for name, value in given.items() if name != PROFILE}
            self._seen |= _with_namespace(own)

    def with_profile(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments of a kind, with the provider's profile if they have none."""
        if self.profile is None or arguments.get("profile") is not None:
            return dict(arguments)
        return {**arguments, "profile": self.profile}

    def configure(self, urn: str, given: Mapping[str, Any]) -> None:
        """Begin a run if the one before was cancelled, which the engine does at every normal end, too.

        Args:
            urn: of the provider; empty if the engine does not pass it.
            given: the inputs of the provider.
        """
        if self._cancellation is not None and self._cancellation.cancelled:
            self._begin()
        elif self.is_attached:
            self._waits = None  # its config is old
        self.see(given)
        self.place(urn)
        profile = given.get(PROFILE)
        self.profile = profile if isinstance(profile, str) and profile else None

    def place(self, urn: str) -> None:
        """Record the stack and the project that a URN names."""
        found = _URN.match(urn)
        if found is not None:
            self.stack, self.project = found[1], found[2]

    # --- reads and waits

    @property
    def reader(self) -> Reader:
        """The reader with the accounts of this run."""
        if self._reader is None:
            from pulumi_nbcloud.reading.reader import Reader

            self.start_telemetry()
            self._reader = Reader(self._environment, make_client=self._make_client)
        return self._reader

    def _make_client(self) -> Client:
        if self._client is None:
            from pulumi_nbcloud.http.client import Client

            self._client = Client()
        return self._client

    def waits(self) -> WaitRunner:
        """Return the runner of the waits of this run; called on the event loop."""
        if self._waits is None:
            from pulumi_nbcloud.waiting.runner import WaitRunner

            self._waits = WaitRunner(self.reader, self.config(), listeners=self._listeners())
            self._waits.cancellation = self.cancellation
        return self._waits

    # --- the end

    @property
    def cancellation(self) -> Cancellation:
        """Ends the waits of this run, and its reads."""
        if self._cancellation is None:
            from pulumi_nbcloud.waiting.cancellation import Cancellation

            self._cancellation = Cancellation()
        return self._cancellation

    @contextlib.asynccontextmanager
    async def cancellable(self, what: str) -> AsyncIterator[None]:
        """End a block when the run is cancelled.

        Args:
            what: names the thing that is read in it, for the message.

        Raises:
            NbcloudError: it was cancelled.
        """
        import anyio
        import anyio.lowlevel

        scopes = self.cancellation.scopes
        with anyio.CancelScope() as scope:
            if self.cancellation.cancelled:
                scope.cancel()
            scopes.add(scope)
            try:
                await anyio.lowlevel.checkpoint()
                yield
            finally:
                scopes.discard(scope)
        if scope.cancelled_caught:
            raise NbcloudError("cancelled before it was read", subject=what)

    def cancel(self) -> None:
        """End all waits and reads of this run, and those that start later; called on the event loop."""
        self.cancellation.cancel()

    async def flush(self) -> None:
        """Send everything that is left for OpenTelemetry, within 2 s."""
        if self._telemetry is not None:
            await asyncio.to_thread(self._telemetry.flush)

    async def aclose(self) -> None:
        """Close the connections to the clouds."""
        if self._client is not None:
            await self._client.aclose()

    # --- the engine

    def attach(self, address: str) -> None:
        """Serve an engine that has not started this process.

        Args:
            address: where it listens, `HOST:PORT`.
        """
        self._attached = address
        self._stub = log.stub_of(address)

    @property
    def engine(self) -> Any:
        """The engine's stub; None if there is no engine."""
        return self._stub if self.is_attached else log.process_engine()

    def warn(self, text: str, urn: str = "") -> None:
        """Show a warning that stays.

        Args:
            text: the warning.
            urn: of the resource whose row it is shown on; by default on that of the stack.
        """
        log.show(text, urn, warning=True, engine=self.engine)


def _with_namespace(found: Mapping[str, object]) -> dict[str, object]:
    """Return config by its whole keys; of other namespaces nothing."""
    from pulumi_nbcloud.settings.sources import NAMESPACE

    named = {name if ":" in name else f"{NAMESPACE}{name}": value for name, value in found.items()}
    return {name: value for name, value in named.items() if name.startswith(NAMESPACE)}
