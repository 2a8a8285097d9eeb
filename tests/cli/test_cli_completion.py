"""Completion, in the shells that there are and below them: what is offered where."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from cli_support import app_commands, invoke, run
from docs_support import shell_environment
from shell_support import STARTS, shell

from pulumi_nbcloud.cli.completion import complete
from pulumi_nbcloud.cli.completion_lines import bash_lines, lines, read
from pulumi_nbcloud.kinds.registry import KINDS

BREAKS = " \t\n\"'><=;|&(:"
JOB = "job=modelarts:DevServerJob/x"
SHELLS = [name for name in STARTS if shutil.which(name)]

# Typed, and what stands there after TAB; the same in every shell.
EVERYWHERE = [
    ("nbcloud ex", "nbcloud explain "),
    ("nbcloud get aidp", "nbcloud get aidp:NotebookSession/"),
    ("nbcloud get hp", "nbcloud get hpcai:Instance"),
    ("nbcloud wait job=modelarts:NotebookL", "nbcloud wait job=modelarts:NotebookLease/"),
    ("nbcloud get 'modelarts:DevServerJobs?sta", "nbcloud get 'modelarts:DevServerJobs?status="),
    ("nbcloud get 'modelarts:DevServerJobs?status=FIN", "nbcloud get 'modelarts:DevServerJobs?status=FINISHED'"),
    (f"nbcloud wait {JOB} --until job.sta", f"nbcloud wait {JOB} --until job.status"),
    (f"nbcloud wait {JOB} --until 'job.abn", f"nbcloud wait {JOB} --until 'job.abnormal_count"),
    (
        f"nbcloud wait {JOB} --until 'job.status == \"FIN",
        f"nbcloud wait {JOB} --until 'job.status == \"FINISHED\"'",
    ),
    ("nbcloud wait x --not-found m", "nbcloud wait x --not-found met "),
    ("nbcloud wait x --not-found=m", "nbcloud wait x --not-found=met "),
    ("nbcloud kinds hpcai:Instances", "nbcloud kinds hpcai:Instances "),
    ("nbcloud get x --settings mine", "nbcloud get x --settings mine.json "),
    ("nbcloud doctor hpcai:Instance/x --verb", "nbcloud doctor hpcai:Instance/x --verbose "),
    ("nbcloud help exit", "nbcloud help exit-codes "),
    ("nbcloud serve mine", "nbcloud serve mine.json "),
    ("nbcloud completion z", "nbcloud completion zsh "),
]


def words(before: str, current: str) -> list[str]:
    return [each.word for each in complete(before.split(), current).offers]


@pytest.mark.parametrize("name", SHELLS)
def test_in_the_shell_itself(name: str, tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text("{}")
    with shell(name, shell_environment(HOME=str(tmp_path)), tmp_path) as started:
        for typed, expected in EVERYWHERE:
            started.offered(typed, expected)


def test_bash_without_quotes_gets_what_it_would_act_on_escaped(tmp_path: Path) -> None:
    with shell("bash", shell_environment(HOME=str(tmp_path)), tmp_path) as started:
        started.offered(r"nbcloud get modelarts:DevServerJobs\?sta", r"nbcloud get modelarts:DevServerJobs\?status=")
        line = f'nbcloud wait {JOB} --until "job.status == \\"FIN'
        # The shell takes the mark before the cursor for the one that closes the quotation.
        started.offered(line, line + 'ISHED\\"')


def test_nothing_is_offered_where_an_id_belongs(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert words("get", "hpcai:Instance/") == []
    with shell("bash", shell_environment(HOME=str(tmp_path)), tmp_path) as started:
        started.offers_nothing("nbcloud get hpcai:Instance/")


@pytest.mark.parametrize("name", STARTS)
def test_the_script_of_a_shell(name: str) -> None:
    done = invoke("completion", name)
    assert (done.code, done.err) == (0, "")
    assert f"__complete {name}" in done.out
    assert done.out.count("\n\n") == 0


def test_commands_and_their_options() -> None:
    assert words("", "") == [*app_commands()]
    assert words("", "--v") == ["--version"]
    assert words("get", "--") == ["--output", "--wide", "--settings", "--profile", "--verbose", "--help"]
    assert words("get -o json", "--o") == [], "it is there already"
    assert words("nothing", "") == []
    assert words("get -- ", "--") == []
    every = {name for each in app_commands().values() for option in each.params for name in option.opts}
    offered = {each for name in app_commands() for each in words(name, "-")}
    assert {name for name in every if name.startswith("-")} - {"--version"} <= offered


def test_values_of_options() -> None:
    assert words("get x -o", "") == ["text", "json", "jsonl"]
    assert words("get x", "--output=js") == ["--output=json", "--output=jsonl"]
    assert words("wait x --not-found", "") == ["wait", "fail", "met"]
    assert words("mock --scenario", "") == ["demo", "empty"]
    assert words("wait x --timeout", "") == []
    for line in ("get x --settings", "wait x --junit-xml"):
        assert complete(line.split(), "").files
    assert complete(["get", "x"], "--settings=").files


def test_targets() -> None:
    assert {each.rstrip("/?") for each in words("get", "")} == set(KINDS)
    assert words("doctor", "a") == ["aidp", "aidp:NotebookSession/"]
    assert words("wait", "job=modelarts:DevServerJob") == [
        "job=modelarts:DevServerJob/",
        "job=modelarts:DevServerJobs",
        "job=modelarts:DevServerJobs?",
    ]
    assert words("get", "job=hpcai:") == [], "what is read has no name"
    assert words("get", "modelarts:DevServerJobs?") == [
        f"modelarts:DevServerJobs?{name}=" for name in ("job_id", "name", "type", "status", "visible", "profile")
    ]
    head = "modelarts:DevServerJobs?status=FINISHED&"
    assert f"{head}status=" not in words("get", head)
    assert words("get", f"{head}visible=t") == [f"{head}visible=true"]
    assert words("get", "hpcai:Instance/x?") == ["hpcai:Instance/x?profile="]
    assert words("get", "no:Kind?") == []


def test_conditions() -> None:
    before = "wait -t 2h job=modelarts:DevServerJob/x s=aidp:NotebookSession/a/b/c --until"
    found = words(before, "")
    assert found[0] == "ready"
    assert found[-7:] == ["job.", "s.", "has(", "size(", "duration(", "timestamp(", "now"]
    assert "ready" not in words(before, "job.abnormal_count == 0 && ")
    lease = "wait modelarts:NotebookLease/x"
    assert {"ready", "deleted"} <= {*words(f"{lease} --until", "")}
    assert "deleted" not in words(f"{lease} --fail-on", "")
    assert words("wait x --until", "")[0] == "has(", "nothing is known of such a target"
    assert words(before, "!(job.stat") == ["!(job.status"]
    assert words(before, "s.ker") == ["s.kernel."]
    assert words(before, "s.kernel.exec") == ["s.kernel.execution_state"]
    assert words(before, 'job.status == "') == [
        f'job.status == "{each}"' for each in ("PROCESSING", "FINISHED", "DELETED", "ACTIVE")
    ]
    assert words(before, 'job.name == "') == []
    assert words(before, "self.") == [], "there is none of that name"
    assert words("wait modelarts:DevServerJob/x --fail-on", "self.abn") == ["self.abnormal_count"]
    assert words("wait modelarts:DevServerJobs --until", "size(self.jo") == ["size(self.jobs"]
    assert words("explain hpcai:Instance/x", "--until=self.hea") == ["--until=self.healthy"]
    assert words(before, 'job.name == "job.') == [], "in a text"


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("nbcloud get a", (("nbcloud", "get"), "a", "", 0)),
        ("nbcloud get ", (("nbcloud", "get"), "", "", 0)),
        ("nbcloud get a:b", (("nbcloud", "get"), "a:b", "", 2)),
        ("nbcloud get a:b=c", (("nbcloud", "get"), "a:b=c", "", 4)),
        ("nbcloud get 'a:b c", (("nbcloud", "get"), "a:b c", "'", 0)),
        ("nbcloud get x='a:b c", (("nbcloud", "get"), "x=a:b c", "'", 2)),
        ("nbcloud get 'a b' c", (("nbcloud", "get", "a b"), "c", "", 0)),
        (r'nbcloud "a\"b\c" \'x', (("nbcloud", r'a"b\c'), "'x", "", 0)),
        (r"nbcloud a\:b", (("nbcloud",), "a:b", "", 0)),
        ("nbcloud '' x", (("nbcloud", ""), "x", "", 0)),
    ],
)
def test_a_line_is_taken_apart_as_the_shell_does(line: str, found: tuple[object, ...]) -> None:
    typed = read(line, BREAKS)
    assert (typed.words, typed.current, typed.quote, typed.kept) == found


def test_lines_for_the_scripts() -> None:
    assert list(bash_lines("nbcloud get x -o js", BREAKS)) == ["words", "json ", "jsonl "]
    assert list(lines(["zsh", "self.run", "wait", "modelarts:NotebookLease/x", "--until"])) == [
        "words",
        "+self.running\tbool",
    ]
    assert list(lines(["fish", "'self.run", "wait", "modelarts:NotebookLease/x", "--until"])) == [
        "words",
        "+self.running\tbool",
        "+self.running ",
    ]
    assert list(lines(["fish", "", "get", "x", "--settings"])) == ["files"]


@pytest.mark.parametrize("arguments", [(), ("bash",), ("bash", "x"), ("tcsh",), ("zsh", "")], ids=" ".join)
def test_a_script_of_another_version_gets_no_traceback(arguments: tuple[str, ...]) -> None:
    done = run("__complete", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
