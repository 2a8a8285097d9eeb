"""What an update costs that changes nothing: read resources and gates, beside an empty program, with the real CLI.

One stack on a backend in a folder; the program changes from case to case. Each case is brought about first; then the
same program runs again. A dynamic resource of a user's own, without this package, shows the SDK's own part. `--quick`
only shows that it runs: its figures mean nothing.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from support import ROOT, Spent, show

# After support, which finds the helpers of the tests.
from lease_support import LEASE, NOTEBOOKS, notebook  # isort: skip
from stack import Stack  # isort: skip

from pulumi_nbcloud.mock import MockClouds

IS_QUICK = "--quick" in sys.argv[1:]
MANY, ROUNDS = (2, 1) if IS_QUICK else (100, 3)
AIM_SECONDS = 1.0
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
OWN_NAME = f"{MANY} dynamic resources of a user's own"
READS_NAME = f"{MANY} read resources"
CASES = {
    EMPTY_NAME: "import pulumi\n",
    "the package imported, nothing declared": IMPORTED,
    "1 dynamic resource of a user's own": 'from seed import Seed\n\nSeed("seed", "x")\n',
    OWN_NAME: f'from seed import Seed\n\nfor number in range({MANY}):\n    Seed(f"seed{{number}}", "x")\n',
    "1 read resource": declared(READS, 1),
    READS_NAME: declared(READS, MANY),
    "1 gate": declared(GATES, 1),
    f"{MANY} gates": declared(GATES, MANY),
}
QUICK = (EMPTY_NAME, READS_NAME, f"{MANY} gates")


def measure(stack: Stack, clouds: MockClouds, program: str) -> tuple[float, float, int]:
    """Brings a program about; gives the least seconds and CPU seconds of later updates, and the requests of one."""
    (stack.folder / "__main__.py").write_text(program)
    stack.up()
    taken = []
    for _ in range(ROUNDS):
        clouds.clear_requests()
        # The engine and all that it starts; the mock clouds are threads of this process, and do not count.
        with Spent() as spent:
            stack.up("--expect-no-changes")
        taken.append(spent)
    return min(each.clock for each in taken), min(each.cpu for each in taken), clouds.request_count()


def main() -> None:
    script = [sys.executable, str(ROOT / "scripts" / "pulumi-cli")]
    cli = Path(subprocess.run(script, stdout=subprocess.PIPE, text=True, check=True).stdout.strip())
    with MockClouds() as clouds, tempfile.TemporaryDirectory() as folder:
        for number in range(1, MANY + 1):
            clouds.modelarts.put_lease(notebook(number), **LEASE)
        stack = Stack(Path(folder) / "project", cli, clouds.environment())
        chosen = QUICK if IS_QUICK else CASES
        found = {name: measure(stack, clouds, CASES[name]) for name in chosen}
    empty, empty_cpu, _ = found[EMPTY_NAME]
    title = f"{'an update that changes nothing, best':40} {'clock':>9} {'CPU':>9}"
    print(f"{title} {'times an empty one':>19} {'requests':>9}")
    for name, (seconds, cpu, requests) in found.items():
        ratios = f"{seconds / empty:.2f}, CPU {cpu / empty_cpu:.2f}"
        print(f"{name:40} {seconds:7.2f} s {cpu:7.2f} s {ratios:>19} {requests:9}")
    more, more_cpu = found[READS_NAME][0] - empty, found[READS_NAME][1] - empty_cpu
    value = f"{more:.2f} s, CPU {more_cpu:.2f} s"
    show(f"{READS_NAME} more than an empty program", value, f"aim: {AIM_SECONDS:g} s at most", more <= AIM_SECONDS)


if __name__ == "__main__":
    main()
