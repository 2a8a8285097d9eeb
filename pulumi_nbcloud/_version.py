"""The version: stated here and nowhere else. Builds, `nbcloud --version` and the User-Agent read it."""

from __future__ import annotations

__version__ = "0.1.0"
