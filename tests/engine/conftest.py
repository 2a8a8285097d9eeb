from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from stack import ROOT, Stack

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


@pytest.fixture
def make_stack(cli: Path, tmp_path: Path) -> Callable[..., Stack]:
    """Makes a stack without any settings, or with those of an environment."""
    return lambda environment=None: Stack(tmp_path / "project", cli, environment)


@pytest.fixture
def stack(make_stack: Callable[..., Stack], clouds: MockClouds) -> Stack:
    """A stack whose environment points at the mock clouds."""
    return make_stack(clouds.environment())
