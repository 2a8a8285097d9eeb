"""The address of the project."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent


def home() -> str:
    """The address of the project, empty while pyproject.toml has a placeholder."""
    found = re.search(r'^repository = "(.+)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    address = found[1].rstrip("/") if found else ""
    return "" if (urlsplit(address).hostname or "invalid").endswith("invalid") else address
