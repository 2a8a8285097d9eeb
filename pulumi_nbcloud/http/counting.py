"""Notifies of every attempt of a request: which cloud it was for, and what status came."""

from __future__ import annotations

from collections.abc import Callable

AttemptListener = Callable[[str, "int | None"], None]
"""Takes the short name of a cloud and the status of a response, None where none came. It must be quick."""

_listeners: list[AttemptListener] = []


def listen(listener: AttemptListener) -> None:
    """Have every attempt of this process notified."""
    _listeners.append(listener)


def forget(listener: AttemptListener) -> None:
    """Notify a listener no more."""
    _listeners.remove(listener)


def notify(cloud: str, status: int | None) -> None:
    """Notify of an attempt."""
    for each in _listeners:
        each(cloud, status)


def status_class(status: int | None) -> str:
    """Return the class of a status, `2xx` for one; `none` where no response came, `other` for what is no status."""
    if status is None:
        return "none"
    return f"{status // 100}xx" if 100 <= status < 600 else "other"
