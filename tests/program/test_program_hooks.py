"""wait_before and the count of slots in a program, without an engine: what is checked, what is handed to the engine."""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pulumi
import pytest
from lease_support import NOTEBOOK, lease_target
from nbcloud_support import eventually
from program_support import run, soon
from pulumi.runtime import settings

import pulumi_nbcloud as nbcloud
from pulumi_nbcloud import hooks
from pulumi_nbcloud.engine import end
from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.modelarts import NotebookLeaseArgs
from pulumi_nbcloud.program import slots
from pulumi_nbcloud.waiting.outcome import WaitError

URN = "urn:pulumi:test::probe::probe:index:Web::web"
OPTIONS = {
    *("consecutive", "holds_for", "fail_holds_for", "not_found", "appear_timeout", "stall_timeout"),
    *("max_poll_errors", "enforcement"),
}


class Monitor:
    """Stands for the engine's monitor, so that the program takes itself for a real one."""


class Engine:
    """Takes what is shown on rows."""

    def __init__(self) -> None:
        self.logs: list[Any] = []
        self.Log = SimpleNamespace(future=self._future)

    def _future(self, request: Any, timeout: float) -> Any:
        self.logs.append(request)
        return SimpleNamespace(add_done_callback=lambda done: None, code=lambda: None)


@pytest.fixture
def engine(nbcloud_mock: MockClouds, monkeypatch: pytest.MonkeyPatch) -> Engine:
    for name, value in nbcloud_mock.environment().items():
        monkeypatch.setenv(name, value)
    shown, monitor = Engine(), Monitor()
    monkeypatch.setattr(hooks, "get_monitor", lambda: monitor)
    monkeypatch.setattr(hooks, "get_engine", lambda: shown)
    return shown


def args() -> NotebookLeaseArgs:
    return NotebookLeaseArgs(notebook_id=NOTEBOOK)


def called(make: Callable[[], pulumi.ResourceHookBinding], when: str = "before_create") -> None:
    """Calls the hook as the SDK does, and waits for its end."""

    async def program() -> None:
        (hook,) = getattr(make(), when)
        await hook(pulumi.ResourceHookArgs(URN, "", "web", "probe:index:Web"))

    asyncio.run(program())


def test_it_takes_what_a_gate_takes_but_for_what_is_about_updates_of_a_gate() -> None:
    own, gates = (inspect.signature(each).parameters for each in (nbcloud.wait_before, nbcloud.Gate))
    of_gates = {"resource_name", "opts", "triggers", "every_update", "hold", "overridable"}
    assert set(own) - {"name", "before"} == set(gates) - of_gates
    assert set(own) >= OPTIONS
    for name in set(own) & set(gates):
        assert own[name].annotation == gates[name].annotation
    assert [each.name for each in own.values() if each.kind is not inspect.Parameter.KEYWORD_ONLY] == ["name"]


@pytest.mark.parametrize(
    ("before", "bound"),
    [
        (None, {"before_create"}),
        (("update",), {"before_update"}),
        (["create", "update"], {"before_create", "before_update"}),
    ],
)
def test_it_is_bound_to_the_operations_that_are_named(before: Any, bound: set[str], engine: Engine) -> None:
    how = {} if before is None else {"before": before}
    binding = nbcloud.wait_before(target=args(), **how)
    assert {name for name, value in vars(binding).items() if value} == bound


def test_before_a_delete_it_is_bound_by_its_name(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulumi, "ResourceHook", lambda name, work: name)
    binding = nbcloud.wait_before("drained", target=args(), before=["delete", "update"])
    bound = {name: value for name, value in vars(binding).items() if value}
    assert bound == {"before_delete": ["drained"], "before_update": ["drained"]}


def test_it_waits_and_shows_its_status_on_the_row_of_the_resource(nbcloud_mock: MockClouds, engine: Engine) -> None:
    nbcloud_mock.modelarts.put_lease(NOTEBOOK, status="STOPPED")
    nbcloud_mock.modelarts.add_transition(NOTEBOOK, status="RUNNING", after_reads=1)
    called(lambda: nbcloud.wait_before(target=args(), interval="1s"))
    assert nbcloud_mock.request_count() == 2
    assert {(each.urn, each.ephemeral) for each in engine.logs} == {(URN, True)}
    first, *_, last = [each.message for each in engine.logs]
    assert first == "running false; not_running_reason NOT_RUNNING; 0s of 30m"
    assert re.fullmatch(r"met after \d+s, 2 polls", last)


def test_inputs_that_are_there_later_are_waited_for(nbcloud_mock: MockClouds, engine: Engine) -> None:
    nbcloud_mock.modelarts.put_lease(NOTEBOOK)

    def make() -> pulumi.ResourceHookBinding:
        target = NotebookLeaseArgs(notebook_id=pulumi.Output.from_input(soon(NOTEBOOK)))
        return nbcloud.wait_before(targets={"lease": target}, until=soon("lease.running"))

    called(make)
    assert nbcloud_mock.request_count() == 1


def test_what_is_not_met_is_raised_with_the_words_of_a_gate(nbcloud_mock: MockClouds, engine: Engine) -> None:
    nbcloud_mock.modelarts.put_lease(NOTEBOOK)
    with pytest.raises(WaitError) as caught:
        called(lambda: nbcloud.wait_before(target=args(), until="!self.running", timeout="0"))
    assert caught.value.outcome == "timed_out"
    assert "\n  expected: !self.running\n  actual: running=true" in str(caught.value)
    assert "\nhint: look at the notebook's events in the ModelArts console" in str(caught.value)


def test_an_advisory_one_warns_on_the_row_and_lets_the_resource_go_on(nbcloud_mock: MockClouds, engine: Engine) -> None:
    nbcloud_mock.modelarts.put_lease(NOTEBOOK)
    called(lambda: nbcloud.wait_before(target=args(), until="!self.running", timeout="0", enforcement="advisory"))
    (warning,) = [each for each in engine.logs if not each.ephemeral]
    assert warning.urn == URN
    assert warning.message.endswith("; the update goes on, because this wait is advisory")


def test_a_disabled_one_looks_at_nothing(nbcloud_mock: MockClouds, engine: Engine) -> None:
    called(lambda: nbcloud.wait_before(target=args(), enforcement="disabled"))
    assert nbcloud_mock.request_count() == 0


def test_what_turns_out_wrong_when_it_is_known_is_said_then(nbcloud_mock: MockClouds, engine: Engine) -> None:
    with pytest.raises(nbcloud.InputError) as caught:
        called(lambda: nbcloud.wait_before("later", target=None, targets={"self": args()}, until=soon("self.runing")))
    assert str(caught.value).startswith("wait_before later: until: self.runing is not a field of ")
    assert nbcloud_mock.request_count() == 0


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({}, "wait_before: give either target= or targets=\nhint: target= for one thing, which conditions call self; "),
        ({"target": NOTEBOOK}, "wait_before: target self cannot be a str\nhint: an id does not say "),
        (
            {"target": lease_target(), "before": "create"},
            'wait_before: before must be some of create, update, delete\nhint: write it like before=("create",)',
        ),
        (
            {"target": lease_target(), "before": ["delete"]},
            (
                "wait_before: the engine knows hooks before a delete by their names alone\n"
                'hint: give it one: wait_before("wait for the lease", ...)'
            ),
        ),
        ({"target": lease_target(), "before": []}, "wait_before: before must be some of create, update, delete\n"),
        (
            {"target": lease_target(), "consecutive": 0},
            "wait_before: consecutive must be a whole number from 1 to 1000\nhint: write it like consecutive=3",
        ),
        (
            {"target": lease_target(), "until": "self.runing"},
            (
                "wait_before: until: self.runing is not a field of modelarts:NotebookLease; did you mean self.running?"
                "\nhint: fields of modelarts:NotebookLease are "
            ),
        ),
        (
            {"target": lease_target(), "until": "stoped"},
            (
                "wait_before: until: stoped is not a condition of modelarts:NotebookLease, which has ready, running, "
                "stopped, ended, deleted; did you mean stopped?\nhint: use the name of a condition "
            ),
        ),
        (
            {"target": lease_target(), "until": "stopped", "allow_absent": True},
            "wait_before: allow_absent is for until 'deleted' alone\nhint: leave it out",
        ),
    ],
    ids=["neither", "a text", "before a text", "delete", "nothing", "a option", "a condition", "a name", "absence"],
)
def test_what_cannot_be_right_ends_the_program_in_its_message(how: dict[str, Any], message: str) -> None:
    with pytest.raises(nbcloud.InputError) as caught:
        run(lambda: nbcloud.wait_before(**how))
    assert str(caught.value).startswith(message)
    assert isinstance(caught.value, pulumi.RunError)


def test_every_mistake_is_told_at_once() -> None:
    with pytest.raises(nbcloud.InputError) as caught:
        run(lambda: nbcloud.wait_before(target=args(), consecutive=0, interval="1ms"))
    assert str(caught.value) == (
        "wait_before: interval '1ms' is out of range\nhint: give 1s to 720h\n"
        "consecutive must be a whole number from 1 to 1000\nhint: write it like consecutive=3"
    )


def test_an_engine_that_is_gone_ends_the_wait(nbcloud_mock: MockClouds, engine: Engine) -> None:
    nbcloud_mock.modelarts.put_lease(NOTEBOOK, status="STOPPED")

    async def program() -> None:
        # There is no second poll before the engine is gone.
        (hook,) = nbcloud.wait_before(target=args(), interval="1h").before_create  # type: ignore[misc]
        called = hook(pulumi.ResourceHookArgs(URN, "", "web", "probe:index:Web"))
        assert called is not None
        waiting = asyncio.ensure_future(called)
        await asyncio.to_thread(eventually, lambda: bool(engine.logs), "the first status")
        (cancel,) = end._known(engine).works
        await asyncio.to_thread(cancel)
        await waiting

    with pytest.raises(WaitError) as caught:
        asyncio.run(program())
    assert caught.value.outcome == "cancelled"
    assert end._known(engine).works == []
    assert nbcloud_mock.request_count() == 1


def test_under_mocks_it_only_checks() -> None:
    def program() -> Any:
        binding = nbcloud.wait_before("held", target=args(), before=("create", "update"))
        assert not any(vars(binding).values())
        web = pulumi.ComponentResource("probe:index:Web", "web", opts=pulumi.ResourceOptions(hooks=binding))
        return web.urn

    assert run(program).value.endswith("::web")


def test_a_doubtful_condition_is_warned_of(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda text, **_: said.append(text))
    nbcloud.wait_before(target=args(), until='self.type == "TIMNG"')
    assert said == ['wait_before: until: "TIMNG" is not a known value of self.type; did you mean "TIMING"?']


# Slots.


WARNING = (
    "this program declares more gates than the engine has slots (--parallel 2): while that many wait, nothing else is "
    "created\nhint: raise --parallel, or give one gate several targets; a gate must not wait for what it keeps from "
    "running"
)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is warned of in a program with two slots."""
    honoured: list[str] = []
    monitor = Monitor()
    monkeypatch.setattr(slots, "get_monitor", lambda: monitor)
    monkeypatch.setattr(slots, "parallel", lambda: 2)
    monkeypatch.setattr(pulumi.log, "warn", lambda text, **_: honoured.append(text))
    return honoured


@pytest.mark.parametrize(("gates", "warnings"), [(0, []), (2, []), (3, [WARNING]), (9, [WARNING])])
def test_more_gates_than_slots_are_warned_of_once(gates: int, warnings: list[str], said: list[str]) -> None:
    def program() -> None:
        for number in range(gates):
            nbcloud.Gate(f"gate-{number}", target=args())

    run(program)
    assert said == warnings


def test_another_program_in_the_same_process_is_counted_by_itself(
    said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        monitor = Monitor()
        monkeypatch.setattr(slots, "get_monitor", lambda monitor=monitor: monitor)
        slots.declare()
        slots.declare()
    assert said == []


@pytest.mark.parametrize(
    ("given", "expected"), [(8, 8), (None, None), (0, None), (-1, None), (True, None), ("8", None)]
)
def test_where_the_engine_does_not_say_how_many_slots_it_has_nothing_is_warned_of(
    given: Any, expected: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "SETTINGS", SimpleNamespace(parallel=given))
    assert slots.parallel() == expected


def test_under_mocks_slots_are_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    honoured: list[str] = []
    monkeypatch.setattr(slots, "parallel", lambda: 1)
    monkeypatch.setattr(pulumi.log, "warn", lambda text, **_: honoured.append(text))
    run(lambda: [nbcloud.Gate(name, target=args()).outcome for name in ("a", "b", "c")])
    assert honoured == []
