"""The output of `nbcloud mock`: its address, settings to paste, and the content of the clouds."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pulumi_nbcloud.cli.options import SETTINGS_VARIABLE

if TYPE_CHECKING:
    from pulumi_nbcloud.mock.contents import Content
    from pulumi_nbcloud.mock.server import MockClouds

WIDTH = 80


def as_json(clouds: MockClouds, written: Path | None) -> dict[str, Any]:
    """Return the output for programs."""
    shown = ("project_id", "notebook_id", "status", "pending")
    notebooks = [{name: row[name] for name in shown} for row in clouds.modelarts.state()["notebooks"]]
    return {
        "url": clouds.url,
        "settings": clouds.settings(),
        "settings_file": None if written is None else os.path.abspath(written),
        "environment": clouds.environment(),
        "notebooks": notebooks,
        "targets": [
            {"target": each.target, "status": each.status, "pending": list(each.pending)} for each in clouds.contents()
        ],
    }


def as_text(clouds: MockClouds, written: Path | None) -> Iterator[str]:
    """Yield the lines for a person at a shell.

    Args:
        clouds: the running clouds.
        written: the settings file, if any; with one, no secrets are printed.
    """
    yield from _head(clouds)
    if written is not None:
        # The one line to paste, with any path quoted.
        yield f"export {SETTINGS_VARIABLE}={shlex.quote(os.path.abspath(written))}"
    else:
        yield "# Settings, for nbcloud and for programs; --write FILE puts them into a file."
        yield from (f"export {name}={shlex.quote(value)}" for name, value in clouds.environment().items())
    yield from _contents(clouds)


def as_pulumi(clouds: MockClouds) -> Iterator[str]:
    """Yield the lines that put the settings into the config of a stack."""
    yield from _head(clouds)
    yield "# Settings, for the stack that is selected."
    for arguments in clouds.pulumi_config():
        yield from _command(["pulumi", *arguments])
    yield from _contents(clouds)


def _head(clouds: MockClouds) -> Iterator[str]:
    yield f"The mock clouds serve on {clouds.url} until Ctrl-C."
    yield f"Their admin API is under {clouds.url}/_mock/."
    yield ""


def _contents(clouds: MockClouds) -> Iterator[str]:
    contents = clouds.contents()
    yield ""
    yield "What they hold, for nbcloud get, wait and doctor:" if contents else "They hold nothing."
    now = clouds.clock.now()
    for each in contents:
        yield from _pasteable(each.target)
        yield f"    {each.status}{_outlook(each, now)}"


def _pasteable(target: str) -> Iterator[str]:
    """Yield a target in lines that fit, which a shell joins again."""
    line = f"  {target}"
    while len(line) > WIDTH:
        cut = line.rindex("/", 0, WIDTH - 1) + 1 if "/" in line[: WIDTH - 1] else WIDTH - 1
        yield f"{line[:cut]}\\"
        line = line[cut:]
    yield line


def _outlook(content: Content, now: float) -> str:
    """Return the planned changes of a thing."""
    steps = []
    for each in content.pending:
        change = each["change"]
        status = change.get("status") or change.get("lifecycle_state") or "a change"
        if "due_at" in each:
            due = datetime.fromisoformat(each["due_at"].replace("Z", "+00:00")).timestamp()
            steps.append(f", {status} in {max(0, round(due - now))} s")
        else:
            steps.append(f", {status} after {each.get('reads_left', 0)} reads")
    return "".join(steps)


def _command(words: Sequence[str]) -> Iterator[str]:
    """Yield a command line in lines that fit, as far as its words do."""
    line = ""
    for word in map(shlex.quote, words):
        if line and len(line) + len(word.partition("\n")[0]) + 3 > WIDTH:
            yield f"{line} \\"
            line = "   "
        line = f"{line} {word}" if line else word
    yield line
