"""Read a thing as every other part of this package reads it, and describe the responses without their values."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pulumi_nbcloud._version import __version__
from pulumi_nbcloud.capture.differences import Difference
from pulumi_nbcloud.capture.document import Described, documented_path, error_of, merged, request_of
from pulumi_nbcloud.capture.recording import MAX_REQUESTS, RecordingClient
from pulumi_nbcloud.errors import InputError, NbcloudError, SettingsError
from pulumi_nbcloud.http.messages import Request
from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.reading.reader import Reader
from pulumi_nbcloud.reading.unsent import first_request

if TYPE_CHECKING:
    from pulumi_nbcloud.kinds.kind import Kind
    from pulumi_nbcloud.settings.sources import ConfigReader

__all__ = ["Capture", "Capturer", "Difference", "Plan"]


@dataclass(frozen=True)
class Plan:
    """What a capture is going to send.

    Args:
        token: the kind.
        method: the HTTP method.
        host: scheme, host and port.
        path: the documented path, with names in the places of ids; the path itself where it is another.
        paged: whether it is one request for each page of a list.
        max_requests: how many requests are sent at most, with sign-in and retries.
    """

    token: str
    method: str
    host: str
    path: str
    paged: bool
    max_requests: int

    def lines(self) -> list[str]:
        """Return it for a person."""
        number = "1 request for each page of the list" if self.paged else "1 request"
        return [
            f"{self.token} will be read, as nbcloud get reads it: {number}, and a sign-in before it where needed",
            f"  {self.method} {self.host}{self.path}",
            f"  at most {self.max_requests} requests, retries included",
        ]


@dataclass(frozen=True)
class Capture:
    """A read without its values.

    Args:
        document: for a file; nothing in it is from a response but documented values and what was allowed.
        error: how the read failed, which may quote the response; None where it succeeded.
        differs: where the responses differ from the pages.
    """

    document: dict[str, Any]
    error: NbcloudError | None
    differs: tuple[Difference, ...]

    @property
    def summary(self) -> str:
        """How the read ended, in one line that quotes nothing of a response."""
        error = self.document["error"]
        if error is None:
            return "read"
        status = f"HTTP {error['status']}" if error["status"] is not None else None
        return ", ".join(part for part in (error["type"], status, error["code"]) if part)


class Capturer:
    """Capture reads with one set of accounts: after a rejection of its credentials an account sends nothing more.

    Args:
        environment: the process's variables.
        announce: called with a line for each request of a sign-in, before it is sent; None for nobody.
        max_requests: how many requests are sent at most, retries included.
        how: of the client.
    """

    def __init__(
        self,
        environment: Mapping[str, str] | None = None,
        announce: Callable[[str], None] | None = None,
        max_requests: int = MAX_REQUESTS,
        **how: Any,
    ) -> None:
        self._announce = announce
        self._max_requests = max_requests
        self._client = RecordingClient(self._announced, max_requests=max_requests, **how)
        self._reader = Reader(environment, self._client)

    async def plan(self, kind: Kind[Any, Any, Any], arguments: Any, config: ConfigReader) -> Plan:
        """Return what a capture is going to send; nothing is sent.

        Args:
            kind: what to read.
            arguments: which one, as `kind.parse` returns them.
            config: reads Pulumi config.

        Raises:
            InputError: an argument cannot be right.
            SettingsError: see `settings.resolve`.
        """
        account = self._reader.account(kind, arguments.profile, config)
        planned = await first_request(kind, account, arguments)
        assert planned is not None, f"{kind.token} is read without a request"
        method, target = planned
        path = documented_path(kind.wire, target) or target.partition("?")[0]
        paged = kind.wire is not None and kind.wire.paged
        return Plan(kind.token, method, getattr(account, "endpoint", "the cloud"), path, paged, self._max_requests)

    @staticmethod
    def check(kind: Kind[Any, Any, Any], allow: Collection[str]) -> None:
        """Reject a path of `allow` that the pages do not document.

        Args:
            kind: what is going to be read.
            allow: the paths.

        Raises:
            InputError: names the first path that is wrong.
        """
        places = tuple(dict.fromkeys(Described(kind.wire).places()))
        wrong = next((each for each in allow if each not in places), None)
        if wrong is None:
            return
        near = difflib.get_close_matches(wrong, places, 1)
        page = f"docs/vendors/{kind.wire.page} lists the fields" if kind.wire is not None else "it documents none"
        raise InputError(
            f"{kind.token}: {printable(wrong, 80)} is no documented field of the response",
            hint=f"did you mean {near[0]}?" if near else page,
        )

    async def capture(
        self, kind: Kind[Any, Any, Any], arguments: Any, config: ConfigReader, allow: Collection[str] = ()
    ) -> Capture:
        """Read one thing, and describe what was sent and what came back.

        Args:
            kind: what to read.
            arguments: which one, as `kind.parse` returns them.
            config: reads Pulumi config.
            allow: the paths of fields whose values are shown; `data[].*` shows the names of all fields of `data[]`.

        Returns:
            The capture, also of a read that failed.

        Raises:
            InputError: a path of `allow` is not documented; or nothing was sent.
            SettingsError: nothing was sent; see `settings.resolve`.
        """
        self.check(kind, allow)
        described = Described(kind.wire)
        account = self._reader.account(kind, arguments.profile, config)
        before = len(self._client.sent)
        error: NbcloudError | None = None
        try:
            await self._reader.read(kind, arguments, config)
        except NbcloudError as failed:
            if isinstance(failed, (InputError, SettingsError)) and len(self._client.sent) == before:
                raise
            error = failed
        parts = [
            request_of(each, described, allow, lambda response: account.error(response) is not None)
            for each in self._client.sent[before:]
        ]
        differs = merged(difference for _, found in parts for difference in found)
        document = {
            "kind": kind.token,
            "version": __version__,
            "page": f"docs/vendors/{kind.wire.page}" if kind.wire is not None else None,
            "endpoint": "setting" if "endpoint" in account.settings.values else "documented",
            "allowed": sorted(allow),
            "error": error_of(error, described),
            "requests": [part for part, _ in parts],
            "differs": [each.to_dict() for each in differs],
        }
        return Capture(document, error, differs)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._reader.aclose()

    def _announced(self, request: Request) -> None:
        # The plan has the read itself.
        if self._announce is not None and not request.is_read:
            self._announce(f"signing in: {request.where}")
