"""The exit codes: what they are, and what ends with which."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from pathlib import Path

from cli_support import invoke

from pulumi_nbcloud import errors
from pulumi_nbcloud.cli.exit_codes import ExitCode, of_error, of_outcome
from pulumi_nbcloud.waiting.messages import ended
from pulumi_nbcloud.waiting.outcome import Outcome
from pulumi_nbcloud.waiting.progress import Progress

# Frozen from 0.1.0 on: pipelines branch on them.
CODES = {
    "MET": 0,
    "FAILED": 1,
    "USAGE": 2,
    "NOT_FOUND": 3,
    "UNAUTHORIZED": 4,
    "UNREACHABLE": 5,
    "BAD_RESPONSE": 6,
    "INTERNAL_ERROR": 70,
    "OUTPUT": 74,
    "AWAITING": 75,
    "TIMED_OUT": 124,
    "INTERRUPTED": 130,
    "TERMINATED": 143,
}

ERRORS = {
    errors.ExpectationError: 1,
    errors.InputError: 2,
    errors.SettingsError: 2,
    errors.NotFoundError: 3,
    errors.AuthenticationError: 4,
    errors.PermissionDeniedError: 4,
    errors.UnreachableError: 5,
    errors.ThrottledError: 5,
    errors.RefusedError: 6,
    errors.BadResponseError: 6,
    errors.NbcloudError: 70,
}

OUTCOMES = {
    Outcome.MET: 0,
    Outcome.OVERRIDDEN: 0,
    Outcome.FAILED: 1,
    Outcome.GONE: 1,
    Outcome.BAD_CONDITION: 2,
    Outcome.NEVER_APPEARED: 3,
    Outcome.UNAUTHORIZED: 4,
    Outcome.UNREACHABLE: 5,
    Outcome.BAD_RESPONSE: 6,
    Outcome.AWAITING: 75,
    Outcome.TIMED_OUT: 124,
    Outcome.STALLED: 124,
    Outcome.CANCELLED: 130,
}


def test_the_codes_stay() -> None:
    assert {code.name: int(code) for code in ExitCode} == CODES


def test_every_error_of_the_package_has_its_code() -> None:
    public = {each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, Exception)}
    assert public == set(ERRORS)
    assert {each: int(of_error(each("x"))) for each in ERRORS} == ERRORS


def test_every_outcome_of_a_wait_has_its_code() -> None:
    assert {each: int(of_outcome(each)) for each in Outcome} == OUTCOMES


def test_a_wait_ends_with_the_code_of_its_outcome_whatever_the_last_error_was() -> None:
    progress = Progress({}, {}, "true", 60.0, 0.0, last_error=errors.BadResponseError("x"), failed_in_a_row=10)
    now = datetime(2026, 1, 1, tzinfo=timezone.utc)
    found = {outcome: of_error(ended(outcome, progress, now, 1.0)) for outcome in Outcome}
    assert {outcome: int(code) for outcome, code in found.items()} == OUTCOMES


def test_help_on_exit_codes_lists_them_all() -> None:
    done = invoke("help", "exit-codes")
    assert (done.code, done.err) == (0, "")
    # Longer meanings go on below.
    found = re.split(r"^ +(\d+)  (?=\S)", done.out, flags=re.MULTILINE)[1:]
    pairs = [(int(code), " ".join(meaning.split())) for code, meaning in zip(found[::2], found[1::2], strict=True)]
    assert pairs == [(int(code), code.meaning) for code in ExitCode]
    assert [code for code, _ in pairs] == list(CODES.values())


def test_help_on_something_else() -> None:
    done = invoke("help", "nothing")
    assert done.code == 2
    assert "exit-codes" in done.err


def test_the_documentation_has_the_same_table() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "exit-codes.md").read_text(encoding="utf-8")
    for code in ExitCode:
        assert f"| {int(code)} | {code.meaning} |\n" in page
