"""docs/reference/json.md describes each key of each document, with its type, and no key that is not there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from cli_support import invoke
from history_lines import line, put
from lease_support import KIND, LEASE, NOTEBOOK

from pulumi_nbcloud.cli import mock_text
from pulumi_nbcloud.cli.progress import Events
from pulumi_nbcloud.mock import MockClouds

TESTS = Path(__file__).resolve().parents[1]
PAGE = (TESTS.parent / "docs" / "reference" / "json.md").read_text(encoding="utf-8")
TARGET = f"{KIND}/{NOTEBOOK}"
_KEY = re.compile(r"^- `([\w.\[\]]+)` \(([a-z ]+)\): ", re.MULTILINE)
_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "time": (str,),
    "int": (int,),
    "number": (int, float),
    "bool": (bool,),
    "list": (list,),
    "list of strings": (list,),
    "object": (dict,),
    "null": (type(None),),
}
# What is described elsewhere, or has keys of its own making.
_WITHIN = ("state", "settings", "environment", "notebooks", "pending")
# What a golden file of types stands for.
_SAMPLES: Mapping[str, Any] = {"str": "", "int": 0, "float": 0.0, "bool": False, "NoneType": None}


def described(heading: str) -> dict[str, str]:
    """The keys that a section of the page describes, with their types."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    found = _KEY.findall(section)
    assert found
    assert len(dict(found)) == len(found), "a key is described twice"
    return dict(found)


def keys(value: Any, path: str = "", within: Iterable[str] = _WITHIN) -> Iterator[tuple[str, Any]]:
    """Every key of a document by its path, with its value; what has names of the user's is called NAME."""
    if isinstance(value, Mapping):
        for name, each in value.items():
            where = f"{path}.{'NAME' if path == 'targets' else name}" if path else name
            if path != "targets":
                yield where, each
            if name not in within:
                yield from keys(each, where, within)
    elif isinstance(value, list):
        for each in value:
            yield from keys(each, f"{path}[]", within)


def fits(value: Any, types: str) -> bool:
    allowed = [type_ for each in types.split(" or ") for type_ in _TYPES[each]]
    return type(value) in allowed


def check(heading: str, *documents: Any, within: Iterable[str] = _WITHIN) -> None:
    """The section has each key of the documents, with a type that fits, and no other."""
    types, found = described(heading), set()
    for path, value in (each for document in documents for each in keys(document, within=within)):
        assert path in types, path
        assert fits(value, types[path]), f"{path} is {value!r}, not {types[path]}"
        found.add(path)
    assert set(types) - found == set()


def printed(*arguments: str) -> Any:
    return json.loads(invoke(*arguments).out)


def test_a_read(nbcloud_mock: MockClouds) -> None:
    nbcloud_mock.modelarts.put_lease(NOTEBOOK, **LEASE)
    lines = invoke("get", "modelarts:DevServerJobs", "-o", "jsonl").out.splitlines()
    check("A read", printed("get", TARGET, "-o", "json"), *map(json.loads, lines))


def test_a_capture(nbcloud_mock: MockClouds, tmp_path: Path) -> None:
    out = tmp_path / "capture.json"
    documents = []
    for number, body in enumerate(('{"type": "WHIM", "b": 1}', "<html>", '{"error_code": "APIGW.0301"}')):
        nbcloud_mock.faults.add(service="modelarts", status=401 if number == 2 else 200, body=body)
        invoke("capture", TARGET, "--out", str(out), "--replace")
        documents.append(json.loads(out.read_text(encoding="ascii")))
    invoke("capture", "modelarts:DevServerJobs", "--out", str(out), "--replace")
    documents.append(json.loads(out.read_text(encoding="ascii")))
    check("A capture", *documents, within=("headers", "types", "formats", "values", "names"))


def test_a_wait(nbcloud_mock: MockClouds, tmp_path: Path) -> None:
    nbcloud_mock.modelarts.put_lease(NOTEBOOK, status="FROZEN")
    wait = ("wait", f"a={TARGET}", "-q", "-o", "json")
    failed, disabled = printed(*wait), printed(*wait, "--enforcement", "disabled")
    stopped = printed(*wait, "-t", "0", "--until", "a.running", "--no-fail-on")
    kept = printed(*wait, "--until", "a.running", "--no-fail-on", "--hold", "0", "--resume", str(tmp_path / "wait"))
    early = printed("wait", TARGET, "--until", "self.runing", "-q", "-o", "json")
    nbcloud_mock.modelarts.put_lease(NOTEBOOK, **LEASE)
    met = printed(*wait)
    nbcloud_mock.faults.add(service="modelarts", status=503, count=1_000)
    overridden = printed(*wait, "--override", "the API is down", "--override-until", _soon())
    documents = (met, failed, disabled, stopped, kept, early, overridden)
    assert [each["outcome"] for each in documents] == [
        *("met", "failed", "disabled", "timed_out", "awaiting", "error", "overridden"),
    ]
    check("A wait", *documents)


def _soon() -> str:
    from datetime import datetime, timedelta, timezone

    return (datetime.now(timezone.utc) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_events_of_a_wait(nbcloud_mock: MockClouds) -> None:
    nbcloud_mock.modelarts.put_lease(NOTEBOOK, **LEASE)
    *events, result = map(json.loads, invoke("wait", TARGET, "-o", "jsonl").out.splitlines())
    warnings: list[str] = []
    Events(warnings.append).warning("the credentials expire")
    own = {name: result[name] for name in ("schema_version", "event")}
    check("Events of a wait", *events, own, *map(json.loads, warnings))
    assert set(result) - {"event"} == {name for name in described("A wait") if name.isidentifier()}


def test_kinds() -> None:
    check("Kinds", printed("kinds", "-o", "json"))


def test_recorded_waits(tmp_path: Path) -> None:
    put(tmp_path, line("begin"), line("change", at=1.0), line("end", at=2.0), line("begin", wait="w2"))
    document = printed("history", "--history", str(tmp_path), "-o", "json")
    check("Recorded waits", document, within=("targets", "changes", "end"))
    begin, names = described("Lines of the history"), described("Recorded waits")
    own = {name.removeprefix("waits[].") for name in names if name.startswith("waits[].")}
    same = own & set(begin) - {"outcome", "wait"}
    assert {name: begin[name] for name in same} == {name: names[f"waits[].{name}"] for name in same}


def _sample(golden: Any) -> Any:
    if isinstance(golden, dict):
        return {name: _sample(each) for name, each in golden.items()}
    return [_sample(each) for each in golden] if isinstance(golden, list) else _SAMPLES[golden]


def test_lines_of_the_history() -> None:
    golden = json.loads((TESTS / "golden" / "history.json").read_text(encoding="utf-8"))
    # Where a key has both, the page has the type of either.
    check("Lines of the history", *(_sample(each) for each in golden.values()), line("begin"), line("end"))


def test_responses_of_the_service() -> None:
    documents = [json.loads(path.read_text(encoding="utf-8")) for path in (TESTS / "serve" / "golden").glob("*.json")]
    check("A check of a served gate", *(each for each in documents if "error" not in each))
    check("A rejected request", *(each for each in documents if "error" in each))


def test_a_token() -> None:
    check("A token", printed("serve", "token", "-o", "json"))


def test_mock_clouds(nbcloud_mock: MockClouds) -> None:
    nbcloud_mock.modelarts.put_lease(NOTEBOOK)
    check("Mock clouds", mock_text.as_json(nbcloud_mock, None))


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ({"token": "", "sha256": ""}, "schema_version"),
        ({"schema_version": 1, "token": "", "sha256": "", "more": 1}, "more"),
        ({"schema_version": 1, "token": 1, "sha256": ""}, "token is 1, not string"),
    ],
)
def test_what_differs_is_noticed(document: dict[str, Any], problem: str) -> None:
    with pytest.raises(AssertionError, match=problem):
        check("A token", document)
