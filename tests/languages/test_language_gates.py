"""What only the real engine shows of the native provider: refusals, custom timeouts, live rows, what does not exist."""

from __future__ import annotations

import re

from language_stacks import STACK_ROW, YamlStack, row
from lease_support import looked_at, notebook

from pulumi_nbcloud.mock import MockClouds

TARGET = f'target: {{kind: "modelarts:NotebookLease", notebookId: "{notebook(1)}"}}'


def test_what_cannot_be_is_refused_in_preview_and_nothing_is_sent(yaml_stack: YamlStack, clouds: MockClouds) -> None:
    yaml_stack.program(f"""
        resources:
          held:
            type: nbcloud:Gate
            properties:
              {TARGET}
              hold: 10m
          spelt:
            type: nbcloud:Gate
            properties:
              {TARGET}
              until: self.expireTime > now
          number:
            type: nbcloud:modelarts:NotebookLease
            properties:
              notebookId: "17"
        """)
    run = yaml_stack.preview(expect=None)
    assert run.code not in (0, None)
    found = {name: "\n".join(lines) for name, lines in run.diagnostics.items()}
    assert "waitStart" in found[row("held")]
    assert "nbcloud:WaitStart" in found[row("held")], "the lines to paste"
    assert "self.expire_time" in found[row("spelt")]
    assert "must be a UUID" in found[row("number", "nbcloud:modelarts:NotebookLease")]
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
