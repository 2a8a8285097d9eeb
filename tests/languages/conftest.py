from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

# Stacks and the CLI are those of the tests on the engine.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "engine"))

import language_builds
import pytest
from engine_support import cli_folder, clouds_to_read
from language_sdks import sdks
from language_stacks import InlineStack, YamlStack
from stack import Stack

from pulumi_nbcloud.mock import MockClouds


@pytest.fixture(scope="session")
def cli() -> Path:
    """The folder of the real CLI and the language host of YAML."""
    return cli_folder("--yaml")


@pytest.fixture
def clouds() -> Iterator[MockClouds]:
    with clouds_to_read() as clouds:
        yield clouds


@pytest.fixture
def make_yaml(cli: Path, tmp_path: Path) -> Callable[..., YamlStack]:
    """Makes a stack of a program in YAML without any settings, or with those of an environment."""
    return lambda environment=None: YamlStack(tmp_path / "yaml", cli, environment)


@pytest.fixture
def yaml_stack(make_yaml: Callable[..., YamlStack], clouds: MockClouds) -> YamlStack:
    """A stack of a program in YAML whose environment points at the mock clouds."""
    return make_yaml(clouds.environment())


@pytest.fixture(scope="session")
def drivers() -> dict[str, list[str]]:
    """The commands that run the example in TypeScript and in Go, each by its Automation API."""
    return {"typescript": language_builds.typescript(sdks()), "go": language_builds.go(sdks())}


@pytest.fixture
def stacks(
    cli: Path, tmp_path: Path, clouds: MockClouds, drivers: dict[str, list[str]], make_yaml: Callable[..., YamlStack]
) -> dict[str, Stack]:
    """A stack for each language, all on the same mock clouds."""
    variables = clouds.environment()
    inline = {name: InlineStack(tmp_path / name, cli, variables, driver) for name, driver in drivers.items()}
    return {"python": Stack(tmp_path / "python", cli, variables), "yaml": make_yaml(variables), **inline}
