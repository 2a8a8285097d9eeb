"""Proxy settings: a direct connection or a proxy, the trusted authorities, and the errors of both.

Both are settings of every cloud, `proxy` and `caFile`. The environment's proxies are never honoured, but messages name
them where they could explain a failed connection.
"""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit
from urllib.request import proxy_bypass

from pulumi_nbcloud.errors import BadResponseError, NbcloudError, SettingsError, UnreachableError
from pulumi_nbcloud.http.messages import Request
from pulumi_nbcloud.http.url import is_loopback, split_url
from pulumi_nbcloud.settings.paths import names_path, oddity
from pulumi_nbcloud.settings.schema import Settings


@dataclass(frozen=True)
class Route:
    """The proxy settings of a cloud.

    Args:
        proxy: the origin of an HTTP proxy, without credentials; None for none.
        user: the user of the proxy; None for none.
        password: the user's password; left out of the repr.
        ca_file: a PEM file of authorities to trust besides the public ones; None for none.
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
        The proxy settings of its requests.

    Raises:
        SettingsError: one of them is invalid; names the setting and its source, never a password.
    """
    proxy, user, password = _proxy(settings) if "proxy" in settings.values else (None, None, "")
    return Route(proxy, user, password, _ca_file(settings) if "caFile" in settings.values else None)


def _named(settings: Settings, key: str) -> str:
    return f"{settings.cloud} {key} (from {settings.origin[key]})"


def _proxy(settings: Settings) -> tuple[str, str | None, str]:
    text = settings.values["proxy"]

    def refuse(reason: str) -> SettingsError:
        # The value itself may contain a password.
        hint = "give scheme, host and port, for example http://proxy.example.com:3128"
        if _cut_short(text):
            hint = "percent-encode special characters of the password: # is %23, / is %2F, ? is %3F, @ is %40"
        return SettingsError(f"{_named(settings, 'proxy')} {reason}", hint=hint)

    parts, host, port = split_url(text, refuse)
    # TLS within TLS does not work on every Python version that this package supports.
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


def _cut_short(url: str) -> bool:
    """Return whether a delimiter of URLs precedes the @, where it is probably part of a password."""
    before, at, _ = url.partition("://")[2].rpartition("@")
    return bool(at) and not all("!" <= each <= "~" and each not in "/?#[]@" for each in before)


def _ca_file(settings: Settings) -> str:
    path = os.path.expanduser(settings.values["caFile"])
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except (OSError, ValueError) as error:  # an ssl.SSLError is an OSError
        found = isinstance(error, ssl.SSLError) or not isinstance(error, OSError)
        reason = "holds no certificates" if found else f"cannot be read ({type(error).__name__})"
        odd = oddity(path) if isinstance(error, FileNotFoundError) else None
        raise SettingsError(
            f"{names_path(_named(settings, 'caFile'), path)} {reason}",
            hint=odd or "give the path of a PEM file with the certificates of the authorities to trust",
        ) from None
    return path


def unused_variable(settings_proxy: str | None, host: str | None = None) -> str | None:
    """Return the proxy variable that other programs would use, if no setting names a proxy.

    Args:
        settings_proxy: the setting `proxy`; None where there is none.
        host: the host of the request; None for any host.

    Returns:
        Its name, as spelled; None if there is none, or if `NO_PROXY` excludes the host.
    """
    if settings_proxy is not None or (host is not None and proxy_bypass(host)):
        return None
    if host is not None and is_loopback(host):
        return None
    names = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
    return next((name for name in names if os.environ.get(name, "").strip()), None)


def way_out_hint(route: Route, request: Request, otherwise: str) -> str:
    """Return the hint for a failed connection: an unused proxy variable is the likeliest reason.

    Args:
        route: the proxy settings of the request.
        request: the unsent request.
        otherwise: the hint without such a variable.
    """
    host = urlsplit(request.origin).hostname
    unused = unused_variable(route.proxy, host) if request.origin.startswith("https:") else None
    if unused is None:
        return otherwise
    return f"{unused} is set, and is not used here: if a proxy is the only way out, set proxy; else {otherwise}"


def refused_by_proxy(status: int, where: str) -> NbcloudError:
    """Make the error of a proxy that rejects a connection.

    Args:
        status: its HTTP status.
        where: the request.
    """
    if status == 407:
        # Nothing reached the cloud, so it has not rejected the credentials.
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
