"""Where a setting comes from."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from nbcloud_support import SECRET_KEY, SECURITY_TOKEN

from pulumi_nbcloud.clouds.modelarts.account import SCHEMA
from pulumi_nbcloud.errors import SettingsError
from pulumi_nbcloud.http.url import endpoint_url
from pulumi_nbcloud.kinds.registry import KINDS
from pulumi_nbcloud.settings.identity import Chooses, Entry, Treatment
from pulumi_nbcloud.settings.resolve import resolve
from pulumi_nbcloud.settings.schema import CredentialSet, Schema, Settings, Source, Variables
from pulumi_nbcloud.settings.sources import CLOUDS, StackConfig, config_keys, variable

CONFIG = "nbcloud:modelarts"
FILE = "~/.huaweicloud/credentials [basic]"

# Two ways to sign in, as other clouds have.
TWO_SETS = Schema(
    cloud="test",
    credentials=(CredentialSet(("apiKey",)), CredentialSet(("username", "password"), ("domainName",))),
    bound=("projectId",),
    free=("region",),
    environment=(
        Variables(
            "VENDOR_…",
            tuple(
                Entry(f"VENDOR_{name}", "a tool", Chooses.SIGN_IN, Treatment.HONOURED, "VENDOR_…", key)
                for key, name in (("apiKey", "API_KEY"), ("projectId", "PROJECT_ID"), ("region", "REGION"))
            ),
        ),
    ),
)


def find(
    config: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
    profile: str | None = None,
    schema: Schema = SCHEMA,
) -> Settings:
    return resolve(schema, profile, (config or {}).get, environment or {})


def problem(
    config: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
    profile: str | None = None,
    schema: Schema = SCHEMA,
) -> str:
    with pytest.raises(SettingsError) as caught:
        find(config, environment, profile, schema)
    return str(caught.value)


def pair(mark: str, **more: str) -> dict[str, str]:
    return {"accessKey": f"{mark}-ak", "secretKey": f"{mark}-sk", **more}


def write_credentials(text: str) -> dict[str, str]:
    """Writes the vendor's file; gives an environment that finds it."""
    folder = Path(os.environ["HOME"], ".huaweicloud")
    folder.mkdir()
    (folder / "credentials").write_text(text, encoding="utf-8")
    return {"HOME": os.environ["HOME"]}


OWN = {"NBCLOUD_MODELARTS_ACCESS_KEY": "own-ak", "NBCLOUD_MODELARTS_SECRET_KEY": "own-sk"}
SDK = {"HUAWEICLOUD_SDK_AK": "sdk-ak", "HUAWEICLOUD_SDK_SK": "sdk-sk"}
HW = {"HW_ACCESS_KEY": "hw-ak", "HW_SECRET_KEY": "hw-sk"}
ONE = "keep one of them: nobody can tell which one is meant"
BASIC_EXAMPLE = "it needs a section [basic] with lines such as ak = … and sk = …"
BASIC = "[basic]\nak = file-ak\nsk = file-sk\n"


# --- order of sources


@pytest.mark.parametrize(
    ("left_out", "mark", "origin"),
    [
        (0, "config", f"Pulumi config {CONFIG}"),
        (1, "own", "the environment (NBCLOUD_MODELARTS_…)"),
        (2, "sdk", "the environment (HUAWEICLOUD_SDK_…)"),
        (3, "hw", "the environment (HW_…)"),
        (4, "file", FILE),
    ],
)
def test_the_first_source_that_has_any_credential_wins(left_out: int, mark: str, origin: str) -> None:
    home = write_credentials(BASIC)
    sources = [{}, OWN, SDK, HW][max(left_out, 1) :]
    environment = {name: value for each in sources for name, value in each.items()} | home
    found = find({CONFIG: pair("config")} if not left_out else {}, environment)
    assert (found.values["accessKey"], found.values["secretKey"]) == (f"{mark}-ak", f"{mark}-sk")
    assert found.origin["accessKey"] == origin


def test_a_file_that_cannot_be_read_only_matters_where_it_is_needed() -> None:
    home = write_credentials("ak without a section\n")
    assert find({}, {**OWN, **home}).values["accessKey"] == "own-ak"
    assert "~/.huaweicloud/credentials is not a configuration file" in problem(environment=home)


def test_a_set_is_taken_whole_its_optional_key_included() -> None:
    found = find({CONFIG: pair("config")}, {"NBCLOUD_MODELARTS_SECURITY_TOKEN": "other", **SDK})
    assert "securityToken" not in found.values


def test_nothing_found_says_where_it_looked() -> None:
    assert problem(environment=write_credentials("[other]\n")) == (
        "no credentials for modelarts; looked in Pulumi config nbcloud:modelarts; the environment "
        "(NBCLOUD_MODELARTS_…); the environment (HUAWEICLOUD_SDK_…); the environment (HW_…); " + FILE + "\n"
        "hint: set NBCLOUD_MODELARTS_ACCESS_KEY and NBCLOUD_MODELARTS_SECRET_KEY, or the Pulumi config; "
        "other ways to sign in: username + password + domainName; authToken"
    )


@pytest.mark.parametrize(
    ("config", "environment", "where", "missing"),
    [
        ({"accessKey": "a"}, OWN, f"Pulumi config {CONFIG}", "secretKey"),
        ({"securityToken": "t"}, OWN, f"Pulumi config {CONFIG}", "accessKey, secretKey"),
        ({}, {"NBCLOUD_MODELARTS_SECRET_KEY": "s", **SDK}, "the environment (NBCLOUD_MODELARTS_…)", "accessKey"),
        ({}, {"HUAWEICLOUD_SDK_AK": "a", **HW}, "the environment (HUAWEICLOUD_SDK_…)", "secretKey"),
    ],
)
def test_an_incomplete_set_names_the_missing_key_and_is_never_filled_up(
    config: dict[str, str], environment: dict[str, str], where: str, missing: str
) -> None:
    assert problem({CONFIG: config}, environment) == (
        f"{where} has credentials for modelarts without {missing}\n"
        f"hint: add {missing} there, or remove the others: two sources are never mixed"
    )


def test_two_sets_in_one_source_are_an_error() -> None:
    config = {"nbcloud:test": {"apiKey": "k", "password": "canary"}}
    assert problem(config, schema=TWO_SETS) == (
        "Pulumi config nbcloud:test holds two ways to sign in to test: apiKey and username + password\n"
        "hint: keep one of them: a mix could watch the wrong account"
    )


def test_two_sets_in_two_sources_are_not() -> None:
    found = find({"nbcloud:test": {"username": "u", "password": "p"}}, {"VENDOR_API_KEY": "k"}, schema=TWO_SETS)
    assert dict(found.values) == {"username": "u", "password": "p"}


# --- bound and free keys


def test_a_bound_key_comes_from_the_credentials_source_or_one_before_it() -> None:
    above = find({CONFIG: {"projectId": "config"}}, {**SDK, "HUAWEICLOUD_SDK_PROJECT_ID": "sdk"})
    assert above.values["projectId"] == "config"
    same = find({}, {**SDK, "HUAWEICLOUD_SDK_PROJECT_ID": "sdk", "HW_PROJECT_ID": "hw"})
    assert same.values["projectId"] == "sdk"
    below = find({CONFIG: pair("config")}, {"NBCLOUD_MODELARTS_PROJECT_ID": "own", "HW_PROJECT_ID": "hw"})
    assert "projectId" not in below.values


@pytest.mark.parametrize("credentials", [{}, SDK, HW])
def test_a_free_key_comes_from_anywhere_the_first_wins(credentials: dict[str, str]) -> None:
    config = {} if credentials else {CONFIG: pair("config")}
    found = find(config, {**credentials, "HW_REGION_NAME": "hw-1"})
    assert (found.values["region"], found.origin["region"]) == ("hw-1", "the environment (HW_…)")
    assert find(config, {**credentials, "HW_REGION_NAME": "hw-1", "NBCLOUD_MODELARTS_REGION": "own-1"}).values[
        "region"
    ] == ("own-1")


# --- the form of values


@pytest.mark.parametrize("blank", ["", " ", "\t\n"])
def test_an_empty_variable_is_unset(blank: str) -> None:
    environment = {"NBCLOUD_MODELARTS_ACCESS_KEY": blank, "HUAWEICLOUD_SDK_AK": blank, **HW}
    found = find({}, {**environment, "NBCLOUD_MODELARTS_SECURITY_TOKEN": blank, "HW_SECURITY_TOKEN": blank})
    assert found.values["accessKey"] == "hw-ak"
    assert "securityToken" not in found.values


def test_blanks_around_a_value_are_trimmed_in_every_source() -> None:
    assert find({CONFIG: {"accessKey": " a\n", "secretKey": "\ts "}}).values == {"accessKey": "a", "secretKey": "s"}
    for name, environment in (("own", OWN), ("sdk", SDK), ("hw", HW)):
        found = find({}, {key: f" {value}\n" for key, value in environment.items()})
        assert found.values["secretKey"] == f"{name}-sk"
    assert find({}, write_credentials("[basic]\nak =  a \nsk = s\t\n")).values == {"accessKey": "a", "secretKey": "s"}


@pytest.mark.parametrize("as_text", [False, True])
def test_digits_set_with_path_are_a_text(as_text: bool) -> None:
    value: object = pair("config") | {"projectId": 42}
    found = find({CONFIG: json.dumps(value) if as_text else value})
    assert found.values["projectId"] == "42"


@pytest.mark.parametrize(
    ("value", "kind"),
    [(True, "a bool"), (1.5, "a number with a fraction"), (None, "null"), ([1], "a list"), ({"a": 1}, "an object")],
)
def test_a_config_value_of_another_type_is_refused(value: object, kind: str) -> None:
    assert problem({CONFIG: {"region": value}}) == (
        f"Pulumi config nbcloud:modelarts.region must be a text, not {kind}\n"
        "hint: set it with: pulumi config set --path nbcloud:modelarts.region VALUE"
    )


def test_an_empty_config_value_is_refused() -> None:
    assert problem({CONFIG: {"secretKey": " "}}, OWN) == (
        "Pulumi config nbcloud:modelarts.secretKey is empty\nhint: give it a value or remove it"
    )


@pytest.mark.parametrize("value", ["canary", "[1]", "7", '"canary"', '{"canary": ', 7, ["canary"], "[" * 100_000])
def test_config_that_is_no_object_is_refused_without_its_value(value: object) -> None:
    assert problem({CONFIG: value}) == (
        "Pulumi config nbcloud:modelarts must be an object\n"
        "hint: set its parts with: pulumi config set --path nbcloud:modelarts.KEY VALUE"
    )


@pytest.mark.parametrize("value", [None, "null", {}, "{}"])
def test_config_that_holds_nothing_leaves_the_other_sources(value: object) -> None:
    assert find({CONFIG: value}, OWN).values["accessKey"] == "own-ak"


# --- unknown keys


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (
            "acessKey",
            (
                "Pulumi config nbcloud:modelarts.acessKey is not a setting of modelarts\n"
                "hint: did you mean nbcloud:modelarts.accessKey?"
            ),
        ),
        (
            "zzz",
            (
                "Pulumi config nbcloud:modelarts.zzz is not a setting of modelarts\n"
                "hint: known are accessKey, secretKey, securityToken, username, password, domainName, authToken, "
                "projectId, projectName, region, endpoint, iamEndpoint, proxy, caFile"
            ),
        ),
    ],
)
def test_an_unknown_config_key_suggests_the_near_one(key: str, text: str) -> None:
    assert problem({CONFIG: {key: SECRET_KEY}}) == text


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("NBCLOUD_MODELARTS_ACESS_KEY", "did you mean NBCLOUD_MODELARTS_ACCESS_KEY?"),
        (
            "NBCLOUD_MODELARTS_ZZZ",
            (
                "known are NBCLOUD_MODELARTS_ACCESS_KEY, NBCLOUD_MODELARTS_SECRET_KEY, "
                "NBCLOUD_MODELARTS_SECURITY_TOKEN, NBCLOUD_MODELARTS_USERNAME, NBCLOUD_MODELARTS_PASSWORD, "
                "NBCLOUD_MODELARTS_DOMAIN_NAME, NBCLOUD_MODELARTS_AUTH_TOKEN, NBCLOUD_MODELARTS_PROJECT_ID, "
                "NBCLOUD_MODELARTS_PROJECT_NAME, NBCLOUD_MODELARTS_REGION, NBCLOUD_MODELARTS_ENDPOINT, "
                "NBCLOUD_MODELARTS_IAM_ENDPOINT, "
                "NBCLOUD_MODELARTS_PROXY, NBCLOUD_MODELARTS_CA_FILE"
            ),
        ),
    ],
)
def test_an_unknown_variable_of_ours_suggests_the_near_one(name: str, hint: str) -> None:
    text = problem(environment={**OWN, name: SECRET_KEY})
    assert text == f"the environment variable {name} is not a setting of modelarts\nhint: {hint}"


@pytest.mark.parametrize(
    "name", ["NBCLOUD_OTHER_KEY", "NBCLOUD_PROFILE_X_MODELARTS_ZZZ", "HUAWEICLOUD_SDK_ZZZ", "HW_ZZZ"]
)
def test_variables_of_others_do_not_matter(name: str) -> None:
    assert find({}, {**OWN, name: "x"}).values["accessKey"] == "own-ak"


# --- profiles


def test_a_profile_reads_its_own_config_and_variables_and_nothing_else() -> None:
    config = {
        CONFIG: pair("default", region="default-1"),
        "nbcloud:profiles": {"eu-2": {"modelarts": {"region": "eu-1"}}},
    }
    environment = {
        **{name.replace("MODELARTS", "PROFILE_EU_2_MODELARTS"): f"eu-{value}" for name, value in OWN.items()},
        **OWN,
        **SDK,
        "HW_PROJECT_ID": "hw",
        "NBCLOUD_MODELARTS_ENDPOINT": "https://default.example.com",
    }
    found = find(config, environment, "eu-2")
    assert dict(found.values) == {"accessKey": "eu-own-ak", "secretKey": "eu-own-sk", "region": "eu-1"}
    assert found.origin["region"] == "Pulumi config nbcloud:profiles.eu-2.modelarts"
    assert found.profile == "eu-2"


def test_a_profile_may_come_from_config_alone_even_as_text() -> None:
    config = {"nbcloud:profiles": json.dumps({"x": {"modelarts": pair("x")}})}
    assert find(config, OWN, "x").values["accessKey"] == "x-ak"


def test_a_profile_never_falls_back_on_the_default() -> None:
    home = write_credentials(BASIC)
    config = {CONFIG: pair("default"), "nbcloud:profiles": {"y": {"modelarts": pair("y")}}}
    assert problem(config, {**OWN, **SDK, **HW, **home}, "x") == (
        "no credentials for modelarts in profile x; looked in Pulumi config nbcloud:profiles.x.modelarts; "
        "the environment (NBCLOUD_PROFILE_X_MODELARTS_…)\n"
        "hint: set NBCLOUD_PROFILE_X_MODELARTS_ACCESS_KEY and NBCLOUD_PROFILE_X_MODELARTS_SECRET_KEY, "
        "or the Pulumi config; other ways to sign in: username + password + domainName; authToken"
    )


def test_an_unknown_key_of_a_profile_is_named_whole() -> None:
    config = {"nbcloud:profiles": {"x": {"modelarts": {"regoin": "r"}}}}
    assert problem(config, profile="x") == (
        "Pulumi config nbcloud:profiles.x.modelarts.regoin is not a setting of modelarts\n"
        "hint: did you mean nbcloud:profiles.x.modelarts.region?"
    )


@pytest.mark.parametrize("level", ["nbcloud:profiles", "nbcloud:profiles.x", "nbcloud:profiles.x.modelarts"])
def test_each_level_of_a_profile_must_be_an_object(level: str) -> None:
    values: dict[str, object] = {
        "nbcloud:profiles": [],
        "nbcloud:profiles.x": {"x": []},
        "nbcloud:profiles.x.modelarts": {"x": {"modelarts": []}},
    }
    text = problem({"nbcloud:profiles": values[level]}, profile="x")
    assert text.startswith(f"Pulumi config {level} must be an object\n")


@pytest.mark.parametrize("name", ["", "-x", "_x", "a b", "a.b", "é", "x\n", "x" * 65])
def test_a_profile_has_a_plain_name(name: str) -> None:
    text = problem(profile=name)
    assert text.endswith(
        "cannot be the name of a profile\n"
        "hint: use 1 to 64 letters, digits, hyphens and underscores, starting with a letter or digit"
    )
    assert "\n" not in text.partition("\nhint:")[0]


@pytest.mark.parametrize(
    ("cloud", "profile", "key", "name"),
    [
        ("modelarts", None, "accessKey", "NBCLOUD_MODELARTS_ACCESS_KEY"),
        ("hpcai", None, "endpoint", "NBCLOUD_HPCAI_ENDPOINT"),
        ("modelarts", "eu-west", "projectId", "NBCLOUD_PROFILE_EU_WEST_MODELARTS_PROJECT_ID"),
    ],
)
def test_the_names_of_our_variables(cloud: str, profile: str | None, key: str, name: str) -> None:
    assert variable(cloud, profile, key) == name


def test_the_config_keys_that_are_asked_for() -> None:
    asked: list[str] = []
    for profile in (None, "x"):
        with pytest.raises(SettingsError):
            resolve(SCHEMA, profile, lambda key: asked.append(key), {})
    assert tuple(asked) == config_keys("modelarts") == ("nbcloud:modelarts", "nbcloud:profiles")


# --- the vendor's file


def test_the_vendors_file_gives_all_its_keys() -> None:
    text = "[basic]\nak=a\nsk=s%%p\nsecurity_token=t\nproject_id=p\niam_endpoint=https://i\n[global]\nak=other\n"
    found = find({}, write_credentials(text))
    pair = {"accessKey": "a", "secretKey": "s%%p", "securityToken": "t"}
    assert dict(found.values) == {**pair, "projectId": "p", "iamEndpoint": "https://i"}


@pytest.mark.parametrize("text", ["", "[global]\nak=a\nsk=s\n", "[basic]\n"])
def test_a_file_without_our_section_gives_nothing(text: str) -> None:
    assert "no credentials" in problem({}, write_credentials(text))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            f"ak = {SECRET_KEY}\n",
            f"is not a configuration file: line 1 stands before any section\nhint: {BASIC_EXAMPLE}",
        ),
        (
            f"[basic]\n{SECRET_KEY}\n",
            f"is not a configuration file: line 2 is neither a section nor a key with a value\nhint: {BASIC_EXAMPLE}",
        ),
        (
            f"[basic]\nak={SECRET_KEY}\nak=b\n",
            f"has the key ak twice in section [basic], again in line 3\nhint: {ONE}",
        ),
    ],
)
def test_an_ill_formed_file_is_named_without_its_text(text: str, reason: str) -> None:
    assert problem({}, write_credentials(text)) == f"~/.huaweicloud/credentials {reason}"


def test_a_file_with_a_mark_of_the_byte_order_is_read() -> None:
    found = find({}, write_credentials("\ufeff[basic]\nak = file-ak\nsk = file-sk\n"))
    assert (found.values["accessKey"], found.values["secretKey"]) == ("file-ak", "file-sk")


def test_a_file_may_have_default_twice() -> None:
    found = find({}, write_credentials("[DEFAULT]\nak = file-ak\n[basic]\n[DEFAULT]\nsk = file-sk\n"))
    assert (found.values["accessKey"], found.values["secretKey"]) == ("file-ak", "file-sk")


def test_a_file_that_is_no_text_is_named() -> None:
    home = write_credentials("")
    Path(home["HOME"], ".huaweicloud", "credentials").write_bytes(b"\xff\xfe[basic]")
    assert problem({}, home) == f"~/.huaweicloud/credentials is not text in UTF-8\nhint: {BASIC_EXAMPLE}"


def test_a_key_twice_in_one_object_of_config_is_refused() -> None:
    text = f'{{"accessKey": "a", "secretKey": "{SECRET_KEY}", "secretKey": "b"}}'
    assert problem({CONFIG: text}) == (
        f"Pulumi config {CONFIG} has the key secretKey twice in one object\nhint: keep one of them"
    )


def test_no_home_is_no_file() -> None:
    assert "no credentials" in problem({}, {})


def test_files_are_a_source_of_any_schema() -> None:
    def files(environment: Mapping[str, str]) -> Iterator[Source]:
        yield Source("a file", {"apiKey": environment["WHERE"]})

    schema = Schema("test", (CredentialSet(("apiKey",)),), files=files)
    assert find({}, {"WHERE": "here"}, schema=schema).origin == {"apiKey": "a file"}


# --- secrets


def test_secrets_are_in_no_repr() -> None:
    found = find({CONFIG: pair("x") | {"secretKey": SECRET_KEY, "securityToken": SECURITY_TOKEN}})
    for shown in (repr(found), str(found), repr(Source("s", found.values))):
        assert SECRET_KEY not in shown
        assert SECURITY_TOKEN not in shown


def test_secrets_are_in_no_error() -> None:
    secrets = {"secretKey": SECRET_KEY, "securityToken": SECURITY_TOKEN}
    variables = {"NBCLOUD_MODELARTS_SECRET_KEY": SECRET_KEY, "NBCLOUD_MODELARTS_SECURITY_TOKEN": SECURITY_TOKEN}
    texts = [
        problem({CONFIG: secrets}),
        problem({CONFIG: {**secrets, "zzz": SECRET_KEY}}),
        problem({CONFIG: {**secrets, "region": [SECRET_KEY]}}),
        problem({CONFIG: json.dumps(secrets)[:-1]}),
        problem({}, variables),
        problem({}, {**variables, "NBCLOUD_MODELARTS_SECRET": SECRET_KEY}),
        problem({"nbcloud:profiles": {"x": {"modelarts": secrets}}}, profile="x"),
        problem({}, write_credentials(f"[basic]\nsk = {SECRET_KEY}\n")),
    ]
    assert not [text for text in texts if SECRET_KEY in text or SECURITY_TOKEN in text]


# --- endpoints


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://modelarts.example.com", "https://modelarts.example.com"),
        ("https://modelarts.example.com/", "https://modelarts.example.com"),
        ("HTTPS://ModelArts.Example.COM", "https://modelarts.example.com"),
        ("https://modelarts.example.com:443", "https://modelarts.example.com"),
        ("https://modelarts.example.com:", "https://modelarts.example.com"),
        ("https://modelarts.example.com:80", "https://modelarts.example.com:80"),
        ("https://modelarts.example.com:8443/", "https://modelarts.example.com:8443"),
        ("https://10.0.0.1:8443", "https://10.0.0.1:8443"),
        ("https://[2001:DB8::1]", "https://[2001:db8::1]"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.8.9.1", "http://127.8.9.1"),
        ("http://localhost:80", "http://localhost"),
        ("http://LOCALHOST:443", "http://localhost:443"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_an_endpoint_is_brought_into_one_form(text: str, origin: str) -> None:
    assert endpoint_url(text, "endpoint") == origin


_NO_BLANKS = "holds blanks, control or non-ASCII characters"
_SCHEME = "must start with https:// and name a host"
_CREDENTIALS = "must not hold credentials"
_PATH = "must not have a path, a query or a fragment"
_HOST = "has a host name with characters that none may have"
_PLAIN = "is plain http, which would send what it signs in clear; only loopback may"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", _SCHEME),
        ("modelarts.example.com", _SCHEME),
        ("//modelarts.example.com", _SCHEME),
        ("https://", _SCHEME),
        ("https:///v1", _SCHEME),
        ("https://:443", _SCHEME),
        ("ftp://modelarts.example.com", _SCHEME),
        ("file:///etc/passwd", _SCHEME),
        ("https://canary:canary@modelarts.example.com", _CREDENTIALS),
        ("https://canary@modelarts.example.com", _CREDENTIALS),
        ("https://@modelarts.example.com", _CREDENTIALS),
        ("https://modelarts.example.com\\@canary", _CREDENTIALS),
        ("https://modelarts.example.com/v1", _PATH),
        ("https://modelarts.example.com?canary", _PATH),
        ("https://modelarts.example.com/#canary", _PATH),
        ("https://modelarts.example.com:0", "has port 0"),
        ("https://modelarts.example.com:65536", "is not a URL"),
        ("https://modelarts.example.com:canary", "is not a URL"),
        ("https://[::1", "is not a URL"),
        ("https://model%61rts.example.com", _HOST),
        ("https://modelarts,example.com", _HOST),
        ("https://[fe80::1%25eth0]", _HOST),
        ("http://modelarts.example.com", _PLAIN),
        ("http://127.0.0.1.example.com", _PLAIN),
        ("http://localhost.example.com", _PLAIN),
        ("http://10.0.0.1", _PLAIN),
        ("http://0.0.0.0:8080", _PLAIN),
        ("http://2130706433", _PLAIN),
        ("http://[2001:db8::1]", _PLAIN),
        (" https://modelarts.example.com", _NO_BLANKS),
        ("https://modelarts.example.com\n", _NO_BLANKS),
        ("https://model\tarts.example.com", _NO_BLANKS),
        ("https://modelarts.example.com\x7f", _NO_BLANKS),
        ("https://modelärts.example.com", _NO_BLANKS),
        ("https://modelarts.example.com:\uff14\uff14\uff13", _NO_BLANKS),
    ],
)
def test_an_endpoint_that_cannot_be_right_is_refused_without_its_value(text: str, reason: str) -> None:
    with pytest.raises(SettingsError) as caught:
        endpoint_url(text, "endpoint")
    assert str(caught.value) == (
        f"endpoint {reason}\nhint: give scheme and host, for example https://modelarts.example.com"
    )


# --- Pulumi config as a process of Pulumi sees it


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        (
            "nbcloud:modelarts.projectId",
            (
                "a path needs --path: pulumi config set --path nbcloud:modelarts.projectId VALUE, after pulumi config "
                "rm nbcloud:modelarts.projectId"
            ),
        ),
        ("nbcloud:modelart", "did you mean nbcloud:modelarts?"),
        ("nbcloud:modelart.region", "did you mean nbcloud:modelarts.region?"),
        ("nbcloud:region", "settings are below a cloud: pulumi config set --path nbcloud:modelarts.region VALUE"),
        ("nbcloud:profile", "did you mean nbcloud:profiles?"),
        ("nbcloud:previewpoll", "did you mean nbcloud:previewPoll?"),
    ],
)
def test_a_key_of_pulumi_config_that_is_none_of_ours_is_refused(key: str, hint: str) -> None:
    config = StackConfig({CONFIG: pair("config"), key: SECRET_KEY})
    with pytest.raises(SettingsError) as caught:
        resolve(SCHEMA, None, config, {})
    assert str(caught.value) == f"Pulumi config {key} is none of our keys, and would have no effect\nhint: {hint}"


def test_keys_of_ours_and_of_the_engine_are_left_alone() -> None:
    others = ("hpcai", "aidp", "profiles", "previewPoll", "version", "pluginDownloadURL")
    config = StackConfig({CONFIG: pair("config"), **{f"nbcloud:{each}": "{}" for each in others}})
    assert resolve(SCHEMA, None, config, {}).values["accessKey"] == "config-ak"


def test_our_clouds_are_those_that_have_kinds() -> None:
    assert {token.partition(":")[0] for token in KINDS} == set(CLOUDS)


def test_what_pulumi_config_holds_and_why_it_may_hold_less_is_told() -> None:
    config = StackConfig({CONFIG: {"region": "cn-north-4"}})
    with pytest.raises(SettingsError) as caught:
        resolve(SCHEMA, None, config, {})
    assert caught.value.problem == (
        "no credentials for modelarts; looked in Pulumi config nbcloud:modelarts (which holds only region); the "
        "environment (NBCLOUD_MODELARTS_…); the environment (HUAWEICLOUD_SDK_…); the environment (HW_…); an object in "
        "the stack's file, or of --config, replaces that of Pulumi.yaml whole: nothing is merged"
    )
    with pytest.raises(SettingsError, match=r"; there is none here\n"):
        resolve(SCHEMA, None, StackConfig({}, "there is none here"), {})


# --- variables of ours whose cloud is misspelt


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("NBCLOUD_MODELART_REGION", "NBCLOUD_MODELARTS_REGION"),
        ("NBCLOUD_MODEL_ARTS_ACCESS_KEY", "NBCLOUD_MODELARTS_ACCESS_KEY"),
        ("NBCLOUD_REGION", "NBCLOUD_MODELARTS_REGION"),
        ("NBCLOUD_PROFILE_EAST_MODELART_IAM_ENDPOINT", "NBCLOUD_PROFILE_EAST_MODELARTS_IAM_ENDPOINT"),
        ("NBCLOUD_HPCA_ENDPOINT", "NBCLOUD_HPCAI_ENDPOINT"),
        ("NBCLOUD_HUAWEI_REGION", "NBCLOUD_MODELARTS_REGION"),
    ],
)
def test_a_variable_whose_cloud_is_misspelt_is_refused(name: str, meant: str) -> None:
    text = problem({}, {**OWN, name: SECRET_KEY})
    assert text == (
        f"the environment variable {name} names no cloud of ours, and would have no effect\nhint: did you mean {meant}?"
    )


@pytest.mark.parametrize(
    "name", ["NBCLOUD_SETTINGS", "NBCLOUD_EXAMPLES", "NBCLOUD_HPCAI_ENDPOINT", "NBCLOUD_PROFILE_A_B_AIDP_REGION"]
)
def test_other_variables_of_ours_are_left_alone(name: str) -> None:
    assert find({}, {**OWN, name: "x"}).values["accessKey"] == "own-ak"


# --- what is looked up by name


def test_a_project_is_named_by_its_id_or_by_its_name_by_the_first_source_that_does_either() -> None:
    assert find({CONFIG: pair("c", projectName="dev")}).values["projectName"] == "dev"
    # Of two sources the first counts, whichever way it names the project.
    environment = {**OWN, "NBCLOUD_MODELARTS_PROJECT_ID": "of-ours", **HW}
    found = find({CONFIG: {"projectName": "dev"}}, environment)
    assert (found.values.get("projectId"), found.values.get("projectName")) == (None, "dev")
    assert "holds projectId and projectName, which name the same thing" in problem(
        {CONFIG: pair("c", projectId="p", projectName="dev")}
    )


def test_huaweis_file_may_stand_elsewhere(tmp_path: Path) -> None:
    environment = write_credentials(BASIC)
    path = tmp_path / "prod.ini"
    path.write_text("[basic]\nak = prod-ak\nsk = prod-sk\n")
    found = find({}, {**environment, "HUAWEICLOUD_SDK_CREDENTIALS_FILE": str(path)})
    assert found.values["accessKey"] == "prod-ak"
    assert found.credentials_source == f"{path} (HUAWEICLOUD_SDK_CREDENTIALS_FILE) [basic]"
    path.unlink()
    text = problem({}, {**environment, "HUAWEICLOUD_SDK_CREDENTIALS_FILE": str(path)})
    assert text.startswith(f"{path} (HUAWEICLOUD_SDK_CREDENTIALS_FILE) cannot be read: No such file or directory")
    over = find({}, {**SDK, "HUAWEICLOUD_SDK_CREDENTIALS_FILE": str(path)})
    assert [each.name for each in over.passed_over] == ["HUAWEICLOUD_SDK_CREDENTIALS_FILE"]


def test_settings_stand_in_the_order_of_declaration() -> None:
    # A set has another order in each process.
    program = (
        "from pulumi_nbcloud.clouds.modelarts.schema import SCHEMA\n"
        "from pulumi_nbcloud.settings.resolve import resolve\n"
        "environment = {f'NBCLOUD_MODELARTS_{each}': 'x' for each in ('SECRET_KEY', 'SECURITY_TOKEN', 'ACCESS_KEY')}\n"
        "print(*resolve(SCHEMA, None, lambda key: None, environment).values)"
    )
    for seed in "0123":
        line = [sys.executable, "-c", program]
        done = subprocess.run(line, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True)
        assert (done.stdout, done.stderr) == ("accessKey secretKey securityToken\n", "")
