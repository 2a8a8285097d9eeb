"""The clock of a wait: one that only goes forward for deadlines, and the time of day for conditions and messages."""

from __future__ import annotations

from datetime import datetime, timezone

from pulumi_nbcloud.clock import Clock

__all__ = ["Clock", "text"]


def text(moment: datetime) -> str:
    """Write a time of day as RFC 3339 in UTC, to the second: `2026-01-31T09:05:00Z`."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
