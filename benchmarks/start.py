"""What starting the command costs: the installed package and the archive, beside an empty interpreter and other tools.

CPU time first, because it holds on busy cores too: medians of one run, each process on its own. The package is
installed into an environment of its own, since the one for developers has more that libraries load. Linux only.
`--quick` only shows that it runs: its figures mean nothing, and there is no archive.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import support

from pulumi_nbcloud.mock import MockClouds

sys.path.insert(0, str(support.ROOT / "tests" / "archive"))

import archive_support
from nbcloud_support import LEASE_BODY, http_answer, raw_server

QUICK = "--quick" in sys.argv[1:]
ROUNDS = 1 if QUICK else 11
NOTEBOOK = "aaaaaaaa-0000-4000-8000-000000000001"
TARGET = f"modelarts:NotebookLease/{NOTEBOOK}"
# What others start in a pipeline to look something up, each with what it does without a network.
TOOLS = {
    "kubectl": ("kubectl", "version", "--client"),
    "terraform": ("terraform", "version"),
    "aws": ("aws", "--version"),
    "curl": ("curl", "--version"),
}
HELP_AIM, REQUEST_AIM = 4.0, 0.3


@dataclass(frozen=True)
class Row:
    """Medians of one command, in seconds."""

    name: str
    cpu: float
    wall: float


def run(line: Sequence[str], environment: dict[str, str]) -> tuple[float, float]:
    """Run a process to its end; gives its CPU time and what passed on the clock."""
    started = time.perf_counter()
    process = subprocess.Popen(
        line, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, f"{line} ended with {process.returncode}"
    return usage.ru_utime + usage.ru_stime, time.perf_counter() - started


def row(name: str, line: Sequence[str], environment: dict[str, str]) -> Row:
    run(line, environment)  # fills the caches of files and bytecode
    taken = [run(line, environment) for _ in range(ROUNDS)]
    return Row(name, *(statistics.median(values) for values in zip(*taken, strict=True)))


def until_request(name: str, line: Sequence[str], environment: dict[str, str]) -> Row:
    """What a wait takes until its first request has arrived."""
    return Row(name, *(statistics.median(values) for values in zip(*_requests(line, environment), strict=True)))


def _requests(line: Sequence[str], environment: dict[str, str]) -> Iterator[tuple[float, float]]:
    for _ in range(ROUNDS):
        arrived: list[tuple[float, float]] = []

        def answer(number: int, head: bytes) -> bytes:
            # The clock of the CPU time of another process, as Linux numbers it.
            arrived.append((time.clock_gettime((~process.pid << 3) | 2), time.perf_counter() - started))  # noqa: B023
            return http_answer(body=LEASE_BODY)

        with raw_server(answer) as server:
            started = time.perf_counter()
            process = subprocess.Popen(
                line,
                env={**environment, "NBCLOUD_MODELARTS_ENDPOINT": server.origin},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            assert process.wait() == 0
        yield arrived[0]


@contextlib.contextmanager
def installed() -> Iterator[Path]:
    """The bin folder of an environment with the package and nothing else; the own one in a quick run."""
    if QUICK:
        yield Path(sys.executable).parent
        return
    with tempfile.TemporaryDirectory() as folder:
        uv = [sys.executable, "-m", "uv", "--quiet"]
        python = Path(folder) / "bin" / "python"
        subprocess.run([*uv, "venv", "--python", sys.executable, folder, "--allow-existing"], check=True)
        arguments = ["--compile-bytecode", "--python", str(python), str(support.ROOT)]
        subprocess.run([*uv, "pip", "install", *arguments], check=True)
        yield python.parent


@contextlib.contextmanager
def archived() -> Iterator[list[Path]]:
    """The program of a new archive; none in a quick run."""
    if QUICK:
        yield []
        return
    with tempfile.TemporaryDirectory() as built, tempfile.TemporaryDirectory() as unpacked:
        yield [archive_support.unpacked(archive_support.build(Path(built)), Path(unpacked)).program]


def rows_of(name: str, program: Path, environment: dict[str, str]) -> list[Row]:
    """The rows of one install of the command."""
    return [
        row(f"{name}: --help", [str(program), "--help"], environment),
        row(f"{name}: get", [str(program), "get", TARGET], environment),
        until_request(f"{name}: wait, until its first request", [str(program), "wait", TARGET], environment),
    ]


def measured(environment: dict[str, str]) -> tuple[Row, list[Row]]:
    with installed() as folder, archived() as programs:
        empty = row("empty interpreter", [str(folder / "python"), "-c", "pass"], environment)
        rows = rows_of("package", folder / "nbcloud", environment)
        for program in programs:
            rows += rows_of("archive", program, environment)
    for name, line in TOOLS.items():
        if shutil.which(name) is not None:
            rows.append(row(" ".join(line), line, {**os.environ}))
    return empty, rows


def show(empty: Row, rows: Sequence[Row]) -> None:
    print(f"{'':42} {'CPU':>9} {'clock':>9} {'CPU, times an empty interpreter':>32}")
    for each in (empty, *rows):
        print(f"{each.name:42} {each.cpu * 1000:6.0f} ms {each.wall * 1000:6.0f} ms {each.cpu / empty.cpu:32.1f}")
    for each in rows:
        if each.name.endswith(": --help"):
            found, aim, unit = each.cpu / empty.cpu, HELP_AIM, " times an empty interpreter"
        elif each.name.endswith("request"):
            found, aim, unit = each.cpu, REQUEST_AIM, " s of CPU"
        else:
            continue
        print(f"{each.name:42} {found:.2f}{unit}  aim: {aim:g} at most  {'met' if found <= aim else 'MISSED'}")


def main() -> None:
    with MockClouds() as clouds:
        clouds.modelarts.put_lease(NOTEBOOK)
        kept = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "")}
        show(*measured({**kept, **clouds.environment()}))


if __name__ == "__main__":
    main()
