"""Durations as text, there and back; and the schedule of polls."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_nbcloud.errors import InputError
from pulumi_nbcloud.waiting.duration import MAX_SECONDS, parse_duration, spell
from pulumi_nbcloud.waiting.schedule import Schedule


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("30m", 1800),
        ("1h30m", 5400),
        ("1h30m5s", 5405),
        ("500ms", 0.5),
        ("1s500ms", 1.5),
        ("1.5h", 5400),
        ("0.5s", 0.5),
        ("0", 0),
        ("0s", 0),
        ("30m1h", 5400),
        ("720h", MAX_SECONDS),
        ("2d", 172_800),
        ("1d12h", 129_600),
        ("30d", MAX_SECONDS),
        (" 90s\n", 90),
    ],
)
def test_a_duration_is_read(text: str, seconds: float) -> None:
    assert parse_duration(text, "timeout") == seconds


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "5", "00", "s", "-5s", "+5s", "1h-5m", "1H", "1 h", "5 m", "1h 5m", "5m!", "5.s", ".5s", "1.2.3s"),
        *("1e400", "1e3s", "1D", "1w", "5us", "1_0s", "0x5s", "inf", "nan", "\u0661s", "5\u0455", "1h\x005m"),
        "1234567890s",
    ],
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_duration(text, "timeout")
    assert caught.value.problem.startswith("timeout '")
    assert caught.value.problem.endswith("' is not a duration")
    unit = "give it a unit, as in 5s or 5m; only 0 needs none"
    assert caught.value.hint == (unit if text == "5" else "write it like 90s, 30m or 1h30m; 0 is allowed")


@pytest.mark.parametrize(
    ("text", "least", "hint"),
    [
        ("720h1s", 0, "give 0s to 720h"),
        ("999999999h", 0, "give 0s to 720h"),
        ("999ms", 1, "give 1s to 720h"),
        ("0", 1, "give 1s to 720h"),
        ("100ms", 0.5, "give 500ms to 720h"),
    ],
)
def test_what_is_out_of_range_is_refused_with_the_range(text: str, least: float, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_duration(text, "interval", least=least)
    assert caught.value.problem == f"interval '{text}' is out of range"
    assert caught.value.hint == hint


def test_a_bad_text_is_shown_on_one_line_and_cut() -> None:
    with pytest.raises(InputError) as caught:
        parse_duration("\x1b[2J\n" + "9" * 100, "timeout")
    assert caught.value.problem == f"timeout '?[2J {'9' * 34}…' is not a duration"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (0.25, "250ms"), (1, "1s"), (59.6, "1m"), (90, "1m30s"), (3600, "1h"), (3605, "1h5s"), (5400, "1h30m")],
)
def test_a_duration_is_written(seconds: float, text: str) -> None:
    assert spell(seconds) == text


@given(st.integers(0, int(MAX_SECONDS)))
def test_what_is_written_can_be_read(seconds: int) -> None:
    assert parse_duration(spell(seconds), "timeout") == seconds


@given(st.integers(1, 999))
def test_what_is_written_of_milliseconds_can_be_read(milliseconds: int) -> None:
    assert parse_duration(spell(milliseconds / 1000), "timeout") == pytest.approx(milliseconds / 1000)


def test_pauses_grow_by_half_up_to_30_s_and_start_again_after_a_change() -> None:
    schedule = Schedule(random=lambda: 0.5)
    assert [schedule.next() for _ in range(7)] == [5, 7.5, 11.25, 16.875, 25.3125, 30, 30]
    schedule.reset()
    assert [schedule.next() for _ in range(2)] == [5, 7.5]


@pytest.mark.parametrize(("random", "pauses"), [(0.0, [4.5, 6.75, 10.125]), (1.0, [5.5, 8.25, 12.375])])
def test_jitter_is_a_tenth_and_does_not_add_up(random: float, pauses: list[float]) -> None:
    schedule = Schedule(random=lambda: random)
    assert [schedule.next() for _ in range(3)] == pytest.approx(pauses)
    assert (schedule.shortest, schedule.longest) == pytest.approx((4.5, 33))


def test_an_interval_does_not_grow() -> None:
    schedule = Schedule.fixed(12, lambda: 0.5)
    assert [schedule.next() for _ in range(3)] == [12, 12, 12]
    assert (schedule.start, schedule.cap) == (12, 12)


def test_a_start_above_the_cap_raises_the_cap() -> None:
    assert Schedule(45, 30).cap == 45


def test_without_a_given_random_the_pauses_of_two_waits_differ() -> None:
    first, second = Schedule(), Schedule()
    assert [first.next() for _ in range(5)] != [second.next() for _ in range(5)]
