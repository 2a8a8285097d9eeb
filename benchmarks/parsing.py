"""What parsing costs: 10,000 DevServer jobs from bytes, beside plain json.loads and ModelArts' own SDK.

CPU time, the best of several rounds that take turns, so that a noisy moment hits all alike. `--quick` only shows that
it runs: its figures mean nothing.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any

import requests
from huaweicloudsdkmodelarts.v1 import ModelArtsClient

from pulumi_nbcloud.clouds.modelarts.account import SCHEMA, ModelArtsAccount
from pulumi_nbcloud.clouds.modelarts.dev_server_jobs import DEV_SERVER_JOBS, DevServerJobsState
from pulumi_nbcloud.condition import Evaluator, compile_conditions
from pulumi_nbcloud.condition.vocabulary import MAX_ROWS
from pulumi_nbcloud.http.client import Client
from pulumi_nbcloud.http.messages import Response
from pulumi_nbcloud.kinds.fields import stable
from pulumi_nbcloud.reading import portal
from pulumi_nbcloud.settings.resolve import resolve

ROWS, ROUNDS = (100, 1) if "--quick" in sys.argv[1:] else (10_000, 9)
AIM = 0.2
UNTIL = 'size(self.jobs) > 0 && self.jobs.all(j, j.status == "FINISHED" && j.abnormal_count == 0)'


def answer(rows: int) -> bytes:
    """The body of a list: the vendor's own example, with ids, names and times that differ from row to row."""
    jobs = [
        {
            "create_at": 1749536420547 + number * 60_077,
            "update_at": 1749536603947 + number * 60_091,
            "id": f"{number:08x}-5cba-44d4-b29b-4dcc5d9dff51",
            "name": f"software-upgrade-{number}",
            "user_name": "modelarts_user",
            "type": "ASCEND_DIAGNOSIS" if number % 2 else "ASCEND_SOFTWARE_UPGRADE",
            "status": "FINISHED",
            "abnormal_count": 0,
        }
        for number in range(rows)
    ]
    return json.dumps({"current": 1, "data": jobs, "pages": 1, "size": rows, "total": rows}).encode()


class Canned(Client):
    """Answers each request with the same bytes, without any network."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self._bytes = body

    async def send(self, prepare: Any, **_: Any) -> Response:
        return Response(await prepare(), 200, {"content-type": "application/json"}, self._bytes)


def ours(body: bytes) -> Callable[[], DevServerJobsState]:
    """What a lookup does: signs, looks for an error in the answer, and makes the state."""
    settings = {"accessKey": "a", "secretKey": "b", "projectId": "p", "region": "cn-north-4"}
    account = ModelArtsAccount(resolve(SCHEMA, None, {"nbcloud:modelarts": settings}.get, {}), Canned(body))
    arguments = DEV_SERVER_JOBS.parse({})

    async def run() -> DevServerJobsState:
        return DEV_SERVER_JOBS.select(account, await DEV_SERVER_JOBS.read(account, arguments), arguments)

    # As a lookup does; anyio.run() would, besides, write the result as text when it ends.
    return lambda: portal.call(run)


def theirs(body: bytes) -> Callable[[], Any]:
    """What the SDK does with an answer of its HTTP library."""
    response = requests.Response()
    response.status_code, response._content = 200, body
    response.headers["Content-Type"] = "application/json"
    response.encoding = "utf-8"
    client = ModelArtsClient()
    return lambda: client.sync_response_handler(response, "ListDevServerJobsResponse", None, None)


def best(works: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """Runs all in turn, several times; gives the least CPU time of each, in milliseconds."""
    least = dict.fromkeys(works, float("inf"))
    for _ in range(ROUNDS):
        for name, work in works.items():
            started = time.process_time()
            work()
            least[name] = min(least[name], (time.process_time() - started) * 1000)
    return least


def main() -> None:
    body, few = answer(ROWS), answer(min(ROWS, MAX_ROWS))
    parse, sdk = ours(body), theirs(body)
    state, few_state = parse(), ours(few)()
    assert [each.job_id for each in state.jobs] == [each.id for each in sdk().data]
    evaluator, now = Evaluator(compile_conditions({"self": DEV_SERVER_JOBS}, UNTIL)), datetime.now(timezone.utc)
    assert evaluator.decide({"self": few_state}, now).outcome == "met"
    found = best(
        {
            "json.loads": lambda: json.loads(body),
            "this package, bytes to state": parse,
            "ModelArts' SDK, bytes to model": sdk,
            "+ all fields as plain data (an export, a gate's look)": lambda: stable(state),
            f"+ a condition over {len(few_state.jobs):,} rows (its limit)": lambda: evaluator.decide(
                {"self": few_state}, now
            ),
        }
    )
    theirs_took = found["ModelArts' SDK, bytes to model"]
    title = f"{ROWS:,} DevServer jobs, {len(body) / 1e6:.1f} MB"
    print(f"{title:54} {'CPU':>9} {'of the SDK':>11} {'of json.loads':>14}")
    for name, taken in found.items():
        print(f"{name:54} {taken:6.0f} ms {taken / theirs_took:11.2f} {taken / found['json.loads']:14.2f}")
    print(f"the aim for bytes to state is {AIM} of the SDK's time")


if __name__ == "__main__":
    main()
