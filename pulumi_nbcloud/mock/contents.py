"""What the mock clouds hold, as somebody who tries them needs it: what to ask for, how it is, what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote


@dataclass(frozen=True)
class Content:
    """One thing that the printed settings can read.

    Args:
        target: as it is typed: `modelarts:NotebookLease/4f1c…`.
        status: how it is now.
        pending: what is still to come, as the admin API tells it.
    """

    target: str
    status: str
    pending: tuple[Mapping[str, Any], ...] = ()


def content(kind: str, row: Mapping[str, Any], ids: tuple[str, ...], status: Any) -> Content:
    """Make one of a stored thing.

    Args:
        kind: of what a read of it gives.
        row: the thing as plain data.
        ids: the fields that name it, in the order of the kind's id.
        status: how it is now.
    """
    target = "/".join([kind, *(quote(str(row[name]), safe="") for name in ids)])
    return Content(target, str(status), tuple(row["pending"]))
