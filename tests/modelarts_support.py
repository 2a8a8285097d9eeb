"""What tests of ModelArts' kinds share: canned responses, and accounts on the mock cloud."""

from __future__ import annotations

import json
from typing import Any

import anyio
from nbcloud_support import make_account, read

from pulumi_nbcloud.clouds.modelarts.account import SCHEMA, ModelArtsAccount
from pulumi_nbcloud.http.client import Client
from pulumi_nbcloud.http.messages import Request, Response
from pulumi_nbcloud.kinds.kind import Kind
from pulumi_nbcloud.settings.resolve import resolve

# The jobs page's own example (docs/vendors/modelarts.md, MA-47).
JOBS_BODY = b"""{
  "current" : 1,
  "data" : [ {
    "create_at" : 1749536420547,
    "update_at" : 1749536603947,
    "id" : "03af7361-5cba-44d4-b29b-4dcc5d9dff51",
    "name" : "software-upgrade-792a",
    "user_name" : "modelarts_user",
    "type" : "ASCEND_SOFTWARE_UPGRADE",
    "status" : "FINISHED",
    "abnormal_count" : 0
  }, {
    "create_at" : 1749523685137,
    "update_at" : 1749523899848,
    "id" : "62c89f77-fc81-45a8-9647-d6e457e73954",
    "name" : "diagnosis-81ef",
    "user_name" : "modelarts_user",
    "description" : "POC",
    "type" : "ASCEND_DIAGNOSIS",
    "status" : "FINISHED",
    "abnormal_count" : 0
  } ],
  "pages" : 1,
  "size" : 2,
  "total" : 2
}"""
UPGRADE_ID = "03af7361-5cba-44d4-b29b-4dcc5d9dff51"
DIAGNOSIS_ID = "62c89f77-fc81-45a8-9647-d6e457e73954"


class Canned(Client):
    """Answers each request with one response, without any network."""

    def __init__(self, status: int, body: object) -> None:
        super().__init__()
        self.status = status
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.requests: list[Request] = []

    @property
    def sent(self) -> list[str]:
        return [request.target for request in self.requests]

    async def send(self, prepare: Any, **_: Any) -> Response:
        request = await prepare()
        self.requests.append(request)
        return Response(request, self.status, {"x-request-id": "r-1"}, self.body)


def read_canned(kind: Kind[Any, Any, Any], values: dict[str, Any], body: object, status: int = 200) -> Any:
    """Reads one thing whose response is given."""
    account = make_account(Canned(status, body))

    async def run() -> Any:
        return await read(kind, account, kind.parse(values))

    return anyio.run(run)


def account_of(values: dict[str, str], client: Client, **options: Any) -> ModelArtsAccount:
    """An account of these settings."""
    return ModelArtsAccount(resolve(SCHEMA, None, {"nbcloud:modelarts": values}.get, {}), client, **options)
