"""What docs/languages.md tells a user of TypeScript to type, word for word: from an empty folder to a waiting gate."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

from docs_support import LANGUAGES, blocks, commands_in, settled
from language_wheel import build_wheel
from stack import SYSTEM

# Two installations, and one compilation.
SESSION_SECONDS = 1_200
_HOME = Path.home()
_MARK = "\x1e"


def session() -> str:
    """All commands of the page, each followed by a line that says how it ended."""
    lines = ["exec 2>&1", "trap 'kill $(jobs -p) 2> /dev/null' EXIT"]
    for text in blocks(LANGUAGES, "console"):
        for command in commands_in(text):
            lines += [command.line, f"__code=$?; printf '{_MARK}%s\\n' $__code; ( exit $__code )"]
    return "\n".join(lines)


def environment(cli: Path, folder: Path, wheels: Path) -> dict[str, str]:
    """The CLI, Node and Python on PATH, registries as this machine knows them, and the package of the sources."""
    node = shutil.which("node")
    assert node is not None, "Node.js is needed"
    registries = {
        name: value
        for name, value in os.environ.items()
        if name.startswith(("PIP_", "SSL_", "NODE_")) or name.lower().startswith("npm_config_")
    }
    return {
        **registries,
        "PIP_FIND_LINKS": f"{registries.get('PIP_FIND_LINKS', '')} {wheels}".strip(),
        # What was downloaded before need not be downloaded again.
        "PIP_CACHE_DIR": str(_HOME / ".cache" / "pip"),
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


def test_the_commands_of_the_page_lead_to_a_gate_that_waits(cli: Path, tmp_path: Path) -> None:
    commands = [each for text in blocks(LANGUAGES, "console") for each in commands_in(text)]
    assert len(commands) > 10
    printed = run(session(), tmp_path, environment(cli, tmp_path, build_wheel(tmp_path / "wheel")))
    parts = re.split(rf"{_MARK}(\d+)\n", printed)
    codes, outputs = parts[1::2], parts[0::2]
    assert codes == ["0"] * len(commands), printed
    for command, output in zip(commands, outputs, strict=False):
        lines = settled(output)
        missing = [line for line in settled("\n".join(command.shown)) if line not in lines]
        assert not missing, f"{command.line} did not print {missing}, but:\n{output}"
    # It waited before it was met.
    shown = next(output for command, output in zip(commands, outputs, strict=False) if command.line == "cat up.txt")
    assert shown.index("running false") < shown.index('outcome: "met"')
