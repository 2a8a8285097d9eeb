"""Properties on the wire and in plain Python: what goes one way comes back the other."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from google.protobuf.struct_pb2 import Struct
from hypothesis import given, settings
from hypothesis import strategies as st
from nbcloud_support import examples
from plugin_process import SECRET, UNKNOWN, plain, secret, struct
from pulumi.output import Unknown
from pulumi.runtime import rpc

from pulumi_nbcloud.engine.secrets import Secrets
from pulumi_nbcloud.engine.values import contains_unknown
from pulumi_nbcloud.errors import InputError
from pulumi_nbcloud.native.values import UNKNOWNS, Path, received, sent

KEY = next(iter(SECRET))
NAMES = st.sampled_from(["targets", "target", "until", "fail_on", "triggers", "every_update", "a", "x_y"])
KEYS = st.text(max_size=4) | NAMES
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False).filter(lambda number: not number.is_integer())
    | st.text(max_size=6)
    | st.just(UNKNOWN)
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=12
)


def is_snake_case(values: Mapping[str, Any]) -> bool:
    """Whether the names of ours are: what has an upper case letter would come back as something else."""
    targets = values.get("targets")
    things = [values.get("target"), *(targets.values() if isinstance(targets, Mapping) else [])]
    names = [name for each in things if isinstance(each, Mapping) for name in each]
    return not any(re.search("[A-Z]", name) for name in names)


PROPERTIES = st.dictionaries(NAMES, VALUES, max_size=4).filter(is_snake_case)


def ways(value: Any, above: Path = ()) -> list[Path]:
    """All ways into a value of properties that is there, by the names on the wire."""
    found: list[Path] = []
    for name, each in value.items():
        if each is not None:
            found.append((*above, name))
        if isinstance(each, Mapping):
            found += ways(each, (*above, name))
    return found


@settings(max_examples=examples(400))
@given(PROPERTIES, st.data())
def test_what_is_sent_is_received_again_with_its_secrets(values: dict[str, Any], data: st.DataObject) -> None:
    wire = plain(sent(values))
    chosen = data.draw(st.lists(st.sampled_from(ways(wire)), max_size=3)) if ways(wire) else []
    secrets = {path for path in chosen if not any(path[:length] in chosen for length in range(1, len(path)))}
    again = received(sent(values, chosen))
    assert again.values == values
    assert set(again.secrets) == secrets


@settings(max_examples=examples(200))
@given(PROPERTIES)
def test_the_order_is_the_same_each_time(values: dict[str, Any]) -> None:
    assert repr(received(sent(values)).values) == repr(received(sent(dict(reversed(values.items())))).values)


def test_names_of_ours_are_snake_case_and_those_of_the_user_are_kept() -> None:
    wire = {
        "failOn": "x",
        "target": {"kind": "k", "notebookId": "a"},
        "targets": {"jobsList": {"kind": "k", "jobId": "b"}},
        "triggers": {"camelCase": {"alsoHere": 1}},
        "states": {"jobsList": {"some_field": 1, "otherField": {"yetAnother": 2}}},
    }
    values = received(struct(wire), given=True).values
    assert values == {
        "fail_on": "x",
        "target": {"kind": "k", "notebook_id": "a"},
        "targets": {"jobsList": {"kind": "k", "job_id": "b"}},
        "triggers": wire["triggers"],
        "states": wire["states"],
    }
    assert plain(sent(values)) == wire


@pytest.mark.parametrize("wire", [{"fail_on": 1}, {"target": {"job_id": 1}}, {"targets": {"a_b": {"job_id": 1}}}])
def test_a_name_in_the_other_spelling_is_refused(wire: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"(fail_on|job_id) is not an argument; did you mean (failOn|jobId)\?"):
        received(struct(wire), given=True)
    assert received(struct(wire)).values  # but a state may hold what an older version wrote


@pytest.mark.parametrize("marker", sorted(UNKNOWNS))
def test_every_marker_of_the_engine_is_an_unknown_value(marker: str) -> None:
    values = received(struct({"until": marker, "target": {"jobId": marker}})).values
    assert contains_unknown(values["until"])
    assert contains_unknown(values["target"])
    assert plain(sent(values)) == {"until": rpc.UNKNOWN, "target": {"jobId": rpc.UNKNOWN}}


def test_the_sdks_own_marker_is_sent_as_the_engines() -> None:
    assert plain(sent({"until": Unknown()})) == {"until": UNKNOWN}  # type: ignore[no-untyped-call]


def test_secrets_are_unwrapped_and_named_by_their_paths() -> None:
    wire = {
        "targets": {"lease": {"kind": "k", "notebookId": secret("id-of-it")}, "other": secret({"jobId": "j"})},
        "failOn": ["plain", secret("self.x")],
        "timeout": secret(None),
    }
    found = received(struct(wire))
    assert found.secret_inputs == ("fail_on", "targets.lease.notebook_id", "targets.other", "timeout")
    assert found.values["fail_on"] == ["plain", "self.x"]
    shown = Secrets.of(found.values, found.secret_inputs).text("id-of-it, self.x and plain")
    assert shown == "[secret], [secret] and [secret]"
    sealed = plain(sent(found.values, found.secrets))
    assert sealed["failOn"] == secret(["plain", "self.x"])
    assert sealed["targets"] == wire["targets"]
    assert sealed["timeout"] is None


def test_an_output_is_its_value_and_may_be_secret_or_unknown() -> None:
    mark = {KEY: rpc._special_output_value_sig}
    wire = {"a": {**mark, "value": 1}, "b": {**mark, "value": "x", "secret": True}, "c": dict(mark)}
    found = received(struct(wire))
    assert found.values == {"a": 1, "b": "x", "c": UNKNOWN}
    assert found.secrets == (("b",),)


@pytest.mark.parametrize(
    ("signature", "what"),
    [
        (rpc._special_asset_sig, "an asset or archive"),
        (rpc._special_archive_sig, "an asset or archive"),
        (rpc._special_resource_sig, "a resource or another value of this type"),
        ("of a newer engine", "a resource or another value of this type"),
    ],
)
def test_what_cannot_be_a_value_here_is_refused_by_name(signature: str, what: str) -> None:
    wire = struct({"triggers": {"code": [{KEY: signature, "hash": "x"}]}})
    with pytest.raises(InputError, match=f"triggers cannot hold {what}"):
        received(wire, given=True)
    assert received(wire).values == {"triggers": {"code": [None]}}


def test_a_secret_that_is_no_object_any_more_is_marked_where_it_ends() -> None:
    assert plain(sent({"digest": "abc"}, [("digest", "self", "notebookId"), ("gone",)])) == {"digest": secret("abc")}


def test_large_and_whole_numbers_are_ints() -> None:
    found = received(struct({"a": 2**53, "b": -0.0, "c": 0.5, "d": 1e300})).values
    assert [type(each) for each in found.values()] == [int, int, float, int]


def test_no_field_of_a_message_counts_as_an_empty_one() -> None:
    assert received(Struct()).values == {}


def test_what_is_no_value_of_the_wire_is_an_internal_error() -> None:
    with pytest.raises(TypeError, match="a object cannot be sent"):
        sent({"a": object()})
