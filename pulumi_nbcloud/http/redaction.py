"""Takes credentials out of what a cloud answered: a gateway may repeat what it was sent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from pulumi_nbcloud.errors import NbcloudError

SECRET_KEYS = frozenset(
    {"secretKey", "securityToken", "password", "authToken", "apiKey", "accessToken", "privateKey", "passphrase"}
)
"""The settings whose values nothing may show; of `proxy`, the password too."""

# Headers that say nothing about the credentials; of any other a value may be one, those of a user's own signer too.
_PLAIN_HEADERS = frozenset(
    [
        "accept",
        "accept-encoding",
        "content-length",
        "content-type",
        "date",
        "host",
        "opc-request-id",
        "user-agent",
        "x-content-sha256",
        "x-date",
        "x-project-id",
        "x-sdk-date",
    ]
)
_SIGNATURE = re.compile(r"(?i)\bsignature=\"?([^\",]+)")
_SESSION_TOKEN = re.compile(r"ST\$([^\",\s]+)")
_BEGINNING = 12  # remote text is cut before it is shown, so a long secret is known by its beginning
_SHORTEST = 6  # anything shorter may be part of an ordinary word


def redact(error: NbcloudError, settings: Mapping[str, str], headers: Mapping[str, str]) -> None:
    """Take secrets out of the remote parts of an error.

    Args:
        error: of an answer; changed in place.
        settings: of the account that asked.
        headers: of the request that was answered.
    """
    pattern = _pattern(settings, headers)
    if pattern is None:
        return
    error.problem = pattern.sub("…", error.problem)
    error.args = (error.problem,)
    error.code = pattern.sub("…", error.code) if error.code else error.code
    error.request_id = pattern.sub("…", error.request_id) if error.request_id else error.request_id


def redacted(text: str, headers: Mapping[str, str]) -> str:
    """Take secrets out of a text of a cloud.

    Args:
        text: what it answered.
        headers: of the request that was answered.
    """
    pattern = _pattern({}, headers)
    return text if pattern is None else pattern.sub("…", text)


def _pattern(settings: Mapping[str, str], headers: Mapping[str, str]) -> re.Pattern[str] | None:
    words = {word[:_BEGINNING] for word in _secrets(settings, headers) if len(word) >= _SHORTEST}
    if not words:
        return None
    return re.compile(rf"(?:{'|'.join(map(re.escape, sorted(words, reverse=True)))})[^\s\"]*")


def _secrets(settings: Mapping[str, str], headers: Mapping[str, str]) -> Iterator[str]:
    for key, value in settings.items():
        if key == "privateKey":
            # The first line is the same in every key.
            yield from (line for line in value.replace("\\n", "\n").splitlines() if not line.startswith("-----"))
        elif key in SECRET_KEYS:
            yield value
        elif key == "proxy":
            yield urlsplit(value).password or ""
    for name, value in headers.items():
        if name.lower() == "authorization":
            found = [*_SIGNATURE.findall(value), *_SESSION_TOKEN.findall(value)]
            # Of a form that is not known, as a user's own signer may give: all but what may be the scheme's name.
            yield from found or value.split(" ")[1:] or [value]
        elif name.lower() == "cookie":
            yield value.partition("=")[2]
        elif name.lower() not in _PLAIN_HEADERS:
            yield value
