"""The settings `proxy` and `caFile`: what they may be, and what is said of a certificate."""

from __future__ import annotations

import ctypes
import ctypes.util
from pathlib import Path

import pytest
from nbcloud_support import make_settings, one_line

from pulumi_nbcloud.clouds.aidp.account import SCHEMA as AIDP
from pulumi_nbcloud.clouds.hpcai.account import SCHEMA as HPCAI
from pulumi_nbcloud.clouds.modelarts.account import SCHEMA as MODELARTS
from pulumi_nbcloud.errors import BadResponseError, SettingsError
from pulumi_nbcloud.http.certificates import untrusted
from pulumi_nbcloud.http.messages import Request
from pulumi_nbcloud.http.proxy import DIRECT, Route, route_of, unused_variable, way_out_hint
from pulumi_nbcloud.settings.resolve import resolve
from pulumi_nbcloud.settings.schema import Schema
from pulumi_nbcloud.settings.sources import variable

FROM = "(from Pulumi config nbcloud:modelarts)"


@pytest.mark.parametrize(
    ("text", "route"),
    [
        ("http://proxy.example:3128", Route("http://proxy.example:3128")),
        ("http://Proxy.Example:80/", Route("http://proxy.example:80")),
        ("http://[::1]:3128", Route("http://[::1]:3128")),
        ("http://us%40er:pa%3Ass%2F@p.example:1", Route("http://p.example:1", "us@er", "pa:ss/")),
        ("http://user@p.example:1", Route("http://p.example:1", "user")),
    ],
)
def test_a_proxy_is_an_origin_and_perhaps_a_user(text: str, route: Route) -> None:
    found = route_of(make_settings(proxy=text))
    assert found == route
    assert "pa:ss" not in repr(found)


def test_without_settings_requests_go_directly() -> None:
    assert route_of(make_settings()) == DIRECT


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("http://p.example", "must name a port from 1 to 65535"),
        ("http://p.example:0", "must name a port from 1 to 65535"),
        ("http://p.example:99999", "is not a URL"),
        (
            "https://p.example:1",
            "must start with http:// and name a host; what goes through it is encrypted all the same",
        ),
        ("p.example:1", "must start with http:// and name a host; what goes through it is encrypted all the same"),
        ("http://p.example:1/canary", "must not have a path, a query or a fragment"),
        ("http://:canary@p.example:1", "has a password without a user"),
        ("http://us%3Aer:canary@p.example:1", "has a user with a colon, which a proxy cannot tell from the password"),
        ("http://p.example:1\r\nX: 1", "holds blanks, control or non-ASCII characters"),
    ],
)
def test_a_proxy_that_cannot_be_one_is_refused_without_being_shown(text: str, reason: str) -> None:
    with pytest.raises(SettingsError) as caught:
        route_of(make_settings(proxy=text))
    assert str(caught.value) == (
        f"modelarts proxy {FROM} {reason}\nhint: give scheme, host and port, for example http://proxy.example.com:3128"
    )


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("can#ary", "is not a URL"),
        ("can/ary", "is not a URL"),
        ("can?ary", "is not a URL"),
        ("1#canary", "must not have a path, a query or a fragment"),
        ("can[ary", "is not a URL"),
        ("can ary", "holds blanks, control or non-ASCII characters"),
        ("canaryé", "holds blanks, control or non-ASCII characters"),
    ],
)
def test_special_characters_of_a_proxys_password(password: str, reason: str) -> None:
    url = f"http://user:{password}@p.example:3128"
    with pytest.raises(SettingsError) as caught:
        route_of(make_settings(proxy=url))
    assert str(caught.value) == (
        f"modelarts proxy {FROM} {reason}\n"
        "hint: percent-encode special characters of the password: # is %23, / is %2F, ? is %3F, @ is %40"
    )
    # Whatever part of it would be taken for the password, nothing shows it.
    assert MODELARTS.shown("proxy", url) in ("(hidden)", "http://p.example:3128")
    assert any(password in each for each in MODELARTS.secret_parts({"proxy": url}))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "cannot be read (FileNotFoundError)"),
        ("", "holds no certificates"),
        ("-----BEGIN CERTIFICATE-----\ncanary\n-----END CERTIFICATE-----\n", "holds no certificates"),
    ],
)
def test_a_ca_file_that_holds_nothing_is_refused(content: str | None, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SettingsError) as caught:
        route_of(make_settings(caFile=str(path)))
    assert str(caught.value) == (
        f"modelarts caFile {FROM} names {path}, which {reason}\n"
        "hint: give the path of a PEM file with the certificates of the authorities to trust"
    )


SIGNS_IN = {
    "modelarts": {"accessKey": "a", "secretKey": "s"},
    "hpcai": {"apiKey": "k"},
    "aidp": {"signer": "module:factory"},
}


@pytest.mark.parametrize("schema", [MODELARTS, HPCAI, AIDP], ids=lambda schema: schema.cloud)
def test_every_cloud_has_both_from_the_sources_of_its_endpoint(schema: Schema) -> None:
    environment = {
        variable(schema.cloud, None, "proxy"): "http://p.example:1",
        variable(schema.cloud, None, "caFile"): "/ca.pem",
        "HTTPS_PROXY": "http://other.example:1",
    }
    config = {f"nbcloud:{schema.cloud}": {**SIGNS_IN[schema.cloud], "proxy": "http://first.example:1"}}
    found = resolve(schema, None, config.get, environment)
    assert (found.values["proxy"], found.values["caFile"]) == ("http://first.example:1", "/ca.pem")


@pytest.mark.parametrize(
    ("code", "problem", "hint"),
    [
        (9, "is not valid yet", "check this machine's clock"),
        (18, "is self-signed", "if it is meant to be so, set caFile to a PEM file of it"),
        (64, "is for another address", "check the endpoint's host name"),
    ],
)
def test_a_certificate_that_is_not_accepted_is_explained(code: int, problem: str, hint: str) -> None:
    error = untrusted(code, "canary", "GET https://h.example/p")
    assert type(error) is BadResponseError
    assert one_line(error) == f"the server's certificate {problem} (GET https://h.example/p)\nhint: {hint}"


def words_of_openssl() -> list[tuple[int, str]]:
    """Every number of OpenSSL's with its words, out of the library that this Python uses or one like it."""
    name = ctypes.util.find_library("crypto")
    if name is None:
        return [(23, "certificate revoked"), (89, "Basic Constraints of CA cert not marked critical")]
    library = ctypes.CDLL(name)
    library.X509_verify_cert_error_string.restype = ctypes.c_char_p
    return [(number, library.X509_verify_cert_error_string(number).decode()) for number in range(1, 95)]


@pytest.mark.parametrize(("code", "words"), words_of_openssl())
def test_every_number_of_openssl_has_a_reason(code: int, words: str) -> None:
    error = untrusted(code, words, "GET https://h.example/p")
    assert "no reason" not in str(error)
    assert error.hint
    if code not in (9, 10, 18, 19, 20, 21, 62, 64):
        assert error.problem == f"the server's certificate is not accepted: {words} (OpenSSL's number {code})"
    assert ("Python 3.13" in (error.hint or "")) is (80 <= code <= 94)


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_DIR"])
def test_a_variable_of_authorities_that_is_not_used(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "/etc/corporate.pem")
    error = untrusted(20, "unable to get local issuer certificate", "GET https://h.example/p")
    assert error.hint == (
        f"{name} is set, and is not used here: if its authorities are meant, set caFile to them; else if it is your "
        "own, set caFile to a PEM file of its certificate"
    )
    assert untrusted(9, None, "GET https://h.example/p").hint == "check this machine's clock"


def test_an_authority_whose_constraints_are_not_critical() -> None:
    error = untrusted(89, "Basic Constraints of CA cert not marked critical", "GET https://h.example/p")
    assert one_line(error) == (
        "the server's certificate is not accepted: Basic Constraints of CA cert not marked critical (OpenSSL's number "
        "89) (GET https://h.example/p)\n"
        "hint: Python 3.13 and newer check certificates more strictly (RFC 5280), older versions accept this one: have "
        "whoever runs the authority issue it again, or use Python 3.12 until then"
    )


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"HTTPS_PROXY": "http://p.example:1"}, "HTTPS_PROXY"),
        ({"https_proxy": "http://p.example:1"}, "https_proxy"),
        ({"ALL_PROXY": "socks5://p.example:1"}, "ALL_PROXY"),
        ({"HTTPS_PROXY": " "}, None),
        ({"HTTP_PROXY": "http://p.example:1"}, None),
        ({"HTTPS_PROXY": "http://p.example:1", "NO_PROXY": "example.com"}, None),
        ({"HTTPS_PROXY": "http://p.example:1", "no_proxy": "*"}, None),
        ({"HTTPS_PROXY": "http://p.example:1", "NO_PROXY": "example.org"}, "HTTPS_PROXY"),
    ],
)
def test_a_variable_of_a_proxy_that_is_not_used(
    variables: dict[str, str], named: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert unused_variable(None, "modelarts.example.com") == named
    assert unused_variable("http://own.example:1", "modelarts.example.com") is None
    assert unused_variable(None, "127.0.0.1") is None
    request = Request("GET", "https://modelarts.example.com", "/v1/p")
    expected = (
        f"{named} is set, and is not used here: if a proxy is the only way out, set proxy; else look"
        if named
        else "look"
    )
    assert way_out_hint(DIRECT, request, "look") == expected
