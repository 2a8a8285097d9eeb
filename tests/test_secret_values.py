"""What a program keeps secret, taken out of what a wait shows, and marked in what it stores."""

from __future__ import annotations

import pytest

from pulumi_nbcloud.engine.secrets import Secrets, secret
from pulumi_nbcloud.engine.values import targets_by_name
from pulumi_nbcloud.errors import InputError, NotFoundError
from pulumi_nbcloud.waiting.outcome import Outcome, WaitError

ID = "team/notebook id 4f1c6d5e"
INPUTS = {
    "targets": {"self": {"kind": "hpcai:Instance", "instance_id": ID, "profile": "east"}, "b": {"kind": "x"}},
    "until": "self.healthy",
    "timeout": "not shown",
}


@pytest.mark.parametrize(
    ("paths", "text", "shown"),
    [
        (["targets.self.instance_id"], f"hpcai:Instance {ID}: gone", "hpcai:Instance [secret]: gone"),
        (["targets.self.instance_id"], "GET /x/team%2Fnotebook%20id%204f1c6d5e/y", "GET /x/[secret]/y"),
        (["targets.self.instance_id"], "cut: team/notebook i…", "cut: [secret]"),
        (["targets.self.instance_id"], "of team west, profile east", "of team west, profile east"),
        # A part that is secret as a whole; what kind it is stays.
        (["targets"], f"hpcai:Instance {ID}, profile east", "hpcai:Instance [secret], profile [secret]"),
        (["targets.self"], "profile east", "profile [secret]"),
        (["until"], "expected: self.healthy; 5s of 30m", "expected: [secret]; 5s of 30m"),
        (["targets.gone.id"], ID, ID),
        (None, ID, ID),
    ],
)
def test_a_secret_value_is_shown_nowhere(paths: list[str] | None, text: str, shown: str) -> None:
    assert Secrets.of(INPUTS, paths).text(text) == shown


def test_a_word_of_three_letters_is_no_secret() -> None:
    assert Secrets(["dev"]).text("a device of dev") == "a device of dev"


def test_an_error_is_copied_without_them() -> None:
    error = WaitError(
        Outcome.FAILED,
        f"failed; actual: name={ID}",
        subject=f"hpcai:Instance {ID}",
        where=f"GET /{ID}",
        vendor_message=f"no {ID}",
        hint=f"look at {ID}",
    )
    clean = Secrets([ID]).error(error)
    assert ID not in f"{clean} {clean!r} {clean.args}"
    assert (clean.outcome, clean.subject) == (Outcome.FAILED, "hpcai:Instance [secret]")
    assert ID in str(error)
    plain = NotFoundError("no such thing")
    assert Secrets().error(plain) is plain


def test_what_is_stored_is_marked_as_the_engine_does_and_null_stays_null() -> None:
    assert secret(None) is None
    marked = secret({"self": ID})
    assert marked["value"] == {"self": ID}
    assert len(marked) == 2


def test_the_clauses_of_a_secret_condition_are_no_facts() -> None:
    facts = [("expected", "self.name == 'a secret'"), ("not met", "self.name: name is b"), ("actual", "name=b")]
    error = InputError("timed out after 1m", facts=facts)
    hidden = Secrets.of({"until": "self.name == 'a secret'"}, ["until"])
    clean = hidden.error(error)
    assert clean.facts == (("expected", "[secret]"), ("actual", "name=b"))
    # A warning is a text already.
    assert hidden.text(str(error)) == str(clean)
    # Of another secret value they stay, without it.
    shown = Secrets.of({"fail_on": "name is b"}, ["fail_on"]).error(error)
    assert shown.facts[1] == ("not met", "self.name: [secret]")


def test_targets_come_in_the_order_of_their_names() -> None:
    inputs = {"targets": {"b": {"kind": "x"}, "a": {"kind": "y"}}, "until": "true"}
    assert list(targets_by_name(inputs)["targets"]) == ["a", "b"]
    assert targets_by_name({"until": "true"}) == {"until": "true"}
