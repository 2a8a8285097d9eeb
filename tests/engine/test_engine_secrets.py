"""A secret in config is in no output, debug log or plain file of the real engine.

Not tested with `-v=9`: there the CLI's own log shows what it sends to any dynamic provider, secrets in clear.
"""

from __future__ import annotations

from collections.abc import Callable

from lease_support import NOTEBOOK
from stack import Stack

from pulumi_nbcloud.mock import MockClouds

CANARY = "canary-7d20f4b1-secret-key"
OTHER_CANARY = "canary-91ce5a33-security-token"


def test_a_canary_in_config_is_nowhere_in_plain(make_stack: Callable[..., Stack], clouds: MockClouds) -> None:
    clouds.modelarts.add_account("CANARYKEY", CANARY, projects=["mock-project"], security_token=OTHER_CANARY)
    clouds.modelarts.put_lease(NOTEBOOK)
    stack = make_stack()
    account = {"accessKey": "CANARYKEY", "projectId": "mock-project", "endpoint": clouds.url}
    stack.configure({"nbcloud:modelarts": {**account, "secretKey": CANARY, "securityToken": OTHER_CANARY}})
    stack.program(f"""
        now = nbcloud.modelarts.get_notebook_lease("{NOTEBOOK}")
        pulumi.export("now", now)
        pulumi.export("later", nbcloud.modelarts.get_notebook_lease_output("{NOTEBOOK}"))
        lease = nbcloud.modelarts.NotebookLease("training", notebook_id="{NOTEBOOK}")
        pulumi.export("lease", lease.running)
        print(repr(now), lease)
    """)
    said = [stack.preview("--debug").text, stack.up("--debug").text]
    assert stack.resources()["training"]["outputs"]["running"] is True
    said.append(stack.refresh("--debug").text)
    said.append(stack.run("stack", "export", expect=0).text)
    said.append(str(stack.outputs()))
    assert {entry.access_key for entry in clouds.requests} == {"CANARYKEY"}
    assert {entry.status for entry in clouds.requests} == {200}

    # Failures: first refused, then gone.
    clouds.modelarts.add_account("CANARYKEY", "rotated", projects=["mock-project"])
    refused = stack.up("--debug", expect=1)
    assert "the cloud refuses the credentials" in refused.text
    said += [refused.text, stack.refresh("--debug", expect=None).text]
    files = stack.files()
    # The access key is no secret: where it is found, the secrets would be.
    assert "CANARYKEY" in files
    for secret in (CANARY, OTHER_CANARY):
        assert secret not in "\n".join(said)
        assert secret not in files
