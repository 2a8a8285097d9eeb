"""Oracle's command line beside ours, through all that the table says it reads; an environment of its own holds it."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aidp_support import pem
from locked_environment import lock_of, python_of
from nbcloud_support import NO_CONFIG

from pulumi_nbcloud.clouds.aidp.account import SCHEMA, AidpAccount
from pulumi_nbcloud.clouds.aidp.credentials import FileCredentials, KeyCredentials
from pulumi_nbcloud.clouds.aidp.identity import IDENTITY
from pulumi_nbcloud.errors import SettingsError
from pulumi_nbcloud.http.client import Client
from pulumi_nbcloud.mock.aidp.keys import FIRST, SECOND
from pulumi_nbcloud.settings.identity import Entry, Treatment
from pulumi_nbcloud.settings.resolve import resolve

OCI_CLI = "oci-cli"
PROBE = Path(__file__).with_name("probe.py")
PRINT = FIRST.fingerprint
READ = [each for each in IDENTITY if "oci-cli" in each.by.split(", ") and each.is_variable]


@dataclass(frozen=True)
class Case:
    """Two environments, of which the second has one thing more."""

    before: dict[str, str]
    after: dict[str, str]


def jwt(subject: str) -> str:
    """A token of a session that lasts; its signature says nothing."""
    parts = ({"alg": "none"}, {"sub": subject, "exp": 4_000_000_000, "jwk": "{}"})
    return ".".join(base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=") for each in parts) + ".eA"


def files(folder: Path) -> None:
    """Oracle's file with three profiles, another file, keys and a token."""
    (folder / ".oci").mkdir()
    for name, text in (
        ("key.pem", pem()),
        ("same.pem", pem()),
        ("other.pem", pem(second=True)),
        ("locked.pem", pem("pass")),
    ):
        (folder / name).write_text(text)
    for name in ("token", "other-token"):
        (folder / name).write_text(jwt(name))
    (folder / "rc").write_text("[OCI_CLI_CANNED_QUERIES]\n")
    for path, user in ((folder / ".oci" / "config", "file"), (folder / "else", "else")):
        path.write_text(
            f"[DEFAULT]\ntenancy=ocid1.tenancy.oc1..t\nuser=ocid1.user.oc1..{user}\nfingerprint={PRINT}\n"
            f"key_file={folder / 'key.pem'}\nregion=us-ashburn-1\n[EAST]\nuser=ocid1.user.oc1..{user}-east\n"
            f"[SESSION]\nsecurity_token_file={folder / 'token'}\n"
        )


def case_of(entry: Entry, folder: Path) -> Case:
    """The environments in which an entry is tried."""
    home = {"HOME": str(folder)}
    ids = {"OCI_CLI_TENANCY": "ocid1.tenancy.oc1..c", "OCI_CLI_USER": "ocid1.user.oc1..c"}
    whole = {**home, **ids, "OCI_CLI_FINGERPRINT": PRINT, "OCI_CLI_REGION": "phx"}
    key = {"OCI_CLI_KEY_FILE": str(folder / "key.pem")}
    session = {**home, "OCI_CLI_PROFILE": "SESSION", "OCI_CLI_AUTH": "security_token"}
    tried: dict[str, tuple[dict[str, str], str]] = {
        "OCI_CLI_CONFIG_FILE": (home, str(folder / "else")),
        "OCI_CLI_PROFILE": (home, "EAST"),
        "OCI_CLI_TENANCY": ({**whole, **key}, "ocid1.tenancy.oc1..d"),
        "OCI_CLI_USER": ({**whole, **key}, "ocid1.user.oc1..d"),
        "OCI_CLI_KEY_FILE": ({**whole, **key}, str(folder / "same.pem")),
        "OCI_CLI_KEY_CONTENT": ({**whole, "OCI_CLI_KEY_FILE": str(folder / "same.pem")}, pem()),
        "OCI_CLI_REGION": (home, "FRA"),
        "OCI_CLI_AUTH": (home, "resource_principal"),
        "OCI_CLI_SECURITY_TOKEN_FILE": (session, str(folder / "other-token")),
        "OCI_CLI_ENDPOINT": (home, "https://other.example.com"),
        "OCI_CLI_RC_FILE": (home, str(folder / "rc")),
    }
    before, value = tried.get(entry.name, (home, "other"))
    if entry.name == "OCI_CLI_FINGERPRINT":
        # A key and its fingerprint: one without the other is refused here, before anything is sent.
        other = {**whole, "OCI_CLI_KEY_FILE": str(folder / "other.pem")}
        return Case({**whole, **key}, {**other, entry.name: SECOND.fingerprint})
    if entry.name == "OCI_CLI_PASSPHRASE":
        # Without it the command line would ask for it.
        return Case({**whole, **key}, {**whole, "OCI_CLI_KEY_FILE": str(folder / "locked.pem"), entry.name: "pass"})
    return Case(before, {**before, entry.name: value})


@pytest.fixture(scope="module", autouse=True)
def _made() -> None:
    python_of(OCI_CLI)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    files(folder)
    return folder


def asked(environments: list[dict[str, str]]) -> list[dict[str, Any]]:
    done = subprocess.run(
        [str(python_of(OCI_CLI)), str(PROBE)],
        input=json.dumps(environments),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def theirs(folder: Path) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """What the command line does with each entry, before and after; all in one run."""
    cases = [case_of(each, folder) for each in READ]
    answers = asked([environment for case in cases for environment in (case.before, case.after)])
    return {each.name: (answers[2 * index], answers[2 * index + 1]) for index, each in enumerate(READ)}


def ours(environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, Any], list[str]]:
    monkeypatch.setenv("HOME", environment["HOME"])
    found = resolve(SCHEMA, None, NO_CONFIG, environment)
    account = AidpAccount(found, Client())
    held = account.credentials
    assert isinstance(held, FileCredentials | KeyCredentials)
    key_id = held._loaded.key_id if isinstance(held, FileCredentials) else held._key_id
    key = (held._loaded.key if isinstance(held, FileCredentials) else held._key).public_key().public_numbers().n % 2**64
    seen = {"key_id": key_id, "key": key, "host": account.endpoint, "endpoint": found.values.get("endpoint")}
    return seen, [each.name for each in found.passed_over]


@pytest.mark.parametrize("entry", READ, ids=lambda entry: entry.name)
def test_the_command_line_beside_ours(
    entry: Entry,
    folder: Path,
    theirs: dict[str, tuple[dict[str, Any], dict[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before, after = theirs[entry.name]
    case = case_of(entry, folder)
    assert ours(case.before, monkeypatch)[0] == before
    if entry.treatment is Treatment.REFUSED:
        assert after != before
        with pytest.raises(SettingsError, match=f"the environment variable {entry.name} chooses"):
            ours(case.after, monkeypatch)
        return
    seen, passed = ours(case.after, monkeypatch)
    assert seen == after
    if entry.treatment is Treatment.HARMLESS:
        assert after == before
        assert passed == [entry.name]
    else:
        # A key in another place is the same one.
        same = entry.name in ("OCI_CLI_PASSPHRASE", "OCI_CLI_KEY_FILE", "OCI_CLI_KEY_CONTENT")
        assert (after == before) == same
        assert entry.name not in passed


def test_a_default_profile_of_the_command_line_is_another_sign_in(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "rc").write_text("[OCI_CLI_SETTINGS]\ndefault_profile = EAST\n")
    environment = {"HOME": str(folder), "OCI_CLI_RC_FILE": str(tmp_path / "rc")}
    [answer] = asked([environment])
    assert "file-east" in answer["key_id"]
    with pytest.raises(SettingsError, match="names EAST as the default profile of oci-cli"):
        ours(environment, monkeypatch)


def test_the_default_file_goes_before_the_one_of_oci_config_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment = {"HOME": str(folder), "OCI_CONFIG_FILE": str(folder / "else")}
    alone = {"HOME": str(tmp_path), "OCI_CONFIG_FILE": str(folder / "else")}
    with_default, without = asked([environment, alone])
    assert "user.oc1..file/" in with_default["key_id"]
    with pytest.raises(SettingsError, match="OCI_CONFIG_FILE names another file"):
        ours(environment, monkeypatch)
    assert "user.oc1..else/" in without["key_id"]
    assert ours(alone, monkeypatch)[0] == without


def test_a_part_of_a_key_is_laid_over_the_profile_there_and_refused_here(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = {"HOME": str(folder), "OCI_CLI_USER": "ocid1.user.oc1..c"}
    [answer] = asked([environment])
    assert answer["key_id"] == f"ocid1.tenancy.oc1..t/ocid1.user.oc1..c/{PRINT}"
    with pytest.raises(SettingsError, match=r"\(OCI_…\) has credentials for aidp without"):
        ours(environment, monkeypatch)


def test_the_lock_is_the_one_that_is_installed() -> None:
    assert shutil.which("oci", path=str(python_of(OCI_CLI).parent))
    assert os.access(lock_of(OCI_CLI), os.R_OK)
