"""GitHub Actions and JUnit: what is written, and that nothing remote adds to it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from cli_support import invoke
from lease_support import KIND, NOTEBOOK

from pulumi_nbcloud.cli.github import message
from pulumi_nbcloud.mock import MockClouds

INSTANCE = "hpcai:Instance/notebook-1"
# Each tries to add something: a command, a line, an output, a cell, a link, a script, a mention.
HOSTILE = (
    "\n::error::x\r\n::set-output name=a::b\n##[error]y %0A::warning::z\noutcome=met\noutcome<<E\nmet\nE\n"
    "|cell|`code`<script>alert(1)</script>[l](http://x)![i](http://y)@all https://z www.z $$m$$ \x1b[31m\x00\u202e"
)


class Step:
    """A step of a workflow: the files that its runner reads."""

    def __init__(self, folder: Path) -> None:
        self.output = folder / "output"
        self.summary = folder / "summary.md"
        self.junit = folder / "junit.xml"

    def outputs(self) -> dict[str, str]:
        """Reads the outputs as the runner does."""
        found: dict[str, str] = {}
        lines = iter(self.output.read_text(encoding="utf-8").split("\n"))
        for line in lines:
            if not line:
                continue
            name, mark, end = line.partition("<<")
            assert mark, f"a line outside of a value: {line!r}"
            assert name not in found
            value = []
            for part in lines:
                if part == end:
                    break
                value.append(part)
            else:
                raise AssertionError("no end")
            found[name] = "\n".join(value)
        return found


@pytest.fixture
def step(nbcloud_mock: MockClouds, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Step:
    found = Step(tmp_path)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_OUTPUT", str(found.output))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(found.summary))
    return found


def commands(text: str) -> list[str]:
    """The lines that a runner would act on."""
    return [line for line in text.splitlines() if line.lstrip().startswith("::") or "##[" in line or "##vso[" in line]


def test_a_wait_that_is_met(nbcloud_mock: MockClouds, step: Step) -> None:
    nbcloud_mock.modelarts.put_lease(NOTEBOOK)
    done = invoke("wait", f"lease={KIND}/{NOTEBOOK}")
    assert done.code == 0
    assert commands(done.err) == ["::group::nbcloud wait lease", "::endgroup::"]
    assert commands(done.out) == []
    outputs = step.outputs()
    assert (outputs["outcome"], outputs["exit_code"]) == ("met", "0")
    assert re.fullmatch(r"\d+\.\d", outputs["elapsed_seconds"])
    assert json.loads(outputs["result"])["targets"]["lease"]["state"]["running"] is True
    summary = step.summary.read_text()
    kind = KIND.replace(":", "&#58;")
    assert summary.startswith(
        "### nbcloud wait: met\n\n| target |  | state |\n| --- | --- | --- |\n"
        f"| {kind} {NOTEBOOK} | ready | running=true, type=TIMING"
    )
    assert "\n\n- expected: lease.running\n- met after 0s, 1 poll\n\n| time | target | observed |\n" in summary
    assert re.search(rf"\| 20\S+Z \| {kind} {NOTEBOOK} \| running=true, type=TIMING", summary)


def test_a_wait_that_failed(nbcloud_mock: MockClouds, step: Step) -> None:
    nbcloud_mock.modelarts.put_lease(NOTEBOOK, status="FROZEN")
    done = invoke("wait", f"{KIND}/{NOTEBOOK}", "--quiet")
    assert done.code == 1
    (annotation,) = commands(done.err)
    assert annotation.startswith(f"::error title=nbcloud wait%3A failed::{KIND} {NOTEBOOK}: failed after ")
    assert "%0Ahint: " in annotation, "all of the message, in one line"
    assert step.outputs()["exit_code"] == "1"
    facts = [line for line in step.summary.read_text().splitlines() if line.startswith(("- ", "**"))]
    assert [re.match(r"- ([a-z ]+): |\*\*hint:\*\* ", line) is not None for line in facts] == [True] * len(facts), facts
    assert facts[-1].startswith("**hint:** ")


def test_what_is_escaped_for_a_command() -> None:
    assert message("100%\r\n::error::") == "100%25%0D%0A::error::"


def test_hostile_text_adds_nothing(nbcloud_mock: MockClouds, step: Step) -> None:
    nbcloud_mock.hpcai.put_instance("notebook-1", status=HOSTILE, name=HOSTILE)
    done = invoke("wait", INSTANCE, "--timeout", "0", "--output", "json", "--junit-xml", str(step.junit))
    assert done.code == 124
    assert [line.partition("nbcloud")[0] for line in commands(done.err)] == [
        "::group::",
        "::endgroup::",
        "::error title=",
    ]
    assert commands(done.out) == []
    assert set(step.outputs()) == {"outcome", "exit_code", "elapsed_seconds", "result"}
    assert step.outputs()["outcome"] == "timed_out"
    assert json.loads(done.out)["targets"]["self"]["state"]["status"] == HOSTILE, "to a program it is what it is"
    summary = step.summary.read_text()
    rows = [line for line in summary.splitlines() if line.startswith("|")]
    assert len(rows) == 6, "two tables of one row"
    assert [len(re.findall(r"(?<!\\)\|", rows[index])) for index in (2, 5)] == [4, 4], "three cells"
    assert "<script" not in summary
    for sign in ("https://z", "www.z", "@all", "\x1b", "\x00", "\u202e", "$$", "[l](", "![i]"):
        assert sign not in summary, sign
    assert not re.search(r"(?<!\\)`", summary)


def test_the_delimiters_are_random(nbcloud_mock: MockClouds, step: Step) -> None:
    nbcloud_mock.modelarts.put_lease(NOTEBOOK)
    invoke("wait", f"{KIND}/{NOTEBOOK}")
    marks = re.findall(r"<<(end_[0-9a-f]{32})$", step.output.read_text(), re.MULTILINE)
    assert len(marks) == len(set(marks)) == 4


def test_an_earlier_step_s_output_stays(nbcloud_mock: MockClouds, step: Step) -> None:
    nbcloud_mock.modelarts.put_lease(NOTEBOOK)
    step.output.write_text("before<<E\nx\nE\n")
    invoke("wait", f"{KIND}/{NOTEBOOK}")
    assert step.outputs()["before"] == "x"


def test_a_file_that_cannot_be_written(nbcloud_mock: MockClouds, step: Step, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are written all the same, and the result is printed."""
    nbcloud_mock.modelarts.put_lease(NOTEBOOK)
    monkeypatch.setenv("GITHUB_OUTPUT", "/dev/full")
    done = invoke("wait", f"{KIND}/{NOTEBOOK}", "--junit-xml", str(step.junit))
    assert done.code == 74
    assert done.error == [
        "error: /dev/full could not be written: No space left on device",
        "hint: check the path and the space that is left",
    ]
    assert done.out.startswith("met after ")
    assert step.summary.exists()
    assert step.junit.exists()


def test_nothing_of_it_elsewhere(nbcloud_mock: MockClouds, step: Step, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS")
    nbcloud_mock.modelarts.put_lease(NOTEBOOK, status="FROZEN")
    done = invoke("wait", f"{KIND}/{NOTEBOOK}")
    assert commands(done.err) == []
    assert not step.output.exists()


def test_a_report_that_cannot_be_written_does_not_hide_how_the_wait_ended(
    nbcloud_mock: MockClouds, step: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    nbcloud_mock.modelarts.put_lease(NOTEBOOK, status="STOPPED")
    monkeypatch.setenv("GITHUB_OUTPUT", "/dev/full")
    done = invoke("wait", f"{KIND}/{NOTEBOOK}", "--timeout", "0")
    assert done.code == 124
    assert "error: /dev/full could not be written" in done.err


@pytest.mark.parametrize("arguments", [("nothing",), (f"{KIND}/{NOTEBOOK}", "--until", "self.x")], ids=" ".join)
def test_an_error_before_the_wait_is_told_everywhere(
    nbcloud_mock: MockClouds, step: Step, arguments: tuple[str, ...]
) -> None:
    done = invoke("wait", *arguments, "--junit-xml", str(step.junit))
    assert (done.code, done.out) == (2, ""), "text tells it on stderr alone"
    problem = done.error[0].removeprefix("error: ")
    (annotation,) = commands(done.err)
    assert annotation.startswith(f"::error title=nbcloud wait%3A error::{problem}%0Ahint: ")
    outputs = step.outputs()
    assert (outputs["outcome"], outputs["exit_code"], outputs["elapsed_seconds"]) == ("error", "2", "0.0")
    assert json.loads(outputs["result"])["error"]["problem"] == problem
    assert step.summary.read_text().startswith("### nbcloud wait: error\n\n")
    suite = ElementTree.parse(step.junit).getroot()[0]
    assert [suite.get(name) for name in ("tests", "failures", "errors")] == ["1", "0", "1"]
    (case,) = suite
    assert (case.get("name"), case.get("classname")) == ("nbcloud wait", "nbcloud.wait")
    error = case.find("error")
    assert error is not None
    assert (error.get("type"), error.get("message")) == ("error", problem)


def test_a_junit_file_without_a_folder_is_told_to_the_step(nbcloud_mock: MockClouds, step: Step) -> None:
    done = invoke("wait", f"{KIND}/{NOTEBOOK}", "--junit-xml", str(step.junit.parent / "missing" / "junit.xml"))
    assert done.code == 2
    assert len([line for line in done.err.splitlines() if line.startswith("error: ")]) == 1, "not said a second time"
    assert step.outputs()["exit_code"] == "2"
