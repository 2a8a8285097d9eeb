"""What an update costs that changes nothing: read resources and gates, beside an empty program, with the real CLI.

One stack on a backend in a folder; the program changes from case to case. Each case is brought about first; then the
same program runs again. A dynamic resource of a user's own, without this package, shows the SDK's own part. `--quick`
only shows that it runs: its figures mean nothing.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "engine")]

from lease_support import LEASE, NOTEBOOKS, notebook  # noqa: E402
from stack import Stack  # noqa: E402

from pulumi_nbcloud.mock import MockClouds  # noqa: E402

IS_QUICK = "--quick" in sys.argv[1:]
MANY, ROUNDS = (2, 1) if IS_QUICK else (100, 2)
IMPORTED = "import pulumi\nimport pulumi_nbcloud as nbcloud\n\nmodelarts = nbcloud.modelarts\n"
READS = f"""
for number in range(1, COUNT + 1):
    modelarts.NotebookLease(f"read{{number}}", notebook_id=f"{NOTEBOOKS}{{number:012d}}")
"""
GATES = f"""
for number in range(1, COUNT + 1):
    target = modelarts.NotebookLeaseArgs(notebook_id=f"{NOTEBOOKS}{{number:012d}}")
    nbcloud.Gate(f"gate{{number}}", target=target)
"""


def declared(text: str, count: int) -> str:
    return IMPORTED + text.replace("COUNT", str(count))


EMPTY_NAME = "an empty program"
CASES = {
    EMPTY_NAME: "import pulumi\n",
    "the package imported, nothing declared": IMPORTED,
    "1 dynamic resource of a user's own": 'from seed import Seed\n\nSeed("seed", "x")\n',
    "1 read resource": declared(READS, 1),
    f"{MANY} read resources": declared(READS, MANY),
    "1 gate": declared(GATES, 1),
    f"{MANY} gates": declared(GATES, MANY),
}
QUICK = (EMPTY_NAME, f"{MANY} read resources", f"{MANY} gates")


def measure(stack: Stack, clouds: MockClouds, program: str) -> tuple[float, int]:
    """Brings a program about; gives the least seconds of later updates, and the requests of the last one."""
    (stack.folder / "__main__.py").write_text(program)
    stack.up()
    taken = []
    for _ in range(ROUNDS):
        clouds.clear_requests()
        started = time.perf_counter()
        stack.up("--expect-no-changes")
        taken.append(time.perf_counter() - started)
    return min(taken), clouds.request_count()


def main() -> None:
    script = [sys.executable, str(ROOT / "scripts" / "pulumi-cli")]
    cli = Path(subprocess.run(script, stdout=subprocess.PIPE, text=True, check=True).stdout.strip())
    with MockClouds() as clouds, tempfile.TemporaryDirectory() as folder:
        for number in range(1, MANY + 1):
            clouds.modelarts.put_lease(notebook(number), **LEASE)
        stack = Stack(Path(folder) / "project", cli, clouds.environment())
        chosen = QUICK if IS_QUICK else CASES
        found = {name: measure(stack, clouds, CASES[name]) for name in chosen}
    empty = found[EMPTY_NAME][0]
    print(f"{'an update that changes nothing':40} {'best':>9} {'times an empty program':>24} {'requests':>9}")
    for name, (seconds, requests) in found.items():
        print(f"{name:40} {seconds:7.2f} s {seconds / empty:24.2f} {requests:9}")


if __name__ == "__main__":
    main()
