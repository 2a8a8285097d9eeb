"""A process that has loaded the command, and forks for each run of it; `preloaded` starts it.

    python preloaded_server.py SOCKET

It ends with its stdin. A run has the arguments, environment, folder, files and signals of its client, and ends as a
program does; where its client is gone, it is killed.
"""

from __future__ import annotations

import array
import contextlib
import gc
import importlib
import marshal
import os
import pkgutil
import selectors
import signal
import socket
import sys
from dataclasses import dataclass
from typing import Any

# Everything that a command may load, but nothing of the Pulumi SDK.
PACKAGES = ("cli", "clouds", "condition", "http", "kinds", "mock", "reading", "settings", "waiting")
LIBRARIES = (
    "anyio._backends._asyncio",
    "rich.console",
    "rich.live",
    "rich.table",
    "rich.text",
    "rich.progress_bar",
    "pytest_httpserver",
)


@dataclass(frozen=True)
class Run:
    """What a client wants run: the text to run before it, its arguments, environment, folder and files."""

    before: str
    arguments: list[str]
    environment: dict[str, str]
    folder: str
    files: list[int]


def preload() -> None:
    import pulumi_nbcloud

    for package in PACKAGES:
        folders = [f"{folder}/{package}" for folder in pulumi_nbcloud.__path__]
        for module in pkgutil.walk_packages(folders, f"pulumi_nbcloud.{package}."):
            if not module.name.endswith((".__main__", ".pytest_plugin")):
                importlib.import_module(module.name)
    for library in LIBRARIES:
        importlib.import_module(library)
    assert "pulumi" not in sys.modules
    from pulumi_nbcloud.http.client import _public_authorities

    _public_authorities()


def received(connection: socket.socket) -> Run:
    head, ancillary, _, _ = connection.recvmsg(8, socket.CMSG_SPACE(3 * 4))
    files = array.array("i")
    for _, _, data in ancillary:
        files.frombytes(data)
    body = b""
    while len(body) < int.from_bytes(head, "big"):
        body += connection.recv(65536)
    (before, *arguments), environment, folder = marshal.loads(body)
    return Run(before, arguments, environment, folder, files.tolist())


class Server:
    """Forks for each client, and tells it how its run ended.

    Args:
        path: of the socket.
    """

    def __init__(self, path: str) -> None:
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(64)
        self.selector = selectors.DefaultSelector()
        self.clients: dict[int, socket.socket] = {}
        self.ended, writing = os.pipe()
        os.set_blocking(writing, False)
        signal.set_wakeup_fd(writing)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        # Ctrl-C on the terminal of the tests is theirs.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self.files = (self.ended, writing)
        for source in (self.listener, self.ended, 0):
            self.selector.register(source, selectors.EVENT_READ)

    def serve(self) -> Run | None:
        """Return what is to run, in a child; None where stdin has ended, in the server."""
        while True:
            for key, _ in self.selector.select():
                if key.fileobj == 0:
                    return None
                if key.fileobj is self.listener:
                    run = self.begin()
                    if run is not None:
                        return run
                elif key.fileobj == self.ended:
                    self.tell()
                else:
                    # Its client is gone.
                    self.selector.unregister(key.fileobj)
                    os.kill(key.data, signal.SIGKILL)

    def begin(self) -> Run | None:
        connection, _ = self.listener.accept()
        run = received(connection)
        pid = os.fork()
        if pid == 0:
            self.forget(connection)
            return run
        for number in run.files:
            os.close(number)
        self.clients[pid] = connection
        self.selector.register(connection, selectors.EVENT_READ, pid)
        connection.sendall(pid.to_bytes(8, "big"))
        return None

    def forget(self, connection: socket.socket) -> None:
        """In a child: nothing of the server is left."""
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        connection.close()
        self.close()

    def close(self) -> None:
        signal.set_wakeup_fd(-1)
        self.selector.close()
        for each in (self.listener, *self.clients.values()):
            each.close()
        for number in self.files:
            os.close(number)

    def tell(self) -> None:
        os.read(self.ended, 4096)
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                client = self.clients.pop(pid)
                with contextlib.suppress(KeyError):
                    self.selector.unregister(client)
                with contextlib.suppress(OSError):
                    client.sendall(status.to_bytes(8, "big"))
                client.close()


def become(run: Run) -> None:
    """Make of this child what a new process would be."""
    for number, own in zip(run.files, (0, 1, 2), strict=True):
        os.dup2(number, own)
        os.close(number)
    os.chdir(run.folder)
    os.environ.clear()
    os.environ.update(run.environment)
    sys.argv = ["nbcloud", *run.arguments]
    streams: dict[str, Any] = {"stdin": (0, "r", "strict"), "stdout": (1, "w", "strict")}
    streams["stderr"] = (2, "w", "backslashreplace")
    for name, (number, mode, errors) in streams.items():
        lines = number == 2 or (number == 1 and os.isatty(1))
        buffering = 1 if lines else -1
        stream = open(number, mode, buffering, encoding="utf-8", errors=errors, closefd=False)  # noqa: SIM115
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def main() -> None:
    preload()
    # What is loaded is not collected in a child, which would have to copy all of it.
    gc.collect()
    gc.freeze()
    server = Server(sys.argv[1])
    os.write(1, b"ready\n")
    run = server.serve()
    if run is None:
        server.close()
        return
    become(run)
    exec(run.before, {})
    from pulumi_nbcloud.cli import main as command

    command()


if __name__ == "__main__":
    main()
