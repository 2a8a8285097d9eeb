"""What an override makes of a wait: which ends it covers, after how many polls, and what is said."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from typing import Any

import pytest
from nbcloud_support import one_line
from simulated import (
    ABSENT,
    DOWN,
    FORBIDDEN,
    LOCKED,
    MALFORMED,
    MOVED,
    THING,
    WHERE,
    History,
    Notes,
    OneAccount,
    Throttled,
    inline,
    wait_for,
)
from virtual_time import START, VirtualClock, run

from pulumi_nbcloud.errors import InputError, NbcloudError, RefusedError, SettingsError
from pulumi_nbcloud.settings.overrides import Override
from pulumi_nbcloud.waiting.options import WaitOptions
from pulumi_nbcloud.waiting.outcome import Met, Outcome, WaitError, WaitResult
from pulumi_nbcloud.waiting.overriding import with_command, with_flags
from pulumi_nbcloud.waiting.runner import WaitRunner
from pulumi_nbcloud.waiting.spec import WaitSpec

URN = "urn:pulumi:test::probe::pulumi-python:dynamic/nbcloud:Gate::ready"
OWN = RefusedError("the cloud answers an error", status=409, code="Sim.1")
REASON, SOURCE = "the API is down", "Pulumi config nbcloud:overrides"
NOT_APPLIED = "not applied: it covers only waits whose last poll got no usable response"


def override(hours: float = 1.0) -> Override:
    return Override(REASON, START + timedelta(hours=hours), SOURCE)


def ended(histories: Any, given: Override | None = None, **how: Any) -> Met | NbcloudError:
    """How a wait ends under an override."""
    given = given or override()

    async def simulate() -> Met | NbcloudError:
        try:
            return await wait_for(histories, override=given, **how).run()
        except NbcloudError as error:
            return error

    return run(simulate)


def overridden(histories: Any, given: Override | None = None, **how: Any) -> WaitError:
    """The same for a wait that must be overridden."""
    error = ended(histories, given, **how)
    assert isinstance(error, WaitError)
    assert error.outcome is Outcome.OVERRIDDEN
    assert error.override is not None
    assert error.override["reason"] == REASON
    assert error.override["until"] == (given or override()).end
    return error


def overrode(error: WaitError) -> str | None:
    """How it would have ended without the override."""
    return (error.override or {}).get("overrode")


@pytest.mark.parametrize(
    ("value", "otherwise"),
    [
        (DOWN, Outcome.UNREACHABLE),
        (MALFORMED, Outcome.BAD_RESPONSE),
        (MOVED, Outcome.BAD_RESPONSE),
        (OWN, Outcome.BAD_RESPONSE),
    ],
    ids=["down", "malformed", "redirected", "an error of the cloud's own"],
)
def test_one_failed_poll_is_enough_where_none_was_answered(value: Any, otherwise: Outcome) -> None:
    history = History([(0, value)])
    assert overrode(overridden(history)) == otherwise
    assert history.times == [0]


def test_all_of_it_is_said() -> None:
    error = overridden(History([(0, DOWN)], latency=3.0))
    assert one_line(error) == (
        'sim:Thing id-of-self: overridden after 3s of 10m; override: "the API is down", until 2026-01-31T10:00:00Z, by '
        "Pulumi config nbcloud:overrides; overrode: unreachable; reason: a poll failed, and with an override in force "
        'one is enough; expected: self.status == "READY"; actual: nothing yet; last error: the cloud cannot answer '
        f"now; polls: 1 (HTTP 503, {WHERE}, request id req-503)\n"
        "hint: check the thing itself; the next run waits again"
    )


def test_a_cloud_that_answered_is_waited_for_as_without_an_override() -> None:
    history = History([(0, "PENDING"), (3, DOWN), (60, "READY")])
    met = ended(history)
    assert isinstance(met, Met)
    assert met.elapsed > 60


def test_ten_failed_polls_after_an_answer_are_overridden() -> None:
    error = overridden(History([(0, "PENDING"), (3, DOWN)]))
    assert overrode(error) == Outcome.UNREACHABLE
    assert ("reason", "10 polls in a row failed") in error.facts
    assert error.progress is not None
    assert error.progress.polls == 11


@pytest.mark.parametrize("before", ["PENDING", ABSENT])
def test_a_timeout_whose_last_poll_failed_is_overridden(before: str) -> None:
    error = overridden(History([(0, before), (3, DOWN)]), timeout=20)
    assert overrode(error) == Outcome.TIMED_OUT
    assert error.summary == "overridden after 20s"


def test_a_last_poll_that_is_cut_short_is_overridden_whatever_was_there_before() -> None:
    # A response comes in time at 0 s, and none to the poll at the deadline.
    class Slow(History):
        async def read(self) -> Any:
            self.latency = 60.0 if self.reads else 0.0
            return await super().read()

    for before, otherwise in (("PENDING", Outcome.TIMED_OUT), (ABSENT, Outcome.NEVER_APPEARED)):
        error = overridden(Slow([(0, before)]), timeout=5)
        assert overrode(error) == otherwise
        assert ("reason", "no response within 5s") in error.facts


def test_no_response_at_all_is_overridden() -> None:
    error = overridden(History([(0, "READY")], latency=60.0), timeout=0)
    assert overrode(error) == Outcome.UNREACHABLE
    assert ("reason", "no response within 10s") in error.facts


def test_a_run_with_hold_is_overridden_by_its_first_poll() -> None:
    held = WaitOptions(hold=0)
    for history, why in (
        (History([(0, DOWN)]), "a poll failed, and with an override in force one is enough"),
        (History([(0, "READY")], latency=60.0), "no response within 10s"),
    ):
        error = overridden(history, options=held)
        assert overrode(error) == Outcome.UNREACHABLE
        assert ("reason", why) in error.facts
    # Nothing is decided yet, so there is nothing to override.
    awaiting = ended(History([(0, "PENDING"), (3, DOWN)]), options=WaitOptions(hold=20))
    assert isinstance(awaiting, WaitError)
    assert awaiting.outcome is Outcome.AWAITING
    assert "override" not in dict(awaiting.facts)


def test_a_deadline_that_was_over_before_is_overridden_by_the_one_poll_that_is_left() -> None:
    assert overrode(overridden(History([(0, DOWN)]), before=3600.0)) == Outcome.UNREACHABLE


def test_a_cloud_that_asks_for_fewer_requests_is_there() -> None:
    met = ended(History([(0, Throttled(None)), (4, "READY")]))
    assert isinstance(met, Met)
    beyond = overridden(History([(0, Throttled(3600.0))]))
    assert overrode(beyond) == Outcome.UNREACHABLE


def test_one_target_of_several_without_a_response_is_enough() -> None:
    error = overridden({"a": History([(0, "READY")]), "b": History([(0, DOWN)])})
    assert overrode(error) == Outcome.UNREACHABLE
    assert error.progress is not None
    assert set(error.progress.poll_errors) == {"b"}


def test_what_is_met_is_met() -> None:
    assert isinstance(ended(History([(0, "READY")])), Met)


@pytest.mark.parametrize(
    ("histories", "how", "outcome"),
    [
        (History([(0, "FAILED")]), {}, Outcome.FAILED),
        (History([(0, "PENDING"), (3, ABSENT)]), {"options": WaitOptions(not_found="fail")}, Outcome.GONE),
        (History([(0, ABSENT)]), {"timeout": 20}, Outcome.NEVER_APPEARED),
        (History([(0, "PENDING")]), {"timeout": 20}, Outcome.TIMED_OUT),
        (History([(0, "PENDING"), (3, DOWN), (15, "PENDING")]), {"timeout": 20}, Outcome.TIMED_OUT),
        (History([(0, "PENDING")]), {"options": WaitOptions(stall_timeout=60)}, Outcome.STALLED),
        (History([(0, LOCKED)]), {}, Outcome.UNAUTHORIZED),
        (History([(0, FORBIDDEN)]), {}, Outcome.UNAUTHORIZED),
        ({"a": History([(0, DOWN)]), "b": History([(0, LOCKED)])}, {}, Outcome.UNAUTHORIZED),
        (History([(0, "PENDING")]), {"until": "int(self.status) > 3"}, Outcome.BAD_CONDITION),
    ],
    ids=[
        *("failed", "gone", "never appeared", "timed out", "answered at last", "stalled", "unauthorized", "forbidden"),
        *("unauthorized beside down", "bad condition"),
    ],
)
def test_nothing_else_is_overridden(histories: Any, how: dict[str, Any], outcome: Outcome) -> None:
    error = ended(histories, **how)
    assert isinstance(error, WaitError)
    assert (error.outcome, error.override) == (outcome, None)
    (why,) = [value for name, value in error.facts if name == "override"]
    assert why == NOT_APPLIED


@pytest.mark.parametrize("mistake", [SettingsError("a setting is missing"), InputError("no such id")])
def test_a_mistake_is_never_overridden(mistake: NbcloudError) -> None:
    assert ended(History([(0, mistake)])) is mistake


def test_one_that_has_ended_is_not_applied_and_the_error_says_so() -> None:
    history = History([(0, DOWN)])
    error = ended(history, override(0))
    assert isinstance(error, WaitError)
    assert error.outcome is Outcome.UNREACHABLE
    assert len(history.reads) == 10
    assert error.facts[-1] == ("override", "not applied: it ended at 2026-01-31T09:00:00Z")


def test_one_that_ends_while_the_wait_goes_on_is_not_applied() -> None:
    error = ended(History([(0, "PENDING"), (30, DOWN)]), override(1 / 60), timeout=120)
    assert isinstance(error, WaitError)
    assert error.outcome is Outcome.TIMED_OUT
    assert error.facts[-1] == ("override", "not applied: it ended at 2026-01-31T09:01:00Z")


# What the process of the engine makes of it


def enforced(history: History, notes: Notes, given: Override | None, **options: Any) -> WaitResult:
    kind = dataclasses.replace(THING, read=lambda account, arguments: history.read())
    spec = WaitSpec({"self": kind}, {"self": kind.arguments("a")}, WaitOptions(**options))

    async def simulate() -> WaitResult:
        runner = WaitRunner(OneAccount(), lambda key: None, VirtualClock(), inline)
        return await runner.enforce(spec, notes, override=given)

    return run(simulate)


@pytest.mark.parametrize("enforcement", ["mandatory", "advisory"])
def test_what_is_overridden_goes_on_with_a_warning(enforcement: str) -> None:
    notes = Notes()
    result = enforced(History([(0, DOWN)]), notes, override(), enforcement=enforcement)
    assert (result.outcome, result.at) == ("overridden", None)
    assert result.override == {"reason": REASON, "until": override().end, "overrode": "unreachable"}
    (warning,) = notes.warnings
    assert warning.startswith("sim:Thing a: overridden after 0s of 30m\n  override: ")
    assert str(result.message).startswith(
        'sim:Thing a: overridden after 0s of 30m; override: "the API is down", until '
    )
    assert "; overrode: unreachable; " in str(result.message)


def test_one_that_has_ended_is_told_before_the_wait() -> None:
    notes = Notes()
    assert enforced(History([(0, "READY")]), notes, override(0)).outcome == "met"
    assert notes.warnings == [
        f"the override in {SOURCE} ended at 2026-01-31T09:00:00Z and is not applied: remove it there"
    ]


def test_a_wait_that_does_not_poll_says_that_it_is_not_applied() -> None:
    notes = Notes()
    assert enforced(History([(0, DOWN)]), notes, override(), enforcement="disabled").outcome == "disabled"
    assert notes.warnings == [
        f"the override in {SOURCE} is not applied: enforcement is 'disabled', so nothing is polled"
    ]


# The hint that is ready to paste

NOW = datetime.fromisoformat("2026-01-31T22:00:00+00:00")
COMMAND = (
    "to go on without a response, for an hour:\n  pulumi config set-all --stack test --path --plaintext "
    "'nbcloud:overrides[\"urn:pulumi:test:'':probe:'':pulumi-python:dynamic/nbcloud:Gate:'':ready\"].reason="
    "no usable response' --plaintext "
    "'nbcloud:overrides[\"urn:pulumi:test:'':probe:'':pulumi-python:dynamic/nbcloud:Gate:'':ready\"].until="
    "2026-01-31T23:00:00Z'"
)
FLAGS = (
    "to go on without a response, for an hour:\n  --override 'no usable response' --override-until 2026-01-31T23:00:00Z"
)


def failure(*steps: tuple[float, Any], **how: Any) -> WaitError:
    error = run(lambda: outcome(History(steps), **how))
    assert isinstance(error, WaitError)
    return error


async def outcome(history: History, **how: Any) -> Met | NbcloudError:
    try:
        return await wait_for(history, **how).run()
    except NbcloudError as error:
        return error


@pytest.mark.parametrize("overridable", [None, True])
def test_the_hint_of_a_gate_is_the_command(overridable: bool | None) -> None:
    hint = with_command(failure((0, DOWN)), URN, overridable, NOW).hint
    network = "check the network, the endpoint and the vendor's status page; the next run waits again"
    assert hint == f"{network}; {COMMAND}"


def test_the_hint_of_the_command_is_its_flags() -> None:
    assert with_flags(failure((0, MOVED)), NOW).hint == f"set endpoint to it; {FLAGS}"


@pytest.mark.parametrize(
    ("steps", "overridable"),
    [
        ([(0, DOWN)], False),
        ([(0, "FAILED")], None),
        ([(0, "PENDING")], None),
        ([(0, ABSENT)], None),
        ([(0, LOCKED)], True),
    ],
    ids=["not overridable", "failed", "timed out", "never appeared", "unauthorized"],
)
def test_there_is_no_such_hint_where_it_would_not_help(steps: Any, overridable: bool | None) -> None:
    error = failure(*steps, timeout=60)
    before = error.hint
    assert with_command(error, URN, overridable, NOW).hint == before
    if overridable is not False:
        assert with_flags(error, NOW).hint == before


def test_a_mistake_has_no_such_hint() -> None:
    error = SettingsError("a setting is missing", hint="set it")
    assert with_command(error, URN, None, NOW).hint == with_flags(error, NOW).hint == "set it"
