"""Command lines that cannot be right: a headline, a hint, exit code 2, and JSON where it was asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_support import invoke, run

LEASE = "modelarts:NotebookLease/4f1c6d5e-0f0a-4c57-9d0e-6a1b2c3d4e01"


@pytest.mark.parametrize(
    ("line", "headline", "hint"),
    [
        ("gte", "there is no command 'gte'", "did you mean nbcloud get? nbcloud --help lists the commands"),
        ("frobnicate", "there is no command 'frobnicate'", "nbcloud --help lists the commands"),
        (f"{LEASE}", f"there is no command '{LEASE}'", f"to read it: nbcloud get {LEASE}"),
        ("--output json", "nbcloud: there is no option --output", "write it after the command: nbcloud get --output"),
        (
            "get --outptu json x",
            "nbcloud get: there is no option --outptu",
            "did you mean --output? nbcloud get --help lists the options",
        ),
        ("get --until true x", "nbcloud get: there is no option --until", "it is an option of nbcloud wait, explain"),
        ("get -x y", "nbcloud get: there is no option -x", "nbcloud get --help lists the options"),
        (
            "get",
            "nbcloud get: KIND/ID is missing",
            "write nbcloud get KIND/ID; nbcloud get --help has examples",
        ),
        (
            "explain",
            "nbcloud explain: KIND/ID is missing",
            "write nbcloud explain [NAME=]KIND/ID...; nbcloud explain --help has examples",
        ),
        (
            "capture modelarts:DevServerJobs",
            "nbcloud capture: --out is missing",
            "write nbcloud capture --out FILE KIND/ID; nbcloud capture --help has examples",
        ),
        (
            "get a b",
            "nbcloud get: b is one argument too many",
            "write nbcloud get [OPTIONS] KIND/ID; a value with spaces or & needs quotes",
        ),
        ("get -o xml x", "nbcloud get: --output 'xml' is none of text, json, jsonl", "write --output text"),
        ("get -o jsn x", "nbcloud get: --output 'jsn' is none of text, json, jsonl", "did you mean json?"),
        ("get x -o", "nbcloud get: -o needs a value", "write -o text"),
        ("get x --profile", "nbcloud get: --profile needs a value", "--profile: the profile of targets that name none"),
        (
            "get x --settings",
            "nbcloud get: --settings needs a value",
            (
                "--settings: JSON with the keys of Pulumi config. Pulumi config itself is not read; the environment "
                "and the vendors' files are"
            ),
        ),
        ("wait x --quiet=3", "nbcloud wait: --quiet takes no value", "write --quiet alone"),
        (
            "wait x --consecutive many",
            "nbcloud wait: --consecutive 'many' cannot be right",
            "--consecutive: how many polls in a row must meet the condition. [default: 1]",
        ),
        (
            "mock --port abc",
            "nbcloud mock: --port 'abc' cannot be right",
            "--port takes a whole number from 0 to 65535",
        ),
        (
            "mock --port 70000",
            "nbcloud mock: --port '70000' cannot be right",
            "--port takes a whole number from 0 to 65535",
        ),
        ("completion tcsh", "nbcloud completion: SHELL 'tcsh' is none of bash, zsh, fish", "write bash"),
        ("completion zhs", "nbcloud completion: SHELL 'zhs' is none of bash, zsh, fish", "did you mean zsh?"),
        ("get \x1b[31m y", "nbcloud get: y is one argument too many", None),
    ],
)
def test_what_cannot_be_right_is_named_with_what_to_write(line: str, headline: str, hint: str | None) -> None:
    done = invoke(*line.split(" "))
    assert (done.code, done.out) == (2, "")
    first, second = done.err.splitlines()
    assert first == f"error: {headline}"
    assert second.startswith("hint: ")
    assert hint is None or second == f"hint: {hint}"


@pytest.mark.parametrize(
    "line", ["--bad\x1b[31m", "get --bad\x1b[31m x", "\x1b[31m", "get x \x1b[31m", "get -o \x1b[31m x"]
)
def test_what_was_typed_acts_on_no_terminal(line: str) -> None:
    done = invoke(*line.split(" "))
    assert done.code == 2
    assert "\x1b" not in done.out + done.err


@pytest.mark.parametrize("flags", [("-o", "json"), ("-ojson",), ("--output", "json"), ("--output=json",)])
def test_a_wait_says_it_in_json_where_that_was_asked_for(flags: tuple[str, ...]) -> None:
    done = invoke("wait", *flags, "--unitl", "true", LEASE)
    assert done.code == 2
    assert done.err.splitlines()[0] == "error: nbcloud wait: there is no option --unitl"
    document = json.loads(done.out)
    assert (document["outcome"], document["exit_code"], document["targets"]) == ("error", 2, {})
    assert document["error"]["type"] == "InputError"
    assert document["error"]["problem"] == "nbcloud wait: there is no option --unitl"
    assert document["error"]["hint"].startswith("did you mean --until?")


def test_a_wait_says_it_in_one_line_of_json_where_lines_were_asked_for() -> None:
    done = invoke("wait", "-o", "jsonl")
    assert json.loads(done.out)["event"] == "result"


@pytest.mark.parametrize("joined", ["=", " "])
def test_a_wait_writes_it_into_the_junit_file(joined: str, tmp_path: Path) -> None:
    path = tmp_path / "wait.xml"
    assert invoke("wait", *f"--junit-xml{joined}{path}".split(" "), "--unitl", "true", LEASE).code == 2
    assert "there is no option --unitl" in path.read_text(encoding="utf-8")
    assert invoke("wait", "--junit-xml").code == 2
    assert invoke("wait", "--junit-xml", str(tmp_path / "none" / "x.xml"), "--unitl").code == 2


def test_others_print_nothing_where_they_fail_whatever_was_asked_for() -> None:
    done = invoke("get", "-o", "json")
    assert (done.code, done.out) == (2, "")


def test_a_runner_that_marks_errors_gets_a_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert "::error" in invoke("wait").err


def test_the_process_ends_with_the_same() -> None:
    done = run("get", "--outptu")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: nbcloud get: there is no option --outptu\nhint: ")
