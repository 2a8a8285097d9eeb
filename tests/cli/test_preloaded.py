"""The command from a process that has loaded it does what the installed one does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import preloaded
import pytest
from cli_support import command, environment, run
from docs_support import shell_environment

INSTALLED = Path(sys.executable).parent / "nbcloud"
ARGUMENTS = (("--version",), ("get", "hpcai:Instance/notebook-1"), ("kinds", "--output", "json"), ("gte",))


@pytest.mark.parametrize("arguments", ARGUMENTS, ids=" ".join)
def test_it_says_and_ends_as_the_installed_one(arguments: tuple[str, ...]) -> None:
    installed = subprocess.run(
        [str(INSTALLED), *arguments], env=environment(), capture_output=True, text=True, timeout=60
    )
    done = run(*arguments)
    assert (done.returncode, done.stdout, done.stderr) == (installed.returncode, installed.stdout, installed.stderr)


def test_a_shell_finds_the_same() -> None:
    line = ["bash", "-c", "nbcloud --version; nbcloud gte; echo $?"]
    done = subprocess.run(line, env=shell_environment(), capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[1:] == ["2"]
    assert done.stdout.startswith("nbcloud ")
    assert done.stderr.startswith("error: ")


def test_it_gets_folder_environment_and_files(tmp_path: Path) -> None:
    before = "import os\nprint(os.getcwd(), os.environ['MARK'], input())"
    done = subprocess.run(
        command("--version", before=before),
        cwd=tmp_path,
        env=environment(MARK="here"),
        input="typed\n",
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.splitlines()[0] == f"{tmp_path} here typed"


def test_what_is_left_open_is_told() -> None:
    """As by every other test of a leak: the warning is an error, which ends up on stderr."""
    done = run("--version", before="import socket\nsocket.socket()")
    assert "ResourceWarning" in done.stderr


def test_one_that_dies_by_a_signal_is_seen_to() -> None:
    done = run("--version", before="import os\nos.kill(os.getpid(), 9)")
    assert done.returncode == -9


def test_it_ends_with_its_client() -> None:
    before = "import os, sys, time\nprint(os.getpid(), flush=True)\ntime.sleep(120)"
    process = subprocess.Popen(command("--version", before=before), env=environment(), stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout:
        pid = process.stdout.readline()
        assert int(pid) != process.pid or not preloaded.AVAILABLE
        process.kill()
        # The end of the pipe: nobody else has it open.
        assert process.stdout.read() == b""
    process.wait()
