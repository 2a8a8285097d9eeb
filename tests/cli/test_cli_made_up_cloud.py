"""The schema of a cloud marks its secrets; messages, `nbcloud explain` and `nbcloud doctor` know them from it alone."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable, Iterator

import pytest
from cli_support import invoke
from made_up_cloud import HELD, SCHEMA, THING, TOKEN
from nbcloud_support import NO_CONFIG
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from pulumi_nbcloud.errors import BadResponseError, NbcloudError, RefusedError
from pulumi_nbcloud.kinds.registry import KINDS
from pulumi_nbcloud.reading.reader import Reader
from pulumi_nbcloud.settings.schema import CredentialSet, Schema
from pulumi_nbcloud.settings.secret import HIDDEN, WHOLE
from pulumi_nbcloud.settings.sources import variable

TARGET = f"{TOKEN}/thing-1"
LETTER = "-----BEGIN LETTER-----\ncanary-first-line-5b1d\ncanary-other-line-77aa\n-----END LETTER-----"
VOUCHER = {"holder": "somebody", "voucher": "canary voucher with blanks 90d2", "seal": "canary-seal-31f0"}
WAYS = {"voucher": VOUCHER, "letter": {"letter": LETTER}}
BELL = {"bell": "https://ringer:canary%20bell-6a41@bell.example.com:8443/"}
EVERYTHING = " ".join([*VOUCHER.values(), *LETTER.splitlines(), "canary%20bell-6a41", "canary bell-6a41", HELD])

Answer = Callable[[Request], Response]


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[HTTPServer]:
    """The made-up cloud, registered as the project's own are."""
    monkeypatch.setitem(KINDS, TOKEN, "made_up_cloud:THING")
    with HTTPServer() as server:
        monkeypatch.setenv(variable("madeup", None, "endpoint"), server.url_for("").rstrip("/"))
        yield server


def signed_in(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> None:
    for key, value in values.items():
        monkeypatch.setenv(variable("madeup", None, key), value)


async def error_of(server: HTTPServer, values: dict[str, str]) -> NbcloudError:
    places = {**values, **BELL, "endpoint": server.url_for("").rstrip("/")}
    reader = Reader({variable("madeup", None, key): value for key, value in places.items()})
    with pytest.raises(NbcloudError) as caught:
        await reader.read(THING, THING.parse({"thing_id": "thing-1"}), NO_CONFIG)
    await reader.aclose()
    return caught.value


@pytest.mark.anyio
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("status", "body", "cls"),
    [(400, EVERYTHING, RefusedError), (200, json.dumps(EVERYTHING), BadResponseError)],
    ids=["an error of the cloud", "an error of the kind"],
)
async def test_a_secret_is_redacted_in_messages(
    cloud: HTTPServer, way: str, status: int, body: str, cls: type[NbcloudError]
) -> None:
    cloud.expect_request("/things/thing-1").respond_with_data(body, status=status)
    error = await error_of(cloud, WAYS[way])
    assert type(error) is cls
    for twin in (error, copy.copy(error), pickle.loads(pickle.dumps(error))):
        shown = f"{twin}{twin!r}{vars(twin)}{twin.args}"
        for key, value in {**WAYS[way], "bell": "canary%20bell-6a41", "": "canary bell-6a41", "held": HELD}.items():
            if key == "held" and way == "letter":
                continue
            lines = [line for line in value.splitlines() if not line.startswith("-----")]
            assert [line in shown for line in lines] == [key == "holder"] * len(lines), key
        assert "…" in shown


@pytest.mark.parametrize("way", WAYS)
def test_a_secret_is_hidden_in_explain(cloud: HTTPServer, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    signed_in(monkeypatch, {**WAYS[way], **BELL})
    done = invoke("explain", TARGET, "--verbose")
    assert done.code == 0, done.err
    shown = dict(line.strip().split("  from ")[0].split(" = ") for line in done.out.splitlines() if " = " in line)
    endpoint = cloud.url_for("").rstrip("/")
    expected = {key: "somebody" if key == "holder" else HIDDEN for key in WAYS[way]}
    assert shown == {**expected, "endpoint": endpoint, "bell": "https://bell.example.com:8443"}
    assert "canary" not in done.out + done.err
    assert cloud.log == []


@pytest.mark.parametrize("way", WAYS)
def test_a_secret_is_hidden_in_doctor(cloud: HTTPServer, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    cloud.expect_request("/things/thing-1").respond_with_data(" ".join(WAYS[way].values()), status=400)
    signed_in(monkeypatch, WAYS[way])
    done = invoke("doctor", TARGET, "--verbose")
    assert done.code == 6, done.err
    assert f"  ok    settings     {' + '.join(sorted(WAYS[way]))} from the environment (NBCLOUD_MADEUP_…)" in done.out
    assert "  FAIL  answer       " in done.out
    assert "canary" not in done.out + done.err


def test_doctor_hides_a_secret_that_a_message_of_our_own_shows(
    cloud: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_in(monkeypatch, {**VOUCHER, "voucher": "bad-canary-voucher-90d2"})
    done = invoke("doctor", TARGET)
    assert done.code == 2
    assert "the voucher … is no voucher" in done.out
    assert "canary" not in done.out


def test_a_key_that_nobody_marked_is_secret() -> None:
    schema = Schema("new", (CredentialSet(("name", "whatever")),), free=("where",), public=frozenset({"name"}))
    assert [schema.secret(key) for key in ("name", "whatever", "where", "caFile")] == [None, WHOLE, None, None]
    assert [schema.shown(key, "value") for key in ("name", "whatever", "where")] == ["value", HIDDEN, "value"]
    assert list(schema.secret_parts({"name": "a", "whatever": "b", "where": "c"})) == ["b"]


@pytest.mark.parametrize(
    "marks",
    [
        {"public": frozenset({"wherever"})},
        {"public": frozenset({"where"})},
        {"secrets": {"wherever": WHOLE}},
        {"secrets": {"name": WHOLE}, "public": frozenset({"name"})},
    ],
    ids=["unknown", "no credential", "unknown secret", "both"],
)
def test_a_mark_that_cannot_be_meant_is_refused(marks: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"^new: (where|wherever|name) cannot be marked so$"):
        Schema("new", (CredentialSet(("name",)),), free=("where",), **marks)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://proxy.example:80", "http://proxy.example:80"),
        ("http://u:canary@proxy.example:80/", "http://proxy.example:80"),
        ("http://u:canary@[::1]:80", "http://[::1]:80"),
        ("http://u:canary@proxy.example", "http://proxy.example"),
        # A password whose special characters are not percent-encoded.
        ("http://u:can/ary@proxy.example:80", HIDDEN),
        ("http://u:can#ary@proxy.example:80", HIDDEN),
        ("http://u:can?ary@proxy.example:80", HIDDEN),
        ("http://[canary", HIDDEN),
        ("canary", HIDDEN),
    ],
)
def test_of_a_url_with_a_password_only_the_origin_is_shown(url: str, shown: str) -> None:
    assert SCHEMA.shown("proxy", url) == shown
    assert "canary" not in SCHEMA.shown("bell", url)


def test_the_password_of_a_proxy_is_secret_as_written_and_as_sent() -> None:
    assert list(SCHEMA.secret_parts({"proxy": "http://u:pa%3Ass@p.example:1"})) == ["pa%3Ass", "pa:ss"]
    assert list(SCHEMA.secret_parts({"proxy": "http://[canary"})) == ["http://[canary"]
