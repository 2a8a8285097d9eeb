"""Run and end every command: errors become exit codes, signals end it immediately."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import traceback
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import NoReturn, TypeVar

import typer

from pulumi_nbcloud.cli import output
from pulumi_nbcloud.cli.exit_codes import ExitCode, of_error
from pulumi_nbcloud.errors import NbcloudError
from pulumi_nbcloud.printable import printable

T = TypeVar("T")

_SIGNAL_CODES = {signal.SIGINT: ExitCode.INTERRUPTED, signal.SIGTERM: ExitCode.TERMINATED}


def finish(
    work: Callable[[], ExitCode], *, verbose: bool = False, notify: Callable[[NbcloudError], ExitCode] = of_error
) -> NoReturn:
    """Run the work of a command and exit.

    Args:
        work: returns the exit code.
        verbose: whether to show the traceback of an internal error.
        notify: reports an error outside of stderr, which has it already, and returns the exit code.

    Raises:
        typer.Exit: always, with the exit code.
    """
    output.prepare()
    try:
        try:
            code = work()
        except NbcloudError as error:
            output.say(output.error_text(error))
            code = notify(error)
    except typer.Exit:
        raise
    except Exception as error:
        internal = _internal_error(error, verbose)
        code = ExitCode.INTERNAL_ERROR
        # The reporting itself may be broken.
        with contextlib.suppress(Exception):
            notify(internal)
    raise typer.Exit(int(code))


def _internal_error(error: Exception, verbose: bool) -> NbcloudError:
    """Report an internal error on stderr; return an error without its text, which may contain anything."""
    # Locals are not shown: they contain credentials.
    shown = "".join(traceback.format_exception(error)) if verbose else ""
    where = traceback.extract_tb(error.__traceback__)[-1]
    problem = (
        f"an internal error of nbcloud: {type(error).__name__} in {os.path.basename(where.filename)}:{where.lineno}"
    )
    text = printable(str(error)) if verbose else "its text may hold anything, so it is not shown"
    hint = "please report it with this line" + ("" if verbose else "; --verbose shows more")
    output.say(f"{shown}error: {problem} ({text})\nhint: {hint}")
    return NbcloudError(problem, hint=hint)


def run(
    work: Callable[[], Awaitable[T]],
    cancel: Callable[[ExitCode], None] | None = None,
    show: Callable[[T], None] | None = None,
) -> T:
    """Run asynchronous work on an event loop of its own; SIGINT and SIGTERM end it immediately.

    Args:
        work: its result is returned, its exception is raised.
        cancel: makes the work end with its current result; called on the event loop with the signal's exit code, at the
            first signal. By default the process ends then; at a second signal it always does.
        show: shows the result of the work. A signal ends the process even then, so it may block.

    Returns:
        The result of the work. After a signal this does not return: the process ends, because a name lookup that hangs
        would keep the loop from closing.
    """
    import anyio

    caught: list[signal.Signals] = []

    async def listen(*, task_status: anyio.abc.TaskStatus[None]) -> None:
        with _handlers_kept(caught), anyio.open_signal_receiver(*_SIGNAL_CODES) as signals:
            task_status.started()
            async for number in signals:
                caught.append(signal.Signals(number))
                code = _SIGNAL_CODES[caught[0]]
                if cancel is None:
                    output.say(f"error: ended by {caught[0].name} before the cloud had answered\nhint: run it again")
                    _end(code)
                _end_at_the_next(code)
                cancel(code)

    async def main() -> T:
        given: list[T] = []
        problem: Exception | None = None
        async with anyio.create_task_group() as group:
            await group.start(listen)
            # Re-raise outside of the group, which would wrap it.
            try:
                given.append(await work())
            except Exception as error:
                problem = error
            group.cancel_scope.cancel()
        # Before the loop is closed, which a hanging name lookup may delay.
        if given and show is not None:
            show(given[0])
        if caught:
            _end(_SIGNAL_CODES[caught[0]])
        if problem is not None:
            raise problem
        return given[0]

    return anyio.run(main)


@contextlib.contextmanager
def _handlers_kept(caught: list[signal.Signals]) -> Iterator[None]:
    """Restore the previous handlers, where asyncio would leave Python's own, which end in a traceback."""
    before = {number: signal.getsignal(number) for number in _SIGNAL_CODES}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if caught:
            _end_at_the_next(_SIGNAL_CODES[caught[0]])


def _end_at_the_next(code: ExitCode) -> None:
    # Outside of the event loop: an unwritable file may block it.
    for number in _SIGNAL_CODES:
        signal.signal(number, partial(_end_now, code))


def _end_now(code: ExitCode, number: int, frame: object) -> NoReturn:
    os._exit(code)


def _end(code: ExitCode) -> NoReturn:
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            try:
                stream.flush()
            except OSError:
                continue
    os._exit(code)
