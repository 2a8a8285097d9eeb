"""Whether this process is the self-contained archive of the command, into which nothing can be installed."""

from __future__ import annotations

import sys


def is_archive() -> bool:
    """Return whether the program was made by a freezer, which sets this attribute, and runs without an environment."""
    return bool(getattr(sys, "frozen", False))
