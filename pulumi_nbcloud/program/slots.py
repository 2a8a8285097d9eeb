"""Warns of programs that may starve: the engine has a limited number of slots, and each waiting gate takes one."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import pulumi.runtime.settings
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import get_monitor

from pulumi_nbcloud.engine import log

# By the program: several may run in one process, one after the other or at the same time.
_declared: WeakKeyDictionary[object, int] = WeakKeyDictionary()


def declare() -> None:
    """Count one gate, or one wait before a resource, of this program; warn once if there are more than slots."""
    monitor = get_monitor()
    if monitor is None or isinstance(monitor, MockMonitor):
        return
    count = _declared.get(monitor, 0) + 1
    _declared[monitor] = count
    slots = parallel()
    if slots is not None and count == slots + 1:
        log.warn(
            f"this program declares more gates than the engine has slots (--parallel {slots}): while that many wait, "
            "nothing else is created\n"
            "hint: raise --parallel, or give one gate several targets; a gate must not wait for what it keeps from "
            "running"
        )


def parallel() -> int | None:
    """Return how many resources the engine works on at a time; None if that is not known."""
    # Typed as a bool in the SDK, and missing in some programs that are run without the CLI.
    given = getattr(pulumi.runtime.settings.SETTINGS, "parallel", None)
    return given if isinstance(given, int) and not isinstance(given, bool) and given > 0 else None
