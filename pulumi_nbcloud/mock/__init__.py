"""Mock clouds: a local HTTP server that stands in for the notebook clouds in tests and demos.

`MockClouds` is loaded on first use, so an import of this package does not need the `mock` extra.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pulumi_nbcloud.mock.server import MockClouds

__all__ = ["MockClouds"]


def __getattr__(name: str) -> Any:
    if name == "MockClouds":
        from pulumi_nbcloud.mock.extra import load_mock_clouds

        return load_mock_clouds()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), "MockClouds"])
