"""Errors of ModelArts and of the gateway in front of it, on the wire.

The texts are the mock's own unless a comment says otherwise.

Source: docs/vendors/modelarts.md, MA-24 to MA-31.
"""

from __future__ import annotations

from typing import Any


class WireError(Exception):
    """An error response: an HTTP `status`, a `code` and a one-line `message`."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    def body(self, request_id: str) -> dict[str, Any]:
        """Return the JSON body. Only the gateway repeats the request id in it (docs/vendors/modelarts.md, MA-24)."""
        body: dict[str, Any] = {"error_code": self.code, "error_msg": self.message}
        if self.code.startswith("APIGW."):
            body["request_id"] = request_id
        return body


class ApiNotFound(WireError):
    """The gateway has no API for this method and path.

    The gateway looks an API up by method and path together, so a known path with another method is not found either
    (docs/vendors/modelarts.md, MA-26).
    """

    def __init__(self, method: str) -> None:
        super().__init__(404, "APIGW.0101", f"The API does not exist: {method} on this path is not published")


class Unauthenticated(WireError):
    """The gateway does not accept the signature; `reason` explains why (docs/vendors/modelarts.md, MA-15, MA-25)."""

    def __init__(self, reason: str) -> None:
        super().__init__(401, "APIGW.0301", f"Incorrect IAM authentication information: {reason}")


class ProjectMismatch(WireError):
    """The project in the path is not one of the caller's (docs/vendors/modelarts.md, MA-9)."""

    def __init__(self) -> None:
        super().__init__(403, "ModelArts.0210", "The project in the URL is not a project of the caller")


class NotAuthorized(WireError):
    """The caller is known but not allowed to read (docs/vendors/modelarts.md, MA-27)."""

    def __init__(self) -> None:
        super().__init__(403, "ModelArts.0108", "The caller has no permission for this operation")


class TokenExpired(WireError):
    """The token in X-Auth-Token has expired and must be replaced (docs/vendors/modelarts.md, MA-26)."""

    def __init__(self) -> None:
        super().__init__(401, "APIGW.0307", "The token must be updated")


class IamError(WireError):
    """An error of IAM itself, in a form of its own (docs/vendors/modelarts.md, MA-10)."""

    def __init__(self, status: int, title: str, message: str) -> None:
        super().__init__(status, "", message)
        self.title = title

    def body(self, request_id: str) -> dict[str, Any]:
        """Return the JSON body; its `code` is the status once more."""
        return {"error": {"message": self.message, "code": self.status, "title": self.title}}


class BadLogin(IamError):
    """User name, password or account name is wrong; IAM does not name which."""

    def __init__(self) -> None:
        super().__init__(401, "Unauthorized", "The username or password is wrong.")


class BadScope(IamError):
    """The project of a login does not belong to the user.

    The rejection is documented, its status is not (docs/vendors/modelarts.md, MA-11); 401 would make a wrong
    project look like a wrong password, so the mock takes 400.
    """

    def __init__(self) -> None:
        super().__init__(400, "Bad Request", "The scope names no project of the user.")


class MalformedLogin(IamError):
    """The body of a login has another form than the page's."""

    def __init__(self, field: str) -> None:
        super().__init__(400, "Bad Request", f"The request body is invalid: {field}")


class InvalidParameter(WireError):
    """A parameter is malformed.

    Not documented for the lease or the jobs. The sibling workflow API rejects a malformed UUID this way, like the mock
    (docs/vendors/modelarts.md, MA-31).
    """

    def __init__(self, name: str, reason: str = "is not a UUID") -> None:
        super().__init__(400, "ModelArts.0104", f"Invalid parameter: {name} {reason}")


class NotebookNotFound(WireError):
    """There is no such notebook. ModelArts responds with 400, not 404 (docs/vendors/modelarts.md, MA-28)."""

    def __init__(self) -> None:
        super().__init__(400, "ModelArts.6309", "The notebook instance does not exist")


class NotebookNotRunning(WireError):
    """The notebook exists but is not running; `code` shows why (docs/vendors/modelarts.md, MA-28)."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(400, code, message)
