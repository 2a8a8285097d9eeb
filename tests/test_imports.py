"""Imports point one way, and importing the package costs next to nothing."""

from __future__ import annotations

import ast
import functools
import graphlib
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "pulumi_nbcloud"

# From the top down: a module may import its own wing and those below it.
WALLS = (
    {"aidp", "hpcai", "modelarts", "gate", "hooks", "testing", "cli"},
    {"serve"},
    {"program"},
    {"provider", "native"},
    {"engine"},
    {"history", "telemetry"},
    {"waiting"},
    {"capture"},
    {"reading"},
    {"clouds"},
    {"condition", "http"},
    {"kinds", "settings"},
    {"errors", "clock", "forks", "_version"},
    {"frozen", "printable", "spelling"},
)
PULUMI_ALLOWED = {"aidp", "hpcai", "modelarts", "gate", "hooks", "program", "provider", "native", "engine"}
HTTPX_ALLOWED = {"http/client"}
MOCK_ALLOWED = {"mock", "cli"}
HEAVY = ("httpx", "aiohttp", "pydantic", "celpy", "pulumi", "pulumi_nbcloud.mock", "werkzeug", "typer", "anyio")


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def area(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def where(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix().removesuffix(".py")


@functools.cache
def imported(path: Path, *, type_checking: bool) -> frozenset[str]:
    """What a file names in import statements, modules and what it takes out of them, inside functions too."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if not type_checking:
        guarded = [
            node for node in ast.walk(tree) if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        ]
        for each in guarded:
            each.body = []
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(found)


def areas_of(names: Collection[str]) -> set[str]:
    return {name.split(".")[1] for name in names if name.startswith("pulumi_nbcloud.")}


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_downwards(path: Path) -> None:
    own = area(path)
    if own in ("__init__", "mock"):
        return  # the package itself names everything, lazily; the mock is checked below
    rank = {name: index for index, wings in enumerate(WALLS) for name in wings}
    assert own in rank, f"{own} has no place in WALLS"
    others = {name for name in areas_of(imported(path, type_checking=False)) if name in rank} - {own}
    # Wings of one rank do not know each other, but for what users import.
    allowed = {name for name in others if rank[name] > rank[own] or (own in WALLS[0] and name in WALLS[0])}
    assert others == allowed, f"{own} imports {others - allowed}, which lies above or beside it"


@pytest.mark.parametrize(
    ("library", "allowed"),
    [
        ("pulumi", PULUMI_ALLOWED),
        ("httpx", HTTPX_ALLOWED),
        ("aiohttp", HTTPX_ALLOWED),
        ("httpx_aiohttp", HTTPX_ALLOWED),
        ("werkzeug", {"mock"}),
        ("pytest_httpserver", {"mock"}),
        ("pytest", {"mock"}),
        ("starlette", {"serve"}),
        ("uvicorn", {"serve"}),
        ("h11", {"serve"}),
        ("typer", {"cli"}),
        ("rich", {"cli"}),
    ],
)
def test_each_library_has_its_place(library: str, allowed: set[str]) -> None:
    users = {
        path
        for path in modules()
        if any(name == library or name.startswith(f"{library}.") for name in imported(path, type_checking=True))
    }
    assert {area(path) for path in users} <= allowed or {where(path) for path in users} <= allowed


def test_only_the_mock_command_and_the_plugin_use_the_mock() -> None:
    users = {area(path) for path in modules() if "mock" in areas_of(imported(path, type_checking=False))}
    assert users <= MOCK_ALLOWED


def test_the_mock_knows_nothing_of_the_client() -> None:
    """An independent check of signatures: a defect of the client's signer must not be shared."""
    for path in modules():
        if area(path) == "mock":
            assert areas_of(imported(path, type_checking=True)) <= {"mock"}, path


@functools.lru_cache(maxsize=2)
def arrows(*, type_checking: bool) -> dict[str, set[str]]:
    """Each module with the modules of this package that it imports, at its top or in a function."""
    names = {f"pulumi_nbcloud.{where(path)}".replace("/", ".").removesuffix(".__init__"): path for path in modules()}
    found = {name: imported(path, type_checking=type_checking) for name, path in names.items()}
    # What is not a module itself is taken out of one.
    return {
        name: {each if each in names else each.rpartition(".")[0] for each in taken} & names.keys() - {name}
        for name, taken in found.items()
    }


def circle(of: dict[str, set[str]]) -> list[str]:
    """One circle of imports, from a module back to itself; empty where there is none."""
    try:
        graphlib.TopologicalSorter(of).prepare()
    except graphlib.CycleError as error:
        return list(error.args[1])
    return []


def test_no_modules_import_each_other() -> None:
    """Not even inside a function, where it would work: who needs whom would be anybody's guess."""
    assert circle(arrows(type_checking=False)) == []


def test_no_modules_of_the_mock_know_each_other() -> None:
    """Not even for a type checker. Elsewhere one circle is left there: a dict as a target can name every kind."""
    mock = {name: to for name, to in arrows(type_checking=True).items() if name.startswith("pulumi_nbcloud.mock")}
    assert circle(mock) == []


def test_a_circle_is_found() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"a"}})[1:] in (["c", "b", "a"], ["b", "a", "c"], ["a", "c", "b"])
    assert circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def loaded(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines())


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert loaded("import pulumi_nbcloud").isdisjoint(HEAVY)


def test_the_errors_load_nothing_heavy() -> None:
    assert loaded("from pulumi_nbcloud import NotFoundError").isdisjoint(HEAVY)


def test_a_typed_module_does_not_load_the_http_library() -> None:
    assert loaded("import pulumi_nbcloud; pulumi_nbcloud.modelarts").isdisjoint({"httpx", "aiohttp", "typer"})


def test_the_command_never_loads_pulumi() -> None:
    assert "pulumi" not in loaded("import pulumi_nbcloud.cli.app")


def test_every_exported_name_is_there() -> None:
    import pulumi_nbcloud

    for name in pulumi_nbcloud.__all__:
        assert getattr(pulumi_nbcloud, name) is not None
    assert set(pulumi_nbcloud.__all__) <= set(dir(pulumi_nbcloud))
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        pulumi_nbcloud.nothing  # type: ignore[attr-defined]  # noqa: B018
