"""CHANGELOG.md keeps the convention it names, and what would break it is noticed."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from release_support import ROOT, script

CHECK = script(ROOT / "scripts" / "release-check")
GOOD = """# Changelog

Words.

## [Unreleased]

### Changed

- One thing,
  in two lines.

### Deprecated

- `old`: use `new` (until 0.4).

## [0.2.0] - 2026-12-24

### Added

- `new`

## [0.1.0] - 2026-11-30

### Added

- Everything.
"""


def headlines(problems: Iterable[object]) -> list[str]:
    return [str(problem).splitlines()[0].removeprefix("error: ") for problem in problems]


def test_the_changelog_keeps_the_convention() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert [str(problem) for problem in CHECK.check_changelog_form(text)] == []
    assert "Deprecations." in text.partition("## ")[0]


def test_it_is_read_whole() -> None:
    unreleased, second, first = CHECK.sections(GOOD)
    assert unreleased.groups == {
        "Changed": ["One thing, in two lines."],
        "Deprecated": ["`old`: use `new` (until 0.4)."],
    }
    assert (str(second.version), str(first.version), first.groups) == ("0.2.0", "0.1.0", {"Added": ["Everything."]})
    assert headlines(CHECK.check_changelog_form(GOOD)) == []


GROUPS = "the groups of a version are not those of the convention, or empty"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("# Changelog\n\nW", "# News\n\nW", "the changelog does not begin as one"),
        ("## [Unreleased]", "## [0.3.0] - 2026-12-25", "the changelog does not begin as one"),
        ("[0.2.0] - 2026-12-24", "0.2.0 (24 December)", "a heading of the changelog names no release"),
        ("[0.1.0]", "[0.2.0]", "the versions of the changelog are not in order"),
        ("### Changed", "### Improved", GROUPS),
        ("### Changed", "### Removed", GROUPS),
        ("### Deprecated", "### Changed", GROUPS),
        ("### Changed\n", "", GROUPS),
        ("- Everything.\n", "", GROUPS),
        (" (until 0.4)", "", "a deprecation does not say how long the name stays"),
    ],
)
def test_what_breaks_the_convention(old: str, new: str, expected: str) -> None:
    assert GOOD.count(old) == 1
    assert headlines(CHECK.check_changelog_form(GOOD.replace(old, new))) == [expected]


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("0.2.0", ["the changelog is not that of a release"]),
        ("0.3.0", ["the changelog is not that of a release", "version and changelog disagree"]),
    ],
)
def test_entries_that_no_release_has_stop_a_release(version: str, expected: list[str]) -> None:
    assert headlines(CHECK.check_changelog(GOOD, version)) == expected


def test_a_changelog_of_this_version_lets_it_go() -> None:
    head, _, rest = GOOD.partition("### Changed")
    text = head + rest.partition("(until 0.4).\n")[2]
    assert headlines(CHECK.check_changelog(text, "0.2.0")) == []
