"""One word for one thing: words that this project has given up do not come back."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# Nowhere, neither in prose nor in names: each has a plain word in its place.
BANNED = {
    "anew": "again",
    "conceal": "redact",
    "doubled": "duplicate",
    "face": "typed module, public API",
    "heard": "honoured",
    "heed": "honour",
    "judge": "evaluate, evaluator",
    "knob": "option",
    "mend": "patch, fix",
    "replies": "responses",
    "reply": "response",
    "told at": "reported at",
    "verdict": "outcome",
}
# They only contain such a word.
ALLOWED = re.compile(r"recommend|amend|commend|interface|surface|COMPREPLY", re.IGNORECASE)
# These read how states were before 0.1.0.
STATES_OF_BEFORE = {
    "pulumi_nbcloud/waiting/again.py",
    "tests/native/test_native_migration.py",
    "tests/wire/test_wire_gate_update.py",
}


@functools.lru_cache(maxsize=1)
def texts() -> dict[str, str]:
    found = [
        *(ROOT / "pulumi_nbcloud").rglob("*.py"),
        *(ROOT / "tests").rglob("*.py"),
        *(ROOT / "tests").rglob("*.json"),
        *(ROOT / "examples").rglob("*.py"),
        *(ROOT / "benchmarks").rglob("*.py"),
        *(ROOT / "docs").rglob("*.md"),
        *(path for path in (ROOT / "scripts").iterdir() if path.is_file()),
        *(ROOT / "scripts" / "reference_pages").glob("*.py"),
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "SECURITY.md",
    ]
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in found if path != Path(__file__)
    }


def banned_in(name: str, text: str) -> list[str]:
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if name in STATES_OF_BEFORE and "verdict" in line.lower():
            continue
        plain = ALLOWED.sub("", line).lower()
        found += [f"{name}:{number}: {word}, say {other}" for word, other in BANNED.items() if word in plain]
    return found


@pytest.mark.parametrize("name", sorted(texts()))
def test_words_that_were_given_up_do_not_come_back(name: str) -> None:
    assert banned_in(name, texts()[name]) == []


def test_such_a_word_is_noticed() -> None:
    assert banned_in("a.py", "recommended\ndef judged(): ...") == ["a.py:2: judge, say evaluate, evaluator"]


def test_a_docstring_names_errors_in_a_section_of_their_own() -> None:
    found = [name for name, text in texts().items() if name.startswith("pulumi_nbcloud/")]
    assert [name for name in found if re.search(r"raises? `\w+`", texts()[name], re.IGNORECASE)] == []


def test_public_names_use_the_words_of_the_field() -> None:
    import pulumi_nbcloud

    names = {each for each in pulumi_nbcloud.__all__ if each.islower()}
    assert not {each for each in names if re.match("look|ask|told|seen", each)}
