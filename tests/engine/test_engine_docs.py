"""Each Python example of the README and of docs/ runs as a Pulumi program; the output printed beside it is real."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from docs_support import (
    EXAMPLES,
    LANGUAGES,
    PAGES,
    README,
    RECIPE_PAGES,
    RECORDS,
    WHAT_YOU_SEE,
    Example,
    blocks,
    check,
    commands_of,
    console_examples,
    name_of,
    settled,
    staged,
)
from stack import ROOT, Stack

from pulumi_nbcloud.mock import MockClouds, scenarios
from pulumi_nbcloud.mock.aidp.service import DEFAULT_PLATFORM, DEFAULT_WORKSPACE
from pulumi_nbcloud.mock.scenarios import (
    PROCESSING_JOB,
    RUNNING_NOTEBOOK,
    STARTING_INSTANCE,
    STARTING_SESSION,
    STOPPED_NOTEBOOK,
)

# As a user runs them.
pytestmark = pytest.mark.usefixtures("ordinary_python")


def examples() -> list[tuple[str, str]]:
    """Return all but those that define a test, which are run as such, and those that are parts of examples."""
    pages = [page for page in PAGES if page != LANGUAGES and page.parent != RECIPE_PAGES]
    found = [(f"{name_of(page)}-{index}", text) for page in pages for index, text in enumerate(blocks(page, "python"))]
    return [(name, text) for name, text in found if "def test_" not in text]


def assert_printed(shown: str, output: str) -> None:
    """Each line that a page shows below its command was really printed, whatever else was."""
    lines, printed = [line for line in settled(shown)[1:] if line], settled(output)
    assert lines
    assert [line for line in lines if line not in printed] == [], output


@pytest.fixture
def page_stack(make_stack: Callable[..., Stack], clouds: MockClouds) -> Stack:
    """With the accounts, things and config that the pages speak of; the profile `east` is the same account."""
    east = {name.replace("NBCLOUD_", "NBCLOUD_PROFILE_EAST_"): value for name, value in clouds.environment().items()}
    stack = make_stack({**clouds.environment(), **east})
    clouds.modelarts.put_lease(RUNNING_NOTEBOOK)
    clouds.modelarts.put_job(PROCESSING_JOB, status="FINISHED", type="ASCEND_SOFTWARE_UPGRADE")
    clouds.hpcai.put_instance(STARTING_INSTANCE)
    clouds.aidp.put_session(STARTING_SESSION)
    settings = {
        "notebookId": RUNNING_NOTEBOOK,
        "jobId": PROCESSING_JOB,
        "instanceId": STARTING_INSTANCE,
        "platformId": DEFAULT_PLATFORM,
        "aiDataPlatformId": DEFAULT_PLATFORM,
        "workspaceKey": DEFAULT_WORKSPACE,
        "sessionId": STARTING_SESSION,
    }
    stack.run("config", "set-all", *(f"--plaintext={name}={value}" for name, value in settings.items()), expect=0)
    return stack


@pytest.mark.parametrize("program", [pytest.param(text, id=name) for name, text in examples()])
def test_example_runs(page_stack: Stack, program: str) -> None:
    (page_stack.folder / "__main__.py").write_text(program)
    page_stack.up()


IN_A_STACK = [each for each in console_examples() if each.needs_pulumi]


@pytest.mark.parametrize("example", IN_A_STACK, ids=lambda example: example.name)
def test_commands_in_a_stack_do_what_is_shown(page_stack: Stack, example: Example) -> None:
    # The page's own program, where its commands run one.
    own = blocks(example.page, "python")[:1] if any(" up " in each.line for each in example.commands) else []
    (page_stack.folder / "__main__.py").write_text("".join(own))
    check(example, page_stack.folder, page_stack.environment)


@pytest.fixture
def demo_stack(make_stack: Callable[..., Stack], clouds: MockClouds) -> Stack:
    """With the accounts and things of `nbcloud mock`, and nothing in its config."""
    scenarios.demo(clouds.modelarts, clouds.aidp, clouds.hpcai)
    clouds.clock.advance(scenarios.STARTING_SECONDS)
    return make_stack(clouds.environment())


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.name)
def test_each_example_runs_and_a_second_update_changes_nothing(demo_stack: Stack, folder: Path) -> None:
    program = (folder / "__main__.py").read_text(encoding="utf-8")
    project = (folder / "Pulumi.yaml").read_text(encoding="utf-8")
    (demo_stack.folder / "__main__.py").write_text(program)
    # A stack of this name is there already.
    (demo_stack.folder / "Pulumi.yaml").write_text(project.replace(f"name: {folder.name}\n", "name: probe\n"))
    (configured,) = [each for each in commands_of(program) if each[:2] == ["pulumi", "config"]]
    demo_stack.run(*configured[1:], expect=0)
    printed = demo_stack.up().output
    assert printed.index("dynamic/nbcloud:Gate") < printed.index("pulumi:index:Stash serving creat")
    outputs = demo_stack.outputs()
    assert outputs
    demo_stack.up("--expect-no-changes")
    assert demo_stack.outputs() == outputs


def test_what_the_readme_shows_is_printed(page_stack: Stack, clouds: MockClouds) -> None:
    shown_up, shown_mistake = staged(README)
    program = blocks(README, "python")[0]
    (page_stack.folder / "__main__.py").write_text(program)
    # The gate must see it finish at its second poll.
    clouds.modelarts.put_job(PROCESSING_JOB, status="PROCESSING")
    clouds.modelarts.add_job_transition(PROCESSING_JOB, after_reads=1, status="FINISHED")
    assert_printed(shown_up, page_stack.up().output)

    (page_stack.folder / "__main__.py").write_text(program.replace("self.status", "self.statu"))
    assert_printed(shown_mistake, page_stack.preview(expect=1).text)


def test_what_you_see_is_printed_by_the_quickstart(page_stack: Stack, clouds: MockClouds) -> None:
    shown_preview, shown_mistake, shown_up, shown_failure, shown_refresh = staged(WHAT_YOU_SEE)
    program = blocks(WHAT_YOU_SEE, "python")[0]
    quickstart = (ROOT / "examples" / "quickstart" / "__main__.py").read_text(encoding="utf-8")
    assert quickstart.partition('"""\n\n')[2] == program
    (page_stack.folder / "__main__.py").write_text(program)

    clouds.modelarts.put_lease(RUNNING_NOTEBOOK, status="STARTING")
    previews = (page_stack.preview().text for _ in range(5))
    # On a busy machine the 5 s of a preview may be over before it has polled.
    assert_printed(shown_preview, next(each for each in previews if "not polled within" not in each))
    (page_stack.folder / "__main__.py").write_text(program.replace("self.running", "self.runing"))
    assert_printed(shown_mistake, page_stack.preview(expect=1).text)
    (page_stack.folder / "__main__.py").write_text(program)

    # The recorded lease reads it as well: the gate must see it start at its second poll.
    clouds.modelarts.add_transition(RUNNING_NOTEBOOK, after_reads=2, status="RUNNING")
    assert_printed(shown_up, page_stack.up().output)

    page_stack.up()
    clouds.modelarts.add_transition(RUNNING_NOTEBOOK, duration=7_200_000)
    assert_printed(shown_refresh, page_stack.refresh("--diff").output)

    clouds.modelarts.put_lease(STOPPED_NOTEBOOK, status="FROZEN")
    page_stack.run("config", "set", "notebookId", STOPPED_NOTEBOOK, expect=0)
    failed = page_stack.up(expect=None)
    assert failed.code != 0
    assert_printed(shown_failure, failed.text)


def test_the_drift_that_the_page_on_records_shows_is_real(page_stack: Stack, clouds: MockClouds) -> None:
    (shown,) = [text for text in blocks(RECORDS, "console") if "--diff" in text]
    (page_stack.folder / "__main__.py").write_text(blocks(RECORDS, "python")[0])
    page_stack.up()
    clouds.modelarts.add_transition(RUNNING_NOTEBOOK, duration=7_200_000)
    assert_printed(shown, page_stack.refresh("--diff").output)
