"""Verify Oracle's request signature: HTTP Signatures draft-08 with RSA-SHA256.

Written from the signing rules, without code from the client's own signer: two independent implementations of the
same rules are worth more than one used twice. It works on the raw request target, which exposes a client that signs one
spelling of a URL and sends another.

Source: docs/vendors/aidp.md, DP-9 to DP-13.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from pulumi_nbcloud.mock.wire import CloudRequest

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

MAX_DIFFERENCE_SECONDS = 5 * 60
_REQUIRED = ("date", "(request-target)", "host")
_PARAMETER = re.compile(r'\s*([A-Za-z]+)="([^"]*)"\s*(?:,|\Z)')


class SignatureError(Exception):
    """The signature is invalid; the text is a reason without secrets."""


@dataclass(frozen=True)
class Authorization:
    """The relevant parts of the Authorization header. A key id may contain a session token."""

    key_id: str = field(repr=False)
    signed_headers: tuple[str, ...]
    signature: bytes = field(repr=False)


def parse_authorization(value: str) -> Authorization:
    """Parse an Authorization header, in any order of its parameters.

    Raises:
        SignatureError: it has another form.
    """
    scheme, _, rest = value.strip().partition(" ")
    if scheme != "Signature":
        raise SignatureError("the Authorization header is of another scheme")
    parameters: dict[str, str] = {}
    position = 0
    while position < len(rest):
        match = _PARAMETER.match(rest, position)
        if match is None or match[1] in parameters:
            raise SignatureError("the Authorization header is malformed")
        parameters[match[1]] = match[2]
        position = match.end()
    if parameters.get("version") != "1" or parameters.get("algorithm") != "rsa-sha256":
        raise SignatureError("version must be 1 and algorithm rsa-sha256")
    names = tuple(parameters.get("headers", "").split(" "))
    try:
        signature = base64.b64decode(parameters.get("signature", ""), validate=True)
    except binascii.Error:
        raise SignatureError("the signature is not base64") from None
    return Authorization(parameters.get("keyId", ""), names, signature)


def check_date(request: CloudRequest, gateway_now: float) -> None:
    """Check that Date is at most 5 minutes off `gateway_now` (docs/vendors/aidp.md, DP-13).

    Raises:
        SignatureError: it is not.
    """
    try:
        signed_at = parsedate_to_datetime(request.headers.get("date", ""))
    except (ValueError, TypeError):
        raise SignatureError("the header Date is missing or malformed") from None
    if abs(gateway_now - signed_at.timestamp()) > MAX_DIFFERENCE_SECONDS:
        raise SignatureError("the header Date differs from the gateway's time by more than 5 minutes")


def check_signature(request: CloudRequest, authorization: Authorization, key: RSAPublicKey) -> None:
    """Check that the right headers are signed, and signed by the owner of `key`.

    Raises:
        SignatureError: they are not.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    if missing := [name for name in _REQUIRED if name not in authorization.signed_headers]:
        raise SignatureError(f"{missing[0]} is not signed")
    lines = []
    for name in authorization.signed_headers:
        if name == "(request-target)":
            value: str | None = f"{request.method.lower()} {request.target}"
        else:
            value = request.headers.get(name)
        if value is None:
            raise SignatureError("a header that is signed was not sent")
        lines.append(f"{name}: {value}")
    try:
        key.verify(authorization.signature, "\n".join(lines).encode("latin-1"), PKCS1v15(), SHA256())
    except InvalidSignature:
        raise SignatureError("the signature does not match") from None
