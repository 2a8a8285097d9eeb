"""What a response looks like, field by field, and where it differs from the facts and from the mock's.

No value of a response is kept but what the facts name: see `pulumi_nbcloud.capture.document`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from acceptance_suite.running import Result
from acceptance_suite.sending import Sent
from pulumi_nbcloud.capture import recording
from pulumi_nbcloud.capture.document import Described, request_of
from pulumi_nbcloud.kinds.registry import load
from pulumi_nbcloud.kinds.wire import NULL


class Responses:
    """The responses of one run, each described once, however many behaviours go by it."""

    def __init__(self) -> None:
        self._numbers: dict[int, int] = {}
        self.described: list[dict[str, Any]] = []

    def numbers(self, result: Result) -> list[int]:
        """Describe the responses that a result goes by, and return their numbers, from 1."""
        return [self._number(result.behaviour.kind, each) for each in result.sent]

    def of(self, numbers: Sequence[int]) -> list[dict[str, Any]]:
        """Return what is described, by number."""
        return [self.described[number - 1] for number in numbers]

    def _number(self, kind: str, sent: Sent) -> int:
        if id(sent) not in self._numbers:
            found = recording.Sent(sent.response.request, [sent.response.status], sent.response)
            request, differs = request_of(found, Described(load(kind).wire), (), lambda _: sent.error is not None)
            # The path as it was shown: of a login too, which no kind describes.
            about = {"number": len(self.described) + 1, "kind": kind, "request": sent.shown}
            details = {name: request[name] for name in ("purpose", "status", "headers", "body")}
            self.described.append({**about, **details, "differs": [each.to_dict() for each in differs]})
            self._numbers[id(sent)] = len(self.described)
        return self._numbers[id(sent)]


def mock_differences(mock: Sequence[Mapping[str, Any]], real: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Compare the responses of a real cloud with the mock's to the same behaviour.

    Args:
        mock: as `Responses.of` gives them.
        real: the same of the real cloud.

    Returns:
        By path of the body what differs: the last status, a field that only one of them has, its types or its forms.
    """
    return list(_differing(_merged(mock), _merged(real)))


_Merged = dict[str, dict[str, set[str]]]
# The forms of any text and of any number: what a thing is called or counts differs, and says nothing.
_ANY_TEXT = frozenset({"empty", "blank", "word in capitals", "word", "one printable word", "printable ASCII", "text"})
_ANY_NUMBER = frozenset({"zero", "negative", "fraction", "whole number"})


def _merged(responses: Sequence[Mapping[str, Any]]) -> _Merged:
    """Put the fields of all responses together; the status of the last one stands at the path `""`."""
    found: _Merged = {"": {"status": {str(responses[-1]["status"])}}} if responses else {}
    for each in responses:
        for field in (each["body"] or {}).get("fields", ()):
            if field["present"]:
                place = found.setdefault(field["path"], {"types": set(), "formats": set()})
                for name in place:
                    # Null is no value: which field has one differs from thing to thing.
                    place[name] |= set(field[name]) - {NULL}
    return found


def _differing(mock: _Merged, real: _Merged) -> Iterator[dict[str, Any]]:
    for path in dict.fromkeys((*mock, *real)):
        ours, theirs = mock.get(path), real.get(path)
        if ours is None or theirs is None:
            yield {"path": path, "what": "field", "mock": _presence(ours), "real": _presence(theirs)}
            continue
        # Where the types differ, the forms do too.
        what = next((name for name in ours if ours[name] and theirs[name] and ours[name] != theirs[name]), None)
        if what == "formats" and ours[what] | theirs[what] <= _ANY_TEXT | _ANY_NUMBER:
            continue
        if what is not None:
            yield {"path": path, "what": what, "mock": sorted(ours[what]), "real": sorted(theirs[what])}


def _presence(place: object) -> str:
    return "missing" if place is None else "there"
