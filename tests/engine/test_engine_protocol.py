"""States that one Python wrote and another runs: the default protocol of pickle is 4 up to Python 3.13, then 5."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import pytest
from lease_support import NOTEBOOK, notebook
from stack import ROOT, Stack

from pulumi_nbcloud.mock import MockClouds

GOLDEN = json.loads((ROOT / "tests" / "golden" / "frozen.json").read_text())
BLOBS = {"lease": GOLDEN["modelarts:NotebookLease"]["blob"], "ready": GOLDEN["nbcloud:Gate"]["blob"]}

# A resource of another package whose provider can be seen in the state, and is no difference.
FOREIGN = """
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider


class _Provider(ResourceProvider):
    serialize_as_secret_always = False

    def create(self, props):
        return CreateResult("some-id", {})

    def diff(self, _id, _olds, _news):
        return DiffResult(changes=False)


class Foreign(Resource, module="probe", name="Foreign"):
    def __init__(self, name):
        super().__init__(_Provider(), name, {})
"""


def program(stack: Stack, *, default: int, ours: int | None = None, triggers: tuple[int, ...] = ()) -> None:
    """Writes the program of a Python with this default protocol; `ours` is another protocol for what is ours."""
    (stack.folder / "foreign.py").write_text(FOREIGN)
    patches = ["import pickle", f"pickle.DEFAULT_PROTOCOL = {default}"]
    if ours is not None:
        patches += ["import pulumi_nbcloud.program.stored", f"pulumi_nbcloud.program.stored.PROTOCOL = {ours}"]
    resources = [
        "from foreign import Foreign",
        'Foreign("other")',
        f'nbcloud.modelarts.NotebookLease("lease", notebook_id="{NOTEBOOK}")',
        f'gate("ready", 1, triggers={list(triggers)})',
    ]
    stack.program("\n".join([*patches, *resources]))


def stored(stack: Stack, part: str = "inputs") -> Mapping[str, bytes]:
    """The pickles in the state, by the names of the resources."""
    return {name: base64.b64decode(each[part]["__provider"]) for name, each in stack.resources().items()}


def golden(protocol: int) -> dict[str, bytes]:
    """Ours, in the form of a protocol."""
    return {name: bytes([0x80, protocol]) + base64.b64decode(blob)[2:] for name, blob in BLOBS.items()}


def protocols(found: Mapping[str, bytes]) -> dict[str, Any]:
    assert all(blob[0] == 0x80 for blob in found.values())
    return {name: blob[1] for name, blob in found.items()}


def test_what_is_stored_of_ours_does_not_depend_on_the_python_that_ran(stack: Stack, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(1))
    for protocol, arguments in ((4, []), (5, ["--expect-no-changes"]), (4, ["--expect-no-changes"])):
        program(stack, default=protocol)
        stack.up(*arguments)
        found = stored(stack)
        # Of another package the SDK stores what that Python makes.
        assert protocols(found) == {"other": protocol, "lease": 4, "ready": 4}
        assert {name: found[name] for name in BLOBS} == golden(4)
        assert stored(stack, "outputs")["ready"] == found["ready"]


@pytest.mark.parametrize(("written", "run"), [(4, 5), (5, 4)])
def test_a_state_of_the_other_form_is_read_and_is_no_change(
    stack: Stack, clouds: MockClouds, written: int, run: int
) -> None:
    clouds.modelarts.put_lease(notebook(1))
    program(stack, default=written, ours=written)
    stack.up()
    found = stored(stack)
    assert {name: found[name] for name in BLOBS} == golden(written)

    program(stack, default=run, ours=run)
    # A refresh does not run the program: the state alone says how to read.
    stack.refresh("--expect-no-changes")
    assert stored(stack) == found
    clouds.clear_requests()
    unchanged = stack.up("--expect-no-changes", "--diff")
    assert "__provider" not in unchanged.text
    # For the read resource; the gate does not wait again.
    assert clouds.request_count() == 1

    # A change of what is asked is an update like any other.
    program(stack, default=run, ours=run, triggers=(1,))
    assert "1 updated" in stack.up().output
    assert protocols(stored(stack)) == {"other": run, "lease": run, "ready": run}
    stack.destroy()
    assert stack.resources() == {}
