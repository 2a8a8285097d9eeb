"""The stack's config as a program sees it, and why it may see none."""

from __future__ import annotations

import functools
import os
import sys
import threading
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

import pulumi
from pulumi.runtime import config as sdk
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import get_monitor, get_root_resource

from pulumi_nbcloud.engine.log import say
from pulumi_nbcloud.kinds.registry import KINDS
from pulumi_nbcloud.reading.accounts import fingerprints
from pulumi_nbcloud.settings.sources import NAMESPACE, StackConfig, all_config_keys

_IN_PROVIDER = (
    "a dynamic provider of your own does not see the stack's config: read what you need in the program, and give it to "
    "the provider as inputs"
)
_IN_THREAD = (
    "the stack's config cannot be seen here: this is not the context of a Pulumi program (a thread that you start "
    "yourself in an inline program has none: run its work in contextvars.copy_context())"
)
_lock = threading.Lock()
_warned: set[str] = set()


def stack_config() -> StackConfig:
    """Read the stack's config now, in the program's own context, because reads of clouds happen outside of it.

    Returns:
        All keys of this package, with the reason if they cannot be read.
    """
    found = {key: value for key, value in _all_config().items() if key.startswith(NAMESPACE)}
    unseen = _unseen() if not found else None
    if unseen and (unseen == _IN_PROVIDER or get_monitor() is not None):
        _warn_once(unseen)
    return StackConfig(found, unseen)


def is_inline() -> bool:
    """Return whether this is an inline program of the Automation API: its process is not the engine's child."""
    return get_monitor() is not None and "PULUMI_CONFIG" not in os.environ


def accounts_of(targets: Mapping[str, Any]) -> pulumi.Output[dict[str, str]] | None:
    """Return which accounts an inline program would read, for the provider process to compare.

    Args:
        targets: of a gate, as plain inputs.

    Returns:
        See `reading.accounts.fingerprints`; None if program and provider have one environment anyway.
    """
    if not is_inline() or isinstance(get_monitor(), MockMonitor):
        return None
    config, environment = stack_config(), dict(os.environ)

    def fingerprints_of(known: Mapping[str, Any]) -> dict[str, str]:
        things = [(str(each.get("kind")), each.get("profile")) for each in known.values()]
        return fingerprints([each for each in things if each[0] in KINDS], config, environment)

    return pulumi.Output.from_input(dict(targets)).apply(fingerprints_of)


def _all_config() -> dict[str, object]:
    """Read all config as the SDK reads one key, which parses all of it each time."""
    found: dict[str, object] = dict(sdk.get_config_env())
    for key, name in _config_variables():
        # A single key may be in a variable of its own.
        value = os.environ.get(name)
        if value is not None:
            found[key] = value
    values = getattr(sdk, "CONFIG", None)
    set_here = values.get() if isinstance(values, ContextVar) else values
    return {**found, **set_here} if isinstance(set_here, Mapping) else found


@functools.cache
def _config_variables() -> tuple[tuple[str, str], ...]:
    """Return our keys, each with the variable in which the SDK looks for it alone."""
    return tuple((key, sdk.get_config_env_key(key)) for key in all_config_keys())


def _unseen() -> str | None:
    if hasattr(sys.modules.get("__main__"), "DynamicResourceProviderServicer"):
        return _IN_PROVIDER
    # The monitor does not show it: threads see that of the last program.
    return _IN_THREAD if get_root_resource() is None and "PULUMI_CONFIG" not in os.environ else None


def _warn_once(text: str) -> None:
    with _lock:
        if text in _warned:
            return
        _warned.add(text)
    # There is no row here to show it on.
    say(f"warning: pulumi-nbcloud: {text}; only the environment counts")
