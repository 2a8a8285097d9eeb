"""GitHub Actions: a group around the progress, one annotation, outputs of the step, and its summary."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pulumi_nbcloud.printable import printable

if TYPE_CHECKING:
    from pulumi_nbcloud.cli.report import Report
    from pulumi_nbcloud.errors import NbcloudError

# The runner drops what is larger; a summary over 1 MiB fails to upload.
MAX_MESSAGE = 4_000
MAX_SUMMARY = 512 * 1024


def is_github(environment: Mapping[str, str]) -> bool:
    """Return whether this runs in a step of GitHub Actions."""
    return environment.get("GITHUB_ACTIONS") == "true"


def message(text: str) -> str:
    """Escape a text for a workflow command, as much of it as fits: the runner reads `%`, CR and LF as its own."""
    return text[:MAX_MESSAGE].replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def annotation(error: NbcloudError, outcome: str, level: str = "error") -> str:
    """Write the one annotation of a wait that was not met; its level is `warning` where the wait is advisory."""
    # No part of the title is remote text: it would need more escaping.
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
            # Random, so that no remote text can end the value and add outputs of its own.
            mark = f"end_{secrets.token_hex(16)}"
            file.write(f"{name}<<{mark}\n{value}\n{mark}\n")


def write_summary(path: str, report: Report) -> None:
    """Add a part to the step's summary: how it ended, and the timeline of what was observed.

    Raises:
        OSError: the file cannot be written.
    """
    lines = [f"### nbcloud wait: {report.outcome}", ""]
    if report.progress is not None:
        lines += [f"Wanted: {_code(report.progress.expected)}", ""]
    if report.error is not None:
        lines += [_text(each) for each in str(report.error).splitlines()] + [""]
    if report.transitions:
        lines += ["| time | target | observed |", "| --- | --- | --- |"]
        lines += [
            f"| {each['time']} | {_text(each['target'])} | {_text(each['observed'])} |" for each in report.transitions
        ]
        hidden = (report.progress.transition_count if report.progress else 0) - len(report.transitions)
        lines += [f"| … | | {hidden} more |"] if hidden > 0 else []
    with open(path, "a", encoding="utf-8") as file:
        file.write("\n".join(lines)[:MAX_SUMMARY] + "\n")


def _text(value: str) -> str:
    """Make remote text plain in Markdown: neither a cell's end, nor HTML, nor a link, nor an image."""
    plain = printable(value, 1_000)
    safe = "".join(f"\\{each}" if each in "\\`*_{}[]()#+!|~" else _HTML.get(each, each) for each in plain)
    return safe.replace("www.", "www&#46;")


# The last three: a mention, a link that needs no brackets, mathematics.
_HTML = {"<": "&lt;", ">": "&gt;", "&": "&amp;", "@": "&#64;", ":": "&#58;", "$": "&#36;"}


def _code(value: str) -> str:
    return f"<code>{_text(value)}</code>"
