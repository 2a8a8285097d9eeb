"""The secrets of every way to sign in are in no output, debug log, state or plain file of the real engine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from lease_support import NOTEBOOK
from stack import _SECRETS, Stack

from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.mock.aidp.service import DEFAULT_PLATFORM, DEFAULT_WORKSPACE

INSTANCE = "notebook-5ac72ea0"
SESSION = "0f6cbb4b-5ff2-4f9e-8b0a-d5dd7f8f5a01"
PASSPHRASE = "canary-passphrase-6a41"

PROGRAM = f"""
ids = dict(
    ai_data_platform_id="{DEFAULT_PLATFORM}", workspace_key="{DEFAULT_WORKSPACE}", session_id="{SESSION}"
)
lease = nbcloud.modelarts.NotebookLease("lease", notebook_id="{NOTEBOOK}")
instance = nbcloud.hpcai.Instance("instance", instance_id="{INSTANCE}")
session = nbcloud.aidp.NotebookSession("session", **ids)
everything = nbcloud.Gate(
    "everything", targets={{"lease": lease, "instance": instance, "session": session}}, until="lease.running",
    interval="1s",
)
for found in (
    nbcloud.modelarts.get_notebook_lease("{NOTEBOOK}"),
    nbcloud.hpcai.get_instance("{INSTANCE}"),
    nbcloud.aidp.get_notebook_session(**ids),
):
    print(repr(found))
    pulumi.export(type(found).__name__, found)
pulumi.export("states", everything.states)
"""


def keys(clouds: MockClouds, folder: Path) -> dict[str, dict[str, str]]:
    """Passwords and keys: what signs or logs in again."""
    path = clouds.aidp.write_config(folder, passphrase=PASSPHRASE)
    return {
        "nbcloud:modelarts": clouds.modelarts.password_settings(),
        "nbcloud:hpcai": clouds.hpcai.login_settings(),
        "nbcloud:aidp": {"configFile": str(path), "endpoint": clouds.aidp.endpoint},
    }


def tokens(clouds: MockClouds, folder: Path) -> dict[str, dict[str, str]]:
    """Tokens that somebody else got."""
    path = clouds.aidp.write_config(folder, token=clouds.aidp.issue_token())
    return {
        "nbcloud:modelarts": clouds.modelarts.token_settings(),
        "nbcloud:hpcai": clouds.hpcai.token_settings(),
        "nbcloud:aidp": {"configFile": str(path), "endpoint": clouds.aidp.endpoint},
    }


def plain(clouds: MockClouds, folder: Path) -> dict[str, dict[str, str]]:
    """A key pair, an API key, and a key in the settings."""
    return {f"nbcloud:{cloud}": values for cloud, values in clouds.settings().items()}


@pytest.mark.parametrize("ways", [keys, tokens, plain])
def test_no_secret_of_a_way_to_sign_in_is_anywhere_in_plain(
    ways: Callable[[MockClouds, Path], dict[str, dict[str, str]]],
    make_stack: Callable[..., Stack],
    clouds: MockClouds,
    tmp_path: Path,
) -> None:
    folder = tmp_path / "oci"
    folder.mkdir()
    accounts = ways(clouds, folder)
    secrets = {value for values in accounts.values() for key, value in values.items() if key in _SECRETS}
    secrets |= {PASSPHRASE, *(path.read_text() for path in folder.iterdir() if path.suffix != "")}
    # Of a key its lines: the whole would be cut by whatever shows it.
    lines = {line for text in secrets for line in text.split("\n") if len(line) > 5 and not line.startswith("-----")}
    assert len(lines) > 3
    clouds.modelarts.put_lease(NOTEBOOK)
    clouds.hpcai.put_instance(INSTANCE)
    clouds.aidp.put_session(SESSION)
    stack = make_stack()
    stack.configure(accounts)
    stack.program(PROGRAM)
    said = [stack.preview("--debug").text, stack.up("--debug").text]
    assert set(stack.resources()) == {"lease", "instance", "session", "everything"}
    for service, status in (("modelarts", 401), ("hpcai", 403), ("aidp", 401)):
        clouds.faults.add(service=service, status=status, body='{"message": "no"}', count=100)
    refused = stack.refresh("--debug", expect=None)
    assert refused.code != 0
    assert "the cloud refuses the credentials" in refused.text
    said += [refused.text, stack.files(), str([entry.to_dict() for entry in clouds.requests])]
    everything = "\n".join(said)
    assert INSTANCE in everything
    assert [line for line in lines if line in everything] == []
