"""Made-up responses, settings and conditions: whatever comes, only errors of our tree, and an end.

How many are tried is set by NBCLOUD_FUZZ_EXAMPLES; a small number by default.
"""

from __future__ import annotations

import json
import os
from typing import Any

import aidp_support
import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nbcloud_support import FakeClock, make_settings, read

from pulumi_nbcloud.clouds.aidp.account import AidpAccount
from pulumi_nbcloud.clouds.hpcai.account import SCHEMA as HPCAI
from pulumi_nbcloud.clouds.hpcai.account import HpcAiAccount
from pulumi_nbcloud.clouds.modelarts.account import ModelArtsAccount
from pulumi_nbcloud.condition import Evaluator
from pulumi_nbcloud.errors import NbcloudError
from pulumi_nbcloud.http.client import Client
from pulumi_nbcloud.http.messages import Response
from pulumi_nbcloud.http.url import endpoint_url
from pulumi_nbcloud.kinds.registry import load
from pulumi_nbcloud.reading.reader import Reader
from pulumi_nbcloud.settings.resolve import resolve
from pulumi_nbcloud.waiting.spec import parse_spec

EXAMPLES = int(os.environ.get("NBCLOUD_FUZZ_EXAMPLES", "50"))
# No deadline: the machine may be busy; each example is bounded by what it is, not by a clock.
fuzz = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))

KINDS = {
    "modelarts:NotebookLease": {"notebook_id": "0b9c2f6e-4a70-4a0e-9d0e-2c6f8d1e7a55"},
    "modelarts:DevServerJobs": {},
    "modelarts:DevServerJob": {"job_id": "job-1"},
    "hpcai:Instances": {},
    "hpcai:Instance": {"instance_id": "i-1"},
    "aidp:NotebookSession": aidp_support.IDS,
}

# Names that the vendors use, so that made-up objects come close to real ones.
NAMES = st.sampled_from(
    [
        "create_at",
        "duration",
        "enable",
        "type",
        "update_at",
        "error_code",
        "error_msg",
        "code",
        "message",
        "data",
        "id",
        "total",
        "current",
        "pages",
        "size",
        "status",
        "abnormal_count",
        "instances",
        "pager",
        "totalEntries",
        "instanceMetadata",
        "instanceId",
        "instanceSpecInfo",
        "instanceRuntimeInfo",
        "name",
        "healthy",
        "phase",
        "kernel",
        "execution_state",
        "lifecycleState",
        "last_activity",
        "connections",
    ]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=40)
    | st.sampled_from(["Running", "FINISHED", "ModelArts.6309", "APIGW.0301", "i-1", "job-1", aidp_support.SESSION])
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES | st.text(max_size=9), inner, max_size=8)
)
BODIES = st.binary(max_size=200) | VALUES.map(lambda value: json.dumps(value).encode())
HEADERS = st.dictionaries(
    st.sampled_from(["x-request-id", "opc-request-id", "content-type", "location", "retry-after", "date", "etag"]),
    st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"]), max_size=60),
)


class Responses(Client):
    """Answers every request with one response."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        super().__init__(sleep=FakeClock().sleep)
        self._response = (status, headers, body)

    async def send(self, prepare: Any, **_: Any) -> Response:
        return Response(await prepare(), *self._response)


def account_for(cloud: str, client: Client) -> Any:
    if cloud == "aidp":
        return aidp_support.account_of(client)
    if cloud == "hpcai":
        return HpcAiAccount(resolve(HPCAI, None, {"nbcloud:hpcai": {"apiKey": "key"}}.get, {}), client)
    return ModelArtsAccount(make_settings(), client)


@pytest.mark.parametrize("token", KINDS)
@fuzz
@given(
    status=st.sampled_from([200, 200, 200, 201, 204, 302, 400, 401, 403, 404, 409, 429, 500, 503, 999]),
    headers=HEADERS,
    body=BODIES,
)
def test_whatever_a_cloud_answers_is_a_state_or_an_error_of_ours(
    token: str, status: int, headers: dict[str, str], body: bytes
) -> None:
    kind = load(token)
    account = account_for(kind.cloud, Responses(status, headers, body))

    async def run() -> Any:
        try:
            return await read(kind, account, kind.parse(KINDS[token]))
        except NbcloudError as error:
            return error

    found = anyio.run(run)
    if isinstance(found, NbcloudError):
        assert found.problem
        assert found.hint
        # A headline, a line for each fact, and the hint.
        assert str(found).count("\n") == len(list(found.all_facts())) + 1
        assert "\n" not in found.line
        assert all(line.isprintable() for line in str(found).split("\n"))
        assert len(str(found)) < 3_000
    else:
        assert type(found) is kind.state
        json.dumps(found.to_dict())


CONFIG_KEYS = st.sampled_from(
    [
        "accessKey",
        "secretKey",
        "securityToken",
        "username",
        "password",
        "domainName",
        "authToken",
        "projectId",
        "region",
        "endpoint",
        "iamEndpoint",
        "apiKey",
        "accessToken",
        "endpoint",
        "tenancy",
        "user",
        "fingerprint",
        "privateKey",
        "passphrase",
        "configProfile",
        "signer",
        "pathPrefix",
        "proxy",
        "caFile",
    ]
)
CONFIG = st.dictionaries(CONFIG_KEYS | st.text(max_size=9), SCALARS | st.lists(SCALARS, max_size=2), max_size=6)


@pytest.mark.parametrize("token", ["modelarts:NotebookLease", "hpcai:Instance", "aidp:NotebookSession"])
@fuzz
@given(config=CONFIG | SCALARS, profile=st.none() | st.text(max_size=9))
def test_whatever_the_settings_are_there_is_an_account_or_an_error_of_ours(
    token: str, config: Any, profile: str | None
) -> None:
    kind = load(token)
    held = {f"nbcloud:{kind.cloud}": config, "nbcloud:profiles": {profile: {kind.cloud: config}} if profile else config}
    try:
        found: Any = Reader({}).account(kind, profile, held.get)
    except NbcloudError as error:
        found = str(error).count("\n")
    assert found == 1 or isinstance(found, (ModelArtsAccount, HpcAiAccount, AidpAccount))


@fuzz
@given(
    text=st.text(max_size=80)
    | st.builds(
        "{}://{}:{}{}".format,
        st.sampled_from(["http", "https", "ftp"]),
        st.text(max_size=20) | st.just("h.example"),
        st.integers(-5, 99_999) | st.text(max_size=4),
        st.text(max_size=6),
    )
)
def test_whatever_an_endpoint_is_it_becomes_an_origin_or_an_error_of_ours(text: str) -> None:
    try:
        found = endpoint_url(text, "endpoint")
    except NbcloudError as error:
        found = str(error)
    assert found.startswith("endpoint ") or found == endpoint_url(found, "endpoint")


PIECES = st.sampled_from(
    [
        *"()[]{}?:,.!-+*/%<>=&|",
        "==",
        "!=",
        "&&",
        "||",
        "self",
        "self.running",
        "self.type",
        '"TIMING"',
        "now",
        "1",
        "2.5",
        "true",
        "null",
        "has(self.type)",
        "size(",
        "[1, 2].all(x, x > 0)",
        "self.expire_time",
        'duration("5m")',
        "in",
    ]
)
CONDITIONS = (
    st.text(max_size=60)
    | st.lists(PIECES, max_size=12).map(" ".join)
    | st.integers(1, 3_000).map(lambda deep: "(" * deep + "true" + ")" * deep)
)


@fuzz
@given(until=CONDITIONS, fail_on=st.none() | st.booleans() | CONDITIONS)
def test_whatever_a_condition_is_it_is_a_spec_or_problems(until: str, fail_on: Any) -> None:
    target = {"kind": "modelarts:NotebookLease", **KINDS["modelarts:NotebookLease"]}
    spec, problems = parse_spec({"targets": {"self": target}, "until": until, "fail_on": fail_on})
    assert (spec is None) == bool(problems)
    if spec is not None:
        assert isinstance(spec.evaluator(), Evaluator)


@fuzz
@given(
    inputs=st.dictionaries(
        st.sampled_from(["targets", "until", "fail_on", "timeout", "interval", "triggers"]), VALUES, max_size=5
    )
)
def test_whatever_a_gate_is_asked_for_is_a_spec_or_problems(inputs: dict[str, Any]) -> None:
    spec, problems = parse_spec(inputs)
    assert (spec is None) == bool(problems)
