"""Field types that states are built from."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as pydantic_dataclass

from pulumi_nbcloud.kinds.fields import OpenEnum, State, Text, stable
from pulumi_nbcloud.kinds.times import MAX_MILLISECONDS, Milliseconds, TimeText, Twinned, time_text, time_twin

LAST = "9999-12-31T23:59:59.999Z"


@pytest.mark.parametrize(
    ("wire", "milliseconds"),
    [
        (0, 0),
        (1, 1),
        (MAX_MILLISECONDS, MAX_MILLISECONDS),
        ("1638841744515", 1638841744515),
        ("0", 0),
    ],
)
def test_a_wire_time_is_a_number_or_its_digits(wire: object, milliseconds: int) -> None:
    assert TypeAdapter(Milliseconds).validate_python(wire) == milliseconds


@pytest.mark.parametrize(
    "wire",
    [-1, MAX_MILLISECONDS + 1, True, False, 5.0, 1.5, "", " 1", "-1", "+1", "1.0", "٣", "²", "1_0", "9" * 16, [], {}],
    ids=repr,
)
def test_nothing_else_is_a_wire_time(wire: object) -> None:
    with pytest.raises(
        ValidationError, match="be milliseconds since 1970, up to the year 9999, as a number or its digits"
    ):
        TypeAdapter(Milliseconds).validate_python(wire)


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (None, None),
        (0, None),
        (-1, None),
        (1, "1970-01-01T00:00:00.001Z"),
        (1638841744515, "2021-12-07T01:49:04.515Z"),
        (1638841744000, "2021-12-07T01:49:04.000Z"),
        (MAX_MILLISECONDS, LAST),
        (MAX_MILLISECONDS + 1, None),
    ],
)
def test_a_time_as_text(milliseconds: int | None, text: str | None) -> None:
    assert time_text(milliseconds) == text


@given(st.integers(1, MAX_MILLISECONDS))
def test_a_time_as_text_loses_nothing(milliseconds: int) -> None:
    moment = datetime.strptime(time_text(milliseconds) or "", "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
    since = moment - datetime(1970, 1, 1, tzinfo=timezone.utc)
    assert (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000 == milliseconds


@pytest.mark.parametrize(
    ("wire", "value"),
    [
        ("TIMING", "TIMING"),
        ("timing", "TIMING"),
        ("Idle", "IDLE"),
        ("Later", "Later"),
        ("", ""),
        ("TIMING ", "TIMING "),
    ],
)
def test_known_values_get_the_vendors_spelling_and_unknown_ones_stay(wire: str, value: str) -> None:
    enum: Any = Annotated[str, OpenEnum(("TIMING", "IDLE"))]
    assert TypeAdapter(enum).validate_python(wire) == value


@pytest.mark.parametrize("value", ["\ud800", "a\udfffb", 1, b"x", None], ids=ascii)
def test_text_is_whole_unicode_text(value: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Text).validate_python(value)


@pytest.mark.parametrize("value", ["", "中", "a\nb"])
def test_text_stays_as_it_came(value: str) -> None:
    assert TypeAdapter(Text).validate_python(value) == value


@pydantic_dataclass(frozen=True, kw_only=True)
class _Row(Twinned):
    at: Milliseconds | None = None
    time: TimeText | None = time_twin("at")
    end_at: Milliseconds | None = None
    end_time: TimeText | None = time_twin("end_at", alone=False)


@pydantic_dataclass(frozen=True, kw_only=True)
class _Job(_Row, State):
    name: str


JOB = {"at": 1638841744515, "time": "2021-12-07T01:49:04.515Z", "end_at": 5, "end_time": "1970-01-01T00:00:00.005Z"}


def _job() -> _Job:
    return _Job(name="n", at=JOB["at"], end_at="5")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "see",
    [
        vars,
        lambda job: job.__dict__,
        lambda job: job.to_dict(),
        stable,
        dataclasses.asdict,
        lambda job: vars(dataclasses.replace(job)),
        lambda job: vars(pickle.loads(pickle.dumps(job))),
        lambda job: vars(copy.copy(job)),
        lambda job: vars(copy.deepcopy(job)),
        lambda job: {each.name: getattr(job, each.name) for each in dataclasses.fields(job)},
    ],
)
def test_whoever_looks_at_a_time_twin_sees_a_plain_field(see: Callable[[Any], dict[str, Any]]) -> None:
    assert see(_job()) == {"name": "n", **JOB}


def test_equality_hash_and_repr_see_time_twins() -> None:
    job, looked_at, other = _job(), _job(), _Job(name="n", time="1970-01-01T00:00:00.005Z")
    assert vars(looked_at)
    assert (job, hash(job), repr(job)) == (looked_at, hash(looked_at), repr(looked_at))
    assert job != other
    assert "end_time='1970-01-01T00:00:00.005Z'" in repr(job)


def test_a_time_twin_follows_its_number_and_cannot_be_set() -> None:
    given = _Job(name="n", at=5, time="2021-12-07T01:49:04.515Z", end_time="2021-12-07T01:49:04.515Z")
    assert (given.time, given.end_time) == ("1970-01-01T00:00:00.005Z", None)
    assert _Job(name="n", time="2021-12-07T01:49:04.515Z").time == "2021-12-07T01:49:04.515Z"
    with pytest.raises(dataclasses.FrozenInstanceError):
        given.time = None  # type: ignore[misc]


@dataclass(frozen=True)
class _Part(State):
    name: str | None


@dataclass(frozen=True)
class _Whole(State):
    part: _Part
    rows: tuple[_Part, ...]
    tags: dict[str, _Part]
    nothing: None = None


def test_a_state_is_given_as_plain_values_with_nulls_kept() -> None:
    state = _Whole(_Part("a"), (_Part(None),), {"k": _Part("b")})
    assert state.to_dict() == {
        "part": {"name": "a"},
        "rows": [{"name": None}],
        "tags": {"k": {"name": "b"}},
        "nothing": None,
    }
