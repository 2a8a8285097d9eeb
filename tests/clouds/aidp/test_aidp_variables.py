"""The variables of Oracle's command line and of its Terraform provider, and what files beside them say."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from aidp_support import pem
from nbcloud_support import NO_CONFIG

from pulumi_nbcloud.clouds.aidp.account import SCHEMA, AidpAccount
from pulumi_nbcloud.clouds.aidp.credentials import FileCredentials, KeyCredentials
from pulumi_nbcloud.errors import SettingsError
from pulumi_nbcloud.http.client import Client
from pulumi_nbcloud.mock.aidp.keys import FIRST
from pulumi_nbcloud.settings.resolve import resolve
from pulumi_nbcloud.settings.schema import Settings

PRINT = FIRST.fingerprint
IDS = {"OCI_CLI_TENANCY": "ocid1.tenancy.oc1..t", "OCI_CLI_USER": "ocid1.user.oc1..cli", "OCI_CLI_FINGERPRINT": PRINT}
FILE = "~/.oci/config"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder with Oracle's file: two profiles, the second a session."""
    home = Path(os.environ["HOME"])
    (home / ".oci").mkdir()
    (tmp_path / "key.pem").write_text(pem())
    (tmp_path / "token").write_text("token")
    (home / ".oci" / "config").write_text(
        f"[DEFAULT]\ntenancy=ocid1.tenancy.oc1..t\nuser=ocid1.user.oc1..file\nfingerprint={PRINT}\n"
        f"key_file={tmp_path / 'key.pem'}\nregion=us-ashburn-1\n"
        f"[SESSION]\nkey_file={tmp_path / 'key.pem'}\nsecurity_token_file={tmp_path / 'token'}\nregion=eu-milan-1\n"
    )
    return home


def found(environment: dict[str, str], config: dict[str, str] | None = None) -> Settings:
    reader = {"nbcloud:aidp": config}.get if config else NO_CONFIG
    return resolve(SCHEMA, None, reader, {"HOME": os.environ["HOME"], **environment})


def account(environment: dict[str, str], config: dict[str, str] | None = None) -> AidpAccount:
    return AidpAccount(found(environment, config), Client())


def key_id(account: AidpAccount) -> str:
    held = account.credentials
    assert isinstance(held, FileCredentials | KeyCredentials)
    return held._loaded.key_id if isinstance(held, FileCredentials) else held._key_id


def problem(environment: dict[str, str], config: dict[str, str] | None = None) -> str:
    with pytest.raises(SettingsError) as caught:
        account(environment, config)
    assert "canary" not in str(caught.value)
    return str(caught.value)


def test_a_whole_key_of_the_command_line_needs_no_file(home: Path, tmp_path: Path) -> None:
    whole = {**IDS, "OCI_CLI_KEY_FILE": str(tmp_path / "key.pem"), "OCI_CLI_REGION": "phx"}
    for environment in (whole, {**whole, "OCI_CLI_PROFILE": "SESSION", "OCI_CLI_CONFIG_FILE": "/nowhere"}):
        tried = account(environment)
        assert key_id(tried) == f"ocid1.tenancy.oc1..t/ocid1.user.oc1..cli/{PRINT}"
        assert tried.endpoint == "https://aidp.us-phoenix-1.oci.oraclecloud.com"
    (home / ".oci" / "config").unlink()
    assert key_id(account(whole)).split("/")[1] == "ocid1.user.oc1..cli"


def test_the_key_itself_comes_before_its_file(tmp_path: Path) -> None:
    environment = {**IDS, "OCI_CLI_KEY_CONTENT": pem(), "OCI_CLI_KEY_FILE": "/nowhere", "OCI_CLI_REGION": "iad"}
    tried = found(environment)
    assert tried.values["privateKey"] == pem().strip()
    assert {each.name: each.reason for each in tried.passed_over} == {
        "OCI_CLI_KEY_FILE": "OCI_CLI_KEY_CONTENT comes before it"
    }


def test_a_key_file_is_read_again_each_time_and_opened_with_its_passphrase(tmp_path: Path) -> None:
    path = tmp_path / "canary.pem"
    path.write_text(pem("pass"))
    environment = {**IDS, "OCI_CLI_KEY_FILE": str(path), "OCI_CLI_PASSPHRASE": "pass", "OCI_CLI_REGION": "iad"}
    assert key_id(account(environment)).split("/")[1] == "ocid1.user.oc1..cli"
    path.write_text(pem(second=True))
    assert found(environment).values["privateKey"] == pem(second=True)
    for text, reason in ((None, "cannot be read: No such file or directory"), (b"\xff", "is not text in UTF-8")):
        path.unlink(missing_ok=True)
        if text is not None:
            path.write_bytes(text)
        with pytest.raises(SettingsError) as caught:
            found(environment)
        assert f"OCI_CLI_KEY_FILE names {path}, which" in caught.value.problem
        assert reason in caught.value.problem


def test_a_key_file_that_is_none_is_only_read_where_it_counts(home: Path) -> None:
    environment = {**IDS, "OCI_CLI_KEY_FILE": "/nowhere", "OCI_CLI_REGION": "iad"}
    assert key_id(account(environment, {"configProfile": "DEFAULT"})).split("/")[1] == "ocid1.user.oc1..file"
    assert "OCI_CLI_KEY_FILE names /nowhere" in problem(environment)
    assert "is not a regular file" in problem({**environment, "OCI_CLI_KEY_FILE": "/dev/null"})


@pytest.mark.parametrize("left_out", [*IDS, "OCI_CLI_KEY_FILE"])
def test_a_part_of_a_key_is_no_key(left_out: str, home: Path, tmp_path: Path) -> None:
    environment = {**IDS, "OCI_CLI_KEY_FILE": str(tmp_path / "key.pem")}
    del environment[left_out]
    assert "the environment (OCI_…) has credentials for aidp without" in problem(environment)
    # The command line lays them over a profile; a mix of two sources is never made here.
    assert "holds two ways to sign in to aidp" in problem({**environment, "OCI_CLI_PROFILE": "DEFAULT"})


def test_a_passphrase_alone_is_no_key(home: Path) -> None:
    assert key_id(account({"OCI_CLI_PASSPHRASE": "p"})).split("/")[1] == "ocid1.user.oc1..file"


def test_the_key_of_terraforms_provider(home: Path, tmp_path: Path) -> None:
    environment = {
        "OCI_TENANCY_OCID": "ocid1.tenancy.oc1..t",
        "OCI_USER_OCID": "ocid1.user.oc1..tf",
        "OCI_FINGERPRINT": PRINT,
        "OCI_PRIVATE_KEY_PATH": str(tmp_path / "key.pem"),
        "OCI_REGION": "eu-milan-1",
    }
    assert key_id(account(environment)).split("/")[1] == "ocid1.user.oc1..tf"
    assert account(environment).endpoint == "https://aidp.eu-milan-1.oci.oraclecloud.com"
    # The command line's come first; the others are told.
    both = {**environment, **IDS, "OCI_CLI_KEY_FILE": str(tmp_path / "key.pem"), "OCI_CLI_REGION": "iad"}
    assert key_id(account(both)).split("/")[1] == "ocid1.user.oc1..cli"
    assert {each.name for each in found(both).passed_over} == set(environment)


def test_the_command_lines_region_goes_before_the_profiles_but_only_with_its_own_account(home: Path) -> None:
    region = {"OCI_CLI_REGION": "PHX"}
    assert account(region).endpoint == "https://aidp.us-phoenix-1.oci.oraclecloud.com"
    assert account({**region, "OCI_CLI_PROFILE": "SESSION"}).endpoint == "https://aidp.us-phoenix-1.oci.oraclecloud.com"
    ours = account(region, {"configProfile": "SESSION"})
    assert ours.endpoint == "https://aidp.eu-milan-1.oci.oraclecloud.com"
    assert [each.name for each in ours.settings.passed_over] == ["OCI_CLI_REGION"]


@pytest.mark.parametrize(
    ("environment", "text"),
    [
        ({"OCI_CLI_AUTH": "instance_principal"}, "OCI_CLI_AUTH chooses who signs in for oci-cli"),
        ({"OCI_CLI_AUTH": "resource_principal"}, "set signer to a function that signs as the principal"),
        ({"OCI_CLI_AUTH": "instance_obo_user", "OCI_CLI_DELEGATION_TOKEN_FILE": "/canary"}, "OCI_CLI_AUTH chooses"),
        ({"OCI_AUTH": "InstancePrincipal"}, "OCI_AUTH chooses who signs in for terraform-provider-oci"),
        ({"OCI_CLI_AUTH": "security_token"}, "OCI_CLI_AUTH is security_token, and the profile has no session token"),
        (
            {"OCI_CLI_AUTH": "api_key", "OCI_CLI_PROFILE": "SESSION"},
            "OCI_CLI_AUTH is api_key, and the profile has a session token",
        ),
        ({"OCI_AUTH": "SecurityToken"}, "OCI_AUTH is SecurityToken, and the profile has no session token"),
        (
            {"OCI_CLI_AUTH": "security_token", "OCI_CLI_SECURITY_TOKEN_FILE": "/canary", "OCI_CLI_PROFILE": "SESSION"},
            "OCI_CLI_SECURITY_TOKEN_FILE chooses who signs in for oci-cli",
        ),
        ({"OCI_CLI_ENDPOINT": "https://canary.example.com"}, "OCI_CLI_ENDPOINT chooses the host for oci-cli"),
    ],
)
def test_what_is_refused_by_name(environment: dict[str, str], text: str, home: Path) -> None:
    assert text in problem(environment)
    # With an account of ours it is passed over.
    tried = account(environment, {"configProfile": "DEFAULT"})
    assert key_id(tried).split("/")[1] == "ocid1.user.oc1..file"


@pytest.mark.parametrize(
    "environment",
    [
        {"OCI_CLI_AUTH": "api_key"},
        {"OCI_AUTH": "ApiKey"},
        {"OCI_CLI_AUTH": "security_token", "OCI_CLI_PROFILE": "SESSION"},
        {"OCI_CLI_ENDPOINT": "https://e", "NBCLOUD_AIDP_ENDPOINT": "https://f"},
    ],
)
def test_what_says_what_is_done_anyway_is_no_matter(environment: dict[str, str], home: Path) -> None:
    account(environment)


def test_a_default_profile_of_the_command_line_must_be_named(home: Path, tmp_path: Path) -> None:
    rc = home / ".oci" / "oci_cli_rc"
    rc.write_text("[OCI_CLI_SETTINGS]\ndefault_profile = SESSION\n")
    assert "~/.oci/oci_cli_rc names SESSION as the default profile of oci-cli, while oci takes DEFAULT" in problem({})
    assert key_id(account({"OCI_CLI_PROFILE": "DEFAULT"})).split("/")[1] == "ocid1.user.oc1..file"
    assert key_id(account({"NBCLOUD_AIDP_CONFIG_PROFILE": "SESSION"})) == "ST$token"
    rc.write_text("[OCI_CLI_SETTINGS]\ndefault_profile = DEFAULT\n")
    account({})
    (tmp_path / "rc").write_text("[OCI_CLI_SETTINGS]\ndefault_profile = SESSION\n")
    assert f"{tmp_path / 'rc'} names SESSION" in problem({"OCI_CLI_RC_FILE": str(tmp_path / "rc")})
    rc.write_text("no such file")
    account({})


def test_a_developer_tool_configuration_is_refused_where_the_host_comes_from_the_region(home: Path) -> None:
    (home / ".oci" / "developer-tool-configuration.json").write_text("{}")
    assert "developer-tool-configuration.json replaces the hosts of regions for oci" in problem({})
    account({"NBCLOUD_AIDP_ENDPOINT": "https://e"})
    account({}, {"configProfile": "DEFAULT"})


def test_the_older_file_is_read_where_there_is_no_other(home: Path) -> None:
    (home / ".oraclebmc").mkdir()
    (home / ".oci" / "config").rename(home / ".oraclebmc" / "config")
    tried = account({})
    assert key_id(tried).split("/")[1] == "ocid1.user.oc1..file"
    assert tried.settings.credentials_source == "~/.oraclebmc/config"
