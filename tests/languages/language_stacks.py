"""Stacks of programs in other languages: of YAML by its language host, of TypeScript and Go by their Automation API."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

from language_builds import EXAMPLES
from stack import Stack

GATE = "nbcloud:index:Gate"
WAIT_START = "nbcloud:index:WaitStart"
STACK_ROW = "pulumi:pulumi:Stack (probe-test)"
# Where the console script of the plugin is.
PLUGIN = Path(sys.executable).parent
# Without it the CLI warns in each run that it has found the plugin on PATH.
_PLUGIN = f"plugins:\n  providers:\n    - name: nbcloud\n      path: {PLUGIN}\n"


def row(name: str, type_: str = GATE) -> str:
    """Where the diagnostics of a resource stand."""
    return f"{type_} ({name})"


def urn(name: str, type_: str = GATE) -> str:
    return f"urn:pulumi:test::probe::{type_}::{name}"


class YamlStack(Stack):
    """A stack of a program in YAML."""

    def program(self, text: str) -> None:
        """Writes the program: `resources`, `variables` and what else there is."""
        (self.folder / "Pulumi.yaml").write_text(f"name: probe\nruntime: yaml\n{_PLUGIN}{textwrap.dedent(text)}")


class InlineStack(Stack):
    """A stack of a program that the Automation API of its own language runs.

    Args:
        folder: where.
        cli: the folder of the CLI.
        environment: variables beside the usual ones.
        driver: the program that takes the name of a command.
    """

    def __init__(self, folder: Path, cli: Path, environment: Mapping[str, str], driver: Sequence[str]) -> None:
        super().__init__(folder, cli, environment)
        self._driver = driver

    def command(self, *arguments: str) -> list[str]:
        """What is run for a command of the CLI; the driver takes its name alone."""
        if arguments[0] in ("up", "preview", "refresh", "destroy"):
            return [*self._driver, arguments[0]]
        return super().command(*arguments)


def place_example(stack: Stack, language: str, settings: Mapping[str, str]) -> None:
    """Put the project of an example into a stack, and its settings into the stack's config.

    Args:
        stack: an empty one.
        language: the name of the example's folder.
        settings: by their names in the project.
    """
    project = (EXAMPLES / language / "Pulumi.yaml").read_text(encoding="utf-8")
    assert project.startswith(f"name: {language}\n")
    project = project.replace(f"name: {language}\n", "name: probe\n", 1)
    (stack.folder / "Pulumi.yaml").write_text(project + ("" if language == "python" else _PLUGIN))
    if language == "python":
        (stack.folder / "__main__.py").write_text((EXAMPLES / language / "__main__.py").read_text(encoding="utf-8"))
    config = stack.folder / f"Pulumi.{stack.name}.yaml"
    lines = [f"  probe:{name}: {value!r}" for name, value in settings.items()]
    config.write_text("\n".join((config.read_text().rstrip(), "config:", *lines, "")))
