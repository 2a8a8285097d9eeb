"""Forks and imports: a child would wait for ever for a module that a thread of its parent was importing.

Names of this package are imported when they are first used, in whichever thread that is. So a fork waits until such an
import is over; and what another thread was importing all the same is forgotten in the child, which imports it again.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import threading
import time
from types import FrameType
from typing import Any

IMPORT_SECONDS = 10.0
LOCKED_BEFORE_FORKS = ("logging", "concurrent.futures.thread")

_prepared = False


def prepare() -> None:
    """Have forks wait for imports; called before the first of them.

    What is to be done before a fork is done last things first. Python's own modules take locks there that an import may
    need, so the wait must come before theirs, and they must be there already.
    """
    global _prepared
    if not _prepared and hasattr(os, "register_at_fork"):  # not on Windows
        _prepared = True
        for name in LOCKED_BEFORE_FORKS:
            with contextlib.suppress(RuntimeError):  # the program is ending: it is too late for it, and for forks
                importlib.import_module(name)
        os.register_at_fork(before=wait_for_imports)


def wait_for_imports() -> None:
    """Wait until no other thread is inside an import that this package began, 10 s at most."""
    deadline = time.monotonic() + IMPORT_SECONDS
    while _any_imports() and time.monotonic() < deadline:
        time.sleep(0.005)


def _any_imports() -> bool:
    own = threading.get_ident()
    return any(_imports(frame) for thread, frame in sys._current_frames().items() if thread != own)


def _imports(innermost: FrameType) -> bool:
    frame: FrameType | None = innermost
    importing = False
    while frame is not None:
        importing = importing or frame.f_code.co_filename == "<frozen importlib._bootstrap>"
        if importing and str(frame.f_globals.get("__name__")).partition(".")[0] == "pulumi_nbcloud":
            return True
        frame = frame.f_back
    return False


def forget_imports() -> None:
    """Forget what threads that do not exist in this child were importing: their locks, and modules half made."""
    with contextlib.suppress(Exception):  # it is Python's own, and no public name leads to it
        locks: dict[str, Any] = importlib._bootstrap._module_locks  # type: ignore[attr-defined]
        for name, reference in list(locks.items()):
            lock = reference()
            if lock is not None and lock.owner not in (None, threading.get_ident()):
                del locks[name]
                if getattr(getattr(sys.modules.get(name), "__spec__", None), "_initializing", False):
                    _forget(name)


def _forget(package: str) -> None:
    for name in list(sys.modules):
        origin = getattr(getattr(sys.modules[name], "__spec__", None), "origin", None)
        # A compiled module is made once in a process; it is found again.
        if (name == package or name.startswith(f"{package}.")) and str(origin).endswith(".py"):
            del sys.modules[name]


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=forget_imports)
    if all(name in sys.modules for name in LOCKED_BEFORE_FORKS):
        prepare()
