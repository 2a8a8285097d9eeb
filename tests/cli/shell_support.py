"""A shell on a pseudo-terminal, whose screen a test reads as a person does."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pexpect
import pyte
from nbcloud_support import LIMIT_SECONDS

PROMPT = "@@ "
ROWS, COLUMNS = 60, 200


class Shell:
    """A shell that waits for input.

    Args:
        arguments: the shell and its options.
        environment: of the shell.
        folder: where it starts.
    """

    def __init__(self, arguments: list[str], environment: Mapping[str, str], folder: Path) -> None:
        self.screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self.screen)
        self._child: pexpect.spawn[bytes] = pexpect.spawn(
            arguments[0],
            arguments[1:],
            cwd=str(folder),
            env={**environment, "TERM": "xterm-256color"},
            dimensions=(ROWS, COLUMNS),
            timeout=LIMIT_SECONDS,
        )

    @property
    def lines(self) -> list[str]:
        """What is on the screen, without the empty lines below."""
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip().split("\n")

    @property
    def line(self) -> str:
        """What stands behind the last prompt, up to the cursor where that is farther right."""
        last = max((index for index, line in enumerate(self.lines) if line.startswith(PROMPT.rstrip())), default=None)
        if last is None:
            return ""
        whole = self.screen.display[last]
        end = max(len(whole.rstrip()), self.screen.cursor.x if self.screen.cursor.y == last else 0)
        return whole[len(PROMPT) : end]

    def until(self, holds: Callable[[], bool], what: str) -> None:
        """Read what the shell writes until the screen is as expected."""
        end = time.monotonic() + LIMIT_SECONDS
        while not holds():
            if time.monotonic() > end:
                shown = "\n".join(self.lines)
                raise AssertionError(f"never on the screen: {what}\n{shown}")
            self._read()

    def send(self, text: str) -> None:
        self._child.send(text)

    def run(self, command: str) -> None:
        """Run a command and wait for the next prompt, on an empty screen."""
        self.send(f"{command}; clear\r")
        self.until(lambda: self.lines == [PROMPT.rstrip()], f"the prompt after {command}")

    def offered(self, typed: str, expected: str) -> None:
        """Type a line and TAB; check what stands there then, and leave the line empty."""
        self.send(typed)
        self.until(lambda: self.line == typed, typed)
        self.send("\t")
        # Behind a quotation mark that they close, some shells put a space.
        ends = (expected, f"{expected} ") if expected.endswith("'") else (expected,)
        self.until(lambda: self.line in ends, expected)
        self.empty()

    def offers_nothing(self, typed: str) -> None:
        """Type a line, TAB and one letter more; check that only these stand there."""
        self.send(f"{typed}\tz")
        self.until(lambda: self.line.endswith("z"), f"{typed}z")
        assert self.line == f"{typed}z"
        self.empty()

    def empty(self) -> None:
        """Take back what was typed, and wait for an empty screen."""
        # Ctrl-U and not Ctrl-C: bash may drop an interrupt that comes while it draws what it has completed.
        self.send("\x15")
        self.until(lambda: not self.line, "an empty line")
        self.run(":")

    def close(self) -> None:
        self._child.close(force=True)

    def _read(self) -> None:
        try:
            self._stream.feed(self._child.read_nonblocking(65_536, timeout=1))
        except pexpect.TIMEOUT:
            return


STARTS: dict[str, tuple[list[str], list[str]]] = {
    "bash": (
        ["bash", "--norc", "--noprofile", "-i"],
        [
            "bind 'set bell-style none'; bind 'set enable-bracketed-paste off'; PS1='@@ '",
            "source <(nbcloud completion bash)",
        ],
    ),
    "zsh": (
        ["zsh", "-f", "-i"],
        ["PROMPT='@@ '; unsetopt beep", "autoload -Uz compinit; compinit -u -D", "source <(nbcloud completion zsh)"],
    ),
    "fish": (
        ["fish", "--no-config", "-i"],
        [
            "function fish_prompt; echo -n '@@ '; end; function fish_greeting; end; set fish_autosuggestion_enabled 0",
            "nbcloud completion fish | source",
        ],
    ),
}


@contextmanager
def shell(name: str, environment: Mapping[str, str], folder: Path) -> Iterator[Shell]:
    """Starts a shell that has loaded the completion, and ends it whatever the test does."""
    arguments, commands = STARTS[name]
    found = Shell(arguments, environment, folder)
    try:
        for command in commands:
            found.run(command)
        yield found
    finally:
        found.close()
