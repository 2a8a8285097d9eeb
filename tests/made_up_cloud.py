"""A cloud that nobody knows but this file: what its settings are called tells nothing about which are secret."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, ClassVar

from pydantic.dataclasses import dataclass

from pulumi_nbcloud.clouds.account import Account
from pulumi_nbcloud.clouds.credentials import Connection, Credentials, credentials_of
from pulumi_nbcloud.clouds.statuses import described
from pulumi_nbcloud.errors import NbcloudError, RefusedError, SettingsError
from pulumi_nbcloud.http.messages import Request, Response, target
from pulumi_nbcloud.kinds.fields import State
from pulumi_nbcloud.kinds.kind import Kind
from pulumi_nbcloud.settings.schema import CredentialSet, Schema, Settings
from pulumi_nbcloud.settings.secret import PEM, URL_PASSWORD

TOKEN = "madeup:Thing"
HELD = "canary-held-by-the-method-0c5e"

VOUCHER = CredentialSet(("holder", "voucher"), ("seal",))
LETTER = CredentialSet(("letter",))
SCHEMA = Schema(
    cloud="madeup",
    credentials=(VOUCHER, LETTER),
    free=("endpoint", "bell"),
    public=frozenset({"holder"}),
    secrets={"letter": PEM, "bell": URL_PASSWORD},
)


class Voucher(Credentials):
    """Sends the voucher; the seal stays here."""

    credential_set = VOUCHER

    def __init__(self, voucher: str) -> None:
        self._voucher = voucher

    @classmethod
    def from_settings(cls, settings: Settings, connection: Connection) -> Voucher:
        if settings.values["voucher"].startswith("bad-"):
            # Wrong on purpose: no setting's value belongs in a message.
            raise SettingsError(f"the voucher {settings.values['voucher']} is no voucher", hint="correct it")
        return cls(settings.values["voucher"])

    async def sign(self, request: Request) -> Request:
        return replace(request, headers={"X-Voucher": self._voucher})

    def secrets(self) -> Iterable[str]:
        return (HELD,)


class Letter(Credentials):
    """Sends nothing of the letter."""

    credential_set = LETTER

    @classmethod
    def from_settings(cls, settings: Settings, connection: Connection) -> Letter:
        return cls()

    async def sign(self, request: Request) -> Request:
        return request


METHODS: tuple[type[Credentials], ...] = (Voucher, Letter)


class MadeUpAccount(Account):
    """Whatever the cloud says against a request is its message."""

    schema: ClassVar[Schema] = SCHEMA

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.endpoint = self.settings.values["endpoint"]
        self._credentials = credentials_of(METHODS, self.settings, self._connection)

    @property
    def credentials(self) -> Credentials:
        return self._credentials

    def request(self, method: str, target: str, body: bytes = b"") -> Request:
        return Request(method, self.endpoint, target, {}, body)

    def error(self, response: Response) -> NbcloudError | None:
        if response.status == 200:
            return None
        said = response.text(response.body.decode())
        return described(RefusedError("no", hint="ask elsewhere"), response, code=None, message=said)


@dataclass(frozen=True)
class ThingArguments:
    """Which thing to read.

    Args:
        thing_id: the thing's id.
        profile: a named profile of the settings.
    """

    thing_id: str
    profile: str | None = None


@dataclass(frozen=True)
class Thing(State):
    """One thing."""

    status: str | None = None
    """The thing's status."""


async def _read(account: MadeUpAccount, arguments: ThingArguments) -> Thing:
    response = await account.get(target(("things", arguments.thing_id)))
    body = response.json()
    if not isinstance(body, dict):
        # As a kind might say it, without a thought of secrets.
        raise response.bad(f"not a thing but {body}", hint="look at it")
    return Thing(body.get("status"))


THING: Kind[MadeUpAccount, ThingArguments, Thing] = Kind(
    token=TOKEN,
    account=MadeUpAccount,
    arguments=ThingArguments,
    state=Thing,
    read=_read,
    identify=lambda arguments: arguments.thing_id,
    ready='self.status == "READY"',
    failed=(),
    not_found_is_gone=True,
    headline=("status",),
)
