"""The program of examples/languages in four languages on one mock: the same rows, decisions and outputs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from docs_support import settled
from language_builds import EXAMPLES, GO_SDK
from language_stacks import GATE, STACK_ROW, place_example
from stack import GATE as DYNAMIC_GATE
from stack import ROOT, Run, Stack

from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.mock.aidp.service import DEFAULT_PLATFORM, DEFAULT_WORKSPACE
from pulumi_nbcloud.mock.scenarios import PROCESSING_JOB, RUNNING_NOTEBOOK, STARTING_INSTANCE, STARTING_SESSION

AWAITING = 10  # Pulumi's own exit code
SETTINGS = {
    "notebookId": RUNNING_NOTEBOOK,
    "jobId": PROCESSING_JOB,
    "instanceId": STARTING_INSTANCE,
    "platformId": DEFAULT_PLATFORM,
    "workspaceKey": DEFAULT_WORKSPACE,
    "sessionId": STARTING_SESSION,
    "hold": "0",
}


@pytest.fixture
def programs(stacks: dict[str, Stack], clouds: MockClouds) -> dict[str, Stack]:
    """The stacks with the program of the example, and the things that it speaks of."""
    clouds.modelarts.put_lease(RUNNING_NOTEBOOK, create_at=1_700_000_000_123, update_at=1_700_000_000_123)
    clouds.modelarts.put_job(PROCESSING_JOB, status="PROCESSING")
    clouds.hpcai.put_instance(STARTING_INSTANCE, name="training", status="Running", healthy=True)
    clouds.aidp.put_session(STARTING_SESSION)
    for language, stack in stacks.items():
        place_example(stack, language, SETTINGS)
    return stacks


def shown(run: Run, name: str) -> list[str]:
    """The diagnostics of a gate, in whichever language; without what is up to the machine."""
    rows = {name.replace(DYNAMIC_GATE, GATE): lines for name, lines in run.diagnostics.items()}
    text = re.sub(r"\b(?:\d+[hms])+ (of|ago)\b", r"ELAPSED \1", "\n".join(rows.get(f"{GATE} ({name})", [])))
    # Of several targets the request is named that was answered last; Oracle's ids have three parts.
    return [re.sub(r"REQUEST(?:/REQUEST)*", "REQUEST", line) for line in settled(text)]


def kept(stack: Stack) -> dict[str, dict[str, Any]]:
    """What is in state, by the end of its type and its name."""
    return {f"{each['type'].rpartition(':')[2]} {name}": each for (name, each) in _all(stack)}


def _all(stack: Stack) -> list[tuple[str, dict[str, Any]]]:
    latest = stack._checkpoint()["checkpoint"]["latest"] or {}
    found = [each for each in latest.get("resources", []) if not each["type"].startswith("pulumi:")]
    return [(each["urn"].rpartition("::")[2], each) for each in found]


def test_the_same_program_comes_to_the_same_in_four_languages(programs: dict[str, Stack], clouds: MockClouds) -> None:
    def all_of(command: Callable[[Stack], Run], code: int | None) -> dict[str, Run]:
        """Runs a command in each stack; None is a failure, whose exit code is the CLI's own."""
        runs = {language: command(stack) for language, stack in programs.items()}
        for language, run in runs.items():
            ended = run.code if run.code in (0, AWAITING) else None
            assert ended == code, f"{language} ended with {run.code}:\n{run.text}"
        return runs

    def up(stack: Stack) -> Run:
        return stack.up(expect=None)

    def same(runs: dict[str, Run], name: str, apart_from: str = "") -> list[str]:
        lines = {language: shown(run, name) for language, run in runs.items() if language != apart_from}
        for language, each in lines.items():
            assert each == lines["python"], language
        return lines["python"]

    runs = all_of(lambda stack: stack.preview(expect=None), 0)
    (line,) = same(runs, "trained")
    assert line.startswith("now: status=PROCESSING")
    # The program in YAML knows the id of the job.
    (line,) = same(runs, "ready", apart_from="yaml")
    assert "not known yet" in line

    # Three updates of one wait, with one deadline; what depends on it is skipped.
    begun: dict[str, str] = {}
    for number in range(2):
        runs = all_of(up, AWAITING)
        headline, *facts = same(runs, "trained")
        assert "awaiting after " in headline
        assert facts[-1] == "warning: resource is awaiting"
        for language, stack in programs.items():
            state = kept(stack)
            assert set(state) == {"WaitStart trained", "NotebookLease notebook", "Instance existing"}, language
            start = json.dumps(state["WaitStart trained"]["outputs"], sort_keys=True)
            assert begun.setdefault(language, start) == start, f"{language} in update {number}"

    # The third is met; the gate behind it fails, each with the same text on its row.
    clouds.modelarts.add_job_transition(PROCESSING_JOB, status="FINISHED")
    clouds.hpcai.add_transition(STARTING_INSTANCE, status="StartingFailed", healthy=False)
    runs = all_of(up, None)
    headline, hint, *_ = same(runs, "ready")
    assert headline.startswith("error: instance hpcai:Instance ")
    assert "failed after " in headline
    assert hint.startswith("hint: ")
    for stack in programs.values():
        assert kept(stack)["Gate trained"]["outputs"]["outcome"] == "met"
        assert stack.pending() == []

    clouds.hpcai.add_transition(STARTING_INSTANCE, status="Running", healthy=True)
    runs = all_of(up, 0)
    outputs = {language: stack.outputs() for language, stack in programs.items()}
    assert outputs == dict.fromkeys(outputs, outputs["python"])
    assert outputs["python"] == {
        "leaseType": "TIMING",
        "leaseExpires": "2023-11-14T23:13:20.123Z",
        "instance": "training",
        "trainedOutcome": "met",
        "readyOutcome": "met",
        "polls": 1,
        "owner": clouds.hpcai.get_instance(STARTING_INSTANCE)["metadata"]["owner"],
    }

    # What changed since is drift of the records, and an outcome of neither gate.
    clouds.modelarts.put_lease(RUNNING_NOTEBOOK, create_at=1_700_000_000_123, update_at=1_700_000_060_123)
    clouds.hpcai.add_transition(STARTING_INSTANCE, status="Stopped", healthy=False)
    all_of(lambda stack: stack.refresh(expect=None), 0)
    for language, stack in programs.items():
        state = kept(stack)
        assert state["Instance existing"]["outputs"]["status"] == "Stopped", language
        lease = state["NotebookLease notebook"]["outputs"]
        assert (lease.get("updateAt") or lease["update_at"]) == 1_700_000_060_123, language
        assert state["Gate ready"]["outputs"]["outcome"] == "met", language

    # A lookup whose `expect` does not hold ends the program, in the words of each SDK with ours in them.
    clouds.modelarts.put_lease(RUNNING_NOTEBOOK, status="STOPPED")
    runs = all_of(up, None)
    for language, run in runs.items():
        text = "\n".join(run.diagnostics[STACK_ROW])
        assert f"modelarts:NotebookLease {RUNNING_NOTEBOOK}: not as expected" in text, language
        assert "self.running" in text, language


def test_the_programs_are_projects_of_their_own() -> None:
    projects = {path.parent.name: path.read_text() for path in EXAMPLES.glob("*/Pulumi.yaml")}
    assert set(projects) == {"python", "typescript", "go", "yaml"}
    declared = {name: text.partition("config:\n")[2].partition("\n\n")[0].strip() for name, text in projects.items()}
    assert declared == dict.fromkeys(declared, declared["python"])
    assert set(re.findall(r"^  (\w+):$", projects["python"], re.MULTILINE)) == set(SETTINGS)


def test_what_they_need_is_locked_without_the_address_of_a_registry() -> None:
    manifest = json.loads((EXAMPLES / "typescript" / "package.json").read_text())
    locked = json.loads((EXAMPLES / "typescript" / "package-lock.json").read_text())["packages"]
    assert locked[""]["dependencies"] == manifest["dependencies"]
    assert locked[""]["devDependencies"] == manifest["devDependencies"]
    packages = {name: each for name, each in locked.items() if name}
    assert all("resolved" not in each and each["integrity"] for each in packages.values())
    # The driver of the tests needs more than the program, of the same SDK.
    modules = (EXAMPLES / "go" / "go.mod", ROOT / "tests" / "languages" / "go" / "go.mod")
    versions = [re.search(r"github\.com/pulumi/pulumi/sdk/v3 (\S+)", path.read_text()) for path in modules]
    assert len({found[1] for found in versions if found}) == 1


def test_the_program_in_go_imports_what_the_schema_says() -> None:
    program = (EXAMPLES / "go" / "main.go").read_text()
    assert {line.strip().strip('"') for line in program.splitlines() if "sdk/go/nbcloud" in line} == {
        GO_SDK,
        f"{GO_SDK}/hpcai",
        f"{GO_SDK}/modelarts",
    }
