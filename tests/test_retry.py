"""What to do after an attempt that failed."""

from __future__ import annotations

from datetime import datetime, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_nbcloud.http.retry import MAX_ATTEMPTS, Failure, RetryBudget, next_delay, parse_retry_after

NOW = 1_638_842_905.0  # Tue, 07 Dec 2021 02:08:25 GMT
FAR = 1e9
BOUNDS = (datetime(2022, 1, 1), datetime(9999, 12, 31))  # noqa: DTZ001 (hypothesis gives them the time zone)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("   ", None),
        ("-1", None),
        ("+1", None),
        ("0", 0.0),
        ("7", 7.0),
        (" 7 ", 7.0),
        ("007", 7.0),
        ("1.5", 1.5),
        ("1.", None),
        (".5", None),
        ("nan", None),
        ("inf", None),
        ("1e9", None),
        ("0x10", None),
        ("1_000", None),
        ("5, 10", None),
        ("٣", None),
        ("999999999", 999_999_999.0),
        ("1700000000", FAR),
        ("9" * 5000, FAR),
        ("2021-12-07T02:09:25Z", None),
        ("Tue, 07 Dec 2021 02:09:25 GMT", 60.0),
        ("Tue, 07 Dec 2021 02:08:25 GMT", 0.0),
        ("Mon, 06 Dec 2021 02:08:25 GMT", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799.0 - NOW),
        ("Tue, 07 Dec 2021 02:09:25 CET", None),
        ("Tue, 07 Dec 2021 25:09:25 GMT", None),
        ("Tue, 31 Feb 2021 02:09:25 GMT", None),
        ("Xxx, 99 Yyy 2021 02:09:25 GMT", None),
        ("Tuesday, 07-Dec-21 02:09:25 GMT", None),
    ],
)
def test_retry_after_is_a_plain_number_or_an_http_date(value: str | None, seconds: float | None) -> None:
    assert parse_retry_after(value, NOW) == seconds


@given(st.text())
def test_no_retry_after_is_negative_or_endless(value: str) -> None:
    seconds = parse_retry_after(value, NOW)
    assert seconds is None or 0 <= seconds < float("inf")


@given(st.datetimes(*BOUNDS, timezones=st.just(timezone.utc)))
def test_http_dates_are_read_as_the_standard_library_writes_them(moment: datetime) -> None:
    whole = moment.replace(microsecond=0)
    assert parse_retry_after(format_datetime(whole, usegmt=True), NOW) == whole.timestamp() - NOW


@pytest.mark.parametrize(
    ("failure", "attempt", "remaining", "jitter", "delay"),
    [
        (Failure(), 1, 60, 1.0, 0.5),
        (Failure(), 2, 60, 1.0, 1.0),
        (Failure(503), 3, 60, 1.0, 2.0),
        (Failure(503), 4, 60, 0.5, 2.0),
        (Failure(503), 4, 60, 0.0, 0.0),
        (Failure(503), 5, 60, 0.0, None),
        (Failure(429), 1, 60, 1.0, 2.0),
        (Failure(429), 4, 60, 1.0, 16.0),
        (Failure(), 1, 0.5, 1.0, None),
        (Failure(), 1, 0, 0.0, None),
        (Failure(), 1, -1, 0.0, None),
        (Failure(429, retry_after=7), 1, 60, 1.0, 7),
        (Failure(429, retry_after=0), 1, 60, 1.0, 0),
        (Failure(503, retry_after=59.9), 1, 60, 0.0, 59.9),
        (Failure(503, retry_after=60), 1, 60, 0.0, None),
        (Failure(503, retry_after=FAR), 1, 60, 0.0, None),
        (Failure(503, retry_after=1), 5, 60, 0.0, None),
    ],
)
def test_the_delay_before_the_next_attempt(
    failure: Failure, attempt: int, remaining: float, jitter: float, delay: float | None
) -> None:
    assert next_delay(failure, attempt, remaining, lambda: jitter) == delay


@given(
    status=st.sampled_from([None, 408, 425, 429, 502, 503, 504]),
    retry_after=st.none() | st.floats(0, FAR),
    attempt=st.integers(1, 10),
    remaining=st.floats(-10, 100),
    jitter=st.floats(0, 1, exclude_max=True),
)
def test_a_delay_is_never_negative_nor_reaches_the_deadline(
    status: int | None, retry_after: float | None, attempt: int, remaining: float, jitter: float
) -> None:
    delay = next_delay(Failure(status, retry_after), attempt, remaining, lambda: jitter)
    assert delay is None or 0 <= delay < remaining
    if attempt >= MAX_ATTEMPTS:
        assert delay is None
    if delay is not None and retry_after is not None:
        assert delay == retry_after


def test_a_budget_pays_for_twenty_retries_and_no_more() -> None:
    budget = RetryBudget()
    assert [budget.spend() for _ in range(21)] == [True] * 20 + [False]


def test_five_successes_earn_one_retry() -> None:
    budget = RetryBudget()
    while budget.spend():
        pass
    for _ in range(4):
        budget.refund()
    assert not budget.spend()
    budget.refund()
    assert budget.spend()
    assert not budget.spend()


def test_successes_do_not_pile_up_beyond_the_start() -> None:
    budget = RetryBudget()
    for _ in range(1000):
        budget.refund()
    assert sum(budget.spend() for _ in range(100)) == 20
