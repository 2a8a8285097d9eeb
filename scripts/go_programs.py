"""Programs that scripts build with Go, once on a machine, from the modules pinned under tools/.

Standard library only, because scripts use it before anything is installed.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import platform
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

GO_MINIMUM = (1, 26, 6)  # the `go` line of tools/pulumi-cli/engine/go.mod
HEARTBEAT_SECONDS = 15


class Unavailable(Exception):
    """One way of getting a program does not work here; the text says why."""


def say(text: str) -> None:
    """To people: what scripts make of it goes to stdout."""
    print(f"{Path(sys.argv[0]).name}: {text}", file=sys.stderr, flush=True)


def numbers(text: str) -> tuple[int, ...]:
    """The first dotted version in a text, as numbers; empty when there is none."""
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    return tuple(int(part or 0) for part in found.groups()) if found else ()


def cache_folder(name: str, version: str) -> Path:
    """Keyed by version and platform, outside the checkout, so that a fresh clone finds it."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    key = f"{version}-{platform.system()}-{platform.machine()}".lower()
    return Path(base) / "pulumi-nbcloud" / name / key


def go_version() -> str:
    """The version of a Go that can build."""
    found = (
        numbers(subprocess.run(["go", "version"], capture_output=True, text=True).stdout) if shutil.which("go") else ()
    )
    if found < GO_MINIMUM:
        raise Unavailable(f"building needs Go {'.'.join(map(str, GO_MINIMUM))} or newer")
    return ".".join(map(str, found))


def go_build(module: Path, folder: Path, package: str, flags: list[str]) -> None:
    """Runs `go build` and says how far it is: six silent minutes look like a hang."""
    name = package.rsplit("/", 1)[1]
    say(f"{name}: fetching modules")
    listing = subprocess.run(["go", "list", "-deps", package], cwd=module, capture_output=True, text=True)
    if listing.returncode != 0:
        raise Unavailable(f"Go could not fetch the modules of {name}: {listing.stderr.strip()[-500:]}")
    total = len(listing.stdout.splitlines())
    command = ["go", "build", "-v", "-o", f"{folder}{os.sep}", *flags, package]
    process = subprocess.Popen(command, cwd=module, stderr=subprocess.PIPE, text=True)
    compiled: list[str] = []
    with heartbeat(lambda: f"{name}: {len(compiled)} of at most {total} packages compiled"):
        assert process.stderr is not None
        compiled.extend(line.strip() for line in process.stderr)
        code = process.wait()
    if code != 0:
        raise Unavailable(f"the Go build of {name} failed: {' | '.join(compiled[-5:])}")
    say(f"{name}: built")


@contextlib.contextmanager
def heartbeat(text: Callable[[], str]) -> Iterator[None]:
    started, stop = time.monotonic(), threading.Event()

    def beat() -> None:
        while not stop.wait(HEARTBEAT_SECONDS):
            say(f"{text()} ({time.monotonic() - started:.0f} s)")

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@contextlib.contextmanager
def locked(target: Path, what: str) -> Iterator[None]:
    """Two clones at once make one, not two; in the folder that holds it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with (target.parent / f"{target.name}.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say(f"another run is making {what}; waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
