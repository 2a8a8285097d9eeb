"""Classify HPC-AI's responses: by the text of the body before the HTTP status, which the vendor's pages do not name.

Source: docs/vendors/hpcai.md, HPC-22 to HPC-25.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pulumi_nbcloud.clouds.lockouts import sign_in_hint
from pulumi_nbcloud.clouds.statuses import described, message_in, passing, redirected, throttled
from pulumi_nbcloud.errors import (
    AuthenticationError,
    BadResponseError,
    NbcloudError,
    PermissionDeniedError,
    RefusedError,
    lasting,
)
from pulumi_nbcloud.http.messages import Response
from pulumi_nbcloud.kinds.wire import NUMBER, TEXT, Body

# The page's own text is "Not logged in or login expired, please log in again"; either half alone counts too.
SIGNED_OUT_TEXTS = ("not logged in", "login expired")
ERROR_BODY = Body(
    facts={"": "HPC-22"},
    more={"code": NUMBER, "message": TEXT},
    values={"code": ("-1", "0")},
    # docs/vendors/hpcai.md, HPC-23
    optional=("code",),
)
CREDENTIALS_HINT = "renew the API key or access token, or correct user name and password; not sent again until changed"


@dataclass(frozen=True)
class Fault:
    """The error in a response's body.

    Args:
        code: the vendor's code; None where there is none.
        message: the vendor's text; empty where there is none.

    Neither is safe to show unredacted.
    """

    code: str | None = None
    message: str = ""

    @property
    def signed_out(self) -> bool:
        """Whether the text means that nobody is logged in."""
        text = self.message.casefold()
        return any(each in text for each in SIGNED_OUT_TEXTS)


def fault_of(response: Response, result: str) -> Fault | None:
    """Read the error from a body.

    Args:
        response: any response.
        result: the field of a successful response: a `message` beside it is no error.

    Returns:
        Code and text; None for a body that is no object or names no error: a code of 0, or a result without a code.
    """
    try:
        body = response.json()
    except BadResponseError:
        return None
    if not isinstance(body, Mapping):
        return None
    code, message = body.get("code"), body.get("message")
    text = message if isinstance(message, str) else ""
    if not text and response.status >= 400:
        # A gateway in front of the cloud uses texts of its own.
        text = message_in(body)
    if isinstance(code, (int, str)) and not isinstance(code, bool) and str(code).strip() not in ("", "0"):
        return Fault(str(code), text)
    return Fault(None, text) if text and result not in body else None


def classify(response: Response, now: float, *, result: str = "instances") -> NbcloudError | None:
    """Classify a response.

    Args:
        response: any response.
        now: the wall clock in seconds since 1970, for a Retry-After date.
        result: the field of a successful response.

    Returns:
        None for a 200 whose body names no error; otherwise an error whose class tells the caller what to do.
    """
    fault = fault_of(response, result)
    if response.status == 200 and fault is None:
        return None
    code = None if fault is None or fault.code is None else response.text(fault.code, 40)
    return described(
        _error(response, fault, now), response, code=code, message=response.text(fault.message) if fault else None
    )


def _error(response: Response, fault: Fault | None, now: float) -> NbcloudError:
    status = response.status
    if status == 401 or (fault is not None and fault.signed_out):
        hint = sign_in_hint(response.text(fault.message)) if fault else None
        return AuthenticationError("the cloud refuses the credentials", hint=hint or CREDENTIALS_HINT)
    if status == 403:
        return PermissionDeniedError(
            "the credentials may not read this", hint="check that the account may list instances"
        )
    if status == 429:
        return throttled(response, now)
    if (transient := passing(response, now)) is not None:
        return transient
    if (
        redirect := redirected(
            response,
            "if that is the cloud, set it as endpoint (nbcloud:hpcai.endpoint, or NBCLOUD_HPCAI_ENDPOINT): "
            "a redirected POST would arrive as a GET",
        )
    ) is not None:
        return redirect
    if fault is not None:
        return RefusedError("the cloud refuses the request", hint="read the cloud's own text")
    return lasting(
        BadResponseError(
            "the answer is neither a result nor one of HPC-AI's errors",
            hint="check endpoint: a sign-in page or a proxy may have answered in the cloud's place",
        )
    )
