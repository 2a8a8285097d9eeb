"""The background loop: it ends with the process, and Ctrl-C does not wait for it."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterator

import pytest

from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.reading import portal

NOTEBOOK = "4f1c6d5e-0f0a-4c57-9d0e-6a1b2c3d4e01"


@pytest.fixture
def clouds() -> Iterator[MockClouds]:
    with MockClouds() as running:
        running.modelarts.put_lease(NOTEBOOK)
        yield running


def run(program: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-c", textwrap.dedent(program)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


def test_a_script_that_looks_up_ends_without_a_word(clouds: MockClouds) -> None:
    program = f"""
        import pulumi_nbcloud as nbcloud
        print(nbcloud.modelarts.get_notebook_lease("{NOTEBOOK}").running)
    """
    done = run(program, clouds.environment())
    assert (done.returncode, done.stdout, done.stderr) == (0, "True\n", "")


def test_a_process_ends_while_a_read_still_hangs(clouds: MockClouds) -> None:
    clouds.faults.add(service="modelarts", status=503, body="", count=1, delay=25)
    program = f"""
        import anyio
        from pulumi_nbcloud.reading import portal
        from pulumi_nbcloud.reading.reader import process_reader
        from pulumi_nbcloud.kinds.registry import load
        kind = load("modelarts:NotebookLease")
        arguments = kind.parse({{"notebook_id": "{NOTEBOOK}"}})
        future = portal.submit(lambda: process_reader().read(kind, arguments, lambda key: None))
        portal.call(anyio.lowlevel.checkpoint)
        print("ends")
    """
    done = run(program, clouds.environment())
    assert (done.returncode, done.stdout, done.stderr) == (0, "ends\n", "")


def test_an_error_on_the_loop_is_raised_in_the_caller() -> None:
    async def fail() -> None:
        raise KeyError("inside")

    with pytest.raises(KeyError, match="inside"):
        portal.call(fail)
