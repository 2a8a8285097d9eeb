"""The JUnit file of a wait: which cases there are, and which of them have not passed."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from cli_support import invoke
from lease_support import KIND, NOTEBOOK
from test_cli_github import HOSTILE

from pulumi_nbcloud.mock import MockClouds

LEASE = f"lease={KIND}/{NOTEBOOK}"
JOB = "job=modelarts:DevServerJob/j"
INSTANCE = "instance=hpcai:Instance/notebook-1"
# What may stand in an element, in this order, and its attributes: the schema that Jenkins and GitLab read.
PARTS = {
    "testsuites": ("testsuite",),
    "testsuite": ("properties", "testcase"),
    "properties": ("property",),
    "testcase": ("skipped", "error", "failure", "system-out", "system-err"),
}
ATTRIBUTES = {
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time"},
    "property": {"name", "value"},
    "testcase": {"name", "classname", "time"},
    "skipped": {"message"},
    "failure": {"type", "message"},
    "error": {"type", "message"},
}


def suite_of(file: Path) -> ElementTree.Element:
    """Reads a file that keeps to the schema."""
    root = ElementTree.parse(file).getroot()
    for element in root.iter():
        parts = PARTS.get(element.tag, ())
        places = [parts.index(child.tag) for child in element]
        assert places == sorted(places), f"the order in {element.tag}"
        assert set(element.attrib) == ATTRIBUTES.get(element.tag, set()), element.tag
    (suite,) = root
    cases = suite.findall("testcase")
    assert suite.get("tests") == str(len(cases))
    for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert suite.get(count) == str(sum(case.find(tag) is not None for case in cases))
    assert len({case.get("name") for case in cases}) == len(cases)
    return suite


def outcomes(suite: ElementTree.Element) -> dict[str, str]:
    """What each case came to, by its name up to the colon."""
    found = {}
    for case in suite.findall("testcase"):
        (tag,) = [each.tag for each in case if not each.tag.startswith("system-")] or ["passed"]
        found[str(case.get("name")).partition(": ")[0]] = tag
    return found


def wait(file: Path, *arguments: str) -> ElementTree.Element:
    invoke("wait", "--timeout", "20s", *arguments, "--junit-xml", str(file))
    return suite_of(file)


@pytest.fixture
def file(nbcloud_mock: MockClouds, tmp_path: Path) -> Path:
    """Where the file goes; the lease is ready and the others are not."""
    nbcloud_mock.modelarts.put_lease(NOTEBOOK)
    nbcloud_mock.modelarts.put_job("j", status="PROCESSING")
    nbcloud_mock.hpcai.put_instance("notebook-1", status="Pending")
    return tmp_path / "junit.xml"


def test_with_defaults_each_target_is_a_case(nbcloud_mock: MockClouds, file: Path) -> None:
    nbcloud_mock.modelarts.put_job("j", status="FINISHED")
    suite = wait(file, LEASE, JOB)
    assert outcomes(suite) == {"lease": "passed", "job": "passed"}
    lease, job = suite.findall("testcase")
    assert (lease.get("name"), job.get("name")) == (f"lease: {KIND} {NOTEBOOK}", "job: modelarts:DevServerJob j")
    assert "lease: running=true" in (lease.findtext("system-out") or "")
    assert [each.name for each in file.parent.iterdir() if "junit" in each.name] == ["junit.xml"]


def test_at_the_timeout_a_target_that_is_ready_has_passed(file: Path) -> None:
    suite = wait(file, LEASE, JOB, INSTANCE, "--timeout", "0")
    assert outcomes(suite) == {"lease": "passed", "job": "failure", "instance": "failure"}
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert failure.attrib == {"type": "timed_out", "message": "timed out: job.status is PROCESSING, expected FINISHED"}
    assert "hint: " in (failure.text or "")


def test_of_one_that_has_failed_the_others_are_not_to_blame(nbcloud_mock: MockClouds, file: Path) -> None:
    nbcloud_mock.hpcai.put_instance("notebook-1", status="Released")
    suite = wait(file, LEASE, JOB, INSTANCE)
    assert outcomes(suite) == {"lease": "passed", "job": "skipped", "instance": "failure"}
    skipped = suite.find("testcase/skipped")
    assert skipped is not None
    assert skipped.get("message") == "not ready when the wait ended: job.status is PROCESSING, expected FINISHED"


def test_a_fail_on_fails_what_it_reads(file: Path) -> None:
    suite = wait(file, LEASE, JOB, INSTANCE, "--fail-on", 'job.status == "PROCESSING"')
    assert outcomes(suite) == {"lease": "passed", "job": "failure", "instance": "skipped"}


def test_of_one_that_never_appeared_the_others_are_not_to_blame(nbcloud_mock: MockClouds, file: Path) -> None:
    suite = wait(file, LEASE, JOB, "gone=hpcai:Instance/notebook-2", "--timeout", "0")
    assert outcomes(suite) == {"lease": "passed", "job": "skipped", "gone": "failure"}


def test_a_poll_that_failed_is_an_error_of_its_target(nbcloud_mock: MockClouds, file: Path) -> None:
    nbcloud_mock.faults.add(service="hpcai", status=401, body='{"message": "Not logged in"}', count=100)
    suite = wait(file, LEASE, INSTANCE)
    assert outcomes(suite) == {"lease": "skipped", "instance": "error"}


def test_where_no_target_is_to_blame_the_wait_is_a_case(file: Path) -> None:
    suite = wait(file, LEASE, f"again={KIND}/{NOTEBOOK}", "--consecutive", "900", "--timeout", "1s")
    assert outcomes(suite) == {"lease": "passed", "again": "passed", "nbcloud wait": "failure"}


def test_a_condition_over_all_is_one_case_and_the_targets_are_properties(file: Path) -> None:
    until = 'job.status == "FINISHED" && lease.running'
    suite = wait(file, LEASE, JOB, "--until", until, "--timeout", "0")
    assert outcomes(suite) == {"lease, job": "failure"}
    properties = {each.get("name"): each.get("value") for each in suite.iter("property")}
    assert properties == {
        "expected": until,
        "polls": "1",
        "lease": f"{KIND} {NOTEBOOK}",
        "lease.outcome": "ready",
        "lease.state": properties["lease.state"],
        "job": "modelarts:DevServerJob j",
        "job.outcome": "waiting",
        "job.state": "status=PROCESSING, abnormal_count=0",
    }


def test_an_advisory_wait_fails_nothing_and_says_so(file: Path) -> None:
    suite = wait(file, LEASE, JOB, "--timeout", "0", "--enforcement", "advisory")
    assert outcomes(suite) == {"lease": "passed", "job": "passed"}
    warnings = [case.findtext("system-err") for case in suite.findall("testcase")]
    assert warnings[0] is None
    assert (warnings[1] or "").startswith("warning: ")


def test_a_named_condition_is_a_case_for_each(file: Path) -> None:
    suite = wait(file, LEASE, INSTANCE, "--until", "ready", "--timeout", "0")
    assert outcomes(suite) == {"lease": "passed", "instance": "failure"}


@pytest.mark.parametrize(
    ("status", "arguments", "tag", "type_"),
    [
        ("FROZEN", (), "failure", "failed"),
        ("STOPPED", ("--timeout", "0"), "failure", "timed_out"),
        ("RUNNING", ("--until", "self.duration / (self.create_at - self.create_at) == 1"), "error", "bad_condition"),
    ],
)
def test_a_failure_is_told_from_an_error(
    nbcloud_mock: MockClouds, file: Path, status: str, arguments: tuple[str, ...], tag: str, type_: str
) -> None:
    nbcloud_mock.modelarts.put_lease(NOTEBOOK, status=status)
    suite = wait(file, f"{KIND}/{NOTEBOOK}", *arguments)
    (case,) = suite.findall("testcase")
    assert case.get("name") == f"{KIND} {NOTEBOOK}", "self says nothing"
    found = case.find(tag)
    assert found is not None
    assert found.get("type") == type_
    assert "hint: " in (found.text or "")


def test_it_holds_hostile_text(nbcloud_mock: MockClouds, file: Path) -> None:
    nbcloud_mock.hpcai.put_instance("notebook-1", status=f"]]></system-out>{HOSTILE}\ufffe")
    suite = wait(file, "hpcai:Instance/notebook-1", "--timeout", "0")
    assert [each.tag for each in suite.findall("testcase")[0].iter()] == ["testcase", "failure", "system-out"]
    assert "]]></system-out>" in (suite.findtext("testcase/system-out") or "")
