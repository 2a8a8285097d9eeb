"""What can go wrong, by what the caller can do about it.

    NbcloudError
    ├── InputError              correct the program: an argument cannot be right
    ├── SettingsError           correct the settings: something is missing, duplicate or ill-formed
    ├── AuthenticationError     renew the credentials; trying again with the same ones locks them
    ├── PermissionDeniedError   ask for the permission; the credentials themselves are right
    ├── NotFoundError           wait, or correct the id
    ├── RefusedError            read the code: the cloud answered an error of its own
    ├── UnreachableError        try again later
    │   └── ThrottledError      try again after `retry_after`
    ├── ExpectationError        look at the thing: `expect` of a lookup does not hold for it
    └── BadResponseError        report it: the answer is not what the vendor's page says

The text of an error is a headline that says what and which, then an indented line for each fact, then a line `hint:`;
`line` is the same in one line, for logs. It holds no secret: credentials never enter an error, and remote text is
redacted, cut and made printable first. Whatever it holds, the program's own strings included, it acts on no terminal,
no CI runner and no display of the Pulumi CLI.

Nothing edits the text of an error. It is composed of its parts: who needs another sentence makes another error of the
same response, see `NbcloudError.of_response`.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from pulumi_nbcloud.printable import printable_lines

TRY_LATER = "try again later"
"""The hint where the cloud cannot answer now and does not say when it can; a wait tries again, and knows better."""

HEADLINE = 120
"""The longest headline, in characters; a subject that is too long for it is cut, and is a fact besides."""

NOT_MET = "not met"
"""The name of the fact that is a clause which is not met; each is a line of its own."""

_SUBJECT = 40

ErrorT = TypeVar("ErrorT", bound="NbcloudError")


class NbcloudError(Exception):
    """The base of every error that this package raises on purpose."""

    def __init__(
        self,
        problem: str,
        *,
        hint: str | None = None,
        where: str | None = None,
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
        subject: str | None = None,
        vendor_message: str | None = None,
        facts: Iterable[tuple[str, str]] = (),
    ) -> None:
        """Describe what went wrong.

        Args:
            problem: what is wrong, in one line without a full stop.
            hint: what the caller can do, in one line; a command that is ready to paste stands in a second.
            where: the method and URL of the request, if one was sent.
            status: the HTTP status of the response, if there was one.
            code: the vendor's error code, if the response has one.
            request_id: the vendor's id of the request, if the response has one.
            subject: the kind and id that were read, for example `modelarts:NotebookLease 0b9c…`.
            vendor_message: the vendor's own message, printable and redacted, if the response has one.
            facts: what else there is to say, each a name and one line: `("polls", "12")`.
        """
        super().__init__(problem)
        self.summary = problem
        self.hint = hint
        self.where = where
        self.status = status
        self.code = code
        self.request_id = request_id
        self.subject = subject
        self.vendor_message = vendor_message
        self.facts = tuple(facts)
        self.attempts: int | None = None

    @classmethod
    def of_response(cls: type[ErrorT], error: NbcloudError, problem: str, *, hint: str | None) -> ErrorT:
        """Make an error that says more of a response than another error of it does.

        Args:
            error: of the same response.
            problem: what is wrong, in one line without a full stop.
            hint: what the caller can do.
        """
        return cls(
            problem,
            hint=hint,
            where=error.where,
            status=error.status,
            code=error.code,
            request_id=error.request_id,
            vendor_message=error.vendor_message,
        )

    @property
    def problem(self) -> str:
        """What is wrong, in one line: the summary, the vendor's message, how often it was tried, and all facts."""
        quoted = f'{self.summary}: "{self.vendor_message}"' if self.vendor_message else self.summary
        tried = [f"attempts made: {self.attempts}"] if self.attempts else []
        return "; ".join((quoted, *tried, *(f"{name}: {value}" for name, value in self.facts)))

    @property
    def headline(self) -> str:
        """What is wrong, and with what: the first line of the text, at most 120 characters where the summary allows."""
        subject = self._subject_shown
        return f"{subject}: {self.summary}" if subject else self.summary

    @property
    def _subject_shown(self) -> str | None:
        subject, room = self.subject, max(_SUBJECT, HEADLINE - len(self.summary) - len(": "))
        if not subject or len(subject) <= room or "\n" in self.summary:
            return subject
        parts = subject.split(", ")
        if len(parts) > 1:
            return f"{len(parts)} targets"
        # The kind and both ends of the id: many begin alike.
        kept = room - len("…")
        return f"{subject[: kept - kept // 4]}…{subject[-(kept // 4) :]}"

    def all_facts(self) -> Iterator[tuple[str, str]]:
        """Yield what the text says below the headline, each once: a name and one line."""
        if self.subject and self.subject != self._subject_shown:
            yield from (("target", each) for each in self.subject.split(", "))
        yield from self.facts
        if self.vendor_message:
            yield "vendor message", self.vendor_message
        if self.attempts:
            yield "attempts made", str(self.attempts)
        if self.status:
            yield "response", " ".join(str(part) for part in ("HTTP", self.status, self.code) if part)
        if self.where:
            yield "request", self.where
        if self.request_id:
            yield "request id", self.request_id

    @property
    def line(self) -> str:
        """The text in one line, without the hint: what is wrong, with what, where and which request."""
        answer = " ".join(str(part) for part in ("HTTP", self.status, self.code) if part) if self.status else ""
        request = f"request id {self.request_id}" if self.request_id else ""
        context = ", ".join(part for part in (answer, self.where, request) if part)
        line = f"{self.subject}: {self.problem}" if self.subject else self.problem
        return printable_lines(f"{line} ({context})" if context else line)

    def __copy__(self) -> NbcloudError:
        return _rebuilt(type(self), self.args, self.__dict__)

    def __deepcopy__(self, memo: dict[int, Any]) -> NbcloudError:
        return self.__copy__()  # it holds nothing that can change

    def __reduce__(self) -> tuple[Any, ...]:
        # As the nearest class that can be found by name: in a Pulumi program an error is of a class made on the spot.
        public = next(cls for cls in type(self).__mro__ if _findable(cls))
        return _rebuilt, (public, self.args, self.__dict__)

    def __repr__(self) -> str:
        return printable_lines(super().__repr__())

    def __str__(self) -> str:
        # Here, so that it holds however an error reaches a display: raised, printed or logged by the program.
        facts = (f"  {name}: {value}" for name, value in self.all_facts())
        hint = (f"hint: {self.hint}",) if self.hint else ()
        return printable_lines("\n".join((self.headline, *facts, *hint)))


def _findable(cls: type) -> bool:
    return getattr(sys.modules.get(cls.__module__), cls.__qualname__, None) is cls


def _rebuilt(cls: type[NbcloudError], args: tuple[Any, ...], state: dict[str, Any]) -> NbcloudError:
    """Make an error from its parts, whatever its constructor takes."""
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class InputError(NbcloudError):
    """An argument cannot be right, or the program is ending; nothing was sent. Correct the program."""


class SettingsError(NbcloudError):
    """A setting is missing, duplicate or ill-formed; nothing was sent. Correct the settings."""


class AuthenticationError(NbcloudError):
    """The cloud does not accept the credentials. Renew them: later reads fail unsent until their source changes."""


class PermissionDeniedError(NbcloudError):
    """The credentials are right but not allowed to read this. Ask for the permission."""


class NotFoundError(NbcloudError):
    """The thing does not exist, or not yet. Wait, or correct its id."""


class RefusedError(NbcloudError):
    """The cloud responded with an error code of its own. Read `code`: the vendor's page explains it."""


class UnreachableError(NbcloudError):
    """No usable response came within the deadline, after retries. Try again later, after `retry_after` if it is set."""

    retry_after: float | None = None
    """How long the cloud asks to wait, in seconds; None where it does not say."""
    retry_time: str | None = None
    """When that time is over, as `2026-11-28T14:05:00Z`; None where the cloud does not say."""


class ThrottledError(UnreachableError):
    """The cloud asks for fewer requests. Try again after `retry_after` seconds, if it is set."""


class ExpectationError(NbcloudError):
    """The condition `expect` does not hold for what a lookup read. Look at the thing, or correct `expect`."""


class BadResponseError(NbcloudError):
    """The response is not what the vendor's page describes. Check the endpoint; if it is right, report this."""

    lasting: bool = False
    """Whether another read gets the same response, unless somebody changes a setting."""


def lasting(error: BadResponseError) -> BadResponseError:
    """Mark an error that stays the same however often one reads: a certificate, a redirect, something else's answer."""
    error.lasting = True
    return error


def too_late(error: BaseException) -> InputError | None:
    """Explain an error that says that a thread cannot be started because the program is ending; None for any other.

    Python ends in steps: executors, which resolve host names, take no work any more and cannot be imported for the
    first time; its main thread is over; the others are waited for; callbacks of `atexit` are called. 3.12 starts no
    thread from the beginning of this on.
    """
    # Executors end a moment before the main thread is over.
    ending = not threading.main_thread().is_alive() or "interpreter shutdown" in str(error)
    if not (ending and isinstance(error, RuntimeError)):
        return None
    return InputError(
        "nothing can be read any more, because the program is ending",
        hint="read it earlier: not in an atexit callback, and not in a thread that goes on after the program",
    )


@contextlib.contextmanager
def in_time() -> Iterator[None]:
    """Raise the error of `too_late` in the place of what it explains."""
    try:
        yield
    except RuntimeError as error:
        late = too_late(error)
        if late is None:
            raise
        raise late from None
