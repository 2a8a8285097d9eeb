"""The native provider beside the dynamic one, both in one run: how they start, wait, are interrupted and do nothing.

The programs are the same, in Python, which runs both: gates of the package, or plain resources of the plugin's type. So
what differs is the shell. Ratios of one run hold on other machines, seconds do not. `--quick` only shows that it runs:
its figures mean nothing.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from support import ROOT, Peaks, Spent, cpu_seconds, show, status_mb

# After support, which finds the helpers of the tests.
from lease_support import NOTEBOOKS, notebook  # isort: skip
from stack import Stack  # isort: skip

from pulumi_nbcloud.mock import MockClouds

IS_QUICK = "--quick" in sys.argv[1:]
COUNTS, ROUNDS, STARTS = ((2,), 1, 1) if IS_QUICK else ((40, 200), 2, 5)
MANY = COUNTS[-1]
INTERVAL = 2
SCRIPTS = Path(sys.executable).parent

START_SECONDS, AIM_RATIO, AIM_MB, END_SECONDS = 0.25, 1.2, 100, 1.0

_GATES = f"""
import pulumi
import pulumi_nbcloud as nbcloud

for number in range(1, COUNT + 1):
    target = nbcloud.modelarts.NotebookLeaseArgs(notebook_id=f"{NOTEBOOKS}{{number:012d}}")
    nbcloud.Gate(f"gate{{number}}", target=target, interval="{INTERVAL}s", timeout="1h")
"""
_RESOURCES = f"""
import pulumi

for number in range(1, COUNT + 1):
    target = {{"kind": "modelarts:NotebookLease", "notebookId": f"{NOTEBOOKS}{{number:012d}}"}}
    inputs = {{"target": target, "interval": "{INTERVAL}s", "timeout": "1h"}}
    pulumi.CustomResource("nbcloud:index:Gate", f"gate{{number}}", inputs)
"""


@dataclass(frozen=True)
class Shell:
    """One of the two.

    Args:
        name: what the table calls it.
        process: a part of the command line of its process below the engine.
        command: starts it by hand.
        program: declares COUNT gates.
    """

    name: str
    process: str
    command: tuple[str, ...]
    program: str


DYNAMIC = Shell("dynamic", "-m pulumi.dynamic", (sys.executable, "-m", "pulumi.dynamic"), _GATES)
NATIVE = Shell("native", "pulumi-resource-nbcloud", (str(SCRIPTS / "pulumi-resource-nbcloud"),), _RESOURCES)


@dataclass
class Found:
    """What was measured of one shell, in seconds and MB, by the number of gates where it depends on that."""

    start: float
    start_cpu: float
    start_mb: float
    up: dict[int, float]
    up_cpu: dict[int, float]
    peak_mb: dict[int, float]
    threads: dict[int, int]
    interrupted: dict[int, float]
    pending: dict[int, int]
    noop: float
    noop_cpu: float


def started(shell: Shell) -> tuple[float, float, float]:
    """From the start of the process to its port, on the clock and of the CPU, the least of some; what is resident."""
    best, cpu, resident = float("inf"), float("inf"), 0.0
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(STARTS):
            begun = time.perf_counter()
            process = subprocess.Popen(
                [*shell.command, "127.0.0.1:1"], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
            assert process.stdout is not None
            port = process.stdout.readline()
            best = min(best, time.perf_counter() - begun)
            assert port.strip().isdigit(), f"{shell.name} does not start"
            cpu, resident = min(cpu, cpu_seconds(process.pid)), status_mb(process.pid, "VmRSS")
            process.kill()
            process.wait()
            process.stdout.close()
    return best, cpu, resident


def prepared(clouds: MockClouds, count: int, *, run: bool) -> None:
    """Put the notebooks there; they run at the second read, or never."""
    clouds.reset()
    for number in range(1, count + 1):
        clouds.modelarts.put_lease(notebook(number), status="STOPPED")
        if run:
            clouds.modelarts.add_transition(notebook(number), after_reads=1, status="RUNNING")


@contextlib.contextmanager
def project(shell: Shell, clouds: MockClouds, cli: Path, count: int) -> Iterator[Stack]:
    with tempfile.TemporaryDirectory() as folder:
        stack = Stack(Path(folder) / "project", cli, clouds.environment())
        (stack.folder / "__main__.py").write_text(shell.program.replace("COUNT", str(count)))
        if shell is NATIVE:
            install = [sys.executable, "-m", "pulumi_nbcloud.cli", "plugin", "install"]
            subprocess.run(install, env=stack.environment, check=True, stdout=subprocess.DEVNULL)
        yield stack


def waited(shell: Shell, clouds: MockClouds, cli: Path, found: Found) -> None:
    """Updates whose gates wait for two polls; then updates of the last of these stacks that change nothing."""
    for count in COUNTS:
        prepared(clouds, count, run=True)
        with project(shell, clouds, cli, count) as stack:
            with Spent() as spent, stack.begin("up", "--yes", "--skip-preview", "--parallel", "256") as update:
                peaks = Peaks(update._process.pid, shell.process)
                done = update.end(600)
                peaks.stop()
            found.up[count], found.up_cpu[count] = spent.clock, spent.cpu
            assert done.code == 0, done.text
            assert len(stack.resources()) == count
            found.peak_mb[count], found.threads[count] = peaks.mb, peaks.threads
            if count == MANY:
                spent_each = [_noop(stack) for _ in range(ROUNDS)]
                found.noop = min(each.clock for each in spent_each)
                found.noop_cpu = min(each.cpu for each in spent_each)


def _noop(stack: Stack) -> Spent:
    with Spent() as spent:
        stack.up("--expect-no-changes")
    return spent


def interrupted(shell: Shell, clouds: MockClouds, cli: Path, found: Found) -> None:
    """One SIGINT to the CLI while all gates wait: until it has ended, and what is left pending."""
    for count in (1, MANY):
        prepared(clouds, count, run=False)
        with project(shell, clouds, cli, count) as stack:
            with stack.begin("up", "--yes", "--skip-preview", "--parallel", "256") as update:
                while clouds.request_count() < count:
                    time.sleep(0.1)
                time.sleep(INTERVAL)
                begun = time.perf_counter()
                update.interrupt(group=False)
                done = update.end(300)
                found.interrupted[count] = time.perf_counter() - begun
            assert done.code != 0, done.text
            found.pending[count] = len(stack.pending())


def measured(shell: Shell, clouds: MockClouds, cli: Path) -> Found:
    found = Found(*started(shell), {}, {}, {}, {}, {}, {}, 0.0, 0.0)
    waited(shell, clouds, cli, found)
    interrupted(shell, clouds, cli, found)
    return found


def report(dynamic: Found, native: Found) -> None:
    print(f"{'what, of one run':58} {'native, dynamic: ratio':>26}")
    row("start to port", native.start, dynamic.start, "s", under=START_SECONDS)
    row("  CPU until then", native.start_cpu, dynamic.start_cpu, "s")
    row("  resident then", native.start_mb, dynamic.start_mb, "MB")
    for count in COUNTS:
        ratio = AIM_RATIO if count == MANY else None
        row(f"up --parallel 256, {count} gates of two polls", native.up[count], dynamic.up[count], "s", ratio=ratio)
        row("  CPU of the engine and all that it starts", native.up_cpu[count], dynamic.up_cpu[count], "s")
        row("  peak memory of the process", native.peak_mb[count], dynamic.peak_mb[count], "MB", under=AIM_MB)
        show("  its threads", f"{native.threads[count]}, {dynamic.threads[count]}")
    row(f"up that changes nothing, {MANY} gates", native.noop, dynamic.noop, "s")
    row("  CPU of the engine and all that it starts", native.noop_cpu, dynamic.noop_cpu, "s")
    for count in (1, MANY):
        row(f"Ctrl-C, {count} waiting", native.interrupted[count], dynamic.interrupted[count], "s", under=END_SECONDS)
        left = native.pending[count]
        show("  operations left pending", f"{left}, {dynamic.pending[count]}", "aim: 0", left == 0)


def row(
    what: str, ours: float, theirs: float, unit: str, *, under: float | None = None, ratio: float | None = None
) -> None:
    """Prints a figure of both shells; an aim is for the native one, or for what it takes beside the other."""
    shown = f"{ours:.2f} {unit}, {theirs:.2f} {unit}: {ours / theirs:.2f}"
    if under is not None:
        show(what, shown, f"aim: under {under:g} {unit}", ours < under)
    elif ratio is not None:
        show(what, shown, f"aim: {ratio:g} times at most", ours / theirs <= ratio)
    else:
        show(what, shown)


def main() -> None:
    script = [sys.executable, str(ROOT / "scripts" / "pulumi-cli")]
    done = subprocess.run(script, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        print("no Pulumi CLI: nothing is measured")
        return
    cli = Path(done.stdout.strip())
    print(f"load before: {os.getloadavg()[0]:.1f}")
    with MockClouds() as clouds:
        dynamic, native = (measured(shell, clouds, cli) for shell in (DYNAMIC, NATIVE))
    report(dynamic, native)


if __name__ == "__main__":
    main()
