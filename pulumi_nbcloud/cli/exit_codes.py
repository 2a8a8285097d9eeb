"""How the command ends: one code for each thing that a pipeline can do about it."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from pulumi_nbcloud.errors import (
    AuthenticationError,
    BadResponseError,
    ExpectationError,
    InputError,
    NbcloudError,
    NotFoundError,
    PermissionDeniedError,
    RefusedError,
    SettingsError,
    UnreachableError,
)

if TYPE_CHECKING:
    from pulumi_nbcloud.waiting.outcome import Outcome


class ExitCode(IntEnum):
    """The exit codes of `nbcloud`; frozen from 0.1.0 on."""

    MET = 0, "done: the condition is met, the wait is advisory, disabled or overridden, or the thing was read"
    FAILED = 1, "what was waited for has failed, or is gone; doctor: the clock is wrong"
    USAGE = 2, "the command line, a condition or a setting cannot be right, or doctor found no cloud that is set up"
    NOT_FOUND = 3, "not found, or it never appeared"
    UNAUTHORIZED = 4, "the cloud rejects the credentials, or the permission is missing"
    UNREACHABLE = 5, "no usable response, after retries"
    BAD_RESPONSE = 6, "the cloud responded with an error of its own, or with what its documentation does not describe"
    INTERNAL_ERROR = 70, "an internal error of nbcloud"
    OUTPUT = (
        74,
        (
            "the wait or the read was fine (otherwise 0 or 75), but the output or the file of --resume or --out could"
            " not be written"
        ),
    )
    AWAITING = 75, "nothing is decided within hold: run the same command again, the deadline stays"
    TIMED_OUT = 124, "the condition was not met in time, or nothing changed for too long"
    INTERRUPTED = 130, "ended by SIGINT (Ctrl-C)"
    TERMINATED = 143, "ended by SIGTERM"

    meaning: str
    """What it says, in one line."""

    def __new__(cls, value: int, meaning: str = "") -> ExitCode:
        """Make the code of a number and its meaning."""
        made = int.__new__(cls, value)
        made._value_ = value
        made.meaning = meaning
        return made


# The first that an error is an instance of counts.
_ERRORS: tuple[tuple[type[NbcloudError], ExitCode], ...] = (
    (ExpectationError, ExitCode.FAILED),
    (InputError, ExitCode.USAGE),
    (SettingsError, ExitCode.USAGE),
    (NotFoundError, ExitCode.NOT_FOUND),
    (AuthenticationError, ExitCode.UNAUTHORIZED),
    (PermissionDeniedError, ExitCode.UNAUTHORIZED),
    (UnreachableError, ExitCode.UNREACHABLE),
    (RefusedError, ExitCode.BAD_RESPONSE),
    (BadResponseError, ExitCode.BAD_RESPONSE),
)


def of_error(error: NbcloudError) -> ExitCode:
    """Return the exit code of an error that ended the command."""
    from pulumi_nbcloud.waiting.outcome import WaitError

    if isinstance(error, WaitError):
        return of_outcome(error.outcome)
    return next((code for kind, code in _ERRORS if isinstance(error, kind)), ExitCode.INTERNAL_ERROR)


def of_outcome(outcome: Outcome) -> ExitCode:
    """Return the exit code of a wait; a cancelled one was ended by a signal, whose code the command knows better."""
    from pulumi_nbcloud.waiting.outcome import Outcome

    return {
        Outcome.MET: ExitCode.MET,
        Outcome.FAILED: ExitCode.FAILED,
        Outcome.GONE: ExitCode.FAILED,
        Outcome.TIMED_OUT: ExitCode.TIMED_OUT,
        Outcome.STALLED: ExitCode.TIMED_OUT,
        Outcome.NEVER_APPEARED: ExitCode.NOT_FOUND,
        Outcome.UNREACHABLE: ExitCode.UNREACHABLE,
        Outcome.BAD_RESPONSE: ExitCode.BAD_RESPONSE,
        Outcome.UNAUTHORIZED: ExitCode.UNAUTHORIZED,
        Outcome.BAD_CONDITION: ExitCode.USAGE,
        Outcome.AWAITING: ExitCode.AWAITING,
        Outcome.OVERRIDDEN: ExitCode.MET,
        Outcome.CANCELLED: ExitCode.INTERRUPTED,
    }[outcome]


def rows() -> tuple[tuple[str, str], ...]:
    """Return the exit codes and what they mean."""
    return tuple((f"{code.value:>3}", code.meaning) for code in ExitCode)
