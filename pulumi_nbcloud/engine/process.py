"""A provider process of either shell: its settings, its waits, and their listeners."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pulumi_nbcloud import clock
from pulumi_nbcloud.spelling import PYTHON, Spelling

if TYPE_CHECKING:
    from pulumi_nbcloud.settings.overrides import Override
    from pulumi_nbcloud.settings.sources import StackConfig
    from pulumi_nbcloud.telemetry.listener import Telemetry
    from pulumi_nbcloud.waiting.listeners import Listener
    from pulumi_nbcloud.waiting.runner import WaitRunner


class ProviderProcess:
    """The common parts of all gates and records that one process serves.

    Args:
        config: returns the current config of the stack.
        environment: its variables; those of this process if not given.
    """

    def __init__(self, config: Callable[[], StackConfig], environment: Mapping[str, str] | None = None) -> None:
        self.started = clock.now()
        self._config = config
        self._environment = os.environ if environment is None else environment
        self._lock = threading.Lock()
        self._waits: WaitRunner | None = None
        self._telemetry: Telemetry | None = None
        self._cancelled = False

    @property
    def engine(self) -> Any:
        """The engine's stub; None for the one that the last argument of the process leads to."""
        return None

    @property
    def spelling(self) -> Spelling:
        """How programs write the arguments of a gate."""
        return PYTHON

    def config(self) -> StackConfig:
        """Return the stack's config; values are in plain text here, secrets included."""
        return self._config()

    def override_of(self, urn: object, overridable: object) -> Override | None:
        """Find the override of a gate, by the stack's config and the environment as they are now.

        Args:
            urn: of the gate.
            overridable: its option; see `settings.overrides.override_of`.

        Returns:
            The override, which may have ended; None if the gate has none.

        Raises:
            SettingsError: an override of this stack cannot be right.
        """
        from pulumi_nbcloud.settings.overrides import override_of

        return override_of(urn, overridable, self.config(), dict(self._environment), clock.now(), self.spelling)

    def waits(self) -> WaitRunner:
        """Return the waits of this process; called on the background loop."""
        from pulumi_nbcloud.reading.reader import process_reader
        from pulumi_nbcloud.waiting.runner import WaitRunner

        if self._waits is None:
            self._waits = WaitRunner(process_reader(), self.config(), listeners=self._listeners())
            self._waits.cancellation.cancelled = self._cancelled
        return self._waits

    def _listeners(self) -> list[Listener]:
        """Return the listeners of the waits of this process."""
        from pulumi_nbcloud.history.listener import history_listeners

        telemetry = self.start_telemetry()
        return [*history_listeners(self._environment), *([telemetry] if telemetry is not None else [])]

    def start_telemetry(self) -> Telemetry | None:
        """Count the requests of this process if OpenTelemetry is configured; load nothing of it otherwise."""
        from pulumi_nbcloud.telemetry.variables import plan_of

        if plan_of(self._environment) is None:
            return None
        from pulumi_nbcloud.engine.log import say
        from pulumi_nbcloud.telemetry.listener import telemetry_of

        with self._lock:
            if self._telemetry is None:
                self._telemetry = telemetry_of(self._environment, lambda text: say(f"warning: {text}"))
            return self._telemetry

    def cancel(self) -> None:
        """End all waits of this process, and those that start later; the engine calls this at every normal end, too.

        It is also the last thing that this process does, so it sends what is left for OpenTelemetry, within 2 s. Do not
        call it on the background loop, because it waits for that loop.
        """
        self._cancelled = True
        if self._waits is not None:
            _end_waits(self._waits)
        if self._telemetry is not None:
            self._telemetry.flush()

    def forget_parent(self) -> None:
        """Forget the waits of the parent in a forked child, and a lock that one of its threads may hold."""
        self._lock, self._waits = threading.Lock(), None


def _end_waits(waits: WaitRunner) -> None:
    from pulumi_nbcloud.reading import portal

    async def cancel() -> None:
        waits.cancellation.cancel()

    portal.call(cancel)
