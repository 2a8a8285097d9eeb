"""Verify the signature `SDK-HMAC-SHA256` of a request.

Written from the signing rules, without code from the client's own signer: two independent implementations of the
same rules are worth more than one used twice. It works on the raw request target, which exposes a client that signs one
spelling of a URL and sends another.

Source: docs/vendors/modelarts.md, MA-12 to MA-17.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from datetime import datetime, timezone
from urllib.parse import quote_from_bytes, unquote_to_bytes

from pulumi_nbcloud.mock.wire import CloudRequest

ALGORITHM = "SDK-HMAC-SHA256"
MAX_DIFFERENCE_SECONDS = 15 * 60

_AUTHORIZATION = re.compile(
    ALGORITHM
    + r" Access=(?P<access>[^,\s]{1,256}), ?SignedHeaders=(?P<names>[^,\s]{1,4096}), ?"
    + r"Signature=(?P<signature>[0-9a-f]{64})"
)
_DATE = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_DATE_HEADER = "x-sdk-date"
_CONTENT_HEADER = "x-sdk-content-sha256"
_UNSIGNED = "UNSIGNED-PAYLOAD"


class SignatureError(Exception):
    """The signature is invalid; the text is a reason without secrets."""


@dataclass(frozen=True)
class Authorization:
    """The three parts of the Authorization header."""

    access_key: str
    signed_headers: tuple[str, ...]
    signature: str = field(repr=False)


def parse_authorization(value: str) -> Authorization:
    """Parse an Authorization header.

    The names must be lower-case, sorted and without repetition, as the vendor's SDK sends them. Whether the gateway
    would accept another order is not documented; the mock is strict.

    Raises:
        SignatureError: it has another form.
    """
    match = _AUTHORIZATION.fullmatch(value.strip())
    if match is None:
        raise SignatureError("the Authorization header is malformed")
    names = tuple(match["names"].split(";"))
    if list(names) != sorted(set(names)) or any(name != name.lower() or not name for name in names):
        raise SignatureError("SignedHeaders is malformed: names must be lower-case and sorted")
    return Authorization(match["access"], names, match["signature"])


def check_date(request: CloudRequest, authorization: Authorization, gateway_now: float) -> None:
    """Check that X-Sdk-Date is there, signed and at most 15 minutes off `gateway_now`.

    It is the only header that must be signed; not even Host must be (docs/vendors/modelarts.md, MA-12).

    Raises:
        SignatureError: it is not.
    """
    value = request.headers.get(_DATE_HEADER)
    if value is None:
        raise SignatureError("the header X-Sdk-Date is missing")
    if _DATE_HEADER not in authorization.signed_headers:
        raise SignatureError("the header X-Sdk-Date is not among SignedHeaders")
    try:
        if not _DATE.fullmatch(value):
            raise ValueError
        signed_at = datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        raise SignatureError("the header X-Sdk-Date is malformed") from None
    if abs(gateway_now - signed_at.timestamp()) > MAX_DIFFERENCE_SECONDS:
        raise SignatureError(
            "the signature expired: X-Sdk-Date differs from the gateway's time by more than 15 minutes"
        )


def check_signature(request: CloudRequest, authorization: Authorization, secret_key: str) -> None:
    """Compute the signature again and compare.

    Raises:
        SignatureError: the two differ.
    """
    canonical = canonical_request(request, authorization.signed_headers)
    expected = signature_of(canonical, request.headers[_DATE_HEADER], secret_key)
    if not hmac.compare_digest(expected, authorization.signature):
        raise SignatureError("the signature does not match")


def signature_of(canonical: bytes, date: str, secret_key: str) -> str:
    """Return the hexadecimal signature of a canonical request; the secret key is used directly, without derivation."""
    text = "\n".join((ALGORITHM, date, hashlib.sha256(canonical).hexdigest()))
    return hmac.new(secret_key.encode(), text.encode("latin-1"), hashlib.sha256).hexdigest()


def canonical_request(request: CloudRequest, signed_headers: tuple[str, ...]) -> bytes:
    """Return the canonical form of `request`.

    Raises:
        SignatureError: a signed header was not sent.
    """
    lines: list[bytes] = []
    for name in signed_headers:
        value = request.headers.get(name)
        if value is None:
            raise SignatureError("a header named in SignedHeaders was not sent")
        lines.append(f"{name}:{value.strip()}\n".encode("latin-1"))
    parts = [
        request.method.upper().encode(),
        _canonical_path(request.raw_path),
        _canonical_query(request.raw_query),
        b"".join(lines),
        ";".join(signed_headers).encode("latin-1"),
        _payload_hash(request),
    ]
    return b"\n".join(parts)


def _canonical_path(raw_path: str) -> bytes:
    # The path is decoded before it is split, so an encoded slash separates like a plain one; and the canonical form
    # alone ends with a slash.
    segments = unquote_to_bytes(raw_path.encode("latin-1")).split(b"/")
    path = "/".join(_encoded(segment) for segment in segments)
    return (path if path.endswith("/") else path + "/").encode()


def _canonical_query(raw_query: str) -> bytes:
    # Pairs are sorted decoded, as the vendor's SDK does. A plus sign is a plus sign: nothing documents it as a space,
    # and clients that encode a space this way produce a signature that fails.
    pairs: list[tuple[bytes, bytes]] = []
    for part in raw_query.encode("latin-1").split(b"&"):
        if part:
            key, _, value = part.partition(b"=")
            pairs.append((unquote_to_bytes(key), unquote_to_bytes(value)))
    return "&".join(f"{_encoded(key)}={_encoded(value)}" for key, value in sorted(pairs)).encode()


def _encoded(decoded: bytes) -> str:
    return quote_from_bytes(decoded, safe="-_.~")


def _payload_hash(request: CloudRequest) -> bytes:
    if request.body and request.headers.get(_CONTENT_HEADER) == _UNSIGNED:
        return _UNSIGNED.encode()
    return hashlib.sha256(request.body).hexdigest().encode()
