"""Descriptions for the schema name properties as it does, and speak no Python."""

from __future__ import annotations

import dataclasses
import inspect
import re

import pytest

from pulumi_nbcloud.kinds.documentation import documented
from pulumi_nbcloud.kinds.fields import records_of
from pulumi_nbcloud.kinds.registry import KINDS, load
from pulumi_nbcloud.native.descriptions import described, option_described
from pulumi_nbcloud.waiting.options import OPTIONS, WaitOptions
from pulumi_nbcloud.waiting.outcome import Outcome

PYTHON = re.compile(r"\b(None|True|False|dict|timedelta|tuple|str|Sequence|Mapping)\b")
# Not behind a dot, where it belongs to a condition.
SNAKE = re.compile(r"(?<![\w.])[a-z][a-z0-9]*(?:_[a-z0-9]+)+")


def descriptions() -> dict[str, str]:
    found = {f"option {each.name}": option_described(each) for each in OPTIONS}
    for token in KINDS:
        kind = load(token)
        for record in (kind.arguments, *records_of(kind.state)):
            for name, text in documented(record).items():
                found[f"{token} {record.__name__}.{name}"] = described(text)
            found[f"{token} {record.__name__}"] = described((inspect.getdoc(record) or "").partition("\n\n")[0])
        for field in dataclasses.fields(kind.documentation):
            text = getattr(kind.documentation, field.name)
            if isinstance(text, str) and field.name not in ("until", "check"):
                found[f"{token} documentation {field.name}"] = described(text)
        for condition in kind.conditions.values():
            found[f"{token} condition {condition.name}"] = described(condition.about)
    return found


DESCRIPTIONS = descriptions()


@pytest.mark.parametrize("what", DESCRIPTIONS)
def test_a_description_speaks_no_python(what: str) -> None:
    text = DESCRIPTIONS[what]
    assert PYTHON.findall(text) == []
    assert set(SNAKE.findall(text)) <= {each.value for each in Outcome}
    assert text[:1] == text[:1].upper()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("how long `fail_on` must hold", "How long `failOn` must hold"),
        ("null where `create_at + duration` is over", "Null where `createAt + duration` is over"),
        # What is no property stays: an outcome, a condition, a word that only looks like a name.
        ("`timed_out` where `self.expire_time < now`", "`timed_out` where `self.expire_time < now`"),
        ("`some_word` and fail_on", "`some_word` and fail_on"),
        ("its kernel is None; True: yes. False: no.", "Its kernel is null; true: yes. false: no."),
        ("Nonetheless `not_found`", "Nonetheless `notFound`"),
    ],
)
def test_names_and_values_are_written_as_programs_write_them(text: str, expected: str) -> None:
    assert described(text) == expected


def test_what_only_python_takes_is_said_to_python_alone() -> None:
    (timeout,) = (each for each in OPTIONS if each.name == "timeout")
    assert "timedelta" in timeout.about
    assert "timedelta" not in option_described(timeout)
    assert option_described(timeout).endswith(" Up to 30 days. Default: 30m.")


def test_the_kinds_own_failures_are_left_out_as_the_schema_says_it() -> None:
    (fail_on,) = (each for each in OPTIONS if each.name == "fail_on")
    assert fail_on.about.endswith(" False to leave the kinds' own failures out.")
    assert option_described(fail_on).endswith(" ownFailures: false to leave the kinds' own failures out.")


def test_each_option_is_described() -> None:
    assert [each.name for each in dataclasses.fields(WaitOptions)] == [each.name for each in OPTIONS]
