"""What each command loads: never the Pulumi SDK, and nothing heavy for its help."""

from __future__ import annotations

import subprocess
import sys

import pytest
from cli_support import environment, run
from lease_support import KIND, NOTEBOOK
from nbcloud_support import LIMIT_SECONDS

from pulumi_nbcloud.mock import MockClouds

# At the end of the process, whatever the command did, so that an import inside of a function counts too.
TELL = """
import atexit, sys
atexit.register(lambda: print("loaded", *sys.modules, file=sys.stderr))
"""
HEAVY = {"pulumi", "rich", "pydantic", "celpy", "lark", "aiohttp", "httpx", "anyio", "cryptography", "werkzeug"}


def loaded(text: str) -> set[str]:
    return set(next(line for line in text.splitlines() if line.startswith("loaded ")).split()[1:])


@pytest.mark.parametrize(
    "arguments",
    [("get", f"{KIND}/{NOTEBOOK}"), ("wait", f"{KIND}/{NOTEBOOK}"), ("explain", f"{KIND}/{NOTEBOOK}"), ("doctor",)],
    ids=" ".join,
)
def test_no_command_loads_pulumi(clouds: MockClouds, arguments: tuple[str, ...]) -> None:
    clouds.modelarts.put_lease(NOTEBOOK)
    done = run(*arguments, env=clouds.environment(), before=TELL)
    assert done.returncode == 0
    modules = loaded(done.stderr)
    assert "pulumi_nbcloud.registry" in modules
    assert not {name for name in modules if name.partition(".")[0] in ("pulumi", "rich", "typer.rich_utils")}


@pytest.mark.parametrize("arguments", [("--help",), ("wait", "--help"), ("help", "exit-codes")], ids=" ".join)
def test_help_loads_nothing_heavy(arguments: tuple[str, ...]) -> None:
    done = run(*arguments, before=TELL)
    assert done.returncode == 0
    # typer itself loads pydantic where a command has parameters.
    allowed = set() if arguments == ("--help",) else {"pydantic"}
    modules = loaded(done.stderr)
    assert modules & HEAVY <= allowed
    ours = {name for name in modules if name.startswith("pulumi_nbcloud.") and not is_of_the_command(name)}
    assert ours == {"pulumi_nbcloud.errors"}, "neither kinds nor settings"


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
    others = {name for name in done.stdout.split() if not is_of_the_command(name)}
    assert "pulumi_nbcloud.errors" in others
    assert others <= {"__future__", "pulumi_nbcloud", "pulumi_nbcloud.errors", "unicodedata"}


def test_the_command_as_a_module() -> None:
    line = [sys.executable, "-m", "pulumi_nbcloud.cli", "help", "exit-codes"]
    done = subprocess.run(line, env=environment(), capture_output=True, text=True, timeout=LIMIT_SECONDS)
    assert (done.returncode, done.stderr) == (0, "")
