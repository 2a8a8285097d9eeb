"""The figures on the pages about concepts and versions are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pulumi_nbcloud.clouds.aidp.notebook_session import INTERVAL_SECONDS
from pulumi_nbcloud.clouds.hpcai.account import FIRST_PAGE_SIZE
from pulumi_nbcloud.condition.vocabulary import MAX_ROWS
from pulumi_nbcloud.engine.awaiting import FIRST_ENGINE
from pulumi_nbcloud.engine.previews import BUDGET_SECONDS
from pulumi_nbcloud.history.records import SCHEMA_VERSION
from pulumi_nbcloud.http.client import MAX_IN_FLIGHT
from pulumi_nbcloud.http.retry import BUDGET_TOKENS, MAX_ATTEMPTS, RETRY_COST
from pulumi_nbcloud.provider.read import RECENT_SECONDS
from pulumi_nbcloud.reading.sharing import MAX_HOLD_SECONDS
from pulumi_nbcloud.serve import documents
from pulumi_nbcloud.waiting.duration import MAX_SECONDS
from pulumi_nbcloud.waiting.options import DEFAULT_OPTIONS, OPTIONS
from pulumi_nbcloud.waiting.progress import FIRST_KEPT, LAST_KEPT
from pulumi_nbcloud.waiting.schedule import CAP_SECONDS, JITTER, START_SECONDS, Schedule
from pulumi_nbcloud.waiting.spec import MAX_TARGETS
from pulumi_nbcloud.waiting.stored import STORED_ITEMS
from pulumi_nbcloud.waiting.wait import LAST_POLL_SECONDS

ROOT = Path(__file__).resolve().parents[1]


def page(name: str) -> str:
    """A page below docs/ in one line."""
    return " ".join((ROOT / "docs" / name).read_text(encoding="utf-8").split())


def polls(seconds: float) -> list[float]:
    """When a wait polls while nothing changes, without jitter; the last one at the deadline."""
    schedule, moments = Schedule(random=lambda: 0.5), [0.0]
    while moments[-1] < seconds:
        moments.append(min(seconds, moments[-1] + schedule.next()))
    return moments


def per_second(interval: float, gates: int = 200) -> int:
    return round(gates / interval)


FIGURES = {
    "concepts/gate-life.md": [
        f"a poll every {START_SECONDS:g} to {CAP_SECONDS:g} s",
        f"The first pause is {START_SECONDS:g} s ({INTERVAL_SECONDS:g} s for sessions",
        f"share {BUDGET_SECONDS:g} s of polling",
        f"may take {LAST_POLL_SECONDS:g} s or one first pause",
        f"the first {STORED_ITEMS} items",
        f"(the first {FIRST_KEPT} and the last {LAST_KEPT})",
    ],
    "concepts/undecided.md": [f"more than {MAX_ROWS:,} items"],
    "concepts/sharing-requests.md": [
        f"{200 // FIRST_PAGE_SIZE}: one walk of the list, {FIRST_PAGE_SIZE} instances a page",
        f"{per_second(START_SECONDS)} requests a second at first, and {per_second(CAP_SECONDS)} a second",
        f"one gate with {MAX_TARGETS} targets",
        f"At most {MAX_IN_FLIGHT} requests",
        f"up to {RECENT_SECONDS:g} s ago",
        f"after {(1 - JITTER) / 2:.0%} of its pause".replace("%", " %"),
        f"after {1 + JITTER:.0%}".replace("%", " %"),
        f"share {BUDGET_TOKENS // RETRY_COST} retries",
        f"up to {MAX_HOLD_SECONDS:g} s, until the cloud responds",
    ],
    "concepts/slots.md": [f"up to {MAX_TARGETS} targets"],
    "concepts/promises.md": [
        f"at most {MAX_SECONDS / 86_400:g} days ahead",
        f"by {LAST_POLL_SECONDS:g} s at most",
        f"{CAP_SECONDS * (1 + JITTER):g} s later at most",
    ],
    "concepts/costs.md": [
        "the next are {:g}, {:g}, {:.0f}, {:.0f} and {:.0f} s after it".format(*polls(3600)[1:6]),
        f"about {len(polls(DEFAULT_OPTIONS.timeout))} polls in the default timeout of 30 minutes",
        f"at most {FIRST_KEPT + LAST_KEPT} transitions",
        f"the first {STORED_ITEMS} items",
    ],
    "project/versioning.md": [
        f"needs {FIRST_ENGINE} or newer",
        f"begins with `schema_version`, now {SCHEMA_VERSION}",
    ],
}


@pytest.mark.parametrize(("name", "figure"), [(name, each) for name, figures in FIGURES.items() for each in figures])
def test_a_figure_is_that_of_the_code(name: str, figure: str) -> None:
    assert figure in page(name)


def test_in_words_five_is_five() -> None:
    assert (MAX_ATTEMPTS, RETRY_COST) == (5, 5)
    assert "up to five times within 60 s" in page("concepts/sharing-requests.md")
    assert "five successes give one back" in page("concepts/sharing-requests.md")


def test_the_options_that_wait_again_are_those_of_the_code() -> None:
    lines = (ROOT / "docs" / "concepts" / "gate-life.md").read_text(encoding="utf-8").splitlines()
    row = next(line for line in lines if line.startswith("| a target (its"))
    named = set(re.findall(r"`(\w+)`", row))
    assert named == {each.name for each in OPTIONS if each.waits_again}


def test_the_versions_are_those_that_are_tested() -> None:
    text = page("project/versioning.md")
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    pythons = re.findall(r"Python :: (3\.\d+)\"", project)
    assert f"| {pythons[0]} to {pythons[-1]} |" in text
    (oldest,) = re.findall(r'"pulumi>=([\d.]+),<4"', project)
    tested = [
        re.findall(r"^pulumi==([\d.]+)", (ROOT / f"requirements-{name}.lock").read_text(), re.MULTILINE)[0]
        for name in ("oldest", "dev")
    ]
    (cli,) = re.findall(r'^VERSION = "([\d.]+)"', (ROOT / "scripts" / "pulumi-cli").read_text(), re.MULTILINE)
    assert f"| {oldest} or newer, below 4 | {' and '.join(tested)} |" in text
    assert f"| no version is enforced | {cli} |" in text
    assert documents.SCHEMA_VERSION == SCHEMA_VERSION
