"""Runs a command of the process of `preloaded_server`, as if this process ran it; see `preloaded`.

    python -I -S preloaded_client.py SOCKET BEFORE ARGUMENT...

Next to no modules, and none of ours: it starts in ten milliseconds.
"""

from __future__ import annotations

import _socket
import marshal
import os
import signal
import sys

FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGWINCH)


def main() -> None:
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    connection.connect(sys.argv[1])
    body = marshal.dumps((sys.argv[2:], {**os.environ}, os.getcwd()))
    descriptors = b"".join(number.to_bytes(4, sys.byteorder) for number in (0, 1, 2))
    head = len(body).to_bytes(8, "big")
    connection.sendmsg([head], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, descriptors)])
    connection.sendall(body)
    pid = int.from_bytes(received(connection), "big")

    def forward(number: int, _: object) -> None:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return

    for number in FORWARDED:
        signal.signal(number, forward)
    status = int.from_bytes(received(connection), "big")
    if os.WIFSIGNALED(status):
        if os.WTERMSIG(status) != signal.SIGKILL:
            signal.signal(os.WTERMSIG(status), signal.SIG_DFL)
        os.kill(os.getpid(), os.WTERMSIG(status))
    os._exit(os.WEXITSTATUS(status))


def received(connection: _socket.socket) -> bytes:
    """Eight bytes; where the server has ended, this process ends too."""
    data = b""
    while len(data) < 8:
        part = connection.recv(8 - len(data))
        if not part:
            os._exit(99)
        data += part
    return data


main()
