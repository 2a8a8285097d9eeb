"""Evaluates off the event loop, which other waits and requests need at the same time."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable

import anyio
import anyio.to_thread

from pulumi_nbcloud.condition import Decision

EVALUATION_THREADS = 2

Offload = Callable[[Callable[[], Decision]], Awaitable[Decision]]


def in_threads() -> Offload:
    """Return a function that runs an evaluation in one of a few dedicated threads."""
    # Python evaluates one at a time anyway; by default 40 threads would each keep memory of their own.
    return functools.partial(anyio.to_thread.run_sync, limiter=anyio.CapacityLimiter(EVALUATION_THREADS))
