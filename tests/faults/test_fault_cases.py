"""Every case of a fault, against a lookup and against a gate."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from cases import CASES
from fault_server import FaultServer, answer
from faults_support import Case, gate, holds, poll

from pulumi_nbcloud.errors import AuthenticationError, BadResponseError, PermissionDeniedError, UnreachableError
from pulumi_nbcloud.waiting.outcome import Met, Outcome, WaitError

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_a_look_up_ends_as_decided(case: Case) -> None:
    with FaultServer(*case.steps) as server:
        found, clock = await poll(server, seconds=case.seconds)
    holds(case, found, server.taken)
    # Each further request but one on a fresh connection waits first.
    assert len(clock.slept) == case.requests - 1


# Of each fault one: what a gate does depends on the class of the error alone.
GATES = [
    case
    for case in CASES
    if case.problem is not None and case.exact and (case.fault not in (28, 36) or "302 to https" in case.name)
]


@pytest.mark.parametrize("case", GATES, ids=str)
async def test_a_gate_outlives_a_fault_that_passes_and_ends_at_once_where_nothing_will(case: Case) -> None:
    steps = case.steps * case.requests
    with FaultServer(*steps, answer()) as server:
        ended = await gate(server, seconds=case.seconds)
    if issubclass(case.error, (AuthenticationError, PermissionDeniedError)):
        assert isinstance(ended, WaitError)
        assert (ended.outcome, server.taken) == (Outcome.UNAUTHORIZED, 1)
    elif case.error is BadResponseError and not case.passes:
        assert isinstance(ended, WaitError)
        assert (ended.outcome, ended.hint, server.taken) == (Outcome.BAD_RESPONSE, case.hint, case.requests)
    else:
        assert isinstance(ended, Met), ended
        assert server.taken == len(steps) + 1
        assert ended.progress.polls == 2


LASTING = {
    str(case): case
    for case in CASES
    if str(case) in ("F-5 closed before the response", "F-41 true for a number", "F-24 503")
}


@pytest.mark.parametrize("case", LASTING.values(), ids=str)
async def test_a_gate_ends_after_ten_looks_that_failed_and_its_retries_are_bounded(case: Case) -> None:
    with FaultServer(*case.steps) as server:
        ended = await gate(server)
    assert isinstance(ended, WaitError), ended
    assert ended.outcome is (Outcome.BAD_RESPONSE if case.error is BadResponseError else Outcome.UNREACHABLE)
    assert "10 polls in a row failed" in ended.problem
    assert f"last error: {case.problem}" in ended.problem
    # Ten polls, and the twenty retries that a full budget pays for.
    assert server.taken == (30 if case.error is UnreachableError else 10)


def test_every_fault_has_a_test_that_names_it() -> None:
    """By a case, or by the comment `# F-n` directly above a test."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "errors.md").read_text(encoding="utf-8")
    defined = {int(number) for number in re.findall(r'<a id="f-(\d+)">', page)}
    named = {case.fault for case in CASES}
    for path in Path(__file__).parent.glob("test_*.py"):
        named |= faults_named_above_tests(path.read_text(encoding="utf-8"))
    assert defined == set(range(1, 57))
    assert named == defined


def faults_named_above_tests(source: str) -> set[int]:
    lines = source.splitlines()
    found: set[int] = set()
    for node in ast.parse(source).body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test_"):
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            if match := re.match(r"# F-(\d+)\b", lines[first - 2]):
                found.add(int(match[1]))
    return found
