"""The content of the mock clouds for people who try them: targets, their status, and their planned changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote


@dataclass(frozen=True)
class Content:
    """One thing that the printed settings can read.

    Args:
        target: on the command line: `modelarts:NotebookLease/4f1c…`.
        status: the current status.
        pending: the pending transitions, as in the admin API.
    """

    target: str
    status: str
    pending: tuple[Mapping[str, Any], ...] = ()


def content(kind: str, row: Mapping[str, Any], ids: tuple[str, ...], status: Any) -> Content:
    """Describe a stored thing.

    Args:
        kind: the kind that reads it.
        row: the thing as plain data.
        ids: the fields that name it, in the order of the kind's id.
        status: the current status.
    """
    target = "/".join([kind, *(quote(str(row[name]), safe="") for name in ids)])
    return Content(target, str(status), tuple(row["pending"]))
