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


# Python 3.12 starts no thread once the main one is over; 3.10, 3.11 and from 3.13 on do.
STARTS_NONE = sys.version_info[:2] == (3, 12)
ENDING = "nothing can be read any more, because the program is ending"
EARLIER = "read it earlier: not in an atexit callback, and not in a thread that goes on after the program"
READ_LATE = f"""
import atexit, threading
import pulumi_nbcloud as nbcloud
from pulumi_nbcloud import modelarts

def read():
    try:
        print(nbcloud.modelarts.get_notebook_lease("{NOTEBOOK}").running)
    except nbcloud.InputError as error:
        print(error.summary, error.hint, sep="\\n")
"""


def outcomes(*, late: bool) -> str:
    """What a lookup prints: the state, or that it comes too late."""
    return f"{ENDING}\n{EARLIER}\n" if late else "True\n"


@pytest.mark.parametrize("first", [True, False], ids=["registered before ours", "registered after ours"])
def test_a_lookup_while_the_process_ends(first: bool, clouds: MockClouds) -> None:
    """Before our own callback there is still the loop of the lookup before."""
    registered = "import atexit\natexit.register(lambda: read())\n"
    program = f"{registered if first else ''}{READ_LATE}\nread()\n{'' if first else registered}"
    done = run(program, clouds.environment())
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == outcomes(late=False) + outcomes(late=first and STARTS_NONE)


def test_a_lookup_in_a_thread_that_outlives_the_program(clouds: MockClouds) -> None:
    # The main thread is over before the other one goes on.
    work = """
def work():
    threading.main_thread().join()
    read()

threading.Thread(target=work).start()
"""
    done = run(READ_LATE + work, clouds.environment())
    assert (done.returncode, done.stdout, done.stderr) == (0, outcomes(late=STARTS_NONE), "")


def test_where_no_thread_starts_any_more_a_first_lookup_says_so(clouds: MockClouds) -> None:
    """On every Python, as it is on 3.12."""
    work = """
def refuse(thread):
    raise RuntimeError("can't create new thread at interpreter shutdown")

def late():
    threading.Thread.start = refuse
    read()

atexit.register(late)
"""
    done = run(READ_LATE + work, clouds.environment())
    assert (done.returncode, done.stdout, done.stderr) == (0, outcomes(late=True), "")


def test_a_host_name_is_resolved_by_a_thread_which_none_gives_at_the_end(clouds: MockClouds) -> None:
    """On every Python: executors take no work any more, and no connection to the host is open yet."""
    environment = clouds.environment()
    endpoint = environment["NBCLOUD_MODELARTS_ENDPOINT"]
    assert "//127.0.0.1:" in endpoint
    environment["NBCLOUD_MODELARTS_ENDPOINT"] = endpoint.replace("127.0.0.1", "localhost")
    done = run(f"{READ_LATE}\natexit.register(read)\n", environment)
    assert (done.returncode, done.stdout, done.stderr) == (0, outcomes(late=True), "")


def test_what_is_imported_for_the_first_time_at_the_end_comes_too_late(clouds: MockClouds) -> None:
    """On every Python: it needs executors, which cannot be imported any more."""
    program = READ_LATE.replace("from pulumi_nbcloud import modelarts\n", "")
    done = run(f"{program}\natexit.register(read)\n", clouds.environment())
    assert (done.returncode, done.stdout, done.stderr) == (0, outcomes(late=True), "")


def test_an_error_of_a_thread_is_left_alone_while_the_program_runs() -> None:
    async def fail() -> None:
        raise RuntimeError("can't start new thread")

    with pytest.raises(RuntimeError, match="can't start new thread"):
        portal.call(fail)


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
