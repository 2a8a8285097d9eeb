"""URLs: the canonical form of an endpoint, which is signed and sent."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from urllib.parse import SplitResult, urlsplit

from pulumi_nbcloud.errors import SettingsError


def split_url(text: str, refuse: Callable[[str], SettingsError]) -> tuple[SplitResult, str | None, int | None]:
    """Split the URL in a setting.

    Args:
        text: the value of the setting.
        refuse: makes the error from a reason; it must not show the value, which may contain a password.

    Returns:
        Its parts, its host in lower case and its port; None where it has none.

    Raises:
        SettingsError: blanks, control or non-ASCII characters, or no URL.
    """
    if not text.isascii() or any(character <= " " or character == "\x7f" for character in text):
        raise refuse("holds blanks, control or non-ASCII characters")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise refuse("is not a URL") from None
    return parts, host, port


def endpoint_url(text: str, key: str) -> str:
    """Check an endpoint and convert it to the canonical form, which is signed and sent.

    Args:
        text: a URL such as `https://modelarts.example.com` or `http://127.0.0.1:8080`.
        key: the setting's name, for messages.

    Returns:
        Scheme, host in lower case, and the port unless it is the scheme's default.

    Raises:
        SettingsError: not http or https, plain http to anything but loopback, credentials, a path, a query, a bad port.
    """

    def refuse(reason: str) -> SettingsError:
        # The value itself may contain a password.
        return SettingsError(f"{key} {reason}", hint="give scheme and host, for example https://modelarts.example.com")

    parts, host, port = split_url(text, refuse)
    if parts.scheme not in ("https", "http") or not host:
        raise refuse("must start with https:// and name a host")
    if parts.username is not None or parts.password is not None:
        raise refuse("must not hold credentials")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise refuse("must not have a path, a query or a fragment")
    if port == 0:
        raise refuse("has port 0")
    if not re.fullmatch(r"[a-z0-9.:_-]+", host):
        raise refuse("has a host name with characters that none may have")
    if parts.scheme == "http" and not is_loopback(host):
        raise refuse("is plain http, which would send what it signs in clear; only loopback may")
    shown = f"[{host}]" if ":" in host else host
    own_port = port is None or port == {"https": 443, "http": 80}[parts.scheme]
    return f"{parts.scheme}://{shown}" if own_port else f"{parts.scheme}://{shown}:{port}"


def is_loopback(host: str) -> bool:
    """Return whether a host name or address means this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
