"""`nbcloud mock` as a process of its own."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = str(Path(__file__).parents[2])
BLOCKER = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "pytest_httpserver":
            raise ModuleNotFoundError("gone", name=name)
sys.meta_path.insert(0, Blocker())
"""


def command(*arguments: str, before: str = "") -> list[str]:
    program = f"{before}\nimport sys\nsys.argv[0] = 'nbcloud'\nfrom pulumi_nbcloud.cli import main\nmain()"
    return [sys.executable, "-W", "error::ResourceWarning", "-c", program, *arguments]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": ROOT, "NO_COLOR": "1", "TERM": "dumb"}


def run(*arguments: str, before: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments, before=before), env=environment(), capture_output=True, text=True, timeout=120
    )


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
        assert set(shown) == {"url", "settings", "environment", "notebooks"}
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


def test_text_for_people() -> None:
    with running("--scenario", "demo") as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        text, errors = end(process, signal.SIGTERM)
    assert errors == ""
    url = first.split()[5]
    assert url.startswith("http://127.0.0.1:")
    lines = [line.strip() for line in text.splitlines()]
    # A private key has many lines.
    shell, stack = text.split("The same for a stack:")
    exports = dict(each.split("=", 1) for each in shlex.split(shell) if each.startswith("NBCLOUD_"))
    assert exports["NBCLOUD_MODELARTS_ENDPOINT"] == url
    assert exports["NBCLOUD_MODELARTS_SECRET_KEY"] == "mock-secret-key-not-a-real-one"
    commands = stack.split("\nNotebooks:")[0].split("\n  pulumi ")[1:]
    config = [["pulumi", *shlex.split(each)] for each in commands]
    key = exports["NBCLOUD_AIDP_PRIVATE_KEY"]
    assert ["pulumi", "config", "set", "--path", "nbcloud:modelarts.endpoint", url] in config
    assert any("--secret" in arguments and "nbcloud:modelarts.secretKey" in arguments for arguments in config)
    assert key.count("\n") > 20
    assert ["pulumi", "config", "set-all", "--path", "--secret", f"nbcloud:aidp.privateKey={key}"] in config
    ids = [line.split()[0] for line in lines[lines.index("Notebooks:") + 1 :]]
    assert len(set(ids)) == 3


def test_an_empty_mock() -> None:
    with running("--scenario", "empty", "--output", "json") as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["notebooks"] == []
        end(process, signal.SIGTERM)


def test_without_the_extra() -> None:
    done = run("mock", before=BLOCKER)
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
