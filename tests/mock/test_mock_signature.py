"""The mock's own reading of the signing rules, against published vectors and against the vendor's signer.

Source: docs/vendors/modelarts.md, MA-13, MA-14, MA-22.
"""

from __future__ import annotations

import hashlib
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mock_client import ACCESS_KEY, NOTEBOOK, SECRET_KEY, get_lease, lease_path, send, sign
from nbcloud_support import examples

from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.mock.modelarts import signature
from pulumi_nbcloud.mock.wire import CloudRequest

SDK_DATE = "20200608T023900Z"

GUIDE = CloudRequest(
    "GET",
    "/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs?limit=2&marker=13551d6b-755d-4757-b956-536f674975c0",
    {"content-type": "application/json", "host": "service.region.example.com", "x-sdk-date": "20191115T033655Z"},
)
SDK = CloudRequest("GET", "/resources?size=1", {"host": "service.endpoint.myhuaweicloud.com", "x-sdk-date": SDK_DATE})

JOBS = CloudRequest("GET", "/v1/p/dev-servers/jobs?id=&name=a%20b%2Bc%2F%E4%B8%AD&visible=true", SDK.headers)


@pytest.mark.parametrize(
    ("request_", "secret_key", "expected"),
    [
        (
            GUIDE,
            "MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc",
            "7be6668032f70418fcc22abc52071e57aff61b84a1d2381bb430d6870f4f6ebe",
        ),
        (SDK, "SecretKey", "cfb4171acec81de07d50e53d57eb77edd537414d66ddb1d7d780f128e12cd842"),
    ],
    ids=["signing-guide", "sdk-test"],
)
def test_published_signatures(request_: CloudRequest, secret_key: str, expected: str) -> None:
    canonical = signature.canonical_request(request_, tuple(sorted(request_.headers)))
    assert signature.signature_of(canonical, request_.headers["x-sdk-date"], secret_key) == expected
    authorization = signature.Authorization("AK", tuple(sorted(request_.headers)), expected)
    signature.check_signature(request_, authorization, secret_key)
    with pytest.raises(signature.SignatureError):
        signature.check_signature(request_, authorization, secret_key + "x")


def test_published_canonical_hash() -> None:
    canonical = signature.canonical_request(GUIDE, tuple(sorted(GUIDE.headers)))
    expected = "b25362e603ee30f4f25e7858e8a7160fd36e803bb2dfe206278659d71a9bcd7a"
    assert hashlib.sha256(canonical).hexdigest() == expected


def test_published_encoding() -> None:
    request = CloudRequest("GET", "/x?a=%E4%B8%80%20%28%26%3D%3F%21%23%25.%2A%29&b=/tmp/123", {"x-sdk-date": SDK_DATE})
    line = signature.canonical_request(request, ("x-sdk-date",)).split(b"\n")[2]
    assert line == b"a=%E4%B8%80%20%28%26%3D%3F%21%23%25.%2A%29&b=%2Ftmp%2F123"


_texts = st.text(st.sampled_from([*"aZ09-_.~ +%/&=?#!*()'中é\u0301😀"]), max_size=12)


@settings(max_examples=examples(200), deadline=None)
@given(
    path=st.lists(_texts, min_size=1, max_size=4),
    query=st.lists(st.tuples(_texts.filter(bool), _texts), max_size=4),
)
def test_agrees_with_the_vendors_signer(path: list[str], query: list[tuple[str, str]]) -> None:
    target, headers = sign("http://127.0.0.1:1", "/v1/" + "/".join(path), query)
    received = CloudRequest("GET", target, {name.lower(): value for name, value in headers.items()})
    authorization = signature.parse_authorization(received.headers["authorization"])
    signature.check_signature(received, authorization, SECRET_KEY)
    other = CloudRequest("GET", target + ("&x=" if query else "?x="), received.headers)
    with pytest.raises(signature.SignatureError):
        signature.check_signature(other, authorization, SECRET_KEY)


@pytest.mark.parametrize(
    "query",
    [[("a", "")], [("name", "a b+c/中")], [("q", "100%2F"), ("b", "()~!*'")], [("z", "2"), ("a", "1"), ("a", "0")]],
)
def test_the_running_mock_accepts_the_vendors_signer(clouds: MockClouds, query: list[tuple[str, str]]) -> None:
    clouds.modelarts.put_lease(NOTEBOOK)
    response = get_lease(clouds.url, query=query)
    assert response.status == 200, response.body
    assert clouds.requests[-1].target == sign(clouds.url, lease_path(), query)[0]


@pytest.mark.parametrize("odd", ["a b", "a+b", "a/b", "a%2Fb", "中文", "~!*()"])
def test_odd_ids_reach_the_rules_behind_the_signature(clouds: MockClouds, odd: str) -> None:
    _, headers = sign(clouds.url, lease_path(odd))
    # The vendor's signer is given the decoded path; on the wire a slash within the id must be encoded.
    wire = lease_path(quote(odd, safe="~"))
    response = send(clouds.url, wire, headers=headers)
    assert (response.status, response.code) == (400, "ModelArts.0104"), response.body
    assert clouds.requests[-1].target == wire


def test_a_plus_sent_for_a_signed_space_is_refused(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK)
    target, headers = sign(clouds.url, lease_path(), [("name", "a b")])
    assert send(clouds.url, target.replace("%20", "+"), headers=headers).status == 401
    assert send(clouds.url, target, headers=headers).status == 200


def test_a_query_may_be_sent_in_another_order_than_it_is_signed_in(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK)
    _, headers = sign(clouds.url, lease_path(), [("a", "1"), ("a", "2"), ("a b", ""), ("a-", "")])
    assert send(clouds.url, lease_path() + "?a-=&a=2&a%20b&a=1", headers=headers).status == 200


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Basic abc",
        "SDK-HMAC-SHA256",
        f"SDK-HMAC-SHA256 Access={ACCESS_KEY}",
        f"SDK-HMAC-SHA256, Access={ACCESS_KEY}, SignedHeaders=x-sdk-date, Signature={'0' * 64}",
        f"SDK-HMAC-SHA256 Access={ACCESS_KEY}, SignedHeaders=x-sdk-date, Signature={'0' * 63}",
        f"SDK-HMAC-SHA256 Access={ACCESS_KEY}, SignedHeaders=X-Sdk-Date, Signature={'0' * 64}",
        f"SDK-HMAC-SHA256 Access={ACCESS_KEY}, SignedHeaders=x-sdk-date;host, Signature={'0' * 64}",
        f"SDK-HMAC-SHA256 Access={ACCESS_KEY}, SignedHeaders=host;;x-sdk-date, Signature={'0' * 64}",
    ],
)
def test_malformed_authorization(value: str) -> None:
    with pytest.raises(signature.SignatureError, match="malformed"):
        signature.parse_authorization(value)


def test_an_unsigned_payload_is_taken_at_its_word() -> None:
    headers = {"x-sdk-date": SDK_DATE, "x-sdk-content-sha256": "UNSIGNED-PAYLOAD"}
    one = signature.canonical_request(CloudRequest("POST", "/x", headers, b"one"), ("x-sdk-date",))
    two = signature.canonical_request(CloudRequest("POST", "/x", headers, b"two"), ("x-sdk-date",))
    assert one == two
    signed = signature.canonical_request(CloudRequest("POST", "/x", {"x-sdk-date": SDK_DATE}, b"two"), ("x-sdk-date",))
    assert signed != two
