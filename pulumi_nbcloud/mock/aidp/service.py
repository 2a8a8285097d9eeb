"""The AIDP mock as the server and the tests see it."""

from __future__ import annotations

import configparser
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pulumi_nbcloud.mock.aidp.accounts import Account, AccountBook
from pulumi_nbcloud.mock.aidp.keys import FIRST, SECOND, Key
from pulumi_nbcloud.mock.aidp.models import Ids, SessionBackend, SessionSpec, TransitionSpec
from pulumi_nbcloud.mock.aidp.responses import Responses
from pulumi_nbcloud.mock.aidp.signature import SignatureError, parse_authorization
from pulumi_nbcloud.mock.aidp.urls import PREFIXES, ROUTES
from pulumi_nbcloud.mock.service import AdminRoutes, Answer, Context, Service
from pulumi_nbcloud.mock.validation import InvalidInput, UnknownThing, validated, validated_json
from pulumi_nbcloud.mock.wire import CloudRequest, Route

REGION = "mock-region-1"
DEFAULT_PLATFORM = "ocid1.aidataplatform.oc1.mock.first"
OTHER_PLATFORM = "ocid1.aidataplatform.oc1.mock.other"
DEFAULT_WORKSPACE = "mock-workspace"
DEFAULT_USER = "ocid1.user.oc1..mockfirst"
OTHER_USER = "ocid1.user.oc1..mockother"
_TENANCY = "ocid1.tenancy.oc1..mock"
_USERS: Mapping[str | None, str] = {None: DEFAULT_USER, "other": OTHER_USER}

_SESSION_PATH = "/_mock/aidp/sessions/{platform_id}/{workspace_key}/{session_id}"


class Aidp(Service):
    """Oracle AI Data Platform with two users of one tenancy, each with a platform, and no sessions."""

    name = "aidp"
    # Down to the version: other clouds have paths under /api/ too.
    prefixes = tuple(prefix.rpartition("/")[0] + "/" for prefix in PREFIXES)
    routes = ROUTES

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._sessions = SessionBackend()
        self._accounts = AccountBook(
            (
                Account(_TENANCY, DEFAULT_USER, (DEFAULT_PLATFORM,), FIRST),
                Account(_TENANCY, OTHER_USER, (OTHER_PLATFORM,), SECOND),
            )
        )
        self._responses = Responses(self._sessions, self._accounts, context.clock, context.random)

    def put_session(
        self,
        session_id: str,
        *,
        platform_id: str = DEFAULT_PLATFORM,
        workspace_key: str = DEFAULT_WORKSPACE,
        **fields: Any,
    ) -> None:
        """Store a session, or replace one together with its transitions.

        `fields` are those of `models.SessionSpec`: `name`, `path`, `type`, `cluster_id`, `agent_flow_key`,
        `lifecycle_state`, `kernel` (False for a null one), `kernel_id`, `kernel_name`, `execution_state`,
        `last_activity`, `connections`, `absent` and `deleted`. Raises `InvalidInput`, which names the field.
        """
        with self._context.lock:
            self._sessions.put((platform_id, workspace_key, session_id), validated(SessionSpec, _listed(fields)))

    def add_transition(
        self,
        session_id: str,
        *,
        platform_id: str = DEFAULT_PLATFORM,
        workspace_key: str = DEFAULT_WORKSPACE,
        after_reads: int | None = None,
        after_seconds: float | None = None,
        **changed_fields: Any,
    ) -> None:
        """WaitSpec what a stored session becomes: after N more reads, after T virtual seconds, or (neither) at once.

        `changed_fields` are those of `put_session`; the others stay. With `after_reads=3` three reads still see the old
        state. Transitions apply in the order added. Raises `UnknownThing` for a session that is not stored and
        `InvalidInput`, which names the field.
        """
        moments = {"after_reads": after_reads, "after_seconds": after_seconds}
        spec = validated(TransitionSpec, {**_listed(changed_fields), **moments})
        self._plan((platform_id, workspace_key, session_id), spec)

    def get_session(
        self, session_id: str, *, platform_id: str = DEFAULT_PLATFORM, workspace_key: str = DEFAULT_WORKSPACE
    ) -> dict[str, Any]:
        """Return what is stored of a session, without counting a read; raises `UnknownThing`."""
        with self._context.lock:
            return self._sessions.get((platform_id, workspace_key, session_id)).state(self._context.clock.now())

    def delete_session(
        self, session_id: str, *, platform_id: str = DEFAULT_PLATFORM, workspace_key: str = DEFAULT_WORKSPACE
    ) -> None:
        """Drop a stored session; raises `UnknownThing`."""
        with self._context.lock:
            self._sessions.delete((platform_id, workspace_key, session_id))

    def add_account(
        self,
        user: str,
        private_key: str,
        *,
        tenancy: str = _TENANCY,
        platforms: Sequence[str] = (DEFAULT_PLATFORM,),
        denied: bool = False,
    ) -> None:
        """Add a user or replace one (a rotated key, say).

        `private_key` is an unencrypted RSA key in PEM. With `denied` the user may read nothing, which looks like a
        thing that is not there. Raises `InvalidInput`.
        """
        key = Key(private_key)
        if not key.fingerprint or "/" in user + tenancy or not user or not tenancy:
            raise InvalidInput("user", "user and tenancy must not be empty nor hold a slash")
        with self._context.lock:
            self._accounts.put(Account(tenancy, user, tuple(platforms), key, denied))

    def deny(self, user: str = DEFAULT_USER, denied: bool = True) -> None:
        """Take the permission of a user away, or give it back; raises `UnknownThing`."""
        with self._context.lock:
            self._accounts.get(user).denied = denied

    def serve_older_path(self, platform_id: str = DEFAULT_PLATFORM) -> None:
        """Serve a platform under `/20240831/dataLakes` alone, as older tenancies are."""
        with self._context.lock:
            self._responses.older.add(platform_id)

    def issue_token(self, user: str = DEFAULT_USER, *, seconds: float = 3600.0) -> str:
        """Give out a session token that ends so many virtual seconds from now; raises `UnknownThing`.

        It goes with the user's key: requests name `ST$` and the token, and are signed by that key.
        """
        with self._context.lock:
            return self._accounts.issue(user, self._context.clock.now(), seconds, self._context.random)

    def revoke_token(self, token: str) -> None:
        """Forget a session token; raises `UnknownThing`."""
        with self._context.lock:
            self._accounts.revoke(token)

    def write_config(
        self,
        folder: Path,
        profile: str = "DEFAULT",
        *,
        user: str = DEFAULT_USER,
        token: str | None = None,
        passphrase: str | None = None,
    ) -> Path:
        """Write a profile of a user into `folder/config`, as `oci setup` and `oci session authenticate` do.

        The key goes to `folder/<profile>.pem`, encrypted where there is a passphrase; with `token` the profile is one
        of a session, with the token in `folder/<profile>.token`. Other profiles of the file stay. Returns the path of
        the file; raises `UnknownThing`.
        """
        with self._context.lock:
            account = self._accounts.get(user)
        config = configparser.ConfigParser(interpolation=None, default_section="")
        path = folder / "config"
        config.read(path)
        key_file = folder / f"{profile}.pem"
        key_file.write_text(account.key.pem(passphrase))
        values = {"key_file": str(key_file), "tenancy": account.tenancy, "region": REGION}
        if token is None:
            values |= {"user": account.user, "fingerprint": account.key.fingerprint}
        else:
            token_file = folder / f"{profile}.token"
            token_file.write_text(token)
            values["security_token_file"] = str(token_file)
        if passphrase:
            values["pass_phrase"] = passphrase
        config[profile] = values
        with path.open("w") as file:
            config.write(file)
        return path

    def respond(self, request: CloudRequest, request_id: str) -> Answer:
        """Answer a request."""
        return self._responses.respond(request, request_id)

    def caller(self, request: CloudRequest) -> str | None:
        """Return the user whose key signed, `(unknown)` for a stranger, None where nothing is signed."""
        header = request.headers.get("authorization")
        if not header:
            return None
        try:
            found = self._accounts.find(parse_authorization(header).key_id)
        except SignatureError:
            return None
        # A key id nobody knows may be a secret in the wrong place, so it is not written down.
        return found[0].user if found else "(unknown)"

    def reset(self) -> None:
        """Drop all sessions, added accounts and tokens."""
        with self._context.lock:
            self._sessions.clear()
            self._accounts.reset()
            self._responses.older.clear()

    def state(self) -> dict[str, Any]:
        """Return everything it holds as plain data, without secrets."""
        with self._context.lock:
            sessions = self._sessions.state(self._context.clock.now())
            return {**self._accounts.state(), "older_platforms": sorted(self._responses.older), "sessions": sessions}

    def settings(self, profile: str | None) -> dict[str, str]:
        """Return the settings that make a client use this mock; raise `UnknownThing` for an unknown profile."""
        if profile not in _USERS:
            raise UnknownThing(f"profile: aidp has no mock account for {profile!r}; there is 'other'")
        with self._context.lock:
            account = self._accounts.get(_USERS[profile])
        return {
            "tenancy": account.tenancy,
            "user": account.user,
            "fingerprint": account.key.fingerprint,
            "privateKey": account.key.pem(),
            "region": REGION,
            "endpoint": self.endpoint,
        }

    def secret_settings(self) -> frozenset[str]:
        """Return the names in `settings` whose values are secret."""
        return frozenset({"privateKey", "passphrase"})

    @property
    def admin_routes(self) -> AdminRoutes:
        """The routes of its own under `/_mock/aidp/`."""
        return {
            Route("PUT", _SESSION_PATH, "put_session"): self._admin_put,
            Route("GET", _SESSION_PATH, "get_session"): lambda _, ids: self.get_session(**ids),
            Route("DELETE", _SESSION_PATH, "delete_session"): lambda _, ids: self.delete_session(**ids),
            Route("POST", _SESSION_PATH + "/transitions", "add_transition"): self._admin_plan,
        }

    def _admin_put(self, request: CloudRequest, ids: Mapping[str, str]) -> Any:
        spec = validated_json(SessionSpec, request.body or b"{}")
        with self._context.lock:
            self._sessions.put((ids["platform_id"], ids["workspace_key"], ids["session_id"]), spec)
        return self.get_session(**ids)

    def _admin_plan(self, request: CloudRequest, ids: Mapping[str, str]) -> Any:
        spec = validated_json(TransitionSpec, request.body)
        self._plan((ids["platform_id"], ids["workspace_key"], ids["session_id"]), spec)
        return self.get_session(**ids)

    def _plan(self, ids: Ids, spec: TransitionSpec) -> None:
        with self._context.lock:
            self._sessions.get(ids).add_transition(spec, self._context.clock.now())


def _listed(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if name == "absent" else value for name, value in fields.items()}
