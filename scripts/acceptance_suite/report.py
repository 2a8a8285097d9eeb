"""The report of a run: a short table for the terminal, and a redacted file that can be sent in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from acceptance_suite.comparing import DIFFERS, HOLDS
from acceptance_suite.documents import Responses, mock_differences
from acceptance_suite.running import Result
from pulumi_nbcloud._version import __version__
from pulumi_nbcloud.cli.layout import fold

COLUMNS = 80
FORMAT = 1
_NAME, _OUTCOME = 20, 9


def document_of(cloud: str, mock: Sequence[Result], real: Sequence[Result] | None, requests: int) -> dict[str, Any]:
    """Return what the file holds: no id, name, host or credential.

    Args:
        cloud: the short name of the cloud.
        mock: the results against the mock.
        real: the results against the real cloud; None where only the mock was read.
        requests: how many requests the real cloud was sent.
    """
    ours, theirs = Responses(), Responses()
    behaviours = [_behaviour(each, other, ours, theirs) for each, other in _pairs(mock, real)]
    return {
        "format": FORMAT,
        "nbcloud": __version__,
        "cloud": cloud,
        "responses_of": "mock" if real is None else "real",
        "requests": requests,
        "behaviours": behaviours,
        "responses": ours.described if real is None else theirs.described,
    }


def _pairs(mock: Sequence[Result], real: Sequence[Result] | None) -> Iterator[tuple[Result, Result | None]]:
    if real is None:
        return ((each, None) for each in mock)
    return zip(mock, real, strict=True)


def _behaviour(mock: Result, real: Result | None, ours: Responses, theirs: Responses) -> dict[str, Any]:
    behaviour = mock.behaviour
    found: dict[str, Any] = {
        "name": behaviour.name,
        "kind": behaviour.kind,
        "expected": behaviour.expected.value,
        "facts": behaviour.source,
        "mock": _outcome(mock),
    }
    numbers = ours.numbers(mock)
    if real is None:
        return {**found, "responses": numbers}
    of_real = theirs.numbers(real)
    differs = mock_differences(ours.of(numbers), theirs.of(of_real)) if numbers and of_real else []
    return {**found, "real": _outcome(real), "responses": of_real, "differs_from_mock": differs}


def _outcome(result: Result) -> str:
    return f"{result.outcome}: {result.detail}" if result.detail else result.outcome


def table(mock: Sequence[Result], real: Sequence[Result] | None) -> Iterator[str]:
    """Yield the lines of the table, then what differs and what was not run, within 80 columns."""
    yield f"{'behaviour':<{_NAME}}{'mock':<{_OUTCOME}}{'real' if real else ''}".rstrip()
    for each, other in _pairs(mock, real):
        yield f"{each.behaviour.name:<{_NAME}}{each.outcome:<{_OUTCOME}}{other.outcome if other else ''}".rstrip()
    for side, results in (("mock", mock), ("real", real or ())):
        for each in results:
            if each.detail:
                yield from _folded(f"{each.behaviour.name}, {side}: {each.outcome}, ", each.detail)


def fields_line(document: Mapping[str, Any]) -> str:
    """Return how many fields of the responses differ; the file says which."""
    documented = sum(len(each["differs"]) for each in document["responses"])
    mock = sum(len(each.get("differs_from_mock", ())) for each in document["behaviours"])
    return f"fields that differ: {documented} from docs/vendors, {mock} from the mock"


def passed(mock: Sequence[Result], real: Sequence[Result] | None) -> bool:
    """Return whether all is well: on the mock everything holds, of a real cloud nothing differs and something holds."""
    if any(each.outcome != HOLDS for each in mock):
        return False
    if real is None:
        return True
    return all(each.outcome != DIFFERS for each in real) and any(each.outcome == HOLDS and each.sent for each in real)


def _folded(start: str, text: str) -> Iterator[str]:
    for line in fold(start + text, COLUMNS - 2):
        yield line if line.startswith(start) else f"  {line}"
