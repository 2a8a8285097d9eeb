"""Ends waits from outside."""

from __future__ import annotations

from dataclasses import dataclass, field

import anyio


@dataclass
class Cancellation:
    """Ends waits from outside, at once; one for all waits of a process."""

    cancelled: bool = False
    scopes: set[anyio.CancelScope] = field(default_factory=set)

    def cancel(self) -> None:
        """End the waits that go on, and those that start later; called on the event loop."""
        self.cancelled = True
        for scope in self.scopes:
            scope.cancel()
