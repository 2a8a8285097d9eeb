"""The JSON of responses: what is refused, and that the quick way reads exactly what the thorough one does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic_core import from_json

from pulumi_nbcloud.http.strict_json import DoubleKeyError, parse


def thorough(body: bytes) -> object:
    """Two parsers, one of them with a call for each object and number."""

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        names = [name for name, _ in pairs]
        for place, name in enumerate(names):
            if name in names[:place]:
                raise DoubleKeyError(name)
        return dict(pairs)

    def finite(text: str) -> float:
        if float(text) in (float("inf"), float("-inf")):
            raise ValueError("a number too large")
        return float(text)

    from_json(body, allow_inf_nan=False, cache_strings="none")
    value: object = json.loads(body, object_pairs_hook=once, parse_float=finite)
    return value


def outcome(read: Any, body: bytes) -> str:
    """What it read with all types and the order of keys; 'refused', with the key if one came twice."""
    try:
        return repr(read(body))
    except DoubleKeyError as error:
        return f"refused: {error.name!r} twice"
    except ValueError:
        return "refused"


# Few names, so that some come twice, and texts that look like keys.
TEXTS = st.sampled_from(
    ['""', '"a"', '"b"', r'"\u0061"', '":"', '"a\\":"', '" :"', '"a :b"', '"12:00"', '"\\\\"', '"é"', r'"\ud83d\ude00"']
) | st.text(st.characters(codec="utf-8"), max_size=4).map(lambda text: json.dumps(text, ensure_ascii=False))
BROKEN = ['"\x01"', r'"\ud800"', r'"\udc00\ud800"', r'"\x"', "NaN", "-Infinity", "01", "1.", ".5", "+1", "1 2", "'a'"]
SMALL = ["0", "-0", "-0.0", "1.0", "1E5", "1e+05", "0.1", "1e-400", "2.2250738585072011e-308"]
LARGE = ["1e308", "1e309", "-1e999", "1" * 400, "1" * 400 + ".0", "9" * 25, "-" + "9" * 25, str(2**63), "9" * 4300]
TOO_LONG = "9" * 4301
NUMBERS = st.sampled_from([*SMALL, *LARGE, TOO_LONG]) | st.floats(allow_nan=False, allow_infinity=False).map(repr)
DECIMALS = st.tuples(st.integers(), st.text("0123456789", min_size=1, max_size=40), st.integers(-330, 310)).map(
    lambda parts: f"{parts[0]}.{parts[1]}e{parts[2]}"
)
SPACE = st.sampled_from(["", "", "", " ", "\n", "\t", "\r\n", "\f", "\xa0"])
LEAVES = TEXTS | NUMBERS | DECIMALS | st.sampled_from(["null", "true", "false"]) | st.sampled_from(BROKEN)


def inside(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    lists = st.lists(values, max_size=4).map(lambda items: f"[{','.join(items)}]")
    pairs = st.tuples(TEXTS, SPACE, SPACE, values).map(lambda pair: f"{pair[0]}{pair[1]}:{pair[2]}{pair[3]}")
    return lists | st.lists(pairs, max_size=4).map(lambda items: f"{{{','.join(items)}}}")


DOCUMENTS = st.recursive(LEAVES, inside, max_leaves=12)


@given(st.tuples(SPACE, DOCUMENTS, SPACE).map("".join))
@example('{"a" :1,"a":2}')  # as many quotes before a colon as keys are left
@example('{"a":1,"a":2,"b":":"}')
@example('{"a":{"b":1,"b":2},"c" :0}')
@example('[{"a":1},[[{"a":0,"\\u0061":1}]]]')
@example('{"a\\":":1}')
@example("-0")
@example("1e999")
@example('{"a":[1.5,[1e999]]}')
@example("[" * 199 + "]" * 199)
@example("[" * 250 + "]" * 250)
def test_it_reads_what_a_thorough_parser_reads(text: str) -> None:
    body = text.encode()
    assert outcome(parse, body) == outcome(thorough, body)


@given(DOCUMENTS, st.sampled_from(["utf-16", "utf-16-le", "utf-32", "utf-8-sig", "latin-1", "utf-7"]))
def test_another_encoding_is_read_no_differently(text: str, encoding: str) -> None:
    body = text.encode(encoding, errors="replace")
    assert outcome(parse, body) == outcome(thorough, body)


@given(DOCUMENTS, st.integers(0, 200), st.binary(max_size=2), st.integers(0, 2))
def test_bytes_that_went_wrong_are_read_no_differently(text: str, place: int, put: bytes, dropped: int) -> None:
    body = text.encode()
    body = body[:place] + put + body[place + dropped :]
    assert outcome(parse, body) == outcome(thorough, body)


@pytest.fixture
def slow_reads(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What was read with a call for each object."""
    read: list[object] = []
    loads = json.loads

    def noted(body: bytes, **more: Any) -> object:
        read.append(body)
        return loads(body, **more)

    monkeypatch.setattr("json.loads", noted)
    return read


@pytest.mark.parametrize(
    "body",
    [
        b'{"data":[{"a":1,"b":"x"},{"a":2,"b":"12:30"}],"total":2}',
        b'{\n  "data": [\n    {"a": 1.5, "b": {"c": []}}\n  ]\n}',
        b"[]",
        b'{"a": "two : spaces"}'.replace(b" :", b":"),
    ],
)
def test_what_services_write_is_read_once(body: bytes, slow_reads: list[object]) -> None:
    assert parse(body) == thorough(body)
    assert slow_reads == [body], "by the thorough parser of this test alone"


@pytest.mark.parametrize("body", [b'{"a" : 1}', b'{"a":":"}', b'{"a": "b :c"}', b'{"a\\":": 1}'])
def test_what_could_hide_a_duplicate_is_read_twice(body: bytes, slow_reads: list[object]) -> None:
    parse(body)
    assert slow_reads == [body]
