from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from stack import PYTHON_VARIABLES, ROOT, Stack
from warm_python import warm_python

from pulumi_nbcloud.mock import MockClouds

# A list that a cloud only gives to a POST, and what signs in.
READS_BY_POST = {("POST", "/api/instance/list"), ("POST", "/api/user/login"), ("POST", "/v3/auth/tokens")}


@pytest.fixture(scope="session")
def cli() -> Path:
    """The folder of the real CLI. What the script says (a build takes minutes) goes straight to the terminal."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "pulumi-cli")], stdout=subprocess.PIPE, stderr=sys.__stderr__, text=True
    )
    assert done.returncode == 0, "scripts/pulumi-cli found no CLI; it says why above"
    return Path(done.stdout.strip())


@pytest.fixture
def clouds() -> Iterator[MockClouds]:
    """Mock clouds; whatever a test does, a stack only ever reads."""
    with MockClouds() as clouds:
        yield clouds
        others = {(entry.method, entry.target) for entry in clouds.requests if entry.method != "GET"}
        assert others <= READS_BY_POST
        clouds.check()


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
