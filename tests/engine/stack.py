"""Runs the real Pulumi CLI on a small program, against a backend in a folder."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lease_support import NOTEBOOKS
from nbcloud_support import LIMIT_SECONDS, folded

ROOT = Path(__file__).resolve().parents[2]
# Stands in the project's folder, where `python -m pip list` finds it before pip: the language host asks that in every
# command, to find plugins, and pip takes a second of CPU where this takes a tenth. `Stack.keep_pip` leaves it out.
PIP = """
import json
import sys
from pathlib import Path

assert sys.argv[1] == "list", sys.argv
packages = []
for path in (path for each in sys.path for path in Path(each).glob("*.dist-info")):
    name, _, version = path.stem.rpartition("-")
    packages.append({"name": name.replace("_", "-"), "version": version, "location": str(path.parent)})
print(json.dumps(packages))
"""
PROGRAM_ROW = "pulumi:pulumi:Stack (probe-test)"
STACK_TYPE = "pulumi:pulumi:Stack"
GATE = "pulumi-python:dynamic/nbcloud:Gate"
UNHANDLED = "error: an unhandled error occurred: program exited with non-zero exit code: 1"

# A resource of the user's own, whose id is unknown until it is created.
SEED = """
from pulumi import Output
from pulumi.dynamic import CreateResult, Resource, ResourceProvider


class _Provider(ResourceProvider):
    def create(self, props):
        return CreateResult(props["notebook"], {"notebook_id": props["notebook"], "profile": props.get("named")})


class Seed(Resource, module="probe", name="Seed"):
    notebook_id: Output[str]
    profile: Output[str]

    def __init__(self, name, notebook, named=None, opts=None):
        super().__init__(
            _Provider(), name, {"notebook": notebook, "named": named, "notebook_id": None, "profile": None}, opts
        )
"""


# A gate on one notebook, and what waits behind it.
GATES = f"""
import pulumi
import pulumi_nbcloud as nbcloud


def gate(name, number, profile=None, opts=None, **inputs):
    target = nbcloud.modelarts.NotebookLeaseArgs(notebook_id=f"{NOTEBOOKS}{{number:012d}}", profile=profile)
    return nbcloud.Gate(name, target=target, **{{"interval": "1s", "timeout": "10m", **inputs}}, opts=opts)


def after(*resources):
    return pulumi.ResourceOptions(depends_on=list(resources))
"""
HEAD = """
import pulumi
import pulumi_nbcloud as nbcloud
from gates import after, gate
from seed import Seed

"""
# What Pulumi itself prints since 3.276.0 where a resource fails, and, with the language hosts of these weeks, a program
# that is ended with a signal. docs/guides/troubleshooting.md names both.
# Both stand in the diagnostics and, behind the name of the stack's row and what happens to it, among what is told while
# the command runs.
_ROW = r"[ +~-]*(?:pulumi:pulumi:Stack \S+ (?:running|creat(?:e|ing)|updat(?:e|ing))(?: \([^)]*\))? *)?"
_OTHERS = rf"{_ROW}(?:(?:error|warning|hint|KeyboardInterrupt)\b|[\w.]+(?:Error|Exception):)"
# The signal may come while the SDK handles a call that has failed, whose traceback is told before the signal's.
_HANDLED = (
    rf"{_ROW}[\w.]+(?:Error|Exception):.*\n(?:(?!{_ROW}Traceback ).*\n)*?"
    rf"{_ROW}During handling of the above exception, another exception occurred:\n"
)
_PULUMIS_OWN = re.compile(
    rf"^{_ROW}error: Resource monitor has terminated, shutting down\n"
    rf"|^{_ROW}Traceback \(most recent call last\):\n(?:(?!{_OTHERS}).*\n|{_HANDLED})*{_ROW}KeyboardInterrupt\n",
    re.MULTILINE,
)
PROGRAMS = (str(Path(sys.executable).parent),)
SYSTEM = ("/usr/local/bin", "/usr/bin", "/bin")
PYTHON_VARIABLES = {
    # Warnings of other packages would end up among the CLI's diagnostics.
    "PYTHONWARNINGS": "ignore",
    **{name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ},
}
_MADE: dict[str, bytes] = {}
_SECRETS = {
    "secretKey",
    "securityToken",
    "password",
    "authToken",
    "apiKey",
    "accessToken",
    "privateKey",
    "passphrase",
}


def row(name: str) -> str:
    """Where the diagnostics of a gate stand."""
    return f"{GATE} ({name})"


def urn(name: str) -> str:
    return f"urn:pulumi:test::probe::{GATE}::{name}"


def ours(text: str) -> str:
    """A text of the CLI without the two messages that are Pulumi's own and come and go with its releases."""
    return _PULUMIS_OWN.sub("", text)


@dataclass(frozen=True)
class Run:
    """How one command of the CLI ended; made from what it printed by `run_of`."""

    code: int
    output: str
    errors: str

    @property
    def text(self) -> str:
        return self.output + self.errors

    @property
    def diagnostics(self) -> dict[str, list[str]]:
        """The lines of the diagnostics, by the row they stand under; the facts of a message stand in its first line."""
        found: dict[str, list[str]] = {}
        part = folded(self.output.partition("\nDiagnostics:\n")[2])
        row = ""
        for line in part.splitlines():
            if line and not line.startswith(" "):
                break
            if line.startswith("  ") and not line.startswith("    ") and line.rstrip().endswith(":"):
                row = line.strip().rstrip(":")
                found[row] = []
            elif line.strip():
                found[row].append(line.strip())
        return {row: lines for row, lines in found.items() if lines}


def run_of(code: int, output: str, errors: str) -> Run:
    return Run(code, ours(output), ours(errors))


class Background:
    """A command of the CLI that goes on while the test does something; a context manager that leaves nothing behind."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._left: list[int] = []

    def __enter__(self) -> Background:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()

    def interrupt(self, *, group: bool) -> None:
        """Sends one SIGINT: to the CLI alone as a CI runner does, or to its process group as a terminal does."""
        if group:
            os.killpg(self._process.pid, signal.SIGINT)
        else:
            self._process.send_signal(signal.SIGINT)

    def end(self, seconds: float) -> Run:
        """Wait until the command has ended; fails where it has not by then."""
        output, errors = self._process.communicate(timeout=seconds)
        return run_of(self._process.returncode, output, errors)

    def crash(self) -> dict[int, str]:
        """Kills the CLI alone; gives the command lines of what it has started, by process, which goes on."""
        self._left = _tree(self._process.pid)[1:]
        lines = {pid: command_line(pid) for pid in self._left}
        self._process.kill()
        self._process.wait(LIMIT_SECONDS)
        return lines

    def kill(self) -> None:
        """Kills the CLI and everything that it has started, without a chance to clean up."""
        started = _tree(self._process.pid) if self._process.poll() is None else self._left
        for pid in started:
            # One may have ended by itself when its parent did.
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait(LIMIT_SECONDS)


def command_line(pid: int) -> str:
    """How a process was started; empty once it has ended, even where nobody has asked for its exit code."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace").replace("\0", " ").strip()
    except OSError:
        return ""


def _tree(root: int) -> list[int]:
    """A process and all below it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit():
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


class Stack:
    """One project with one stack, in a folder of its own."""

    name = "test"

    def __init__(
        self, folder: Path, cli: Path, environment: Mapping[str, str] | None = None, python: Path | None = None
    ) -> None:
        """Make the project and the stack.

        Args:
            folder: where.
            cli: the folder of the CLI.
            environment: variables beside the usual ones.
            python: a folder whose `python3` goes before the ordinary one.
        """
        self.folder = folder
        self.backend = folder / "state"
        self.backend.mkdir(parents=True)
        (folder / "home").mkdir()
        (folder / "Pulumi.yaml").write_text("name: probe\nruntime: python\n")
        (folder / "pip.py").write_text(PIP)
        (folder / "seed.py").write_text(SEED)
        (folder / "gates.py").write_text(GATES)
        self.environment = {
            "PATH": os.pathsep.join((*([str(python)] if python else []), *PROGRAMS, str(cli), *SYSTEM)),
            "HOME": str(folder / "home"),
            "PULUMI_HOME": str(folder / "home" / ".pulumi"),
            "PULUMI_BACKEND_URL": f"file://{self.backend}",
            "PULUMI_STACK": self.name,
            "PULUMI_CONFIG_PASSPHRASE": "throw-away",
            "PULUMI_SKIP_UPDATE_CHECK": "1",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "1",
            "PULUMI_OPTION_COLOR": "never",
            # The native provider stands on PATH too, with a warning in each run; no program in Python needs it.
            "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
            **PYTHON_VARIABLES,
            **(environment or {}),
        }
        self._init()

    def _init(self) -> None:
        """Make the stack; all but the first of a process by writing what that command wrote, which names no folder."""
        if not _MADE:
            self.run("stack", "init", self.name, expect=0)
            written = [self.folder / f"Pulumi.{self.name}.yaml", *self.backend.rglob("*")]
            _MADE.update({str(path.relative_to(self.folder)): path.read_bytes() for path in written if path.is_file()})
        for name, content in _MADE.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    def keep_pip(self) -> None:
        """Let the language host ask pip itself; see the fixture `ordinary_python` for what it starts besides."""
        (self.folder / "pip.py").unlink()

    def program(self, text: str) -> None:
        """Writes the program; `nbcloud`, `pulumi`, `Seed`, `gate` and `after` are imported."""
        (self.folder / "__main__.py").write_text(HEAD + textwrap.dedent(text))

    def command(self, *arguments: str) -> list[str]:
        """What is run for a command of the CLI."""
        return ["pulumi", *arguments, "--non-interactive"]

    def run(self, *arguments: str, expect: int | None = None) -> Run:
        """Runs one command and, where asked, checks its exit code."""
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
        )
        result = run_of(done.returncode, done.stdout, done.stderr)
        if expect is not None:
            assert result.code == expect, f"pulumi {' '.join(arguments)} ended with {result.code}:\n{result.text}"
        return result

    def begin(self, *arguments: str) -> Background:
        """Begins one command, in a process group of its own."""
        process = subprocess.Popen(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        return Background(process)

    def configure(self, accounts: Mapping[str, Mapping[str, str]], secrets: Mapping[str, str] | None = None) -> None:
        """Sets config by path, all at once: the settings of accounts by their keys, and other secrets."""
        settings = {f"{key}.{name}": value for key, account in accounts.items() for name, value in account.items()}
        arguments: list[str] = []
        for path, value in {**settings, **(secrets or {})}.items():
            is_secret = path not in settings or path.rpartition(".")[2] in _SECRETS
            arguments += ["--secret" if is_secret else "--plaintext", f"{path}={value}"]
        self.run("config", "set-all", "--path", *arguments, expect=0)

    def config(self, *settings: list[str]) -> None:
        """Sets config, one `config set` each."""
        for arguments in settings:
            self.run("config", "set", *arguments, expect=0)

    def up(self, *arguments: str, expect: int | None = 0) -> Run:
        return self.run("up", "--yes", "--skip-preview", *arguments, expect=expect)

    def preview(self, *arguments: str, expect: int | None = 0) -> Run:
        return self.run("preview", *arguments, expect=expect)

    def refresh(self, *arguments: str, expect: int | None = 0) -> Run:
        return self.run("refresh", "--yes", "--skip-preview", *arguments, expect=expect)

    def drift(self) -> Run:
        """Asks for drift alone; its exit code is 0 only where there is none."""
        return self.run("refresh", "--preview-only", "--expect-no-changes", "--diff")

    def destroy(self) -> Run:
        return self.run("destroy", "--yes", "--skip-preview", expect=0)

    def outputs(self) -> dict[str, Any]:
        """Return the outputs of the stack; the CLI is asked where one of them is a secret."""
        latest = self._checkpoint()["checkpoint"]["latest"] or {}
        stored = [each.get("outputs", {}) for each in latest.get("resources", []) if each["type"] == STACK_TYPE]
        if stored and "ciphertext" not in json.dumps(stored):
            return dict(stored[0])
        found: dict[str, Any] = json.loads(self.run("stack", "output", "--json", "--show-secrets", expect=0).output)
        return found

    def _checkpoint(self) -> dict[str, Any]:
        # The backend's own file: reading it is free, where `stack export` starts a process.
        path = self.backend / ".pulumi" / "stacks" / "probe" / f"{self.name}.json"
        found: dict[str, Any] = json.loads(path.read_text())
        return found

    def resources(self) -> dict[str, dict[str, Any]]:
        """The resources in state by their names, without the stack and the default provider."""
        latest = self._checkpoint()["checkpoint"]["latest"] or {}
        return {
            each["urn"].rpartition("::")[2]: each
            for each in latest.get("resources", [])
            if not each["type"].startswith("pulumi:")
        }

    def pending(self) -> list[str]:
        """The names of the resources whose last operation was cut short."""
        latest = self._checkpoint()["checkpoint"]["latest"] or {}
        return [each["resource"]["urn"].rpartition("::")[2] for each in latest.get("pending_operations") or []]

    def files(self) -> str:
        """Everything that the backend and the project hold, as one text."""
        return "\n".join(
            path.read_bytes().decode("utf-8", "replace") for path in sorted(self.folder.rglob("*")) if path.is_file()
        )


def changed_fields(diff: str) -> set[str]:
    """The fields that a `--diff` marks as changed, added or removed."""
    return set(re.findall(r"^\s+[~+-] (\w+)\s*:", diff, re.MULTILINE))
