"""AIDP on the real engine: its own way to sign in, and its example."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from stack import ROOT, Stack

from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.mock.aidp.service import DEFAULT_PLATFORM, DEFAULT_WORKSPACE
from pulumi_nbcloud.mock.scenarios import STARTING_SESSION

EXAMPLE = (ROOT / "examples" / "aidp" / "__main__.py").read_text(encoding="utf-8")
# Looks each second: whether the first look is the one that still finds it under way is up to the engine, and the next
# would come half a minute later. As it stands in the repository the example runs in test_engine_docs.
QUICK = EXAMPLE.replace('timeout="30m"', 'timeout="30m", interval="1s"')
assert QUICK != EXAMPLE


@pytest.fixture
def stack(make_stack: Callable[..., Stack], clouds: MockClouds) -> Stack:
    """The example's stack, with the commands that the mock prints for a stack and nothing in the environment."""
    stack = make_stack()
    for arguments in clouds.pulumi_config():
        if any(each.startswith("nbcloud:aidp.") for each in arguments):
            stack.run(*arguments, expect=0)
    program = {"platformId": DEFAULT_PLATFORM, "workspaceKey": DEFAULT_WORKSPACE, "sessionId": STARTING_SESSION}
    stack.run("config", "set-all", *(f"--plaintext={name}={value}" for name, value in program.items()), expect=0)
    (stack.folder / "__main__.py").write_text(QUICK)
    return stack


def test_the_example_with_a_key_of_many_lines_in_config(stack: Stack, clouds: MockClouds) -> None:
    clouds.aidp.put_session(STARTING_SESSION, lifecycle_state="CREATING", kernel=False)
    clouds.aidp.add_transition(STARTING_SESSION, after_reads=1, lifecycle_state="ACTIVE", kernel=True)
    stack.up()
    assert stack.outputs() == {"cluster": "mock-cluster", "kernel": "idle"}
    stack.up("--expect-no-changes")
    settings = (stack.folder / "Pulumi.test.yaml").read_text()
    assert "nbcloud:aidp" in settings
    assert "PRIVATE KEY" not in settings


def test_a_404_does_not_drop_a_recorded_session(stack: Stack, clouds: MockClouds) -> None:
    clouds.aidp.put_session(STARTING_SESSION)
    stack.up()
    clouds.aidp.deny()
    refreshed = stack.refresh(expect=None)
    assert refreshed.code != 0
    assert "a missing permission looks the same" in refreshed.text
    assert "session" in stack.resources()
