"""Errors of HPC-AI on the wire.

Only two error bodies are published: the one of the list page, with a code, and the one of the stop page, without. No
page names an HTTP status. The texts are the mock's own unless a comment says otherwise.

Source: docs/vendors/hpcai.md, HPC-22 to HPC-24.
"""

from __future__ import annotations

from typing import Any


class WireError(Exception):
    """An error response: an HTTP `status`, a one-line `message`, and a `code` or none."""

    def __init__(self, status: int, message: str, code: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    def body(self) -> dict[str, Any]:
        """Return the JSON body."""
        return {"message": self.message} if self.code is None else {"code": self.code, "message": self.message}


class NotLoggedIn(WireError):
    """Nobody is logged in: code and text of the list page's error example.

    Whether its status is 200 or 401 is not documented (docs/vendors/hpcai.md, HPC-24): the mock supports both.
    """

    def __init__(self, status: int) -> None:
        super().__init__(status, "Not logged in or login expired, please log in again", -1)


class LoginRefused(WireError):
    """A login with a wrong password or an unknown user. The cloud's response is not published; this is a guess."""

    def __init__(self, status: int) -> None:
        super().__init__(status, "incorrect username or password", -1)


class NotAllowed(WireError):
    """The caller is known but may not list; no page describes it."""

    def __init__(self) -> None:
        super().__init__(403, "permission denied")


class ServerPanic(WireError):
    """The response to a list without `pager`: 500 (docs/vendors/hpcai.md, HPC-9); its body is not known."""

    def __init__(self) -> None:
        super().__init__(500, "internal server error")


class PageTooLarge(WireError):
    """A page with more rows than the cloud allows.

    The rejection and its form are guesses (docs/vendors/hpcai.md, HPC-10).
    """

    def __init__(self, largest: int) -> None:
        super().__init__(400, f"pageSize must be at most {largest}")


class NoSuchPath(WireError):
    """An unknown path or method; the delete path of an older page gets 404 (docs/vendors/hpcai.md, HPC-3)."""

    def __init__(self) -> None:
        super().__init__(404, "page not found")
