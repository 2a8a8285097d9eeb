"""Classify Oracle's responses by HTTP status, and by the code where it is more specific.

Source: docs/vendors/aidp.md, DP-29 to DP-34.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pulumi_nbcloud.clouds.lockouts import lock_hint
from pulumi_nbcloud.clouds.statuses import clock_hint, described, message_in, passing, redirected, throttled
from pulumi_nbcloud.errors import (
    AuthenticationError,
    BadResponseError,
    NbcloudError,
    NotFoundError,
    PermissionDeniedError,
    RefusedError,
    lasting,
)
from pulumi_nbcloud.http.messages import Response
from pulumi_nbcloud.kinds.wire import NULL, TEXT, Body

MAX_CLOCK_SKEW_MINUTES = 5  # docs/vendors/aidp.md, DP-13

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,99}", re.ASCII)
# Oracle's own SDK retries these (docs/vendors/aidp.md, DP-33).
_PASSING_CODES = frozenset({"IncorrectState", "LockConflict"})
ERROR_BODY = Body(
    facts={"": "DP-29", "reason": "DP-42"},
    more={"code": TEXT, "message": TEXT, "reason": NULL},
    # docs/vendors/aidp.md, DP-30, DP-31, DP-33, DP-34
    values={"code": ("NotAuthorizedOrNotFound", "NotAuthenticated", "TooManyRequests", *sorted(_PASSING_CODES))},
    optional=("reason",),
)
_WRONG_ANSWERER = "check the endpoint: a sign-in page or a proxy may have answered in the cloud's place"


@dataclass(frozen=True)
class Fault:
    """The error that a response names, safe to show; empty where it names none."""

    code: str | None = None
    message: str = ""


def fault_of(response: Response) -> Fault:
    """Read the error from a body: `{code, message}`, or plain text; the content of a web page is not shown."""
    try:
        body = response.json()
    except BadResponseError:
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        text = response.body[:100_000].decode("utf-8", "replace").strip()
        plain = kind in ("", "text/plain") and not text.startswith("<")
        return Fault(message=response.text(text) if plain else "")
    if not isinstance(body, Mapping):
        return Fault()
    code, message = body.get("code"), body.get("message")
    text = message if isinstance(message, str) else message_in(body)
    return Fault(code if isinstance(code, str) and _CODE.fullmatch(code) else None, response.text(text))


def classify(response: Response, now: float, credentials_hint: str) -> NbcloudError | None:
    """Classify a response.

    Args:
        response: any response.
        now: the wall clock in seconds since 1970, to notice a clock that is off.
        credentials_hint: the hint for rejected credentials.

    Returns:
        None for a 200; otherwise an error whose class tells the caller what to do.
    """
    if response.status == 200:
        return None
    fault = fault_of(response)
    error = _error(response, fault, now, credentials_hint)
    return described(error, response, code=fault.code, message=fault.message)


def is_passing(response: Response) -> bool:
    """Return whether a response is a temporary conflict (docs/vendors/aidp.md, DP-33)."""
    return response.status == 409 and fault_of(response).code in _PASSING_CODES


def _error(response: Response, fault: Fault, now: float, credentials_hint: str) -> NbcloudError:
    status, code = response.status, fault.code
    if status == 401 or code == "NotAuthenticated":
        return AuthenticationError(
            "the cloud refuses the credentials",
            hint=lock_hint(fault.message) or clock_hint(response, now, MAX_CLOCK_SKEW_MINUTES) or credentials_hint,
        )
    if status == 403:
        return PermissionDeniedError(
            "the credentials may not read this",
            hint="ask for a policy that lets the user read sessions of this AI Data Platform",
        )
    if status == 404:
        return NotFoundError(
            "the cloud does not know it, or hides it",
            hint="check the ids; a missing permission looks the same, and so does a tenancy that serves another path: "
            "see the settings pathPrefix and endpoint",
        )
    if status == 429 or code == "TooManyRequests":
        return throttled(response, now)
    if (transient := passing(response, now, 503 if is_passing(response) else None)) is not None:
        return transient
    if (
        redirect := redirected(response, "check the setting endpoint: signed requests must reach the cloud itself")
    ) is not None:
        return redirect
    if code is not None:
        return RefusedError("the cloud refuses the request", hint="look the code up in Oracle's list of API errors")
    problem = "the answer is neither a session nor one of Oracle's errors"
    return lasting(BadResponseError(problem, hint=_WRONG_ANSWERER))
