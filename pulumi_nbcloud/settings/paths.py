"""Paths that settings and files hold: when one may be shown, and what is odd about one that leads nowhere."""

from __future__ import annotations

import os
import re

from pulumi_nbcloud.printable import printable

MAX_PATH_CHARACTERS = 300
_LOOKS_LIKE_A_PATH = re.compile(r"[/\\]|^~|\.(pem|key|txt|crt|cer|ini|conf|token)\W*$", re.IGNORECASE)
# Longer than any sensible part of a path: probably a key or a token in a path's place.
_LONG_RUN = re.compile(r"[A-Za-z0-9+=]{48}")
_QUOTES = ("'", '"')
_VARIABLE = re.compile(r"\$\{?[A-Za-z_]\w*\}?|%[A-Za-z_]\w*%", re.ASCII)
_COMMENT = re.compile(r"\s([#;])")
_WINDOWS = re.compile(r"[\"']?[A-Za-z]:[\\/]")


def shown_path(path: str) -> str | None:
    """Return a path as it may be shown; None where what stands in its place may be a secret.

    Args:
        path: as it is opened, after `~`.
    """
    secret = "-----" in path or "\n" in path or _LONG_RUN.search(path)
    if secret or len(path) > MAX_PATH_CHARACTERS or not _LOOKS_LIKE_A_PATH.search(path):
        return None
    return printable(path, MAX_PATH_CHARACTERS)


def names_path(name: str, path: str) -> str:
    """Begin the sentence about a file that cannot be used: what names it, and its path where it may be shown.

    Args:
        name: what messages call the place that holds the path; one that begins with `~` is the path already.
        path: as it is opened.
    """
    shown = None if name.startswith("~") else shown_path(path)
    return f"{name} names {shown}, which" if shown else name


def oddity(path: str) -> str | None:
    """Say what is odd about a path that leads nowhere, and what to write; None where nothing is.

    Args:
        path: as it is opened, after `~`; nothing of it is repeated but the names of variables.
    """
    if path.startswith(_QUOTES) or path.endswith(_QUOTES):
        return "its quotation marks belong to the path here: take them off"
    if found := _COMMENT.search(path):
        return f'what follows " {found[1]}" belongs to the path here: put the comment into a line of its own'
    if found := _VARIABLE.search(path):
        return f"{found[0]} is not replaced here: write the path itself, or begin it with ~"
    if os.name != "nt" and _WINDOWS.match(path):
        return "it is a path of Windows, and this machine is none: write the path that the file has here"
    if path.startswith("~"):
        return "there is no such user here: write the path itself"
    if not os.path.isabs(path):
        return f"it is relative, and looked for from {_working_folder()}: write the whole path"
    return _missing_folder(path)


def _working_folder() -> str:
    try:
        return printable(os.getcwd(), MAX_PATH_CHARACTERS)
    except OSError:
        return "a working folder that is gone"


def _missing_folder(path: str) -> str | None:
    parent = os.path.dirname(path)
    if os.path.isdir(parent):
        return None
    while (above := os.path.dirname(parent)) != parent and not os.path.isdir(above):
        parent = above
    folder = shown_path(parent)
    return f"there is no folder {folder} here: is it a path of another machine?" if folder else None
