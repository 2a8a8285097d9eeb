"""What kinds declare of the wire is what the pages in docs/vendors say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from aidp_support import PLATFORM, SESSION, WORKSPACE
from capture_support import captured, wire_of
from lease_support import LEASE, NOTEBOOK

from pulumi_nbcloud.capture.documented import Documented, fields_of, name_of
from pulumi_nbcloud.kinds.registry import KINDS
from pulumi_nbcloud.mock import MockClouds

VENDORS = Path(__file__).resolve().parents[2] / "docs" / "vendors"


def page(token: str) -> str:
    return (VENDORS / wire_of(token).page).read_text(encoding="utf-8")


def fact(token: str, number: str) -> str:
    """The text of a fact, with its table."""
    found = re.search(rf"\*\*{number}\.\*\*(.*?)(?=\n<a id=|\n## |\Z)", page(token), re.DOTALL)
    assert found is not None, number
    return found[1]


def declared(token: str) -> Iterator[Documented]:
    wire = wire_of(token)
    yield from fields_of(wire.body).values()
    yield from fields_of(wire.errors).values()


@pytest.mark.parametrize("token", KINDS)
def test_each_field_is_in_its_fact(token: str) -> None:
    for each in declared(token):
        assert each.fact is not None, each.path
        if each.path.endswith("[]"):
            continue
        text = fact(token, each.fact)
        named = re.search(rf"\b{name_of(each.path)}\b", text) is not None
        assert named or (each.values and all(value in text for value in each.values)), (each.path, each.fact)


@pytest.mark.parametrize(
    ("token", "numbers"),
    [
        ("modelarts:NotebookLease", ("MA-36",)),
        ("modelarts:DevServerJobs", ("MA-46",)),
        ("aidp:NotebookSession", ("DP-20", "DP-21")),
        ("hpcai:Instances", ("HPC-15", "HPC-17")),
    ],
)
def test_each_row_of_the_tables_is_declared(token: str, numbers: tuple[str, ...]) -> None:
    names = {name_of(path).removesuffix("[]") for path in fields_of(wire_of(token).body)}
    for number in numbers:
        rows = re.findall(r"^\| (`.*?) \|", fact(token, number), re.MULTILINE)
        listed = {each.rpartition(".")[2].removesuffix("[]") for row in rows for each in re.findall(r"`([^`]+)`", row)}
        assert listed
        assert listed <= names


@pytest.mark.parametrize("token", KINDS)
def test_each_value_is_on_the_page(token: str) -> None:
    text = page(token)
    numbers = {*re.findall(r"\b\d{4}\b", text)}
    for first, last in re.findall(r"`(?:ModelArts\.)?(\d{4})` to `(?:ModelArts\.)?(\d{4})`", text):
        numbers |= {f"{number:04}" for number in range(int(first), int(last) + 1)}
    for each in declared(token):
        for value in each.values:
            service, _, number = value.partition(".")
            if number.isdigit():
                assert service in text, value
                assert number in numbers, value
            else:
                assert value in text, value


@pytest.mark.parametrize("token", KINDS)
def test_the_usual_path_is_on_the_page(token: str) -> None:
    wire = wire_of(token)
    written = re.sub(r"\{\w+\}", "{}", page(token))
    usual, *others = (re.sub(r"\{\w+\}", "{}", each) for each in wire.paths)
    assert usual in written
    for each in others:
        assert all(part in written for part in each.split("/"))
    assert wire.method in written


def test_the_types_come_from_the_classes_that_parse() -> None:
    found = fields_of(wire_of("hpcai:Instances").body)
    assert found["pager.totalEntries"].types == ("number",)
    assert found["instances"].types == ("list",)
    assert found["instances[].instanceSpecInfo.instanceConfiguration.InstanceDiskAmountRequest"].types == ("object",)
    assert found["instances[].instanceRuntimeInfo.createAtUnixMs"].formats == ("epoch milliseconds",)
    assert "instances[].instanceRuntimeInfo.createTime" not in found, "made from another field"
    assert found["instances[].instanceSpecInfo.remoteStorages[]"].types == (), "no page describes one"
    jobs = fields_of(wire_of("modelarts:DevServerJobs").body)
    assert jobs["data[].create_at"].types == ("number", "text")
    assert "data[].create_time" not in jobs


ONE = {"modelarts:DevServerJob": {"job_id": "job-1"}, "hpcai:Instance": {"instance_id": "inst-1"}}
ARGUMENTS: dict[str, dict[str, str]] = {
    "modelarts:NotebookLease": {"notebook_id": NOTEBOOK},
    "aidp:NotebookSession": {"ai_data_platform_id": PLATFORM, "workspace_key": WORKSPACE, "session_id": SESSION},
    "modelarts:DevServerJobs": {},
    "hpcai:Instances": {},
    **ONE,
}


@pytest.mark.anyio
@pytest.mark.parametrize("token", KINDS)
async def test_the_mock_cloud_differs_nowhere(clouds: MockClouds, token: str) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    clouds.modelarts.put_job("job-1")
    clouds.hpcai.put_instance("inst-1")
    clouds.aidp.put_session(SESSION)
    found = await captured(clouds, token, ARGUMENTS[token])
    assert (found.error, found.differs) == (None, ())
    paths = {each["path"] for each in found.document["requests"]}
    assert paths == {wire_of(token).paths[0]}
