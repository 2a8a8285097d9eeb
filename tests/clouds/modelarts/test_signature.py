"""Signatures: every published vector (docs/vendors/modelarts.md, MA-22), and Huawei's own signer as the oracle."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace

import pytest
from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdkcore.signer.signer import Signer
from hypothesis import example, given, settings
from hypothesis import strategies as st
from nbcloud_support import examples

from pulumi_nbcloud.clouds.modelarts.signature import authorization, canonical_request, sdk_date
from pulumi_nbcloud.errors import InputError
from pulumi_nbcloud.http.messages import encode, target

DATE = "20200608T023900Z"
HEADERS = {"Host": "service.endpoint.myhuaweicloud.com", "X-Sdk-Date": DATE}

# Path segments that `target` accepts, and text that percent-encoding, sorting and splitting could get wrong.
TEXT = st.text(
    alphabet=st.one_of(st.sampled_from("+%/~*() .-_&=?#'\"!2F中é😀ab"), st.characters(codec="utf-8")), max_size=12
)
SEGMENTS = st.lists(TEXT.filter(lambda text: text not in ("", ".", "..")), min_size=1, max_size=4)
QUERIES = st.lists(st.tuples(st.one_of(st.sampled_from(["id", "name", "a", "A", ""]), TEXT), TEXT), max_size=6)


def signature_of(header: str) -> str:
    return header.rpartition("Signature=")[2]


def oracle(path: str, query: list[tuple[str, str]], headers: dict[str, str], key: str = "AccessKey") -> str:
    request = SdkRequest(
        method="GET",
        schema="https",
        host=headers["Host"],
        resource_path=path,
        query_params=list(query),
        header_params=dict(headers),
        body="",
    )
    signed = Signer(SimpleNamespace(ak=key, sk="SecretKey")).sign(request)
    return str(signed.header_params["Authorization"])


def test_the_signing_guides_own_request() -> None:
    sent = "/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs?limit=2&marker=13551d6b-755d-4757-b956-536f674975c0"
    headers = {
        "Content-Type": "application/json",
        "Host": "service.region.example.com",
        "X-Sdk-Date": "20191115T033655Z",
    }
    lower = {name.lower(): value for name, value in headers.items()}
    canonical = canonical_request("GET", sent, lower, b"")
    expected_hash = "b25362e603ee30f4f25e7858e8a7160fd36e803bb2dfe206278659d71a9bcd7a"
    assert hashlib.sha256(canonical.encode()).hexdigest() == expected_hash
    header = authorization("QTWAOYTTINDUT2QVKYUC", "MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc", "GET", sent, headers)
    assert header == (
        "SDK-HMAC-SHA256 Access=QTWAOYTTINDUT2QVKYUC, SignedHeaders=content-type;host;x-sdk-date, "
        "Signature=7be6668032f70418fcc22abc52071e57aff61b84a1d2381bb430d6870f4f6ebe"
    )


def test_the_request_of_the_sdks_own_signer_test() -> None:
    header = authorization("AccessKey", "SecretKey", "GET", "/resources?size=1", HEADERS)
    assert signature_of(header) == "cfb4171acec81de07d50e53d57eb77edd537414d66ddb1d7d780f128e12cd842"


@pytest.mark.parametrize(
    ("text", "encoded"),
    [("一 (&=?!#%.*)", "%E4%B8%80%20%28%26%3D%3F%21%23%25.%2A%29"), ("/tmp/123", "%2Ftmp%2F123"), ("-_.~", "-_.~")],
)
def test_encoding_as_the_go_sdks_signer_test_has_it(text: str, encoded: str) -> None:
    assert encode(text) == encoded


def test_a_request_of_our_shape() -> None:
    sent = target(("v1", "p", "dev-servers", "jobs"), [("id", ""), ("name", "a b+c/中"), ("visible", "true")])
    assert sent == "/v1/p/dev-servers/jobs?id=&name=a%20b%2Bc%2F%E4%B8%AD&visible=true"
    headers = {"Host": "modelarts.cn-north-4.myhuaweicloud.com", "X-Sdk-Date": DATE}
    header = authorization("AccessKey", "SecretKey", "GET", sent, headers)
    assert signature_of(header) == "d3565e21dc169d8c5b28c8742b637288fb8053fa8de6e508b48148dd7fa03398"


@settings(max_examples=examples(1_500), deadline=None)
@given(segments=SEGMENTS, query=QUERIES)
@example(segments=["v1", "a/b"], query=[])
@example(segments=["v1", "%2F", "a%252Fb"], query=[("name", "%2F"), ("name", "+")])
@example(segments=["~()*!+ '"], query=[("b", ""), ("a", "~"), ("a", "中"), ("a", "b"), ("a", "b")])
@example(segments=["x"], query=[("a~", "1"), ("a ", "2"), ("a", "3"), ("", "")])
def test_any_id_and_query_is_signed_as_huaweis_signer_does(segments: list[str], query: list[tuple[str, str]]) -> None:
    sent = target(segments, query)
    # The oracle takes the path as it is sent and the query as plain text; repeated names as repeated pairs.
    expected = oracle(sent.partition("?")[0], query, HEADERS)
    assert authorization("AccessKey", "SecretKey", "GET", sent, HEADERS) == expected


# Printable ASCII: no other header value can be sent. No Content-Type: for any but JSON the oracle adds a header of its
# own, X-Sdk-Content-Sha256, which a read without a body never needs.
@settings(max_examples=examples(1_500), deadline=None)
@given(
    extra=st.dictionaries(
        st.sampled_from(["X-Project-Id", "X-Security-Token", "accept", "X_Hidden", "Z"]),
        st.text(alphabet=st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20),
    )
)
@example(extra={"X-Project-Id": "  p  ", "X_Hidden": "never signed"})
def test_any_headers_are_signed_as_huaweis_signer_does(extra: dict[str, str]) -> None:
    headers = {**HEADERS, **extra}
    expected = oracle("/v1/p", [], headers)
    assert authorization("AccessKey", "SecretKey", "GET", "/v1/p", headers) == expected


def test_blanks_around_a_header_value_do_not_count() -> None:
    plain = authorization("k", "s", "GET", "/v1", {**HEADERS, "X-Project-Id": "p"})
    assert authorization("k", "s", "GET", "/v1", {**HEADERS, "X-Project-Id": "  p\t"}) == plain


def test_a_header_with_an_underscore_is_not_signed() -> None:
    header = authorization("k", "s", "GET", "/v1", {**HEADERS, "X_Trace": "t"})
    assert header == authorization("k", "s", "GET", "/v1", HEADERS)
    assert "SignedHeaders=host;x-sdk-date," in header


def test_a_body_is_part_of_the_signature() -> None:
    assert authorization("k", "s", "POST", "/v1", HEADERS, b"{}") != authorization("k", "s", "POST", "/v1", HEADERS)


def test_the_date_is_written_in_utc_whatever_the_zone() -> None:
    east = timezone(timedelta(hours=8))
    assert sdk_date(datetime(2020, 6, 8, 10, 39, tzinfo=east)) == DATE


@pytest.mark.parametrize("segment", ["", ".", ".."])
def test_a_segment_that_would_leave_its_place_is_refused(segment: str) -> None:
    with pytest.raises(InputError, match="cannot be part of a path"):
        target(("v1", segment))
