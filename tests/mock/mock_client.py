"""A small client for the tests of the mock clouds: the vendor's own signer and the standard library's HTTP."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, urlsplit

from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdkcore.signer.signer import Signer

NOTEBOOK = "aaaaaaaa-0000-4000-8000-000000000001"
ACCESS_KEY = "MOCKACCESSKEY0000001"
SECRET_KEY = "mock-secret-key-not-a-real-one"
PROJECT = "mock-project"


@dataclass(frozen=True)
class Response:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        code: str = self.json.get("error_code", "")
        return code


def send(
    url: str, target: str, method: str = "GET", headers: dict[str, str] | None = None, body: Any = None
) -> Response:
    """Send one request with exactly this target."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    try:
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in {"Host": parts.netloc, **(headers or {})}.items():
            connection.putheader(name, value)
        content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        if content:
            connection.putheader("Content-Length", str(len(content)))
        connection.endheaders(content or None)
        response = connection.getresponse()
        return Response(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
    finally:
        connection.close()


def sign(
    url: str,
    path: str,
    query: list[tuple[str, str]] | None = None,
    *,
    access_key: str = ACCESS_KEY,
    secret_key: str = SECRET_KEY,
    headers: Mapping[str, str] | None = None,
    date: float | None = None,
) -> tuple[str, dict[str, str]]:
    """Return the target and the headers that the vendor's signer makes; `path` is decoded text."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time.time() if date is None else date))
    host = urlsplit(url).netloc
    request = SdkRequest(
        method="GET",
        schema="http",
        host=host,
        resource_path=quote(path),
        query_params=list(query or []),
        header_params={"X-Sdk-Date": stamp, "Host": host, **(headers or {})},
    )
    Signer(SimpleNamespace(ak=access_key, sk=secret_key)).sign(request)
    return request.uri, dict(request.header_params)


def lease_path(notebook_id: str = NOTEBOOK, project_id: str = PROJECT) -> str:
    return f"/v1/{project_id}/notebooks/{notebook_id}/lease"


def get_lease(url: str, notebook_id: str = NOTEBOOK, project_id: str = PROJECT, **signing: Any) -> Response:
    """Read a lease with a signature by the vendor's signer."""
    target, headers = sign(url, lease_path(notebook_id, project_id), **signing)
    return send(url, target, headers=headers)


def admin(url: str, method: str, path: str, body: Any = None) -> Response:
    return send(url, "/_mock/" + path, method, body=body)
