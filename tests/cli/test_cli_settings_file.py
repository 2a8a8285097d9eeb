"""The file that stands for Pulumi config where a pipeline has none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_support import invoke
from lease_support import KIND, NOTEBOOK

from pulumi_nbcloud.cli.sources import config_reader
from pulumi_nbcloud.errors import SettingsError
from pulumi_nbcloud.mock import MockClouds

HINT = 'hint: write it like {"modelarts": {"region": "cn-north-4"}, "profiles": {}}'


def refused(path: Path) -> str:
    with pytest.raises(SettingsError) as caught:
        config_reader(path)
    return str(caught.value).replace(str(path), "FILE")


def test_no_file_holds_nothing() -> None:
    assert config_reader(None)("nbcloud:modelarts") is None


@pytest.mark.parametrize("prefix", ["", "nbcloud:"])
def test_keys_with_and_without_the_prefix(tmp_path: Path, prefix: str) -> None:
    file = tmp_path / "settings.json"
    file.write_text(json.dumps({f"{prefix}hpcai": {"apiKey": "x"}, f"{prefix}profiles": {}}))
    config = config_reader(file)
    assert config("nbcloud:hpcai") == {"apiKey": "x"}
    assert config("nbcloud:modelarts") is None


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    missing = refused(tmp_path / "missing.json")
    assert missing == "the settings file FILE cannot be read: No such file or directory\nhint: check the path"
    assert refused(tmp_path) == "the settings file FILE cannot be read: Is a directory\nhint: check the path"


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ("", "line 1, column 1 on: Expecting value"),
        ('{"modelarts":\n  {"region": "cn-north-4",, }}', "line 2, column "),
        ("{'canary': 1}", "line 1, column 2 on: Expecting property name enclosed in double quotes"),
    ],
)
def test_what_is_no_json_is_told_by_its_place(tmp_path: Path, content: str, place: str) -> None:
    file = tmp_path / "settings.json"
    file.write_text(content)
    told = refused(file)
    assert told.startswith(f"the settings file FILE is no JSON from {place}")
    assert told.endswith(HINT)
    assert "canary" not in told


def test_a_mark_of_the_byte_order_is_read_over(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text('\ufeff{"hpcai": {"apiKey": "x"}}', encoding="utf-8")
    assert config_reader(file)("nbcloud:hpcai") == {"apiKey": "x"}


def test_a_key_that_is_there_twice(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text('{"modelarts": {"secretKey": "canary", "secretKey": "canary-2"}}')
    assert refused(file) == ("the settings file FILE has the key secretKey twice in one object\nhint: keep one of them")


def test_what_is_odd_about_the_path(tmp_path: Path) -> None:
    assert refused(Path("$HOME/settings.json")).endswith(
        "hint: $HOME is not replaced here: write the path itself, or begin it with ~"
    )


@pytest.mark.parametrize("content", ["[]", '"x"', "null", "[" * 100_000, '"' + "x" * 1_000_001 + '"', "\xff"])
def test_what_is_no_object(tmp_path: Path, content: str) -> None:
    file = tmp_path / "settings.json"
    file.write_text(content, encoding="latin-1")
    assert refused(file) == f"the settings file FILE is no JSON object of at most 1000000 bytes\n{HINT}"


def test_a_key_that_is_none_of_ours(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text('{"modelart": {}}')
    known = "hint: known are aidp, hpcai, modelarts, profiles"
    assert refused(file) == f"the settings file FILE has the key nbcloud:modelart\n{known}"
    file.write_text('{"modelarts": {}, "nbcloud:modelarts": {}}')
    assert refused(file) == f"the settings file FILE has a key twice\n{known}"


def test_the_command_reads_with_it(clouds: MockClouds, tmp_path: Path) -> None:
    clouds.modelarts.put_lease(NOTEBOOK)
    file = tmp_path / "settings.json"
    east = {"modelarts": clouds.modelarts.settings(None)}
    file.write_text(json.dumps({"modelarts": clouds.modelarts.settings(None), "profiles": {"east": east}}))
    assert invoke("get", f"{KIND}/{NOTEBOOK}", "--settings", str(file)).code == 0
    assert invoke("get", f"{KIND}/{NOTEBOOK}", "--settings", str(file), "--profile", "east").code == 0
    assert invoke("get", f"{KIND}/{NOTEBOOK}?profile=east", "--settings", str(file), "--profile", "west").code == 0
    assert invoke("get", f"{KIND}/{NOTEBOOK}", "--settings", str(file), "--profile", "west").code == 2
    assert len(clouds.requests) == 3


def test_the_file_may_be_named_by_a_variable(
    clouds: MockClouds, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clouds.modelarts.put_lease(NOTEBOOK)
    file = tmp_path / "settings.json"
    file.write_text(json.dumps({"modelarts": clouds.modelarts.settings(None)}))
    assert invoke("get", f"{KIND}/{NOTEBOOK}").code == 2, "no credentials without it"
    monkeypatch.setenv("NBCLOUD_SETTINGS", str(file))
    assert invoke("get", f"{KIND}/{NOTEBOOK}").code == 0


@pytest.mark.parametrize(
    ("content", "problem", "hint"),
    [
        (
            {"modelarts": "x"},
            "nbcloud:modelarts in the settings file FILE must be an object",
            "correct it in the file",
        ),
        (
            {"modelarts": {"regoin": "x"}},
            "nbcloud:modelarts.regoin in the settings file FILE is not a setting of modelarts",
            "did you mean nbcloud:modelarts.region?",
        ),
        (
            {"modelarts": {"region": True}},
            "nbcloud:modelarts.region in the settings file FILE must be a text, not a bool",
            "correct it in the file",
        ),
        (
            {"modelarts": {"region": " "}},
            "nbcloud:modelarts.region in the settings file FILE is empty",
            "give it a value or remove it",
        ),
        (
            {"modelarts": {"accessKey": "x"}},
            "nbcloud:modelarts in the settings file FILE has credentials for modelarts without secretKey",
            "add secretKey there, or remove the others: two sources are never mixed",
        ),
    ],
)
def test_what_is_wrong_in_the_file_is_said_of_the_file(
    tmp_path: Path, content: object, problem: str, hint: str
) -> None:
    file = tmp_path / "settings.json"
    file.write_text(json.dumps(content))
    done = invoke("get", f"{KIND}/{NOTEBOOK}", "--settings", str(file))
    assert done.code == 2
    assert done.err.replace(str(file), "FILE") == f"error: {problem}\nhint: {hint}\n"


def test_what_was_not_read_is_not_named(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text("{}")
    without, given = (invoke("get", f"{KIND}/{NOTEBOOK}", *options).err for options in ((), ("--settings", str(file))))
    assert "Pulumi" not in without + given
    assert "looked in the environment (NBCLOUD_MODELARTS_…); " in without
    assert f"looked in nbcloud:modelarts in the settings file {file}; the environment (" in given
    assert "hint: set NBCLOUD_MODELARTS_ACCESS_KEY and NBCLOUD_MODELARTS_SECRET_KEY, or a settings file;" in without
