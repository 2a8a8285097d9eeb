"""ModelArts in a user's unit tests: under `set_mocks`, with and without an override."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any, get_type_hints

import program_support
import pulumi
import pulumi.runtime
import pytest
from lease_support import KIND, NOTEBOOK, notebook
from program_support import Program, run, soon, unknown

import pulumi_nbcloud as nbcloud
from pulumi_nbcloud import modelarts
from pulumi_nbcloud.kinds.kind import Kind
from pulumi_nbcloud.kinds.registry import KINDS, load
from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.modelarts import (
    DevServerJob,
    DevServerJobArgs,
    DevServerJobRow,
    DevServerJobsArgs,
    DevServerJobsState,
    DevServerJobState,
    NotebookLease,
    NotebookLeaseState,
    get_dev_server_job,
    get_dev_server_job_output,
    get_dev_server_jobs,
    get_dev_server_jobs_output,
    get_notebook_lease,
    get_notebook_lease_output,
)
from pulumi_nbcloud.program.record import ReadResource

OTHER = notebook(2)
NOT_A_UUID = "notebook_id must be a UUID"
# `Output` has these itself, and the SDK owns the last two: a field of that name could not be read by its name.
TAKEN = {"resources", "apply", "get", "all", "future", "is_known", "is_secret", "id", "urn"}


@pytest.fixture
def override() -> Iterator[list[Any]]:
    """Overrides the lease by one of five minutes, and gives the arguments that were read."""
    with nbcloud.testing.override(KIND, {"running": True, "duration": 300_000}) as reads:
        yield reads


@pytest.fixture(autouse=True)
def cloud(nbcloud_mock: MockClouds) -> Iterator[MockClouds]:
    """A cloud in reach, with settings that work: what must not call it could, and is seen."""
    nbcloud_mock.modelarts.put_lease(NOTEBOOK)
    yield nbcloud_mock
    assert nbcloud_mock.request_count() == 0


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize(
    "look_up",
    [lambda: get_notebook_lease(NOTEBOOK), lambda: get_notebook_lease_output(NOTEBOOK)],
    ids=["get", "get_output"],
)
def test_a_look_up_under_mocks_without_an_override_raises(look_up: Program, preview: bool) -> None:
    with pytest.raises(nbcloud.InputError, match="a unit test under set_mocks must not call a cloud") as caught:
        run(look_up, preview=preview)
    assert 'nbcloud.testing.override("modelarts:NotebookLease"' in str(caught.value)
    # Without this the program would end in a traceback.
    assert isinstance(caught.value, pulumi.RunError)


def test_get_gives_the_overridden_state(override: list[Any]) -> None:
    def program() -> Any:
        lease = get_notebook_lease(NOTEBOOK, profile="other")
        assert isinstance(lease, NotebookLeaseState)
        assert (lease.notebook_id, lease.running, lease.duration, lease.type) == (NOTEBOOK, True, 300_000, None)

    run(program)
    assert [(read.notebook_id, read.profile) for read in override] == [(NOTEBOOK, "other")]


def test_get_output_lifts_attributes_and_keeps_their_types(override: list[Any]) -> None:
    def program() -> Any:
        lease = get_notebook_lease_output(pulumi.Output.from_input(NOTEBOOK), profile=soon("other"))
        return [lease, lease.duration, lease.notebook_id, lease.expire_time, lease.apply(lambda each: each.to_dict())]

    lease, duration, notebook_id, expire_time, plain = run(program).value
    assert isinstance(lease, NotebookLeaseState)
    assert (type(duration), duration, notebook_id, expire_time) == (int, 300_000, NOTEBOOK, None)
    assert plain == lease.to_dict()
    assert {(read.notebook_id, read.profile) for read in override} == {(NOTEBOOK, "other")}


@pytest.mark.parametrize("argument", ["notebook_id", "profile"])
def test_an_unknown_input_in_preview_reads_nothing(argument: str, override: list[Any]) -> None:
    def program() -> Any:
        inputs: dict[str, Any] = {"notebook_id": NOTEBOOK, argument: unknown()}
        return get_notebook_lease_output(**inputs).duration

    result = run(program, preview=True)
    assert (result.is_known, result.value) == (False, None)
    assert override == []


@pytest.mark.parametrize("argument", ["notebook_id", "profile"])
def test_a_secret_input_makes_the_result_secret(argument: str, override: list[Any]) -> None:
    def program() -> Any:
        inputs: dict[str, Any] = {"notebook_id": NOTEBOOK, "profile": "other"}
        return get_notebook_lease_output(**{**inputs, argument: pulumi.Output.secret(inputs[argument])}).duration

    result = run(program)
    assert (result.value, result.is_secret) == (300_000, True)
    assert not run(lambda: get_notebook_lease_output(NOTEBOOK).duration).is_secret


@pytest.mark.parametrize(
    "make", [pulumi.Output.from_input, lambda name: pulumi.Output.all(pulumi.Output.from_input(name))]
)
def test_depends_on_is_taken_in_every_form(make: Callable[[Any], Any], override: list[Any]) -> None:
    class Group(pulumi.ComponentResource):
        def __init__(self, name: str) -> None:
            super().__init__("probe:index:Group", name)
            NotebookLease(f"{name}-child", notebook_id=OTHER, opts=pulumi.ResourceOptions(parent=self))

    def program() -> Any:
        lease = NotebookLease("training", notebook_id=OTHER)
        options = pulumi.InvokeOutputOptions(depends_on=[lease, Group("group"), make(lease)])
        return get_notebook_lease_output(NOTEBOOK, opts=options).duration

    result = run(program)
    assert (result.is_known, result.value) == (True, 300_000)


def test_an_unknown_dependency_defers_the_look_up(override: list[Any]) -> None:
    def program() -> Any:
        options = pulumi.InvokeOutputOptions(depends_on=[unknown()])
        return get_notebook_lease_output(NOTEBOOK, opts=options).duration

    assert not run(program, preview=True).is_known
    assert override == []


def test_the_override_in_force_at_the_call_counts() -> None:
    def program() -> Any:
        release: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        with nbcloud.testing.override(KIND, {"running": True, "duration": 1}):
            inside = get_notebook_lease_output(pulumi.Output.from_input(release))
        with nbcloud.testing.override(KIND, {"running": True, "duration": 2}):
            release.set_result(NOTEBOOK)
            return inside.duration

    assert run(program).value == 1


def test_an_overridden_error_is_raised_as_what_it_is() -> None:
    with nbcloud.testing.override(KIND, nbcloud.NotFoundError("gone", hint="look elsewhere")):
        for look_up in (get_notebook_lease, get_notebook_lease_output):
            with pytest.raises(nbcloud.NotFoundError) as caught:
                run(lambda look_up=look_up: look_up(NOTEBOOK))  # type: ignore[misc]
            assert str(caught.value) == "gone\nhint: look elsewhere"
            assert isinstance(caught.value, pulumi.RunError)
            assert type(caught.value).__name__ == "NotFoundError"


def test_get_refuses_an_output_and_names_the_other_form(override: list[Any]) -> None:
    for make in (lambda: pulumi.Output.from_input(NOTEBOOK), unknown):
        with pytest.raises(nbcloud.InputError) as caught:
            run(lambda make=make: get_notebook_lease(make()), preview=True)  # type: ignore[misc]
        assert "notebook_id is an Output, whose value is not there yet" in str(caught.value)
        assert "hint: use the _output form of this function" in str(caught.value)
    assert override == []


@pytest.mark.parametrize(
    "program",
    [
        lambda: get_notebook_lease("nope"),
        lambda: get_notebook_lease_output("nope"),
        lambda: NotebookLease("training", notebook_id="nope"),
        lambda: NotebookLease("training", notebook_id=pulumi.Output.from_input("nope")),
        lambda: NotebookLease("training", notebook_id=soon("nope")),
    ],
    ids=["get", "get_output", "resource", "resource of an Output", "resource of an awaitable"],
)
def test_a_bad_id_is_refused(program: Program, override: list[Any]) -> None:
    with pytest.raises(nbcloud.InputError, match=NOT_A_UUID) as caught:
        run(program)
    assert isinstance(caught.value, pulumi.RunError)
    assert override == []


def test_a_plain_bad_id_is_refused_in_the_constructor() -> None:
    def program() -> None:
        with pytest.raises(nbcloud.InputError, match=NOT_A_UUID):
            NotebookLease("training", notebook_id="nope")

    assert run(program).asked == []


def test_the_resource_is_read_by_its_argument() -> None:
    def program() -> Any:
        lease = NotebookLease("training", notebook_id=NOTEBOOK, profile="other")
        return [lease.id, lease.running, lease.create_at, lease.profile, lease.not_running_reason]

    result = run(program)
    assert result.value == [NOTEBOOK, True, 5, "other", None]
    assert type(result.value[2]) is int
    (asked,) = result.asked
    assert (asked.typ, asked.name) == ("pulumi-python:dynamic/nbcloud/modelarts:NotebookLease", "training")
    assert asked.resource_id == NOTEBOOK
    assert set(asked.inputs) == {"notebook_id", "profile", "__provider"}


@pytest.mark.parametrize(
    "make", [pulumi.Output.from_input, pulumi.Output.secret, soon], ids=["Output", "secret", "awaitable"]
)
def test_the_resource_takes_every_form_of_input(make: Callable[[str], Any]) -> None:
    def program() -> Any:
        return NotebookLease("training", notebook_id=make(NOTEBOOK), profile=make("other")).id

    result = run(program)
    assert result.value == NOTEBOOK
    assert [asked.resource_id for asked in result.asked] == [NOTEBOOK]


@pytest.mark.parametrize("argument", ["notebook_id", "profile"])
def test_an_unknown_input_makes_the_id_of_the_resource_unknown(argument: str) -> None:
    def program() -> None:
        inputs: dict[str, Any] = {"notebook_id": NOTEBOOK, argument: unknown()}
        NotebookLease("training", **inputs)

    # The engine reads as soon as it knows the id; it takes the sentinel for an unknown one.
    assert [asked.resource_id for asked in run(program, preview=True).asked] == [pulumi.runtime.rpc.UNKNOWN]


def test_opts_id_is_refused() -> None:
    def program() -> None:
        NotebookLease("training", notebook_id=NOTEBOOK, opts=pulumi.ResourceOptions(id=OTHER))

    with pytest.raises(nbcloud.InputError, match=r"opts\.id is not for this resource") as caught:
        run(program)
    assert "hint: say what to read by notebook_id" in str(caught.value)
    assert isinstance(caught.value, pulumi.RunError)


def test_other_options_are_kept_and_the_callers_object_is_not_changed() -> None:
    options = pulumi.ResourceOptions(parent=None, additional_secret_outputs=["endpoint"])

    def program() -> Any:
        return NotebookLease("training", notebook_id=NOTEBOOK, opts=options).id

    assert run(program).value == NOTEBOOK
    assert options.id is None
    assert options.additional_secret_outputs == ["endpoint"]


# --- DevServer jobs

JOB_KIND, JOBS_KIND = "modelarts:DevServerJob", "modelarts:DevServerJobs"
JOB = "62c89f77-fc81-45a8-9647-d6e457e73954"
ROW = DevServerJobRow(job_id=JOB, name="n", status="FINISHED", abnormal_count=0, create_at=5)
FILTERS: dict[str, Any] = {
    "job_id": JOB, "name": "n", "type": "COMMON", "status": "FINISHED", "visible": False, "profile": "other",
}  # fmt: skip


@pytest.fixture
def override_jobs() -> Iterator[tuple[list[Any], list[Any]]]:
    """Overrides a job and the list, and gives the arguments that were read of each."""
    job = nbcloud.testing.override(JOB_KIND, {"status": "FINISHED", "abnormal_count": 2, "create_at": 5})
    jobs = nbcloud.testing.override(JOBS_KIND, {"total": 2, "truncated": True, "jobs": (ROW,)})
    with job as of_one, jobs as of_all:
        yield of_one, of_all


@pytest.mark.parametrize(
    ("look_up", "token"),
    [
        (lambda: get_dev_server_job(JOB), JOB_KIND),
        (lambda: get_dev_server_job_output(JOB), JOB_KIND),
        (lambda: get_dev_server_jobs(), JOBS_KIND),
        (lambda: get_dev_server_jobs_output(), JOBS_KIND),
    ],
    ids=["get_job", "get_job_output", "get_jobs", "get_jobs_output"],
)
def test_a_look_up_of_jobs_under_mocks_without_an_override_raises(look_up: Program, token: str) -> None:
    with pytest.raises(nbcloud.InputError, match="a unit test under set_mocks must not call a cloud") as caught:
        run(look_up)
    assert f'nbcloud.testing.override("{token}"' in str(caught.value)


def test_a_job_is_looked_up_in_both_forms(override_jobs: tuple[list[Any], list[Any]]) -> None:
    def program() -> Any:
        job = get_dev_server_job(JOB, profile="other")
        assert isinstance(job, DevServerJobState)
        assert (job.job_id, job.abnormal_count, job.create_time) == (JOB, 2, "1970-01-01T00:00:00.005Z")
        later = get_dev_server_job_output(pulumi.Output.from_input(JOB), profile=soon("other"))
        return [later.status, later.abnormal_count]

    assert run(program).value == ["FINISHED", 2]
    assert {(read.job_id, read.profile) for read in override_jobs[0]} == {(JOB, "other")}


def test_jobs_are_listed_in_both_forms_by_every_filter(override_jobs: tuple[list[Any], list[Any]]) -> None:
    def program() -> Any:
        listed = get_dev_server_jobs(**FILTERS)
        assert isinstance(listed, DevServerJobsState)
        assert (listed.total, listed.truncated, listed.jobs) == (2, True, (ROW,))
        filters: dict[str, Any] = {name: pulumi.Output.from_input(each) for name, each in FILTERS.items()}
        later = get_dev_server_jobs_output(**filters)
        return [later.jobs[0].status, later.total, later.apply(lambda each: each.to_dict())]

    status, total, plain = run(program).value
    assert (status, total) == ("FINISHED", 2)
    assert plain["jobs"] == [vars(ROW)]
    assert [vars(read) for read in override_jobs[1]] == [FILTERS, FILTERS]


def test_a_filter_that_is_unknown_in_preview_reads_nothing(override_jobs: tuple[list[Any], list[Any]]) -> None:
    def program(name: str) -> Any:
        return get_dev_server_jobs_output(**{**FILTERS, name: unknown()}).total

    for name in FILTERS:
        result = run(functools.partial(program, name), preview=True)
        assert not result.is_known
    assert override_jobs[1] == []


@pytest.mark.parametrize(
    ("program", "problem"),
    [
        (lambda: get_dev_server_job("x" * 65), "job_id must be 1 to 64 printable ASCII characters"),
        (lambda: get_dev_server_job_output(""), "job_id must be 1 to 64 printable ASCII characters"),
        (lambda: get_dev_server_jobs(name=""), "name String should have at least 1 character"),
        (lambda: get_dev_server_jobs_output(job_id="x" * 65), "job_id must be 1 to 64 printable ASCII characters"),
        (lambda: DevServerJob("job", job_id="x" * 65), "job_id must be 1 to 64 printable ASCII characters"),
        (lambda: DevServerJob("job", job_id=pulumi.Output.from_input("")), "job_id must be 1 to 64 printable"),
    ],
)
def test_bad_arguments_of_jobs_are_refused(
    program: Program, problem: str, override_jobs: tuple[list[Any], list[Any]]
) -> None:
    with pytest.raises(nbcloud.InputError, match=problem) as caught:
        run(program)
    assert isinstance(caught.value, pulumi.RunError)
    assert override_jobs == ([], [])


def test_a_job_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = {"status": "FINISHED", "abnormal_count": 1.0, "create_at": 5.0}
    monkeypatch.setitem(program_support._OUTPUTS, "DevServerJob", answer)

    def program() -> Any:
        job = DevServerJob("job", job_id=JOB, profile="other")
        return [job.id, job.job_id, job.status, job.abnormal_count, job.create_at, job.description, job.profile]

    result = run(program)
    assert result.value == [JOB, JOB, "FINISHED", 1, 5, None, "other"]
    assert [type(each) for each in result.value[3:5]] == [int, int]
    (asked,) = result.asked
    assert (asked.typ, asked.resource_id) == ("pulumi-python:dynamic/nbcloud/modelarts:DevServerJob", JOB)
    assert set(asked.inputs) == {"job_id", "profile", "__provider"}


def test_jobs_are_targets_of_gates() -> None:
    def program() -> Any:
        job = DevServerJob("recorded", job_id=JOB)
        listed = DevServerJobsArgs(**FILTERS)
        targets: dict[str, DevServerJob | DevServerJobArgs | DevServerJobsArgs] = {
            "a": job,
            "b": DevServerJobArgs(job_id=JOB, profile="other"),
            "c": listed,
        }
        return nbcloud.Gate("gate", targets=targets, until="size(c.jobs) > 0").id

    assert run(program).inputs["targets"] == {
        "a": {"kind": JOB_KIND, "job_id": JOB},
        "b": {"kind": JOB_KIND, "job_id": JOB, "profile": "other"},
        "c": {"kind": JOBS_KIND, **FILTERS},
    }


# --- every kind


def read_resources() -> list[type[ReadResource]]:
    return [value for value in vars(modelarts).values() if inspect.isclass(value) and issubclass(value, ReadResource)]


@pytest.mark.parametrize("resource", read_resources())
def test_the_class_has_an_annotation_for_every_field_and_argument(resource: type[ReadResource]) -> None:
    kind: Kind[Any, Any, Any] = load(resource._token)
    own = {name for name in vars(resource)["__annotations__"] if not name.startswith("_")}
    assert own == {*kind.state_names, *kind.argument_names}
    # Only an annotation makes the SDK give an int where the wire has a float.
    types = get_type_hints(kind.state)
    alone = type("Alone", (), {"__annotations__": vars(resource)["__annotations__"]})
    hints = get_type_hints(alone, dict(vars(modelarts)))
    assert {name: hints[name] for name in types} == {name: pulumi.Output[types[name]] for name in types}  # type: ignore[valid-type]


@pytest.mark.parametrize("token", sorted(KINDS))
def test_no_field_has_a_name_that_output_or_a_resource_has_itself(token: str) -> None:
    kind: Kind[Any, Any, Any] = load(token)
    names = {*kind.state_names, *kind.argument_names}
    assert not names & TAKEN
    assert not [name for name in names if hasattr(pulumi.Output, name) or hasattr(pulumi.dynamic.Resource, name)]
