"""What importing costs: median of several fresh interpreters, beside an empty one, all in one run.

`--quick` only shows that it runs: its figures mean nothing.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

STATEMENTS = {
    "pass": "pass",
    "import pulumi_nbcloud": "import pulumi_nbcloud",
    "import pulumi": "import pulumi",
    "pulumi_nbcloud.modelarts": "import pulumi_nbcloud; pulumi_nbcloud.modelarts",
    "pulumi_nbcloud.http.client": "import pulumi_nbcloud.http.client",
    "nbcloud --help": "import sys; sys.argv = ['nbcloud', '--help']; from pulumi_nbcloud.cli import main; main()",
}
ROUNDS = 1 if "--quick" in sys.argv[1:] else 7


def seconds(statement: str) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def main() -> None:
    for statement in STATEMENTS.values():
        seconds(statement)  # fills the bytecode cache
    taken = {name: [seconds(statement) for _ in range(ROUNDS)] for name, statement in STATEMENTS.items()}
    empty = statistics.median(taken["pass"])
    print(f"{'statement':28} {'median':>9} {'times an empty interpreter':>28}")
    for name, values in taken.items():
        print(f"{name:28} {statistics.median(values) * 1000:6.0f} ms {statistics.median(values) / empty:28.1f}")


if __name__ == "__main__":
    main()
