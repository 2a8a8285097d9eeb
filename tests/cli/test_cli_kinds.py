"""`nbcloud kinds`: every kind described from its declaration, nothing left without a word."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from cli_support import invoke, invoke_on_terminal

from pulumi_nbcloud.cli.kinds_command import describe, known_values, marked_type, meaning
from pulumi_nbcloud.cli.layout import width
from pulumi_nbcloud.kinds.documentation import documented
from pulumi_nbcloud.kinds.registry import KINDS, load


def described(token: str) -> dict[str, Any]:
    return describe(load(token))


@pytest.mark.parametrize("token", KINDS)
def test_every_argument_and_field_is_described(token: str) -> None:
    found = described(token)
    assert found["about"].endswith(".")
    assert [each["name"] for each in found["arguments"]] == list(load(token).argument_names)
    for each in (*found["arguments"], *found["fields"]):
        assert len(each["about"]) > 5, each


@pytest.mark.parametrize("token", KINDS)
def test_every_field_of_the_state_is_there(token: str) -> None:
    paths = [each["path"] for each in described(token)["fields"]]
    assert len(set(paths)) == len(paths)
    assert {path for path in paths if "." not in path and "[" not in path} == set(load(token).state_names)


def test_a_lease() -> None:
    found = described("modelarts:NotebookLease")
    assert found["target"] == "modelarts:NotebookLease/NOTEBOOK_ID"
    assert found["arguments"][0] == {
        "name": "notebook_id",
        "required": True,
        "about": "the notebook instance's id, a UUID.",
    }
    assert found["ready"] == "self.running"
    assert found["failed"] == [{"condition": 'self.not_running_reason == "FROZEN"', "holds_for_seconds": 0.0}]
    fields: Mapping[str, Any] = {each["path"]: each for each in found["fields"]}
    assert fields["duration"]["type"] == "int"
    assert "milliseconds" in fields["duration"]["about"]
    assert fields["expire_time"]["type"] == "timestamp"
    assert fields["type"]["known"] == ["TIMING", "IDLE"]
    assert fields["running"]["type"] == "bool"
    assert (fields["running"]["null"], fields["duration"]["null"]) == (False, True)


def test_parts_and_rows_by_their_paths() -> None:
    session = [each["path"] for each in described("aidp:NotebookSession")["fields"]]
    assert "kernel.execution_state" in session
    jobs = {each["path"]: each for each in described("modelarts:DevServerJobs")["fields"]}
    assert jobs["jobs[].status"]["known"] == ["PROCESSING", "FINISHED", "DELETED", "ACTIVE"]
    assert jobs["jobs"]["type"].startswith("list of ")


def test_fields_that_move_by_themselves_are_marked() -> None:
    fields = {each["path"]: each for each in described("aidp:NotebookSession")["fields"]}
    assert {path for path, each in fields.items() if each["volatile"]} == {
        "etag",
        "kernel.connections",
        "kernel.last_activity",
    }
    assert marked_type(fields["etag"]) == "string or null, volatile"


def test_known_values_are_named_once() -> None:
    fields = {each["path"]: each for each in described("hpcai:Instance")["fields"]}
    assert known_values(fields["status"]).startswith(" Known: Running, Stopped, ")
    lease = {each["path"]: each for each in described("modelarts:NotebookLease")["fields"]}
    assert known_values(lease["type"]) == "", "its text names them"


def test_what_a_docstring_says_of_errors_is_no_argument() -> None:
    class Documented:
        """One.

        Args:
            first: what it is,
                in two lines.

        Raises:
            InputError: never.
        """

    assert documented(Documented) == {"first": "what it is, in two lines."}


def test_a_list_without_a_default_condition() -> None:
    assert described("modelarts:DevServerJobs")["ready"] is None
    assert "ready    no default: until is needed" in invoke("kinds", "modelarts:DevServerJobs").out


def test_all_kinds_a_line_each() -> None:
    done = invoke("kinds")
    assert (done.code, done.err) == (0, "")
    assert [line.split("/")[0].split()[0] for line in done.out.splitlines()] == list(KINDS)


@pytest.mark.parametrize("token", KINDS)
def test_one_kind_as_text(token: str) -> None:
    lines = [" ".join(line.split()) for line in invoke("kinds", token).out.splitlines()]
    found = described(token)
    for each in found["fields"]:
        assert any(line.startswith(f"{each['path']} ({marked_type(each)}): ") for line in lines)
    for each in found["failed"]:
        assert any(line.startswith(f"failed {each['condition']}") for line in lines)


@pytest.mark.parametrize("columns", [80, 100, 120, 160])
def test_on_a_terminal_it_fits_and_nothing_is_cut_off(columns: int) -> None:
    shown = invoke_on_terminal(columns, "kinds").out
    assert [line for line in shown.splitlines() if width(line) > columns] == []
    for token in KINDS:
        assert described(token)["target"] in shown.splitlines()
        assert described(token)["about"] in " ".join(shown.split())


@pytest.mark.parametrize("columns", [80, 100, 120, 160])
@pytest.mark.parametrize("token", KINDS)
def test_one_kind_on_a_terminal(token: str, columns: int) -> None:
    shown = invoke_on_terminal(columns, "kinds", token).out
    assert [line for line in shown.splitlines() if width(line) > columns] == []
    words, found = f"{' '.join(shown.split())} ", described(token)
    for each in found["arguments"]:
        assert f"argument {each['name']}: {each['about']}" in words
    assert f"ready {found['ready'] or 'no default: until is needed'}" in words
    for failure in found["failed"]:
        assert f"failed {failure['condition']}" in words
    for each in found["conditions"]:
        once = each["name"] == "ready" and found["ready"] is not None
        assert (f" named {each['name']}: {meaning(each)} " in words) is not once
    for field in found["fields"]:
        name = field["path"].rpartition(".")[2]
        assert f" {name} ({marked_type(field)}) {field['about']}{known_values(field)} " in words


def test_parts_of_a_kind_are_indented_on_a_terminal() -> None:
    lines = invoke_on_terminal(80, "kinds", "aidp:NotebookSession").out.splitlines()
    at = lines.index("    kernel (record or null)")
    assert "      execution_state (string or null)" in lines[at:]
    assert "    etag (string or null, volatile)" in lines[at:]
    assert "  fields, joined by dots in conditions" in lines
    assert "  fields" in invoke_on_terminal(80, "kinds", "modelarts:NotebookLease").out.splitlines()


def test_styles() -> None:
    for tokens in ((), ("aidp:NotebookSession",)):
        plain = invoke_on_terminal(80, "kinds", *tokens).out
        styled = invoke_on_terminal(80, "kinds", *tokens, styles=True).out
        assert "\x1b[1m" in styled
        assert "\x1b" not in plain
        assert re.sub(r"\x1b\[[012]m", "", styled) == plain


def test_as_json() -> None:
    document = json.loads(invoke("kinds", "--output", "json").out)
    assert document["schema_version"] == 1
    assert document["kinds"] == [described(token) for token in KINDS]


def test_a_kind_that_there_is_not() -> None:
    done = invoke("kinds", "modelarts:Lease")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: there is no kind 'modelarts:Lease'\nhint: ")
