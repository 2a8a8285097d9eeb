"""IAM's users, tokens and projects: state and rules, no HTTP."""

from __future__ import annotations

import hmac
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import Field

from pulumi_nbcloud.mock.clock import VirtualClock, rfc3339
from pulumi_nbcloud.mock.modelarts.exceptions import BadLogin, BadScope
from pulumi_nbcloud.mock.validation import StrictModel, UnknownThing

TOKEN_SECONDS = 86_400.0  # 24 hours (docs/vendors/modelarts.md, MA-8)

_Text = Annotated[str, Field(min_length=1, max_length=256)]
_ProjectId = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")]


class UserSpec(StrictModel):
    """An IAM user of an account (its `domain`), and the projects that it may name."""

    username: _Text
    password: _Text = Field(repr=False)
    domain: _Text
    projects: Annotated[tuple[_ProjectId, ...], Field(min_length=1)]


class _Named(StrictModel):
    name: _Text


class _Login(StrictModel):
    name: str
    password: str = Field(repr=False)
    domain: _Named


class _Password(StrictModel):
    user: _Login


class _Identity(StrictModel):
    methods: Annotated[list[str], Field(min_length=1, max_length=1)]
    password: _Password


class ProjectScope(StrictModel):
    """The project of a login: by id or by name."""

    id: str | None = None
    name: str | None = None


class _Scope(StrictModel):
    project: ProjectScope


class _Auth(StrictModel):
    identity: _Identity
    scope: _Scope


class LoginSpec(StrictModel):
    """The body of a login with a password, for one project (docs/vendors/modelarts.md, MA-7)."""

    auth: _Auth


@dataclass(frozen=True)
class Token:
    """An issued token: its user, its project, and its expiry on the virtual clock."""

    value: str = field(repr=False)
    user: UserSpec
    project_id: str
    expires_at: float


class IamBook:
    """Users, their tokens, and the names of projects.

    A project has the name of its region, `region`, unless `name_project` changes it.

    Source: docs/vendors/modelarts.md, MA-6.
    """

    def __init__(self, users: Iterable[UserSpec], region: str, clock: VirtualClock, rng: random.Random) -> None:
        self._initial = tuple(users)
        self._region = region
        self._clock = clock
        self._random = rng
        self._users: dict[tuple[str, str], UserSpec] = {}
        self._tokens: dict[str, Token] = {}
        self._names: dict[str, str] = {}
        self.token_seconds = TOKEN_SECONDS
        self.reset()

    def reset(self) -> None:
        """Restore the users of a new mock, without tokens."""
        self._users = {(user.domain, user.username): user for user in self._initial}
        self._tokens.clear()
        self._names.clear()
        self.token_seconds = TOKEN_SECONDS

    def put_user(self, user: UserSpec) -> None:
        """Add a user or replace one; tokens of a replaced user expire, as after a change of password."""
        self._users[user.domain, user.username] = user
        kept = {value: token for value, token in self._tokens.items() if token.user.username != user.username}
        self._tokens = kept

    def find_user(self, username: str) -> UserSpec:
        """Return the first user with a name.

        Raises:
            UnknownThing: the user is unknown.
        """
        for user in self._users.values():
            if user.username == username:
                return user
        raise UnknownThing("username: no user of this name")

    def name_project(self, project_id: str, name: str) -> None:
        """Give a project a name of its own."""
        self._names[project_id] = name

    def projects(self, ids: Iterable[str], name: str | None) -> list[dict[str, Any]]:
        """Return projects as IAM lists them, with one `name` unless it is None."""
        called = [(each, self._names.get(each, self._region)) for each in ids]
        return [{"id": each, "name": own, "enabled": True} for each, own in called if name in (None, own)]

    def log_in(self, login: LoginSpec) -> Token:
        """Issue a token to a user with the right password.

        Raises:
            BadLogin: user name, password or account name is wrong.
            BadScope: the project does not belong to the user.
        """
        named = login.auth.identity.password.user
        user = self._users.get((named.domain.name, named.name))
        if login.auth.identity.methods != ["password"] or user is None:
            raise BadLogin
        if not hmac.compare_digest(user.password.encode(), named.password.encode()):
            raise BadLogin
        scope = login.auth.scope.project
        found = [each["id"] for each in self.projects(user.projects, scope.name)]
        if scope.id is not None:
            found = [each for each in found if each == scope.id]
        if len(found) != 1 or (scope.id is None and scope.name is None):
            raise BadScope
        return self.issue(user, found[0])

    def issue(self, user: UserSpec, project_id: str) -> Token:
        """Issue a token; earlier ones stay valid (docs/vendors/modelarts.md, MA-8)."""
        value = f"MII{self._random.getrandbits(256):064x}"
        token = Token(value, user, project_id, self._clock.now() + self.token_seconds)
        self._tokens[value] = token
        return token

    def find_token(self, value: str) -> Token | None:
        """Return an issued token that is not revoked, expired or not."""
        return self._tokens.get(value)

    def revoke_tokens(self) -> None:
        """Revoke all tokens."""
        self._tokens.clear()

    def state(self) -> dict[str, Any]:
        """Return users and tokens as plain data, without secrets."""
        users = [
            {"username": user.username, "domain": user.domain, "projects": list(user.projects)}
            for _, user in sorted(self._users.items())
        ]
        tokens = [
            {"username": each.user.username, "project_id": each.project_id, "expires_at": rfc3339(each.expires_at)}
            for each in self._tokens.values()
        ]
        return {"users": users, "tokens": tokens}
