"""Takes secrets out of what a cloud answered: a gateway may repeat what it was sent.

There is one `Redactor`. An account makes it of the secrets that its settings' schema marks and of those that its
credentials hold; what a request itself sends in confidence is added to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from pulumi_nbcloud.errors import NbcloudError

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
_BEGINNING = 12  # a cloud cuts what it repeats, so a long secret is known by its beginning
_SHORTEST = 6  # anything shorter may be part of an ordinary word
_MARK = "…"


class Redactor:
    """Takes a number of secrets out of texts.

    Args:
        secrets: what nothing may show; anything shorter than six characters is not looked for.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets = frozenset(each for each in secrets if len(each) >= _SHORTEST)

    def __repr__(self) -> str:
        return "Redactor(…)"

    def with_secrets(self, more: Iterable[str]) -> Redactor:
        """Make one that knows more secrets."""
        return Redactor((*self._secrets, *more))

    def text(self, text: str) -> str:
        """Take the secrets out of a text, before it is cut: a part of a secret must not stay either."""
        found = [each for each in self._secrets if each[:_BEGINNING] in text]
        if not found:
            return text
        # Whole ones first, because they may hold blanks.
        known = [*sorted(found, key=len, reverse=True), *(each[:_BEGINNING] for each in found)]
        return re.sub(rf"(?:{'|'.join(map(re.escape, known))})[^\s\"]*", _MARK, text)

    def error(self, error: NbcloudError) -> None:
        """Take the secrets out of an error, in place, wherever a cloud's text could be."""
        error.summary = self.text(error.summary)
        error.args = (error.summary,)
        error.facts = tuple((name, self.text(value)) for name, value in error.facts)
        error.vendor_message = self._optional(error.vendor_message)
        error.code = self._optional(error.code)
        error.request_id = self._optional(error.request_id)

    def _optional(self, text: str | None) -> str | None:
        return self.text(text) if text else text


def secrets_in(headers: Mapping[str, str]) -> Iterator[str]:
    """Give what a request's headers send in confidence: tokens, cookies, signatures."""
    for name, value in headers.items():
        if name.lower() == "authorization":
            found = [*_SIGNATURE.findall(value), *_SESSION_TOKEN.findall(value)]
            # Of a form that is not known, as a user's own signer may give: all but what may be the scheme's name.
            yield from found or value.split(" ")[1:] or [value]
        elif name.lower() == "cookie":
            yield value.partition("=")[2]
        elif name.lower() not in _PLAIN_HEADERS:
            yield value
