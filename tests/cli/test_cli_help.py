"""Help pages: whole at every width, with examples that do what they say; topics; the short names of options."""

from __future__ import annotations

import json
import subprocess
from datetime import datetime, timezone
from pathlib import Path

import pytest
from cli_support import app_commands, invoke, run
from docs_support import shell_environment
from history_lines import line as history_line
from history_lines import put
from nbcloud_support import LIMIT_SECONDS

from pulumi_nbcloud.cli.examples import EXAMPLES, Example
from pulumi_nbcloud.cli.topics import TOPICS
from pulumi_nbcloud.cli.wait_options import parameters, spec_of
from pulumi_nbcloud.mock import MockClouds

COMMANDS = sorted(app_commands())
PAGES = [("--help",), ("help",), *((name, "--help") for name in COMMANDS), *(("help", name) for name in TOPICS)]
WIDTHS = (80, 100, 120, 160)
# They serve until they are stopped, and write into the user's own files; tests of their own run them.
NOT_RUN = (
    "nbcloud mock",
    "nbcloud completion",
    "source ",
    "nbcloud serve gates.json --no-token",
    "nbcloud serve gates.json --host",
)
GATES = {
    "gates": {"up": {"target": {"kind": "hpcai:Instance", "instance_id": "notebook-4f1c6d5e"}}},
    "tokens": [{"name": "argo", "sha256": "0" * 64, "gates": ["up"]}],
}


def examples() -> list[Example]:
    return [each for found in EXAMPLES.values() for each in found if not each.line.startswith(NOT_RUN)]


@pytest.mark.parametrize("page", PAGES, ids=" ".join)
@pytest.mark.parametrize("width", WIDTHS)
def test_a_page_fits_the_terminal(page: tuple[str, ...], width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    done = invoke(*page)
    assert (done.code, done.err) == (0, "")
    assert max(map(len, done.out.splitlines())) <= width
    assert done.out.endswith("\n")
    assert not done.out.endswith("\n\n")


@pytest.mark.parametrize("page", PAGES, ids=" ".join)
def test_nothing_on_a_page_is_the_parsers_own(page: tuple[str, ...]) -> None:
    done = invoke(*page)
    for trace in ("<str>", "<list", "{KIND", "...]...", "TEXT", "INTEGER", "[required]", "install-completion"):
        assert trace not in done.out


@pytest.mark.parametrize("name", COMMANDS)
def test_a_summary_is_a_whole_sentence_and_fits_in_one_line(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = [line for line in invoke("--help").out.splitlines() if line.startswith(f"  {name} ")]
    assert len(lines) == 1
    assert lines[0].endswith(".")


@pytest.mark.parametrize("name", COMMANDS)
def test_both_names_of_the_help_option_and_the_command_help_give_the_same(name: str) -> None:
    page = invoke(name, "--help").out
    assert page.startswith(f"Usage: nbcloud {name}")
    assert invoke(name, "-h").out == page
    assert invoke("help", name).out == page


def test_the_first_page_has_both_names_too() -> None:
    assert invoke("-h").out == invoke("--help").out


def test_without_arguments_the_first_page_goes_to_stderr() -> None:
    done = invoke()
    assert (done.code, done.out) == (2, "")
    assert done.err == invoke("--help").out


@pytest.mark.parametrize("name", [each for each in COMMANDS if each != "version"])
def test_every_command_has_examples(name: str) -> None:
    page = invoke(name, "--help").out
    assert "\nExamples:\n" in page
    for each in EXAMPLES[name]:
        assert f"\n  # {each.about}\n" in page


def test_there_are_examples_of_commands_only() -> None:
    assert set(EXAMPLES) <= {"", *COMMANDS}


@pytest.mark.parametrize("example", examples(), ids=lambda each: each.line.split("\n")[0])
def test_an_example_works_against_the_mock_as_it_is_served(example: Example, tmp_path: Path) -> None:
    now = {"time": f"{datetime.now(timezone.utc):%FT%TZ}"}
    put(tmp_path / "history", {**history_line("begin"), **now}, {**history_line("end"), **now}, day=now["time"][:10])
    (tmp_path / "gates.json").write_text(json.dumps(GATES), encoding="utf-8")
    with MockClouds(scenario="demo") as clouds:
        clouds.clock.advance(60)  # what starts there has started
        done = subprocess.run(
            ["bash", "-c", example.line],
            cwd=tmp_path,
            env=shell_environment(**clouds.environment(), NBCLOUD_HISTORY=str(tmp_path / "history")),
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
        )
    assert done.returncode == 0, done.stderr
    assert done.stdout


@pytest.mark.parametrize(
    ("short", "long", "commands"),
    [
        ("-o", "--output", {"get", "wait", "kinds", "mock", "history", "serve"}),
        ("-v", "--verbose", {"get", "wait", "explain", "doctor", "serve"}),
        ("-q", "--quiet", {"wait"}),
        ("-t", "--timeout", {"wait", "explain"}),
    ],
)
def test_an_option_has_its_short_name_in_every_command(short: str, long: str, commands: set[str]) -> None:
    found = {name: each for name in COMMANDS for each in app_commands()[name].params if long in each.opts}
    assert set(found) == commands
    assert all(short in each.opts for each in found.values())


def test_short_names_do_what_the_long_ones_do(nbcloud_mock: MockClouds) -> None:
    target = "hpcai:Instance/notebook-1"
    nbcloud_mock.hpcai.put_instance("notebook-1", status="Running")
    assert invoke("get", target, "-o", "json").out == invoke("get", target, "--output", "json").out
    done = invoke("wait", target, "-qt", "0", "-ojson")
    assert (done.code, done.err, done.out[:1]) == (0, "", "{")


def test_the_version_is_a_command_too() -> None:
    assert invoke("version").out == invoke("--version").out


def test_help_lists_its_topics() -> None:
    lines = invoke("help").out.splitlines()
    for name, topic in TOPICS.items():
        assert any(line.split() == [name, *topic.about.split()] for line in lines)
    for name in COMMANDS:
        assert any(line.startswith(f"  {name} ") for line in lines)


@pytest.mark.parametrize(("wrong", "right"), [("exit-code", "exit-codes"), ("wiat", "wait"), ("target", "targets")])
def test_help_on_a_misspelled_topic_suggests_one(wrong: str, right: str) -> None:
    done = invoke("help", wrong)
    assert (done.code, done.out) == (2, "")
    hint = f"hint: did you mean {right}? nbcloud help lists topics and commands"
    assert done.err.splitlines() == [f"error: there is no help on '{wrong}'", hint]


def test_conditions_that_help_shows_can_be_right() -> None:
    targets = {
        "ready": ["hpcai:Instance/x"],
        "self.running": ["modelarts:NotebookLease/4f1c6d5e-0f0a-4c57-9d0e-6a1b2c3d4e01"],
        "has(self.kernel)": ["aidp:NotebookSession/ocid1.aidataplatform.oc1..x/w/s"],
        "size(self.jobs)": ["modelarts:DevServerJobs"],
        "": [
            "job=modelarts:DevServerJob/4f1c6d5e",
            "lease=modelarts:NotebookLease/4f1c6d5e-0f0a-4c57-9d0e-6a1b2c3d4e01",
        ],
    }
    shown = [line.strip() for line in TOPICS["conditions"].text().splitlines() if line.startswith("  ")]
    assert len(shown) == 6
    for line in shown:
        condition = line.split("  ")[0]
        inputs = {each.name: None for each in parameters()} | {"until": condition}
        typed = next(each for start, each in targets.items() if condition.startswith(start))
        assert spec_of(typed, inputs, None).conditions.expected


def test_typers_own_completion_is_off() -> None:
    done = run("--version", env={"_NBCLOUD_COMPLETE": "complete_bash", "COMP_WORDS": "nbcloud ", "COMP_CWORD": "1"})
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("nbcloud ")
