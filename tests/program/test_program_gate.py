"""The gate in a user's unit tests, and what it says in the program: its `now:` line and its warnings."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, get_args, get_type_hints

import anyio
import pulumi
import pulumi.runtime
import pytest
from lease_support import NOTEBOOK, lease_target
from program_support import GATE_OUTPUTS, Program, run, soon, unknown
from pulumi.runtime.rpc import UNKNOWN

import pulumi_nbcloud as nbcloud
from pulumi_nbcloud import modelarts
from pulumi_nbcloud.engine import previews
from pulumi_nbcloud.kinds.kind import Kind
from pulumi_nbcloud.kinds.registry import KINDS, load
from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.modelarts import NotebookLease, NotebookLeaseArgs, NotebookLeaseTarget
from pulumi_nbcloud.program import preview, stack_config, targets
from pulumi_nbcloud.program.targets import TargetArgs
from pulumi_nbcloud.waiting.again import KEEP_OUTCOME, WAIT_AGAIN
from pulumi_nbcloud.waiting.runner import WaitRunner
from pulumi_nbcloud.waiting.stored import OUTPUTS

AS_A_DICT: NotebookLeaseTarget = {"kind": "modelarts:NotebookLease", "notebook_id": NOTEBOOK}
ELSEWHERE = lease_target(2)
RUNS, WHEN = "running=true, type=TIMING", "(asked when this gate is created or updated)"
URN = "urn:pulumi:test::probe::"
BAD = "self.running && 1 / (size([1]) - 1) == 1"


@pytest.fixture
def cloud(nbcloud_mock: MockClouds) -> MockClouds:
    """A cloud in reach with a notebook that runs."""
    nbcloud_mock.modelarts.put_lease(NOTEBOOK, enable=False)
    return nbcloud_mock


@pytest.fixture
def out_of_reach(cloud: MockClouds) -> Iterator[None]:
    """What must not call the cloud could, and is seen."""
    yield
    assert cloud.request_count() == 0


pytestmark = pytest.mark.usefixtures("cloud")


def args() -> NotebookLeaseArgs:
    return NotebookLeaseArgs(notebook_id=NOTEBOOK)


# What the engine is given.


@pytest.mark.usefixtures("out_of_reach")
@pytest.mark.parametrize("is_preview", [True, False])
@pytest.mark.parametrize(
    ("target", "given"),
    [
        (args, AS_A_DICT),
        (lambda: NotebookLeaseArgs(notebook_id=NOTEBOOK, profile="other"), {**AS_A_DICT, "profile": "other"}),
        (lambda: NotebookLeaseArgs(notebook_id=pulumi.Output.from_input(NOTEBOOK)), AS_A_DICT),
        (lambda: NotebookLeaseArgs(notebook_id=soon(NOTEBOOK)), AS_A_DICT),
        (lambda: NotebookLease("lease", notebook_id=NOTEBOOK), AS_A_DICT),
        (lambda: NotebookLease("lease", notebook_id=pulumi.Output.from_input(NOTEBOOK), profile="p"), None),
        (lambda: AS_A_DICT, AS_A_DICT),
        (lambda: {**AS_A_DICT, "profile": None}, AS_A_DICT),
        (lambda: {**AS_A_DICT, "notebook_id": soon(NOTEBOOK)}, AS_A_DICT),
    ],
    ids=[
        *("Args", "Args, profile", "Args of an Output", "Args of an awaitable", "read resource"),
        *("read resource of an Output", "dict", "dict, no profile", "dict, awaitable"),
    ],
)
def test_each_form_of_target_is_stored_as_its_kind_and_arguments(
    target: Callable[[], targets.Target], given: dict[str, Any] | None, is_preview: bool
) -> None:
    inputs = run(lambda: nbcloud.Gate("ready", target=target()).outcome, preview=is_preview).inputs
    assert inputs["targets"] == {"self": given or {**AS_A_DICT, "profile": "p"}}


@pytest.mark.usefixtures("out_of_reach")
def test_what_the_engine_is_given_is_what_was_asked_and_where_to_show_the_status() -> None:
    def program() -> Any:
        return nbcloud.Gate(
            "ready",
            targets={"a": args(), "b": AS_A_DICT},
            until="a.running && b.running",
            fail_on=False,
            timeout="2h",
            interval="10s",
            consecutive=3,
            holds_for=timedelta(minutes=5),
            fail_holds_for="1m",
            not_found="wait",
            appear_timeout="2m",
            stall_timeout=timedelta(hours=1),
            max_poll_errors=20,
            enforcement="advisory",
            every_update=True,
            triggers=[1, "x"],
        ).outcome

    result = run(program)
    (asked,) = result.gates.values()
    assert (asked.typ, asked.name, asked.resource_id) == ("pulumi-python:dynamic/nbcloud:Gate", "ready", "")
    inputs = result.inputs
    assert inputs.pop("__provider")
    assert inputs == {
        "targets": {"a": AS_A_DICT, "b": AS_A_DICT},
        "until": "a.running && b.running",
        "fail_on": False,
        "timeout": "2h",
        "interval": "10s",
        "consecutive": 3,
        "holds_for": "5m",
        "fail_holds_for": "1m",
        "not_found": "wait",
        "appear_timeout": "2m",
        "stall_timeout": "1h",
        "max_poll_errors": 20,
        "enforcement": "advisory",
        "every_update": True,
        "triggers": [1, "x"],
        "status_urn": f"{URN}pulumi-python:dynamic/nbcloud:Gate::ready",
    }


@pytest.mark.usefixtures("out_of_reach")
def test_what_is_not_given_is_not_sent() -> None:
    assert set(run(lambda: nbcloud.Gate("ready", target=args()).outcome).inputs) == {
        "targets",
        "status_urn",
        "__provider",
    }


@pytest.mark.usefixtures("out_of_reach")
@pytest.mark.parametrize(
    ("given", "text"),
    [
        (timedelta(hours=1, minutes=30), "1h30m"),
        (timedelta(days=2), "48h"),
        (timedelta(milliseconds=1500), "1.500000s"),
        ("2d", "2d"),
    ],
)
def test_durations_may_be_timedeltas(given: timedelta | str, text: str) -> None:
    inputs = run(lambda: nbcloud.Gate("ready", target=args(), timeout=given, interval=given).outcome).inputs
    assert (inputs["timeout"], inputs["interval"]) == (text, text)


@pytest.mark.usefixtures("out_of_reach")
def test_a_timedelta_that_is_no_duration_is_refused_and_one_of_nothing_polls_once() -> None:
    assert run(lambda: nbcloud.Gate("ready", target=args(), timeout=timedelta(0)).outcome).inputs["timeout"] == "0s"
    with pytest.raises(nbcloud.InputError) as caught:
        run(lambda: nbcloud.Gate("ready", target=args(), timeout=timedelta(seconds=-5)))
    assert caught.value.problem == "gate ready: timeout '-5.000000s' is not a duration"


@pytest.mark.parametrize(
    ("options", "timeout", "given"),
    [
        (pulumi.CustomTimeouts(create="1h", update="5m", delete="1m"), None, {"create": "1h", "update": "5m"}),
        (pulumi.CustomTimeouts(update="5m"), None, {"update": "5m"}),
        (pulumi.CustomTimeouts(delete="1m"), None, None),
        (pulumi.CustomTimeouts(create="1h"), "2h", None),
        (None, None, None),
    ],
    ids=["both", "one", "another operation's", "beside timeout", "none"],
)
def test_custom_timeouts_are_handed_on_where_no_timeout_is_given(
    options: pulumi.CustomTimeouts | None, timeout: str | None, given: dict[str, str] | None
) -> None:
    def program() -> Any:
        opts = pulumi.ResourceOptions(custom_timeouts=options)
        return nbcloud.Gate("ready", target=args(), timeout=timeout, opts=opts).outcome

    assert run(program).inputs.get("custom_timeouts") == given


def test_an_argument_that_is_none_is_not_given() -> None:
    as_a_dict: NotebookLeaseTarget = {**AS_A_DICT, "profile": None}
    for target in (NotebookLeaseArgs(notebook_id=NOTEBOOK, profile=None), as_a_dict):
        assert targets.target_inputs("target a", target) == AS_A_DICT


@pytest.mark.usefixtures("out_of_reach")
def test_every_argument_takes_an_output_and_an_awaitable() -> None:
    def program() -> Any:
        return nbcloud.Gate(
            "ready",
            target=args(),
            until=soon("self.running"),
            fail_on=pulumi.Output.from_input("!self.running"),
            timeout=soon("5m"),
        ).outcome

    inputs = run(program).inputs
    assert [inputs[name] for name in ("until", "fail_on", "timeout")] == ["self.running", "!self.running", "5m"]


@pytest.mark.usefixtures("out_of_reach")
def test_a_gate_below_a_parent_shows_its_status_on_its_own_row() -> None:
    def program() -> Any:
        parent = pulumi.ComponentResource("lab:index:Lab", "lab")
        made = nbcloud.Gate("ready", target=args(), opts=pulumi.ResourceOptions(parent=parent))
        return made.urn

    result = run(program)
    # The mocks write the stack's own type into a component's URN, the engine does not.
    shown = result.inputs["status_urn"].replace("pulumi:pulumi:Stack$", "")
    assert shown == result.value == f"{URN}lab:index:Lab$pulumi-python:dynamic/nbcloud:Gate::ready"


@pytest.mark.usefixtures("out_of_reach")
def test_outputs_have_the_types_that_are_annotated() -> None:
    def program() -> Any:
        made = nbcloud.Gate("ready", target=args())
        return [getattr(made, name) for name in GATE_OUTPUTS]

    value = run(program).value
    assert value == list(GATE_OUTPUTS.values())
    assert [type(each) for each in value] == [str, str, str, int, float, dict, list, int]


def test_there_is_an_annotation_for_every_argument_and_output() -> None:
    own = {name for name in vars(nbcloud.Gate)["__annotations__"] if not name.startswith("_")}
    # A resource option and secrets, which the provider is not told of, stand among its inputs, and when a wait began.
    given = {*WAIT_AGAIN, *KEEP_OUTCOME} - {"custom_timeouts", "secret_inputs", "wait_start"}
    assert own == {*given, *GATE_OUTPUTS} == {*given, *OUTPUTS}
    arguments = set(inspect.signature(nbcloud.Gate).parameters)
    assert arguments == {"resource_name", "target", "opts", *given}
    assert list(inspect.signature(nbcloud.Gate).parameters)[-1] == "opts"


@pytest.mark.usefixtures("out_of_reach")
@pytest.mark.parametrize(
    ("make", "problem", "hint"),
    [
        (
            lambda: nbcloud.Gate("ready"),
            "gate ready: give either target= or targets=",
            "target= for one thing, which conditions call self; targets= for several, by name",
        ),
        (
            lambda: nbcloud.Gate("ready", target=args(), targets={"a": args()}),
            "gate ready: give either target= or targets=",
            "target= for one thing, which conditions call self; targets= for several, by name",
        ),
        (
            lambda: nbcloud.Gate("ready", target=NOTEBOOK),  # type: ignore[arg-type]
            "gate ready: target self cannot be a str",
            ('an id does not say of which kind it is; give the Args of a kind, a read resource, or a dict with "kind"'),
        ),
        (
            lambda: nbcloud.Gate("ready", targets={"a": args(), "b": pulumi.Output.from_input(5)}),  # type: ignore[dict-item]
            "gate ready: target b cannot be an Output",
            "give the Args of a kind, whose arguments may be Outputs; what a lookup gives is read only once",
        ),
        (
            lambda: nbcloud.Gate("ready", targets=[args()]),  # type: ignore[arg-type]
            "gate ready: targets cannot be a list",
            "give a dict of things by the name that conditions call them; target= for one thing",
        ),
        (
            lambda: nbcloud.Gate("ready", targets=args()),  # type: ignore[arg-type]
            "gate ready: targets cannot be a NotebookLeaseArgs",
            "give a dict of things by the name that conditions call them; target= for one thing",
        ),
        (
            lambda: nbcloud.Gate("ready", target=args(), opts=pulumi.ResourceOptions(id="x")),
            "gate ready: opts.id is not for gates",
            "leave it out",
        ),
    ],
    ids=["neither", "both", "a text", "an Output", "a list", "Args as targets", "opts.id"],
)
def test_what_cannot_be_a_gate_is_refused_in_the_constructor(make: Program, problem: str, hint: str) -> None:
    def program() -> None:
        with pytest.raises(nbcloud.InputError) as caught:
            make()
        assert (caught.value.problem, caught.value.hint) == (problem, hint)
        # So that the program ends in this message alone.
        assert isinstance(caught.value, pulumi.RunError)

    assert run(program).gates == {}


def args_classes() -> list[type[TargetArgs]]:
    return [each for each in vars(modelarts).values() if inspect.isclass(each) and issubclass(each, TargetArgs)]


def test_every_kind_of_modelarts_has_its_args() -> None:
    assert {cls._token for cls in args_classes()} == {token for token in KINDS if token.startswith("modelarts:")}


@pytest.mark.parametrize("cls", args_classes())
def test_the_args_of_a_kind_take_exactly_its_arguments(cls: type[TargetArgs]) -> None:
    kind: Kind[Any, Any, Any] = load(cls._token)
    parameters = inspect.signature(cls).parameters
    assert tuple(parameters) == kind.argument_names
    assert {each.kind for each in parameters.values()} == {inspect.Parameter.KEYWORD_ONLY}
    for name, hint in get_type_hints(kind.arguments).items():
        # Inputs of what the kind takes, required where the kind requires it.
        optional = type(None) in get_args(hint)
        choices = [each.__name__ for each in get_args(hint) or [hint] if each is not type(None)]
        text = " | ".join([*choices, *(["None"] if optional else [])])
        assert parameters[name].annotation == f"pulumi.Input[{text}]" + (" | None" if optional else "")
        assert (parameters[name].default is None) == optional


# What a gate says in the program.


def findings(inputs: Mapping[str, Any], *, polling: bool = True) -> tuple[str | None, tuple[str, ...]]:
    return asyncio.run(preview._findings({"targets": {"self": AS_A_DICT}, **inputs}, polling=polling))


@pytest.mark.parametrize(
    ("inputs", "line"),
    [
        ({}, f"now: {RUNS}; the condition holds {WHEN}"),
        ({"until": "!self.running"}, f"now: {RUNS}; not met: !self.running {WHEN}"),
        (
            {"until": 'self.not_running_reason == "FROZEN"'},
            (f'now: {RUNS}; not met: self.not_running_reason == "FROZEN": not_running_reason is null {WHEN}'),
        ),
        (
            {"until": "!self.running", "fail_on": "self.running"},
            f"now: {RUNS}; it counts as failed: self.running {WHEN}",
        ),
        ({"until": BAD}, f"now: {RUNS}; the condition cannot be evaluated: division by zero {WHEN}"),
        ({"targets": {"self": ELSEWHERE}}, f"now: not found; not met: self.running {WHEN}"),
        (
            {"targets": {"a": AS_A_DICT, "b": ELSEWHERE}, "until": "a.running"},
            f"now: a: {RUNS}; b: not found; the condition holds {WHEN}",
        ),
        (
            {"targets": {"self": {**AS_A_DICT, "profile": "nobody"}}},
            (
                "now: could not poll: no credentials for modelarts in profile nobody; looked in Pulumi config "
                "nbcloud:profiles.nobody.modelarts; the environment (NBCLOUD_PROFILE_NOBODY_MODELARTS_…); "
                # There is no program around it here.
                f"{stack_config._IN_THREAD} "
            )
            + WHEN,
        ),
    ],
    ids=[
        "holds",
        "does not hold",
        "undecided",
        "failed",
        "cannot be evaluated",
        "not found",
        "two targets",
        "no settings",
    ],
)
def test_the_now_line_says_what_was_seen_and_what_that_means(inputs: Mapping[str, Any], line: str) -> None:
    assert findings(inputs) == (line, ())


@pytest.mark.parametrize(
    "targets",
    [
        UNKNOWN,
        {"self": UNKNOWN},
        {"self": {**AS_A_DICT, "notebook_id": UNKNOWN}},
        {"self": {**AS_A_DICT, "profile": UNKNOWN}},
        {"a": AS_A_DICT, "b": {**AS_A_DICT, "notebook_id": UNKNOWN}},
    ],
)
@pytest.mark.usefixtures("out_of_reach")
def test_targets_that_are_not_known_yet_are_said_to_be(targets: Any) -> None:
    assert findings({"targets": targets}) == ("now: not known yet, because not all of the gate's inputs are", ())


@pytest.mark.usefixtures("out_of_reach")
def test_what_check_refuses_is_not_said_twice() -> None:
    assert findings({"until": "self.runing"}) == (None, ())


def test_warnings_about_conditions_stand_beside_the_now_line(cloud: MockClouds) -> None:
    info, warnings = findings({"until": "self.type == 'IDEL'"})
    assert info == f"now: {RUNS}; not met: self.type == 'IDEL' {WHEN}"
    assert len(warnings) == 1
    assert warnings[0].startswith("until: ")
    assert "IDEL" in warnings[0]
    assert cloud.request_count() == 1


@pytest.mark.usefixtures("out_of_reach")
def test_without_a_look_there_are_warnings_alone() -> None:
    info, warnings = findings({"until": "self.type == 'IDEL'"}, polling=False)
    assert info is None
    assert len(warnings) == 1
    assert findings({"targets": UNKNOWN}, polling=False) == (None, ())


class Monitor:
    """Stands for a program: there is one monitor for each."""


def test_once_the_budget_is_used_up_nothing_is_asked(cloud: MockClouds, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = Monitor(), Monitor()
    monkeypatch.setattr(preview, "get_monitor", lambda: first)
    preview._budgets[first] = budget = previews.Budget()
    budget._spent = previews.BUDGET_SECONDS
    for _ in range(2):
        assert findings({}) == (f"now: not polled within the preview's 5 s {WHEN}", ())
    assert cloud.request_count() == 0
    # Another preview in this process has its own.
    monkeypatch.setattr(preview, "get_monitor", lambda: second)
    assert findings({}) == (f"now: {RUNS}; the condition holds {WHEN}", ())


def test_all_looks_of_a_preview_share_one_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    program = Monitor()
    monkeypatch.setattr(preview, "get_monitor", lambda: program)
    for _ in range(2):
        assert findings({}) == (f"now: {RUNS}; the condition holds {WHEN}", ())
    assert list(preview._budgets) == [program]
    assert 0 < preview._budgets[program]._spent < previews.BUDGET_SECONDS


@pytest.mark.anyio
async def test_a_budget_is_spent_while_at_least_one_look_is_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(anyio, "current_time", lambda: now)
    budget = previews.Budget()
    with budget.poll():
        now = 101.0
    assert budget._spent == 1
    now = 500.0  # what a program does between two gates
    with budget.poll():
        now = 501.0
        with budget.poll():
            now = 502.0
        now = 503.0
    assert budget._spent == 4
    now = 600.0
    with budget.poll():
        now = 602.0
        with pytest.raises(TimeoutError), budget.poll():
            pytest.fail("nothing is left")
    with pytest.raises(TimeoutError), budget.poll():
        pytest.fail("nothing is left")


def test_a_look_that_hangs_ends_with_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(*args: Any, **how: Any) -> Any:
        with anyio.fail_after(0):
            await anyio.sleep_forever()

    monkeypatch.setattr(WaitRunner, "poll", hang)
    assert findings({}) == (f"now: not polled within the preview's 5 s {WHEN}", ())


# How it is said.


@dataclass
class Said:
    """What was logged on which resource's row."""

    infos: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[tuple[str, str]] = field(default_factory=list)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Said:
    """Has the program take its monitor for a real one, and keeps what is logged."""
    honoured = Said()

    def to(lines: list[tuple[str, str]]) -> Callable[..., None]:
        def log(text: str, resource: pulumi.Resource) -> None:
            lines.append((resource._name, text))

        return log

    monkeypatch.setattr(preview, "get_monitor", lambda: None)
    monkeypatch.setattr(pulumi.log, "info", to(honoured.infos))
    monkeypatch.setattr(pulumi.log, "warn", to(honoured.warnings))
    return honoured


def two_gates() -> Any:
    until = "self.type == 'IDEL'"
    return [nbcloud.Gate(name, target=args(), until=until).outcome for name in ("one", "two")]


def test_in_preview_each_gate_says_its_line_and_its_warnings_on_its_own_row(said: Said) -> None:
    run(two_gates, preview=True)
    line = f"now: {RUNS}; not met: self.type == 'IDEL' {WHEN}"
    assert sorted(said.infos) == [(name, line) for name in ("one", "two")]
    assert sorted(name for name, _ in said.warnings) == ["one", "two"]


@pytest.mark.usefixtures("out_of_reach")
@pytest.mark.parametrize(
    ("is_preview", "config"),
    [(False, {}), (True, {"nbcloud:previewPoll": "false"}), (True, {"nbcloud:previewPoll": "False"})],
    ids=["update", "switched off", "switched off in capitals"],
)
def test_in_an_update_and_switched_off_only_warnings_are_said(
    is_preview: bool, config: dict[str, str], said: Said
) -> None:
    run(two_gates, preview=is_preview, config=config)
    assert said.infos == []
    assert sorted(name for name, _ in said.warnings) == ["one", "two"]


def test_unknown_inputs_are_said_and_awaitables_are_awaited_once(said: Said) -> None:
    def program() -> Any:
        nbcloud.Gate("one", target=NotebookLeaseArgs(notebook_id=unknown()))
        return nbcloud.Gate("two", target={**AS_A_DICT, "notebook_id": soon(NOTEBOOK)}, until=soon("self.running")).urn

    run(program, preview=True)
    assert sorted(said.infos) == [
        ("one", "now: not known yet, because not all of the gate's inputs are"),
        ("two", f"now: {RUNS}; the condition holds {WHEN}"),
    ]


def test_whatever_goes_wrong_a_preview_goes_on(said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*args: Any, **how: Any) -> Any:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(preview, "_poll", broken)
    assert len(run(two_gates, preview=True).gates) == 2
    assert sorted(said.infos) == [(name, "now: could not poll (ZeroDivisionError)") for name in ("one", "two")]


@pytest.mark.usefixtures("out_of_reach")
@pytest.mark.parametrize("is_preview", [True, False])
def test_under_mocks_nothing_is_said_and_nothing_is_asked(
    is_preview: bool, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    assert len(run(two_gates, preview=is_preview).gates) == 2
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []
