"""Gates of the plugin where they are not those of the dynamic shell: inputs, previews, imports, what Diff names."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import yaml
from gate_stories import OVERRIDES, REASON, overrides
from lease_support import LEASE, NOTEBOOK, RUNNING, STATE, STOPPED, notebook
from native_shell import GATE_URN, START_URN
from nbcloud_support import eventually
from plugin_process import PROVIDER, UNKNOWN, Plugin, details_of, plain, secret, struct
from pulumi.runtime.proto import provider_pb2

from pulumi_nbcloud.mock import MockClouds

SOME, NONE = provider_pb2.DiffResponse.DIFF_SOME, provider_pb2.DiffResponse.DIFF_NONE
TARGET = {"kind": "modelarts:NotebookLease", "notebookId": NOTEBOOK}
ASKED_WHEN = "(asked when this gate is created or updated)"
OUTPUTS = {"outcome", "message", "metTime", "polls", "elapsedSeconds", "states", "transitions", "transitionCount"}


def reasons(plugin: Plugin, urn: str = GATE_URN, **inputs: Any) -> list[str]:
    return [each.reason for each in plugin.check(urn, {"target": TARGET, **inputs}).failures]


def started(plugin: Plugin, **inputs: Any) -> dict[str, Any]:
    """The outputs of a WaitStart that is created for these inputs."""
    checked = plugin.check(START_URN, {"target": TARGET, **inputs})
    assert list(checked.failures) == []
    return plain(plugin.create(START_URN, plain(checked.inputs)).properties)


def rows(plugin: Plugin, urn: str = GATE_URN) -> list[str]:
    return plugin.engine.texts(urn)


# --- inputs


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        (
            {"targets": {"a": TARGET}},
            (
                "give either target or targets\n"
                "hint: target for one thing, which conditions call self; targets for several, by name"
            ),
        ),
        (
            {"ownFailures": False, "failOn": "self.enable"},
            "ownFailures: false and failOn exclude each other\nhint: leave one of them out",
        ),
        (
            {"ownFailures": "no"},
            "ownFailures must be true or false\nhint: write ownFailures: false, or leave it out",
        ),
        (
            {"hold": "10m", "waitStart": "2026-01-31T12:00:00Z"},
            (
                "waitStart is not the output waitStart of a WaitStart\n"
                "hint: write waitStart: ${start.waitStart} in YAML, start.waitStart elsewhere"
            ),
        ),
    ],
)
def test_what_programs_in_other_languages_can_give_wrongly(
    inputs: dict[str, Any], reason: str, plugin: Plugin, clouds: MockClouds
) -> None:
    assert reasons(plugin, **inputs) == [reason]
    assert clouds.request_count() == 0


def test_a_start_for_a_gate_that_holds_for_all_of_its_timeout_is_refused(plugin: Plugin) -> None:
    start = started(plugin)["waitStart"]
    assert reasons(plugin, waitStart=start) == ["waitStart is for hold alone\nhint: leave it out, or give hold"]
    assert reasons(plugin, hold="5m", waitStart=start) == []
    assert reasons(plugin, hold="5m", waitStart=UNKNOWN) == []


def test_hold_without_a_start_gives_the_lines_to_paste(plugin: Plugin, clouds: MockClouds) -> None:
    given: dict[str, Any] = {
        "until": "self.running",
        "ownFailures": False,
        "timeout": "40h",
        "hold": "10m",
        "interval": "9s",
    }
    (reason,) = reasons(plugin, **given, triggers=["a", UNKNOWN])
    problem, hint, *lines = reason.splitlines()
    assert problem == "hold: a gate with hold needs waitStart, so that every update knows when its wait began"
    assert hint == "hint: add a WaitStart, with the dependsOn of the gate; in YAML, or in TypeScript:"
    assert lines[-3] == "  # and for the gate: waitStart: ${ready-start.waitStart}"
    assert lines[-1] == "  // and for the gate: waitStart: start.waitStart"
    properties = {
        "target": TARGET,
        "ownFailures": False,
        "until": "self.running",
        "triggers": ["a", "..."],
        "timeout": "40h",
    }
    assert yaml.safe_load("\n".join(lines[:-3])) == {
        "ready-start": {"type": "nbcloud:WaitStart", "properties": properties}
    }
    typescript = re.fullmatch(r'  const start = new nbcloud\.WaitStart\("ready", \{ (.*) \}\);', lines[-2])
    assert typescript is not None
    quoted = re.sub(r"(?:^|(?<=, ))(target|ownFailures|until|triggers|timeout): ", r'"\1": ', typescript[1])
    assert json.loads(f"{{{quoted}}}") == properties
    # What was pasted is accepted, and fits the gate.
    start = started(plugin, **{name: value for name, value in properties.items() if name not in ("target", "triggers")})
    assert reasons(plugin, **given, waitStart=start["waitStart"]) == []
    assert clouds.request_count() == 0


def test_the_lines_to_paste_show_nothing_secret(plugin: Plugin) -> None:
    (reason,) = reasons(plugin, target=secret(TARGET), hold="10m")
    assert NOTEBOOK not in reason
    assert '"notebookId": "[secret]"' in reason


def test_one_thing_is_the_same_by_either_name(plugin: Plugin, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    outputs = plain(plugin.create(GATE_URN, {"target": TARGET}).properties)
    assert outputs["target"] == TARGET
    assert set(outputs["states"]) == {"self"}
    assert plugin.diff(GATE_URN, outputs, {}, {"targets": {"self": TARGET}}).changes == NONE


def test_a_difference_names_the_properties_that_changed(plugin: Plugin) -> None:
    old = {"target": TARGET, "until": "self.running", "outcome": "met", "ownFailures": False}
    other = {"target": {**TARGET, "notebookId": notebook(2)}, "until": "self.enable", "maxPollErrors": 3}
    found = plugin.diff(GATE_URN, old, {}, other)
    assert (found.changes, sorted(found.diffs)) == (SOME, ["maxPollErrors", "ownFailures", "target", "until"])


def test_a_profile_of_the_provider_counts_where_a_target_names_none(
    make_plugin: Callable[..., Plugin], clouds: MockClouds
) -> None:
    plugin = make_plugin({**clouds.environment(), **clouds.environment("other")})
    plugin.configure({"profile": "other"}, PROVIDER.replace("default_0_1_0", "mine"))
    one = plain(plugin.check(GATE_URN, {"target": TARGET}).inputs)
    assert one == {"target": {**TARGET, "profile": "other"}}
    named = {
        "targets": {"a": {**TARGET, "profile": "default"}, "b": {**TARGET, "profile": None}},
        "until": "a.running && b.running",
    }
    several = plain(plugin.check(GATE_URN, named).inputs)["targets"]
    assert {name: each["profile"] for name, each in several.items()} == {"a": "default", "b": "other"}
    # The wait of a gate with hold is of the same thing.
    start = started(plugin)
    assert reasons(plugin, hold="10m", waitStart=start["waitStart"]) == []
    plugin.configure({}, PROVIDER)
    assert plugin.diff(GATE_URN, {**one, "outcome": "met"}, {}, {"target": TARGET}).changes == SOME


# --- previews


@pytest.fixture
def ran(plugin: Plugin, clouds: MockClouds) -> Plugin:
    """A plugin, and a notebook that runs."""
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    return plugin


def previewed(plugin: Plugin, inputs: Mapping[str, Any], **others: Any) -> dict[str, Any]:
    response = plugin.create(GATE_URN, {"target": TARGET, **inputs}, preview=True, **others)
    assert response.id == ""
    return plain(response.properties)


def test_a_preview_says_what_the_condition_finds_now(ran: Plugin, clouds: MockClouds) -> None:
    outputs = previewed(ran, {"until": "self.running"})
    assert {name for name, value in outputs.items() if value == UNKNOWN} == OUTPUTS
    assert outputs["until"] == "self.running"
    assert rows(ran) == [f"now: {RUNNING}; the condition holds {ASKED_WHEN}"]
    assert [each.ephemeral for each in ran.engine.messages] == [False]
    assert clouds.request_count() == 1


@pytest.mark.parametrize(
    ("inputs", "line"),
    [
        ({"target": {**TARGET, "notebookId": UNKNOWN}}, "now: not known yet, because not all of the gate's inputs are"),
        ({"target": UNKNOWN}, "now: not known yet, because not all of the gate's inputs are"),
        ({"until": UNKNOWN}, "now: not known yet, because not all of the gate's inputs are"),
        ({"enforcement": "disabled"}, 'now: not polled, because enforcement is "disabled"'),
    ],
)
def test_a_preview_of_what_cannot_be_polled(inputs: dict[str, Any], line: str, ran: Plugin, clouds: MockClouds) -> None:
    previewed(ran, inputs)
    assert rows(ran) == [line]
    assert clouds.request_count() == 0


def test_a_preview_never_fails_for_what_it_finds_and_warns_of_a_condition(plugin: Plugin, clouds: MockClouds) -> None:
    previewed(plugin, {"until": 'self.type == "TIMNG"'})
    line, warning = rows(plugin)
    assert line == f'now: not found; not met: self.type == "TIMNG" {ASKED_WHEN}'
    assert "TIMNG" in warning
    clouds.modelarts.deny(clouds.settings()["modelarts"]["accessKey"])
    plugin.engine.forget()
    previewed(plugin, {})
    (line,) = rows(plugin)
    assert line.startswith("now: could not poll: ")


def test_a_preview_is_not_shown_what_is_secret(ran: Plugin) -> None:
    outputs = previewed(ran, {"target": secret(TARGET), "until": 'self.type == "TIMNG"'})
    assert outputs["states"] == secret(UNKNOWN)
    assert not [each for each in rows(ran) if NOTEBOOK in each]


def test_previews_can_be_switched_off(make_plugin: Callable[..., Plugin], clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    plugin = make_plugin(clouds.environment(), {"previewPoll": "false"})
    plugin.configure()
    previewed(plugin, {})
    assert rows(plugin) == []
    assert clouds.request_count() == 0


def test_a_preview_names_the_override_that_is_in_force(make_plugin: Callable[..., Plugin], clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    plugin = make_plugin(clouds.environment(), {OVERRIDES.partition(":")[2]: overrides(GATE_URN)})
    plugin.configure()
    previewed(plugin, {})
    (line,) = rows(plugin)
    assert re.fullmatch(
        rf'now: {re.escape(RUNNING)}; the condition holds .*; override in force until \S+: "{REASON}"', line
    )


def test_a_custom_timeout_that_does_not_fit_is_found_in_preview(ran: Plugin, clouds: MockClouds) -> None:
    inputs = {"target": TARGET, "holdsFor": "40m"}
    # It may be longer than the timeout that counts by default: a check does not know it.
    assert reasons(ran, holdsFor="40m") == []
    previewed(ran, inputs, timeout=3600.0)
    for timeout, words in ((0.0, "30m"), (60.0, "1m")):
        request = ran.create_request(GATE_URN, inputs, preview=True, timeout=timeout)
        text = details_of(lambda request=request: ran.stub.Create(request))  # type: ignore[misc]
        assert re.match(rf"holds_?[fF]or 40m is longer than the timeout of {words}\n", text)
    assert clouds.request_count() == 1


def test_the_preview_of_an_update_polls_only_where_the_update_waits(ran: Plugin, clouds: MockClouds) -> None:
    created = plain(ran.create(GATE_URN, {"target": TARGET}).properties)
    olds = {name: value for name, value in created.items() if value is not None}
    before = clouds.request_count()
    kept = ran.update(GATE_URN, olds, {"target": TARGET, "timeout": "5m"}, preview=True)
    assert {name: value for name, value in plain(kept.properties).items() if name != "timeout"} == olds
    assert clouds.request_count() == before
    waits = ran.update(GATE_URN, olds, {"target": TARGET, "until": "self.enable"}, preview=True)
    assert plain(waits.properties)["outcome"] == UNKNOWN
    assert clouds.request_count() == before + 1
    assert rows(ran)[-1] == f"now: {RUNNING}; the condition holds {ASKED_WHEN}"
    # The custom timeout of an update, too.
    longer = {"target": TARGET, "until": "self.enable", "holdsFor": "40m"}
    ran.update(GATE_URN, olds, longer, preview=True, timeout=3600.0)
    assert rows(ran)[-1].startswith(f"now: {RUNNING}; ")
    assert clouds.request_count() == before + 2


# --- the start of a wait


def test_a_gate_goes_on_from_what_its_start_keeps(plugin: Plugin, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, status="STOPPED")
    start = started(plugin, until="self.running", timeout="40h")
    assert set(start) == {"startTime", "waitStart", "digest", "timeout", "enforcement"}
    assert start["waitStart"] == f"{start['startTime']} {start['digest']} {START_URN}"
    held = {"until": "self.running", "timeout": "40h", "hold": "0", "waitStart": start["waitStart"]}
    assert reasons(plugin, **held) == []
    (other,) = reasons(plugin, **{**held, "until": "!self.running"})
    assert other.startswith("hold: the WaitStart of this gate began for something else than the gate waits for\n")
    previewed(plugin, held)
    awaiting = rf"awaiting since {start['startTime']}, until \S+Z"
    assert re.fullmatch(rf"now: {STOPPED}; not met.*; {awaiting} \(asked when .*\)", rows(plugin)[-1])
    assert "awaiting after " in details_of(lambda: plugin.create(GATE_URN, {"target": TARGET, **held}))


def test_a_start_is_not_known_in_preview_and_holds_no_more_than_a_digest(plugin: Plugin, clouds: MockClouds) -> None:
    given = {"target": {**TARGET, "notebookId": secret(NOTEBOOK)}, "enforcement": "advisory"}
    checked = plugin.check(START_URN, given)
    inputs = plain(checked.inputs)
    assert set(inputs) == {"digest", "timeout", "enforcement"}
    assert (inputs["timeout"], inputs["enforcement"]) == ("30m", "advisory")
    # It follows from what is secret.
    assert inputs["digest"].keys() == secret("").keys()
    before = plugin.create(START_URN, inputs, preview=True)
    assert (before.id, plain(before.properties)["startTime"]) == ("", UNKNOWN)
    assert plain(before.properties)["waitStart"] == secret(UNKNOWN)
    created = plugin.create(START_URN, inputs)
    assert re.fullmatch("[0-9a-f]{32}", created.id)
    assert plain(created.properties)["waitStart"].keys() == secret("").keys()
    assert plain(plugin.check(START_URN, {"target": UNKNOWN}).inputs)["digest"] == UNKNOWN
    assert clouds.request_count() == 0


def test_a_wait_begins_again_exactly_where_its_gate_waits_again(plugin: Plugin) -> None:
    olds = started(plugin, until="self.running", timeout="40h", enforcement="advisory")

    def compared(**inputs: Any) -> Any:
        given = {"target": TARGET, "until": "self.running", "timeout": "40h", "enforcement": "advisory", **inputs}
        return plugin.diff(START_URN, olds, {}, plain(plugin.check(START_URN, given).inputs))

    same = compared()
    assert (same.changes, same.deleteBeforeReplace) == (NONE, True)
    again = compared(until="self.enable")
    assert (again.changes, list(again.replaces)) == (SOME, ["digest"])
    tightened = compared(enforcement="mandatory")
    assert (tightened.changes, list(tightened.replaces)) == (SOME, ["enforcement"])
    assert plugin.engine.messages == []
    moved = compared(timeout="60h")
    assert (moved.changes, list(moved.replaces), list(moved.diffs)) == (SOME, [], ["timeout"])
    eventually(lambda: plugin.engine.messages != [], "the line")
    (line,) = rows(plugin, START_URN)
    since = f"the deadline moves: awaiting since {olds['startTime']}, until "
    assert re.fullmatch(rf"{since}\S+Z, not \S+Z", line)
    kept = plain(plugin.update(START_URN, olds, {**olds, "timeout": "60h"}).properties)
    assert kept == {**olds, "timeout": "60h"}


def test_a_start_that_was_renamed_says_so_to_its_gate(plugin: Plugin) -> None:
    olds = started(plugin)
    renamed = START_URN.replace("ready", "other")
    inputs = {name: olds[name] for name in ("digest", "timeout", "enforcement")}
    found = plugin.diff(renamed, olds, {}, inputs)
    assert (found.changes, list(found.replaces)) == (SOME, [])
    kept = plain(plugin.update(renamed, olds, inputs).properties)
    assert kept == {**olds, "waitStart": olds["waitStart"].replace(START_URN, renamed)}


# --- the rest


@pytest.mark.parametrize(
    ("urn", "text"),
    [
        (
            GATE_URN,
            (
                "a gate cannot be imported: there is nothing in a cloud to read it from\n"
                "hint: declare it; the update that creates it waits"
            ),
        ),
        (
            START_URN,
            (
                "a WaitStart cannot be imported: it is the moment at which an update created it\n"
                "hint: declare it beside its gate"
            ),
        ),
    ],
)
def test_an_import_is_refused_with_a_sentence(urn: str, text: str, plugin: Plugin) -> None:
    assert details_of(lambda: plugin.read(urn, "an-id", {})) == text


@pytest.mark.parametrize("urn", [GATE_URN, START_URN])
def test_a_refresh_keeps_everything_and_a_delete_does_nothing(urn: str, plugin: Plugin, clouds: MockClouds) -> None:
    state = {"target": secret(TARGET), "outcome": "met", "states": secret({"self": {**STATE}}), "startTime": "then"}
    read = plugin.read(urn, "an-id", state, {"target": secret(TARGET)})
    assert (read.id, plain(read.properties)) == ("an-id", state)
    plugin.stub.Delete(provider_pb2.DeleteRequest(id="an-id", urn=urn, properties=struct(state)))
    assert clouds.request_count() == 0


def test_an_input_that_shows_nothing_of_the_targets_makes_nothing_else_secret(ran: Plugin) -> None:
    outputs = plain(ran.create(GATE_URN, {"target": TARGET, "triggers": secret(["a"])}).properties)
    assert outputs["triggers"] == secret(["a"])
    assert (outputs["states"]["self"]["notebook_id"], outputs["outcome"]) == (NOTEBOOK, "met")


def test_doubts_about_a_condition_are_warned_of_in_an_update_too(ran: Plugin) -> None:
    ran.create(GATE_URN, {"target": TARGET, "until": 'self.type != "TIMNG"'})
    assert [each for each in rows(ran) if "TIMNG" in each]
