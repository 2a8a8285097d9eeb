"""Retry decisions after a failed attempt: pure functions and a budget, without any I/O."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timezone
from email.utils import parsedate_to_datetime

RETRY_STATUSES = frozenset({408, 425, 429, 502, 503, 504})
MAX_ATTEMPTS = 5
FIRST_DELAY_SECONDS = 0.5
FIRST_THROTTLE_DELAY_SECONDS = 2.0  # Huawei advises 2 to 5 s (docs/vendors/modelarts.md, MA-32)
MAX_DELAY_SECONDS = 20.0
BUDGET_TOKENS = 100
RETRY_COST = 5

_IMF_DATE = re.compile(r"[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT", re.ASCII)
_SECONDS = re.compile(r"\d+(\.\d+)?", re.ASCII)
_MAX_RETRY_AFTER_SECONDS = 1e9  # beyond every deadline, and still presentable as a number


def parse_retry_after(value: str | None, now: float) -> float | None:
    """Read a Retry-After header.

    Args:
        value: the header; None when there is none.
        now: the time of its arrival, in seconds since 1970.

    Returns:
        Seconds to wait, 0 or more; None where the value is neither a plain ASCII number nor an HTTP date.
    """
    text = (value or "").strip()
    if _SECONDS.fullmatch(text):
        return min(float(text), _MAX_RETRY_AFTER_SECONDS)
    if _IMF_DATE.fullmatch(text):
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return None
        return max(0.0, moment.astimezone(timezone.utc).timestamp() - now)
    return None


@dataclass(frozen=True)
class Failure:
    """A failed attempt that may justify another.

    Args:
        status: the HTTP status, None without a response.
        retry_after: the seconds of a Retry-After, None without one.
    """

    status: int | None = None
    retry_after: float | None = None


def next_delay(failure: Failure, attempt: int, remaining: float, random: Callable[[], float]) -> float | None:
    """Decide whether to try again, and when.

    Args:
        failure: the last attempt.
        attempt: the number of attempts so far, 1 or more.
        remaining: seconds until the deadline.
        random: returns a number from 0 up to 1.

    Returns:
        Seconds to wait before the next attempt; None to give up: enough attempts were made, or the wait would end
        at or after the deadline. A Retry-After beyond the deadline gives up too, it is never cut short.
    """
    if attempt >= MAX_ATTEMPTS:
        return None
    first = FIRST_THROTTLE_DELAY_SECONDS if failure.status == 429 else FIRST_DELAY_SECONDS
    # Full jitter: clients that failed together must not retry together.
    delay = random() * min(MAX_DELAY_SECONDS, first * 2.0 ** (attempt - 1))
    if failure.retry_after is not None:
        delay = failure.retry_after
    return delay if delay < remaining else None


class RetryBudget:
    """Limit the retries of one account: many readers must not multiply an outage.

    A retry costs 5 of 100 tokens, a success returns one; with none left, an attempt is the last.
    """

    def __init__(self) -> None:
        self.tokens = BUDGET_TOKENS

    def spend(self) -> bool:
        """Spend the cost of one retry; return False if too little is left."""
        if self.tokens < RETRY_COST:
            return False
        self.tokens -= RETRY_COST
        return True

    def refund(self) -> None:
        """Return one token after a success."""
        self.tokens = min(BUDGET_TOKENS, self.tokens + 1)
