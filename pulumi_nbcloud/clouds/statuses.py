"""Classify responses of any cloud by HTTP status; each cloud's `responses` applies its own codes first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.parse import urlsplit

from pulumi_nbcloud.clock import text
from pulumi_nbcloud.errors import TRY_LATER, BadResponseError, ErrorT, ThrottledError, UnreachableError, lasting
from pulumi_nbcloud.http.messages import Response
from pulumi_nbcloud.http.retry import parse_retry_after

UnreachableT = TypeVar("UnreachableT", bound=UnreachableError)
HOUR_TOLD_SECONDS = 60.0  # the Retry-After from which a hint names the hour
_LAST_MOMENT = 253_402_300_799.0  # the end of the year 9999, beyond which no date can be written
# Observed in errors of the three clouds and of the gateways before them (docs/vendors/modelarts.md, MA-24, MA-59).
_MESSAGE_KEYS = ("errormsg", "errormessage", "message", "msg", "errordescription", "detail", "error")


def described(error: ErrorT, response: Response, *, code: str | None, message: str | None) -> ErrorT:
    """Complete an error with the facts of its response.

    Args:
        error: the error of the response.
        response: the response.
        code: the vendor's code, safe to show.
        message: the vendor's message, safe to show; empty or None where there is none.
    """
    error.where, error.status, error.request_id = response.request.where, response.status, response.request_id
    error.code, error.vendor_message = code, message or None
    return error


def plain_keys(holder: Mapping[str, object]) -> dict[str, object]:
    """Return an object with its keys in lower case and without underscores: services spell keys in several ways."""
    return {key.replace("_", "").casefold(): value for key, value in holder.items()}


def message_in(body: object) -> str:
    """Return the message of an error in a JSON body, at the top or one level down.

    Args:
        body: of an error; a service behind a gateway, or the gateway itself, may spell it differently from its page.

    Returns:
        The unchanged text; empty where there is none.
    """
    if not isinstance(body, Mapping):
        return ""
    for holder in (body, *(value for value in body.values() if isinstance(value, Mapping))):
        values = plain_keys(holder)
        for key in _MESSAGE_KEYS:
            text = values.get(key)
            if isinstance(text, str) and text:
                return text
    return ""


def throttled(response: Response, now: float) -> ThrottledError:
    """Make the error of a throttled request.

    Args:
        response: the cloud's response.
        now: the wall clock in seconds since 1970, for a Retry-After date.
    """
    return _again_after(ThrottledError, "the cloud asks for fewer requests", response, now)


def passing(response: Response, now: float, status: int | None = None) -> UnreachableError | None:
    """Make the error of a temporary status; None for other statuses.

    Args:
        response: the cloud's response.
        now: the wall clock in seconds since 1970, for a Retry-After date.
        status: a status to use in place of its own.
    """
    status = response.status if status is None else status
    if status not in (408, 425) and (not 500 <= status < 600 or status == 501):
        return None
    return _again_after(UnreachableError, "the cloud cannot answer now", response, now)


def _again_after(cls: type[UnreachableT], problem: str, response: Response, now: float) -> UnreachableT:
    """Make the error of a temporary failure, with the earliest time of another try."""
    seconds = parse_retry_after(response.headers.get("retry-after"), now)
    if seconds is None:
        return cls(problem, hint=TRY_LATER)
    moment = text(datetime.fromtimestamp(min(now + seconds, _LAST_MOMENT), timezone.utc))
    # For a few seconds, the hour is useless.
    hint = f"try again after {moment}, as the cloud asks" if seconds >= HOUR_TOLD_SECONDS else TRY_LATER
    error = cls(problem, hint=hint)
    error.retry_after, error.retry_time = seconds, moment
    return error


def redirected(response: Response, hint: str) -> BadResponseError | None:
    """Make the error of a redirect, which is never followed: a signature fits one host; None for other statuses.

    Args:
        response: the response; only the origin of its location is shown, because the rest of a URL may contain tokens.
        hint: the remedy.
    """
    if not 300 <= response.status < 400 or response.status == 304:
        return None
    return lasting(
        BadResponseError(f"the endpoint redirects to {_origin(response)}; redirects are never followed", hint=hint)
    )


def _origin(response: Response) -> str:
    try:
        parts = urlsplit(response.headers.get("location", ""))
        if not parts.hostname:
            return "itself"
        return response.text(f"{parts.scheme}://{parts.hostname}" if parts.scheme else parts.hostname)
    except ValueError:
        return "an ill-formed URL"


def clock_hint(response: Response, now: float, minutes: int) -> str | None:
    """Return a hint if the response's Date shows that this machine's clock is off.

    Args:
        response: a response that rejects a signature.
        now: the wall clock in seconds since 1970.
        minutes: the tolerance of signatures.
    """
    try:
        skew = parsedate_to_datetime(response.headers.get("date", "")).timestamp() - now
    except (ValueError, TypeError):
        return None
    if abs(skew) <= minutes * 60:
        return None
    return f"this machine's clock is {abs(skew) / 60:.0f} minutes off the cloud's; signatures need it within {minutes}"
