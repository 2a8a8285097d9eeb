"""Secret settings: the secret parts of a value, and the text that replaces it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

HIDDEN = "(hidden)"


def pem_lines(value: str) -> list[str]:
    r"""Return the lines of a PEM text that reveal a key; a line break may be written `\n`."""
    # The first and the last line are the same in every key.
    return [line for line in value.replace("\\n", "\n").splitlines() if not line.startswith("-----")]


def _passwords(url: str) -> list[str]:
    try:
        parts = urlsplit(url)
        password = parts.password or ""
    except ValueError:
        return [url]
    # An @ after the host: the password contains a delimiter that ends the host of a URL, so its start is unknown.
    whole = [url] if "@" in f"{parts.path}{parts.query}{parts.fragment}" else []
    return [password, unquote(password), *whole]


def _origin(url: str) -> str:
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError:
        return HIDDEN
    # Anywhere but after the host, a delimiter of the URL may be part of the password.
    if not host or parts.path.strip("/") or parts.query or parts.fragment:
        return HIDDEN
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}" + ("" if port is None else f":{port}")


@dataclass(frozen=True)
class Secret:
    """Mark the value of a setting as secret.

    Args:
        parts: returns the secret parts of a value.
        shown: returns the text to show in its place.
    """

    parts: Callable[[str], Iterable[str]] = lambda value: [value]
    shown: Callable[[str], str] = lambda value: HIDDEN


WHOLE = Secret()
PEM = Secret(parts=pem_lines)
URL_PASSWORD = Secret(parts=_passwords, shown=_origin)
