"""The console script `pulumi-resource-nbcloud`: prints the port and serves the engine, whose address it is given."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Serve the engine whose address is the last argument; without one, an engine that attaches itself."""
    _leave_project()
    import asyncio

    asyncio.run(_serve())


async def _serve() -> None:
    from pulumi_nbcloud.native.server import serve

    await serve(_announce)
    # All is sent and closed: what threads still do, a name that is being resolved for one, is waited for by nobody.
    os._exit(0)


def _leave_project() -> None:
    """Have no module of the project's folder stand in for one of Python's: `python -m` looks there first."""
    if not getattr(sys.flags, "safe_path", False) and sys.path and sys.path[0] in ("", os.getcwd()):
        del sys.path[0]


def _announce(port: int) -> None:
    print(port, flush=True)  # noqa: T201  (the engine reads it)


if __name__ == "__main__":
    main()
