"""Every Python file is linted and type-checked: scripts have no suffix, so tools do not find them by themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]


def python_scripts() -> Iterator[str]:
    for path in sorted((ROOT / "scripts").iterdir()):
        is_script = path.is_file() and "python" in path.read_text(encoding="utf-8").partition("\n")[0]
        if is_script or (path / "__init__.py").is_file():
            yield f"scripts/{path.name}"


def listed_by_make() -> set[str]:
    found = re.search(r"^SOURCES := (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None
    return set(found[1].split())


def listed_by_mypy(key: str) -> set[str]:
    # Python 3.10 has no reader of TOML.
    section = (ROOT / "pyproject.toml").read_text(encoding="utf-8").partition("\n[tool.mypy]\n")[2].partition("\n[")[0]
    items = section.partition(f"{key} = [\n")[2].partition("\n]")[0]
    loaded: list[str] = yaml.safe_load(f"[{items}]")
    return set(loaded)


def test_there_are_scripts() -> None:
    assert {"scripts/generate", "scripts/reference_pages"} < set(python_scripts())


@pytest.mark.parametrize("script", tuple(python_scripts()))
def test_a_script_is_linted_and_type_checked(script: str) -> None:
    assert script in listed_by_make()
    assert script in listed_by_mypy("files")


def test_mypy_finds_the_modules_of_every_folder_of_tests() -> None:
    folders = {path.parent.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("*.py")}
    assert folders - listed_by_mypy("mypy_path") == set()
