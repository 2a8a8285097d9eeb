"""Each Python example of the README and of docs/ runs as a Pulumi program; the output printed beside it is real."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from stack import ROOT, Stack

from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.mock.aidp.service import DEFAULT_PLATFORM, DEFAULT_WORKSPACE
from pulumi_nbcloud.mock.scenarios import PROCESSING_JOB, RUNNING_NOTEBOOK, STARTING_INSTANCE, STARTING_SESSION

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
ELAPSED = re.compile(r"\(\d+(\.\d+)?s\)|\b\d+s of ")


def blocks(page: Path, language: str) -> list[str]:
    return [text for found, text in BLOCK.findall(page.read_text(encoding="utf-8")) if found == language]


def examples() -> list[tuple[str, str]]:
    """Those that define a test are run as tests, in tests/test_docs.py."""
    found = [(f"{page.name}-{index}", text) for page in PAGES for index, text in enumerate(blocks(page, "python"))]
    return [(name, text) for name, text in found if "def test_" not in text]


def timeless(text: str) -> list[str]:
    return [ELAPSED.sub("ELAPSED", MOMENT.sub("TIME", line.strip())) for line in text.splitlines()]


def assert_printed(shown: str, output: str) -> None:
    """Each line that a page shows below its command was really printed, whatever else was."""
    lines, printed = [line for line in timeless(shown)[1:] if line], timeless(output)
    assert lines
    assert [line for line in lines if line not in printed] == []


@pytest.fixture
def page_stack(stack: Stack, clouds: MockClouds) -> Stack:
    clouds.modelarts.put_lease(RUNNING_NOTEBOOK)
    clouds.modelarts.put_job(PROCESSING_JOB, status="FINISHED", type="ASCEND_SOFTWARE_UPGRADE")
    clouds.hpcai.put_instance(STARTING_INSTANCE)
    clouds.aidp.put_session(STARTING_SESSION)
    settings = {
        "notebookId": RUNNING_NOTEBOOK,
        "jobId": PROCESSING_JOB,
        "instanceId": STARTING_INSTANCE,
        "platformId": DEFAULT_PLATFORM,
        "workspaceKey": DEFAULT_WORKSPACE,
        "sessionId": STARTING_SESSION,
    }
    stack.run("config", "set-all", *(f"--plaintext={name}={value}" for name, value in settings.items()), expect=0)
    return stack


@pytest.mark.parametrize("program", [pytest.param(text, id=name) for name, text in examples()])
def test_example_runs(page_stack: Stack, program: str) -> None:
    (page_stack.folder / "__main__.py").write_text(program)
    page_stack.up()


PROGRAMS = sorted(program.parent for program in (ROOT / "examples").glob("*/__main__.py"))


@pytest.mark.parametrize("folder", PROGRAMS, ids=lambda folder: folder.name)
def test_each_example_runs_and_a_second_update_changes_nothing(page_stack: Stack, folder: Path) -> None:
    (page_stack.folder / "__main__.py").write_text((folder / "__main__.py").read_text(encoding="utf-8"))
    page_stack.up()
    outputs = page_stack.outputs()
    assert outputs
    page_stack.up("--expect-no-changes")
    assert page_stack.outputs() == outputs


def test_the_readmes_program_is_the_quickstart_and_its_outputs_are_real(page_stack: Stack, clouds: MockClouds) -> None:
    readme = ROOT / "README.md"
    program = blocks(readme, "python")[0]
    quickstart = (ROOT / "examples" / "quickstart" / "__main__.py").read_text(encoding="utf-8")
    assert quickstart.partition('"""\n\n')[2] == program
    (page_stack.folder / "__main__.py").write_text(program)
    shown_up, shown_refresh, shown_preview = blocks(readme, "console")[:3]

    # The recorded lease and the preview's look read it as well: the gate must see it start at its second look.
    clouds.modelarts.put_lease(RUNNING_NOTEBOOK, status="STARTING")
    clouds.modelarts.add_transition(RUNNING_NOTEBOOK, after_reads=2, status="RUNNING")
    assert_printed(shown_up, page_stack.up().output)

    page_stack.up()
    clouds.modelarts.add_transition(RUNNING_NOTEBOOK, duration=7_200_000)
    assert_printed(shown_refresh, page_stack.refresh("--diff").output)

    (page_stack.folder / "__main__.py").write_text(program.replace("self.running", "self.runing"))
    assert_printed(shown_preview, page_stack.preview(expect=1).text)
