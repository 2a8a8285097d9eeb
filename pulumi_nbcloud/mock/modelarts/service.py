"""The ModelArts mock as the server and the tests see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pulumi_nbcloud.mock.modelarts.accounts import AccountBook, AccountSpec
from pulumi_nbcloud.mock.modelarts.iam import IamBook, UserSpec
from pulumi_nbcloud.mock.modelarts.jobs import JobBackend, JobSpec, JobTransitionSpec, RowLimitSpec
from pulumi_nbcloud.mock.modelarts.models import LeaseSpec, NotebookBackend, TransitionSpec
from pulumi_nbcloud.mock.modelarts.responses import Responses
from pulumi_nbcloud.mock.modelarts.signature import SignatureError, parse_authorization
from pulumi_nbcloud.mock.modelarts.urls import ROUTES
from pulumi_nbcloud.mock.service import AdminRoutes, Answer, Context, Service
from pulumi_nbcloud.mock.validation import UnknownThing, validated, validated_json
from pulumi_nbcloud.mock.wire import CloudRequest, Route

DEFAULT_PROJECT = "mock-project"
REGION = "mock-region-1"

# Made up for the mock; they open nothing anywhere else.
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
_PROFILES: Mapping[str | None, str] = {None: DEFAULT_ACCOUNT.access_key, "other": OTHER_ACCOUNT.access_key}

DEFAULT_USER = UserSpec(
    username="mock-user",
    password="mock-password-not-a-real-one",  # noqa: S106
    domain="mock-domain",
    projects=(DEFAULT_PROJECT,),
)

_LEASE_PATH = "/_mock/modelarts/leases/{project_id}/{notebook_id}"
_JOB_PATH = "/_mock/modelarts/jobs/{project_id}/{job_id}"


class ModelArts(Service):
    """ModelArts with two accounts, one IAM user, no notebooks and no jobs; IAM is at the same address."""

    name = "modelarts"
    # ModelArts has paths under the first two, IAM under the third; the mock answers only what its routes name.
    prefixes = ("/v1/", "/v2/", "/v3/")
    routes = ROUTES

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._notebooks = NotebookBackend()
        self._accounts = AccountBook((DEFAULT_ACCOUNT, OTHER_ACCOUNT))
        self._jobs = JobBackend()
        self._iam = IamBook((DEFAULT_USER,), REGION, context.clock, context.random)
        self._responses = Responses(self._notebooks, self._jobs, self._accounts, self._iam, context.clock)

    def put_lease(
        self,
        notebook_id: str,
        *,
        project_id: str = DEFAULT_PROJECT,
        status: str = "RUNNING",
        create_at: int | None = None,
        duration: int | None = 3_600_000,
        enable: bool | None = True,
        type: str | None = "TIMING",  # noqa: A002 - the field's name on the wire
        update_at: int | None = None,
        absent: Sequence[str] = (),
    ) -> None:
        """Store a notebook (a UUID) with its lease, or replace one together with its transitions.

        Times and `duration` are milliseconds; a time of None is the virtual now. `duration`, `enable` and `type` of
        None are sent as null; lease fields named in `absent` are not sent. `status` is one of the notebook statuses,
        or the mock's own RESTORING and BUSY. Raises `InvalidInput`, which names the field.
        """
        values = {"status": status, "create_at": create_at, "duration": duration, "enable": enable, "type": type}
        spec = validated(LeaseSpec, {**values, "update_at": update_at, "absent": tuple(absent)})
        self._put(project_id, notebook_id, spec)

    def add_transition(
        self,
        notebook_id: str,
        *,
        project_id: str = DEFAULT_PROJECT,
        after_reads: int | None = None,
        after_seconds: float | None = None,
        **changed_fields: Any,
    ) -> None:
        """WaitSpec what a stored notebook becomes: after N more reads, after T virtual seconds, or (neither) at once.

        `changed_fields` are those of `put_lease`; the others stay. With `after_reads=3` three reads still see the old
        state. Transitions apply in the order added. Raises `UnknownThing` for a notebook that is not stored and
        `InvalidInput`, which names the field.
        """
        if "absent" in changed_fields:
            changed_fields["absent"] = tuple(changed_fields["absent"])
        moments = {"after_reads": after_reads, "after_seconds": after_seconds}
        self._plan(project_id, notebook_id, validated(TransitionSpec, {**changed_fields, **moments}))

    def get_lease(self, notebook_id: str, *, project_id: str = DEFAULT_PROJECT) -> dict[str, Any]:
        """Return what is stored of a notebook, without counting a read; raises `UnknownThing`."""
        with self._context.lock:
            return self._notebooks.get(project_id, notebook_id).state(self._context.clock.now())

    def delete_lease(self, notebook_id: str, *, project_id: str = DEFAULT_PROJECT) -> None:
        """Drop a stored notebook; raises `UnknownThing`."""
        with self._context.lock:
            self._notebooks.delete(project_id, notebook_id)

    def put_job(
        self,
        job_id: str,
        *,
        project_id: str = DEFAULT_PROJECT,
        name: str | None = "mock-job",
        user_name: str | None = "modelarts_user",
        description: str | None = None,
        type: str | None = "COMMON",  # noqa: A002 - the field's name on the wire
        status: str | None = "PROCESSING",
        abnormal_count: int | None = 0,
        create_at: int | None = None,
        update_at: int | None = None,
        visible: bool = True,
        times: Literal["number", "text", "null"] = "number",
        absent: Sequence[str] = (),
    ) -> None:
        """Store a DevServer job (an id of 1 to 64 characters), or replace one together with its transitions.

        Times are milliseconds, None for the virtual now; `times` says how they go out. A `description` of None is
        left out, and so is what `absent` names; other fields of None are sent as null. Raises `InvalidInput`, which
        names the field.
        """
        values = {"name": name, "user_name": user_name, "description": description, "type": type, "status": status}
        moments = {"create_at": create_at, "update_at": update_at, "times": times}
        rest = {"abnormal_count": abnormal_count, "visible": visible, "absent": tuple(absent)}
        self._put_job(project_id, job_id, validated(JobSpec, {**values, **moments, **rest}))

    def add_job_transition(
        self,
        job_id: str,
        *,
        project_id: str = DEFAULT_PROJECT,
        after_reads: int | None = None,
        after_seconds: float | None = None,
        **changed_fields: Any,
    ) -> None:
        """WaitSpec what a stored job becomes, as `add_transition` does for a notebook.

        A list counts as a read of each job that its `id` filter lets through. Raises `UnknownThing` and `InvalidInput`.
        """
        if "absent" in changed_fields:
            changed_fields["absent"] = tuple(changed_fields["absent"])
        moments = {"after_reads": after_reads, "after_seconds": after_seconds}
        self._plan_job(project_id, job_id, validated(JobTransitionSpec, {**changed_fields, **moments}))

    def get_job(self, job_id: str, *, project_id: str = DEFAULT_PROJECT) -> dict[str, Any]:
        """Return what is stored of a job, without counting a read; raises `UnknownThing`."""
        with self._context.lock:
            return self._jobs.get(project_id, job_id).state(self._context.clock.now())

    def delete_job(self, job_id: str, *, project_id: str = DEFAULT_PROJECT) -> None:
        """Drop a stored job; raises `UnknownThing`."""
        with self._context.lock:
            self._jobs.delete(project_id, job_id)

    def limit_job_rows(self, rows: int | None) -> None:
        """Let one list of jobs hold so many rows at most, its `total` stays; None for no limit."""
        spec = validated(RowLimitSpec, {"rows": rows})
        with self._context.lock:
            self._jobs.row_limit = spec.rows

    def add_user(
        self, username: str, password: str, *, domain: str = DEFAULT_USER.domain, projects: Sequence[str]
    ) -> None:
        """Add an IAM user or replace one (a new password, say), whose tokens then end; raises `InvalidInput`."""
        values = {"username": username, "password": password, "domain": domain, "projects": tuple(projects)}
        spec = validated(UserSpec, values)
        with self._context.lock:
            self._iam.put_user(spec)

    def name_project(self, project_id: str, name: str) -> None:
        """Call a project other than the mock's region; several projects of one name are possible."""
        with self._context.lock:
            self._iam.name_project(project_id, name)

    def issue_token(self, *, username: str = DEFAULT_USER.username, project_id: str = DEFAULT_PROJECT) -> str:
        """Give out a token without a login; raises `UnknownThing`."""
        with self._context.lock:
            return self._iam.issue(self._iam.find_user(username), project_id).value

    def set_token_seconds(self, seconds: float) -> None:
        """Let tokens given out from now on last so long on the virtual clock; 24 hours at first."""
        with self._context.lock:
            self._iam.token_seconds = seconds

    def revoke_tokens(self) -> None:
        """Take all tokens back before they expire."""
        with self._context.lock:
            self._iam.revoke_tokens()

    def password_settings(self, *, project: bool = False) -> dict[str, str]:
        """Return settings that sign in with user name and password; with `project` the project id is among them."""
        user = self._iam.find_user(DEFAULT_USER.username)
        settings = {"username": user.username, "password": user.password, "domainName": user.domain}
        return {**settings, **self._places(project)}

    def token_settings(self, *, project: bool = True) -> dict[str, str]:
        """Return settings that sign in with a token given out now."""
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
        """Add an account or replace one (a rotated secret key, say); its failures and lock are forgotten.

        With `security_token` the account is a temporary one: each request must carry the token. With `denied` it is
        known but has no permission (403). Raises `InvalidInput`.
        """
        values = {"access_key": access_key, "secret_key": secret_key, "projects": tuple(projects)}
        spec = validated(AccountSpec, {**values, "security_token": security_token, "denied": denied})
        with self._context.lock:
            self._accounts.put(spec)

    def deny(self, access_key: str, denied: bool = True) -> None:
        """Take the permission of an account away, or give it back; raises `UnknownThing`."""
        with self._context.lock:
            self._accounts.get(access_key).denied = denied

    def respond(self, request: CloudRequest, request_id: str) -> Answer:
        """Answer a request."""
        return self._responses.respond(request, request_id)

    def caller(self, request: CloudRequest) -> str | None:
        """Return the access key or the user of the token, `(unknown)` for a stranger, None where neither is sent."""
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
        # A key nobody knows may be a secret key in the wrong place, so it is not written down.
        return access_key if self._accounts.find(access_key) else "(unknown)"

    def reset(self) -> None:
        """Drop all notebooks, jobs, added accounts, users and tokens."""
        with self._context.lock:
            self._notebooks.clear()
            self._jobs.clear()
            self._accounts.reset()
            self._iam.reset()

    def state(self) -> dict[str, Any]:
        """Return everything it holds as plain data, without secrets."""
        with self._context.lock:
            now = self._context.clock.now()
            return {
                "accounts": self._accounts.state(now),
                "iam": self._iam.state(),
                "jobs": self._jobs.state(now),
                "notebooks": self._notebooks.state(now),
            }

    def settings(self, profile: str | None) -> dict[str, str]:
        """Return the settings that make a client use this mock; raise `UnknownThing` for an unknown profile."""
        if profile not in _PROFILES:
            raise UnknownThing(f"profile: modelarts has no mock account for {profile!r}; there is 'other'")
        with self._context.lock:
            account = self._accounts.get(_PROFILES[profile]).spec
        settings = {"accessKey": account.access_key, "secretKey": account.secret_key, "projectId": account.projects[0]}
        if account.security_token is not None:
            settings["securityToken"] = account.security_token
        return {**settings, "region": REGION, "endpoint": self.endpoint}

    def secret_settings(self) -> frozenset[str]:
        """Return the names in `settings` whose values are secret."""
        return frozenset({"secretKey", "securityToken", "password", "authToken"})

    @property
    def admin_routes(self) -> AdminRoutes:
        """The routes of its own under `/_mock/modelarts/`."""
        return {
            Route("PUT", _LEASE_PATH, "put_lease"): self._admin_put,
            Route("GET", _LEASE_PATH, "get_lease"): lambda _, ids: self.get_lease(**ids),
            Route("DELETE", _LEASE_PATH, "delete_lease"): lambda _, ids: self.delete_lease(**ids),
            Route("POST", _LEASE_PATH + "/transitions", "add_transition"): self._admin_plan,
            Route("PUT", _JOB_PATH, "put_job"): self._admin_put_job,
            Route("GET", _JOB_PATH, "get_job"): lambda _, ids: self.get_job(**ids),
            Route("DELETE", _JOB_PATH, "delete_job"): lambda _, ids: self.delete_job(**ids),
            Route("POST", _JOB_PATH + "/transitions", "add_job_transition"): self._admin_plan_job,
            Route("PUT", "/_mock/modelarts/job-rows", "limit_job_rows"): self._admin_limit,
        }

    def _admin_put(self, request: CloudRequest, ids: Mapping[str, str]) -> Any:
        self._put(ids["project_id"], ids["notebook_id"], validated_json(LeaseSpec, request.body or b"{}"))
        return self.get_lease(**ids)

    def _admin_plan(self, request: CloudRequest, ids: Mapping[str, str]) -> Any:
        self._plan(ids["project_id"], ids["notebook_id"], validated_json(TransitionSpec, request.body))
        return self.get_lease(**ids)

    def _put(self, project_id: str, notebook_id: str, spec: LeaseSpec) -> None:
        with self._context.lock:
            self._notebooks.put(project_id, notebook_id, spec, self._context.clock.now())

    def _plan(self, project_id: str, notebook_id: str, spec: TransitionSpec) -> None:
        with self._context.lock:
            self._notebooks.get(project_id, notebook_id).add_transition(spec, self._context.clock.now())

    def _admin_put_job(self, request: CloudRequest, ids: Mapping[str, str]) -> Any:
        self._put_job(ids["project_id"], ids["job_id"], validated_json(JobSpec, request.body or b"{}"))
        return self.get_job(**ids)

    def _admin_plan_job(self, request: CloudRequest, ids: Mapping[str, str]) -> Any:
        self._plan_job(ids["project_id"], ids["job_id"], validated_json(JobTransitionSpec, request.body))
        return self.get_job(**ids)

    def _admin_limit(self, request: CloudRequest, ids: Mapping[str, str]) -> Any:
        self.limit_job_rows(validated_json(RowLimitSpec, request.body).rows)

    def _put_job(self, project_id: str, job_id: str, spec: JobSpec) -> None:
        with self._context.lock:
            self._jobs.put(project_id, job_id, spec, self._context.clock.now())

    def _plan_job(self, project_id: str, job_id: str, spec: JobTransitionSpec) -> None:
        with self._context.lock:
            self._jobs.get(project_id, job_id).add_transition(spec, self._context.clock.now())
