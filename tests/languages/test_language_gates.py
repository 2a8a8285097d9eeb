"""What only the real engine shows of the native provider: refusals, custom timeouts, live rows, what does not exist."""

from __future__ import annotations

import json
import re
import textwrap

import pytest
from language_stacks import STACK_ROW, YamlStack, row
from lease_support import looked_at, notebook

from pulumi_nbcloud.mock import MockClouds

AWAITING = 10  # Pulumi's own exit code
TARGET = f'target: {{kind: "modelarts:NotebookLease", notebookId: "{notebook(1)}"}}'


REFUSED = {
    "spelt": (
        "nbcloud:index:Gate",
        f"{{{TARGET}, until: self.expireTime > now}}",
        ["until: self.expireTime is not a field of modelarts:NotebookLease; did you mean self.expire_time?"],
    ),
    "number": (
        "nbcloud:modelarts:NotebookLease",
        '{notebookId: "17"}',
        ["notebookId must be a UUID such as 0b9c2f6e-4a70-4a0e-9d0e-2c6f8d1e7a55", "nothing was sent"],
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


def test_the_lines_that_a_gate_with_hold_asks_for_are_ready_to_paste(yaml_stack: YamlStack, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(1), status="STOPPED")
    held = f'  held: {{type: nbcloud:Gate, properties: {{{TARGET}, timeout: 40h, hold: "0"'
    yaml_stack.program(f"resources:\n{held}}}}}\n")
    run = yaml_stack.preview(expect=None)
    assert run.code not in (0, None)
    assert "hold: a gate with hold needs waitStart" in run.text
    assert clouds.request_count() == 0

    text = run.output.partition("\nDiagnostics:\n")[2]
    found = re.search(r"^( +held-start:\n(?:.*\n)+?) +# and for the gate: (\w+): (\S+)\n", text, re.MULTILINE)
    assert found is not None, text
    start = textwrap.indent(textwrap.dedent(found[1]), "  ")
    yaml_stack.program(f"resources:\n{start}{held}, {found[2]}: '{found[3]}'}}}}\n")
    ends = []
    for _ in range(2):
        run = yaml_stack.up(expect=AWAITING)
        ends += re.findall(r"deadline: (\S+)", run.diagnostics[row("held")][0])
    assert len(set(ends)) == 1
    assert set(yaml_stack.resources()) == {"held-start"}
    clouds.modelarts.add_transition(notebook(1), status="RUNNING")
    yaml_stack.up()
    assert yaml_stack.resources()["held"]["outputs"]["outcome"] == "met"


def test_an_id_from_the_states_of_another_gate_is_unknown_in_preview(yaml_stack: YamlStack, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(1))
    yaml_stack.program(f"""
        resources:
          first: {{type: nbcloud:Gate, properties: {{{TARGET}}}}}
          second:
            type: nbcloud:Gate
            properties:
              target:
                kind: modelarts:NotebookLease
                notebookId: ${{first.states["self"]["notebook_id"]}}
              until: self.expire_time > now
        outputs:
          endpoint: ${{second.states["self"]["endpoint"]}}
        """)
    run = yaml_stack.preview()
    assert run.diagnostics[row("second")] == ["now: not known yet, because not all of the gate's inputs are"]
    assert looked_at(clouds) == [1]
    yaml_stack.up()
    assert yaml_stack.outputs() == {"endpoint": clouds.url}


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
