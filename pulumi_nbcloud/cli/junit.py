"""The result of a wait as a JUnit file, which GitLab, Jenkins and Azure show.

With default conditions each target is a case of its own, and one that is ready has passed, however the wait ended. A
condition over all targets is one case.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from pulumi_nbcloud.cli.exit_codes import ExitCode
from pulumi_nbcloud.cli.files import replace_file
from pulumi_nbcloud.cli.progress import transition_line

if TYPE_CHECKING:
    from pulumi_nbcloud.cli.report import Report
    from pulumi_nbcloud.waiting.progress import Progress

# XML 1.0 cannot hold these, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FAILURES = {ExitCode.FAILED, ExitCode.NOT_FOUND, ExitCode.TIMED_OUT}
# Where one target ends the wait for all, the others were not to blame.
_OF_ONE = {"failed", "never_appeared", "gone", "unreachable", "bad_response", "unauthorized"}


@dataclass(frozen=True)
class _Case:
    """One case of the file.

    Args:
        name: tells it from the others, and stays the same from run to run.
        tag: failure, error or skipped; None for one that has passed.
        message: in one line why it has not passed.
        text: all that is known of that.
        output: what was observed, a line each.
        warning: how an advisory wait ended, which is no failure.
    """

    name: str
    tag: str | None = None
    message: str = ""
    text: str = ""
    output: str = ""
    warning: str = ""


def write_junit(path: Path, report: Report, names: tuple[str, ...]) -> None:
    """Write the complete file or nothing: a runner may read it at any moment.

    Args:
        path: where to.
        report: the result.
        names: of the targets, in their order.

    Raises:
        OSError: it cannot be written.
    """
    cases = _cases(report, names)
    elapsed = f"{report.elapsed:.1f}"
    suite = ElementTree.Element("testsuite", name="nbcloud wait", tests=str(len(cases)))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(sum(case.tag == tag for case in cases)))
    suite.set("time", elapsed)
    _add_properties(suite, report)
    for each in cases:
        case = ElementTree.SubElement(suite, "testcase", name=_clean(each.name), classname="nbcloud.wait", time=elapsed)
        if each.tag is not None:
            element = ElementTree.SubElement(case, each.tag, message=_clean(each.message))
            if each.tag != "skipped":
                element.set("type", report.outcome)
                element.text = _clean(each.text)
        ElementTree.SubElement(case, "system-out").text = _clean(each.output)
        if each.warning:
            ElementTree.SubElement(case, "system-err").text = _clean(each.warning)
    suites = ElementTree.Element("testsuites")
    suites.append(suite)
    replace_file(path, ElementTree.tostring(suites, encoding="utf-8", xml_declaration=True))


def _cases(report: Report, names: tuple[str, ...]) -> list[_Case]:
    progress = report.progress
    if report.outcome == "disabled":
        return [_Case(name, "skipped", "enforcement is disabled") for name in names]
    if progress is None or progress.in_common or len(progress.targets) == 1:
        return [_overridden(_whole(report, names), report)]
    cases = [_of_target(report, progress, name) for name in progress.targets]
    tags = ("skipped",) if report.is_awaiting else ("failure", "error")
    if _has_failed(report) and not any(case.tag in tags for case in cases):
        # Nothing that a target has done: it was interrupted, or the condition did not hold for long enough.
        cases.append(_whole(report, ("nbcloud wait",)))
    return [_overridden(each, report) for each in cases]


def _overridden(case: _Case, report: Report) -> _Case:
    """Skip a case where the wait was overridden: of no target it is known that it is ready, so none has passed."""
    override = report.override
    if override is None:
        return case
    why = f'overridden until {override["until"]}: "{override["reason"]}"; otherwise {override["overrode"]}'
    return replace(case, tag="skipped", message=why, warning=report.warning)


def _whole(report: Report, names: tuple[str, ...]) -> _Case:
    """Make the case of the wait as a whole."""
    progress, error = report.progress, report.error
    alone = progress is not None and len(progress.targets) == 1
    name = report.title(names[0]) if alone else ", ".join(names)
    output = "\n".join(map(transition_line, report.transitions))
    if error is None or not _has_failed(report):
        return _Case(name, output=output, warning=_warning(report))
    return _Case(name, _tag(report), error.headline, str(error), output)


def _of_target(report: Report, progress: Progress, name: str) -> _Case:
    """Make the case of one target, for which its own state alone counts."""
    output = "\n".join(transition_line(each) for each in report.transitions if each["target"] == name)
    case = _Case(report.named_title(name), output=output)
    if not _has_failed(report):
        return replace(case, warning="" if progress.outcome_of(name) == "ready" else _warning(report))
    own, outcome = progress.poll_errors.get(name), progress.outcome_of(name)
    if own is not None:
        return _Case(case.name, _tag(report), own.headline, str(own), output)
    if outcome == "ready":
        return case
    lacks = "; ".join(each.line for each in progress.not_met if name in each.reads(progress.targets))
    if outcome == "failed" or _is_to_blame(report, progress, name):
        return _Case(
            case.name, _tag(report), f"{report.words}: {lacks or progress.shown(name)}", str(report.error), output
        )
    return _Case(case.name, "skipped", f"not ready when the wait ended: {lacks or progress.shown(name)}", output=output)


def _is_to_blame(report: Report, progress: Progress, name: str) -> bool:
    """Return whether a target that is not ready is why the wait has ended."""
    if report.outcome in ("never_appeared", "gone"):
        last = progress.observations.get(name)
        return last is not None and last.state is None
    return report.outcome not in _OF_ONE and report.outcome != "cancelled"


def _has_failed(report: Report) -> bool:
    return report.error is not None and not report.is_warning


def _warning(report: Report) -> str:
    return report.warning if report.is_warning else ""


def _tag(report: Report) -> str:
    if report.is_awaiting:
        return "skipped"
    return "failure" if report.exit_code in _FAILURES else "error"


def _add_properties(suite: ElementTree.Element, report: Report) -> None:
    """Add what was waited for, and what each target was."""
    progress = report.progress
    if progress is None:
        return
    values = {"expected": progress.expected, "polls": str(progress.polls)}
    for name in progress.targets:
        values[name] = report.title(name)
        values[f"{name}.state"] = progress.shown(name)
        values[f"{name}.outcome"] = progress.outcome_of(name)
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in values.items():
        ElementTree.SubElement(properties, "property", name=name, value=_clean(value))


def _clean(text: str) -> str:
    return _NOT_XML.sub("?", text)
