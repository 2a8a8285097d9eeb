"""Each example is a project of its own, and says at its top how to run it on the mock clouds; so does each recipe."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from docs_support import EXAMPLES, RECIPES, ROOT, commands_of

WIDTH = 80
PROJECTS = [*EXAMPLES, *(each for each in RECIPES if (each / "__main__.py").is_file())]
# What some recipes need besides: a package, and what the mock clouds do not hold by themselves.
MORE = {"two_accounts": ["export", "export", "curl -so /dev/null"]}


def project_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((folder / "Pulumi.yaml").read_text(encoding="utf-8"))
    return found


def program_of(folder: Path) -> str:
    return (folder / "__main__.py").read_text(encoding="utf-8")


def settings_of(program: str) -> dict[str, str]:
    """What the example says to configure, by key."""
    ((_, _, command, *rest),) = [each for each in commands_of(program) if each[:2] == ["pulumi", "config"]]
    if command == "set":
        return {rest[0]: rest[1]}
    assert command == "set-all"
    assert set(rest[0::2]) == {"--plaintext"}
    return dict(each.split("=", 1) for each in rest[1::2])


def test_every_folder_with_a_program_is_an_example() -> None:
    # Airflow's calls the service, and is no program of Pulumi's. The other stands beside the same program in other
    # languages: their tests run it.
    others = {f"{ROOT}/examples/{name}" for name in ("serve/airflow_dag.py", "languages/python/__main__.py")}
    programs = sorted(path.parent for path in (ROOT / "examples").rglob("*.py") if str(path) not in others)
    assert programs == sorted(PROJECTS)
    assert len(EXAMPLES) == 5


@pytest.mark.parametrize("folder", PROJECTS, ids=lambda folder: folder.name)
def test_it_is_a_project_that_declares_what_the_program_reads(folder: Path) -> None:
    project = project_of(folder)
    assert list(project) == ["name", "description", "runtime", "config"]
    assert (project["name"], project["runtime"]) == (folder.name, "python")
    assert project["description"]
    read = set(re.findall(r"\.(?:require|get)\(\"(\w+)\"\)", program_of(folder)))
    assert set(project["config"]) == read
    assert all(each["type"] == "string" and each["description"] for each in project["config"].values())


def test_nothing_above_them_is_a_project() -> None:
    """The Pulumi CLI takes the nearest: a folder without one would run another's program."""
    above = (ROOT, ROOT / "examples", ROOT / "examples" / "recipes")
    assert [path for path in above if list(path.glob("Pulumi*.y*ml"))] == []


@pytest.mark.parametrize("folder", PROJECTS, ids=lambda folder: folder.name)
def test_it_says_how_to_run_it_on_the_mock_clouds(folder: Path) -> None:
    program = program_of(folder)
    docstring = ast.get_docstring(ast.parse(program)) or ""
    assert [line for line in program.partition('"""\n\n')[0].splitlines() if len(line) > WIDTH] == []
    assert docstring.splitlines()[1] == ""
    shown = {"export": 1, "pulumi up": 2, "pulumi destroy": 2}
    commands = [" ".join(each[: shown.get(each[0], shown.get(" ".join(each[:2]), 3))]) for each in commands_of(program)]
    configure = commands[4]
    assert commands == [
        "pip install pulumi-nbcloud[mock]",
        "nbcloud mock",
        f"cd {folder.relative_to(ROOT)}",
        "pulumi stack init",
        configure,
        "curl -so /dev/null",
        *MORE.get(folder.name, ()),
        "pulumi up",
        "pulumi destroy",
    ]
    # Those of other packages have a colon in their names, and what has a default may be left out.
    settings = {name for name in settings_of(program) if ":" not in name}
    declared = project_of(folder)["config"]
    assert {name for name, each in declared.items() if "default" not in each} <= settings <= set(declared)
