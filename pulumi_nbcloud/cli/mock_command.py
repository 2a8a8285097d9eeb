"""The command `nbcloud mock`: serves the mock clouds until it is stopped."""

from __future__ import annotations

import signal
import threading
from enum import Enum
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pulumi_nbcloud.cli import output
from pulumi_nbcloud.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from pulumi_nbcloud.mock.server import MockClouds


class Scenario(str, Enum):
    """What the mock clouds hold at the start and after a reset."""

    DEMO = "demo"
    EMPTY = "empty"


class Output(str, Enum):
    """How a command prints."""

    TEXT = "text"
    JSON = "json"


def mock(
    port: Annotated[
        int, typer.Option("--port", metavar="PORT", min=0, max=65_535, help="Port on 127.0.0.1; 0 takes a free one.")
    ] = 0,
    scenario: Annotated[
        Scenario,
        typer.Option(
            "--scenario", metavar="NAME", help="What the clouds hold: three notebooks (demo) or nothing (empty)."
        ),
    ] = Scenario.DEMO,
    shape: Annotated[
        Output,
        typer.Option(
            "--output",
            "-o",
            metavar="FORMAT",
            help="How to print the settings: for a shell (text) or as one line of JSON.",
        ),
    ] = Output.TEXT,
) -> None:
    """Serve mock clouds on this machine.

    Serves until SIGINT (Ctrl-C) or SIGTERM and then ends with exit code 0. Exit code 2: bad options, a port that is
    taken, or the `mock` extra is not installed.
    """
    import json

    stop = _stop_on_signals()
    clouds = _started(port, scenario)
    try:
        # Flushed there, because a parent process may wait for it at the other end of a pipe.
        output.result(json.dumps(_as_json(clouds)) if shape is Output.JSON else _as_text(clouds))
        while not stop.wait(1.0):  # a wait without end could not be interrupted everywhere
            pass
    finally:
        clouds.stop()


def _started(port: int, scenario: Scenario) -> MockClouds:
    from pulumi_nbcloud.mock.extra import MissingExtraError, load_mock_clouds

    try:
        clouds = load_mock_clouds()(port=port, scenario=scenario.value)
        clouds.start()
    except MissingExtraError as error:
        output.say(f"error: {error}")
        raise typer.Exit(ExitCode.USAGE) from None
    except OSError as error:
        output.say(f"error: {error}\nhint: leave out --port to take a free one")
        raise typer.Exit(ExitCode.USAGE) from None
    return clouds


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    return stop


def _as_json(clouds: MockClouds) -> dict[str, Any]:
    return {
        "url": clouds.url,
        "settings": clouds.settings(),
        "environment": clouds.environment(),
        "notebooks": _notebooks(clouds),
    }


def _as_text(clouds: MockClouds) -> str:
    import shlex

    lines = [f"The mock clouds serve on {clouds.url} until Ctrl-C; the admin API is under {clouds.url}/_mock/", ""]
    lines += ["Settings for a shell:"]
    lines += [f"  export {name}={shlex.quote(value)}" for name, value in clouds.environment().items()]
    lines += ["", "The same for a stack:"]
    lines += [f"  {shlex.join(['pulumi', *arguments])}" for arguments in clouds.pulumi_config()]
    notebooks = _notebooks(clouds)
    if notebooks:
        lines += ["", "Notebooks:"]
        lines += [f"  {row['notebook_id']}  {row['status']}{_outlook(row)}" for row in notebooks]
    return "\n".join(lines)


def _notebooks(clouds: MockClouds) -> list[dict[str, Any]]:
    shown = ("project_id", "notebook_id", "status", "pending")
    return [{name: row[name] for name in shown} for row in clouds.modelarts.state()["notebooks"]]


def _outlook(row: dict[str, Any]) -> str:
    due = [step["due_at"] for step in row["pending"] if "due_at" in step]
    return f"  (changes at {due[0]} on the virtual clock)" if due else ""
