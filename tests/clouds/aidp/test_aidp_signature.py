"""Oracle's request signature: the published vectors (docs/vendors/aidp.md, DP-14), and Oracle's own signers."""

from __future__ import annotations

import hashlib
from types import SimpleNamespace
from urllib.parse import quote, urlsplit

import oci.signer
import pytest
from aidp_support import pem
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from nbcloud_support import examples
from oci.auth.signers import SecurityTokenSigner

from pulumi_nbcloud.clouds.aidp.signature import (
    authorization,
    body_headers,
    http_date,
    load_private_key,
    signing_string,
)
from pulumi_nbcloud.errors import SettingsError
from pulumi_nbcloud.mock.aidp.keys import FIRST

# oracle/oci-go-sdk, common/http_signer_test.go: a key published to be thrown away, and what it signs.
PUBLISHED_KEY = """-----BEGIN RSA PRIVATE KEY-----
MIICXgIBAAKBgQDCFENGw33yGihy92pDjZQhl0C36rPJj+CvfSC8+q28hxA161QF
NUd13wuCTUcq0Qd2qsBe/2hFyc2DCJJg0h1L78+6Z4UMR7EOcpfdUE9Hf3m/hs+F
UR45uBJeDK1HSFHD8bHKD6kv8FPGfJTotc+2xjJwoYi+1hqp1fIekaxsyQIDAQAB
AoGBAJR8ZkCUvx5kzv+utdl7T5MnordT1TvoXXJGXK7ZZ+UuvMNUCdN2QPc4sBiA
QWvLw1cSKt5DsKZ8UETpYPy8pPYnnDEz2dDYiaew9+xEpubyeW2oH4Zx71wqBtOK
kqwrXa/pzdpiucRRjk6vE6YY7EBBs/g7uanVpGibOVAEsqH1AkEA7DkjVH28WDUg
f1nqvfn2Kj6CT7nIcE3jGJsZZ7zlZmBmHFDONMLUrXR/Zm3pR5m0tCmBqa5RK95u
412jt1dPIwJBANJT3v8pnkth48bQo/fKel6uEYyboRtA5/uHuHkZ6FQF7OUkGogc
mSJluOdc5t6hI1VsLn0QZEjQZMEOWr+wKSMCQQCC4kXJEsHAve77oP6HtG/IiEn7
kpyUXRNvFsDE0czpJJBvL/aRFUJxuRK91jhjC68sA7NsKMGg5OXb5I5Jj36xAkEA
gIT7aFOYBFwGgQAQkWNKLvySgKbAZRTeLBacpHMuQdl1DfdntvAyqpAZ0lY0RKmW
G6aFKaqQfOXKCyWoUiVknQJAXrlgySFci/2ueKlIE1QqIiLSZ8V8OlpFLRnb1pzI
7U1yQXnTAEFYM560yJlzUpOb1V4cScGd365tiSMvxLOvTA==
-----END RSA PRIVATE KEY-----"""
KEY_ID = (
    "ocid1.tenancy.oc1..aaaaaaaaba3pv6wkcr4jqae5f15p2b2m2yt2j6rx32uzr4h25vqstifsfdsq/"
    "ocid1.user.oc1..aaaaaaaat5nvwcna5j6aqzjcaty5eqbb6qt2jvpkanghtgdaqedqw3rynjq/"
    "20:3b:97:13:55:1c:5b:0d:d3:37:d8:50:4e:c5:3a:34"
)
COMPARTMENT = "ocid1.compartment.oc1..aaaaaaaam3we6vgnherjq5q2idnccdflvjsnog7mlr6rtdb25gilchfeyjxa"
VOLUME = "ocid1.volume.oc1.phx.abyhqljrgvttnlx73nmrwfaux7kcvzfs3s66izvxf2h4lgvyndsdsnoiwr5q"
INSTANCE = "ocid1.instance.oc1.phx.abuw4ljrlsfiqw6vzzxb43vyypt4pkodawglp3wqxjqofakrwvou52gb6s5a"
GET_TARGET = (
    "/20160918/instances?availabilityDomain=Pjwf%3A%20PHX-AD-1&compartmentId="
    f"{COMPARTMENT}&displayName=TeamXInstances&volumeId={VOLUME}"
)
POST_BODY = (
    f'{{\n    "compartmentId": "{COMPARTMENT}",\n    "instanceId": "{INSTANCE}",\n    "volumeId": "{VOLUME}"\n}}'
).encode()
COMMON = {"date": "Thu, 05 Jan 2014 21:31:40 GMT", "host": "iaas.us-phoenix-1.oraclecloud.com"}
GET_SIGNATURE = (
    "GBas7grhyrhSKHP6AVIj/h5/Vp8bd/peM79H9Wv8kjoaCivujVXlpbKLjMPeDUhxkFIWtTtLBj3sUzaFj34XE6YZAHc9r2DmE4pMwOAy/"
    "kiITcZxa1oHPOeRheC0jP2dqbTll8fmTZVwKZOKHYPtrLJIJQHJjNvxFWeHQjMaR7M="
)
POST_SIGNATURE = (
    "Mje8vIDPlwIHmD/cTDwRxE7HaAvBg16JnVcsuqaNRim23fFPgQfLoOOxae6WqKb1uPjYEl0qIdazWaBy/Ml8DRhqlocMwoSXv0fbukP8J5N80"
    "LCmzT/FFBvIvTB91XuXI3hYfP9Zt1l7S6ieVadHUfqBedWH0itrtPJBgKmrWso="
)
CANARY = "canary-passphrase-5f1d"


def parts_of(header: str) -> dict[str, str]:
    """The parameters of an Authorization header, whose order is free."""
    scheme, _, rest = header.partition(" ")
    assert scheme == "Signature"
    found = [part.partition("=") for part in rest.split(",")]
    assert all(value[0] == value[-1] == '"' for _, _, value in found)
    return {name: value[1:-1] for name, _, value in found}


# --- the published vectors


def test_the_published_get() -> None:
    assert signing_string("GET", GET_TARGET, COMMON) == (
        f"date: Thu, 05 Jan 2014 21:31:40 GMT\n(request-target): get {GET_TARGET}\n"
        "host: iaas.us-phoenix-1.oraclecloud.com"
    )
    key = load_private_key(PUBLISHED_KEY, None, "key")
    assert authorization(KEY_ID, key, "GET", GET_TARGET, COMMON) == (
        f'Signature algorithm="rsa-sha256",headers="date (request-target) host",keyId="{KEY_ID}",'
        f'signature="{GET_SIGNATURE}",version="1"'
    )


def test_the_published_post() -> None:
    assert len(POST_BODY) == 316
    headers = {**COMMON, **body_headers("POST", POST_BODY)}
    assert headers["x-content-sha256"] == "V9Z20UJTvkvpJ50flBzKE32+6m2zJjweHpDMX/U4Uy0="
    key = load_private_key(PUBLISHED_KEY, None, "key")
    found = parts_of(authorization(KEY_ID, key, "POST", "/20160918/volumeAttachments", headers))
    assert found == {
        "version": "1",
        "algorithm": "rsa-sha256",
        "keyId": KEY_ID,
        "headers": "date (request-target) host content-length content-type x-content-sha256",
        "signature": POST_SIGNATURE,
    }


def test_a_get_has_no_headers_of_a_body() -> None:
    assert body_headers("GET", b"") == body_headers("get", b"x") == {}


def test_the_date_is_in_english_and_gmt() -> None:
    assert http_date(1_767_225_600.9) == "Thu, 01 Jan 2026 00:00:00 GMT"


# --- Oracle's own signers

ORACLES = {
    "user": oci.signer.Signer("tenancy", "user", "20:3b", None, private_key_content=pem()),
    "token": SecurityTokenSigner("to.ke.n", oci.signer.load_private_key(pem(), None)),
}
KEY_IDS = {"user": "tenancy/user/20:3b", "token": "ST$to.ke.n"}
OUR_KEY = load_private_key(pem(), None, "key")

_TEXT = st.text(st.sampled_from([*"aZ09-_.~ +%/&=?#!*()'\"中é\u0301😀"]), min_size=1, max_size=12)
_HOST = st.sampled_from(["aidp.us-ashburn-1.oci.oraclecloud.com", "127.0.0.1:8080", "localhost", "h:1"])


@settings(max_examples=examples(1_500), deadline=None)
@given(
    segments=st.lists(_TEXT, min_size=1, max_size=5),
    query=st.lists(st.tuples(_TEXT, _TEXT), max_size=3),
    host=_HOST,
    seconds=st.integers(0, 4_000_000_000),
    body=st.none() | _TEXT | st.just(""),
)
@pytest.mark.parametrize("kind", ["user", "token"])
def test_agrees_with_oracles_signers(
    kind: str, segments: list[str], query: list[tuple[str, str]], host: str, seconds: int, body: str | None
) -> None:
    method = "GET" if body is None else "POST"
    path = "/" + "/".join(quote(each, safe="-_.~") for each in segments)
    pairs = "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in query)
    target = f"{path}?{pairs}" if pairs else path
    headers = {"date": http_date(seconds), "host": host, **body_headers(method, (body or "").encode())}

    url = f"https://{host}{target}"
    assert urlsplit(url).netloc == host
    request = SimpleNamespace(method=method, url=url, path_url=target, body=body, headers={"date": headers["date"]})
    ORACLES[kind](request)
    theirs = {name.lower(): value for name, value in request.headers.items()}

    ours = authorization(KEY_IDS[kind], OUR_KEY, method, target, headers)
    assert parts_of(ours) == parts_of(theirs.pop("authorization"))
    assert {name: theirs[name] for name in headers} == headers


def test_the_comparison_would_see_a_difference() -> None:
    headers = {"date": http_date(0), "host": "h"}
    request = SimpleNamespace(method="GET", url="https://h/a", path_url="/a", body=None, headers=dict(headers))
    ORACLES["user"](request)
    theirs = parts_of({name.lower(): value for name, value in request.headers.items()}["authorization"])
    for target, changed in (("/b", headers), ("/a", {**headers, "host": "i"}), ("/a", {**headers, "date": "x"})):
        assert parts_of(authorization(KEY_IDS["user"], OUR_KEY, "GET", target, changed)) != theirs
    assert parts_of(authorization(KEY_IDS["user"], OUR_KEY, "GET", "/a", headers)) == theirs


# --- private keys


def number_of(key: object) -> int:
    return key.private_numbers().p  # type: ignore[attr-defined,no-any-return]


@pytest.mark.parametrize(
    ("text", "passphrase"),
    [
        (pem(), None),
        (pem(), "not needed"),
        (pem(CANARY), CANARY),
        (pem() + "\nOCI_API_KEY\n", None),
        ("\r\n".join(pem().splitlines()), None),
        (
            FIRST.private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode(),
            None,
        ),
        (pem("é中"), "é中"),
    ],
    ids=["open", "open with a passphrase", "encrypted", "labelled", "crlf", "PKCS1", "passphrase beyond ASCII"],
)
def test_keys_that_can_be_read(text: str, passphrase: str | None) -> None:
    assert number_of(load_private_key(text, passphrase, "key")) == number_of(FIRST.private)


def test_a_key_encrypted_in_the_old_form() -> None:
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption

    encryption = BestAvailableEncryption(CANARY.encode())
    old = FIRST.private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, encryption).decode()
    assert "Proc-Type: 4,ENCRYPTED" in old
    assert number_of(load_private_key(old, CANARY, "key")) == number_of(FIRST.private)
    with pytest.raises(SettingsError, match="cannot be opened"):
        load_private_key(old, "other", "key")


ELLIPTIC = (
    ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
)
PUBLIC = FIRST.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
NAME_PRIVATE = "name the private key that belongs to it"
NOT_A_KEY = "the key is not a private key in PEM\nhint: correct it; its content is not shown here"


@pytest.mark.parametrize(
    ("text", "passphrase", "message"),
    [
        (
            pem(CANARY),
            None,
            "the key is encrypted and has no passphrase\nhint: set the passphrase that opens it",
        ),
        (
            pem(CANARY),
            "canary-wrong",
            "the key cannot be opened with its passphrase\nhint: correct the passphrase; it is not shown here",
        ),
        ("canary", None, NOT_A_KEY),
        ("canary", "canary", NOT_A_KEY),
        ("", None, NOT_A_KEY),
        ("\ud800", None, NOT_A_KEY),
        (pem()[:800], None, NOT_A_KEY),
        (pem().replace("MII", "AII", 1), None, NOT_A_KEY),
        (PUBLIC, None, f"{NOT_A_KEY[: NOT_A_KEY.index('correct')]}it is a public key: {NAME_PRIVATE}"),
        (ELLIPTIC, None, "the key is not an RSA key\nhint: correct it; its content is not shown here"),
    ],
    ids=["no passphrase", "wrong", "text", "text+", "empty", "surrogate", "cut", "broken", "public", "elliptic"],
)
def test_keys_that_cannot_be_used(text: str, passphrase: str | None, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_private_key(text, passphrase, "the key")
    assert str(caught.value) == message
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_cryptography_is_loaded_when_something_is_signed_and_not_before() -> None:
    import subprocess
    import sys

    code = (
        "import sys, pulumi_nbcloud.clouds.aidp.notebook_session, pulumi_nbcloud.mock.aidp.service\n"
        "print([name for name in ('cryptography', 'oci') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_mocks_fingerprint_is_oracles() -> None:
    der = FIRST.public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert FIRST.fingerprint.replace(":", "") == hashlib.md5(der).hexdigest()
    assert FIRST.fingerprint.count(":") == 15
