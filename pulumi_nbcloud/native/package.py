"""The names of the plugin's package in each language, and where it comes from."""

from __future__ import annotations

import re
from functools import cache
from importlib import metadata

NODE_PACKAGE = "pulumi-nbcloud"
_GITHUB = re.compile(r"https://github\.com/([\w.-]+)/([\w.-]+?)(?:\.git)?/?")


@cache
def home() -> str:
    """Return the address of the sources, as the installed package states it."""
    addresses = metadata.metadata("pulumi-nbcloud").get_all("Project-URL") or []
    by_label: dict[str, str] = dict(each.split(", ", 1) for each in addresses)
    return by_label["Source"]


def go_import_path() -> str:
    """Return the import path of programs in Go: the folder of the generated package below the sources."""
    return f"{re.sub(r'^[a-z]+://', '', home())}/sdk/go/nbcloud"


def download_address(address: str) -> str | None:
    """Return where the engine downloads the plugin from; None if it cannot.

    Args:
        address: of the sources; the engine knows how GitHub serves the files of a release.
    """
    found = _GITHUB.fullmatch(address)
    return f"github://api.github.com/{found[1]}/{found[2]}" if found else None
