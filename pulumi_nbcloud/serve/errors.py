"""The errors that a caller may see."""

from __future__ import annotations


class RequestError(Exception):
    """A request that is not evaluated.

    Args:
        status: the HTTP status of the response.
        code: one word for programs.
        problem: the problem in one line, without other gates or accounts, and without any value of the request.
        retry_after: the seconds until another try; None if it would not help.
        closes: whether later data on its connection cannot be trusted.
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
