"""What help, refused command lines and `nbcloud mock` show to a person."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from cli_support import app_commands, command, environment, invoke, shots
from picture_support import WIDTHS, Shot
from terminal_support import on_terminal

from pulumi_nbcloud.cli.topics import TOPICS
from pulumi_nbcloud.mock import MockClouds

Same = Callable[..., None]

USAGE = {
    "a command": ("gte",),
    "an option": ("get", "--outptu", "json", "x"),
    "a value": ("get", "-o", "xml", "x"),
    "an argument": ("wait", "-t", "5m"),
    "a topic": ("help", "exit-code"),
    "json": ("wait", "-o", "json", "--unitl", "true"),
}


def printed(columns: int, *arguments: str) -> Shot:
    """What a command prints for a terminal of this width, whatever its stdout is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", str(columns))
        done = invoke(*arguments)
    return Shot((done.out + done.err).replace("\n", "\r\n"), columns, f"exit code {done.code}")


def test_first_page(clouds: MockClouds, same_as_picture: Same) -> None:
    same_as_picture("$ nbcloud --help", list(shots(clouds, "--help")))


@pytest.mark.parametrize("name", sorted(app_commands()))
def test_help_of(same_as_picture: Same, name: str) -> None:
    same_as_picture(f"$ nbcloud {name} --help", [printed(columns, name, "--help") for columns in WIDTHS])


@pytest.mark.parametrize("topic", ["", *TOPICS])
def test_help_topic(same_as_picture: Same, topic: str) -> None:
    arguments = ("help", *([topic] if topic else []))
    same_as_picture(f"$ nbcloud {' '.join(arguments)}", [printed(columns, *arguments) for columns in WIDTHS])


@pytest.mark.parametrize("name", USAGE)
def test_usage_of(same_as_picture: Same, name: str) -> None:
    same_as_picture(f"$ nbcloud {' '.join(USAGE[name])}", [printed(columns, *USAGE[name]) for columns in WIDTHS])


def test_doctor_without_an_id(clouds: MockClouds, same_as_picture: Same) -> None:
    same_as_picture("$ nbcloud doctor aidp", list(shots(clouds, "doctor", "aidp")))


def test_doctor_without_settings(clouds: MockClouds, same_as_picture: Same) -> None:
    nothing = dict.fromkeys(clouds.environment(), "")
    same_as_picture("$ nbcloud doctor", list(shots(clouds, "doctor", env=nothing)))


@pytest.mark.parametrize(
    "arguments", [(), ("--write", "mock.json"), ("-o", "pulumi")], ids=lambda found: " ".join(found) or "text"
)
def test_mock(same_as_picture: Same, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    with on_terminal(command("mock", *arguments), environment(), rows=200, cwd=tmp_path) as shown:
        shown.until("PullingImage, Running in ")
        shown.settle()
        text = shown.raw.replace(str(tmp_path), "/home/me/work")
        shown.process.sendintr()
        assert shown.end() == 0
    # A moment after it was printed, and its key is nothing to look at.
    text = re.sub(r"in \d+ s\b", "in 30 s", text)
    text = re.sub(r"(BEGIN PRIVATE KEY-----)(.|\n)*?(-----END)", r"\1\r\n(26 lines)\r\n\3", text)
    shot = Shot(text, 80, "while it serves")
    same_as_picture(f"$ nbcloud mock {' '.join(arguments)}".strip(), [replace(shot, columns=each) for each in WIDTHS])
