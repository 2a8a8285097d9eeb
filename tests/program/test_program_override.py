"""What a preview says of the override of a gate, in the program."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from lease_support import NOTEBOOK
from program_support import run, unknown
from test_program_gate import Said, cloud, said

import pulumi_nbcloud as nbcloud
from pulumi_nbcloud.mock import MockClouds

__all__ = ["cloud", "said"]

RUNS = "now: running=true, type=TIMING; the condition holds (asked when this gate is created or updated)"


def ahead(hours: float) -> str:
    return (datetime.now(timezone.utc) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def overrides(end: str, **more: str) -> str:
    urn = "urn:pulumi:test::probe::pulumi-python:dynamic/nbcloud:Gate::ready"
    return json.dumps({urn: {"reason": "<{%boom%}> down", "until": end, **more}})


def gate(**options: Any) -> Any:
    target = nbcloud.modelarts.NotebookLeaseArgs(notebook_id=NOTEBOOK)
    # An Output is one of the program that makes it.
    given: dict[str, Any] = {name: value() if callable(value) else value for name, value in options.items()}
    return [nbcloud.Gate(name, target=target, **given).outcome for name in ("ready", "other")]


def shown(said: Said, config: str | None, *, preview: bool = True, quiet: bool = False, **options: Any) -> str | None:
    """The line of the gate that is overridden; the other has none of it."""
    settings = {
        **({"nbcloud:overrides": config} if config else {}),
        **({"nbcloud:previewPoll": "false"} if quiet else {}),
    }
    run(lambda: gate(**options), preview=preview, config=settings)
    lines = dict(said.infos)
    assert "override" not in str(lines.get("other")) + str(dict(said.warnings).get("other"))
    return lines.get("ready")


@pytest.mark.parametrize("quiet", [False, True], ids=["polled", "previewPoll off"])
def test_the_line_says_that_an_override_is_in_force_and_until_when(cloud: MockClouds, said: Said, quiet: bool) -> None:
    end = ahead(1)
    in_force = f'override in force until {end}: "?{{%boom%}}> down"'
    assert shown(said, overrides(end), quiet=quiet) == (in_force if quiet else f"{RUNS}; {in_force}")
    assert said.warnings == []


def test_one_of_the_environment_is_shown_where_the_gate_takes_it(
    cloud: MockClouds, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    end = ahead(1)
    monkeypatch.setenv("NBCLOUD_OVERRIDES", overrides(end))
    assert shown(said, None, overridable=True) == f'{RUNS}; override in force until {end}: "?{{%boom%}}> down"'


def test_one_that_has_ended_is_a_warning(cloud: MockClouds, said: Said) -> None:
    end = ahead(-1)
    assert shown(said, overrides(end)) == RUNS
    assert said.warnings == [
        ("ready", f"the override in Pulumi config nbcloud:overrides ended at {end} and is not applied: remove it there")
    ]


def test_one_of_a_gate_that_does_not_poll_is_not_applied(cloud: MockClouds, said: Said) -> None:
    assert shown(said, overrides(ahead(1)), enforcement="disabled") == (
        "now: not polled, because enforcement is 'disabled'; the override in Pulumi config nbcloud:overrides is not "
        "applied: enforcement is 'disabled', so nothing is polled"
    )


@pytest.mark.parametrize("end", [ahead(25), "soon"], ids=["later than a day", "no time"])
def test_one_that_cannot_be_right_is_left_to_check(cloud: MockClouds, said: Said, end: str) -> None:
    assert shown(said, overrides(end)) == RUNS
    assert said.warnings == []


def test_what_is_not_known_yet_is_no_reason_to_hide_it(cloud: MockClouds, said: Said) -> None:
    line = shown(said, overrides(ahead(1)), overridable=unknown)
    assert "; override in force until " in str(line)


def test_an_update_leaves_it_to_the_provider(cloud: MockClouds, said: Said) -> None:
    assert shown(said, overrides(ahead(1)), preview=False) is None
    assert said.warnings == []
