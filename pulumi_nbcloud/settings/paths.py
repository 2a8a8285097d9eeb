"""Paths in settings and files: whether to show one, and why one does not exist."""

from __future__ import annotations

import os
import re

from pulumi_nbcloud.printable import printable

MAX_PATH_CHARACTERS = 300
_LOOKS_LIKE_A_PATH = re.compile(r"[/\\]|^~|\.(pem|key|txt|crt|cer|ini|conf|token)\W*$", re.IGNORECASE)
# Longer than any sensible part of a path: probably a key or a token in the wrong place.
_LONG_RUN = re.compile(r"[A-Za-z0-9+=]{48}")
_QUOTES = ("'", '"')
_VARIABLE = re.compile(r"\$\{?[A-Za-z_]\w*\}?|%[A-Za-z_]\w*%", re.ASCII)
_COMMENT = re.compile(r"\s([#;])")
_WINDOWS = re.compile(r"[\"']?[A-Za-z]:[\\/]")


def shown_path(path: str) -> str | None:
    """Return the displayable form of a path; None where it may be a secret.

    Args:
        path: the path to open, `~` expanded.
    """
    secret = "-----" in path or "\n" in path or _LONG_RUN.search(path)
    if secret or len(path) > MAX_PATH_CHARACTERS or not _LOOKS_LIKE_A_PATH.search(path):
        return None
    return printable(path, MAX_PATH_CHARACTERS)


def names_path(name: str, path: str) -> str:
    """Begin the sentence about an unusable file: its source, and its path if it may be shown.

    Args:
        name: the name of its source in messages; one that begins with `~` is already the path.
        path: the path to open.
    """
    shown = None if name.startswith("~") else shown_path(path)
    return f"{name} names {shown}, which" if shown else name


def oddity(path: str) -> str | None:
    """Explain why a path does not exist, and what to write; None without an explanation.

    Args:
        path: the path to open, `~` expanded; only names of variables in it are repeated.
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
