"""The request on the wire, and its response; the repr of neither shows a header value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import quote

from pulumi_nbcloud.errors import BadResponseError, InputError, lasting
from pulumi_nbcloud.http.redaction import Redactor, secrets_in
from pulumi_nbcloud.http.strict_json import DoubleKeyError, parse
from pulumi_nbcloud.printable import REMOTE_TEXT_LIMIT, printable

_UNRESERVED = "-_.~"
_NO_SECRETS = Redactor()
REQUEST_ID_HEADERS = ("x-request-id", "opc-request-id")  # docs/vendors/modelarts.md, MA-24; docs/vendors/aidp.md, DP-32

last_request_id: ContextVar[str | None] = ContextVar("last_request_id", default=None)
"""The vendor's id of the last request that this task sent: a state does not contain it, but messages name it."""

last_date: ContextVar[str | None] = ContextVar("last_date", default=None)
"""The unchanged Date header of this task's last response: it shows whether this machine's clock is right."""


def encode(text: str) -> str:
    """Percent-encode everything but letters, digits and `- _ . ~` (RFC 3986 unreserved); a space is `%20`."""
    return quote(text, safe=_UNRESERVED)


def target(segments: Iterable[str], query: Iterable[tuple[str, str]] = ()) -> str:
    """Build a request target, byte for byte as signed and sent.

    Args:
        segments: path segments as plain text; each is percent-encoded, so none can change the path.
        query: names and values as plain text, in the order they are sent; an empty value keeps its `=`.

    Returns:
        An ASCII path, with `?` and the query if there is one.

    Raises:
        InputError: a segment is empty, `.` or `..`, or text cannot be UTF-8.
    """
    try:
        path = ""
        for segment in segments:
            if segment in ("", ".", ".."):
                raise InputError(f"{segment!r} cannot be part of a path", hint="check the ids given")
            path += f"/{encode(segment)}"
        pairs = "&".join(f"{encode(name)}={encode(value)}" for name, value in query)
    except UnicodeEncodeError:
        raise InputError("an id or filter holds text that is not valid Unicode", hint="check the ids given") from None
    return f"{path}?{pairs}" if pairs else path


@dataclass(frozen=True)
class Request:
    """One request, already encoded.

    Args:
        method: the HTTP method, in capitals.
        origin: scheme, host and port, without a path: `https://host`.
        target: path and query, percent-encoded, exactly as they go onto the wire.
        headers: names and values; values are left out of the repr because they contain credentials.
        body: the exact bytes; empty for none.
        redactor: knows the secrets of the account that sends it.
        cloud: the short name of its cloud, for metrics.
        is_read: whether it is a read of a kind, not a login or a lookup before it.
    """

    method: str
    origin: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    redactor: Redactor = field(default=_NO_SECRETS, repr=False, compare=False)
    cloud: str = field(default="", repr=False, compare=False)
    is_read: bool = field(default=False, repr=False, compare=False)

    @property
    def host(self) -> str:
        """The value of the Host header: the host, and the port unless it is the scheme's default."""
        return self.origin.partition("://")[2]

    @property
    def where(self) -> str:
        """The method and URL without the query, for messages."""
        return f"{self.method} {self.origin}{self.target.partition('?')[0]}"


@dataclass(frozen=True)
class Response:
    """One complete response.

    Args:
        request: the request.
        status: the HTTP status.
        headers: names in lower case; of a repeated header the first value.
        body: the unchanged bytes; left out of the repr.
    """

    request: Request
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def request_id(self) -> str | None:
        """The vendor's id of the request, if a header names it; safe to show."""
        found = next((self.headers[name] for name in REQUEST_ID_HEADERS if self.headers.get(name)), None)
        return self.text(found) if found else None

    def text(self, text: str, limit: int = REMOTE_TEXT_LIMIT) -> str:
        """Make a text from the cloud safe to show: redact it, then cut it and make it printable.

        Args:
            text: the complete, unchanged text.
            limit: the maximum length of the result, in characters.
        """
        return printable(self._redactor.text(text), limit)

    @cached_property
    def _redactor(self) -> Redactor:
        return self.request.redactor.with_secrets(secrets_in(self.request.headers))

    def bad(self, problem: str, *, hint: str) -> BadResponseError:
        """Make the error of a response that does not match the vendor's page.

        Args:
            problem: the mismatch, without any content that could be secret.
            hint: the remedy for the caller.
        """
        return BadResponseError(
            problem, hint=hint, where=self.request.where, status=self.status, request_id=self.request_id
        )

    def json(self) -> object:
        """Parse the body.

        Returns:
            The JSON value. Nesting is limited to about 200 levels; NaN, Infinity, numbers of thousands of digits and
            objects with duplicate keys are rejected.

        Raises:
            BadResponseError: the body is not JSON in UTF-8; the text names its type and length, never its content.
        """
        try:
            return self._parsed
        except DoubleKeyError as error:
            raise lasting(
                self.bad(
                    f"the answer is JSON that names {self.text(error.name, 60)!r} twice",
                    hint="check the endpoint; if it is right, please report this",
                )
            ) from None
        except ValueError:
            kind = self.text(self.headers.get("content-type", ""), 60) or "no content type"
            raise lasting(
                self.bad(
                    f"the answer is not JSON but {len(self.body)} bytes of {kind}",
                    hint="check the endpoint: a sign-in page or a proxy may have answered in the cloud's place",
                )
            ) from None

    @cached_property
    def _parsed(self) -> object:
        # Once for each response: the account checks it for an error, then the kind parses it.
        return parse(self.body)
