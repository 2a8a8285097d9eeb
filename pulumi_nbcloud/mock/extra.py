"""The `mock` extra: loads the server, or explains how to install its packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pulumi_nbcloud.mock.server import MockClouds

HINT = "hint: pip install 'pulumi-nbcloud[mock]'"

_EXTRA_MODULES = frozenset({"pytest_httpserver", "werkzeug"})


class MissingExtraError(ImportError):
    """The packages of the `mock` extra are not installed. Its text has two lines, the second is the hint."""


def load_mock_clouds() -> type[MockClouds]:
    """Return the class `MockClouds`.

    Raises:
        MissingExtraError: a package of the `mock` extra cannot be imported. Any other failed import passes through
            unchanged: it is an internal error and not a missing extra.
    """
    try:
        from pulumi_nbcloud.mock.server import MockClouds
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _EXTRA_MODULES:
            raise
        raise MissingExtraError(
            f"the mock clouds need the package {error.name!r}, which is not installed\n{HINT}"
        ) from error
    return MockClouds
