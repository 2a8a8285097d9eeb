"""The AIDP mock: its interface to the server and to tests."""

from __future__ import annotations

import configparser
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from pulumi_nbcloud.mock.aidp.accounts import Account, AccountBook
from pulumi_nbcloud.mock.aidp.keys import FIRST, SECOND, Key
from pulumi_nbcloud.mock.aidp.responses import Responses
from pulumi_nbcloud.mock.aidp.sessions import PREFIXES, Sessions
from pulumi_nbcloud.mock.aidp.signature import SignatureError, parse_authorization
from pulumi_nbcloud.mock.contents import Content, content
from pulumi_nbcloud.mock.service import AdminRoutes, Answer, Context, Service
from pulumi_nbcloud.mock.validation import InvalidInput
from pulumi_nbcloud.mock.wire import CloudRequest

REGION = "mock-region-1"
DEFAULT_PLATFORM = "ocid1.aidataplatform.oc1.mock.first"
OTHER_PLATFORM = "ocid1.aidataplatform.oc1.mock.other"
DEFAULT_WORKSPACE = "mock-workspace"
DEFAULT_USER = "ocid1.user.oc1..mockfirst"
OTHER_USER = "ocid1.user.oc1..mockother"
_TENANCY = "ocid1.tenancy.oc1..mock"


class Aidp(Service):
    """Oracle AI Data Platform with two users of one tenancy, each with a platform, and no sessions."""

    name = "aidp"
    # Down to the version: other clouds have paths under /api/ too.
    prefixes = tuple(prefix.rpartition("/")[0] + "/" for prefix in PREFIXES)
    profiles: ClassVar = {None: DEFAULT_USER, "other": OTHER_USER}
    secrets = frozenset({"privateKey", "passphrase"})

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._sessions = Sessions(context)
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

        Args:
            session_id: 1 to 255 characters, like the other two.
            platform_id: the platform that it is on.
            workspace_key: the workspace that it is in.
            fields: those of `sessions.SessionSpec`: `name`, `path`, `type`, `cluster_id`, `agent_flow_key`,
                `lifecycle_state`, `kernel` (False for a null one), `kernel_id`, `kernel_name`, `execution_state`,
                `last_activity`, `connections`, `absent` and `deleted`.

        Raises:
            InvalidInput: names the invalid id or field.
        """
        self._sessions.put((platform_id, workspace_key, session_id), fields)

    def add_transition(
        self,
        session_id: str,
        *,
        platform_id: str = DEFAULT_PLATFORM,
        workspace_key: str = DEFAULT_WORKSPACE,
        **changes: Any,
    ) -> None:
        """Plan what a stored session becomes: after N more reads, after T virtual seconds, or (neither) at once.

        Args:
            session_id: which session.
            platform_id: the platform that it is on.
            workspace_key: the workspace that it is in.
            changes: the fields of `put_session` that change, and `after_reads` or `after_seconds`. With `after_reads=3`
                three reads still see the old state. Transitions apply in the order added.

        Raises:
            InvalidInput: names the invalid field.
            UnknownThing: the session is not stored.
        """
        self._sessions.plan((platform_id, workspace_key, session_id), changes)

    def get_session(
        self, session_id: str, *, platform_id: str = DEFAULT_PLATFORM, workspace_key: str = DEFAULT_WORKSPACE
    ) -> dict[str, Any]:
        """Return what is stored of a session, without counting a read.

        Raises:
            UnknownThing: it is not stored.
        """
        return self._sessions.get((platform_id, workspace_key, session_id))

    def delete_session(
        self, session_id: str, *, platform_id: str = DEFAULT_PLATFORM, workspace_key: str = DEFAULT_WORKSPACE
    ) -> None:
        """Drop a stored session.

        Raises:
            UnknownThing: it is not stored.
        """
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

        Args:
            user: the user's OCID.
            private_key: an unencrypted RSA key in PEM.
            tenancy: the OCID of the user's tenancy.
            platforms: the platforms that the user may read.
            denied: whether the user may read nothing, which looks like a missing resource.

        Raises:
            InvalidInput: names the invalid argument.
        """
        key = Key(private_key)
        if not key.fingerprint or "/" in user + tenancy or not user or not tenancy:
            raise InvalidInput("user", "user and tenancy must not be empty nor hold a slash")
        with self._context.lock:
            self._accounts.put(Account(tenancy, user, tuple(platforms), key, denied))

    def deny(self, user: str = DEFAULT_USER, denied: bool = True) -> None:
        """Take the permission of a user away, or give it back.

        Raises:
            UnknownThing: there is no such user.
        """
        with self._context.lock:
            self._accounts.get(user).denied = denied

    def serve_older_path(self, platform_id: str = DEFAULT_PLATFORM) -> None:
        """Serve a platform under `/20240831/dataLakes` alone, as older tenancies are."""
        with self._context.lock:
            self._responses.older.add(platform_id)

    def issue_token(self, user: str = DEFAULT_USER, *, seconds: float = 3600.0) -> str:
        """Issue a session token that expires this many virtual seconds from now.

        It goes with the user's key: requests name `ST$` and the token, and are signed by that key.

        Raises:
            UnknownThing: there is no such user.
        """
        with self._context.lock:
            return self._accounts.issue(user, self._context.clock.now(), seconds, self._context.random)

    def revoke_token(self, token: str) -> None:
        """Revoke a session token.

        Raises:
            UnknownThing: there is none.
        """
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

        Other profiles of the file stay.

        Args:
            folder: where the files go.
            profile: the profile's name; its key goes to `<profile>.pem`.
            user: whose profile.
            token: makes it the profile of a session; the token goes to `<profile>.token`.
            passphrase: encrypts the key.

        Returns:
            The path of the configuration file.

        Raises:
            UnknownThing: there is no such user.
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
        """Respond to a request."""
        return self._responses.respond(request, request_id)

    def caller(self, request: CloudRequest) -> str | None:
        """Return the user whose key signed, `(unknown)` for a stranger, None for an unsigned request."""
        header = request.headers.get("authorization")
        if not header:
            return None
        try:
            found = self._accounts.find(parse_authorization(header).key_id)
        except SignatureError:
            return None
        # An unknown key id may be a secret in the wrong place, so it is not logged.
        return found[0].user if found else "(unknown)"

    def reset(self) -> None:
        """Drop all sessions, added accounts and tokens."""
        with self._context.lock:
            self._sessions.clear()
            self._accounts.reset()
            self._responses.older.clear()

    def state(self) -> dict[str, Any]:
        """Return its complete state as plain data, without secrets."""
        with self._context.lock:
            older = sorted(self._responses.older)
            return {**self._accounts.state(), "older_platforms": older, "sessions": self._sessions.state()}

    def contents(self) -> list[Content]:
        """Return the sessions on the platforms of the first account."""
        with self._context.lock:
            platforms = self._accounts.get(self.account_name(None)).platforms
            own = [row for row in self._sessions.state() if row["platform_id"] in platforms]
        ids = ("platform_id", "workspace_key", "session_id")
        return [content("aidp:NotebookSession", row, ids, row["lifecycle_state"]) for row in own]

    def settings(self, profile: str | None) -> dict[str, str]:
        """Return the settings that make a client use this mock."""
        with self._context.lock:
            account = self._accounts.get(self.account_name(profile))
        return {
            "tenancy": account.tenancy,
            "user": account.user,
            "fingerprint": account.key.fingerprint,
            "privateKey": account.key.pem(),
            "region": REGION,
            "endpoint": self.endpoint,
        }

    @property
    def admin_routes(self) -> AdminRoutes:
        """The routes of its own under `/_mock/aidp/`."""
        return self._sessions.admin_routes("/_mock/aidp/sessions")
