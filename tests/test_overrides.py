"""Overrides as config, environment and flags give them: what is taken, what is refused and how; nothing is sent."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from pulumi_nbcloud.errors import InputError, NbcloudError, SettingsError
from pulumi_nbcloud.printable import printable_lines
from pulumi_nbcloud.settings.overrides import (
    LONGEST,
    REASON_LIMIT,
    VARIABLE,
    Override,
    config_command,
    flags,
    override_of,
    override_of_flags,
)
from pulumi_nbcloud.settings.sources import StackConfig

NOW = datetime(2026, 1, 31, 22, 0, tzinfo=timezone.utc)
GATE = "pulumi-python:dynamic/nbcloud:Gate"
URN = f"urn:pulumi:test::probe::{GATE}::ready"
OTHER = f"urn:pulumi:test::probe::my:site:Part${GATE}::other"
ELSEWHERE = f"urn:pulumi:prod::probe::{GATE}::ready"
ENTRY = {"reason": "the API is down", "until": "2026-01-31T23:00:00Z"}
CONFIG = "Pulumi config nbcloud:overrides"
WHERE = f"the override of the gate ready in {CONFIG}"


def given(value: Any) -> StackConfig:
    return StackConfig({"nbcloud:overrides": value})


def found(value: Any, overridable: Any = None, urn: Any = URN, now: datetime = NOW) -> Override | None:
    """What a gate takes out of the stack's config."""
    return override_of(urn, overridable, given(value), {}, now)


def problem_of(work: Callable[[], Any], error: type[NbcloudError] = SettingsError) -> str:
    with pytest.raises(error) as raised:
        work()
    assert raised.value.hint
    return raised.value.problem


def expected(source: str = CONFIG) -> Override:
    return Override("the API is down", datetime(2026, 1, 31, 23, 0, tzinfo=timezone.utc), source)


@pytest.mark.parametrize("value", [{URN: ENTRY}, json.dumps({URN: ENTRY})], ids=["object", "text"])
def test_a_gate_takes_what_names_it(value: Any) -> None:
    assert found(value) == found(value, True) == expected()
    assert found(value, urn=OTHER) is None


@pytest.mark.parametrize("nothing", [None, {}, "{}"])
def test_nothing_is_no_override(nothing: Any) -> None:
    assert found(nothing) is None


@pytest.mark.parametrize("unknown", [None, 5, "", "urn:nothing", f"urn:pulumi:test::probe::{GATE}"])
def test_a_gate_without_a_urn_has_none_but_all_are_checked(unknown: Any) -> None:
    assert found({URN: ENTRY}, urn=unknown) is None
    assert "lacks until" in problem_of(lambda: found({URN: {"reason": "x"}}, urn=unknown))


@pytest.mark.parametrize(
    ("written", "end"),
    [
        ("2026-01-31T23:00:00Z", "2026-01-31T23:00:00Z"),
        ("2026-01-31t23:00:00z", "2026-01-31T23:00:00Z"),
        ("2026-01-31T23:00:00.999Z", "2026-01-31T23:00:00Z"),
        ("2026-02-01T00:30:00+01:30", "2026-01-31T23:00:00Z"),
        ("2026-01-31T18:00:00-05:00", "2026-01-31T23:00:00Z"),
        ("2026-02-01T22:00:00Z", "2026-02-01T22:00:00Z"),
    ],
)
def test_an_end_is_any_rfc_3339_up_to_a_day_ahead(written: str, end: str) -> None:
    override = found({URN: {**ENTRY, "until": written}})
    assert override is not None
    assert override.end == end


def test_one_that_has_ended_is_taken_and_not_in_force() -> None:
    override = found({URN: {**ENTRY, "until": "2026-01-31T22:00:00Z"}}, False)
    assert override is not None
    assert not override.in_force(NOW)
    assert override.in_force(NOW - timedelta(seconds=1))


IN_RFC_3339 = "needs an end in RFC 3339"
REFUSED: dict[str, tuple[Any, str]] = {
    "no JSON": ("{nope", f"{CONFIG} must be a JSON object"),
    "JSON too deep": ("[" * 100_000, f"{CONFIG} must be a JSON object"),
    "a list": ([URN], f"{CONFIG} must be a JSON object"),
    "a number": (5, f"{CONFIG} must be a JSON object"),
    "no URN": ({"ready": ENTRY}, f"{CONFIG} has the key 'ready', which is not the URN of a gate"),
    "all gates": ({"*": ENTRY}, f"{CONFIG} has the key '*', which is not the URN of a gate"),
    "a URN of a read": (
        {"urn:pulumi:test::probe::pulumi-python:dynamic/nbcloud:NotebookLease::ready": ENTRY},
        (
            f"{CONFIG} has the key 'urn:pulumi:test?:probe?:pulumi-python:dynamic/nbcloud:NotebookLease::ready', "
            "which is not the URN of a gate"
        ),
    ),
    "a URN of a child of a gate": (
        {f"urn:pulumi:test::probe::{GATE}$a:b:C::ready": ENTRY},
        f"{CONFIG} has the key 'urn:pulumi:test?:probe?:{GATE}$a:b:C::ready', which is not the URN of a gate",
    ),
    "a URN without a name": (
        {f"urn:pulumi:test::probe::{GATE}::": ENTRY},
        f"{CONFIG} has the key 'urn:pulumi:test?:probe?:{GATE}::', which is not the URN of a gate",
    ),
    "twice": (
        f'{{"{URN}": {json.dumps(ENTRY)}, "{URN}": {json.dumps(ENTRY)}}}',
        f"{CONFIG} has the gate ready twice",
    ),
    "a key twice": (f'{{"{URN}": {{"reason": "a", "reason": "b"}}}}', f"{CONFIG} has the key reason twice"),
    "no object": ({URN: "because"}, f"{WHERE} must be an object"),
    "an unknown key": ({URN: {**ENTRY, "untill": "x"}}, f"{WHERE} has the unknown key 'untill'"),
    "no reason": ({URN: {"until": ENTRY["until"]}}, f"{WHERE} lacks reason"),
    "nothing": ({URN: {}}, f"{WHERE} lacks reason, until"),
    "a number as the reason": ({URN: {**ENTRY, "reason": 12}}, f"{WHERE} needs a reason, a text"),
    "a blank reason": ({URN: {**ENTRY, "reason": " \n"}}, f"{WHERE} needs a reason, a text"),
    "a long reason": ({URN: {**ENTRY, "reason": "x" * 201}}, f"{WHERE} has a reason of more than 200 characters"),
    "no time": ({URN: {**ENTRY, "until": "tomorrow"}}, f"{WHERE} {IN_RFC_3339}"),
    "YAML's own time": ({URN: {**ENTRY, "until": "2026-01-31 23:00:00 +0000 UTC"}}, f"{WHERE} {IN_RFC_3339}"),
    "no offset": ({URN: {**ENTRY, "until": "2026-01-31T23:00:00"}}, f"{WHERE} {IN_RFC_3339}"),
    "no such day": ({URN: {**ENTRY, "until": "2026-02-30T23:00:00Z"}}, f"{WHERE} {IN_RFC_3339}"),
    "no such offset": ({URN: {**ENTRY, "until": "2026-01-31T23:00:00+25:00"}}, f"{WHERE} {IN_RFC_3339}"),
    "before all time": ({URN: {**ENTRY, "until": "0001-01-01T00:00:00+10:00"}}, f"{WHERE} {IN_RFC_3339}"),
    "a number as the end": ({URN: {**ENTRY, "until": 1769900400}}, f"{WHERE} {IN_RFC_3339}"),
    "too far ahead": ({URN: {**ENTRY, "until": "2026-02-01T22:00:01Z"}}, f"{WHERE} ends more than 24 h ahead"),
    "for ever": ({URN: {**ENTRY, "until": "9999-12-31T23:59:59Z"}}, f"{WHERE} ends more than 24 h ahead"),
    "of another stack": (
        {ELSEWHERE: ENTRY},
        f"{CONFIG} overrides the gate ready of the stack prod of the project probe, and this is test of probe",
    ),
}


@pytest.mark.parametrize(("value", "problem"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_right_is_refused_by_name(value: Any, problem: str) -> None:
    assert problem_of(lambda: found(value)) == problem
    # One mistake counts for every gate of the stack: nobody knows which gate was meant.
    assert problem_of(lambda: found(value, urn=OTHER)) == problem


def test_a_gate_that_may_not_be_overridden_refuses_it() -> None:
    problem = f"{CONFIG} overrides the gate ready, whose overridable is False"
    assert problem_of(lambda: found({URN: ENTRY}, False)) == problem


def test_what_is_not_known_yet_passes() -> None:
    assert found({URN: ENTRY}, "04da6b54-80e4-46f7-96ec-b56ff0331ba9") == expected()


IN_ENVIRONMENT = f"the environment variable {VARIABLE}"


def in_environment(overridable: Any, value: str | None = None, urn: str = URN) -> Override | None:
    environment = {VARIABLE: json.dumps({URN: ENTRY}) if value is None else value}
    return override_of(urn, overridable, given(None), environment, NOW)


def test_the_environment_is_for_gates_that_take_it() -> None:
    assert in_environment(True) == expected(IN_ENVIRONMENT)
    only = f"{IN_ENVIRONMENT} overrides the gate ready, which only the stack's config may override"
    assert problem_of(lambda: in_environment(None)) == only
    never = f"{IN_ENVIRONMENT} overrides the gate ready, whose overridable is False"
    assert problem_of(lambda: in_environment(False)) == never
    # One variable may serve several stacks of a pipeline.
    assert in_environment(None, json.dumps({ELSEWHERE: ENTRY})) is None


@pytest.mark.parametrize("empty", ["", "  "])
def test_an_empty_variable_is_none(empty: str) -> None:
    assert in_environment(None, empty) is None


def test_a_variable_that_is_misspelt_is_refused() -> None:
    problem = problem_of(lambda: override_of(URN, None, given(None), {"NBCLOUD_OVERRIDE": "{}"}, NOW))
    assert problem == "the environment variable NBCLOUD_OVERRIDE is none of ours, and would have no effect"


def test_both_places_at_once_are_refused() -> None:
    environment = {VARIABLE: json.dumps({URN: ENTRY})}
    problem = problem_of(lambda: override_of(URN, True, given({URN: ENTRY}), environment, NOW))
    assert problem == f"{CONFIG} and {IN_ENVIRONMENT} both override the gate ready"


# The flags of the command


def test_the_flags_make_one() -> None:
    assert override_of_flags("the API is down", ENTRY["until"], NOW) == expected("--override")
    assert override_of_flags(None, None, NOW) is None


@pytest.mark.parametrize(
    ("reason", "until", "problem"),
    [
        ("x", None, "--override and --override-until need each other"),
        (None, "2026-01-31T23:00:00Z", "--override and --override-until need each other"),
        ("", "2026-01-31T23:00:00Z", "--override needs a reason, a text"),
        ("x" * 201, "2026-01-31T23:00:00Z", "--override has a reason of more than 200 characters"),
        ("x", "1h", f"--override-until {IN_RFC_3339}"),
        ("x", "2026-02-01T22:00:01Z", "--override-until ends more than 24 h ahead"),
        # Typed for this very command, so it is a mistake; in config it is what was left over.
        ("x", "2026-01-31T22:00:00Z", "--override-until 2026-01-31T22:00:00Z is past"),
    ],
)
def test_flags_that_cannot_be_right_are_refused(reason: str | None, until: str | None, problem: str) -> None:
    assert problem_of(lambda: override_of_flags(reason, until, NOW), InputError) == problem


def test_the_limits_are_those_of_the_page() -> None:
    assert timedelta(days=1) == LONGEST
    assert REASON_LIMIT == 200


# What is ready to paste


@pytest.mark.parametrize(
    "name",
    ["ready", "it's", 'a "quoted" one', "$(touch x)`touch y`", "a::b", "x; rm -rf /", "[0].reason=", "ünïcode", "-f"],
)
def test_the_command_survives_a_shell_and_acts_on_no_display(name: str) -> None:
    urn = f"urn:pulumi:te-st_1::probe::my:site:Part${GATE}::{name}"
    command = config_command(urn, "it's down, `now`", NOW)
    assert command is not None
    # As an error shows it: nothing of it is taken for a command of a CI runner or of the Pulumi CLI.
    assert printable_lines(command) == command
    shown = subprocess.run(
        ["sh", "-c", f"pulumi() {{ printf '%s\\n' \"$@\"; }}\n{command}"], capture_output=True, text=True, check=True
    )
    assert shown.stderr == ""
    key = urn.replace('"', '\\"')
    assert shown.stdout.splitlines() == [
        *("config", "set-all", "--stack", "te-st_1", "--path"),
        *("--plaintext", f'nbcloud:overrides["{key}"].reason=it\'s down, `now`'),
        *("--plaintext", f'nbcloud:overrides["{key}"].until=2026-01-31T23:00:00Z'),
    ]


@pytest.mark.parametrize("urn", [None, "urn:x", f"urn:pulumi:test::probe::{GATE}::<{{%reset%}}>", f"{URN}\x1b[0m"])
def test_what_cannot_be_shown_as_it_is_has_no_command(urn: Any) -> None:
    assert config_command(urn, "x", NOW) is None


def test_the_flags_survive_a_shell() -> None:
    words = shlex.split(flags("it's `down`", NOW))
    assert words == ["--override", "it's `down`", "--override-until", "2026-01-31T23:00:00Z"]
    assert override_of_flags(words[1], words[3], NOW) is not None
