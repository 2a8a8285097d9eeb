"""The console script `pulumi-resource-nbcloud`: prints its port and serves the engine at the given address."""

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
    # Everything is sent and closed. Do not wait for threads that still run, for example one that resolves a name.
    os._exit(0)


def _leave_project() -> None:
    """Keep modules of the project's folder from replacing Python's: `python -m` searches there first."""
    if not getattr(sys.flags, "safe_path", False) and sys.path and sys.path[0] in ("", os.getcwd()):
        del sys.path[0]


def _announce(port: int) -> None:
    print(port, flush=True)  # noqa: T201  (the engine reads it)


if __name__ == "__main__":
    main()
