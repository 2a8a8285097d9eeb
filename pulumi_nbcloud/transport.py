"""Sends requests: the only file that knows the HTTP library.

One policy for all clouds: a total deadline, bounded retries, each attempt signed anew, no redirects, no cookies, no
proxy or credentials from the environment, no decompression, caps on what is read.
"""

from __future__ import annotations

import logging
import os
import random as _random
import ssl
import time
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import anyio
import httpx
from httpx_aiohttp import AiohttpTransport
from yarl import URL

from pulumi_nbcloud.errors import BadResponseError, NbcloudError, UnreachableError
from pulumi_nbcloud.exchange import Reply, Request, last_date, last_request_id, request_id_of
from pulumi_nbcloud.retry import RETRY_STATUSES, Failure, RetryBudget, next_delay, parse_retry_after

_log = logging.getLogger(__name__)

TOTAL_SECONDS = 60.0
ATTEMPT_SECONDS = 20.0
CONNECT_SECONDS = 10.0
MAX_IN_FLIGHT = 32
MAX_BODY_BYTES = 32 * 1024 * 1024
MAX_HEADER_LINE_BYTES = 16 * 1024
MAX_HEADERS = 128
USER_AGENT = "pulumi-nbcloud"


class _ExactSession:
    """Hands a URL to aiohttp as already encoded: aiohttp would re-quote it, and the signature would no longer fit."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    def __call__(self) -> _ExactSession:
        # The transport calls what is not a ClientSession to get its client.
        return self

    def request(self, *, url: str, **options: Any) -> Any:
        return self._session.request(url=URL(url, encoded=True), **options)


class Client:
    """Sends the requests of one process; it belongs to the event loop that first uses it.

    Args:
        total_seconds: the deadline of one `send`, retries, queueing and reading the body included.
        attempt_seconds: the longest one attempt may take.
        sleep: waits before a retry.
        random: gives the jitter, from 0 up to 1.
        now: the wall clock in seconds since 1970, for Retry-After dates.
        max_body_bytes: the largest body that is read.
    """

    def __init__(
        self,
        *,
        total_seconds: float = TOTAL_SECONDS,
        attempt_seconds: float = ATTEMPT_SECONDS,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
        random: Callable[[], float] = _random.random,
        now: Callable[[], float] = time.time,
        max_body_bytes: int = MAX_BODY_BYTES,
    ) -> None:
        self.total_seconds = total_seconds
        self._attempt_seconds = attempt_seconds
        self._sleep = sleep
        self._random = random
        self._now = now
        self._max_body_bytes = max_body_bytes
        self._slots = anyio.Semaphore(MAX_IN_FLIGHT)
        self._session: aiohttp.ClientSession | None = None
        self._transport: httpx.AsyncBaseTransport | None = None

    async def send(
        self,
        prepare: Callable[[], Awaitable[Request]],
        *,
        budget: RetryBudget,
        retry_statuses: frozenset[int] = RETRY_STATUSES,
        deadline: float | None = None,
    ) -> Reply:
        """Sends one idempotent read, again where that is worth it.

        Args:
            prepare: builds and signs the request; called for each attempt, because a signature ages.
            budget: the account's retries.
            retry_statuses: the statuses that are worth another attempt.
            deadline: when to give up, on anyio's clock; `total_seconds` from now if not given.

        Returns:
            The last reply, whatever its status.

        Raises:
            UnreachableError: no whole reply came within the deadline, or the request was not signed within it.
            BadResponseError: the reply breaks HTTP, is larger than the cap, or comes from an untrusted certificate.
        """
        if deadline is None:
            deadline = anyio.current_time() + self.total_seconds
        attempt = 0
        while True:
            attempt += 1
            request = await self._prepare(prepare, deadline)
            reply, error = await self._attempt(request, deadline)
            if reply is not None and reply.status not in retry_statuses:
                budget.refund()
                return reply
            if error is not None and not isinstance(error, UnreachableError):
                raise error
            failure = Failure()
            if reply is not None:
                failure = Failure(reply.status, parse_retry_after(reply.headers.get("retry-after"), self._now()))
            delay = next_delay(failure, attempt, deadline - anyio.current_time(), self._random)
            if delay is None or not budget.spend():
                if reply is not None:
                    return reply
                assert error is not None
                error.problem = f"{error.problem}; attempts made: {attempt}"
                raise error
            await self._sleep(delay)

    async def _prepare(self, prepare: Callable[[], Awaitable[Request]], deadline: float) -> Request:
        with anyio.CancelScope(deadline=deadline):
            return await prepare()
        raise UnreachableError(
            "the request was not signed within the deadline", hint="check what the setting signer names, then try again"
        )

    async def _attempt(self, request: Request, deadline: float) -> tuple[Reply | None, NbcloudError | None]:
        reply: Reply | None = None
        with anyio.CancelScope(deadline=deadline):
            async with self._slots:
                with anyio.CancelScope(deadline=anyio.current_time() + self._attempt_seconds):
                    try:
                        reply = await self._exchange(request)
                    except NbcloudError as error:
                        return None, error
                    except Exception as error:  # whatever the library raises must end as ours, without its text
                        return None, _explain(error, request)
        if reply is None:
            seconds = min(self._attempt_seconds, self.total_seconds)
            return None, _unreachable(f"no whole answer within {seconds:g} s", request)
        return reply, None

    async def _exchange(self, request: Request) -> Reply:
        sent = httpx.Request(
            request.method,
            request.origin + request.target,
            headers={
                "Host": request.host,
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                "User-Agent": USER_AGENT,
                **request.headers,
            },
            content=request.body,
            extensions={"timeout": {"connect": CONNECT_SECONDS, "read": self._attempt_seconds, "pool": None}},
        )
        response = await self._open().handle_async_request(sent)
        try:
            headers: dict[str, str] = {}
            for name, value in response.headers.multi_items():
                headers.setdefault(name.lower(), value)
            last_request_id.set(request_id_of(headers))
            last_date.set(headers.get("date"))
            _log.debug("%s: HTTP %d, request id %s", request.where, response.status_code, last_request_id.get() or "-")
            return Reply(request, response.status_code, headers, await self._body(response, request))
        finally:
            await response.aclose()

    async def _body(self, response: httpx.Response, request: Request) -> bytes:
        encoding = response.headers.get("content-encoding", "identity")
        if encoding.lower() not in ("", "identity"):
            raise BadResponseError(
                "the answer is compressed although none was asked for",
                hint="check the endpoint and any proxy before it",
                where=request.where,
                status=response.status_code,
                request_id=request_id_of(response.headers),
            )
        chunks: list[bytes] = []
        size = 0
        async for chunk in response.aiter_raw():
            size += len(chunk)
            if size > self._max_body_bytes:
                raise BadResponseError(
                    f"the answer is larger than {self._max_body_bytes} bytes",
                    hint="ask for less: narrow the filters",
                    where=request.where,
                    status=response.status_code,
                    request_id=request_id_of(response.headers),
                )
            chunks.append(chunk)
        return b"".join(chunks)

    def _open(self) -> httpx.AsyncBaseTransport:
        """Makes the session on first use, because aiohttp ties it to the running loop."""
        if self._transport is None:
            context = httpx.create_ssl_context(verify=True, trust_env=False)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=MAX_IN_FLIGHT, ssl=context),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                auto_decompress=False,
                max_line_size=MAX_HEADER_LINE_BYTES,
                max_field_size=MAX_HEADER_LINE_BYTES,
                max_headers=MAX_HEADERS,
                skip_auto_headers=("Content-Type",),
            )
            # aiohttp sends a GET again by itself, with the old signature and outside the budget; no public option
            # forbids it. A test counts the requests.
            self._session._retry_connection = False
            exact = _ExactSession(self._session)
            # The stand-in has the one method that the transport uses.
            self._transport = AiohttpTransport(verify=context, trust_env=False, client=exact)  # type: ignore[arg-type]
        return self._transport

    async def aclose(self) -> None:
        """Closes the connections; the next `send` opens new ones."""
        session, self._session, self._transport = self._session, None, None
        if session is not None:
            await session.close()


def _unreachable(problem: str, request: Request) -> UnreachableError:
    return UnreachableError(problem, hint="check the network and the endpoint, then try again", where=request.where)


def _explain(error: Exception, request: Request) -> NbcloudError:
    """Says what happened by the exception's type: the library's own text may quote a header, so it is never used."""
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        link = link.__cause__ or link.__context__
    for cause in chain:
        if isinstance(cause, (ssl.SSLError, aiohttp.ClientSSLError, aiohttp.ServerFingerprintMismatch)):
            return BadResponseError(
                "the server's certificate or TLS handshake is not acceptable",
                hint="check the endpoint's host name and that its certificate comes from a public authority",
                where=request.where,
            )
        if isinstance(cause, aiohttp.ClientConnectorDNSError):
            return UnreachableError(
                "the host name cannot be resolved", hint="check the region and the endpoint", where=request.where
            )
        if isinstance(cause, aiohttp.ClientConnectorError):
            # By number: the text of asyncio's own errors is "Connect call failed", whatever happened.
            number = cause.os_error.errno
            reason = os.strerror(number) if number else type(cause.os_error).__name__
            return _unreachable(f"could not connect: {reason}", request)
        if isinstance(cause, aiohttp.ConnectionTimeoutError):
            return _unreachable(f"could not connect within {CONNECT_SECONDS:g} s", request)
        # aiohttp.ClientResponseError here means that the reply could not be parsed; an HTTP status never raises it.
        if isinstance(cause, (aiohttp.ClientResponseError, httpx.ProtocolError)):
            return BadResponseError(
                "the answer breaks the HTTP protocol",
                hint="check the endpoint and any proxy before it",
                where=request.where,
            )
    if any(isinstance(cause, (aiohttp.ClientError, httpx.TransportError, OSError)) for cause in chain):
        return _unreachable("the connection ended before the answer was whole", request)
    return BadResponseError(
        f"the request could not be sent ({type(error).__name__})",
        hint="this is a defect of pulumi-nbcloud, please report it",
        where=request.where,
    )
