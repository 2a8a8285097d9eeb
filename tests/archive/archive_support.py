"""What tests of the archive share: building it, and running its program where there is nothing else."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nbcloud_support import LIMIT_SECONDS

ROOT = Path(__file__).resolve().parents[2]
# A build analyses every module of the libraries.
BUILD_SECONDS = 900


@dataclass(frozen=True)
class Archive:
    """A built archive, and the folder that it was unpacked into."""

    path: Path
    folder: Path

    @property
    def program(self) -> Path:
        return self.folder / "nbcloud"

    def run(self, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Runs the program to its end."""
        return subprocess.run(
            [str(self.program), *arguments],
            env=bare(env),
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=LIMIT_SECONDS,
        )

    @contextmanager
    def started(self, *arguments: str, env: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
        """Starts the program, and ends it whatever the test does."""
        with subprocess.Popen(
            [str(self.program), *arguments],
            env=bare(env),
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            try:
                yield process
            finally:
                process.kill()


def bare(env: Mapping[str, str] | None = None) -> dict[str, str]:
    """An environment in which nothing can be found."""
    return {"PATH": "", "HOME": "", **(env or {})}


def build(folder: Path) -> Path:
    """Builds the archive into a folder."""
    return built(folder, "archive")


def built(folder: Path, script: str, *arguments: str) -> Path:
    """Runs a script that builds one file into a folder."""
    line = [sys.executable, str(ROOT / "scripts" / script), *arguments, "--outdir", str(folder)]
    done = subprocess.run(
        line,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=BUILD_SECONDS,
    )
    assert done.returncode == 0, done.stdout
    (path,) = folder.iterdir()
    return path


def unpacked(path: Path, folder: Path) -> Archive:
    """Unpacks an archive into a folder."""
    with tarfile.open(path) as tar:
        tar.extractall(folder, filter="fully_trusted")
    (found,) = folder.iterdir()
    return Archive(path, found)
