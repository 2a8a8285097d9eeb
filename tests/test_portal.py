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


def test_the_loop_is_pythons_own_whatever_policy_the_program_sets(clouds: MockClouds) -> None:
    program = f"""
        import asyncio, warnings

        with warnings.catch_warnings():
            # From Python 3.14 on policies are deprecated.
            warnings.filterwarnings("ignore", ".*[Pp]olicy.* is deprecated", DeprecationWarning)

            class Policy(asyncio.DefaultEventLoopPolicy):
                def new_event_loop(self):
                    raise RuntimeError("not in this thread")

            asyncio.set_event_loop_policy(Policy())
        import pulumi_nbcloud as nbcloud
        print(nbcloud.modelarts.get_notebook_lease("{NOTEBOOK}").running)
    """
    done = run(program, clouds.environment())
    assert (done.returncode, done.stdout, done.stderr) == (0, "True\n", "")


def test_a_lookup_inside_a_running_loop_of_the_program(clouds: MockClouds) -> None:
    program = f"""
        import asyncio
        import pulumi_nbcloud as nbcloud

        async def main():
            at_once = nbcloud.modelarts.get_notebook_lease("{NOTEBOOK}").running
            aside = await asyncio.to_thread(nbcloud.modelarts.get_notebook_lease, "{NOTEBOOK}")
            print(at_once, aside.running)

        for _ in range(2):
            asyncio.run(main(), debug=True)
    """
    done = run(program, clouds.environment())
    assert (done.returncode, done.stdout) == (0, "True True\nTrue True\n")


@pytest.mark.parametrize("first", [True, False], ids=["registered before ours", "registered after ours"])
def test_a_lookup_while_the_process_ends(first: bool, clouds: MockClouds) -> None:
    register = "atexit.register(lambda: print(read()))"
    program = f"""
        import atexit
        {register if first else ""}
        import pulumi_nbcloud as nbcloud

        def read():
            return nbcloud.modelarts.get_notebook_lease("{NOTEBOOK}").running

        print(read())
        {"" if first else register}
    """
    done = run(program, clouds.environment())
    assert (done.returncode, done.stdout, done.stderr) == (0, "True\nTrue\n", "")


def test_a_lookup_in_a_thread_that_outlives_the_program(clouds: MockClouds) -> None:
    program = f"""
        import threading, time
        from pulumi_nbcloud import modelarts

        def read():
            time.sleep(0.3)
            print(modelarts.get_notebook_lease("{NOTEBOOK}").running)

        threading.Thread(target=read).start()
    """
    done = run(program, clouds.environment())
    assert (done.returncode, done.stdout, done.stderr) == (0, "True\n", "")


def test_ctrl_c_during_a_lookup_ends_the_program(clouds: MockClouds) -> None:
    clouds.faults.add(service="modelarts", status=503, body="", count=1, delay=25)
    program = f"""
        import signal, threading
        import pulumi_nbcloud as nbcloud
        # All that a lookup imports, or a busy machine would be interrupted in the middle of an import.
        import pulumi_nbcloud.clouds.modelarts.notebook_lease, pulumi_nbcloud.http.client

        signal.signal(signal.SIGINT, signal.default_int_handler)
        threading.Timer(1, lambda: signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)).start()
        try:
            nbcloud.modelarts.get_notebook_lease("{NOTEBOOK}")
        except KeyboardInterrupt:
            print("interrupted", nbcloud.modelarts.get_notebook_lease("{NOTEBOOK}").running)
    """
    done = run(program, clouds.environment())
    assert (done.returncode, done.stdout, done.stderr) == (0, "interrupted True\n", "")
