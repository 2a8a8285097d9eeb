"""A stack of a program in Python goes on as one of another language, on the real engine: gates and a record."""

from __future__ import annotations

import os

import pytest
from language_stacks import GATE, YamlStack
from lease_support import LEASE, looked_at, notebook
from stack import PROGRAMS, Stack

from pulumi_nbcloud.mock import MockClouds

PYTHON = f"""
    nbcloud.modelarts.NotebookLease("recorded", notebook_id="{notebook(3)}")
    gate("met", 1)
    gate("advisory", 2, until="self.running", enforcement="advisory", timeout="0")
"""
YAML = f"""
resources:
  recorded:
    type: nbcloud:modelarts:NotebookLease
    properties:
      notebookId: {notebook(3)}
  met:
    type: nbcloud:Gate
    properties:
      target: {{kind: modelarts:NotebookLease, notebookId: {notebook(1)}}}
      interval: 1s
      timeout: 10m
  advisory:
    type: nbcloud:Gate
    properties:
      target: {{kind: modelarts:NotebookLease, notebookId: {notebook(2)}}}
      until: self.running
      enforcement: advisory
      interval: 1s
      timeout: "0"
outputs:
  metTime: ${{met.metTime}}
  outcome: ${{advisory.outcome}}
  message: ${{advisory.message}}
  type: ${{recorded.type}}
"""
OUTPUTS = {"outcome", "polls", "elapsedSeconds", "states", "transitions", "transitionCount"}


@pytest.fixture
def before(yaml_stack: YamlStack, clouds: MockClouds) -> YamlStack:
    """A stack that a program in Python has made: a gate that was met, one that was not, a record."""
    for number in (1, 3):
        clouds.modelarts.put_lease(notebook(number), **LEASE)
    clouds.modelarts.put_lease(notebook(2), status="STOPPED")
    Stack.program(yaml_stack, PYTHON)
    yaml_stack.up()
    clouds.clear_requests()
    return yaml_stack


def test_one_update_takes_everything_over_without_a_wait(before: YamlStack, clouds: MockClouds) -> None:
    olds = before.resources()
    before.program(YAML)
    before.preview()
    # The record is read; of the gates nothing is asked.
    assert set(looked_at(clouds)) == {3}
    run = before.up()
    assert set(looked_at(clouds)) == {3}
    news = before.resources()
    assert set(news) == set(olds)
    for name in ("met", "advisory"):
        assert news[name]["type"] == GATE
        assert news[name]["id"] == olds[name]["id"], run.text
        own = {"target", "interval", "timeout", "metTime", *OUTPUTS}
        if name == "advisory":
            own = own - {"metTime"} | {"message", "until", "enforcement"}
        assert {each for each, value in news[name]["outputs"].items() if value is not None} == own
    assert news["recorded"]["type"] == "nbcloud:modelarts:NotebookLease"
    assert before.outputs() == {
        "metTime": olds["met"]["outputs"]["met_time"],
        "outcome": "timed_out",
        "message": olds["advisory"]["outputs"]["message"],
        "type": "TIMING",
    }
    clouds.clear_requests()
    before.up("--expect-no-changes")
    assert set(looked_at(clouds)) == {3}


def test_what_waits_again_waits_in_that_update_too(before: YamlStack, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(2), **LEASE)
    before.program(YAML.replace("      enforcement: advisory\n", ""))
    before.up()
    assert looked_at(clouds).count(2) == 1
    assert 1 not in looked_at(clouds)
    assert before.resources()["advisory"]["outputs"]["outcome"] == "met"


def test_the_environment_of_the_python_program_is_needed_no_more(before: YamlStack, clouds: MockClouds) -> None:
    """But for the record, which is taken out of the state before: the engine would load the provider of the old one."""
    old = before.resources()["recorded"]["urn"]
    before.run("state", "delete", old, "--yes", expect=0)
    before.program(YAML)
    folders = before.environment["PATH"].split(os.pathsep)
    before.environment["PATH"] = os.pathsep.join(each for each in folders if each not in PROGRAMS)
    before.up()
    assert set(looked_at(clouds)) == {3}
    types = {name: each["type"] for name, each in before.resources().items()}
    assert types == {"met": GATE, "advisory": GATE, "recorded": "nbcloud:modelarts:NotebookLease"}
