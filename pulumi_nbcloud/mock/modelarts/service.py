"""The ModelArts mock: its interface to the server and to tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pulumi_nbcloud.mock.contents import Content, content
from pulumi_nbcloud.mock.modelarts.accounts import AccountBook, AccountSpec
from pulumi_nbcloud.mock.modelarts.iam import IamBook, UserSpec
from pulumi_nbcloud.mock.modelarts.jobs import Jobs, RowLimitSpec
from pulumi_nbcloud.mock.modelarts.notebooks import Notebooks
from pulumi_nbcloud.mock.modelarts.responses import Responses
from pulumi_nbcloud.mock.modelarts.signature import SignatureError, parse_authorization
from pulumi_nbcloud.mock.service import AdminRoutes, Answer, Context, Service
from pulumi_nbcloud.mock.validation import validated, validated_json
from pulumi_nbcloud.mock.wire import CloudRequest, Route

DEFAULT_PROJECT = "mock-project"
REGION = "mock-region-1"

# Only for the mock; they grant no access anywhere else.
DEFAULT_ACCOUNT = AccountSpec(
    access_key="MOCKACCESSKEY0000001",
    secret_key="mock-secret-key-not-a-real-one",  # noqa: S106
    projects=(DEFAULT_PROJECT,),
)
OTHER_ACCOUNT = AccountSpec(
    access_key="MOCKACCESSKEY0000002",
    secret_key="other-mock-secret-key-not-a-real-one",  # noqa: S106
    projects=("other-project",),
)

DEFAULT_USER = UserSpec(
    username="mock-user",
    password="mock-password-not-a-real-one",  # noqa: S106
    domain="mock-domain",
    projects=(DEFAULT_PROJECT,),
)


class ModelArts(Service):
    """ModelArts with two accounts, one IAM user, no notebooks and no jobs; IAM is at the same address."""

    name = "modelarts"
    # ModelArts has paths under the first two, IAM under the third; the mock serves only its routes.
    prefixes = ("/v1/", "/v2/", "/v3/")
    profiles: ClassVar = {None: DEFAULT_ACCOUNT.access_key, "other": OTHER_ACCOUNT.access_key}
    secrets = frozenset({"secretKey", "securityToken", "password", "authToken"})

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._notebooks = Notebooks(context)
        self._jobs = Jobs(context)
        self._accounts = AccountBook((DEFAULT_ACCOUNT, OTHER_ACCOUNT))
        self._iam = IamBook((DEFAULT_USER,), REGION, context.clock, context.random)
        self._responses = Responses((self._notebooks, self._jobs), self._accounts, self._iam, context.clock)

    def put_lease(self, notebook_id: str, *, project_id: str = DEFAULT_PROJECT, **fields: Any) -> None:
        """Store a notebook with its lease, or replace one together with its transitions.

        Args:
            notebook_id: a UUID.
            project_id: the project that it is in.
            fields: those of `notebooks.NotebookSpec`: `status` (one of the notebook statuses, or the mock's own
                RESTORING and BUSY), `create_at`, `duration`, `enable`, `type`, `update_at` and `absent`.

        Raises:
            InvalidInput: names the invalid id or field.
        """
        self._notebooks.put((project_id, notebook_id), fields)

    def add_transition(self, notebook_id: str, *, project_id: str = DEFAULT_PROJECT, **changes: Any) -> None:
        """Plan what a stored notebook becomes: after N more reads, after T virtual seconds, or (neither) at once.

        Args:
            notebook_id: which notebook.
            project_id: the project that it is in.
            changes: the fields of `put_lease` that change, and `after_reads` or `after_seconds`. With `after_reads=3`
                three reads still see the old state. Transitions apply in the order added.

        Raises:
            InvalidInput: names the invalid field.
            UnknownThing: the notebook is not stored.
        """
        self._notebooks.plan((project_id, notebook_id), changes)

    def get_lease(self, notebook_id: str, *, project_id: str = DEFAULT_PROJECT) -> dict[str, Any]:
        """Return what is stored of a notebook, without counting a read.

        Raises:
            UnknownThing: it is not stored.
        """
        return self._notebooks.get((project_id, notebook_id))

    def delete_lease(self, notebook_id: str, *, project_id: str = DEFAULT_PROJECT) -> None:
        """Drop a stored notebook.

        Raises:
            UnknownThing: it is not stored.
        """
        self._notebooks.delete((project_id, notebook_id))

    def put_job(self, job_id: str, *, project_id: str = DEFAULT_PROJECT, **fields: Any) -> None:
        """Store a DevServer job, or replace one together with its transitions.

        Args:
            job_id: an id of 1 to 64 characters.
            project_id: the project that it is in.
            fields: those of `jobs.JobSpec`: `name`, `user_name`, `description`, `type`, `status`, `abnormal_count`,
                `create_at`, `update_at`, `visible`, `times` (the form of both times) and `absent`.

        Raises:
            InvalidInput: names the invalid id or field.
        """
        self._jobs.put((project_id, job_id), fields)

    def add_job_transition(self, job_id: str, *, project_id: str = DEFAULT_PROJECT, **changes: Any) -> None:
        """Plan what a stored job becomes, as `add_transition` does for a notebook.

        A list counts as a read of each job that its `id` filter lets through.

        Args:
            job_id: which job.
            project_id: the project that it is in.
            changes: the fields of `put_job` that change, and `after_reads` or `after_seconds`.

        Raises:
            InvalidInput: names the invalid field.
            UnknownThing: the job is not stored.
        """
        self._jobs.plan((project_id, job_id), changes)

    def get_job(self, job_id: str, *, project_id: str = DEFAULT_PROJECT) -> dict[str, Any]:
        """Return what is stored of a job, without counting a read.

        Raises:
            UnknownThing: it is not stored.
        """
        return self._jobs.get((project_id, job_id))

    def delete_job(self, job_id: str, *, project_id: str = DEFAULT_PROJECT) -> None:
        """Drop a stored job.

        Raises:
            UnknownThing: it is not stored.
        """
        self._jobs.delete((project_id, job_id))

    def limit_job_rows(self, rows: int | None) -> None:
        """Limit the rows of one list of jobs, without a change of its `total`; None for no limit."""
        spec = validated(RowLimitSpec, {"rows": rows})
        with self._context.lock:
            self._jobs.row_limit = spec.rows

    def add_user(
        self, username: str, password: str, *, domain: str = DEFAULT_USER.domain, projects: Sequence[str]
    ) -> None:
        """Add an IAM user or replace one (a new password, say), whose tokens then expire.

        Raises:
            InvalidInput: names the invalid argument.
        """
        values = {"username": username, "password": password, "domain": domain, "projects": tuple(projects)}
        spec = validated(UserSpec, values)
        with self._context.lock:
            self._iam.put_user(spec)

    def name_project(self, project_id: str, name: str) -> None:
        """Give a project another name than the mock's region; several projects may share a name."""
        with self._context.lock:
            self._iam.name_project(project_id, name)

    def issue_token(self, *, username: str = DEFAULT_USER.username, project_id: str = DEFAULT_PROJECT) -> str:
        """Issue a token without a login.

        Raises:
            UnknownThing: there is no such user.
        """
        with self._context.lock:
            return self._iam.issue(self._iam.find_user(username), project_id).value

    def set_token_seconds(self, seconds: float) -> None:
        """Set the lifetime of future tokens on the virtual clock; initially 24 hours."""
        with self._context.lock:
            self._iam.token_seconds = seconds

    def revoke_tokens(self) -> None:
        """Revoke all tokens before they expire."""
        with self._context.lock:
            self._iam.revoke_tokens()

    def password_settings(self, *, project: bool = False) -> dict[str, str]:
        """Return settings that sign in with user name and password; with `project` they include the project id."""
        user = self._iam.find_user(DEFAULT_USER.username)
        settings = {"username": user.username, "password": user.password, "domainName": user.domain}
        return {**settings, **self._places(project)}

    def token_settings(self, *, project: bool = True) -> dict[str, str]:
        """Return settings that sign in with a new token."""
        return {"authToken": self.issue_token(), **self._places(project)}

    def _places(self, project: bool) -> dict[str, str]:
        places = {"region": REGION, "endpoint": self.endpoint, "iamEndpoint": self.endpoint}
        return {**places, "projectId": DEFAULT_PROJECT} if project else places

    def add_account(
        self,
        access_key: str,
        secret_key: str,
        *,
        projects: Sequence[str],
        security_token: str | None = None,
        denied: bool = False,
    ) -> None:
        """Add an account or replace one (a rotated secret key, say); this resets its failures and lock.

        Args:
            access_key: the public half of its key, 1 to 128 letters, digits, `_` and `-`.
            secret_key: the secret half, 1 to 256 visible ASCII characters.
            projects: the projects that it may name.
            security_token: makes the account a temporary one: each request must carry the token.
            denied: whether it is known but has no permission (403).

        Raises:
            InvalidInput: names the invalid argument.
        """
        values = {"access_key": access_key, "secret_key": secret_key, "projects": tuple(projects)}
        spec = validated(AccountSpec, {**values, "security_token": security_token, "denied": denied})
        with self._context.lock:
            self._accounts.put(spec)

    def deny(self, access_key: str, denied: bool = True) -> None:
        """Take the permission of an account away, or give it back.

        Raises:
            UnknownThing: there is no such account.
        """
        with self._context.lock:
            self._accounts.get(access_key).denied = denied

    def respond(self, request: CloudRequest, request_id: str) -> Answer:
        """Respond to a request."""
        return self._responses.respond(request, request_id)

    def caller(self, request: CloudRequest) -> str | None:
        """Return the access key or the user of the token, `(unknown)` for a stranger, None without either."""
        header = request.headers.get("authorization")
        sent = request.headers.get("x-auth-token")
        if sent and not header:
            token = self._iam.find_token(sent)
            return token.user.username if token else "(unknown)"
        if not header:
            return None
        try:
            access_key = parse_authorization(header).access_key
        except SignatureError:
            return None
        # An unknown key may be a secret key in the wrong place, so it is not logged.
        return access_key if self._accounts.find(access_key) else "(unknown)"

    def reset(self) -> None:
        """Drop all notebooks, jobs, added accounts, users and tokens."""
        with self._context.lock:
            self._notebooks.clear()
            self._jobs.clear()
            self._accounts.reset()
            self._iam.reset()

    def state(self) -> dict[str, Any]:
        """Return its complete state as plain data, without secrets."""
        with self._context.lock:
            return {
                "accounts": self._accounts.state(self._context.clock.now()),
                "iam": self._iam.state(),
                "jobs": self._jobs.state(),
                "notebooks": self._notebooks.state(),
            }

    def contents(self) -> list[Content]:
        """Return the notebooks and jobs of the first account's project."""
        with self._context.lock:
            project = self.settings(None)["projectId"]
            notebooks = [row for row in self._notebooks.state() if row["project_id"] == project]
            jobs = [row for row in self._jobs.state() if row["project_id"] == project]
        return [
            *(content("modelarts:NotebookLease", row, ("notebook_id",), row["status"]) for row in notebooks),
            *(content("modelarts:DevServerJob", row, ("job_id",), row["status"]) for row in jobs),
        ]

    def settings(self, profile: str | None) -> dict[str, str]:
        """Return the settings that make a client use this mock."""
        with self._context.lock:
            account = self._accounts.get(self.account_name(profile)).spec
        settings = {"accessKey": account.access_key, "secretKey": account.secret_key, "projectId": account.projects[0]}
        if account.security_token is not None:
            settings["securityToken"] = account.security_token
        return {**settings, "region": REGION, "endpoint": self.endpoint}

    @property
    def admin_routes(self) -> AdminRoutes:
        """The routes of its own under `/_mock/modelarts/`."""
        return {
            **self._notebooks.admin_routes("/_mock/modelarts/leases"),
            **self._jobs.admin_routes("/_mock/modelarts/jobs"),
            Route("PUT", "/_mock/modelarts/job-rows", "limit_job_rows"): self._admin_limit,
        }

    def _admin_limit(self, request: CloudRequest, _: Mapping[str, str]) -> Any:
        self.limit_job_rows(validated_json(RowLimitSpec, request.body).rows)
