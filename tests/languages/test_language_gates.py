"""What only the real engine shows of the native provider: refusals, custom timeouts, live rows, what does not exist."""

from __future__ import annotations

import json
import re

import pytest
from language_stacks import STACK_ROW, YamlStack, row
from lease_support import looked_at, notebook

from pulumi_nbcloud.mock import MockClouds

TARGET = f'target: {{kind: "modelarts:NotebookLease", notebookId: "{notebook(1)}"}}'


REFUSED = {
    "held": (
        "nbcloud:index:Gate",
        f"{{{TARGET}, hold: 10m}}",
        ["hold", "waitStart", "WaitStart"],
    ),
    "spelt": (
        "nbcloud:index:Gate",
        f"{{{TARGET}, until: self.expireTime > now}}",
        ["until: self.expireTime is not a field of modelarts:NotebookLease; did you mean self.expire_time?"],
    ),
    "number": (
        "nbcloud:modelarts:NotebookLease",
        '{notebookId: "17"}',
        ["must be a UUID such as 0b9c2f6e-4a70-4a0e-9d0e-2c6f8d1e7a55", "nothing was sent"],
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_refused_in_preview_and_nothing_is_sent(
    name: str, yaml_stack: YamlStack, clouds: MockClouds
) -> None:
    type_, properties, texts = REFUSED[name]
    yaml_stack.program(f"resources: {{{name}: {{type: {json.dumps(type_)}, properties: {properties}}}}}\n")
    run = yaml_stack.preview(expect=None)
    assert run.code not in (0, None)
    found = "\n".join(run.diagnostics[row(name, type_)])
    assert [each for each in texts if each not in found] == [], found
    assert clouds.request_count() == 0


def test_an_import_of_a_gate_is_refused_with_a_sentence(yaml_stack: YamlStack, clouds: MockClouds) -> None:
    yaml_stack.program("resources: {}\n")
    run = yaml_stack.run("import", "nbcloud:index:Gate", "ready", "some-id", "--yes", "--skip-preview")
    assert run.code not in (0, None)
    assert "a gate cannot be imported" in run.text
    assert clouds.request_count() == 0


def test_a_get_of_what_does_not_exist_is_in_the_engines_words(yaml_stack: YamlStack, clouds: MockClouds) -> None:
    yaml_stack.program(f"""
        resources:
          lease:
            type: nbcloud:modelarts:NotebookLease
            get:
              id: {notebook(7)}
        """)
    run = yaml_stack.up(expect=None)
    assert run.code not in (0, None)
    assert f"resource '{notebook(7)}' does not exist" in run.text
    assert looked_at(clouds) == [7]


def test_custom_timeouts_count_and_the_row_shows_the_wait(yaml_stack: YamlStack, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(1), status="STOPPED")
    yaml_stack.program(f"""
        resources:
          ready:
            type: nbcloud:Gate
            properties:
              {TARGET}
              interval: 1s
            options:
              customTimeouts:
                create: 3s
        """)
    run = yaml_stack.up(expect=None)
    assert run.code not in (0, None)
    error, *_ = run.diagnostics[row("ready")]
    assert re.match(r"error: modelarts:NotebookLease \S+: timed out after \d+s; expected: self.running; ", error)
    shown = [line for line in run.output.splitlines() if "nbcloud:index:Gate ready creating" in line]
    assert any(re.search(r"running false; not_running_reason NOT_RUNNING; \d+s of 3s", line) for line in shown)
    assert run.diagnostics.get(STACK_ROW, []) in ([], ["error: update failed"])
    assert len(looked_at(clouds)) > 1
