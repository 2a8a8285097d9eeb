"""What several benchmarks share: the helpers of the tests, CPU time, peaks of memory, ticks in a log of requests."""

from __future__ import annotations

import contextlib
import os
import resource
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parents[1]
for folder in ("", "wire", "waiting", "engine"):
    sys.path.insert(0, str(ROOT / "tests" / folder))


def status_mb(pid: int, name: str) -> float:
    """A line of /proc/<pid>/status in MB: VmHWM is the peak of what is resident, VmRSS what is now; 0 once it ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(name)), 0.0)


def cpu_seconds(pid: int) -> float:
    """The CPU time of a process that runs, user and system; not that of its children."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Spent:
    """Measures a block: seconds on the clock, and of the CPU of all processes that were started below and ended in it.

    A busy machine stretches the clock several times, and the CPU time little.
    """

    def __init__(self) -> None:
        self.clock = self.cpu = 0.0

    def __enter__(self) -> Spent:
        self.clock, self.cpu = -time.perf_counter(), -self._ended()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.clock += time.perf_counter()
        self.cpu += self._ended()

    @staticmethod
    def _ended() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime


def _parent_of(entry: Path) -> int | None:
    """The parent of the process whose folder this is; None for other entries, and where it has ended meanwhile."""
    try:
        return int((entry / "stat").read_text().rpartition(")")[2].split()[1]) if entry.name.isdigit() else None
    except OSError:
        return None


def children_of(root: int) -> list[int]:
    """All processes below one."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        parent = _parent_of(entry)
        if parent is not None:
            parents.setdefault(parent, []).append(int(entry.name))
    found = [root]
    for pid in found:
        found += parents.get(pid, [])
    return found[1:]


def command_of(pid: int) -> str:
    """The command line of a process; empty once it ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


class Peaks:
    """Watches a process below another one, from a thread of its own.

    Args:
        root: the process above it.
        words: a part of its command line.
    """

    def __init__(self, root: int, words: str) -> None:
        self._root, self._words = root, words
        self._over = threading.Event()
        self.mb, self.threads = 0.0, 0
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def _watch(self) -> None:
        pid = 0
        while not self._over.wait(0.1):
            if not pid:
                pid = next((each for each in children_of(self._root) if self._words in command_of(each)), 0)
            with contextlib.suppress(OSError):
                self.threads = max(self.threads, len(os.listdir(f"/proc/{pid}/task")) if pid else 0)
            self.mb = max(self.mb, status_mb(pid, "VmHWM"))

    def stop(self) -> None:
        self._over.set()
        self._thread.join()


def ticks(moments: Iterable[float], gap: float) -> list[list[float]]:
    """Groups moments into ticks: a new one begins after a silence of `gap` seconds."""
    found: list[list[float]] = []
    for moment in sorted(moments):
        if not found or moment - found[-1][-1] > gap:
            found.append([])
        found[-1].append(moment)
    return found


def show(what: str, value: str, aim: str = "", met: bool | None = None) -> None:
    """Prints one figure, and whether it meets its aim."""
    outcome = "" if met is None else ("  met" if met else "  MISSED")
    print(f"{what:58} {value:>26}  {aim}{outcome}", flush=True)


def spread(values: Sequence[float]) -> str:
    """The least and the most of some numbers; one where they are equal."""
    least, most = min(values), max(values)
    return f"{least:g}" if least == most else f"{least:g} to {most:g}"
