"""The HPC-AI mock as the server and the tests see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi_nbcloud.mock.hpcai.accounts import AccountBook, AccountSpec
from pulumi_nbcloud.mock.hpcai.models import InstanceBackend, InstanceSpec, ManySpec, OptionsSpec, TransitionSpec
from pulumi_nbcloud.mock.hpcai.responses import Responses
from pulumi_nbcloud.mock.hpcai.urls import ROUTES
from pulumi_nbcloud.mock.service import AdminRoutes, Answer, Context, Service
from pulumi_nbcloud.mock.validation import UnknownThing, validated, validated_json
from pulumi_nbcloud.mock.wire import CloudRequest, Route

# Made up for the mock; they open nothing anywhere else.
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
_PROFILES: Mapping[str | None, str] = {None: DEFAULT_ACCOUNT.username, "other": OTHER_ACCOUNT.username}

_INSTANCES_PATH = "/_mock/hpcai/instances/{username}"
_INSTANCE_PATH = _INSTANCES_PATH + "/{instance_id}"


class HpcAi(Service):
    """HPC-AI with two accounts and no instances."""

    name = "hpcai"
    # Not all of /api/: the user guide of another cloud begins its paths with /api/ too (docs/vendors/aidp.md, DP-3).
    prefixes = ("/api/instance/", "/api/user/")
    routes = ROUTES

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._instances = InstanceBackend()
        self._accounts = AccountBook((DEFAULT_ACCOUNT, OTHER_ACCOUNT))
        self._responses = Responses(self._instances, self._accounts, context.clock)

    def put_instance(self, instance_id: str, *, username: str = DEFAULT_ACCOUNT.username, **fields: Any) -> None:
        """Store an instance, or replace one together with its transitions.

        `fields` are those of `InstanceSpec`: `status`, `name`, `healthy` and so on, and `row` for everything else by
        the wire's names. Raises `InvalidInput`, which names the field, and `UnknownThing` for an unknown user.
        """
        self._put(username, instance_id, validated(InstanceSpec, fields))

    def put_instances(
        self, count: int, *, prefix: str = "notebook-", username: str = DEFAULT_ACCOUNT.username, **fields: Any
    ) -> list[str]:
        """Store `count` instances of one form and return their ids: `prefix` and a number of six digits, from 0."""
        return self._put_many(username, validated(ManySpec, {"count": count, "prefix": prefix, **fields}))

    def add_transition(
        self,
        instance_id: str,
        *,
        username: str = DEFAULT_ACCOUNT.username,
        after_reads: int | None = None,
        after_seconds: float | None = None,
        **changed_fields: Any,
    ) -> None:
        """WaitSpec what a stored instance becomes: after N more reads, after T virtual seconds, or (neither) at once.

        A read is a page that shows the instance. `changed_fields` are those of `put_instance`; the others stay. Raises
        `UnknownThing` for an instance that is not stored and `InvalidInput`, which names the field.
        """
        moments = {"after_reads": after_reads, "after_seconds": after_seconds}
        self._plan(username, instance_id, validated(TransitionSpec, {**changed_fields, **moments}))

    def get_instance(self, instance_id: str, *, username: str = DEFAULT_ACCOUNT.username) -> dict[str, Any]:
        """Return what is stored of an instance, without counting a read; raises `UnknownThing`."""
        with self._context.lock:
            return self._instances.get(username, instance_id).state(self._context.clock.now())

    def delete_instance(self, instance_id: str, *, username: str = DEFAULT_ACCOUNT.username) -> None:
        """Drop a stored instance; raises `UnknownThing`."""
        with self._context.lock:
            self._instances.delete(username, instance_id)

    def configure(self, **options: Any) -> None:
        """Set how ugly the cloud is: the fields of `OptionsSpec`; the others stay. Raises `InvalidInput`."""
        with self._context.lock:
            self._responses.options = validated(OptionsSpec, {**self._responses.options.model_dump(), **options})

    def add_account(self, username: str, password: str, api_key: str, *, denied: bool = False) -> None:
        """Add an account or replace one (a rotated key, say); tokens of before stay valid. Raises `InvalidInput`."""
        values = {"username": username, "password": password, "api_key": api_key, "denied": denied}
        spec = validated(AccountSpec, values)
        with self._context.lock:
            self._accounts.put(spec)

    def revoke_tokens(self, username: str = DEFAULT_ACCOUNT.username) -> None:
        """Make every token that a user got until now worthless, as a log-out everywhere; raises `UnknownThing`."""
        with self._context.lock:
            self._accounts.revoke(username)

    def access_token(self, username: str = DEFAULT_ACCOUNT.username, *, seconds: int | None = None) -> str:
        """Return a token as a login gives it, valid for `seconds` of the virtual clock (default: `token_seconds`)."""
        with self._context.lock:
            lasting = self._responses.options.token_seconds if seconds is None else seconds
            return self._accounts.issue(username, self._context.clock.now(), lasting)

    def respond(self, request: CloudRequest, request_id: str) -> Answer:
        """Answer a request."""
        return self._responses.respond(request, request_id)

    def caller(self, request: CloudRequest) -> str | None:
        """Return the user of the key or token, `(unknown)` for a stranger, None where neither is sent."""
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
        """Return everything it holds as plain data, without secrets."""
        with self._context.lock:
            return {
                "accounts": self._accounts.state(),
                "options": self._responses.options.model_dump(),
                "instances": self._instances.state(self._context.clock.now()),
            }

    def settings(self, profile: str | None) -> dict[str, str]:
        """Return the settings that make a client use this mock; raise `UnknownThing` for an unknown profile."""
        return {"apiKey": self._account(profile).api_key, "endpoint": self.endpoint}

    def token_settings(self, profile: str | None = None, *, seconds: int | None = None) -> dict[str, str]:
        """Return settings that sign in by an access token; see `access_token`."""
        return {
            "accessToken": self.access_token(self._account(profile).username, seconds=seconds),
            "endpoint": self.endpoint,
        }

    def login_settings(self, profile: str | None = None) -> dict[str, str]:
        """Return settings that sign in by user name and password."""
        account = self._account(profile)
        return {"username": account.username, "password": account.password, "endpoint": self.endpoint}

    def secret_settings(self) -> frozenset[str]:
        """Return the names in `settings` whose values are secret."""
        return frozenset({"apiKey", "accessToken", "password"})

    @property
    def admin_routes(self) -> AdminRoutes:
        """The routes of its own under `/_mock/hpcai/`."""
        return {
            Route("POST", _INSTANCES_PATH, "put_instances"): self._admin_put_many,
            Route("PUT", _INSTANCE_PATH, "put_instance"): self._admin_put,
            Route("GET", _INSTANCE_PATH, "get_instance"): lambda _, ids: self.get_instance(**ids),
            Route("DELETE", _INSTANCE_PATH, "delete_instance"): lambda _, ids: self.delete_instance(**ids),
            Route("POST", _INSTANCE_PATH + "/transitions", "add_transition"): self._admin_plan,
            Route("PUT", "/_mock/hpcai/options", "set_options"): self._admin_configure,
        }

    def _admin_put(self, request: CloudRequest, ids: Mapping[str, str]) -> Any:
        self._put(ids["username"], ids["instance_id"], validated_json(InstanceSpec, request.body or b"{}"))
        return self.get_instance(**ids)

    def _admin_put_many(self, request: CloudRequest, ids: Mapping[str, str]) -> Any:
        return {"instance_ids": self._put_many(ids["username"], validated_json(ManySpec, request.body))}

    def _admin_plan(self, request: CloudRequest, ids: Mapping[str, str]) -> Any:
        self._plan(ids["username"], ids["instance_id"], validated_json(TransitionSpec, request.body))
        return self.get_instance(**ids)

    def _admin_configure(self, request: CloudRequest, _: Mapping[str, str]) -> Any:
        given = validated_json(OptionsSpec, request.body)
        self.configure(**given.model_dump(exclude_unset=True))
        return self._responses.options.model_dump()

    def _account(self, profile: str | None) -> AccountSpec:
        if profile not in _PROFILES:
            raise UnknownThing(f"profile: hpcai has no mock account for {profile!r}; there is 'other'")
        with self._context.lock:
            return self._accounts.get(_PROFILES[profile])

    def _put(self, username: str, instance_id: str, spec: InstanceSpec) -> None:
        with self._context.lock:
            owner_id = self._accounts.get(username).owner_id
            self._instances.put(username, owner_id, instance_id, spec, self._context.clock.now())

    def _put_many(self, username: str, spec: ManySpec) -> list[str]:
        ids = [f"{spec.prefix}{number:06d}" for number in range(spec.count)]
        for instance_id in ids:
            self._put(username, instance_id, spec.one())
        return ids

    def _plan(self, username: str, instance_id: str, spec: TransitionSpec) -> None:
        with self._context.lock:
            self._instances.get(username, instance_id).add_transition(spec, self._context.clock.now())
