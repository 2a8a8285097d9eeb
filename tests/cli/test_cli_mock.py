"""`nbcloud mock` as a process of its own."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import socket
import stat
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cli_support import command, environment, run
from docs_support import shell_environment

from pulumi_nbcloud.kinds.registry import KINDS, load
from pulumi_nbcloud.mock import MockClouds

BLOCKER = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "pytest_httpserver":
            raise ModuleNotFoundError("gone", name=name)
sys.meta_path.insert(0, Blocker())
"""


@contextmanager
def running(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command("mock", *arguments), env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def end(process: subprocess.Popen[str], number: signal.Signals) -> tuple[str, str]:
    process.send_signal(number)
    assert process.stdout is not None
    assert process.stderr is not None
    rest = process.stdout.read(), process.stderr.read()
    assert process.wait(60) == 0
    return rest


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_json_for_scripts(number: signal.Signals) -> None:
    with running("--output", "json") as process:
        assert process.stdout is not None
        shown = json.loads(process.stdout.readline())
        assert set(shown) == {"url", "settings", "settings_file", "environment", "notebooks", "targets"}
        assert shown["settings_file"] is None
        assert shown["settings"]["modelarts"]["endpoint"] == shown["url"]
        assert shown["environment"]["NBCLOUD_MODELARTS_ENDPOINT"] == shown["url"]
        assert [row["status"] for row in shown["notebooks"]] == ["RUNNING", "STOPPED", "STARTING"]
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(shown["url"] + "/v1/p/notebooks/x/lease", timeout=30)
        with caught.value as response:
            assert response.code == 401
            assert json.load(response)["error_code"] == "APIGW.0301"
        advance = urllib.request.Request(shown["url"] + "/_mock/clock", data=b'{"advance": 30}')
        urllib.request.urlopen(advance, timeout=30).close()
        with urllib.request.urlopen(shown["url"] + "/_mock/state", timeout=30) as response:
            notebooks = json.load(response)["services"]["modelarts"]["notebooks"]
        assert [row["status"] for row in notebooks] == ["RUNNING", "STOPPED", "RUNNING"]
        assert end(process, number) == ("", ""), "no access log, no second line"


def printed(*arguments: str) -> tuple[str, str]:
    """Serves until something was printed: the URL, and all of stdout."""
    with running(*arguments) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        text, errors = end(process, signal.SIGTERM)
    assert errors == ""
    url = first.split()[5]
    assert url.startswith("http://127.0.0.1:")
    return url, first + text


def targets(text: str) -> list[str]:
    """What it says that it holds, as a shell would read it."""
    _, _, held = text.partition("What they hold, for nbcloud get, wait and doctor:\n")
    return [line.strip() for line in held.replace("\\\n", "").splitlines() if not line.startswith("    ")]


@pytest.mark.parametrize("arguments", [(), ("-o", "pulumi"), ("--write", "x.json")], ids=" ".join)
def test_text_for_people_fits_the_terminal(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    _, text = printed(*arguments)
    # How long the path of the file is, the user decides.
    lines = [line for line in text.splitlines() if not line.startswith("export NBCLOUD_SETTINGS=")]
    assert max(map(len, lines)) <= 80
    assert text.count("PRIVATE KEY-----\n") == (0 if "--write" in arguments else 2), "begin and end of one"


def test_settings_for_a_shell() -> None:
    url, text = printed()
    shell = text.partition("What they hold")[0]
    exports = dict(each.split("=", 1) for each in shlex.split(shell, comments=True) if each.startswith("NBCLOUD_"))
    assert exports["NBCLOUD_MODELARTS_ENDPOINT"] == url
    assert exports["NBCLOUD_MODELARTS_SECRET_KEY"] == "mock-secret-key-not-a-real-one"
    assert exports["NBCLOUD_AIDP_PRIVATE_KEY"].count("\n") > 20


def test_settings_for_a_stack() -> None:
    url, text = printed("--output", "pulumi")
    words = shlex.split(text.partition("What they hold")[0].partition("is selected.\n")[2].replace("\\\n", ""))
    starts = [index for index, word in enumerate(words) if word == "pulumi"]
    config = [words[start:stop] for start, stop in zip(starts, [*starts[1:], len(words)], strict=True)]
    assert ["pulumi", "config", "set", "--path", "nbcloud:modelarts.endpoint", url] in config
    assert any("--secret" in arguments and "nbcloud:modelarts.secretKey" in arguments for arguments in config)
    (key,) = [words for words in config if words[2] == "set-all"]
    assert key[:-1] == ["pulumi", "config", "set-all", "--path", "--secret"]
    assert key[-1].startswith("nbcloud:aidp.privateKey=-----BEGIN PRIVATE KEY-----\n")


def test_it_names_everything_that_it_holds() -> None:
    _, text = printed()
    shown = targets(text)
    # Lists are held by what is in them.
    assert {each.partition("/")[0] for each in shown} == {token for token in KINDS if not load(token).is_list}
    assert len(shown) == 6
    # The clock runs from the start on; on a busy machine a second is over by then.
    assert re.search(r"^    STARTING, RUNNING in (30|2\d) s$", text, re.MULTILINE)
    assert "They hold nothing.\n" in printed("--scenario", "empty")[1]


def test_what_it_names_can_be_read_with_the_settings_that_it_writes(tmp_path: Path) -> None:
    path = tmp_path / "a folder" / "mock.json"
    path.parent.mkdir()
    with running("--write", str(path)) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(6)]
        export = next(line for line in lines if line.startswith("export "))
        assert [name for name in ("KEY", "TOKEN") if name in export] == []
        assert export == f"export NBCLOUD_SETTINGS={shlex.quote(str(path))}\n"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        shell = f'{export}for each in "$@"; do nbcloud get -o json "$each" || exit; done'
        with MockClouds(scenario="demo") as same:
            names = [each.target for each in same.contents()]
        done = subprocess.run(
            ["bash", "-c", shell, "bash", *names],
            env={**environment(), "PATH": shell_environment()["PATH"]},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.count('"schema_version"') == len(names) == 6
        end(process, signal.SIGTERM)


def test_a_file_of_an_older_mock_is_written_again(tmp_path: Path) -> None:
    path = tmp_path / "mock.json"
    first = printed("--write", str(path))[0]
    path.chmod(0o644)
    second = printed("--write", str(path))[0]
    assert first != second
    assert json.loads(path.read_text())["hpcai"]["endpoint"] == second
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir() if each.is_file()] == ["mock.json"]


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", "hello", '{"hpcai": {"apiKey": "mine"}}', '{"hpcai": 1}'])
def test_a_file_of_somebody_else_stays(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mine.json"
    path.write_text(text)
    done = run("mock", "--write", str(path))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[0].endswith("mine.json: there is a file that nbcloud mock did not write")
    assert done.stderr.splitlines()[1] == "hint: choose another name, or remove the file"
    assert path.read_text() == text


def test_a_folder_or_a_link_to_nothing_stays_too(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "nothing")
    for path in (tmp_path, tmp_path / "link", tmp_path / "none" / "mock.json"):
        done = run("mock", "--write", str(path))
        assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[1] == "hint: create the folder first"
    assert os.readlink(tmp_path / "link") == str(tmp_path / "nothing")


def test_the_file_that_was_written_is_named_in_json(tmp_path: Path) -> None:
    path = tmp_path / "mock.json"
    with running("--write", str(path), "-o", "json") as process:
        assert process.stdout is not None
        shown = json.loads(process.stdout.readline())
        assert shown["settings_file"] == str(path)
        assert json.loads(path.read_text()) == shown["settings"]
        end(process, signal.SIGTERM)


def test_an_empty_mock() -> None:
    with running("--scenario", "empty", "--output", "json") as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["notebooks"] == []
        end(process, signal.SIGTERM)


def test_without_the_extra() -> None:
    done = run("mock", before=BLOCKER, cold=True)
    assert done.returncode == 2
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert lines[0].startswith("error: the mock clouds need the package")
    assert lines[1:] == ["hint: pip install 'pulumi-nbcloud[mock]'"]


def test_a_taken_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("mock", "--port", str(port))
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: port {port} on 127.0.0.1 cannot be used")
    assert done.stderr.splitlines()[1].startswith("hint: ")


@pytest.mark.parametrize(
    "arguments", [("--host", "0.0.0.0"), ("--port", "70000"), ("--port", "-1"), ("--scenario", "x"), ("--output", "x")]
)
def test_bad_options(arguments: tuple[str, ...]) -> None:
    assert run("mock", *arguments).returncode == 2


def test_help_names_the_exit_codes() -> None:
    done = run("mock", "--help")
    assert done.returncode == 0
    assert "exit code 0" in done.stdout
    assert "mock" in run("--help").stdout
