"""Settings and secrets of the native provider on the real engine: a rotated key, and what nothing holds in plain."""

from __future__ import annotations

from collections.abc import Callable

from language_stacks import YamlStack, row
from lease_support import notebook

from pulumi_nbcloud.mock import MockClouds

CANARY = "canary-9d4c1b7e-secret-key"
RECORD = f"""
resources:
  lease:
    type: nbcloud:modelarts:NotebookLease
    properties:
      notebookId: {notebook(1)}
  ready:
    type: nbcloud:Gate
    properties:
      target:
        kind: modelarts:NotebookLease
        notebookId: {notebook(1)}
      timeout: "0"
variables:
  now:
    fn::invoke:
      function: nbcloud:modelarts:getNotebookLease
      arguments:
        notebookId: {notebook(1)}
outputs:
  type: ${{now.type}}
"""


def test_a_rotated_key_counts_at_once_and_is_in_no_state(
    make_yaml: Callable[..., YamlStack], clouds: MockClouds
) -> None:
    """The engine keeps what a provider's inputs are, and refreshes with what it has kept."""
    clouds.modelarts.add_account("CANARYKEY", CANARY, projects=["mock-project"])
    clouds.modelarts.put_lease(notebook(1))
    stack = make_yaml()
    account = {"accessKey": "CANARYKEY", "secretKey": CANARY, "projectId": "mock-project", "endpoint": clouds.url}
    stack.configure({"nbcloud:modelarts": account})
    stack.program(RECORD)
    said = [stack.preview("--debug").text, stack.up("--debug").text]
    assert stack.outputs() == {"type": "TIMING"}

    wrong = f"{CANARY}-wrong"
    stack.run("config", "set", "--secret", "--path", "nbcloud:modelarts.secretKey", wrong, expect=0)
    for command in (stack.up, stack.refresh):
        clouds.clear_requests()
        run = command(expect=None)
        assert run.code != 0
        assert "the cloud refuses the credentials" in run.text
        assert clouds.request_count() > 0
        said.append(run.text)
    # Before the account is locked.
    stack.run("config", "set", "--secret", "--path", "nbcloud:modelarts.secretKey", CANARY, expect=0)
    said.append(stack.up().text)
    # Another account: the update that sees it for the first time goes by it.
    clouds.modelarts.add_account("OTHERKEY", f"{CANARY}-other", projects=["other-project"])
    clouds.modelarts.put_lease(notebook(1), project_id="other-project", type="IDLE")
    other = {**account, "accessKey": "OTHERKEY", "secretKey": f"{CANARY}-other", "projectId": "other-project"}
    stack.configure({"nbcloud:modelarts": other})
    said.append(stack.up().text)
    assert stack.outputs() == {"type": "IDLE"}
    # Of settings, state holds nothing: not even the key that is no secret.
    exported = stack.run("stack", "export", "--show-secrets", expect=0).text
    assert "CANARYKEY" not in exported
    assert "OTHERKEY" not in exported
    said += [exported, stack.destroy().text]
    assert CANARY not in "\n".join(said)
    files = stack.files()
    # Pulumi keeps the config of each update, so where this is found, the secret would be.
    assert "OTHERKEY" in files
    assert CANARY not in files


def test_another_profile_of_the_provider_counts_in_the_same_update(
    make_yaml: Callable[..., YamlStack], clouds: MockClouds
) -> None:
    """Without a difference in its inputs, the engine would configure the provider with those of the update before."""
    clouds.modelarts.add_account("OTHERKEY", CANARY, projects=["other-project"])
    clouds.modelarts.put_lease(notebook(1))
    clouds.modelarts.put_lease(notebook(1), project_id="other-project", type="IDLE")
    east = {name.replace("NBCLOUD_", "NBCLOUD_PROFILE_EAST_"): value for name, value in clouds.environment().items()}
    west = {name.replace("_EAST_", "_WEST_"): value for name, value in east.items()}
    prefix = "NBCLOUD_PROFILE_WEST_MODELARTS_"
    west |= {f"{prefix}ACCESS_KEY": "OTHERKEY", f"{prefix}SECRET_KEY": CANARY, f"{prefix}PROJECT_ID": "other-project"}
    stack = make_yaml({**east, **west})
    for profile, type_ in (("east", "TIMING"), ("west", "IDLE")):
        stack.program(f"""
            resources:
              cloud: {{type: "pulumi:providers:nbcloud", properties: {{profile: {profile}}}}}
              lease:
                type: nbcloud:modelarts:NotebookLease
                properties: {{notebookId: {notebook(1)}}}
                options: {{provider: "${{cloud}}"}}
            outputs:
              type: ${{lease.type}}
            """)
        stack.up()
        assert stack.outputs() == {"type": type_}


def test_a_secret_target_is_in_no_state_and_no_text_in_plain(yaml_stack: YamlStack, clouds: MockClouds) -> None:
    stack = yaml_stack
    clouds.modelarts.put_lease(notebook(1), status="STOPPED")
    clouds.modelarts.add_transition(notebook(1), status="RUNNING", after_reads=2)
    clouds.modelarts.put_lease(notebook(2), status="STOPPED")
    stack.run("config", "set", "--secret", "first", notebook(1), expect=0)
    stack.run("config", "set", "--secret", "second", notebook(2), expect=0)
    program = """
        config:
          first: {type: string, secret: true}
          second: {type: string, secret: true}
        resources:
          met:
            type: nbcloud:Gate
            properties:
              target: {kind: modelarts:NotebookLease, notebookId: "${first}"}
              interval: 1s
        """
    stack.program(program)
    said = [stack.preview("--debug").text, stack.up("--debug").text]
    outputs = stack.resources()["met"]["outputs"]
    assert outputs["outcome"] == "met"
    hidden = {name for name, value in outputs.items() if "ciphertext" in str(value)}
    assert {"target", "states", "transitions"} <= hidden
    stack.program(
        program
        + """
          late:
            type: nbcloud:Gate
            properties:
              targets:
                one: {kind: modelarts:NotebookLease, notebookId: "${second}"}
              timeout: "0"
        """
    )
    run = stack.up("--debug", expect=None)
    assert run.code != 0
    assert "[secret]" in run.diagnostics[row("late")][0]
    said += [run.text, stack.run("stack", "export", expect=0).text, stack.destroy().text]
    # What is asked of the cloud is in the log of the mock alone.
    assert {notebook(1), notebook(2)} == {entry.target.split("/")[4] for entry in clouds.requests}
    text = "\n".join((*said, stack.files()))
    assert notebook(1) not in text
    assert notebook(2) not in text
