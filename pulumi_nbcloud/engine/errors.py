"""Errors on their way to the engine: from a provider's methods, a hook, a check, and the program.

The text of this package's own errors is harmless. Any other is an internal error: its text may contain what a cloud
sent, so it is rewritten before the SDK prints it.
"""

from __future__ import annotations

import functools
import inspect
import os
import traceback
from collections.abc import Callable, Iterable
from concurrent.futures import CancelledError
from typing import Any, TypeVar

import pulumi
from pulumi.dynamic import CheckFailure, ResourceProvider

from pulumi_nbcloud.errors import NbcloudError
from pulumi_nbcloud.printable import printable_lines

WorkT = TypeVar("WorkT", bound=Callable[..., Any])

PROVIDER_METHODS = ("configure", "check", "diff", "create", "read", "update", "delete")


class InternalError(pulumi.RunError):
    """An error that this package did not expect. Only its text is shown, and contains the traceback already."""


def harmless(error: Exception) -> Exception:
    """Return an error that is safe for the engine: the same if it is one of this package, otherwise an internal error.

    Args:
        error: the exception; of an internal error only the text is kept.
    """
    if isinstance(error, (NbcloudError, InternalError, CancelledError)):
        return error
    frames = traceback.extract_tb(error.__traceback__)
    where = f" in {os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else ""
    lines = "".join(traceback.format_exception(error)).rstrip()
    # Without the frames below, whose local variables may hold credentials: some tools print them.
    error.__cause__ = error.__context__ = error.__traceback__ = None
    problem = f"internal error of pulumi-nbcloud: {type(error).__name__}{where}"
    return InternalError(printable_lines(f"{problem}\nhint: report it with these lines\n{lines}"))


def guarded(work: WorkT) -> WorkT:
    """Wrap a function, plain or async, so that the errors which the SDK shows are harmless."""
    if inspect.iscoroutinefunction(work):

        @functools.wraps(work)
        async def waited(*args: Any, **named: Any) -> Any:
            try:
                return await work(*args, **named)
            except Exception as error:
                raise harmless(error) from None

        return waited  # type: ignore[return-value]

    @functools.wraps(work)
    def called(*args: Any, **named: Any) -> Any:
        try:
            return work(*args, **named)
        except Exception as error:
            raise harmless(error) from None

    return called  # type: ignore[return-value]


class EngineProvider(ResourceProvider):
    """The base of this package's providers: their methods raise only harmless errors. States name its subclasses."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for name in PROVIDER_METHODS:
            if name in vars(cls):
                setattr(cls, name, guarded(vars(cls)[name]))


def check_failures(problems: Iterable[str]) -> list[CheckFailure]:
    """Return problems as the failures of a check.

    Each names its field in its text only, because the engine prints the value of the property that a failure names.
    """
    return [CheckFailure("", printable_lines(problem)) for problem in problems]


def hook(name: str | None, work: Callable[[pulumi.ResourceHookArgs], Any]) -> Any:
    """Make a hook of the engine, whose messages show its name.

    Args:
        name: its name; None to let the engine name it.
        work: what it does.
    """
    return pulumi.ResourceHook(printable_lines(name), work) if name else work
