"""The console examples of the pages: what they run, what they show, and running them in a real shell."""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import preloaded
from nbcloud_support import LIMIT_SECONDS

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
LANGUAGES = ROOT / "docs" / "guides" / "languages.md"
LONG_WAITS = ROOT / "docs" / "guides" / "long-waits.md"
RECORDS = ROOT / "docs" / "guides" / "record.md"
# Its commands run the archive; its test builds it.
SMALL_INSTALLS = ROOT / "docs" / "guides" / "small-installs.md"
FIRST_GATE = ROOT / "docs" / "start" / "first-gate.md"
WHAT_YOU_SEE = ROOT / "docs" / "start" / "what-you-see.md"
EXAMPLES = sorted(program.parent for program in (ROOT / "examples").glob("*/__main__.py"))
DOCS = ROOT / "docs"
# A project or a file each, and a page of the same name whose commands are one session: tests of their own run them.
RECIPES = sorted(folder for folder in (ROOT / "examples" / "recipes").iterdir() if folder.is_dir())
RECIPE_PAGES = DOCS / "recipes"
# The facts of the wire and the decisions have no examples to run; the others all have or may have some.
GUIDES = [each for each in sorted(DOCS.rglob("*.md")) if each.relative_to(DOCS).parts[0] not in ("vendors", "design")]
PAGES = [README, *GUIDES]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

# What is not run: packages come from a registry, the make targets are what runs these tests.
NOT_RUN = ("pip install", "pipx install", "uv tool install", "uvx ", "make ")
# What these pages show of Pulumi is staged by a test of its own: a notebook that starts, is renewed, is frozen.
STAGED = (README, WHAT_YOU_SEE)
_STAGED = re.compile(r"\$ pulumi (?:up|preview|refresh) ?")

_VARIES = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z"), "TIME"),
    (re.compile(r"\(\d+(\.\d+)?s( ago)?\)|\(in \w+\)|\b\d+s of |\bafter \d+ ?s\b"), "ELAPSED"),
    (re.compile(r"https?://[a-z0-9.:-]+"), "ORIGIN"),
    (re.compile(r"\b(?:[0-9a-f]{32}|[0-9A-F]{32}|req-[0-9a-f-]+)\b"), "REQUEST"),
)
_MARK = "\x1e"


@dataclass(frozen=True)
class Command:
    """One command of an example, and the lines that the page shows below it."""

    line: str
    shown: tuple[str, ...]


@dataclass(frozen=True)
class Example:
    """One console block."""

    page: Path
    index: int
    commands: tuple[Command, ...]

    @property
    def name(self) -> str:
        return f"{name_of(self.page)}-{self.index}"

    @property
    def needs_pulumi(self) -> bool:
        return any(each.line.startswith("pulumi ") for each in self.commands)


def recipe(name: str) -> Path:
    """The folder of a recipe, whose name a type checker takes for that of a package."""
    return next(each for each in RECIPES if each.name == name)


def page_of(folder: Path) -> Path:
    """The page of a recipe."""
    return RECIPE_PAGES / f"{folder.name.replace('_', '-')}.md"


def name_of(page: Path) -> str:
    """The path of a page below docs/, or its name beside it: what a test is called by."""
    return page.relative_to(DOCS if page.is_relative_to(DOCS) else ROOT).as_posix()


def anchors_of(text: str) -> set[str]:
    """The anchors of a page: of its headings, as a repository's view makes them, and those that it sets itself."""
    heads = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    made = {re.sub(r"[^a-z0-9 _-]", "", each.lower()).replace(" ", "-") for each in heads}
    return made | set(re.findall(r'<a id="([a-z0-9-]+)"></a>', text))


def blocks(page: Path, language: str) -> list[str]:
    return [text for found, text in BLOCK.findall(page.read_text(encoding="utf-8")) if found == language]


def console_examples() -> list[Example]:
    """Every console block but those with a test of their own: those that are staged, of drift, of a wait of 40 hours.

    So too those of the first gate, of small installs and of other languages, which are one session each, with
    installations, and those of the recipes, which are one session each.
    """
    found = []
    for page in (
        each for each in PAGES if each not in (LANGUAGES, FIRST_GATE, SMALL_INSTALLS) and each.parent != RECIPE_PAGES
    ):
        for index, text in enumerate(blocks(page, "console")):
            example = Example(page, index, tuple(commands_in(text)))
            if example.commands and text not in staged(page) and not _has_its_test(page, text):
                found.append(example)
    return found


def staged(page: Path) -> list[str]:
    """The console blocks of a page that a test of its own stages, in the order of the page."""
    return [text for text in blocks(page, "console") if page in STAGED and _STAGED.match(text)]


def _has_its_test(page: Path, text: str) -> bool:
    marks = {LONG_WAITS: ("nbcloud wait job=", "$ pulumi "), RECORDS: ("--diff",)}
    return any(each in text for each in marks.get(page, ()))


def commands_in(text: str) -> Iterator[Command]:
    """The commands of a console block."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        line, *shown = part.splitlines()
        # A file that is written there and then: everything up to its END belongs to the command.
        if line.endswith(("<<END", "<<'END'")):
            end = shown.index("END") + 1
            line, shown = "\n".join((line, *shown[:end])), shown[end:]
        if not line.startswith(NOT_RUN):
            yield Command(line, tuple(each for each in shown if each.strip()))


def commands_of(program: str) -> list[list[str]]:
    """The commands that the docstring of an example says to run, each as its words; comments are left out."""
    text = (ast.get_docstring(ast.parse(program)) or "").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.startswith("    ")]
    return [words for line in lines if (words := shlex.split(line, comments=True))]


def settled(text: str) -> list[str]:
    """The lines of an output, with what differs from run to run made equal."""
    for varies, name in _VARIES:
        text = varies.sub(name, text)
    return [line.strip() for line in text.splitlines()]


def check(example: Example, folder: Path, environment: Mapping[str, str], seconds: float = LIMIT_SECONDS) -> list[str]:
    """Runs an example in one shell; each command succeeds unless the next one shows its exit code, as shown.

    Gives what each command printed.
    """
    outputs = _run(example, folder, environment, seconds)
    assert len(outputs) == len(example.commands), outputs
    for index, (command, (code, output)) in enumerate(zip(example.commands, outputs, strict=True)):
        told = index + 1 < len(example.commands) and example.commands[index + 1].line == "echo $?"
        assert told or code == 0, f"{command.line} ended with {code}:\n{output}"
        printed = settled(output)
        missing = [line for line in settled("\n".join(command.shown)) if line not in printed]
        assert not missing, f"{command.line} did not print {missing}, but:\n{output}"
    return [output for _, output in outputs]


def _run(example: Example, folder: Path, environment: Mapping[str, str], seconds: float) -> list[tuple[int, str]]:
    lines = ["exec 2>&1", "trap 'kill $(jobs -p) 2> /dev/null' EXIT"]
    for command in example.commands:
        lines += [command.line, f"__code=$?; printf '{_MARK}%s\\n' $__code; ( exit $__code )"]
    done = subprocess.run(
        ["bash", "-c", "\n".join(lines)],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        timeout=seconds,
    )
    parts = re.split(rf"{_MARK}(\d+)\n", done.stdout)
    return [(int(code), output) for output, code in zip(parts[0::2], parts[1::2], strict=False)]


def shell_environment(**more: str) -> dict[str, str]:
    """This process's environment, with the installed command first on PATH."""
    path = os.pathsep.join((*preloaded.search_path(), str(Path(sys.executable).parent), os.environ["PATH"]))
    return {**os.environ, "PATH": path, "NO_COLOR": "1", "COLUMNS": "200", **more}
