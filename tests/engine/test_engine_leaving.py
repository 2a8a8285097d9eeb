"""The package is gone and a state still holds what it made: what docs/guides/leaving.md says to do about it works."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from lease_support import notebook
from stack import GATE, Stack, urn

from pulumi_nbcloud.mock import MockClouds

# What a Python finds, and which: as a user's is started.
pytestmark = pytest.mark.usefixtures("ordinary_python")
# Stands for a package that is not installed: the project's folder comes first on the path of the provider process.
GONE = "raise ModuleNotFoundError(\"No module named 'pulumi_nbcloud'\")\n"
PROGRAM = f"""
lease = nbcloud.modelarts.NotebookLease("lease", notebook_id="{notebook(1)}")
gate("ready", 1)
"""


@pytest.fixture
def made(stack: Stack, clouds: MockClouds) -> Stack:
    """A stack with a gate and a record in its state."""
    clouds.modelarts.put_lease(notebook(1))
    stack.program(PROGRAM)
    stack.up()
    assert set(stack.resources()) == {"lease", "ready"}
    return stack


def uninstall(stack: Stack) -> Path:
    package = stack.folder / "pulumi_nbcloud"
    package.mkdir()
    (package / "__init__.py").write_text(GONE)
    (stack.folder / "__main__.py").write_text("import pulumi\n")
    return package


def test_what_was_declared_is_removed_before_the_package_is(made: Stack) -> None:
    (made.folder / "__main__.py").write_text("import pulumi\n")
    made.up()
    assert made.resources() == {}


def test_afterwards_the_state_is_told_to_forget_it(made: Stack) -> None:
    uninstall(made)
    run = made.up(expect=None)
    assert run.code != 0
    assert "No module named 'pulumi_nbcloud'" in run.text
    assert set(made.resources()) >= {"ready"}
    made.run("state", "delete", urn("ready"), "--yes", expect=0)
    made.up()
    assert made.resources() == {}


def test_an_import_is_no_way_in(made: Stack) -> None:
    run = made.run("import", GATE, "adopted", "some-id", "--yes", "--generate-code=false")
    assert run.code != 0
    assert "KeyError: '__provider'" in run.text
    assert set(made.resources()) == {"lease", "ready"}


def test_another_python_than_the_one_on_the_path_is_named_by_a_variable(made: Stack) -> None:
    first, _, rest = made.environment["PATH"].partition(os.pathsep)
    assert first == str(Path(sys.executable).parent)
    made.environment["PATH"] = rest
    run = made.up(expect=None)
    assert run.code != 0
    made.environment["PULUMI_PYTHON_CMD"] = sys.executable
    made.up("--expect-no-changes")
