"""Which way requests go, directly or through a proxy, which authorities vouch for the server, and what can go wrong.

Both are settings of every cloud, `proxy` and `caFile`; the environment's proxies are never honoured.
"""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass, field
from urllib.parse import unquote

from pulumi_nbcloud.errors import BadResponseError, NbcloudError, SettingsError, UnreachableError
from pulumi_nbcloud.http.url import split_url
from pulumi_nbcloud.settings.schema import Settings


@dataclass(frozen=True)
class Route:
    """A way to a cloud.

    Args:
        proxy: the origin of an HTTP proxy, without credentials; None for none.
        user: who signs in to the proxy; None for nobody.
        password: its password; left out of the repr.
        ca_file: a PEM file of authorities that are trusted besides the public ones; None for none.
    """

    proxy: str | None = None
    user: str | None = field(default=None, repr=False)
    password: str = field(default="", repr=False)
    ca_file: str | None = None


DIRECT = Route()


def route_of(settings: Settings) -> Route:
    """Read the settings `proxy` and `caFile`.

    Args:
        settings: of one cloud.

    Returns:
        The way that its requests go.

    Raises:
        SettingsError: one of them cannot be right; names the setting and its source, never a password.
    """
    proxy, user, password = _proxy(settings) if "proxy" in settings.values else (None, None, "")
    return Route(proxy, user, password, _ca_file(settings) if "caFile" in settings.values else None)


def _named(settings: Settings, key: str) -> str:
    return f"{settings.cloud} {key} (from {settings.origin[key]})"


def _proxy(settings: Settings) -> tuple[str, str | None, str]:
    def refuse(reason: str) -> SettingsError:
        # The value itself may hold a password.
        return SettingsError(
            f"{_named(settings, 'proxy')} {reason}",
            hint="give scheme, host and port, for example http://proxy.example.com:3128",
        )

    text = settings.values["proxy"]
    parts, host, port = split_url(text, refuse)
    # TLS within TLS does not work on every Python that this package runs on.
    if parts.scheme != "http" or not host:
        raise refuse("must start with http:// and name a host; what goes through it is encrypted all the same")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise refuse("must not have a path, a query or a fragment")
    if port is None or port == 0:
        raise refuse("must name a port from 1 to 65535")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if password and not user:
        raise refuse("has a password without a user")
    if ":" in user:
        raise refuse("has a user with a colon, which a proxy cannot tell from the password")
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}", user or None, password


def _ca_file(settings: Settings) -> str:
    path = os.path.expanduser(settings.values["caFile"])
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except (OSError, ValueError) as error:  # an ssl.SSLError is an OSError
        found = isinstance(error, ssl.SSLError) or not isinstance(error, OSError)
        reason = "holds no certificates" if found else f"cannot be read ({type(error).__name__})"
        raise SettingsError(
            f"{_named(settings, 'caFile')} {reason}",
            hint="give the path of a PEM file with the certificates of the authorities to trust",
        ) from None
    return path


# OpenSSL's numbers of what is wrong with a certificate (X509_V_ERR_…).
_OWN_AUTHORITY = "if it is your own, set caFile to a PEM file of its certificate"
_CERTIFICATE_PROBLEMS = {
    9: ("is not valid yet", "check this machine's clock"),
    10: ("has expired", "check this machine's clock; else the server needs a new certificate"),
    18: ("is self-signed", "if it is meant to be so, set caFile to a PEM file of it"),
    19: ("comes from an unknown authority", _OWN_AUTHORITY),
    20: ("comes from an unknown authority", _OWN_AUTHORITY),
    62: ("is for another host name", "check the endpoint's host name"),
    64: ("is for another address", "check the endpoint's host name"),
}


def untrusted(code: int | None, where: str) -> BadResponseError:
    """Make the error of a certificate that is not accepted.

    Args:
        code: OpenSSL's number of what is wrong; None where the handshake failed in another way.
        where: the request.
    """
    problem, hint = _CERTIFICATE_PROBLEMS.get(
        code or 0,
        ("or TLS handshake is not acceptable", "check the endpoint and any proxy before it; see the setting caFile"),
    )
    return BadResponseError(f"the server's certificate {problem}", hint=hint, where=where)


def refused_by_proxy(status: int, where: str) -> NbcloudError:
    """Make the error of a proxy that does not connect.

    Args:
        status: its HTTP status.
        where: what it was asked for.
    """
    if status == 407:
        # Nothing reached the cloud, so its credentials stay out of it.
        return SettingsError(
            "the proxy asks for a user and password, or does not accept those given",
            hint="correct the setting proxy: http://USER:PASSWORD@HOST:PORT",
            where=where,
            status=status,
        )
    if status >= 500:
        return UnreachableError(
            "the proxy cannot reach the cloud", hint="check the endpoint and the proxy", where=where, status=status
        )
    return BadResponseError(
        "the proxy does not let the request through", hint="have the proxy allow this host", where=where, status=status
    )
