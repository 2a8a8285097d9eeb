"""What ends a wait before its deadline: what does not appear, and what does not change, for too long."""

from __future__ import annotations

import math

from pulumi_nbcloud.condition import Moment
from pulumi_nbcloud.waiting.options import WaitOptions


class Limits:
    """The limits of one wait, as moments on the monotonic clock. Failed polls do not count for either.

    Args:
        options: of the wait.
        started: when it began.
    """

    def __init__(self, options: WaitOptions, started: float) -> None:
        self._stall_timeout = options.stall_timeout
        self.appear_by = None if options.appear_timeout is None else started + options.appear_timeout
        """When each target must have been found; None where there is no limit, or where they were."""
        self.stalls_at: float | None = None
        """When something must have changed; None where there is no limit, or until all targets were found at once."""

    def observe(self, moment: Moment, *, appeared: bool, complete: bool, moved: bool) -> None:
        """Take in a poll that did not fail.

        Args:
            moment: when it was made.
            appeared: whether each target has been found, at this poll or before.
            complete: whether this poll found all of them.
            moved: whether something changed, or the condition holds.
        """
        if appeared:
            self.appear_by = None
        if self._stall_timeout is not None and (moved if self.stalls_at is not None else complete):
            self.stalls_at = moment.last_sent + self._stall_timeout

    def resume(self, stalls_at: float | None, *, appeared: bool) -> None:
        """Go on with the limits of another process that waited for the same.

        Args:
            stalls_at: when something must have changed, on this process's clock.
            appeared: whether each target has been found.
        """
        self.stalls_at = stalls_at if self._stall_timeout is not None else None
        if appeared:
            self.appear_by = None

    def after(self, moment: float) -> float:
        """Return the first limit that is later than a moment; infinity where there is none."""
        return min((each for each in (self.appear_by, self.stalls_at) if each and each > moment), default=math.inf)
