"""The HPC-AI mock: its interface to the server and to tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pulumi_nbcloud.mock.contents import Content, content
from pulumi_nbcloud.mock.hpcai.accounts import AccountBook, AccountSpec
from pulumi_nbcloud.mock.hpcai.instances import Instances, ManySpec, OptionsSpec
from pulumi_nbcloud.mock.hpcai.responses import Responses
from pulumi_nbcloud.mock.service import AdminRoutes, Answer, Context, Service
from pulumi_nbcloud.mock.validation import validated, validated_json
from pulumi_nbcloud.mock.wire import CloudRequest, Route

# Only for the mock; they grant no access anywhere else.
DEFAULT_ACCOUNT = AccountSpec(
    username="mock-user",
    password="mock-password-not-a-real-one",  # noqa: S106
    api_key="mock-api-key-not-a-real-one",
)
OTHER_ACCOUNT = AccountSpec(
    username="other-user",
    password="other-mock-password-not-a-real-one",  # noqa: S106
    api_key="other-mock-api-key-not-a-real-one",
)


class HpcAi(Service):
    """HPC-AI with two accounts and no instances."""

    name = "hpcai"
    # Not all of /api/: the user guide of another cloud begins its paths with /api/ too (docs/vendors/aidp.md, DP-3).
    prefixes = ("/api/instance/", "/api/user/")
    profiles: ClassVar = {None: DEFAULT_ACCOUNT.username, "other": OTHER_ACCOUNT.username}
    secrets = frozenset({"apiKey", "accessToken", "password"})

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._accounts = AccountBook((DEFAULT_ACCOUNT, OTHER_ACCOUNT))
        self._instances = Instances(context, self._accounts)
        self._responses = Responses(self._instances, self._accounts, context.clock)

    def put_instance(self, instance_id: str, *, username: str = DEFAULT_ACCOUNT.username, **fields: Any) -> None:
        """Store an instance, or replace one together with its transitions.

        Args:
            instance_id: 1 to 256 visible ASCII characters.
            username: the owner.
            fields: those of `instances.InstanceSpec`: `status`, `name`, `healthy` and so on, and `row` for everything
                else by the wire's names.

        Raises:
            InvalidInput: names the invalid id or field.
            UnknownThing: there is no such user.
        """
        self._instances.put((username, instance_id), fields)

    def put_instances(
        self, count: int, *, prefix: str = "notebook-", username: str = DEFAULT_ACCOUNT.username, **fields: Any
    ) -> list[str]:
        """Store many instances of one form.

        Args:
            count: how many.
            prefix: the prefix of their ids; a number of six digits follows, from 0.
            username: the owner.
            fields: those of `put_instance`.

        Returns:
            Their ids.
        """
        return self._instances.put_many(username, validated(ManySpec, {"count": count, "prefix": prefix, **fields}))

    def add_transition(self, instance_id: str, *, username: str = DEFAULT_ACCOUNT.username, **changes: Any) -> None:
        """Plan what a stored instance becomes: after N more reads, after T virtual seconds, or (neither) at once.

        A read is a page that shows the instance.

        Args:
            instance_id: which instance.
            username: the owner.
            changes: the fields of `put_instance` that change, and `after_reads` or `after_seconds`.

        Raises:
            InvalidInput: names the invalid field.
            UnknownThing: the instance is not stored.
        """
        self._instances.plan((username, instance_id), changes)

    def get_instance(self, instance_id: str, *, username: str = DEFAULT_ACCOUNT.username) -> dict[str, Any]:
        """Return what is stored of an instance, without counting a read.

        Raises:
            UnknownThing: it is not stored.
        """
        return self._instances.get((username, instance_id))

    def delete_instance(self, instance_id: str, *, username: str = DEFAULT_ACCOUNT.username) -> None:
        """Drop a stored instance.

        Raises:
            UnknownThing: it is not stored.
        """
        self._instances.delete((username, instance_id))

    def configure(self, **options: Any) -> None:
        """Set the irregularities of the cloud: the fields of `instances.OptionsSpec`; the others stay.

        Raises:
            InvalidInput: names the invalid option.
        """
        with self._context.lock:
            self._responses.options = validated(OptionsSpec, {**self._responses.options.model_dump(), **options})

    def add_account(self, username: str, password: str, api_key: str, *, denied: bool = False) -> None:
        """Add an account or replace one (a rotated key, say); earlier tokens stay valid.

        Raises:
            InvalidInput: names the invalid argument.
        """
        values = {"username": username, "password": password, "api_key": api_key, "denied": denied}
        spec = validated(AccountSpec, values)
        with self._context.lock:
            self._accounts.put(spec)

    def revoke_tokens(self, username: str = DEFAULT_ACCOUNT.username) -> None:
        """Invalidate all tokens of a user so far, like a log-out everywhere.

        Raises:
            UnknownThing: there is no such user.
        """
        with self._context.lock:
            self._accounts.revoke(username)

    def access_token(self, username: str = DEFAULT_ACCOUNT.username, *, seconds: int | None = None) -> str:
        """Return a token as from a login, valid for `seconds` of the virtual clock (default: `token_seconds`)."""
        with self._context.lock:
            lasting = self._responses.options.token_seconds if seconds is None else seconds
            return self._accounts.issue(username, self._context.clock.now(), lasting)

    def respond(self, request: CloudRequest, request_id: str) -> Answer:
        """Respond to a request."""
        return self._responses.respond(request, request_id)

    def caller(self, request: CloudRequest) -> str | None:
        """Return the user of the key or token, `(unknown)` for a stranger, None without either."""
        if not {"x-api-key", "cookie"} & request.headers.keys():
            return None
        account = self._responses.account_of(request, None)
        return account.username if account is not None else "(unknown)"

    def reset(self) -> None:
        """Drop all instances, added accounts, tokens and options."""
        with self._context.lock:
            self._instances.clear()
            self._accounts.reset()
            self._responses.options = OptionsSpec()

    def state(self) -> dict[str, Any]:
        """Return its complete state as plain data, without secrets."""
        with self._context.lock:
            return {
                "accounts": self._accounts.state(),
                "options": self._responses.options.model_dump(),
                "instances": self._instances.state(),
            }

    def contents(self) -> list[Content]:
        """Return the instances of the first account."""
        with self._context.lock:
            own = [row for row in self._instances.state() if row["username"] == self.account_name(None)]
        statuses = [(row["row"].get("instanceRuntimeInfo") or {}).get("status") for row in own]
        return [
            content("hpcai:Instance", row, ("instance_id",), status) for row, status in zip(own, statuses, strict=True)
        ]

    def settings(self, profile: str | None) -> dict[str, str]:
        """Return the settings that make a client use this mock."""
        return {"apiKey": self._account(profile).api_key, "endpoint": self.endpoint}

    def token_settings(self, profile: str | None = None, *, seconds: int | None = None) -> dict[str, str]:
        """Return settings that sign in with an access token; see `access_token`."""
        return {
            "accessToken": self.access_token(self._account(profile).username, seconds=seconds),
            "endpoint": self.endpoint,
        }

    def login_settings(self, profile: str | None = None) -> dict[str, str]:
        """Return settings that sign in with user name and password."""
        account = self._account(profile)
        return {"username": account.username, "password": account.password, "endpoint": self.endpoint}

    @property
    def admin_routes(self) -> AdminRoutes:
        """The routes of its own under `/_mock/hpcai/`."""
        return {
            **self._instances.admin_routes("/_mock/hpcai/instances"),
            Route("POST", "/_mock/hpcai/instances/{username}", "put_instances"): self._admin_put_many,
            Route("PUT", "/_mock/hpcai/options", "set_options"): self._admin_configure,
        }

    def _admin_put_many(self, request: CloudRequest, ids: Mapping[str, str]) -> Any:
        return {"instance_ids": self._instances.put_many(ids["username"], validated_json(ManySpec, request.body))}

    def _admin_configure(self, request: CloudRequest, _: Mapping[str, str]) -> Any:
        given = validated_json(OptionsSpec, request.body)
        self.configure(**given.model_dump(exclude_unset=True))
        return self._responses.options.model_dump()

    def _account(self, profile: str | None) -> AccountSpec:
        with self._context.lock:
            return self._accounts.get(self.account_name(profile))
