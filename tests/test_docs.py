"""The pages: tests in them pass, commands in them do what is shown, links lead somewhere, the reference is current."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from docs_support import (
    BLOCK,
    DOCS,
    LANGUAGES,
    README,
    Example,
    anchors_of,
    blocks,
    check,
    console_examples,
    name_of,
    shell_environment,
)
from docs_support import PAGES as SHOWN_PAGES
from picture_support import PICTURES

from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.mock.scenarios import (
    PROCESSING_JOB,
    RUNNING_NOTEBOOK,
    STARTING_INSTANCE,
    STARTING_SESSION,
    STOPPED_NOTEBOOK,
)

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE_SUFFIXES = {".yml", ".yaml", ".json", ".sh", ".py", ".tf", ".ts", ".go"}
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def examples_that_are_tests() -> list[str]:
    block = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    found = [text for page in PAGES for text in block.findall(page.read_text())]
    return [text for text in found if "def test_" in text]


# As after somebody's `asyncio.run`, and as Python 3.14 begins: the main thread has no event loop.
NO_LOOP = "import asyncio\n\nasyncio.run(asyncio.sleep(0))\n"


@pytest.mark.parametrize("source", examples_that_are_tests())
def test_example_that_is_a_test_passes(source: str, tmp_path: Path) -> None:
    """In a process of its own: Pulumi's mocks, and the event loops that they make, outlive a test."""
    (tmp_path / "conftest.py").write_text(NO_LOOP)
    (tmp_path / "test_example.py").write_text(source)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(tmp_path),
        str(tmp_path),
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, "1 passed" in done.stdout) == (0, True), done.stdout


def test_there_is_an_example_of_a_unit_test_and_of_the_fixture() -> None:
    taken = ["(nbcloud_mock)" in source for source in examples_that_are_tests()]
    assert taken == [False, True]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert link.startswith("https://") or (page.parent / link).is_file(), link


def test_the_readme_begins_with_a_picture_a_short_program_its_status_and_two_commands() -> None:
    text = README.read_text(encoding="utf-8")
    first, _, _ = text.partition("\n## ")
    (program,) = re.findall(r"^```python\n(.*?)^```$", first, re.MULTILINE | re.DOTALL)
    assert len(program.splitlines()) <= 15
    places = [first.index(each) for each in ("![", "```python", "> [!NOTE]", "$ make demo\n$ pip install .\n")]
    assert places == sorted(places)
    assert "not yet run against the real clouds" in first


def linked_from(page: Path) -> set[Path]:
    text = page.read_text(encoding="utf-8")
    return {(page.parent / link).resolve() for link in re.findall(r"\]\(([^)#]+)", text) if "://" not in link}


def test_the_index_leads_to_every_page() -> None:
    """By itself, or by the page that lists what is in a folder: its README, or the page beside it of the same name."""
    index = DOCS / "README.md"
    linked = linked_from(index)
    for page in list(linked):
        folder = page.parent if page.name == "README.md" else page.with_suffix("")
        if page.suffix == ".md" and page.is_relative_to(DOCS) and folder.is_dir():
            linked |= {each for each in linked_from(page) if each.parent == folder}
    assert sorted(set(DOCS.rglob("*.md")) - linked - {index}) == []


def test_pages_say_that_nothing_is_released_as_long_as_that_is_so() -> None:
    """Until then `pip install pulumi-nbcloud` finds nothing; the day of the release these notes go."""
    is_released = bool(re.search(r"^## \[\d", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE))
    notes = {
        README: "No version has been released yet",
        DOCS / "start" / "install.md": "No version has been released yet",
        DOCS / "start" / "first-gate.md": "Until the first release",
        DOCS / "guides" / "small-installs.md": "No version has been released yet",
        DOCS / "recipes" / "README.md": "No version has been released yet",
    }
    for page, note in notes.items():
        assert (note in page.read_text(encoding="utf-8")) is not is_released, page


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_to_headings_lead_to_one(page: Path) -> None:
    for link, anchor in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", page.read_text(encoding="utf-8")):
        text = (page.parent / link if link else page).read_text(encoding="utf-8")
        assert anchor in anchors_of(text), f"{link}#{anchor}"


SHELL = [each for each in console_examples() if not each.needs_pulumi]


@pytest.mark.parametrize("example", SHELL, ids=lambda example: example.name)
def test_commands_do_what_is_shown(example: Example, nbcloud_mock: MockClouds, tmp_path: Path) -> None:
    nbcloud_mock.modelarts.put_lease(RUNNING_NOTEBOOK)
    nbcloud_mock.modelarts.put_lease(STOPPED_NOTEBOOK, status="STOPPED")
    nbcloud_mock.modelarts.put_job(PROCESSING_JOB, status="FINISHED")
    nbcloud_mock.hpcai.put_instance(STARTING_INSTANCE, status="Running")
    nbcloud_mock.aidp.put_session(STARTING_SESSION)
    check(example, tmp_path, shell_environment())


def test_there_are_examples_of_most_commands() -> None:
    run = {
        command.line.split()[1] for each in SHELL for command in each.commands if command.line.startswith("nbcloud ")
    }
    assert run >= {"get", "wait", "explain", "doctor", "capture", "kinds", "mock", "history"}


@pytest.mark.parametrize("page", SHOWN_PAGES, ids=name_of)
def test_no_block_is_without_a_language(page: Path) -> None:
    assert "" not in re.findall(r"^```(.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)[::2]


def test_what_a_terminal_shows_is_from_the_pictures() -> None:
    pictures = [
        "\n".join(line[1:] for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("|"))
        for path in PICTURES.rglob("*.txt")
    ]
    shown = [text for page in SHOWN_PAGES for text in blocks(page, "text")]
    assert shown
    assert [text for text in shown if not any(text.rstrip("\n") in each for each in pictures)] == []


def descriptions_of_the_schema() -> list[str]:
    schema = json.loads((ROOT / "tests" / "golden" / "schema.json").read_text(encoding="utf-8"))
    return [each["description"] for each in (*schema["resources"].values(), *schema["functions"].values())]


def test_what_is_neither_a_program_nor_commands_is_a_part_of_an_example() -> None:
    """Python runs as a program or a test, console in a shell, text is from the pictures; the rest is in examples/.

    Or it is a program of the plugin's schema, which the tests of languages compile.
    """
    files = [path for path in (ROOT / "examples").rglob("*") if path.is_file() and path.suffix in EXAMPLE_SUFFIXES]
    wholes = [path.read_text(encoding="utf-8") for path in files] + descriptions_of_the_schema()
    shown = [
        (name_of(page), text)
        for page in SHOWN_PAGES
        if page != LANGUAGES
        for language, text in BLOCK.findall(page.read_text(encoding="utf-8"))
        if language not in ("python", "console", "text")
    ]
    assert shown
    assert [each for each in shown if not any(each[1] in whole for whole in wholes)] == []


def test_the_reference_is_what_the_code_says() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "reference"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_messages_that_are_headings_are_in_the_code() -> None:
    """The page on troubleshooting is found by message, so each message that it has a heading for exists."""
    texts = [
        each.value
        for path in (ROOT / "pulumi_nbcloud").rglob("*.py")
        for each in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    ]
    page = (ROOT / "docs" / "guides" / "troubleshooting.md").read_text(encoding="utf-8")
    messages = re.findall(r"^### `([^`]*)`$", page, re.MULTILINE)
    assert len(messages) >= 40
    assert [each for each in messages if not any(each in text for text in texts)] == []


def test_every_name_in_a_line_of_the_history_is_described() -> None:
    page = (ROOT / "docs" / "guides" / "history.md").read_text(encoding="utf-8")
    golden = json.loads((ROOT / "tests" / "golden" / "history.json").read_text(encoding="utf-8"))
    names = {name for each in golden.values() for name in each}
    names |= {*golden["begin"]["targets"]["self"], *golden["change"]["transitions"][0], *golden["end"]["error"]}
    assert [name for name in sorted(names) if f"`{name}`" not in page] == []


def test_every_setting_has_its_meaning() -> None:
    from pulumi_nbcloud.kinds.registry import KINDS, load
    from pulumi_nbcloud.settings.schema import EVERYWHERE

    for token in KINDS:
        schema = load(token).account.schema
        assert set(schema.about) | set(EVERYWHERE) == set(schema.keys)
