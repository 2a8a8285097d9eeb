"""GitHub Actions: a group around the progress, one annotation, outputs of the step, and its summary."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.waiting.report import ended_line

if TYPE_CHECKING:
    from pulumi_nbcloud.cli.report import Report
    from pulumi_nbcloud.errors import NbcloudError

# The runner drops what is larger; a summary over 1 MiB fails to upload.
MAX_MESSAGE = 4_000
MAX_SUMMARY = 512 * 1024


def is_github(environment: Mapping[str, str]) -> bool:
    """Return whether the command runs in a step of GitHub Actions."""
    return environment.get("GITHUB_ACTIONS") == "true"


def message(text: str) -> str:
    """Escape a text for a workflow command, and cut it to the limit: the runner interprets `%`, CR and LF."""
    return text[:MAX_MESSAGE].replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def annotation(error: NbcloudError, outcome: str, level: str = "error") -> str:
    """Return the one annotation of a wait that was not met; its level shows the severity."""
    # The title contains no remote text, which would need more escaping.
    return f"::{level} title=nbcloud wait%3A {outcome}::{message(str(error))}"


def write_outputs(path: str, report: Report) -> None:
    """Add the outputs of the step: `outcome`, `exit_code`, `elapsed_seconds`, `result` (the JSON in one line).

    Raises:
        OSError: the file cannot be written.
    """
    outputs = {
        "outcome": report.outcome,
        "exit_code": str(int(report.exit_code)),
        "elapsed_seconds": f"{report.elapsed:.1f}",
        "result": json.dumps(report.document()),
    }
    with open(path, "a", encoding="utf-8") as file:
        for name, value in outputs.items():
            # Random: remote text must not end the value and add its own outputs.
            mark = f"end_{secrets.token_hex(16)}"
            file.write(f"{name}<<{mark}\n{value}\n{mark}\n")


def write_summary(path: str, report: Report) -> None:
    """Add a section to the step's summary: the outcome of each target, its reason, and the timeline of observations.

    Raises:
        OSError: the file cannot be written.
    """
    parts = [[f"### nbcloud wait: {report.words}"], _targets(report), *_explanation(report), _history(report)]
    text = "\n\n".join("\n".join(lines) for lines in parts if lines)
    with open(path, "a", encoding="utf-8") as file:
        file.write(text[:MAX_SUMMARY] + "\n\n")


def _targets(report: Report) -> list[str]:
    """Return the lines for the outcome of each target."""
    progress = report.progress
    if progress is None:
        return []
    rows = (
        (_text(report.named_title(name)), progress.outcome_of(name), _text(progress.shown(name)))
        for name in progress.targets
    )
    return _table(("target", "", "state"), rows)


def _explanation(report: Report) -> Iterator[list[str]]:
    """Yield the headline, a line for each fact, and the hint."""
    error, progress = report.error, report.progress
    if error is not None:
        # An invalid condition has a line for each problem.
        yield ["<br>".join(_text(each) for each in error.headline.splitlines())]
        yield [f"- {_text(name)}: {_text(value)}" for name, value in error.all_facts()]
        if error.hint:
            yield [f"**hint:** {_text(error.hint)}"]
    elif progress is not None:
        yield [f"- expected: {_text(progress.expected)}", f"- {ended_line(report.words, progress, report.elapsed)}"]


def _history(report: Report) -> list[str]:
    """Return the lines of the timeline."""
    if not report.transitions:
        return []
    rows = [
        (each["time"], _text(report.named_title(each["target"])), _text(each["observed"]))
        for each in report.transitions
    ]
    hidden = (report.progress.transition_count if report.progress else 0) - len(rows)
    more = [f"| … | | {hidden} more |"] if hidden > 0 else []
    return _table(("time", "target", "observed"), rows) + more


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]


def _text(value: str) -> str:
    """Escape remote text for Markdown: no end of a cell, no HTML, no link, no image."""
    plain = printable(value, 1_000)
    safe = "".join(f"\\{each}" if each in "\\`*_{}[]()#+!|~" else _HTML.get(each, each) for each in plain)
    return safe.replace("www.", "www&#46;")


# The last three: a mention, a link that needs no brackets, mathematics.
_HTML = {"<": "&lt;", ">": "&gt;", "&": "&amp;", "@": "&#64;", ":": "&#58;", "$": "&#36;"}
