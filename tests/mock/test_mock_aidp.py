"""The AIDP mock over HTTP: who is let in, and what a session answers. Signed by Oracle's own signers."""

from __future__ import annotations

import configparser
import json
import re
import time
from email.utils import formatdate
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import oci.signer
import pytest
from aidp_support import PLATFORM, SESSION, TARGET, WORKSPACE, pem
from mock_client import Response, admin, send
from oci.auth.signers import SecurityTokenSigner

from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.mock.aidp import keys
from pulumi_nbcloud.mock.aidp.service import DEFAULT_USER, OTHER_PLATFORM, OTHER_USER
from pulumi_nbcloud.mock.aidp.signature import SignatureError, parse_authorization
from pulumi_nbcloud.mock.validation import InvalidInput, UnknownThing

REQUEST_ID = "0123456789ABCDEF0123456789ABCDEF"
_FIRST = oci.signer.load_private_key(pem(), None)
_SECOND = oci.signer.load_private_key(pem(second=True), None)


class _UserSigner(oci.signer.AbstractBaseSigner):  # type: ignore[misc]
    """Oracle's signer with a key that was parsed before."""

    def __init__(self, key_id: str, key: Any) -> None:
        self.create_signers(key_id, key, ["date", "(request-target)", "host"], [])


def signed(
    url: str,
    target: str = TARGET,
    *,
    key_id: str | None = None,
    key: Any = _FIRST,
    token: str | None = None,
    date: float | None = None,
    headers: dict[str, str] | None = None,
) -> dict[str, str]:
    """The headers of a GET, signed by Oracle's signer."""
    key_id = key_id or f"ocid1.tenancy.oc1..mock/{DEFAULT_USER}/{keys.FIRST.fingerprint}"
    signer = SecurityTokenSigner(token, key) if token is not None else _UserSigner(key_id, key)
    given = {"date": formatdate(time.time() if date is None else date, usegmt=True), **(headers or {})}
    request = SimpleNamespace(method="GET", url=url + target, path_url=target, body=None, headers=given)
    signer(request)
    return {name: value for name, value in request.headers.items() if name != "host"}


def get(url: str, target: str = TARGET, *, sent: str | None = None, **signing: Any) -> Response:
    return send(url, sent or target, headers=signed(url, target, **signing))


def refused(response: Response, text: str) -> None:
    assert response.status == 401, response.body
    assert set(response.json) == {"code", "message"}
    assert response.json["code"] == "NotAuthenticated"
    assert text in response.json["message"]


def missing(response: Response) -> None:
    assert response.status == 404, response.body
    assert response.json["code"] == "NotAuthorizedOrNotFound"


@pytest.fixture(autouse=True)
def session(clouds: MockClouds) -> None:
    clouds.aidp.put_session(SESSION)


# --- what is answered


def test_a_session_answers_the_fields_of_the_page(clouds: MockClouds) -> None:
    clouds.aidp.put_session(SESSION, agent_flow_key="flow", last_activity="2026-01-31T12:00:00.5Z", connections=3)
    response = get(clouds.url)
    assert response.status == 200
    assert response.headers["content-type"] == "application/json"
    assert response.headers["etag"]
    assert response.json == {
        "id": SESSION,
        "name": "training",
        "path": "/data/test.ipynb",
        "type": "notebook",
        "cluster_id": "mock-cluster",
        "agentFlowKey": "flow",
        "lifecycleState": "ACTIVE",
        "kernel": {
            "id": "5f3c0d4e-0000-4000-8000-0000000000aa",
            "name": "python3",
            "last_activity": "2026-01-31T12:00:00.5Z",
            "connections": 3,
            "execution_state": "idle",
        },
    }


def test_a_new_session_has_a_null_kernel(clouds: MockClouds) -> None:
    clouds.aidp.put_session(SESSION, lifecycle_state="CREATING", kernel=False)
    clouds.aidp.add_transition(SESSION, after_reads=1, lifecycle_state="ACTIVE")
    clouds.aidp.add_transition(SESSION, after_reads=2, kernel=True, execution_state="starting")
    seen = [get(clouds.url).json for _ in range(3)]
    assert [each["lifecycleState"] for each in seen] == ["CREATING", "ACTIVE", "ACTIVE"]
    assert [each["kernel"] and each["kernel"]["execution_state"] for each in seen] == [None, None, "starting"]


def test_reading_counts_as_activity(clouds: MockClouds) -> None:
    first = get(clouds.url).json["kernel"]["last_activity"]
    clouds.clock.advance(60)
    assert get(clouds.url).json["kernel"]["last_activity"] > first


def test_fields_may_be_absent_or_null(clouds: MockClouds) -> None:
    clouds.aidp.put_session(SESSION, absent=["type", "kernel.connections", "lifecycleState"], name=None)
    found = get(clouds.url).json
    assert "type" not in found
    assert "lifecycleState" not in found
    assert found["name"] is None
    assert set(found["kernel"]) == {"id", "name", "last_activity", "execution_state"}


def test_the_etag_changes_with_the_session_and_not_with_a_read(clouds: MockClouds) -> None:
    first, second = get(clouds.url).headers["etag"], get(clouds.url).headers["etag"]
    clouds.aidp.add_transition(SESSION, execution_state="busy")
    assert first == second != get(clouds.url).headers["etag"]


def test_the_request_id_is_echoed_as_a_joined_triple(clouds: MockClouds) -> None:
    for response in (get(clouds.url, headers={"opc-request-id": REQUEST_ID}), send(clouds.url, TARGET)):
        assert re.fullmatch(r"[0-9A-F]{32}(/[0-9A-F]{32}){2}", response.headers["opc-request-id"])
    assert get(clouds.url, headers={"opc-request-id": "a_b-1"}).headers["opc-request-id"].startswith("a_b-1/")
    response = get(clouds.url, headers={"opc-request-id": "a b"})
    assert (response.status, response.json["code"]) == (400, "InvalidParameter")


# --- who is let in


def test_unsigned(clouds: MockClouds) -> None:
    refused(send(clouds.url, TARGET), "Authorization is missing")
    assert clouds.requests[-1].access_key is None


def test_unknown_keys(clouds: MockClouds) -> None:
    tenancy = "ocid1.tenancy.oc1..mock"
    for key_id in (
        "canary",
        f"{tenancy}/{DEFAULT_USER}/{keys.SECOND.fingerprint}",
        f"other/{DEFAULT_USER}/{keys.FIRST.fingerprint}",
        f"{tenancy}/nobody/{keys.FIRST.fingerprint}",
        "ST$nothing",
    ):
        refused(get(clouds.url, key_id=key_id), "the key id is unknown")
        assert clouds.requests[-1].access_key == "(unknown)"
    assert "canary" not in json.dumps(clouds.state())


def test_a_signature_by_another_key(clouds: MockClouds) -> None:
    refused(get(clouds.url, key=_SECOND), "does not match")
    assert clouds.requests[-1].access_key == DEFAULT_USER


def test_what_is_signed_must_be_what_is_sent(clouds: MockClouds) -> None:
    assert get(clouds.url).status == 200
    refused(get(clouds.url, sent=TARGET + "?"), "does not match")
    refused(get(clouds.url, TARGET.replace("-", "%2D"), sent=TARGET), "does not match")
    headers = signed(clouds.url)
    refused(send(clouds.url, TARGET, headers={**headers, "Host": "127.0.0.1"}), "does not match")
    refused(send(clouds.url, TARGET, headers={**headers, "date": formatdate(time.time() + 5, usegmt=True)}), "match")


@pytest.mark.parametrize("names", ["date (request-target)", "(request-target) host", "date host", ""])
def test_date_target_and_host_must_be_signed(clouds: MockClouds, names: str) -> None:
    headers = signed(clouds.url)
    changed = headers["authorization"].replace('headers="date (request-target) host"', f'headers="{names}"')
    assert changed != headers["authorization"]
    refused(send(clouds.url, TARGET, headers={**headers, "authorization": changed}), "is not signed")


def test_the_order_of_the_parameters_is_free(clouds: MockClouds) -> None:
    headers = signed(clouds.url)
    scheme, _, rest = headers["authorization"].partition(" ")
    turned = f"{scheme} " + ", ".join(reversed(rest.split(",")))
    assert send(clouds.url, TARGET, headers={**headers, "authorization": turned}).status == 200


WHOLE = 'Signature algorithm="rsa-sha256",headers="date",keyId="k",signature="AA==",version="1"'


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "another scheme"),
        ("Basic abc", "another scheme"),
        ("Signature", "version must be 1"),
        ("Signature canary", "malformed"),
        (WHOLE + " canary", "malformed"),
        (WHOLE + ',version="1"', "malformed"),
        (WHOLE.replace('version="1"', 'version="2"'), "version must be 1"),
        (WHOLE.replace("rsa-sha256", "hmac-sha256"), "version must be 1 and algorithm rsa-sha256"),
        (WHOLE.replace("AA==", "A"), "not base64"),
    ],
)
def test_malformed_authorization(value: str, reason: str) -> None:
    assert parse_authorization(WHOLE).signature == b"\0"
    with pytest.raises(SignatureError, match=reason) as caught:
        parse_authorization(value)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(("difference", "status"), [(300, 200), (-300, 200), (301, 401), (-301, 401)])
def test_five_minutes(frozen: Any, difference: int, status: int) -> None:
    with MockClouds(time=frozen) as clouds:
        clouds.aidp.put_session(SESSION)
        assert get(clouds.url, date=frozen.now + difference).status == status
        clouds.clock.advance(86_400)
        assert get(clouds.url, date=frozen.now + difference).status == status, "the gateway's clock is another"


def test_the_gateway_shows_its_own_time(frozen: Any) -> None:
    with MockClouds(time=frozen) as clouds:
        clouds.clock.skew = 3600
        response = get(clouds.url, date=frozen.now)
        refused(response, "more than 5 minutes")
        assert response.headers["date"] == formatdate(frozen.now + 3600, usegmt=True)


def test_a_date_that_is_none(clouds: MockClouds) -> None:
    headers = signed(clouds.url)
    refused(send(clouds.url, TARGET, headers={**headers, "date": "yesterday"}), "missing or malformed")


# --- session tokens


def test_a_session_token(clouds: MockClouds) -> None:
    token = clouds.aidp.issue_token(seconds=600)
    assert get(clouds.url, token=token).status == 200
    assert clouds.requests[-1].access_key == DEFAULT_USER
    refused(get(clouds.url, token=token, key=_SECOND), "does not match")
    clouds.clock.advance(590)
    assert get(clouds.url, token=token).status == 200
    clouds.clock.advance(10)
    refused(get(clouds.url, token=token), "expired")


def test_a_token_is_bound_to_the_key_of_its_time(clouds: MockClouds) -> None:
    token = clouds.aidp.issue_token()
    clouds.aidp.add_account(DEFAULT_USER, pem(second=True))
    assert get(clouds.url, token=token).status == 200
    refused(get(clouds.url), "unknown")
    refused(get(clouds.url, token=clouds.aidp.issue_token()), "does not match")


def test_a_revoked_token(clouds: MockClouds) -> None:
    token = clouds.aidp.issue_token()
    clouds.aidp.revoke_token(token)
    refused(get(clouds.url, token=token), "unknown")
    with pytest.raises(UnknownThing) as caught:
        clouds.aidp.revoke_token(token)
    assert token not in str(caught.value)
    with pytest.raises(UnknownThing, match="user: no account"):
        clouds.aidp.issue_token("nobody")


def test_a_token_of_more_bytes_is_not_another(clouds: MockClouds) -> None:
    refused(get(clouds.url, token=clouds.aidp.issue_token() + "x"), "unknown")


# --- what is hidden


def test_a_missing_permission_looks_like_a_missing_session(clouds: MockClouds) -> None:
    absent = get(clouds.url, TARGET.replace(SESSION, "nothing"))
    missing(absent)
    clouds.aidp.deny()
    denied = get(clouds.url)
    missing(denied)
    assert absent.body == denied.body
    clouds.aidp.deny(denied=False)
    assert get(clouds.url).status == 200
    clouds.aidp.put_session(SESSION, platform_id=OTHER_PLATFORM)
    missing(get(clouds.url, TARGET.replace(PLATFORM, OTHER_PLATFORM)))


def test_a_deleted_session(clouds: MockClouds) -> None:
    clouds.aidp.add_transition(SESSION, after_reads=1, deleted=True)
    assert get(clouds.url).status == 200
    missing(get(clouds.url))
    clouds.aidp.delete_session(SESSION)
    with pytest.raises(UnknownThing, match=SESSION):
        clouds.aidp.get_session(SESSION)


OLDER = TARGET.replace("/20260430/aiDataPlatforms", "/20240831/dataLakes")


def test_the_paths_of_newer_and_older_tenancies(clouds: MockClouds) -> None:
    assert get(clouds.url, "/api" + TARGET).status == 200
    missing(get(clouds.url, OLDER))
    clouds.aidp.serve_older_path()
    assert get(clouds.url, OLDER).status == 200
    missing(get(clouds.url))
    missing(get(clouds.url, "/api" + TARGET))


@pytest.mark.parametrize("target", [TARGET + "/", TARGET.rpartition("/")[0], "/20260430/other", "/api/20260430/x"])
def test_a_path_that_is_not_known(clouds: MockClouds, target: str) -> None:
    missing(get(clouds.url, target))


def test_other_clouds_keep_their_paths(clouds: MockClouds) -> None:
    for target in ("/api/instance/list", "/api/other", "/2026", "/20260430"):
        assert not target.startswith(clouds.aidp.prefixes)


def test_an_encoded_slash_stays_in_its_part(clouds: MockClouds) -> None:
    clouds.aidp.put_session("a/b")
    assert get(clouds.url, TARGET.replace(SESSION, "a%2Fb")).json["id"] == "a/b"
    missing(get(clouds.url, TARGET.replace(SESSION, "a/b")))


# --- accounts, settings, the admin API


def test_settings_of_both_accounts(clouds: MockClouds) -> None:
    first, other = clouds.settings()["aidp"], clouds.settings("other")["aidp"]
    assert set(first) == {"tenancy", "user", "fingerprint", "privateKey", "region", "endpoint"}
    assert (first["user"], other["user"]) == (DEFAULT_USER, OTHER_USER)
    assert first["privateKey"] != other["privateKey"]
    assert first["endpoint"] == clouds.url
    with pytest.raises(UnknownThing, match="'other'"):
        clouds.aidp.settings("nobody")
    own = [each for each in clouds.pulumi_config() if any("aidp.privateKey" in part for part in each)]
    path = f"nbcloud:aidp.privateKey={first['privateKey']}"
    assert own == [["config", "set-all", "--path", "--secret", path]]


def test_the_keys_are_the_same_in_every_mock() -> None:
    with MockClouds() as first, MockClouds() as second:
        mine, theirs = first.settings()["aidp"], second.settings()["aidp"]
    assert {**mine, "endpoint": ""} == {**theirs, "endpoint": ""}


def test_add_account_names_the_bad_field(clouds: MockClouds) -> None:
    for arguments, field in (
        (("u", "canary"), "private_key"),
        (("u", pem("p")), "private_key"),
        (("", pem()), "user"),
        (("a/b", pem()), "user"),
    ):
        with pytest.raises(InvalidInput) as caught:
            clouds.aidp.add_account(*arguments)
        assert caught.value.field == field
        assert "canary" not in str(caught.value)


def test_a_configuration_file_keeps_its_other_profiles(clouds: MockClouds, tmp_path: Path) -> None:
    path = clouds.aidp.write_config(tmp_path)
    clouds.aidp.write_config(tmp_path, "LAB", user=OTHER_USER, token="t.o.k", passphrase="p")
    parser = configparser.ConfigParser(default_section="")
    parser.read(path)
    assert parser.sections() == ["DEFAULT", "LAB"]
    assert set(parser["DEFAULT"]) == {"key_file", "tenancy", "region", "user", "fingerprint"}
    assert set(parser["LAB"]) == {"key_file", "tenancy", "region", "security_token_file", "pass_phrase"}
    assert Path(parser["LAB"]["security_token_file"]).read_text() == "t.o.k"
    assert "ENCRYPTED" in Path(parser["LAB"]["key_file"]).read_text()


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"lifecycle_state": 1}, "lifecycle_state"),
        ({"kernel": None}, "kernel"),
        ({"connections": -1}, "connections"),
        ({"absent": ["id"]}, "absent.0"),
        ({"nothing": 1}, "nothing"),
        ({"session_id": ""}, "session_id"),
        ({"workspace_key": "x" * 256}, "workspace_key"),
    ],
)
def test_put_session_names_the_bad_field(clouds: MockClouds, arguments: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        clouds.aidp.put_session(**{"session_id": SESSION, **arguments})
    assert caught.value.field == field


def test_add_transition_needs_a_change_and_a_session(clouds: MockClouds) -> None:
    with pytest.raises(InvalidInput, match=r"^lifecycle_state: give at least one field to change: name, path"):
        clouds.aidp.add_transition(SESSION, after_reads=1)
    with pytest.raises(UnknownThing, match="nothing"):
        clouds.aidp.add_transition("nothing", execution_state="busy")


def test_a_transition_after_seconds(clouds: MockClouds) -> None:
    clouds.aidp.add_transition(SESSION, after_seconds=60, execution_state="dead")
    clouds.clock.advance(50)
    assert get(clouds.url).json["kernel"]["execution_state"] == "idle"
    clouds.clock.advance(10)
    assert get(clouds.url).json["kernel"]["execution_state"] == "dead"


def test_the_admin_api(clouds: MockClouds) -> None:
    path = f"aidp/sessions/{PLATFORM}/{WORKSPACE}/by-admin"
    assert admin(clouds.url, "PUT", path, {"lifecycle_state": "CREATING", "kernel": False}).status == 200
    assert (
        admin(clouds.url, "POST", path + "/transitions", {"after_reads": 1, "lifecycle_state": "ACTIVE"}).status == 200
    )
    found = admin(clouds.url, "GET", path).json
    assert (found["lifecycle_state"], found["pending"][0]["reads_left"]) == ("CREATING", 1)
    target = TARGET.replace(SESSION, "by-admin")
    assert [get(clouds.url, target).json["lifecycleState"] for _ in range(2)] == ["CREATING", "ACTIVE"]
    assert admin(clouds.url, "DELETE", path).status == 200
    missing(get(clouds.url, target))
    assert admin(clouds.url, "PUT", path, {"kernel": 1}).status == 400


def test_reset_and_state_without_secrets(clouds: MockClouds) -> None:
    clouds.reset()
    before = clouds.aidp.state()
    token = clouds.aidp.issue_token()
    clouds.aidp.put_session(SESSION)
    clouds.aidp.deny(OTHER_USER)
    clouds.aidp.serve_older_path()
    clouds.aidp.add_account(DEFAULT_USER, pem(second=True), platforms=["p"])
    changed = json.dumps(clouds.state())
    assert DEFAULT_USER in changed
    assert token not in changed
    assert "PRIVATE" not in changed
    clouds.reset()
    assert clouds.aidp.state() == before
    refused(get(clouds.url, token=token), "unknown")
    assert clouds.settings()["aidp"]["privateKey"] == pem()
