"""What importing costs: medians of several fresh interpreters, beside an empty one, all in one run.

`--quick` only shows that it runs: its figures mean nothing.
"""

from __future__ import annotations

import statistics
import subprocess
import sys

from support import Spent

STATEMENTS = {
    "pass": "pass",
    "import pulumi_nbcloud": "import pulumi_nbcloud",
    "import pulumi": "import pulumi",
    "pulumi_nbcloud.modelarts": "import pulumi_nbcloud; pulumi_nbcloud.modelarts",
    "pulumi_nbcloud.http.client": "import pulumi_nbcloud.http.client",
    "nbcloud --help": "import sys; sys.argv = ['nbcloud', '--help']; from pulumi_nbcloud.cli import main; main()",
}
ROUNDS = 1 if "--quick" in sys.argv[1:] else 7


def spent(statement: str) -> Spent:
    with Spent() as found:
        subprocess.run([sys.executable, "-c", statement], stdout=subprocess.DEVNULL, check=True)
    return found


def main() -> None:
    for statement in STATEMENTS.values():
        spent(statement)  # fills the bytecode cache
    # In turns, so that a noisy moment hits all alike.
    rounds = [{name: spent(statement) for name, statement in STATEMENTS.items()} for _ in range(ROUNDS)]
    clock = {name: statistics.median(each[name].clock for each in rounds) for name in STATEMENTS}
    cpu = {name: statistics.median(each[name].cpu for each in rounds) for name in STATEMENTS}
    print(f"{'statement':28} {'clock':>9} {'CPU':>9} {'CPU, times an empty interpreter':>33}")
    for name in STATEMENTS:
        print(f"{name:28} {clock[name] * 1000:6.0f} ms {cpu[name] * 1000:6.0f} ms {cpu[name] / cpu['pass']:33.1f}")


if __name__ == "__main__":
    main()
