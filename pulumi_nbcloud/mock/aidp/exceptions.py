"""Errors of AIDP and of Oracle's gateway in front of it, on the wire.

The texts are the mock's own.

Source: docs/vendors/aidp.md, DP-29 to DP-31.
"""

from __future__ import annotations


class WireError(Exception):
    """An error response: an HTTP `status`, a `code` and a one-line `message`."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    def body(self) -> dict[str, str]:
        """Return the JSON body."""
        return {"code": self.code, "message": self.message}


class NotAuthenticated(WireError):
    """The gateway does not accept the signature.

    The real one does not name the reason (docs/vendors/aidp.md, DP-31); `reason` is the mock's help.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(401, "NotAuthenticated", f"The request could not be authenticated: {reason}")


class NotAuthorizedOrNotFound(WireError):
    """There is no such thing, or the caller has no access: one response for both (docs/vendors/aidp.md, DP-30)."""

    def __init__(self) -> None:
        super().__init__(404, "NotAuthorizedOrNotFound", "Authorization failed or requested resource not found")


class InvalidRequestId(WireError):
    """`opc-request-id` contains other characters than letters, digits, `_` and `-` (docs/vendors/aidp.md, DP-7).

    The cloud's response to it is not documented; a rejection reveals the client's mistake.
    """

    def __init__(self) -> None:
        super().__init__(400, "InvalidParameter", "opc-request-id holds characters that are not valid")
