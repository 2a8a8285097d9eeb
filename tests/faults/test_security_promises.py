"""SECURITY.md names a test for each promise; each of them exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_a_test_that_a_promise_names_exists(file: str, name: str) -> None:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    functions = {node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}
    assert name in functions


def test_every_promise_names_a_test() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and not re.match(r"\| (---|promise)", line)]
    assert len(rows) > 15
    assert [line for line in rows if not re.search(r"::test_\w+`", line.rpartition(" | ")[2])] == []


def test_what_is_used_for_development_is_locked_with_hashes() -> None:
    lines = (ROOT / "requirements-dev.lock").read_text(encoding="utf-8").splitlines()
    pinned = [position for position, line in enumerate(lines) if re.match(r"[\w.\[\]-]+==", line)]
    assert len(pinned) > 20
    assert all("--hash=sha256:" in lines[position + 1] for position in pinned)
