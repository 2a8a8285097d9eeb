"""The page on other languages shows the programs of examples/languages, and each part in every language."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from docs_support import LANGUAGES, ROOT, blocks
from release_support import script

SCRIPT = ROOT / "scripts" / "shown-programs"
WORDS = ("typescript", "go", "yaml", "python")


@pytest.fixture(scope="module")
def shown() -> Any:
    return script(SCRIPT)


def check(folder: Path) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, str(folder / "scripts" / SCRIPT.name), "--check"]
    return subprocess.run(line, capture_output=True, text=True, timeout=60)


def test_the_page_shows_the_programs_as_they_are() -> None:
    done = check(ROOT)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_program_that_has_changed_is_noticed_and_written(tmp_path: Path) -> None:
    for path in (SCRIPT, LANGUAGES, *(each for each in (ROOT / "examples" / "languages").rglob("*") if each.is_file())):
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    assert check(tmp_path).returncode == 0
    program = tmp_path / "examples" / "languages" / "yaml" / "Pulumi.yaml"
    text = program.read_text(encoding="utf-8")
    assert "timeout: 1h" in text
    program.write_text(text.replace("timeout: 1h", "timeout: 2h"), encoding="utf-8")
    done = check(tmp_path)
    assert (done.returncode, done.stdout.splitlines()) == (
        1,
        [
            "error: docs/guides/languages.md does not show the programs of examples/languages",
            "hint: run make reference",
        ],
    )
    subprocess.run([sys.executable, str(tmp_path / "scripts" / SCRIPT.name)], check=True, timeout=60)
    assert check(tmp_path).returncode == 0
    assert "timeout: 2h" in (tmp_path / "docs" / "guides" / "languages.md").read_text(encoding="utf-8")


def test_each_part_stands_in_every_language_and_nothing_else_does(shown: Any) -> None:
    page = LANGUAGES.read_text(encoding="utf-8")
    places = re.findall(r"<!-- program: (.*?) -->\n(.*?)<!-- end -->", page, re.DOTALL)
    assert tuple(name for name, _ in places) == shown.PARTS
    for _, text in places:
        assert re.findall(r"^```(\w+)$", text, re.MULTILINE) == list(WORDS)
        labels = [f"**{shown.PROGRAMS[word][0]}**" for word in WORDS]
        assert re.findall(r"^(?:<!-- /?tabs -->|\*\*\w+\*\*)$", text, re.MULTILINE) == [
            "<!-- tabs -->",
            *labels,
            "<!-- /tabs -->",
        ]
    for word in WORDS:
        assert len(blocks(LANGUAGES, word)) == len(shown.PARTS)


@pytest.mark.parametrize("word", WORDS)
def test_the_parts_are_the_program_but_for_its_frame(shown: Any, word: str) -> None:
    """Nothing is left out between two parts, and no part is empty."""
    program = (shown.EXAMPLES / shown.PROGRAMS[word][1]).read_text(encoding="utf-8")
    parts = shown.parts_of(program)
    assert set(parts) == set(shown.PARTS)
    lines = {line.strip() for line in program.splitlines()}
    for text in parts.values():
        assert len(text.splitlines()) > 1
        assert {line.strip() for line in text.splitlines()} <= lines
