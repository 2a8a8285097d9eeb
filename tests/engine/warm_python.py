"""Starts the CLI's Python processes by forking one that has imported the libraries, so that each imports ours alone.

A command of the CLI starts two Pythons, the program's and the provider's, and each spends three quarters of its CPU on
importing Pulumi's SDK, gRPC, pydantic and what else this package stands on, always the same. Here a `python3` that
comes first on PATH hands what it was started with (arguments, environment, folder, standard streams) to a process that
waits with the libraries imported. That one forks, and the child runs what it was asked for as `python` does.

Each command still has processes of its own, and nothing of this package is imported before they are. What differs:
the parent of such a process, and the order in which libraries are imported. Tests of just that (how a process ends, a
module of the project that hides one of Python's) use the fixture `ordinary_python`; so do the pages' examples,
protocols and pictures of the extended level. Where it cannot be done the same way, the launcher starts an ordinary
Python.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import io
import marshal
import os
import runpy
import selectors
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

HERE = Path(__file__).resolve().parent
# What the program and the provider import before anything of ours runs, or because of it.
LIBRARIES = (
    "pulumi",
    "pulumi.dynamic",
    "anyio._backends._asyncio",
    "anyio.from_thread",
    "celpy",
    "certifi",
    "grpc.experimental",
    "httpx_aiohttp",
    "importlib.readers",
    "pydantic.dataclasses",
    "pydantic.main",
    "pydantic.type_adapter",
    "argparse",
    "concurrent.futures.thread",
    "runpy",
)
LAUNCHER = """#!{python} -IS
import marshal, os, sys

own = {{name: value for name, value in os.environ.items() if name.startswith("PYTHON")}}
program = sys.argv[1:] and sys.argv[1].endswith("/pulumi-language-python-exec")
provider = sys.argv[1:4] == ["-u", "-m", "pulumi.dynamic"]
if own != {variables!r} or "TRACEPARENT" in os.environ or not (program or provider):
    os.execv({python!r}, [{python!r}, *sys.argv[1:]])

import signal, socket, struct

server = socket.socket(socket.AF_UNIX)
server.connect({address!r})
request = marshal.dumps((sys.argv[1:], dict(os.environ), os.getcwd()))
socket.send_fds(server, [struct.pack("!i", len(request))], [0, 1, 2])
server.sendall(request)

def number():
    found = server.recv(4, socket.MSG_WAITALL)
    if len(found) < 4:
        sys.exit("the process that forks Pythons is gone")
    return struct.unpack("!i", found)[0]

child = number()

def forward(signal_number, frame):
    try:
        os.kill(child, signal_number)
    except ProcessLookupError:
        pass  # it has ended, and its exit code is on its way

for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(each, forward)
code = number()
if code < 0:
    signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
os._exit(code)
"""


def variables(environment: Mapping[str, str]) -> dict[str, str]:
    """What Python itself reads while it starts."""
    return {name: value for name, value in environment.items() if name.startswith("PYTHON")}


@contextlib.contextmanager
def warm_python(folder: Path, environment: Mapping[str, str]) -> Iterator[Path | None]:
    """Keep a process that forks Pythons, and give the folder whose `python3` has it do so; None where it cannot be."""
    linux = hasattr(os, "pidfd_open") and Path("/proc/self/task").is_dir()
    if not linux or os.environ.get("COVERAGE_PROCESS_START"):
        yield None
        return
    own = variables(environment)
    address = str(folder / "socket")
    launcher = folder / "python3"
    launcher.write_text(LAUNCHER.format(python=sys.executable, variables=own, address=address))
    launcher.chmod(0o755)
    # Not run as a script: the names of `__main__` are for what the children run.
    command = [sys.executable, "-c", "import sys; sys.path.pop(0); import warm_python; warm_python.main()", address]
    others = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    process = subprocess.Popen(
        command,
        env={**others, **own, "PYTHONPATH": os.pathsep.join(filter(None, (str(HERE), own.get("PYTHONPATH"))))},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # Not in the group of the tests: a Ctrl-C there ends it by its standard input.
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == b"ready\n"
        yield folder
    finally:
        process.stdin.close()
        process.wait()
        process.stdout.close()


@dataclass
class Request:
    """What a Python was started with."""

    arguments: list[str]
    environment: dict[str, str]
    folder: str
    streams: list[int]


@dataclass
class Children:
    """Those that run, by what shows that they ended and by what shows that nobody waits for them any more."""

    selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    running: set[int] = field(default_factory=set)

    def add(self, pid: int, launcher: socket.socket) -> None:
        self.running.add(pid)
        # A launcher that is gone by now is found so at once.
        with contextlib.suppress(OSError):
            launcher.sendall(struct.pack("!i", pid))
        ended = os.pidfd_open(pid)
        self.selector.register(launcher, selectors.EVENT_READ, ("left", pid, launcher, ended))
        self.selector.register(ended, selectors.EVENT_READ, ("ended", pid, launcher, ended))

    def ended(self, pid: int, launcher: socket.socket, ended: int) -> None:
        """Tell the launcher the exit code."""
        self.running.discard(pid)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if launcher in self.selector.get_map():
            self.selector.unregister(launcher)
        self.selector.unregister(ended)
        with contextlib.suppress(OSError):
            launcher.sendall(struct.pack("!i", code))
        launcher.close()
        os.close(ended)

    def left(self, pid: int, launcher: socket.socket, _: int) -> None:
        """Kill the child of a launcher that was killed."""
        self.selector.unregister(launcher)
        os.kill(pid, signal.SIGKILL)

    def forget(self, listener: socket.socket) -> None:
        """Close in a child what is its parent's."""
        for key in list(self.selector.get_map().values()):
            if key.fd != 0:
                os.close(key.fd)
            if isinstance(key.fileobj, socket.socket):
                key.fileobj.detach()
        self.selector.close()
        listener.detach()


def received(launcher: socket.socket) -> Request | None:
    """What a launcher asks for; None where it was killed before it had said so."""
    head, streams, _, _ = socket.recv_fds(launcher, 4, 3)
    with contextlib.suppress(struct.error, OSError):
        (size,) = struct.unpack("!i", head)
        body = launcher.recv(size, socket.MSG_WAITALL)
        if len(body) == size:
            arguments, environment, folder = marshal.loads(body)
            return Request(arguments, environment, folder, streams)
    for stream in streams:
        os.close(stream)
    launcher.close()
    return None


def next_request(listener: socket.socket) -> Request:
    """Fork for each request and return it in the child; the parent ends with its standard input."""
    children = Children()
    children.selector.register(listener, selectors.EVENT_READ)
    children.selector.register(0, selectors.EVENT_READ)
    while True:
        for key, _ in children.selector.select():
            if key.fileobj == 0:
                for pid in children.running:
                    os.kill(pid, signal.SIGKILL)
                os._exit(0)
            if key.fileobj is not listener:
                # Both may be ready at once: the second is gone by then.
                if key in children.selector.get_map().values():
                    getattr(children, key.data[0])(*key.data[1:])
                continue
            launcher = listener.accept()[0]
            request = received(launcher)
            if request is None:
                continue
            pid = os.fork()
            if not pid:
                launcher.close()
                children.forget(listener)
                return request
            for stream in request.streams:
                os.close(stream)
            children.add(pid, launcher)


def become(request: Request) -> None:
    """Have this process be as if it had been started so."""
    for target, stream in enumerate(request.streams):
        os.dup2(stream, target)
        os.close(stream)
    os.environ.clear()
    os.environ.update(request.environment)
    os.chdir(request.folder)
    unbuffered = "-u" in request.arguments[:1]
    sys.stdin = sys.__stdin__ = io.TextIOWrapper(open(0, "rb"))  # type: ignore[misc]  # noqa: SIM115
    sys.stdout = sys.__stdout__ = stream_of(1, unbuffered, "strict")  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = stream_of(2, unbuffered, "backslashreplace")  # type: ignore[misc]


def stream_of(number: int, unbuffered: bool, errors: str) -> io.TextIOWrapper:
    raw = io.FileIO(number, "w")
    buffer: Any = raw if unbuffered else io.BufferedWriter(raw)
    return io.TextIOWrapper(buffer, errors=errors, write_through=unbuffered, line_buffering=number == 2)


def run(arguments: list[str]) -> None:
    """Run what a Python with these arguments runs."""
    del sys.modules[__name__]
    if arguments[:2] == ["-u", "-m"]:
        sys.argv = ["-m", *arguments[3:]]
        sys.path.insert(0, str(Path.cwd()))
        runpy._run_module_as_main(arguments[2])  # type: ignore[attr-defined]
        return
    script = arguments[0]
    sys.argv = arguments
    sys.path.insert(0, str(Path(script).parent))
    names = vars(sys.modules["__main__"])
    names.clear()
    names.update(__name__="__main__", __builtins__=__builtins__, __file__=script, __doc__=None, __spec__=None)
    exec(compile(Path(script).read_bytes(), script, "exec"), names)


def main() -> NoReturn:
    """Import the libraries, wait for what is asked for, and be that."""
    address = sys.argv[1]
    sys.path.remove(str(HERE))
    for library in LIBRARIES:
        importlib.import_module(library)
    # Its first schema has pydantic look for plugins in every package that is installed.
    importlib.import_module("pydantic").TypeAdapter(int)
    ours = [name for name in sys.modules if name.partition(".")[0] == "pulumi_nbcloud"]
    assert not ours, ours
    # A fork has only the thread that forked.
    assert len(os.listdir("/proc/self/task")) == 1
    # What is there stays: no child looks through it, which would copy its pages.
    gc.collect()
    gc.freeze()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen(64)
        print("ready", flush=True)  # noqa: T201
        request = next_request(listener)
    become(request)
    run(request.arguments)
    sys.exit(0)
