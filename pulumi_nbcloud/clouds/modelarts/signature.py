"""Huawei Cloud's request signature `SDK-HMAC-SHA256` with an access key pair.

The published vectors are tests. Source: docs/vendors/modelarts.md, MA-12 to MA-14, MA-22.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timezone
from urllib.parse import unquote

from pulumi_nbcloud.http.messages import encode

ALGORITHM = "SDK-HMAC-SHA256"


def sdk_date(moment: datetime) -> str:
    """Format a time for the header X-Sdk-Date: `20200608T023900Z`."""
    return moment.astimezone(timezone.utc).strftime("%Y%m%dT%H%M%SZ")


def authorization(
    access_key: str, secret_key: str, method: str, target: str, headers: Mapping[str, str], body: bytes = b""
) -> str:
    """Sign one request.

    Args:
        access_key: the public half of the key pair.
        secret_key: the secret half.
        method: the HTTP method.
        target: path and query, percent-encoded, exactly as sent.
        headers: every header to sign, X-Sdk-Date included; names with `_` are left out, as Huawei's SDK does.
        body: the exact bytes sent.

    Returns:
        The value of the Authorization header.
    """
    signed = {name.lower(): value.strip() for name, value in headers.items() if "_" not in name}
    names = ";".join(sorted(signed))
    request = canonical_request(method, target, signed, body)
    text = f"{ALGORITHM}\n{signed['x-sdk-date']}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac.new(secret_key.encode(), text.encode(), hashlib.sha256).hexdigest()
    return f"{ALGORITHM} Access={access_key}, SignedHeaders={names}, Signature={signature}"


def canonical_request(method: str, target: str, headers: Mapping[str, str], body: bytes) -> str:
    """Return the canonical form of a request, which both sides hash.

    Args:
        method: the HTTP method.
        target: path and query as sent.
        headers: the headers to sign, names in lower case.
        body: the exact bytes sent.

    Returns:
        Six lines; the path ends in `/` here, although it does not on the wire.
    """
    path, _, query = target.partition("?")
    # Decoded as a whole before it is split: an encoded slash counts as a separator on Huawei's side.
    uri = "/".join(encode(segment) for segment in unquote(path).split("/"))
    # Sort values by their plain text, as Huawei's SDK does: encoded text sorts differently.
    pairs = sorted(_pair(each) for each in query.split("&")) if query else []
    return "\n".join(
        (
            method.upper(),
            uri if uri.endswith("/") else f"{uri}/",
            "&".join(f"{encode(name)}={encode(value)}" for name, value in pairs),
            "".join(f"{name}:{headers[name]}\n" for name in sorted(headers)),
            ";".join(sorted(headers)),
            hashlib.sha256(body).hexdigest(),
        )
    )


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return unquote(name), unquote(value)
