"""Find out what a read would send, without sending it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pulumi_nbcloud.clouds.account import Account
    from pulumi_nbcloud.kinds.kind import Kind


async def first_request(kind: Kind[Any, Any, Any], account: Account, arguments: Any) -> tuple[str, str] | None:
    """Return method and target of the first request of a read; None if it sends none.

    Args:
        kind: what would be read.
        account: the account that would send it.
        arguments: which one, as `kind.parse` returns them.

    Raises:
        InputError: an argument cannot be right.
    """
    try:
        await kind.read(_Unsent(account), arguments)
    except _Stopped as stopped:
        return stopped.method, stopped.target
    return None


class _Stopped(Exception):
    def __init__(self, method: str, target: str) -> None:
        super().__init__(method, target)
        self.method = method
        self.target = target


class _Unsent:
    """A replacement for an account in a read, which ends before the first request."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def __getattr__(self, name: str) -> Any:
        return getattr(self._account, name)

    async def get(self, target: str) -> Any:
        await self.send("GET", target)

    async def send(self, method: str, target: str, body: bytes = b"") -> Any:
        raise _Stopped(method, target)
