"""The schema of the plugin follows from the kinds and the options, keeps Pulumi's rules, and stays what it was."""

from __future__ import annotations

import copy
import json
import re
import runpy
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
import yaml
from made_up_cloud import TOKEN

from pulumi_nbcloud.kinds.fields import OpenEnum, RowCount, Small, Volatile, Whole, records_of, volatile_fields
from pulumi_nbcloud.kinds.registry import KINDS, load
from pulumi_nbcloud.kinds.times import Milliseconds
from pulumi_nbcloud.native.names import camel, function_token, resource_token, snake, target_token
from pulumi_nbcloud.native.package import download_address
from pulumi_nbcloud.native.schema import schema
from pulumi_nbcloud.native.schema_types import known_text, type_of
from pulumi_nbcloud.waiting.options import ENFORCEMENTS, NOT_FOUND, OPTIONS
from pulumi_nbcloud.waiting.outcome import Outcome

ROOT = Path(__file__).resolve().parents[2]
GOLDEN: dict[str, Any] = json.loads((ROOT / "tests" / "golden" / "schema.json").read_text(encoding="utf-8"))
OUTPUTS: list[str] = json.loads((ROOT / "tests" / "golden" / "frozen.json").read_text())["nbcloud:Gate"]["outputs"]
GATE, START = (GOLDEN["resources"][f"nbcloud:index:{name}"] for name in ("Gate", "WaitStart"))
RECORDED = sorted(token for token in KINDS if not load(token).is_list)
PYTHON = re.compile(r"\b(None|True|False|dict|timedelta|tuple|str|Sequence|Mapping|raises)\b")
# Not behind a dot, where it belongs to a condition.
SNAKE = re.compile(r"(?<![\w.])[a-z][a-z0-9]*(?:_[a-z0-9]+)+")


def described(of: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """Every description of a schema, with its place."""
    if isinstance(of, Mapping):
        for name, value in of.items():
            if name == "description" and isinstance(value, str):
                yield where, value
            yield from described(value, f"{where}/{name}")


def bags(of: Any) -> Iterator[Mapping[str, Any]]:
    """Every set of properties of a schema."""
    if isinstance(of, Mapping):
        for name, value in of.items():
            if name in ("properties", "inputProperties"):
                yield value
            yield from bags(value)


def references(of: Any) -> Iterator[str]:
    if isinstance(of, Mapping):
        if isinstance(of.get("$ref"), str):
            yield of["$ref"]
        yield from (found for each in of.values() for found in references(each))
    elif isinstance(of, list):
        yield from (found for each in of for found in references(each))


DESCRIPTIONS = dict(described(GOLDEN))
SCRIPT: dict[str, Any] = runpy.run_path(str(ROOT / "scripts" / "freeze"))


def test_the_golden_schema_is_fresh() -> None:
    """scripts/freeze writes it; a change of it is one of what programs in other languages are made of."""
    assert json.loads(json.dumps(schema())) == GOLDEN


def test_a_kind_costs_nothing_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, TOKEN, "made_up_cloud:THING")
    found = schema()
    resource = found["resources"]["nbcloud:madeup:Thing"]
    assert (list(resource["inputProperties"]), resource["requiredInputs"]) == (["thingId", "profile"], ["thingId"])
    assert list(resource["properties"]) == ["status", "thingId", "profile"]
    function = found["functions"]["nbcloud:madeup:getThing"]
    assert list(function["inputs"]["properties"]) == ["thingId", "profile", "expect"]
    assert list(function["outputs"]["properties"]) == ["status"]
    target = found["types"]["nbcloud:index:MadeupThingTarget"]
    assert target["properties"]["kind"]["const"] == TOKEN
    for name in ("Gate", "WaitStart"):
        union = found["resources"][f"nbcloud:index:{name}"]["inputProperties"]["target"]
        assert {"$ref": "#/types/nbcloud:index:MadeupThingTarget"} in union["oneOf"]
        assert union["discriminator"]["mapping"][TOKEN] == "#/types/nbcloud:index:MadeupThingTarget"
    # Everything else stays, so that nothing breaks by it.
    assert SCRIPT["withdrawn"](GOLDEN, found) == []


def test_every_kind_has_its_parts() -> None:
    assert set(GOLDEN["functions"]) == {function_token(token) for token in KINDS}
    records = {resource_token(token) for token in RECORDED}
    assert set(GOLDEN["resources"]) == {"nbcloud:index:Gate", "nbcloud:index:WaitStart", *records}
    assert {target_token(token) for token in KINDS} <= set(GOLDEN["types"])


def test_every_reference_leads_somewhere() -> None:
    assert {each for each in references(GOLDEN) if not each.startswith("pulumi.json#/Any")} == {
        f"#/types/{token}" for token in GOLDEN["types"]
    }


@pytest.mark.parametrize("token", sorted(GOLDEN["resources"]))
def test_get_knows_every_property_of_a_resource(token: str) -> None:
    resource = GOLDEN["resources"][token]
    assert resource["stateInputs"]["properties"] == resource["properties"]
    assert set(resource["inputProperties"]) <= set(resource["properties"]) or token == "nbcloud:index:WaitStart"
    # Each resource of Pulumi has these itself.
    assert not {"id", "urn", "pulumi"} & {*resource["properties"], *resource["inputProperties"]}
    assert set(resource["required"]) <= set(resource["properties"])
    assert set(resource["requiredInputs"]) <= set(resource["inputProperties"])


@pytest.mark.parametrize("token", RECORDED)
def test_what_is_read_is_there_unless_it_may_be_null(token: str) -> None:
    kind = load(token)
    resource = GOLDEN["resources"][resource_token(token)]
    function = GOLDEN["functions"][function_token(token)]
    assert list(function["outputs"]["properties"]) == [camel(name) for name in kind.state_names]
    assert set(function["outputs"]["required"]) <= set(resource["required"])
    assert resource["requiredInputs"] == [camel(name) for name in kind.required_names]
    assert [name for name, each in resource["inputProperties"].items() if "willReplaceOnChanges" in each] == (
        resource["requiredInputs"]
    )
    has_volatile = any(volatile_fields(record) for record in records_of(kind.state))
    assert ("includeVolatile" in resource["inputProperties"]) is has_volatile


def test_a_gate_takes_the_options_of_a_wait_and_gives_its_outputs() -> None:
    options = {camel(each.name) for each in OPTIONS}
    assert set(GATE["inputProperties"]) == {"target", "targets", "ownFailures", "waitStart", *options}
    assert set(GATE["properties"]) - set(GATE["inputProperties"]) == {camel(name) for name in OUTPUTS}
    assert GATE["requiredInputs"] == []
    assert GATE["aliases"] == [{"type": "pulumi-python:dynamic/nbcloud:Gate"}]


def test_a_wait_start_takes_what_the_gate_is_given_that_waits_again() -> None:
    options = {camel(each.name) for each in OPTIONS if each.waits_again}
    given = {*options, "target", "targets", "ownFailures", "timeout", "enforcement"}
    assert set(START["inputProperties"]) == given
    assert list(START["properties"]) == ["startTime", "waitStart", "digest", "timeout", "enforcement"]
    for name in given:
        assert {**START["inputProperties"][name], "description": ""} == {
            **GATE["inputProperties"][name],
            "description": "",
        }


def test_a_target_is_one_of_the_kinds_by_its_name() -> None:
    union = GATE["inputProperties"]["target"]
    mapping = {token: f"#/types/{target_token(token)}" for token in KINDS}
    assert union["discriminator"] == {"propertyName": "kind", "mapping": mapping}
    assert union["oneOf"] == [{"$ref": each} for each in mapping.values()]
    # Of another module the package for Go would not compile.
    assert all(each.startswith("#/types/nbcloud:index:") for each in mapping.values())
    assert GATE["inputProperties"]["targets"]["additionalProperties"]["oneOf"] == union["oneOf"]
    for token, each in mapping.items():
        target = GOLDEN["types"][each.removeprefix("#/types/")]
        assert target["properties"]["kind"] == {"type": "string", "description": f"`{token}`.", "const": token}
        assert target["required"] == ["kind", *(camel(name) for name in load(token).required_names)]


def test_states_can_be_looked_into() -> None:
    by_field = {"type": "object", "additionalProperties": {"$ref": "pulumi.json#/Any"}}
    assert {**GATE["properties"]["states"], "description": ""} == {
        "type": "object",
        "additionalProperties": by_field,
        "description": "",
    }


def test_only_what_is_closed_is_an_enum() -> None:
    enums = {
        token: [each["value"] for each in spec["enum"]] for token, spec in GOLDEN["types"].items() if "enum" in spec
    }
    assert enums == {"nbcloud:index:Enforcement": list(ENFORCEMENTS), "nbcloud:index:NotFound": list(NOT_FOUND)}


def test_no_default_is_filled_in_by_an_sdk() -> None:
    """A gate without `timeout` takes the custom timeout of the resource."""
    assert all("default" not in each for bag in bags(GOLDEN) for each in bag.values())


def test_names_are_in_camel_case() -> None:
    for bag in bags(GOLDEN):
        assert [name for name in bag if "_" in name or camel(snake(name)) != name] == []


@pytest.mark.parametrize(
    ("place", "name", "type_"),
    [
        ("modelarts:NotebookLease", "createAt", "number"),
        ("modelarts:NotebookLease", "duration", "number"),
        ("modelarts:DevServerJob", "abnormalCount", "integer"),
        ("modelarts:DevServerJobs", "total", "integer"),
        ("hpcai:Instances", "total", "integer"),
    ],
)
def test_a_whole_number_is_an_integer_where_32_bits_hold_it(place: str, name: str, type_: str) -> None:
    assert GOLDEN["functions"][function_token(place)]["outputs"]["properties"][name]["type"] == type_


def test_no_time_is_an_integer() -> None:
    for bag in bags(GOLDEN):
        for name, each in bag.items():
            if re.search(r"millisecond|since 1970", each["description"]):
                assert each["type"] != "integer", name


@pytest.mark.parametrize("place", sorted(DESCRIPTIONS))
def test_a_description_is_plain_english_with_the_names_of_properties(place: str) -> None:
    text = DESCRIPTIONS[place].split("{{% examples %}}")[0]
    assert PYTHON.findall(text) == []
    assert set(SNAKE.findall(text)) <= {*(each.value for each in Outcome), "snake_case"}
    assert text[:1] == text[:1].upper()
    assert text.rstrip()[-1:] in (".", "]", '"', ")", "0", "g")  # a sentence, or a condition


def test_everything_is_described() -> None:
    assert all(each.get("description") for bag in bags(GOLDEN) for each in bag.values())
    for section in ("resources", "functions", "types"):
        assert all(each.get("description") for each in GOLDEN[section].values())


@pytest.mark.parametrize("token", sorted({*GOLDEN["resources"], *GOLDEN["functions"]}))
def test_what_the_registry_shows_has_a_program_in_each_language(token: str) -> None:
    spec = {**GOLDEN["resources"], **GOLDEN["functions"]}[token]
    shown = spec["description"].partition("{{% examples %}}\n## Example Usage\n")[2]
    assert re.findall(r"^```(\w+)$", shown, re.MULTILINE) == ["typescript", "go", "yaml"]
    assert shown.endswith("{{% /example %}}\n{{% /examples %}}")


def test_no_sdk_is_made_for_python() -> None:
    assert set(GOLDEN["language"]) == {"nodejs", "go"}


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://github.com/somebody/pulumi-nbcloud", "github://api.github.com/somebody/pulumi-nbcloud"),
        ("https://github.com/somebody/pulumi-nbcloud.git", "github://api.github.com/somebody/pulumi-nbcloud"),
        ("https://github.com/somebody/pulumi-nbcloud/tree/main", None),
        ("https://code.example/somebody/pulumi-nbcloud", None),
    ],
)
def test_the_engine_downloads_from_where_it_can(address: str, expected: str | None) -> None:
    assert download_address(address) == expected


@pytest.mark.parametrize(
    ("hint", "expected"),
    [
        (str | None, {"type": "string"}),
        (Annotated[bool, "a mark"] | None, {"type": "boolean"}),
        (Annotated[float | None, Volatile()], {"type": "number"}),
        (int, {"type": "number"}),
        (Milliseconds | None, {"type": "number"}),
        (Annotated[Whole, Small()] | None, {"type": "integer"}),
        (Annotated[int, RowCount("rows")], {"type": "integer"}),
        (tuple[str, ...], {"type": "array", "items": {"type": "string"}}),
        (Literal["a", "b"], {"type": "string"}),
        (
            tuple[dict[str, Any], ...],
            {"type": "array", "items": {"type": "object", "additionalProperties": {"$ref": "pulumi.json#/Any"}}},
        ),
    ],
)
def test_a_type_as_schemas_write_it(hint: Any, expected: Any) -> None:
    assert type_of(hint, "madeup:Thing") == expected


@pytest.mark.parametrize("hint", [str | int, bytes, tuple[str, int], dict[int, str], Literal[1]])
def test_a_type_that_no_schema_holds_is_refused(hint: Any) -> None:
    with pytest.raises(TypeError, match="madeup:Thing: no schema can hold a "):
        type_of(hint, "madeup:Thing")


def test_known_values_are_named_once() -> None:
    hint = Annotated[str, OpenEnum(("ACTIVE", "DELETED"))] | None
    assert known_text("Its state.", hint) == " Known values: ACTIVE, DELETED; the cloud may have others."
    assert known_text("Its state: ACTIVE, DELETED, or another.", hint) == ""
    assert known_text("Its name.", str) == ""


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    after = copy.deepcopy(GOLDEN)
    change(after)
    return after


NOTEBOOK = "nbcloud:modelarts:NotebookLease"
FUNCTION = "nbcloud:modelarts:getDevServerJobs"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            lambda of: of["resources"][NOTEBOOK]["properties"]["enable"].update(type="string"),
            [f'resources/{NOTEBOOK}/properties/enable/type is "boolean"'],
        ),
        (
            lambda of: of["resources"][NOTEBOOK]["required"].remove("running"),
            [f'resources/{NOTEBOOK}/required has "running"'],
        ),
        (
            lambda of: of["functions"][FUNCTION]["inputs"]["required"].append("name"),
            [f'functions/{FUNCTION}/inputs/required has "name", newly'],
        ),
        (
            lambda of: of["resources"]["nbcloud:index:Gate"]["requiredInputs"].append("until"),
            ['resources/nbcloud:index:Gate/requiredInputs has "until", newly'],
        ),
        (
            lambda of: of["types"]["nbcloud:index:NotFound"]["enum"].pop(),
            ['types/nbcloud:index:NotFound/enum has {"value": "met"}'],
        ),
        # What is new, or said in other words, breaks nothing.
        (lambda of: of["resources"][NOTEBOOK]["required"].append("enable"), []),
        (lambda of: of["resources"][NOTEBOOK]["properties"]["enable"].update(description="other"), []),
        (lambda of: of["types"].update({"nbcloud:index:New": {"required": ["a"]}}), []),
    ],
)
def test_what_programs_use_is_not_taken_away(change: Callable[[dict[str, Any]], object], expected: list[str]) -> None:
    assert SCRIPT["withdrawn"](GOLDEN, changed(change)) == expected


@pytest.mark.parametrize("token", sorted({*GOLDEN["resources"], *GOLDEN["functions"]}))
def test_a_program_in_yaml_names_what_there_is(token: str) -> None:
    """Those in TypeScript and Go are compiled in tests/languages."""
    spec = {**GOLDEN["resources"], **GOLDEN["functions"]}[token]
    (text,) = re.findall(r"^```yaml\n(.*?)\n```$", spec["description"], re.MULTILINE | re.DOTALL)
    program = yaml.safe_load(text)
    found = [each["fn::invoke"] for each in program.get("variables", {}).values()]
    for each in found:
        assert set(each.get("arguments", ())) <= set(GOLDEN["functions"][each["function"]]["inputs"]["properties"])
    for each in program.get("resources", {}).values():
        full = each["type"] if each["type"].count(":") == 2 else each["type"].replace(":", ":index:")
        assert set(each["properties"]) <= set(GOLDEN["resources"][full]["inputProperties"])
        found.append({"function": full})
    assert token in {each["function"] for each in found}
    settings = program.get("config", {})
    outputs = {"start.waitStart", "gate.outcome", *program.get("variables", ())}
    assert set(re.findall(r"\$\{([\w.]+)\}", text)) <= {*settings, *outputs}


def freeze(folder: Path, golden: Mapping[str, Any]) -> subprocess.CompletedProcess[str]:
    """Runs scripts/freeze on the golden schema of another folder."""
    script, kept = folder / "scripts" / "freeze", folder / "tests" / "golden" / "schema.json"
    for path in (script, kept):
        path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(ROOT / "scripts" / "freeze", script)
    kept.write_text(json.dumps(golden), encoding="utf-8")
    return subprocess.run([sys.executable, str(script)], capture_output=True, text=True)


def test_a_schema_that_grows_is_written(tmp_path: Path) -> None:
    done = freeze(tmp_path, changed(lambda of: of["functions"].pop(FUNCTION)))
    assert (done.returncode, done.stdout) == (0, "")
    written = (tmp_path / "tests" / "golden" / "schema.json").read_bytes()
    assert written == (ROOT / "tests" / "golden" / "schema.json").read_bytes()


def test_a_schema_that_would_break_programs_is_not_written(tmp_path: Path) -> None:
    old = changed(lambda of: of["types"]["nbcloud:index:NotFound"]["enum"].append({"value": "skip"}))
    done = freeze(tmp_path, old)
    assert done.returncode == 1
    assert done.stdout == (
        'error: programs would break: types/nbcloud:index:NotFound/enum has {"value": "skip"}\n'
        "hint: change it back; before the first release of the plugin, remove tests/golden/schema.json first\n"
    )
    assert json.loads((tmp_path / "tests" / "golden" / "schema.json").read_text(encoding="utf-8")) == old
