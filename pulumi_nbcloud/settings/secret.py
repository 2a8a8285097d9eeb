"""How the value of a setting is secret: which parts of it nothing may show, and what stands in its place."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

HIDDEN = "(hidden)"


def pem_lines(value: str) -> list[str]:
    r"""Return the lines of a PEM text that give a key away; a line break may be written `\n`."""
    # The first and the last line are the same in every key.
    return [line for line in value.replace("\\n", "\n").splitlines() if not line.startswith("-----")]


def _passwords(url: str) -> list[str]:
    try:
        parts = urlsplit(url)
        password = parts.password or ""
    except ValueError:
        return [url]
    # An @ behind the host: the password holds what ends the host of a URL, and there is no telling where it begins.
    whole = [url] if "@" in f"{parts.path}{parts.query}{parts.fragment}" else []
    return [password, unquote(password), *whole]


def _origin(url: str) -> str:
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError:
        return HIDDEN
    # Elsewhere than after the host a delimiter of the URL may be one of the password.
    if not host or parts.path.strip("/") or parts.query or parts.fragment:
        return HIDDEN
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}" + ("" if port is None else f":{port}")


@dataclass(frozen=True)
class Secret:
    """Marks the value of a setting as secret.

    Args:
        parts: gives the parts of a value that nothing may show.
        shown: gives what may be shown in its place.
    """

    parts: Callable[[str], Iterable[str]] = lambda value: [value]
    shown: Callable[[str], str] = lambda value: HIDDEN


WHOLE = Secret()
PEM = Secret(parts=pem_lines)
URL_PASSWORD = Secret(parts=_passwords, shown=_origin)
