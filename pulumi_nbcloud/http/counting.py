"""Notify listeners of every attempt of a request: its cloud, and the status of the response."""

from __future__ import annotations

from collections.abc import Callable

AttemptListener = Callable[[str, "int | None"], None]
"""Take the short name of a cloud and the status of a response, None without one. It must be quick."""

_listeners: list[AttemptListener] = []


def listen(listener: AttemptListener) -> None:
    """Notify a listener of every attempt of this process."""
    _listeners.append(listener)


def forget(listener: AttemptListener) -> None:
    """Stop notifying a listener."""
    _listeners.remove(listener)


def notify(cloud: str, status: int | None) -> None:
    """Notify of an attempt."""
    for each in _listeners:
        each(cloud, status)


def status_class(status: int | None) -> str:
    """Return the class of a status, `2xx` for one; `none` without a response, `other` for an invalid status."""
    if status is None:
        return "none"
    return f"{status // 100}xx" if 100 <= status < 600 else "other"
