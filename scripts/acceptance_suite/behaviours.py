"""The behaviours of each cloud, declared: what is read, what it must give, and every request that a run may send."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

PREFIX = "NBCLOUD_ACCEPTANCE_"


class Expected(Enum):
    """What a behaviour must give, in the words of the report."""

    READ = "the thing, each value of an enum one that is declared"
    NOT_FOUND = "not found, in the documented form"
    REJECTED = "rejected before anything is sent"
    NOT_PERMITTED = "not permitted, in the documented form"
    MET_AT_ONCE = "met, with one poll"
    PAGED = "a list that came in pages, and is complete"
    NO_ITEM = "no item, of a list that was read completely"


@dataclass(frozen=True)
class Form:
    """A documented form of an error: its HTTP status and code; None where there is none."""

    status: int | None = None
    code: str | None = None

    @property
    def text(self) -> str:
        """The form in words."""
        if self.status is None:
            return "no error of the cloud"
        return f"HTTP {self.status} {self.code or 'without a code'}"


@dataclass(frozen=True)
class Behaviour:
    """One behaviour.

    Args:
        name: in the report and on the terminal, at most 24 characters.
        kind: the token of the kind that reads.
        expected: what it must give.
        source: the facts that say so, below docs/vendors/.
        ids: arguments that come from variables, by the variable's name without `NBCLOUD_ACCEPTANCE_`.
        fixed: arguments that are the same for everybody.
        forms: the documented forms of the error.
        state: fields of the state and their values.
        until: a condition that holds for whatever state the thing is in.
        project: a project that is read in the place of the account's own; only of ModelArts.
    """

    name: str
    kind: str
    expected: Expected
    source: str
    ids: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    forms: tuple[Form, ...] = ()
    state: Mapping[str, object] = field(default_factory=dict)
    until: str | None = None
    project: str | None = None

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables that it needs."""
        return tuple(PREFIX + name for name in self.ids.values())


@dataclass(frozen=True)
class Admitted:
    """A request that a run may send; anything else is not sent.

    Args:
        method: the HTTP method.
        path: the path, as it is shown: `{id}` is any segment, `{prefix}` one or several.
        query: the names that the query may hold, each at most once.
        body: what the body holds, for the page.
    """

    method: str
    path: str
    query: tuple[str, ...] = ()
    body: str = ""

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        path = re.escape(self.path).replace(r"\{id\}", "[^/?]+").replace(r"\{prefix\}", "[^/?]+(?:/[^/?]+)*")
        query = "|".join(map(re.escape, self.query))
        return re.compile(rf"{path}(?:\?(?:(?:{query})=[^&]*)(?:&(?:{query})=[^&]*)*)?" if query else path)

    def admits(self, method: str, target: str) -> bool:
        """Return whether a request is this one."""
        return method == self.method and self._pattern.fullmatch(target) is not None

    def shown(self, target: str) -> str:
        """Return method and path without an id, and the names in the query."""
        names = [each.partition("=")[0] for each in target.partition("?")[2].split("&") if each]
        query = "&".join(f"{name}={{id}}" for name in names)
        return f"{self.method} {self.path}{'?' + query if query else ''}"


@dataclass(frozen=True)
class Suite:
    """The behaviours of one cloud.

    Args:
        cloud: its short name.
        behaviours: in their order; the one that a cloud may answer by rejecting the credentials is last.
        admitted: all requests that a run may send.
        limit: how many it may send.
        notes: what to know before it is run.
    """

    cloud: str
    behaviours: tuple[Behaviour, ...]
    admitted: tuple[Admitted, ...]
    limit: int
    notes: tuple[str, ...] = ()

    def variables(self) -> Iterator[str]:
        """Yield the variables with ids, each once."""
        yield from dict.fromkeys(name for each in self.behaviours for name in each.variables)


# Version 4 by its form, and nobody's.
_NOBODYS_UUID = "00000000-0000-4000-8000-000000000000"
_NOBODYS_PROJECT = "0" * 32
_NOTEBOOK = {"notebook_id": "NOTEBOOK_ID"}
_JOB = {"job_id": "JOB_ID"}
_GONE = (Form(400, "ModelArts.6309"), Form(400, "ModelArts.6404"))

MODELARTS = Suite(
    "modelarts",
    (
        Behaviour(
            "lease-read",
            "modelarts:NotebookLease",
            Expected.READ,
            "MA-35 to MA-42",
            ids=_NOTEBOOK,
            state={"running": True},
        ),
        Behaviour(
            "lease-stopped",
            "modelarts:NotebookLease",
            Expected.READ,
            "MA-28, MA-30",
            ids={"notebook_id": "STOPPED_NOTEBOOK_ID"},
            state={"running": False, "not_running_reason": "NOT_RUNNING"},
        ),
        Behaviour(
            "lease-not-found",
            "modelarts:NotebookLease",
            Expected.NOT_FOUND,
            "MA-28, MA-29",
            fixed={"notebook_id": _NOBODYS_UUID},
            forms=_GONE,
        ),
        Behaviour(
            "lease-malformed",
            "modelarts:NotebookLease",
            Expected.REJECTED,
            "MA-31, MA-35",
            fixed={"notebook_id": "no-uuid"},
        ),
        Behaviour(
            "lease-wait",
            "modelarts:NotebookLease",
            Expected.MET_AT_ONCE,
            "MA-35",
            ids=_NOTEBOOK,
            until="self.running || has(self.not_running_reason)",
        ),
        Behaviour("jobs-list", "modelarts:DevServerJobs", Expected.READ, "MA-45 to MA-51"),
        Behaviour("job-read", "modelarts:DevServerJob", Expected.READ, "MA-45 to MA-51", ids=_JOB),
        Behaviour(
            "job-not-found",
            "modelarts:DevServerJob",
            Expected.NOT_FOUND,
            "MA-45, MA-46",
            fixed={"job_id": _NOBODYS_UUID},
            forms=(Form(),),
        ),
        Behaviour("job-malformed", "modelarts:DevServerJob", Expected.REJECTED, "MA-45", fixed={"job_id": "x" * 65}),
        Behaviour(
            "job-wait",
            "modelarts:DevServerJob",
            Expected.MET_AT_ONCE,
            "MA-45",
            ids=_JOB,
            until="has(self.status)",
        ),
        Behaviour(
            "another-project",
            "modelarts:DevServerJobs",
            Expected.NOT_PERMITTED,
            "MA-27",
            forms=(Form(403, "ModelArts.0210"),),
            project=_NOBODYS_PROJECT,
        ),
    ),
    (
        Admitted("GET", "/v1/{id}/notebooks/{id}/lease"),
        Admitted("GET", "/v1/{id}/dev-servers/jobs", ("id",)),
        Admitted("POST", "/v3/auth/tokens", body="the login, where the settings are a user name and a password"),
    ),
    limit=12,
)

_INSTANCE = {"instance_id": "INSTANCE_ID"}

HPCAI = Suite(
    "hpcai",
    (
        Behaviour("instance-read", "hpcai:Instance", Expected.READ, "HPC-12 to HPC-21", ids=_INSTANCE),
        Behaviour(
            "instance-not-found",
            "hpcai:Instance",
            Expected.NOT_FOUND,
            "HPC-11",
            fixed={"instance_id": "nobodys-instance"},
            forms=(Form(),),
        ),
        Behaviour("instance-malformed", "hpcai:Instance", Expected.REJECTED, "HPC-14", fixed={"instance_id": "a/b"}),
        Behaviour("instances-list", "hpcai:Instances", Expected.READ, "HPC-12 to HPC-19"),
        Behaviour("instances-pages", "hpcai:Instances", Expected.PAGED, "HPC-8 to HPC-11"),
        Behaviour(
            "another-region", "hpcai:Instances", Expected.NO_ITEM, "HPC-11, HPC-16", fixed={"region": "nowhere-1"}
        ),
        Behaviour(
            "instance-wait",
            "hpcai:Instance",
            Expected.MET_AT_ONCE,
            "HPC-19",
            ids=_INSTANCE,
            until="has(self.status)",
        ),
    ),
    (
        Admitted("POST", "/api/instance/list", body="the number and size of a page: the list has no GET"),
        Admitted("POST", "/api/user/login", body="the login, where the settings are a user name and a password"),
    ),
    limit=12,
)

_PLACE = {"ai_data_platform_id": "PLATFORM_ID", "workspace_key": "WORKSPACE_KEY"}
_SESSION = {**_PLACE, "session_id": "SESSION_ID"}
_HIDDEN = (Form(404, "NotAuthorizedOrNotFound"),)

AIDP = Suite(
    "aidp",
    (
        Behaviour("session-read", "aidp:NotebookSession", Expected.READ, "DP-20 to DP-25", ids=_SESSION),
        Behaviour(
            "session-not-found",
            "aidp:NotebookSession",
            Expected.NOT_FOUND,
            "DP-29, DP-30",
            ids=_PLACE,
            fixed={"session_id": _NOBODYS_UUID},
            forms=_HIDDEN,
        ),
        Behaviour(
            "session-malformed",
            "aidp:NotebookSession",
            Expected.REJECTED,
            "DP-2",
            fixed={"ai_data_platform_id": "a", "workspace_key": "b", "session_id": "c/d"},
        ),
        Behaviour(
            "session-wait",
            "aidp:NotebookSession",
            Expected.MET_AT_ONCE,
            "DP-20",
            ids=_SESSION,
            until="has(self.lifecycle_state)",
        ),
        Behaviour(
            "another-workspace",
            "aidp:NotebookSession",
            Expected.NOT_FOUND,
            "DP-30",
            ids={"ai_data_platform_id": "PLATFORM_ID", "session_id": "SESSION_ID"},
            fixed={"workspace_key": "nobodys-workspace"},
            forms=_HIDDEN,
        ),
    ),
    (Admitted("GET", "/{prefix}/{id}/workspaces/{id}/notebook/api/sessions/{id}"),),
    limit=6,
    notes=("Reading a session may keep its cluster awake, and billed (DP-26).",),
)

SUITES: Mapping[str, Suite] = {each.cloud: each for each in (MODELARTS, HPCAI, AIDP)}
