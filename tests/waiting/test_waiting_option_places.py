"""Each option of a wait is in every place where it belongs, and nothing else is: they are declared once."""

from __future__ import annotations

import dataclasses
import inspect
import re
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.main import get_command

import pulumi_nbcloud as nbcloud
from pulumi_nbcloud.cli import wait_options
from pulumi_nbcloud.cli.app import app
from pulumi_nbcloud.kinds.registry import KINDS
from pulumi_nbcloud.waiting import options
from pulumi_nbcloud.waiting.again import KEEP_OUTCOME, WAIT_AGAIN
from pulumi_nbcloud.waiting.option_types import COUNT, Option, declared_options, option
from pulumi_nbcloud.waiting.options import OPTIONS, WaitOptions
from pulumi_nbcloud.waiting.spec import parse_spec

DOCS = Path(__file__).resolve().parents[2] / "docs"
NAMES = [each.name for each in OPTIONS]
OF_HOOKS = [each.name for each in OPTIONS if each.in_hook]
OF_COMMANDS = [each.name for each in OPTIONS if each.in_command]
OF_THE_COMMAND_ITSELF = {
    "wait": [
        "targets",
        "output_",
        "junit_xml",
        "override",
        "override_until",
        "resume_file",
        "resume_key",
        "settings",
        "profile",
        "history",
        "quiet",
        "verbose",
    ],
    "explain": ["targets", "settings", "profile", "verbose"],
}


def parameters_of(name: str) -> dict[str, Any]:
    commands: dict[str, Any] = get_command(app).commands  # type: ignore[attr-defined]
    return {each.name: each for each in commands[name].params if each.name != "help"}


def test_a_gate_takes_all_of_them_and_a_hook_those_that_are_not_about_gates_alone() -> None:
    gate, hook = (list(inspect.signature(each).parameters) for each in (nbcloud.Gate, nbcloud.wait_before))
    assert gate == ["resource_name", "target", "targets", *NAMES, "opts"]
    assert hook == ["name", "target", "targets", *OF_HOOKS, "before"]


@pytest.mark.parametrize("name", ["wait", "explain"])
def test_a_command_takes_those_of_commands_in_the_order_of_the_declaration(name: str) -> None:
    flags = [part for each in OF_COMMANDS for part in ([each, "no_fail_on"] if each == "fail_on" else [each])]
    own = OF_THE_COMMAND_ITSELF[name]
    assert list(parameters_of(name)) == [own[0], *flags, *own[1:]]


@pytest.mark.parametrize("name", ["wait", "explain"])
@pytest.mark.parametrize("option", [each for each in OPTIONS if each.in_command], ids=lambda each: each.name)
def test_a_flag_is_what_the_declaration_says(option: Option, name: str) -> None:
    flag = parameters_of(name)[option.name]
    assert (flag.opts[0], flag.metavar, flag.default) == (option.flag, option.value.metavar, None)
    assert all(re.fullmatch("-[a-z]", each) for each in flag.opts[1:])
    # Other options are called by their flags there.
    assert re.sub(r"--([a-z-]+)", lambda name: f"`{name[1].replace('-', '_')}`", flag.help) == option.help
    # A flag that takes nothing is off unless it is given.
    assert (option.default_words is None or option.value.metavar is None) == ("[default: " not in flag.help)


def test_a_gate_waits_again_for_what_the_declaration_says() -> None:
    assert set(WAIT_AGAIN) | set(KEEP_OUTCOME) == {
        *("targets", *NAMES, "custom_timeouts", "secret_inputs", "wait_start")
    }
    assert set(WAIT_AGAIN) == {
        *("targets", "until", "fail_on", "not_found", "allow_absent", "consecutive", "holds_for", "fail_holds_for"),
        "triggers",
    }
    assert not set(WAIT_AGAIN) & set(KEEP_OUTCOME)


def test_the_reference_has_a_row_and_a_section_for_each() -> None:
    text = (DOCS / "reference" / "options.md").read_text(encoding="utf-8")
    head, *sections = re.split(r"^## ", text, flags=re.MULTILINE)
    rows = [line for line in head.splitlines() if line.startswith("| [`")]
    assert [re.findall(r"`(\w+)`", row)[0] for row in rows] == NAMES
    assert [section.partition("\n")[0] for section in sections] == [f"`{name}`" for name in NAMES]
    for each, section in zip(OPTIONS, sections, strict=True):
        assert (f"`{each.flag}`" in section) == each.in_command
        assert ("- A change waits again\n" in f"{section}\n") == each.waits_again


def test_the_page_on_gates_says_which_wait_again() -> None:
    lines = (DOCS / "guides" / "gates.md").read_text(encoding="utf-8").splitlines()
    (again,) = [line for line in lines if line.startswith("| a change of its targets")]
    (other,) = [line for line in lines if line.startswith("| a change of `timeout`")]
    assert {"targets", *re.findall(r"`(\w+)`", again)} == set(WAIT_AGAIN)
    # Nobody gives `secret_inputs` and `wait_start`: the program adds them.
    assert {"custom_timeouts", "secret_inputs", "wait_start", *re.findall(r"`(\w+)`", other)} == set(KEEP_OUTCOME)


@pytest.mark.parametrize("option", OPTIONS, ids=lambda each: each.name)
def test_each_is_checked_and_has_the_default_of_its_declaration(
    option: Option, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(KINDS, "sim:Thing", "simulated:THING")
    targets = {"self": {"kind": "sim:Thing", "thing_id": "a"}}
    spec, problems = parse_spec({"targets": targets})
    assert (spec is not None, problems) == (True, [])
    assert getattr(spec.options if spec else None, option.name) == option.default
    if option.name != "triggers":
        _, problems = parse_spec({"targets": targets, option.name: {"of": "no type"}})
        assert [each.text.startswith(option.name) for each in problems] == [True]
        assert problems[0].hint


def test_the_defaults_are_those_of_the_fields() -> None:
    assert {each.name: each.default for each in OPTIONS} == {
        each.name: each.default for each in dataclasses.fields(WaitOptions)
    }


@dataclasses.dataclass(frozen=True, kw_only=True)
class MoreOptions(WaitOptions):
    made_up: int = option(COUNT, "how often it is made up", default=7, off="make nothing up", waits_again=True)


def test_a_new_option_is_one_of_a_command_and_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Signatures of the program are generated; `test_generate` makes them of a new option."""
    declared = declared_options(MoreOptions)
    monkeypatch.setattr(wait_options, "OPTIONS", declared)
    monkeypatch.setattr(options, "OPTIONS", declared)
    monkeypatch.setattr(options, "WaitOptions", MoreOptions)
    taken: list[Any] = []

    def command(targets: str, inputs: wait_options.WaitInputs, verbose: bool = False) -> None:
        taken.append((targets, inputs, verbose))

    made = typer.Typer(add_completion=False)
    made.command()(wait_options.takes_wait_options(command))
    get_command(made).main(["x", "--made-up", "3", "--verbose"], standalone_mode=False)
    targets, inputs, verbose = taken[0]
    assert (targets, inputs["made_up"], inputs["no_made_up"], verbose) == ("x", 3, False, True)
    checked = options.parse_options({"made_up": 3.0}, lambda check: check())
    assert checked == MoreOptions(made_up=3)
