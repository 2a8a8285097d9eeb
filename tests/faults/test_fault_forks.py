"""Forks: a child has no threads of its parent, and shares its connections; neither may notice the other."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from fault_server import FaultServer, answer
from nbcloud_support import LIMIT_SECONDS
from tls_support import ca_file, server_context

from pulumi_nbcloud.mock import MockClouds

NOTEBOOK = "4f1c6d5e-0f0a-4c57-9d0e-6a1b2c3d4e01"
MISSING = "4f1c6d5e-0f0a-4c57-9d0e-6a1b2c3d4eff"
# Python 3.12 and later say this of every fork of a process with threads. It is what is tested here.
ALLOWED = "ignore:This process (pid=:DeprecationWarning"

HEAD = f"""
import multiprocessing, os, socket, sys, threading, time
import pulumi_nbcloud as nbcloud

fork = multiprocessing.get_context("fork")


def running(_=None):
    return nbcloud.modelarts.get_notebook_lease("{NOTEBOOK}").running


def missing():
    return nbcloud.modelarts.get_notebook_lease("{MISSING}")


def say(*values):
    print(*values, flush=True)


def ends(work):
    process = fork.Process(target=work)
    process.start()
    process.join(60)
    if process.exitcode is None:
        process.kill()
        return "hangs"
    return process.exitcode


def reads():
    sys.exit(0 if running() else 1)


def forked(work):
    # As a server does that starts its workers itself: the interpreter ends in the child, with all that belongs to it.
    pid = os.fork()
    if pid == 0:
        work()
        sys.exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


"""


@pytest.fixture
def clouds() -> Iterator[MockClouds]:
    with MockClouds() as running:
        running.modelarts.put_lease(NOTEBOOK)
        yield running
        running.check()


def run(folder: Path, program: str, environment: Mapping[str, str]) -> list[str]:
    """Runs a program to its end; it may say nothing on stderr."""
    body = textwrap.indent(textwrap.dedent(program).strip(), "    ")
    path = folder / "program.py"
    path.write_text(f"{HEAD}def main():\n{body}\n\n\nif __name__ == '__main__':\n    main()\n")
    kept = {name: value for name, value in os.environ.items() if name.startswith(("PATH", "COVERAGE", "PYTHON"))}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-W", ALLOWED, str(path)],
        env={**kept, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("program", "said"),
    [
        pytest.param("say(running(), ends(int), running())", ["True 0 True"], id="a child that only exits"),
        pytest.param("say(running(), forked(int), running())", ["True 0 True"], id="a plain fork that only exits"),
        pytest.param("say(running(), ends(reads), running())", ["True 0 True"], id="a child that reads"),
        pytest.param("say(running(), forked(running), running())", ["True 0 True"], id="a plain fork that reads"),
        pytest.param("say(ends(reads), running())", ["0 True"], id="before the first read"),
        pytest.param(
            """
            say(running())
            with fork.Pool(3) as pool:
                say(pool.map(running, range(6)))
            say(running())
            """,
            ["True", str([True] * 6), "True"],
            id="a pool",
        ),
        pytest.param(
            """
            def child():
                assert running()
                sys.exit(ends(grandchild))

            def grandchild():
                assert running()
                sys.exit(ends(reads))

            say(running(), ends(child), forked(lambda: sys.exit(forked(running))), running())
            """,
            ["True 0 0 True"],
            id="nested",
        ),
        pytest.param(
            f"""
            say(running())
            with fork.Pool(1) as pool:
                try:
                    pool.apply(missing)
                except nbcloud.NotFoundError as error:
                    say(type(error).__name__, error.code)
                lease = pool.apply(nbcloud.modelarts.get_notebook_lease, ("{NOTEBOOK}",))
            say(lease.running)
            """,
            ["True", "NotFoundError ModelArts.6309", "True"],
            id="what a child gives back",
        ),
        pytest.param(
            """
            from pulumi_nbcloud.reading import portal

            # Connections that are closed by now, and still known by numbers that soon are those of other files: up to
            # Python 3.11, until the garbage collector comes by.
            say(running())
            closed = dict(portal._open.loop._transports)
            assert all(each.is_closing() for each in closed.values())
            assert closed or sys.version_info >= (3, 12)
            pipes = [os.pipe() for _ in range(8)]
            assert not closed or not closed.keys().isdisjoint(number for each in pipes for number in each)

            def child():
                read = all(os.read(each[0], 1) == b"a" for each in pipes)
                sys.exit(0 if read and all(os.write(each[1], b"b") for each in pipes) else 1)

            for each in pipes:
                os.write(each[1], b"a")
            say(ends(child), all(os.read(each[0], 1) == b"b" for each in pipes), running())
            """,
            ["True", "0 True True"],
            id="files of the program",
        ),
        pytest.param(
            """
            from pulumi_nbcloud import testing

            with testing.override("modelarts:NotebookLease", {"running": False}):
                say(running(), ends(lambda: sys.exit(running())))
            say(running(), ends(reads))
            """,
            ["False 0", "True 0"],
            id="an override",
        ),
    ],
)
def test_a_fork_after_a_lookup(program: str, said: list[str], clouds: MockClouds, tmp_path: Path) -> None:
    assert run(tmp_path, program, clouds.environment()) == said


def test_forks_while_another_thread_reads(clouds: MockClouds, tmp_path: Path) -> None:
    program = """
        over, reads_done = threading.Event(), []

        def read_on():
            while not over.is_set():
                reads_done.append(running())
                time.sleep(0.02)

        threads = [threading.Thread(target=read_on) for _ in range(2)]
        for each in threads:
            each.start()
        codes = []
        for number in range(4):
            codes.append(ends(reads if number % 2 else int))
            codes.append(forked(running if number % 2 else int))
        over.set()
        for each in threads:
            each.join(60)
        say(set(codes), set(reads_done), running())
    """
    assert run(tmp_path, program, clouds.environment()) == ["{0} {True} True"]


def test_forks_while_a_request_is_under_way(clouds: MockClouds, tmp_path: Path) -> None:
    clouds.faults.add(service="modelarts", status=503, body="", delay=2)
    program = """
        results = []
        thread = threading.Thread(target=lambda: results.append(running()))
        thread.start()
        time.sleep(1)
        say(ends(int), forked(int), ends(reads), forked(running))
        thread.join(60)
        say(results)
    """
    assert run(tmp_path, program, clouds.environment()) == ["0 0 0 0", "[True]"]


def test_forks_while_the_first_lookup_still_imports(clouds: MockClouds, tmp_path: Path) -> None:
    program = """
        codes = []
        thread = threading.Thread(target=running)
        thread.start()
        while "pulumi_nbcloud.clouds.modelarts.notebook_lease" not in sys.modules:
            time.sleep(0.001)
        for _ in range(3):
            codes.append(ends(reads))
        thread.join(60)
        say(codes, running())
    """
    assert run(tmp_path, program, clouds.environment()) == ["[0, 0, 0] True"]


def test_a_child_imports_again_what_a_thread_of_its_parent_was_importing(clouds: MockClouds, tmp_path: Path) -> None:
    (tmp_path / "slow_package").mkdir()
    (tmp_path / "slow_package" / "quick.py").write_text("DONE = True\n")
    (tmp_path / "slow_package" / "__init__.py").write_text(
        "import time\nfrom slow_package import quick\ntime.sleep(2)\nDONE = quick.DONE\n"
    )
    program = """
        def child():
            import slow_package.quick

            sys.exit(0 if slow_package.DONE and slow_package.quick.DONE and running() else 1)

        say(running())
        thread = threading.Thread(target=__import__, args=("slow_package",))
        thread.start()
        time.sleep(0.5)
        say(ends(child), "slow_package" in sys.modules)
        thread.join(60)
        say(sys.modules["slow_package"].DONE)
    """
    assert run(tmp_path, program, clouds.environment()) == ["True", "0 True", "True"]


def test_a_wait_goes_on_in_the_parent_alone(clouds: MockClouds, tmp_path: Path) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, status="STOPPED")
    clouds.modelarts.add_transition(NOTEBOOK, after_reads=3, status="RUNNING")
    program = f"""
        from pulumi_nbcloud.reading import portal
        from pulumi_nbcloud.reading.reader import process_reader
        from pulumi_nbcloud.waiting.report import Silent
        from pulumi_nbcloud.waiting.runner import WaitRunner
        from pulumi_nbcloud.waiting.spec import parse_spec

        target = {{"kind": "modelarts:NotebookLease", "notebook_id": "{NOTEBOOK}"}}
        plan, problems = parse_spec({{"targets": {{"self": target}}, "interval": "1s"}})
        assert not problems

        async def wait():
            return await WaitRunner(process_reader(), lambda key: None).enforce(plan, Silent())

        waiting = portal.submit(wait)
        time.sleep(0.5)
        say(ends(int), forked(int), waiting.result(60).outcome)
    """
    assert run(tmp_path, program, clouds.environment()) == ["0 0 met"]
    assert clouds.request_count() == 4


def test_a_child_neither_ends_nor_holds_a_connection_of_its_parent(clouds: MockClouds, tmp_path: Path) -> None:
    """With TLS: a word too many of a child, its farewell for example, would break the parent's connection."""
    settings = {**clouds.environment(), "NBCLOUD_MODELARTS_CA_FILE": ca_file(tmp_path)}
    program = """
        def connections():
            found = []
            for name in os.listdir("/proc/self/fd"):
                try:
                    with socket.socket(fileno=os.dup(int(name))) as each:
                        found.append(each.family == socket.AF_INET)
                except OSError:
                    pass
            return sum(found)

        say(running(), connections())
        say(ends(lambda: sys.exit(connections())), forked(int), forked(lambda: sys.exit(connections())))
        say(running(), connections())
        say(forked(running), ends(reads))
        say(running(), connections())
    """
    with FaultServer(answer(), tls=server_context()) as server:
        settings["NBCLOUD_MODELARTS_ENDPOINT"] = server.origin
        said = run(tmp_path, program, settings)
    assert said == ["True 1", "0 0 0", "True 1", "0 0", "True 1"]
    # The parent's, and one of each child that read.
    assert server.connections == 3


def test_a_fork_that_python_knows_nothing_of_begins_again_at_the_first_read(clouds: MockClouds, tmp_path: Path) -> None:
    program = """
        import dataclasses
        from pulumi_nbcloud.reading import portal

        say(running())
        before = portal._open
        portal._open = dataclasses.replace(before, pid=-1)
        say(running(), portal._open.loop is not before.loop)
    """
    assert run(tmp_path, program, clouds.environment()) == ["True", "True True"]


def test_spawned_children_read_by_themselves(clouds: MockClouds, tmp_path: Path) -> None:
    program = """
        say(running())
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            say(pool.map(running, range(2)))
    """
    assert run(tmp_path, program, clouds.environment()) == ["True", "[True, True]"]
