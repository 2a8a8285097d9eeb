"""Runs the command from a process that has loaded it: a run takes a tenth of the time of a new interpreter.

A client stands for the run: its files, folder, environment, signals and exit code are those of the run. What a test is
about that only a new interpreter has (which modules are loaded, the encoding of the locale, closed files, signals that
are ignored), it tests with one: `cold=True`.
"""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).resolve().parent
_PROGRAM = "{before}\nimport sys\nsys.argv[0] = 'nbcloud'\nfrom pulumi_nbcloud.cli import main\nmain()"
# Forks without exec are safe on Linux alone; coverage measures processes that it sees start.
AVAILABLE = sys.platform == "linux" and not any(name.startswith("COVERAGE_PROCESS") for name in os.environ)


@functools.cache
def _folder() -> Path:
    """The folder of the socket and of an executable `nbcloud`; its server runs until this process ends."""
    folder = Path(tempfile.mkdtemp(prefix="nbcloud-"))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NBCLOUD_")}
    line = [sys.executable, "-W", "error::ResourceWarning", str(TESTS / "preloaded_server.py"), str(folder / "socket")]
    server = subprocess.Popen(line, env=kept, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert server.stdin is not None
    assert server.stdout is not None
    assert server.stdout.readline() == b"ready\n"
    server.stdout.close()

    def end(own: int = os.getpid()) -> None:
        if os.getpid() == own:
            server.stdin.close()  # type: ignore[union-attr]
            server.wait()
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(end)
    script = folder / "bin" / "nbcloud"
    script.parent.mkdir()
    words = [sys.executable, "-I", "-S", str(TESTS / "preloaded_client.py"), str(folder / "socket")]
    script.write_text("#!/bin/sh\nexec " + " ".join(f"'{word}'" for word in words) + " '' \"$@\"\n")
    script.chmod(0o755)
    return folder


def command(*arguments: str, before: str = "") -> list[str]:
    """The command line that runs the command; what stands before it may break something on purpose."""
    client, socket = TESTS / "preloaded_client.py", _folder() / "socket"
    return [sys.executable, "-I", "-S", str(client), str(socket), before, *arguments]


def cold_command(*arguments: str, before: str = "") -> list[str]:
    """The command line of the command in a new interpreter, with every leak a failure."""
    return [sys.executable, "-W", "error::ResourceWarning", "-c", _PROGRAM.format(before=before), *arguments]


def search_path() -> list[str]:
    """What comes first on PATH, so that a shell finds this `nbcloud`; nothing where it is not available."""
    return [str(_folder() / "bin")] if AVAILABLE else []
