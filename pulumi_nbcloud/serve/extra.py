"""The `serve` extra: explains how to install the packages of the service."""

from __future__ import annotations

import importlib

from pulumi_nbcloud.errors import InputError

HINT = "pip install 'pulumi-nbcloud[serve]'"
_MODULES = ("h11", "starlette", "uvicorn")


def require() -> None:
    """Check that the packages of the `serve` extra are installed.

    Raises:
        InputError: one of them cannot be imported. Any other failed import passes through unchanged: it is an internal
            error and not a missing extra.
    """
    try:
        for name in _MODULES:
            importlib.import_module(name)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _MODULES:
            raise
        raise InputError(f"serving needs the package {error.name!r}, which is not installed", hint=HINT) from None
