"""What a type checker finds in a user's program: misspelled names, values outside of a closed set, wrong targets."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = """
import pulumi
import pulumi_nbcloud as nbcloud

lease = nbcloud.modelarts.NotebookLeaseArgs(notebook_id="n")
nbcloud.Gate("a", target=lease, not_found="met", enforcement="advisory")
nbcloud.Gate("b", target={"kind": "modelarts:NotebookLease", "notebook_id": pulumi.Output.from_input("n")})
nbcloud.Gate("c", targets={"jobs": {"kind": "modelarts:DevServerJobs"}, "lease": lease}, until="true")
nbcloud.wait_before(target=lease, before=("create", "update"))
nbcloud.hpcai.Instance("d", instance_id="i", include_volatile=pulumi.Output.from_input(True))
"""
WRONG = {
    'nbcloud.Gaet("a", target=lease)': "Gaet",
    "nbcloud.modelarts.get_notebook_leese": "get_notebook_leese",
    'nbcloud.Gate("a", target=lease, not_found="gone")': "not_found",
    'nbcloud.Gate("a", target=lease, enforcement="on")': "enforcement",
    'nbcloud.wait_before(target=lease, before=("delete",))': "before",
    'nbcloud.Gate("a", target={"kind": "modelarts:NotebookLeese", "notebook_id": "n"})': "target",
    'nbcloud.Gate("a", target={"kind": "modelarts:NotebookLease"})': "target",
    'nbcloud.Gate("a", target={"kind": "modelarts:NotebookLease", "notebook_id": "n", "name": "n"})': "target",
}


def test_a_type_checker_finds_each_mistake_and_no_other(tmp_path: Path) -> None:
    """What is right and what is wrong in one run, because each takes seconds."""
    program = tmp_path / "program.py"
    program.write_text(PROGRAM + "\n".join(WRONG) + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--config-file", "", str(program)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    first = len(PROGRAM.splitlines()) + 1
    places = {int(line.split(":")[1]) - first: line for line in done.stdout.splitlines() if ": error:" in line}
    assert sorted(places) == list(range(len(WRONG))), done.stdout + done.stderr
    for index, word in enumerate(WRONG.values()):
        assert word in places[index]
