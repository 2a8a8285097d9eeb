"""Classify Huawei's responses: by the gateway's codes (APIGW.…) and ModelArts' own, before the HTTP status.

Source: docs/vendors/modelarts.md, MA-24 to MA-34, MA-59, MA-60.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pulumi_nbcloud.clouds.lockouts import lock_hint
from pulumi_nbcloud.clouds.statuses import clock_hint, described, message_in, passing, plain_keys, redirected, throttled
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
from pulumi_nbcloud.kinds.wire import ALL, TEXT, Body

MAX_CLOCK_SKEW_MINUTES = 15  # docs/vendors/modelarts.md, MA-15

_SIGNATURE_HINT = "check access key, secret key and security token; they are not sent again until they change"
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9]*\.[0-9]{4,8}", re.ASCII)


def _codes(service: str, numbers: Iterable[int]) -> set[str]:
    return {f"{service}.{number:04}" for number in numbers}


def _gateway(*numbers: int) -> set[str]:
    # Private clouds and older pages spell the same codes APIG (docs/vendors/modelarts.md, MA-26).
    return _codes("APIGW", numbers) | _codes("APIG", numbers)


# 0206 (wrong key pair) comes with 403 and 0203 with either status: the code says which it is
# (docs/vendors/modelarts.md, MA-27).
# 6401 is an expired token, whatever its status, and 6407 a missing permission (MA-60).
AUTHENTICATION_CODES = _gateway(301, 305, 307) | _codes("ModelArts", [*range(201, 210), 212, 6401, 6608, 6620])
PERMISSION_CODES = _gateway(302, 306, 310) | _codes("ModelArts", [108, 112, 210, 6407])
UNKNOWN_API_CODES = _gateway(101)
THROTTLED_CODES = _gateway(308)
# The rest of what the page names; nothing here depends on them.
_OTHER_CODES = _gateway(201, 202, 203, 601, 606, 608, 610, 613) | _codes(
    "ModelArts", [10, 102, 104, 6306, 6308, 6309, 6326, 6327, 6333, 6346, 6349, 6355, 6357, 6400, 6404, 7512]
)
_ALL_CODES = AUTHENTICATION_CODES | PERMISSION_CODES | UNKNOWN_API_CODES | THROTTLED_CODES | _OTHER_CODES

ERROR_BODY = Body(
    facts={"": "MA-24", "error_message": "MA-59"},
    more=dict.fromkeys(
        ("error_code", "error_msg", "request_id", "error_message", "errorCode", "errorMsg", "code", "message"), TEXT
    ),
    values=dict.fromkeys(("error_code", "errorCode", "code"), tuple(sorted(_ALL_CODES))),
    # One of several spellings.
    optional=ALL,
)


@dataclass(frozen=True)
class Fault:
    """The error in a response's body, safe to show; empty where it names none."""

    code: str | None = None
    message: str = ""
    request_id: str | None = None


def fault_of(response: Response) -> Fault:
    """Read the error from a body.

    Args:
        response: any response.

    Returns:
        Its code, text and request id. Huawei's own parser accepts these spellings too: `error_code`/`error_msg`,
        `errorCode`/`errorMsg`, `code`/`message`, the same one level down (docs/vendors/modelarts.md, MA-24); older
        services write `error_message` (MA-59).
    """
    request_id = response.headers.get("x-request-id")
    try:
        body = response.json()
    except BadResponseError:
        return Fault(request_id=_text(response, request_id))
    if isinstance(body, Mapping):
        for holder in (body, *(value for value in body.values() if isinstance(value, Mapping))):
            values = plain_keys(holder)
            for code in (values.get("errorcode"), values.get("code")):
                if isinstance(code, str) and _CODE.fullmatch(code):
                    found = request_id or values.get("requestid")
                    return Fault(code, _text(response, message_in(holder)) or "", _text(response, found))
    return Fault(message=_text(response, message_in(body)) or "", request_id=_text(response, request_id))


def _text(response: Response, value: object) -> str | None:
    return response.text(value) if isinstance(value, str) and value else None


def classify(response: Response, now: float, *, success: int = 200, refused: str | None = None) -> NbcloudError | None:
    """Classify a response.

    Args:
        response: any response.
        now: the wall clock in seconds since 1970, to notice a clock that is off.
        success: the status of a success.
        refused: the hint for rejected credentials; None for that of a signature, which needs a correct clock.

    Returns:
        None for a success without an error code; otherwise an error whose class tells the caller what to do.
    """
    fault = fault_of(response)
    if response.status == success and fault.code is None:
        return None
    error = described(_error(response, fault, now, refused), response, code=fault.code, message=fault.message)
    error.request_id = fault.request_id
    return error


def _error(response: Response, fault: Fault, now: float, refused: str | None) -> NbcloudError:
    code, status = fault.code, response.status
    if code in AUTHENTICATION_CODES or (code not in PERMISSION_CODES and status == 401):
        return AuthenticationError(
            "the cloud refuses the credentials",
            hint=lock_hint(fault.message)
            or refused
            or clock_hint(response, now, MAX_CLOCK_SKEW_MINUTES)
            or _SIGNATURE_HINT,
        )
    if code in PERMISSION_CODES or status == 403:
        return PermissionDeniedError(
            "the credentials may not read this",
            hint="check that the project id belongs to the credentials, and that they may read ModelArts in it",
        )
    if code in THROTTLED_CODES or status == 429:
        return throttled(response, now)
    if (transient := passing(response, now)) is not None:
        return transient
    if code in UNKNOWN_API_CODES:
        # Also a 404, but from the gateway: it does not concern the notebook.
        return RefusedError("this endpoint does not know the API", hint="check the region and the endpoint")
    # Any web server may send an empty 404; the cloud's gives each request an id (docs/vendors/modelarts.md, MA-29).
    if status == 404 and (code.startswith("ModelArts.") if code else not response.body and fault.request_id):
        return NotFoundError("the cloud does not know it", hint="check the id and the project")
    if (
        redirect := redirected(response, "check the setting endpoint: signed requests must reach the cloud itself")
    ) is not None:
        return redirect
    if code is not None:
        return RefusedError("the cloud refuses the request", hint="look the code up in ModelArts' list of error codes")
    return lasting(
        BadResponseError(
            "the answer is neither a result nor one of ModelArts' errors",
            hint="check the endpoint: a sign-in page or a proxy may have answered in the cloud's place",
        )
    )
