"""How targets are typed: names, kinds, ids, filters."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_nbcloud.cli.targets import parse_target, required, written_shape
from pulumi_nbcloud.errors import InputError
from pulumi_nbcloud.kinds.registry import KINDS, load

LEASE = "modelarts:NotebookLease"
JOBS = "modelarts:DevServerJobs"
SESSION = "aidp:NotebookSession"


@pytest.mark.parametrize(
    ("text", "name", "kind", "values"),
    [
        (f"{LEASE}/abc", None, LEASE, {"notebook_id": "abc"}),
        (f"job={LEASE}/abc", "job", LEASE, {"notebook_id": "abc"}),
        (f"_a1={LEASE}/abc", "_a1", LEASE, {"notebook_id": "abc"}),
        # A "=" in an id is no name's end.
        (f"{LEASE}/a=modelarts:b", None, LEASE, {"notebook_id": "a=modelarts:b"}),
        (f"{LEASE}/a%2Fb%3Fc%25", None, LEASE, {"notebook_id": "a/b?c%"}),
        (f"{LEASE}/%C3%BC", None, LEASE, {"notebook_id": "ü"}),
        (
            f"{SESSION}/ocid1.x/a%2Fb/c",
            None,
            SESSION,
            {"ai_data_platform_id": "ocid1.x", "workspace_key": "a/b", "session_id": "c"},
        ),
        (f"{LEASE}/abc?profile=east", None, LEASE, {"notebook_id": "abc", "profile": "east"}),
        (JOBS, None, JOBS, {}),
        (f"{JOBS}?status=FINISHED&name=a%26b", None, JOBS, {"status": "FINISHED", "name": "a&b"}),
        (f"{JOBS}?name=a=b", None, JOBS, {"name": "a=b"}),
        # In a query of the web a plus would be a space; here it is a plus.
        (f"{JOBS}?name=a+b", None, JOBS, {"name": "a+b"}),
        (f"{JOBS}?visible=true", None, JOBS, {"visible": True}),
        (f"jobs={JOBS}?visible=false", "jobs", JOBS, {"visible": False}),
    ],
)
def test_what_is_read_from_a_target(text: str, name: str | None, kind: str, values: dict[str, Any]) -> None:
    target = parse_target(text)
    assert (target.name, target.kind.token, target.values) == (name, kind, values)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "modelarts:NotebokLease/x",
            "there is no kind 'modelarts:NotebokLease'\nhint: did you mean modelarts:NotebookLease?",
        ),
        ("x", f"there is no kind 'x'\nhint: known are {', '.join(KINDS)}"),
        ("", f"there is no kind ''\nhint: known are {', '.join(KINDS)}"),
        # What comes before "=" is a name only where a kind follows.
        (f"1a={LEASE}/x", f"there is no kind '1a={LEASE}'\nhint: did you mean {LEASE}?"),
        (LEASE, f"target {LEASE}: its id has 0 of 1 parts\nhint: write {LEASE}/NOTEBOOK_ID"),
        (f"{LEASE}/a/b", f"target {LEASE}/a/b: its id has 2 of 1 parts\nhint: write {LEASE}/NOTEBOOK_ID"),
        (
            f"{SESSION}/a/b",
            f"target {SESSION}/a/b: its id has 2 of 3 parts\nhint: write {written_shape(load(SESSION))}",
        ),
        (f"{JOBS}/a", f"target {JOBS}/a: a list has no id\nhint: filter it: {JOBS}?job_id=VALUE"),
        (
            f"{LEASE}/a?state=b",
            f"target {LEASE}/a?state=b: state is not an argument of it\nhint: arguments are notebook_id, profile",
        ),
        (
            f"{LEASE}/a?notebook_id=b",
            f"target {LEASE}/a?notebook_id=b: notebook_id is given twice\nhint: arguments are notebook_id, profile",
        ),
        (
            f"{LEASE}/a?profile",
            f"target {LEASE}/a?profile: profile has no value\nhint: arguments are notebook_id, profile",
        ),
        (
            f"{LEASE}/a?",
            f"target {LEASE}/a?: an empty name has no value\nhint: arguments are notebook_id, profile",
        ),
        (
            f"{JOBS}?visible=yes",
            f"target {JOBS}?visible=yes: visible must be true or false\nhint: write visible=true",
        ),
        (f"{LEASE}/a/\x1b[31m\n", f"target {LEASE}/a/?[31m: its id has 2 of 1 parts\nhint: write {LEASE}/NOTEBOOK_ID"),
    ],
)
def test_what_cannot_be_a_target(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_target(text)
    assert str(caught.value) == message


@pytest.mark.parametrize("token", KINDS)
def test_each_kind_is_typed_as_it_is_shown(token: str) -> None:
    kind = load(token)
    target = parse_target(written_shape(kind))
    assert target.kind is kind
    assert target.values == {name: name.upper() for name in required(kind)}


def test_an_id_with_every_odd_character_comes_back() -> None:
    """What a user gets by encoding each part is what the kind is given."""
    from urllib.parse import quote

    part = "".join(map(chr, range(32, 127))) + "\u00e9\U0001f600"
    assert parse_target(f"{LEASE}/{quote(part, safe='')}").values == {"notebook_id": part}
