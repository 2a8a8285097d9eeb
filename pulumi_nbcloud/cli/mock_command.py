"""The command `nbcloud mock`: serve the mock clouds until it is stopped."""

from __future__ import annotations

import signal
import threading
from enum import Enum
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from pulumi_nbcloud.cli import output
from pulumi_nbcloud.cli.exit_codes import ExitCode
from pulumi_nbcloud.errors import InputError
from pulumi_nbcloud.printable import printable

if TYPE_CHECKING:
    from pulumi_nbcloud.mock.server import MockClouds


class Scenario(str, Enum):
    """The content of the mock clouds at the start and after a reset."""

    DEMO = "demo"
    EMPTY = "empty"


class Output(str, Enum):
    """The output formats of the command."""

    TEXT = "text"
    JSON = "json"
    PULUMI = "pulumi"


def mock(
    port: Annotated[
        int, typer.Option("--port", metavar="PORT", min=0, max=65_535, help="Port on 127.0.0.1; 0 takes a free one.")
    ] = 0,
    scenario: Annotated[
        Scenario,
        typer.Option(
            "--scenario", metavar="NAME", help="What the clouds hold: some of each kind (demo) or nothing (empty)."
        ),
    ] = Scenario.DEMO,
    shape: Annotated[
        Output,
        typer.Option(
            "--output",
            "-o",
            metavar="FORMAT",
            help="text: for a shell; json: one line for a program; pulumi: commands for a stack.",
        ),
    ] = Output.TEXT,
    write: Annotated[
        Path | None,
        typer.Option("--write", metavar="FILE", help="Write the settings into this file, and print how to use it."),
    ] = None,
) -> None:
    """Serve mock clouds on this machine.

    Prints settings for them and everything that they hold. Serves until SIGINT (Ctrl-C) or SIGTERM and then ends with
    exit code 0. Exit code 2: bad options, a port that is taken, a file that is not the mock's own, or the `mock` extra
    is not installed.
    """
    _check_available()
    stop = _stop_on_signals()
    clouds = _started(port, scenario)
    try:
        if write is not None:
            _write(write, clouds)
        # Flushed, because a parent process may wait for it at the other end of a pipe.
        output.result(_shown(clouds, shape, write))
        while not stop.wait(1.0):  # an endless wait is not interruptible on every platform
            pass
    finally:
        clouds.stop()


def _check_available() -> None:
    from pulumi_nbcloud.cli import archive

    try:
        archive.check_available("mock")
    except InputError as error:
        output.say(output.error_text(error))
        raise typer.Exit(ExitCode.USAGE) from None


def _write(path: Path, clouds: MockClouds) -> None:
    from pulumi_nbcloud.cli import mock_settings

    try:
        mock_settings.check(path, clouds.settings())
        mock_settings.write(path, clouds.settings())
    except InputError as error:
        output.say(output.error_text(error))
        raise typer.Exit(ExitCode.USAGE) from None
    except OSError as error:
        output.say(f"error: {printable(str(path), 200)} could not be written: {error.strerror or error}")
        output.say("hint: check the path and the space that is left")
        raise typer.Exit(ExitCode.OUTPUT) from None


def _shown(clouds: MockClouds, shape: Output, written: Path | None) -> str:
    import json

    from pulumi_nbcloud.cli import mock_text

    if shape is Output.JSON:
        return json.dumps(mock_text.as_json(clouds, written))
    lines = mock_text.as_pulumi(clouds) if shape is Output.PULUMI else mock_text.as_text(clouds, written)
    return "\n".join(lines)


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
