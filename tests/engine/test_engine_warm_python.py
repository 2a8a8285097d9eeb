"""What stands in for the start of a Python in the engine's tests: it runs the same thing, and ends as it does."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from nbcloud_support import LIMIT_SECONDS, eventually
from stack import PYTHON_VARIABLES, command_line

TELLS = """
import json, os, sys
preloaded = sorted(name for name in sys.modules if name.partition(".")[0] in ("pulumi", "pulumi_nbcloud"))
print(json.dumps({
    "arguments": sys.argv[1:], "name": __name__, "file": __file__, "path": sys.path, "folder": os.getcwd(),
    "environment": dict(os.environ), "pid": os.getpid(), "pulumi": "pulumi" in preloaded,
    "ours": [name for name in preloaded if name.startswith("pulumi_nbcloud")], "input": sys.stdin.read(),
}))
print("said", file=sys.stderr)
sys.exit(int(sys.argv[1]))
"""


@pytest.fixture
def python(warm: Path | None) -> Path:
    """The launcher; the ordinary Python where a system cannot do it otherwise."""
    return Path(sys.executable) if warm is None else warm / "python3"


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A file by the name of what the language host runs."""
    return tmp_path / "pulumi-language-python-exec"


def environment(**others: str) -> dict[str, str]:
    return {**PYTHON_VARIABLES, "PATH": os.environ["PATH"], **others}


def run(*arguments: str | Path, folder: Path, **others: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        arguments, cwd=folder, env=environment(**others), input="in", capture_output=True, text=True, timeout=60
    )


def told(python: Path, program: Path, folder: Path, **others: str) -> dict[str, object]:
    done = run(python, program, "7", "two words", "", folder=folder, **others)
    assert (done.returncode, done.stderr) == (7, "said\n")
    found: dict[str, object] = json.loads(done.stdout)
    del found["pid"]
    return found


def test_a_program_finds_what_it_was_started_with(python: Path, program: Path, tmp_path: Path) -> None:
    program.write_text(TELLS)
    found = told(python, program, tmp_path, OWN="a\nb")
    ordinary = told(Path(sys.executable), program, tmp_path, OWN="a\nb")
    assert found.pop("pulumi") is (python != Path(sys.executable))
    assert ordinary.pop("pulumi") is False
    assert found.pop("ours") == ordinary.pop("ours") == []
    assert found == ordinary


def test_what_python_itself_reads_makes_an_ordinary_start(python: Path, program: Path, tmp_path: Path) -> None:
    program.write_text(TELLS)
    assert told(python, program, tmp_path, PYTHONHASHSEED="1")["pulumi"] is False
    assert run(python, "-c", "import sys; print('pulumi' in sys.modules)", folder=tmp_path).stdout == "False\n"


def test_a_signal_ends_the_program_and_the_launcher_says_so(python: Path, program: Path, tmp_path: Path) -> None:
    program.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGTERM)\n")
    assert run(python, program, folder=tmp_path).returncode == -signal.SIGTERM
    program.write_text("raise ValueError('wrong')\n")
    failed = run(python, program, folder=tmp_path)
    assert (failed.returncode, failed.stderr.splitlines()[-1]) == (1, "ValueError: wrong")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_signal_to_the_launcher_reaches_the_program(
    number: signal.Signals, python: Path, program: Path, tmp_path: Path
) -> None:
    program.write_text("import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(600)\n")
    with subprocess.Popen([python, program], cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, text=True) as own:
        assert own.stdout is not None
        pid = int(own.stdout.readline())
        own.send_signal(number)
        assert own.wait(LIMIT_SECONDS) == -number
        eventually(lambda: not command_line(pid), "the end of the program")


def test_a_launcher_that_is_killed_early_stops_nobody_else(
    warm: Path | None, python: Path, program: Path, tmp_path: Path
) -> None:
    program.write_text(TELLS)
    for sent in (b"", b"\0\0", b"\0\0\0\x09half"):
        if warm is not None:
            with socket.socket(socket.AF_UNIX) as launcher:
                launcher.connect(str(warm / "socket"))
                launcher.sendall(sent)
    assert told(python, program, tmp_path)["input"] == "in"
