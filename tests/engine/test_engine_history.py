"""The history on the real engine: gates, a hook and expect leave their evidence, and nothing secret of the stack."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lease_support import notebook
from stack import Stack, urn

from pulumi_nbcloud.mock import MockClouds

CANARY = "canary-7d20f4b1-secret-key"

PROGRAM = f"""
Args = nbcloud.modelarts.NotebookLeaseArgs
secret = pulumi.Output.secret
lookup = nbcloud.modelarts.get_notebook_lease
lookup("{notebook(1)}", expect="ready")
nbcloud.modelarts.get_notebook_lease_output(secret("{notebook(2)}"), expect=secret("!self.running"))
met = gate("met", 1)
hidden = nbcloud.Gate(
    "hidden", target=Args(notebook_id=secret("{notebook(2)}")), until=secret("!self.running"), interval="1s"
)
hooks = nbcloud.wait_before("held", target=Args(notebook_id="{notebook(1)}"))
Seed("web", "v", opts=pulumi.ResourceOptions(hooks=hooks))
gate("late", 2, timeout="0")
"""


def history(folder: Path) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "pulumi_nbcloud.cli", "history", "--history", str(folder), "-o", "json"],
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[dict[str, Any]] = json.loads(done.stdout)["waits"]
    return found


def test_each_wait_leaves_its_evidence_and_nothing_secret(
    make_stack: Callable[..., Stack], clouds: MockClouds, tmp_path: Path
) -> None:
    folder = tmp_path / "history"
    clouds.modelarts.add_account("CANARYKEY", CANARY, projects=["mock-project"])
    clouds.modelarts.put_lease(notebook(1))
    clouds.modelarts.put_lease(notebook(2), status="STOPPED")
    stack = make_stack({"NBCLOUD_HISTORY": str(folder)})
    account = {"accessKey": "CANARYKEY", "projectId": "mock-project", "endpoint": clouds.url}
    stack.configure({"nbcloud:modelarts": {**account, "secretKey": CANARY}})
    stack.program(PROGRAM)
    stack.preview()
    previewed = history(folder)
    assert {(each["source"], each["outcome"], each["preview"]) for each in previewed} == {("expect", "met", True)}
    assert len(previewed) == 2
    stack.up(expect=1)
    found = {(each["source"], each["name"]): each for each in history(folder) if not each["preview"]}
    lease = f"modelarts:NotebookLease {notebook(1)}"
    assert {name: each["outcome"] for name, each in found.items()} == {
        ("expect", lease): "met",
        ("expect", "modelarts:NotebookLease"): "met",
        ("gate", "met"): "met",
        ("gate", "hidden"): "met",
        ("wait_before", "held"): "met",
        ("gate", "late"): "timed_out",
    }
    assert {(each["stack"], each["project"]) for each in found.values()} == {("test", "probe")}
    late = found["gate", "late"]
    assert (late["urn"], late["operation"]) == (urn("late"), "create")
    assert late["end"]["message"].startswith(f"modelarts:NotebookLease {notebook(2)}: timed out after ")
    assert late["end"]["not_met"] == ["running is false, expected true"]
    held = found["wait_before", "held"]
    assert held["urn"].endswith("dynamic/probe:Seed::web")
    assert held["operation"] == "create"
    for each in (found["gate", "hidden"], found["expect", "modelarts:NotebookLease"]):
        assert (each["expected"], each["targets"]["self"]["id"]) == ("[secret]", "[secret]")
        assert notebook(2) not in json.dumps(each)
        assert "!self.running" not in json.dumps(each)
    texts = "".join(path.read_text("ascii") for path in folder.iterdir())
    assert CANARY not in texts
    assert "CANARYKEY" not in texts
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
