"""What each command loads: never the Pulumi SDK, and nothing heavy for its help."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cli_support import environment, run
from lease_support import KIND, NOTEBOOK
from nbcloud_support import LIMIT_SECONDS

import pulumi_nbcloud
from pulumi_nbcloud.mock import MockClouds

# At the end of the process, whatever the command did, so that an import inside of a function counts too.
# Without pygments, which only tools for developers bring: with it httpx loads a command of its own, and rich.
TELL = """
import atexit, sys
sys.modules["pygments"] = None
atexit.register(lambda: print("loaded", *sys.modules, file=sys.stderr))
"""
HEAVY = {"pulumi", "rich", "pydantic", "celpy", "lark", "aiohttp", "httpx", "anyio", "cryptography", "werkzeug"}


# The options of a wait are declared in modules that need nothing else.
OPTIONS = ("waiting", "waiting.duration", "waiting.option_types", "waiting.options")
LIGHT = ("_version", "errors", "forks", "printable", "spelling", *OPTIONS)


def loaded(text: str) -> set[str]:
    return set(next(line for line in text.splitlines() if line.startswith("loaded ")).split()[1:])


@pytest.mark.parametrize(
    "arguments",
    [("get", f"{KIND}/{NOTEBOOK}"), ("wait", f"{KIND}/{NOTEBOOK}"), ("explain", f"{KIND}/{NOTEBOOK}"), ("doctor",)],
    ids=" ".join,
)
def test_no_command_loads_pulumi(clouds: MockClouds, arguments: tuple[str, ...]) -> None:
    clouds.modelarts.put_lease(NOTEBOOK)
    done = run(*arguments, env=clouds.environment(), before=TELL, cold=True)
    assert done.returncode == 0
    modules = loaded(done.stderr)
    assert "pulumi_nbcloud.kinds.registry" in modules
    assert not {name for name in modules if name.partition(".")[0] in ("pulumi", "rich", "typer.rich_utils")}
    assert not {name for name in modules if name.startswith("pulumi_nbcloud.capture")}, "only nbcloud capture does"


COMPLETED = ("__complete", "zsh", "self.", "wait", f"{KIND}/{NOTEBOOK}", "--until")


@pytest.mark.parametrize(
    "arguments",
    [("--help",), ("--version",), ("wait", "--help"), ("help", "exit-codes"), ("completion", "zsh"), COMPLETED],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_help_loads_nothing_heavy(arguments: tuple[str, ...]) -> None:
    done = run(*arguments, before=TELL, cold=True)
    assert done.returncode == 0
    # typer itself loads pydantic where a command has parameters.
    allowed = {"pydantic"} if arguments[0] in ("wait", "help", "completion") else set()
    modules = loaded(done.stderr)
    assert modules & HEAVY <= allowed
    ours = {name for name in modules if name.startswith("pulumi_nbcloud.") and not is_of_the_command(name)}
    assert ours == {f"pulumi_nbcloud.{each}" for each in LIGHT}, "neither kinds nor settings"


def is_of_the_command(name: str) -> bool:
    return name == "pulumi_nbcloud.cli" or name.startswith("pulumi_nbcloud.cli.")


def test_the_commands_load_next_to_nothing_beside_typer() -> None:
    """What one of them needs, it loads when it is called: email, json, logging, sockets and the like."""
    program = (
        "import typer, sys\nbefore = {*sys.modules}\nimport pulumi_nbcloud.cli.app\nprint(*({*sys.modules} - before))"
    )
    line = [sys.executable, "-c", program]
    done = subprocess.run(line, env=environment(), capture_output=True, text=True, timeout=LIMIT_SECONDS)
    assert (done.returncode, done.stderr) == (0, "")
    for name in ("layout", "help_page", "usage", "completion", "mock_text"):
        assert f"pulumi_nbcloud.cli.{name}" not in done.stdout.split(), "what shows a result is loaded for it"
    others = {name for name in done.stdout.split() if not is_of_the_command(name)}
    assert "pulumi_nbcloud.errors" in others
    assert others <= {"__future__", "pulumi_nbcloud", *(f"pulumi_nbcloud.{each}" for each in LIGHT), "unicodedata"}


def test_the_command_as_a_module() -> None:
    line = [sys.executable, "-m", "pulumi_nbcloud.cli", "help", "exit-codes"]
    done = subprocess.run(line, env=environment(), capture_output=True, text=True, timeout=LIMIT_SECONDS)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_version_is_told_where_no_metadata_is_installed(tmp_path: Path) -> None:
    """As from a source tree: the package alone, copied, without the folder that an installer writes beside it."""
    shutil.copytree(Path(pulumi_nbcloud.__file__).parent, tmp_path / "pulumi_nbcloud")
    hidden = "import importlib.metadata as m, sys\nm.distribution = m.version = None"
    done = run("--version", before=hidden, env={"PYTHONPATH": str(tmp_path)}, cwd=tmp_path, cold=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"nbcloud {pulumi_nbcloud.__version__}\n", "")


def test_the_version_on_a_full_disk() -> None:
    with open("/dev/full", "w") as full:
        done = run("--version", stdout=full)
    assert (done.returncode, done.stderr.splitlines()[0]) == (
        74,
        "error: the result could not be written: No space left on device",
    )
