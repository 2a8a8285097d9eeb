"""The tree of errors and the text that each prints."""

from __future__ import annotations

import copy
import inspect
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pulumi_nbcloud as nbcloud
from pulumi_nbcloud import errors
from pulumi_nbcloud.errors import NbcloudError
from pulumi_nbcloud.printable import printable

CLASSES = [cls for _, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, NbcloudError)]


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_error_is_public_documented_and_caught_by_the_base(cls: type[NbcloudError]) -> None:
    assert getattr(nbcloud, cls.__name__) is cls
    assert cls.__name__ in nbcloud.__all__
    assert cls.__name__ in dir(nbcloud)
    assert (cls.__doc__ or "").strip()
    assert cls.__name__ in (errors.__doc__ or "")
    with pytest.raises(nbcloud.NbcloudError):
        raise cls("problem")


def test_throttled_is_unreachable_and_every_other_class_stands_alone() -> None:
    parents = {cls.__name__: cls.__mro__[1].__name__ for cls in CLASSES}
    assert parents == {
        "NbcloudError": "Exception",
        "InputError": "NbcloudError",
        "SettingsError": "NbcloudError",
        "AuthenticationError": "NbcloudError",
        "PermissionDeniedError": "NbcloudError",
        "NotFoundError": "NbcloudError",
        "RefusedError": "NbcloudError",
        "UnreachableError": "NbcloudError",
        "ThrottledError": "UnreachableError",
        "BadResponseError": "NbcloudError",
        "ExpectationError": "NbcloudError",
    }


def test_an_unknown_name_is_not_an_attribute() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'NotfoundError'"):
        nbcloud.NotfoundError  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.parametrize(
    ("parts", "text", "line"),
    [
        ({}, "problem", "problem"),
        ({"hint": "do this"}, "problem\nhint: do this", "problem"),
        ({"subject": "modelarts:NotebookLease 1"}, *["modelarts:NotebookLease 1: problem"] * 2),
        ({"where": "GET https://h/p"}, "problem\n  request: GET https://h/p", "problem (GET https://h/p)"),
        ({"status": 404}, "problem\n  response: HTTP 404", "problem (HTTP 404)"),
        (
            {"status": 400, "code": "ModelArts.6309"},
            "problem\n  response: HTTP 400 ModelArts.6309",
            "problem (HTTP 400 ModelArts.6309)",
        ),
        ({"vendor_message": "no"}, "problem\n  vendor message: no", 'problem: "no"'),
        (
            {"facts": [("expected", "a"), ("not met", "b"), ("not met", "c")]},
            "problem\n  expected: a\n  not met: b\n  not met: c",
            "problem; expected: a; not met: b; not met: c",
        ),
        (
            {"status": 400, "code": "C.1", "where": "GET u", "request_id": "r", "subject": "s", "hint": "h"},
            "s: problem\n  response: HTTP 400 C.1\n  request: GET u\n  request id: r\nhint: h",
            "s: problem (HTTP 400 C.1, GET u, request id r)",
        ),
    ],
)
def test_the_text_is_a_headline_its_facts_and_the_hint(parts: dict[str, Any], text: str, line: str) -> None:
    error = NbcloudError("problem", **parts)
    assert (str(error), error.line) == (text, line)


def test_how_often_it_was_tried_is_a_fact() -> None:
    error = nbcloud.UnreachableError("problem", vendor_message="busy")
    error.attempts = 3
    assert str(error) == "problem\n  vendor message: busy\n  attempts made: 3"
    assert error.line == 'problem: "busy"; attempts made: 3'


def test_a_headline_has_120_characters_and_a_longer_subject_is_a_fact() -> None:
    session = f"aidp:NotebookSession ocid1.aidataplatform.oc1.iad.{'a' * 60}/etl/session-1"
    error = NbcloudError("the cloud does not know it, or hides it", subject=session)
    assert len(error.headline) == 120
    assert error.headline.startswith("aidp:NotebookSession ocid1.aidataplatform.oc1.iad.aaaa")
    assert error.headline.endswith("aa/etl/session-1: the cloud does not know it, or hides it")
    assert str(error).split("\n")[1:] == [f"  target: {session}"]
    assert error.line == f"{session}: the cloud does not know it, or hides it"


def test_many_subjects_are_counted_in_the_headline_and_named_below() -> None:
    jobs = [f"modelarts:DevServerJob 00000000-0000-4000-8000-00000000000{number}" for number in range(3)]
    lines = str(NbcloudError("timed out after 10m", subject=", ".join(jobs))).split("\n")
    assert lines == ["3 targets: timed out after 10m", *(f"  target: {job}" for job in jobs)]


def test_a_copy_keeps_everything() -> None:
    error = nbcloud.ThrottledError("problem", hint="h", where="w", status=429, code="c", request_id="r", subject="s")
    error.retry_after = 7.0
    twin = copy.copy(error)
    assert twin is not error
    assert type(twin) is type(error)
    assert str(twin) == str(error)
    assert twin.retry_after == 7.0


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("  two\r\n lines\t ", "two lines"),
        ("中文 é 😀", "中文 é 😀"),
        ("\x1b[31mred\x1b[0m", "?[31mred?[0m"),
        ("a\u202eb\u2066c", "a?b?c"),
        ("a\x00b\x7fc\x9bd", "a?b?c?d"),
        ("zero\u200bwidth\ufeff", "zero?width?"),
        ("a\u2028b", "a b"),
        ("half \ud83d pair", "half ? pair"),
        ("\ue000", "?"),
        ("", ""),
    ],
)
def test_remote_text_cannot_act_on_a_terminal(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_long_remote_text_is_cut() -> None:
    assert printable("x" * 200) == "x" * 200
    assert printable("x" * 201) == "x" * 199 + "…"
    assert printable("x" * 10_000_000, 10) == "x" * 9 + "…"


@given(st.text(st.characters(codec=None), max_size=300), st.integers(1, 50))
def test_what_is_printable_is_one_line_of_harmless_characters(text: str, limit: int) -> None:
    shown = printable(text, limit)
    assert len(shown) <= limit
    assert not {unicodedata.category(character) for character in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert printable(shown, limit) == shown
