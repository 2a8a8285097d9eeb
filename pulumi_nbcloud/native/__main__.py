"""The console script `pulumi-resource-nbcloud`: prints the port and serves the engine, whose address it is given."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Serve the engine whose address is the last argument; without one, an engine that attaches itself."""
    _leave_project()
    import asyncio

    from pulumi_nbcloud.native.server import serve

    asyncio.run(serve(_announce))


def _leave_project() -> None:
    """Have no module of the project's folder stand in for one of Python's: `python -m` looks there first."""
    if not getattr(sys.flags, "safe_path", False) and sys.path and sys.path[0] in ("", os.getcwd()):
        del sys.path[0]


def _announce(port: int) -> None:
    print(port, flush=True)  # noqa: T201  (the engine reads it)


if __name__ == "__main__":
    main()
