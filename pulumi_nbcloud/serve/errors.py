"""What is wrong with a request, as its caller may know it."""

from __future__ import annotations


class RequestError(Exception):
    """A request that is not evaluated.

    Args:
        status: of the response.
        code: one word for programs.
        problem: what is wrong, in one line; nothing of other gates or accounts, and no value of the request.
        retry_after: when to try again, in seconds; None where that would not help.
        closes: whether what comes after it on its connection is not to be trusted.
    """

    def __init__(
        self, status: int, code: str, problem: str, *, retry_after: int | None = None, closes: bool = False
    ) -> None:
        super().__init__(problem)
        self.status = status
        self.code = code
        self.problem = problem
        self.retry_after = retry_after
        self.closes = closes
