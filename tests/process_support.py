"""The service as a process of its own, and what is sent to it byte for byte."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from nbcloud_support import LIMIT_SECONDS
from preloaded import cold_command
from typer.testing import CliRunner

from pulumi_nbcloud.cli.app import app

ROOT = str(Path(__file__).parents[1])


def environment(changes: Mapping[str, str] | None = None) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": ROOT, "NO_COLOR": "1", "TERM": "dumb", **(changes or {})}


def run(*arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Runs the command `nbcloud serve` in this process, where it ends before it listens."""
    done = CliRunner().invoke(app, ["serve", *arguments], env=env, catch_exceptions=False, prog_name="nbcloud")
    return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)


def run_process(*arguments: str, before: str = "") -> subprocess.CompletedProcess[str]:
    """Runs the command `nbcloud serve` as a process to its end."""
    return subprocess.run(
        cold_command("serve", *arguments, before=before),
        env=environment(),
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        stdin=subprocess.DEVNULL,
    )


@dataclass
class Process:
    """A service that takes requests."""

    process: subprocess.Popen[str]
    origin: str
    metrics: str | None = None

    @property
    def port(self) -> int:
        port = urlsplit(self.origin).port
        assert port is not None
        return port

    def post(self, path: str, **how: Any) -> httpx.Response:
        return httpx.post(f"{self.origin}{path}", timeout=LIMIT_SECONDS, trust_env=False, **how)

    def get(self, path: str, **how: Any) -> httpx.Response:
        return httpx.get(f"{self.origin}{path}", timeout=LIMIT_SECONDS, trust_env=False, **how)

    def end(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str, str]:
        """Ends it by a signal; gives its exit code and the rest of its output."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=LIMIT_SECONDS)
        return self.process.returncode, out, err

    def raw(self, *parts: bytes) -> bytes:
        """Sends bytes on a connection of their own; gives all that comes back until it is closed."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=LIMIT_SECONDS) as connection:
            for each in parts:
                connection.sendall(each)
            return received(connection)


def received(connection: socket.socket) -> bytes:
    """What comes until the other side closes."""
    found = b""
    try:
        while part := connection.recv(65_536):
            found += part
    except ConnectionResetError:
        pass
    return found


@contextmanager
def serving(
    folder: Path, content: Any, *options: str, env: Mapping[str, str] | None = None, before: str = ""
) -> Iterator[Process]:
    """Starts the service, and ends it whatever the test does."""
    path = folder / "gates.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    port = () if "--port" in options else ("--port", "0")
    process = subprocess.Popen(
        cold_command("serve", str(path), *port, *options, before=before),
        env=environment(env),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        line = process.stdout.readline()
        assert line.startswith("serving "), line + process.stderr.read()
        metrics = process.stdout.readline().split()[-1] if "--metrics-port" in options else None
        yield Process(process, line.split()[-1], metrics)
    finally:
        process.kill()
        process.communicate()
