from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from engine_support import cli_folder, clouds_to_read
from stack import PYTHON_VARIABLES, Stack
from warm_python import warm_python

from pulumi_nbcloud.mock import MockClouds


@pytest.fixture(scope="session")
def cli() -> Path:
    """The folder of the real CLI. What the script says (a build takes minutes) goes straight to the terminal."""
    return cli_folder()


@pytest.fixture
def clouds() -> Iterator[MockClouds]:
    with clouds_to_read() as clouds:
        yield clouds


@pytest.fixture(scope="session")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path | None]:
    """A folder whose `python3` has imported the libraries already; see `warm_python`."""
    with warm_python(tmp_path_factory.mktemp("python"), PYTHON_VARIABLES) as folder:
        yield folder


@pytest.fixture
def ordinary_python() -> None:
    """Have the CLI start its Pythons as it does for a user."""


@pytest.fixture
def make_stack(cli: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Callable[..., Stack]:
    """Makes a stack without any settings, or with those of an environment."""
    ordinary = "ordinary_python" in request.fixturenames
    python = None if ordinary else request.getfixturevalue("warm")
    return lambda environment=None: Stack(tmp_path / "project", cli, environment, python)


@pytest.fixture
def stack(make_stack: Callable[..., Stack], clouds: MockClouds) -> Stack:
    """A stack whose environment points at the mock clouds."""
    return make_stack(clouds.environment())
