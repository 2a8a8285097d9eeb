"""What docs/guides/languages.md tells a user to type, word for word, in an empty folder and in a checkout."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from docs_support import BLOCK, LANGUAGES, Command, commands_in, settled
from language_builds import EXAMPLES
from stack import PIP, SYSTEM
from wheel_support import build_wheel, pip_environment

# Two installations, and one compilation.
SESSION_SECONDS = 1_200
CHECKOUT = "\n### Run it on the mock clouds\n"
_HOME = Path.home()
_MARK = "\x1e"


def sessions() -> tuple[list[Command], list[Command]]:
    """The commands that begin in an empty folder, and those in a checkout."""
    first, checkout = LANGUAGES.read_text(encoding="utf-8").split(CHECKOUT)
    return tuple(  # type: ignore[return-value]
        [command for word, text in BLOCK.findall(part) if word == "console" for command in commands_in(text)]
        for part in (first, checkout)
    )


def script_of(commands: list[Command]) -> str:
    """The commands in one shell, each followed by a line that says how it ended."""
    lines = ["exec 2>&1", "trap 'kill $(jobs -p) 2> /dev/null' EXIT"]
    for command in commands:
        lines += [command.line, f"__code=$?; printf '{_MARK}%s\\n' $__code; ( exit $__code )"]
    return "\n".join(lines)


def environment(cli: Path, folder: Path, wheels: Path) -> dict[str, str]:
    """The CLI, Node and Python on PATH, registries as this machine knows them, and the package of the sources."""
    node = shutil.which("node")
    assert node is not None, "Node.js is needed"
    registries = {
        name: value
        for name, value in os.environ.items()
        if name.startswith("NODE_") or name.lower().startswith("npm_config_")
    }
    return {
        **pip_environment(wheels),
        **registries,
        # What was downloaded before need not be downloaded again.
        "npm_config_cache": str(_HOME / ".npm"),
        "npm_config_userconfig": str(_HOME / ".npmrc"),
        "PATH": os.pathsep.join((str(cli), str(Path(node).parent), *SYSTEM)),
        "HOME": str(folder),
        "PULUMI_HOME": str(folder / ".pulumi"),
        "PULUMI_SKIP_UPDATE_CHECK": "1",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "1",
    }


def run(script: str, folder: Path, variables: dict[str, str]) -> str:
    """Runs a session in a shell; ends all that it has started, however it ends."""
    process = subprocess.Popen(
        ["bash", "-c", script],
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        return process.communicate(timeout=SESSION_SECONDS)[0]
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def check(commands: list[Command], printed: str) -> dict[str, str]:
    """Each command succeeds, unless the next one shows its exit code, and prints what is shown; gives what each did."""
    parts = re.split(rf"{_MARK}(\d+)\n", printed)
    codes, outputs = parts[1::2], parts[0::2]
    assert len(codes) == len(commands), printed
    for index, (command, code, output) in enumerate(zip(commands, codes, outputs, strict=False)):
        is_shown = index + 1 < len(commands) and commands[index + 1].line == "echo $?"
        assert is_shown or code == "0", f"{command.line} ended with {code}:\n{printed}"
        lines = settled(output)
        missing = [line for line in settled("\n".join(command.shown)) if line not in lines]
        assert not missing, f"{command.line} did not print {missing}, but:\n{output}"
    return {command.line: output for command, output in zip(commands, outputs, strict=False)}


def test_from_an_empty_folder_to_a_gate_that_waits(cli: Path, tmp_path: Path) -> None:
    commands, _ = sessions()
    assert len(commands) > 10
    folder = tmp_path / "empty"
    folder.mkdir()
    variables = environment(cli, tmp_path, build_wheel(tmp_path / "wheel"))
    outputs = check(commands, run(script_of(commands), folder, variables))
    # It waited before it was met.
    shown = outputs["cat up.txt"]
    assert shown.index("running false") < shown.index('outcome: "met"')


@pytest.mark.parametrize("language", ["yaml", "python"])
def test_the_example_runs_by_the_commands_that_are_shown(cli: Path, tmp_path: Path, language: str) -> None:
    _, commands = sessions()
    shutil.copytree(
        EXAMPLES, tmp_path / "examples" / "languages", ignore=shutil.ignore_patterns("node_modules", "sdks")
    )
    (tmp_path / "examples" / "languages" / "python" / "pip.py").write_text(PIP)
    (tmp_path / "state").mkdir()
    variables = environment(cli, tmp_path, tmp_path)
    variables |= {
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), variables["PATH"])),
        "PULUMI_BACKEND_URL": f"file://{tmp_path / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": "throw-away",
        "PULUMI_OPTION_NON_INTERACTIVE": "true",
    }
    moved = [Command(each.line.replace("languages/yaml", f"languages/{language}"), each.shown) for each in commands]
    assert (moved == commands) is (language == "yaml")
    check(moved, run(script_of(moved), tmp_path, variables))
