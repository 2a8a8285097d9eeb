"""Redact secrets in responses: a gateway may repeat parts of the request.

There is one `Redactor`. An account makes it from the secrets that its settings' schema marks and from those that its
credentials contain; the secrets of the request itself are added to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from pulumi_nbcloud.errors import NbcloudError

# Headers without credentials; the value of any other may be one, including those of a user's own signer.
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
_BEGINNING = 12  # a cloud truncates repeated text, so match a long secret by its beginning
_SHORTEST = 6  # anything shorter may be part of an ordinary word
_MARK = "…"


class Redactor:
    """Redact a set of secrets in texts.

    Args:
        secrets: the secrets; values shorter than six characters are ignored.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets = frozenset(each for each in secrets if len(each) >= _SHORTEST)

    def __repr__(self) -> str:
        return "Redactor(…)"

    def with_secrets(self, more: Iterable[str]) -> Redactor:
        """Return a redactor with more secrets."""
        return Redactor((*self._secrets, *more))

    def text(self, text: str) -> str:
        """Redact a text before it is cut: a part of a secret must not remain either."""
        found = [each for each in self._secrets if each[:_BEGINNING] in text]
        if not found:
            return text
        # Complete ones first, because they may contain blanks.
        known = [*sorted(found, key=len, reverse=True), *(each[:_BEGINNING] for each in found)]
        return re.sub(rf"(?:{'|'.join(map(re.escape, known))})[^\s\"]*", _MARK, text)

    def error(self, error: NbcloudError) -> None:
        """Redact an error in place, in every field that may contain text from a cloud."""
        error.summary = self.text(error.summary)
        error.args = (error.summary,)
        error.facts = tuple((name, self.text(value)) for name, value in error.facts)
        error.vendor_message = self._optional(error.vendor_message)
        error.code = self._optional(error.code)
        error.request_id = self._optional(error.request_id)

    def _optional(self, text: str | None) -> str | None:
        return self.text(text) if text else text


def secrets_in(headers: Mapping[str, str]) -> Iterator[str]:
    """Yield the secrets in a request's headers: tokens, cookies, signatures."""
    for name, value in headers.items():
        if name.lower() == "authorization":
            found = [*_SIGNATURE.findall(value), *_SESSION_TOKEN.findall(value)]
            # An unknown form, as from a user's own signer: everything except a possible scheme name.
            yield from found or value.split(" ")[1:] or [value]
        elif name.lower() == "cookie":
            yield value.partition("=")[2]
        elif name.lower() not in _PLAIN_HEADERS:
            yield value
