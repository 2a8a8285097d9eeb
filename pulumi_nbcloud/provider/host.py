"""Patches of the SDK's dynamic provider process, which do not change how it serves other packages.

1. It serves 4 calls at a time for all dynamic resources of a stack, and a waiting gate holds one: the pool is widened.
2. It sends every error with a traceback. Errors of this package are complete messages, so they are sent as they are.
3. It ignores the engine's Cancel, so Ctrl-C would wait for a gate's timeout: Cancel ends the waits at once.
4. It runs for ever after its engine was killed: it ends once the engine is gone and no call is being served.
5. It cannot respond that a resource is awaiting: the error of a gate whose wait goes on in the next update does.

(`shadowed` handles modules of a project that shadow standard ones, before anything else is loaded.)

Nothing here may raise: an unpatched process still works, only less well. If a patch does not apply, the row of a gate
warns once of what is missing. `NBCLOUD_PROVIDER_PATCHES=off` switches all patches off, to find out whether one of them
causes a problem.
"""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import FrameType, FunctionType, ModuleType
from typing import Any

from pulumi.dynamic import ConfigureRequest

from pulumi_nbcloud.engine import awaiting
from pulumi_nbcloud.engine.errors import InternalError
from pulumi_nbcloud.engine.process import ProviderProcess
from pulumi_nbcloud.errors import NbcloudError
from pulumi_nbcloud.settings.sources import NAMESPACE, StackConfig, all_config_keys

_NONE = (
    "this process sees no config of the stack: there is none under nbcloud:, or the resource has a provider of its own "
    "(pulumi-python), which gets none"
)

# Threads are started when they are needed; the engine's --parallel is the limit that counts.
POOL_THREADS = 1024

_lock = threading.Lock()
_stack_config: Any = None
_done: set[str] = set()
_applied: set[str] = set()
_compared: set[str] = set()
_disabled: dict[str, str] = {}


def configure(request: ConfigureRequest) -> None:
    """Keep the stack's config for this process, and patch the process.

    Args:
        request: what the SDK passes to a provider before its first call.
    """
    global _stack_config
    _stack_config = request.config
    patch()


def config() -> StackConfig:
    """Return the current config of the stack; values arrive in plain text here, secrets included."""
    # A private name of the SDK; without it, unknown keys go unnoticed.
    raw = getattr(_stack_config, "_props", None)
    keys = raw if isinstance(raw, Mapping) else all_config_keys()
    values = {key: _stack_config.get(key) for key in keys if key.startswith(NAMESPACE)} if _stack_config else {}
    return StackConfig({key: value for key, value in values.items() if value is not None}, None if values else _NONE)


def compare_accounts(theirs: object, urn: object) -> None:
    """Warn, once for each account, if a program in another process would read another one than this process.

    Args:
        theirs: the fingerprints of the program; None, or a value that is not known yet, is ignored.
        urn: the row of the gate that passed them.
    """
    if not isinstance(theirs, Mapping) or not all(isinstance(each, str) for each in theirs.values()):
        return
    from pulumi_nbcloud.engine.log import show
    from pulumi_nbcloud.reading.accounts import differing

    for warning in differing(theirs, config(), dict(os.environ)):
        with _lock:
            if warning in _compared:
                continue
            _compared.add(warning)
        show(warning, urn if isinstance(urn, str) else None, warning=True)


def patch() -> None:
    """Apply the patches to this process; do nothing outside the SDK's dynamic provider process."""
    main = sys.modules.get("__main__")
    if main is None or not hasattr(main, "DynamicResourceProviderServicer"):
        return
    switched_off = os.environ.get("NBCLOUD_PROVIDER_PATCHES", "").lower() == "off"
    for name, (apply, lost) in _PATCHES.items():
        with _lock:
            if name in _done:
                continue
            _done.add(name)
        try:
            taken = not switched_off and apply(main)
        except Exception:
            taken = False
        if taken:
            _applied.add(name)
        else:
            why = "NBCLOUD_PROVIDER_PATCHES is off" if switched_off else "pulumi-nbcloud does not know this pulumi SDK"
            _disabled[name] = f"{why}: {lost}"


def answer_awaiting() -> bool:
    """Mark the error that this thread's call is about to end with as *awaiting*.

    Returns:
        Whether it could; without the patch it is an error like any other.
    """
    try:
        return "awaiting" in _applied and awaiting.answer(vars(sys.modules["__main__"]))
    except Exception:
        return False


# Looked up at each call: tests put another config there.
PROCESS = ProviderProcess(lambda: config())
"""The provider process that this module patches."""


def take_disabled(*patches: str) -> list[str]:
    """Return what is missing because patches did not apply, each only at the first call.

    Args:
        patches: which patches; all if none is named.

    Returns:
        A line for each.
    """
    with _lock:
        return [_disabled.pop(name) for name in patches or tuple(_disabled) if name in _disabled]


def _clean_errors(main: ModuleType) -> bool:
    if not hasattr(main, "_abort_with_traceback"):
        return True  # an SDK from before 3.260 or so: it sends the message, after a few words of gRPC
    if getattr(main, "traceback", None) is not traceback:
        return False
    main.traceback = _CleanTraceback()  # type: ignore[attr-defined]
    return True


def _widen_pool(main: ModuleType) -> bool:
    """Raise the limit of the pool that runs this call, which can only be found in this thread's frames."""
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        reference = frame.f_locals.get("executor_reference")
        pool = reference() if callable(reference) else None
        if isinstance(pool, ThreadPoolExecutor) and isinstance(getattr(pool, "_max_workers", None), int):
            pool._max_workers = max(pool._max_workers, POOL_THREADS)
            _start_threads(pool)
            return True
        frame = frame.f_back
    return False


def _start_threads(pool: ThreadPoolExecutor) -> None:
    """Start threads for calls that are queued already; the pool itself does so only when another call comes."""
    with pool._shutdown_lock:
        for _ in range(pool._work_queue.qsize()):
            pool._adjust_thread_count()


def _cancel_code() -> Any:
    # Runs with the globals of the SDK's module, hence the imports inside.
    def Cancel(self, request, context):  # type: ignore[no-untyped-def]
        from google.protobuf import empty_pb2

        from pulumi_nbcloud.provider import host

        host.PROCESS.cancel()
        return empty_pb2.Empty()

    return Cancel.__code__


def _honour_cancel(main: ModuleType) -> bool:
    """Replace the body of the servicer's Cancel: the server holds the method itself, so a new one has no effect."""
    cancel = main.DynamicResourceProviderServicer.Cancel
    code = _cancel_code()
    if not isinstance(cancel, FunctionType) or cancel.__code__.co_argcount != code.co_argcount or cancel.__closure__:
        return False
    cancel.__code__ = code
    return True


def _end_with_engine(main: ModuleType) -> bool:
    from pulumi_nbcloud.engine import end
    from pulumi_nbcloud.engine.log import engine_address

    end.end_with_engine(engine_address(), PROCESS.cancel, partial(_serves, main))
    return True


def _serves(main: ModuleType) -> bool:
    """Return whether a thread other than the main one is inside the SDK's servicer, for whichever package."""
    waiting = threading.main_thread().ident
    return any(_inside(main, frame) for thread, frame in sys._current_frames().items() if thread != waiting)


def _inside(main: ModuleType, innermost: FrameType) -> bool:
    frame: FrameType | None = innermost
    while frame is not None:
        if frame.f_globals is vars(main):
            return True
        frame = frame.f_back
    return False


def _answer_awaiting(main: ModuleType) -> bool:
    return awaiting.can_answer(vars(main))


_PATCHES: Mapping[str, tuple[Callable[[ModuleType], bool], str]] = {
    "errors": (_clean_errors, "errors of pulumi-nbcloud are shown with a traceback"),
    "pool": (_widen_pool, "only 4 dynamic resources of this stack are served at a time, waiting gates among them"),
    "cancel": (_honour_cancel, "after Ctrl-C a waiting gate goes on to its timeout"),
    "end": (_end_with_engine, "after a CLI that was killed a waiting gate goes on to its timeout"),
    "awaiting": (_answer_awaiting, "a gate that is awaiting fails the update"),
}
GATE_PATCHES = ("errors", "pool", "cancel", "end")
"""The patches that every gate needs; one with `hold` needs all."""


def _forget_parent() -> None:
    """Forget the waits of the parent in a forked child, and locks that one of its threads may hold."""
    global _lock
    _lock = threading.Lock()
    PROCESS.forget_parent()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_forget_parent)


class _CleanTraceback(ModuleType):
    """Replaces the module `traceback` in the provider process; only this package's errors are formatted differently."""

    def __init__(self) -> None:
        super().__init__("traceback")

    def __getattr__(self, name: str) -> Any:
        return getattr(traceback, name)

    def format_exc(self, *args: Any, **kwargs: Any) -> str:
        error = sys.exc_info()[1]
        return str(error) if isinstance(error, (NbcloudError, InternalError)) else traceback.format_exc(*args, **kwargs)
