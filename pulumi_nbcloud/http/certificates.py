"""Explain certificate and TLS handshake errors, in OpenSSL's own words where there are no better ones."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterable

from pulumi_nbcloud.errors import BadResponseError
from pulumi_nbcloud.printable import printable

# OpenSSL's numbers of certificate errors (X509_V_ERR_…).
_OWN_AUTHORITY = "if it is your own, set caFile to a PEM file of its certificate"
_KNOWN = {
    9: ("is not valid yet", "check this machine's clock"),
    10: ("has expired", "check this machine's clock; else the server needs a new certificate"),
    18: ("is self-signed", "if it is meant to be so, set caFile to a PEM file of it"),
    19: ("comes from an unknown authority", _OWN_AUTHORITY),
    20: ("comes from an unknown authority", _OWN_AUTHORITY),
    21: ("comes without that of its authority", "have the server send its whole chain; " + _OWN_AUTHORITY),
    62: ("is for another host name", "check the endpoint's host name"),
    64: ("is for another address", "check the endpoint's host name"),
}
# Those of X509_V_FLAG_X509_STRICT, which Python sets since 3.13 (X509_V_ERR_PATHLEN_INVALID_FOR_NON_CA and following).
_STRICT = range(80, 95)
_STRICT_HINT = (
    "Python 3.13 and newer check certificates more strictly (RFC 5280), older versions accept this one: have whoever "
    "runs the authority issue it again, or use Python 3.12 until then"
)
_OTHER_HINT = "show this to whoever runs the server, or the proxy before it that decrypts what passes; see caFile"
# Variables of other tools, which would trust the authorities in them.
_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_DIR")
_UNKNOWN_AUTHORITY = frozenset({18, 19, 20, 21})
_PLAIN_REASONS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST"})


def of_errors(chain: Iterable[BaseException], where: str) -> BadResponseError:
    """Make the error of a failed TLS connection.

    Args:
        chain: the exception and its causes.
        where: the request.
    """
    code = words = reason = None
    for each in chain:
        # Both texts and the numbers are constants of OpenSSL: they contain nothing of the request.
        code = code or getattr(each, "verify_code", None)
        words = words or getattr(each, "verify_message", None)
        # aiohttp's own exception inherits from ssl's class, but was never initialised as one.
        reason = reason or (getattr(each, "reason", None) if isinstance(each, ssl.SSLError) else None)
    return untrusted(code, words if code else reason, where)


def untrusted(code: int | None, reason: str | None, where: str) -> BadResponseError:
    """Make the error of a rejected certificate or a failed handshake.

    Args:
        code: OpenSSL's number of the certificate error; None where the handshake failed in another way.
        reason: OpenSSL's text for it; None where it has none.
        where: the request.
    """
    words = printable(reason, 120) if reason else "no reason is given"
    if code:
        problem, hint = _KNOWN.get(code) or (
            f"is not accepted: {words} (OpenSSL's number {code})",
            _STRICT_HINT if code in _STRICT else _OTHER_HINT,
        )
        unused = next((each for each in _VARIABLES if os.environ.get(each, "").strip()), None)
        if unused and code in _UNKNOWN_AUTHORITY:
            hint = (
                f"{unused} is set, and is not used here: if its authorities are meant, set caFile to them; else {hint}"
            )
        return BadResponseError(f"the server's certificate {problem}", hint=hint, where=where)
    plain = reason in _PLAIN_REASONS
    return BadResponseError(
        f"the TLS handshake failed: {words.replace('_', ' ').lower()}",
        hint="the port speaks no TLS: check the endpoint's port, and any proxy before it"
        if plain
        else "check the endpoint and any proxy before it; TLS 1.2 or newer is needed",
        where=where,
    )
