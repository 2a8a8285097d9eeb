"""The result of a wait as a JUnit file, which GitLab, Jenkins and Azure show: one case a target."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from pulumi_nbcloud.cli.exit_codes import ExitCode
from pulumi_nbcloud.cli.progress import transition_line

if TYPE_CHECKING:
    from pulumi_nbcloud.cli.report import Report

# XML 1.0 cannot hold these, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FAILURES = {ExitCode.FAILED, ExitCode.NOT_FOUND, ExitCode.TIMED_OUT}


def write_junit(path: Path, report: Report, names: tuple[str, ...]) -> None:
    """Write the complete file or nothing: a runner may read it at any moment.

    Args:
        path: where to.
        report: the result.
        names: of the targets, in their order.

    Raises:
        OSError: it cannot be written.
    """
    failed = report.error is not None and not report.is_warning
    tag = "failure" if report.exit_code in _FAILURES else "error"
    count = str(len(names))
    suite = ElementTree.Element("testsuite", name="nbcloud wait", tests=count, time=f"{report.elapsed:.1f}")
    suite.set("failures", count if failed and tag == "failure" else "0")
    suite.set("errors", count if failed and tag == "error" else "0")
    suite.set("skipped", count if report.outcome == "disabled" else "0")
    for name in names:
        case = ElementTree.SubElement(suite, "testcase", name=_clean(_case(report, name)), classname="nbcloud.wait")
        case.set("time", f"{report.elapsed:.1f}")
        if report.outcome == "disabled":
            ElementTree.SubElement(case, "skipped", message="enforcement is disabled")
        if failed and report.error is not None:
            element = ElementTree.SubElement(case, tag, type=report.outcome, message=_clean(report.error.problem))
            element.text = _clean(str(report.error))
        observed = [transition_line(each) for each in report.transitions if each["target"] == name]
        ElementTree.SubElement(case, "system-out").text = _clean("\n".join(observed))
        if report.is_warning:
            ElementTree.SubElement(case, "system-err").text = _clean(report.warning)
    suites = ElementTree.Element("testsuites")
    suites.append(suite)
    _write(path, ElementTree.tostring(suites, encoding="utf-8", xml_declaration=True))


def _case(report: Report, name: str) -> str:
    target = report.progress.targets.get(name) if report.progress else None
    return f"{name}: {target.token} {target.identity}" if target else name


def _clean(text: str) -> str:
    return _NOT_XML.sub("?", text)


def _write(path: Path, content: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except OSError:
        os.unlink(temporary)
        raise
