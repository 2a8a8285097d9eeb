"""Rejected sign-ins whose reason is only in the cloud's message: a lock, a second factor."""

from __future__ import annotations

import re

_LOCKED = re.compile(
    r"\block(ed|ing|out)?\b|\block-out\b|\btoo many (failed|wrong|incorrect|login|attempts)", re.IGNORECASE
)
_SECOND_FACTOR = re.compile(
    r"\bmfa\b|\btotp\b|\b2fa\b|multi-?factor|two-?factor|verification code|login protection", re.IGNORECASE
)


def lock_hint(message: str | None) -> str | None:
    """Return the hint for a rejection that mentions a locked user, key or account; otherwise None.

    Args:
        message: the cloud's message.
    """
    if not message or not _LOCKED.search(message):
        return None
    return (
        "the user, key or account is locked, usually for minutes after wrong sign-ins: find what sends wrong ones, "
        "wait until the lock ends, or have an administrator lift it; nothing is sent again in this run"
    )


def sign_in_hint(message: str | None) -> str | None:
    """Return the hint for a rejected user and password whose message gives the reason; otherwise None.

    Args:
        message: the cloud's message.
    """
    if message and _SECOND_FACTOR.search(message):
        return (
            "a user with a second factor (MFA, login protection) cannot sign in by a password alone: use a key "
            "instead, or a user without it"
        )
    return lock_hint(message)
