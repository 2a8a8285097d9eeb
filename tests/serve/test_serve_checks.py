"""What a check comes to, over the mock clouds; the JSON of responses is held by golden files."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from lease_support import KIND, LEASE, NOTEBOOK, notebook
from serve_support import LEASE_GATE, OTHER_TOKEN, document, running, simulated_checks, simulated_gate
from virtual_time import run

from pulumi_nbcloud.errors import (
    AuthenticationError,
    BadResponseError,
    NotFoundError,
    PermissionDeniedError,
    SettingsError,
    UnreachableError,
)
from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.serve.checks import OUTCOMES, Check
from pulumi_nbcloud.serve.errors import RequestError

GOLDEN = Path(__file__).parent / "golden"
pytestmark = pytest.mark.anyio


def same_as_golden(name: str, response: Any) -> None:
    """Compares a response with its golden file; with GOLDEN_FILES=remake it writes the file."""
    text = json.dumps(response, indent=2) + "\n"
    text = re.sub(r'"observed_at": "[^"]+"', '"observed_at": "TIME"', text)
    text = re.sub(r"http://127\.0\.0\.1:\d+", "http://127.0.0.1:PORT", text)
    if os.environ.get("GOLDEN_FILES") == "remake":
        (GOLDEN / name).write_text(text, encoding="utf-8")
    assert text == (GOLDEN / name).read_text(encoding="utf-8")


def only(gate: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A file with one more gate, `one`, that the first token may check."""
    content = document(**more)
    content["gates"]["one"] = gate
    content["tokens"][0]["gates"].append("one")
    return content


async def test_met(clouds: MockClouds, tmp_path: Path) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    async with running(tmp_path, clouds) as service:
        response = await service.check()
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"
    same_as_golden("met.json", response.json())


async def test_not_met_names_the_clauses(clouds: MockClouds, tmp_path: Path) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, status="STOPPED", **LEASE)
    async with running(tmp_path, clouds) as service:
        response = await service.check()
        by_status = await service.check(params={"status": "1"})
    assert response.status_code == 200
    assert by_status.status_code == 409
    assert by_status.json() == response.json()
    same_as_golden("not-met.json", response.json())


async def test_a_condition_that_is_met_has_status_200_whatever_is_asked(clouds: MockClouds, tmp_path: Path) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    async with running(tmp_path, clouds) as service:
        assert (await service.check(params={"status": "1"})).status_code == 200


async def test_states_are_shown_where_the_gate_says_so(clouds: MockClouds, tmp_path: Path) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    async with running(tmp_path, clouds, only({**LEASE_GATE, "expose": True})) as service:
        hidden, shown = await service.check(), await service.check("one")
    assert "targets" not in hidden.json()
    assert "mock-project" not in hidden.text
    same_as_golden("exposed.json", shown.json())


async def test_a_failure_of_the_kind(clouds: MockClouds, tmp_path: Path) -> None:
    job = {"target": {"kind": "modelarts:DevServerJob", "job_id": notebook()}, "until": 'self.status == "FINISHED"'}
    clouds.modelarts.put_job(notebook(), status="FAILED")
    async with running(tmp_path, clouds, only(job)) as service:
        response = await service.check("one")
    same_as_golden("failed.json", response.json())


async def test_a_timed_failure_is_listed_and_not_evaluated(clouds: MockClouds, tmp_path: Path) -> None:
    instance = {"target": {"kind": "hpcai:Instance", "instance_id": "notebook-1"}}
    clouds.hpcai.put_instance("notebook-1", status="PullingImage", healthy=False)
    async with running(tmp_path, clouds, only(instance)) as service:
        response = await service.check("one")
    same_as_golden("not-evaluated.json", response.json())


@pytest.mark.parametrize(
    ("gate", "outcome"), [({}, "not_met"), ({"not_found": "fail"}, "never_appeared"), ({"not_found": "met"}, "met")]
)
async def test_not_found(gate: dict[str, Any], outcome: str, clouds: MockClouds, tmp_path: Path) -> None:
    instance = {"target": {"kind": "hpcai:Instance", "instance_id": "notebook-1"}, **gate}
    async with running(tmp_path, clouds, only(instance)) as service:
        response = (await service.check("one")).json()
    assert (response["outcome"], response["met"]) == (outcome, outcome == "met")


async def test_deleted_with_allow_absent(clouds: MockClouds, tmp_path: Path) -> None:
    target = {"kind": "hpcai:Instance", "instance_id": "notebook-1"}
    content = only({"target": target, "until": "deleted", "allow_absent": True, "max_age": "0"})
    async with running(tmp_path, clouds, content) as service:
        assert (await service.check("one")).json()["outcome"] == "met"
        clouds.hpcai.put_instance("notebook-1")
        response = (await service.check("one")).json()
    assert response["outcome"] == "not_met"
    assert response["not_met"][0]["actual"] == "status is Running"


async def test_several_targets(clouds: MockClouds, tmp_path: Path) -> None:
    clouds.modelarts.put_lease(notebook(1), **LEASE)
    clouds.modelarts.put_lease(notebook(2), status="STOPPED")
    targets = {name: {"kind": KIND, "notebook_id": notebook(number)} for name, number in (("a", 1), ("b", 2))}
    async with running(tmp_path, clouds, only({"targets": targets, "until": "a.running && b.running"})) as service:
        response = (await service.check("one")).json()
    assert [each["text"] for each in response["not_met"]] == ["b.running"]


async def test_a_condition_that_cannot_be_evaluated(clouds: MockClouds, tmp_path: Path) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    gate = {**LEASE_GATE, "until": "self.duration / (self.duration - self.duration) == 1"}
    async with running(tmp_path, clouds, only(gate)) as service:
        response = (await service.check("one")).json()
    assert response["outcome"] == "bad_condition"
    assert "in self.duration / (self.duration - self.duration) == 1" in response["reason"]


async def test_a_cloud_that_refuses_tells_a_caller_nothing_of_the_account(clouds: MockClouds, tmp_path: Path) -> None:
    environment = {**clouds.environment(), "NBCLOUD_MODELARTS_SECRET_KEY": "canary-secret-key-7b1d"}
    async with running(tmp_path, clouds, environment=environment) as service:
        response = await service.check()
    assert response.status_code == 200
    same_as_golden("unauthorized.json", response.json())
    for told in ("canary", "mock-project", "127.0.0.1", "APIGW", environment["NBCLOUD_MODELARTS_ACCESS_KEY"]):
        assert told not in response.text


async def test_an_error_of_a_cloud(clouds: MockClouds, tmp_path: Path) -> None:
    clouds.faults.add(service="modelarts", status=200, body="<html>canary-page</html>")
    async with running(tmp_path, clouds) as service:
        response = await service.check()
    assert (response.status_code, response.json()["outcome"]) == (200, "bad_response")
    assert response.json()["reason"] == "a cloud responds with an error"
    assert "canary" not in response.text


async def test_settings_that_are_gone_are_not_told(
    clouds: MockClouds, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(tmp_path, clouds, environment={}) as service:
        response = await service.check()
    assert response.status_code == 503
    same_as_golden("not-set-up.json", response.json())
    assert "modelarts" in caplog.text


async def test_two_callers_share_a_read(clouds: MockClouds, tmp_path: Path) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    parameter, content = {"notebook": NOTEBOOK}, document()
    for gate in content["gates"].values():
        gate["max_age"] = "1h"  # longer than the test takes
    async with running(tmp_path, clouds, content) as service:
        first = await service.check()
        second = await service.check("open", OTHER_TOKEN, params=parameter)
        third = await service.check("open", OTHER_TOKEN, json={"parameters": parameter})
    assert len({each.json()["observed_at"] for each in (first, second, third)}) == 1
    assert len(clouds.requests) == 1


async def test_a_gate_of_no_age_reads_each_time(clouds: MockClouds, tmp_path: Path) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    async with running(tmp_path, clouds, only({**LEASE_GATE, "max_age": "0"})) as service:
        for _ in range(3):
            assert (await service.check("one")).json()["met"]
    assert len(clouds.requests) == 3


async def test_every_poll_is_a_poll_of_what_is_there_now(clouds: MockClouds, tmp_path: Path) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, status="STOPPED")
    async with running(tmp_path, clouds, only({**LEASE_GATE, "max_age": "0"})) as service:
        assert not (await service.check("one")).json()["met"]
        clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
        assert (await service.check("one")).json()["met"]


# --- in virtual time

SIM = simulated_gate()


def outcome_of(history: Any, gate: Any = SIM) -> Check:
    checks, _ = simulated_checks(lambda now: history)

    async def work() -> Check:
        return await checks.check(gate, {})

    return run(work)


def held(seconds: float) -> UnreachableError:
    error = UnreachableError("the cloud asks for fewer requests", status=429)
    error.retry_after = seconds
    return error


@pytest.mark.parametrize(
    ("history", "outcome", "decided"),
    [
        ("READY", "met", True),
        ("STARTING", "not_met", False),
        ("FAILED", "failed", True),
        ("STUCK", "not_met", False),
        (None, "not_met", False),
        (NotFoundError("there is none"), "not_met", False),
        (UnreachableError("down"), "unreachable", False),
        (BadResponseError("odd"), "bad_response", False),
        (AuthenticationError("refused"), "unauthorized", True),
        (PermissionDeniedError("not allowed"), "unauthorized", True),
    ],
    ids=str,
)
def test_what_a_read_comes_to(history: Any, outcome: str, decided: bool) -> None:
    found = outcome_of(history)
    assert (found.outcome, found.decided) == (outcome, decided)
    assert found.outcome in OUTCOMES


def test_settings_that_break_while_it_reads() -> None:
    """A key file that is gone, for one: it is found out only while signing."""
    checks, _ = simulated_checks(lambda now: SettingsError("canary-path cannot be read"))

    async def work() -> RequestError:
        with pytest.raises(RequestError) as raised:
            await checks.check(SIM, {})
        return raised.value

    error = run(work)
    assert (error.status, error.code) == (503, "not_set_up")
    assert "canary" not in error.problem


def test_a_key_is_read_at_most_once_in_max_age() -> None:
    """Whatever comes in between, of two gates over the same thing, errors included."""
    checks, polls = simulated_checks(lambda now: "STARTING" if int(now) % 2 else UnreachableError("down"), takes=0.3)
    other = simulated_gate("other", max_age=8.0)

    async def work() -> None:
        import anyio

        async def one(gate: Any, pause: float, count: int) -> None:
            for _ in range(count):
                await checks.check(gate, {})
                await anyio.sleep(pause)

        async with anyio.create_task_group() as group:
            for index in range(10):
                group.start_soon(one, SIM, 0.11 + index / 100, 500)
                group.start_soon(one, other, 0.7, 80)

    run(work)
    gaps = [later - earlier for earlier, later in zip(polls.reads, polls.reads[1:], strict=False)]
    assert len(polls.reads) > 10
    assert min(gaps) >= 5.0


def test_who_gives_up_leaves_the_read_to_others() -> None:
    """A read of 25 s: each check ends after 10, and none sends another."""
    checks, polls = simulated_checks(lambda now: "READY", takes=25.0)

    async def work() -> list[str]:
        gate = simulated_gate(max_age=60.0)
        return [(await checks.check(gate, {})).outcome for _ in range(3)]

    assert run(work) == ["unreachable", "unreachable", "met"]
    assert polls.reads == [0.0]


def test_a_cloud_that_asks_to_wait_is_left_alone() -> None:
    checks, polls = simulated_checks(lambda now: held(30.0) if now < 5 else "READY")
    fresh = simulated_gate(max_age=0.0)

    async def work() -> list[tuple[str, str | None]]:
        import anyio

        found = []
        for _ in range(4):
            check = await checks.check(fresh, {})
            found.append((check.outcome, check.reason))
            await anyio.sleep(9)
        await anyio.sleep(1)
        found.append(((await checks.check(fresh, {})).outcome, None))
        return found

    outcomes = run(work)
    assert outcomes[0] == ("unreachable", "a cloud does not respond")
    assert outcomes[1:4] == [("unreachable", "a cloud asks to wait")] * 3
    assert outcomes[4] == ("met", None)
    assert polls.reads == [0.0, 37.0]


def test_a_condition_over_the_time_is_evaluated_each_time() -> None:
    later = simulated_gate(until='now > timestamp("2026-01-31T09:00:02Z")', max_age=60.0)
    checks, polls = simulated_checks(lambda now: "STARTING")

    async def work() -> list[str]:
        import anyio

        found = []
        for _ in range(4):
            found.append((await checks.check(later, {})).outcome)
            await anyio.sleep(1)
        return found

    assert run(work) == ["not_met", "not_met", "not_met", "met"]
    assert polls.reads == [0.0]


def test_the_reads_kept_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    from pulumi_nbcloud.clock import Clock
    from pulumi_nbcloud.reading.sharing import RequestKey, SharedReads
    from pulumi_nbcloud.serve import polls

    monkeypatch.setattr(polls, "MOST_KEPT", 3)

    async def work() -> None:
        shared = SharedReads(Clock())
        kept = polls._Kept(shared, Clock())
        for number in range(10):
            kept.keep([RequestKey("account", number)], 60.0)
        assert [key[1] for key in kept._until] == [7, 8, 9]
        assert [key[1] for key in shared._users] == [7, 8, 9]
        kept.clear()
        assert not shared._users

    run(work)


def test_the_checks_remembered_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    from pulumi_nbcloud.serve import checks as module

    monkeypatch.setattr(module, "MOST_REMEMBERED", 2)
    checks, _ = simulated_checks(lambda now: "READY")

    async def work() -> None:
        for name in "abc":
            await checks.check(simulated_gate(name), {})
        assert [name for name, _ in checks._recent] == ["b", "c"]

    run(work)
