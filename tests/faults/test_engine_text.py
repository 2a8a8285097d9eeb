"""Text leaves for the Pulumi engine in one place, and what leaves there acts on nothing."""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Iterator
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime.proto import engine_pb2
from test_output_safety import ATTACKS, harmless

import pulumi_nbcloud as nbcloud
from pulumi_nbcloud import hooks
from pulumi_nbcloud.cli.output import SCHEMA_VERSION, as_json
from pulumi_nbcloud.condition import ConditionError
from pulumi_nbcloud.engine import errors, log
from pulumi_nbcloud.engine.status import GateReporter
from pulumi_nbcloud.errors import InputError, NbcloudError
from pulumi_nbcloud.kinds.kind import Kind
from pulumi_nbcloud.printable import LINE_LIMIT, printable, printable_lines
from pulumi_nbcloud.program.inputs import clean
from pulumi_nbcloud.provider.gate import GateProvider
from pulumi_nbcloud.provider.read import ReadProvider
from pulumi_nbcloud.provider.wait_start import WaitStartProvider
from pulumi_nbcloud.waiting.listeners import NOBODY
from pulumi_nbcloud.waiting.outcome import WaitError

PACKAGE = Path(errors.__file__).resolve().parents[1]
# The command has no engine, and the mock clouds are no part of a program.
OTHERS = {"cli", "mock"}
TALKS_TO_PULUMI = {"program", "provider", "native", "engine", "gate", "hooks"}

# Which names lead out to the engine, and which modules may use them.
EXITS: dict[str, set[str]] = {
    "pulumi.log": {"engine/log"},
    "engine_pb2": {"engine/log"},
    "engine_pb2_grpc": {"engine/log"},
    "LogRequest": {"engine/log"},
    "Log": {"engine/log"},
    "print": {"engine/log", "native/__main__"},  # a port
    "sys.stderr": {"engine/log"},
    "sys.stdout": set(),
    "sys.__stderr__": set(),
    "sys.__stdout__": set(),
    "os.write": {"history/writing", "waiting/record_file"},  # into files, in ASCII
    "warnings.warn": set(),
    "logger above debug": {"serve/app", "serve/checks", "serve/tls"},  # a service of its own, which no engine starts
    "abort": {"native/servicer"},
    "set_details": set(),
    "CheckFailure": {"engine/errors", "native/servicer"},
    "ResourceHook": {"engine/errors"},
    "ErrorHook": set(),
    "a ResourceProvider": {"engine/errors"},
    "an error's own text": {"errors"},
    "RunError": {"engine/errors", "program/inputs"},
    "InputPropertyError": set(),
    "InputPropertiesError": set(),
    "ConfigMissingError": set(),
    "format_exc": {"provider/host"},
    "format_exception": {"engine/errors"},
    "print_exc": set(),
    "print_exception": set(),
}
OURS = {name for name in nbcloud.__all__ if name.endswith("Error")} | {ConditionError.__name__}
# Caught where it is raised; what the servicer answers with; an internal error, made harmless; and what becomes one.
CAUGHT = {
    ("engine/previews", "TimeoutError"),
    ("native/gates", "Awaiting"),
    ("native/servicer", "InternalError"),
    ("native/schema_types", "TypeError"),
    ("native/values", "TypeError"),
}

CANARY = "<{%canary%}>"
CALLS: dict[str, Any] = {
    "configure": (None,),
    "check": ({}, {}),
    "diff": ("id", {}, {}),
    "create": ({},),
    "read": ("id", {}),
    "update": ("id", {}, {}),
    "delete": ("id", {}),
}


def modules() -> Iterator[tuple[str, ast.Module]]:
    """The modules of the package that run where an engine may be."""
    for path in sorted(PACKAGE.rglob("*.py")):
        where = path.relative_to(PACKAGE).as_posix().removesuffix(".py")
        if where.partition("/")[0] not in OTHERS:
            yield where, ast.parse(path.read_text(encoding="utf-8"))


def dotted(node: ast.expr) -> str:
    """The name that an expression spells, with its dots; as far as it is one."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def names(tree: ast.Module) -> Iterator[str]:
    """Every name that a module uses: alone, and with the name before it."""
    loggers = {
        dotted(target)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and "getLogger" in ast.dump(node.value)
        for target in node.targets
    } | {"logging"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
            yield from (alias.name for alias in node.names if alias.name != "ResourceProvider")
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
            yield ".".join(dotted(node).split(".")[-2:])
            if dotted(node.value) in loggers and node.attr in ("info", "warning", "error", "exception", "critical"):
                yield "logger above debug"
        elif isinstance(node, ast.ClassDef):
            bases = {dotted(base).rpartition(".")[2] for base in node.bases}
            if "ResourceProvider" in bases:
                yield "a ResourceProvider"
            own = {each.name for each in node.body if isinstance(each, ast.FunctionDef)}
            if own & {"__str__", "__repr__", "__format__"} and any(
                base.endswith(("Error", "Exception")) for base in bases
            ):
                yield "an error's own text"


def raised(tree: ast.Module) -> Iterator[str]:
    """The classes whose errors a module raises; what a function makes, or what was caught, has its class already."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and node.exc is not None:
            made = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            name = dotted(made).rpartition(".")[2]
            if name[:1].isupper():
                yield name


def test_nothing_leaves_for_the_engine_elsewhere() -> None:
    found: dict[str, set[str]] = {}
    for where, tree in modules():
        for name in set(names(tree)) & set(EXITS):
            found.setdefault(name, set()).add(where)
    assert found == {name: allowed for name, allowed in EXITS.items() if allowed}


def test_what_talks_to_pulumi_raises_errors_of_ours() -> None:
    others = {
        (where, name)
        for where, tree in modules()
        if where.partition("/")[0] in TALKS_TO_PULUMI
        for name in raised(tree)
        if name not in OURS
    }
    assert others == CAUGHT


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("import pulumi\npulumi.log.warn('a')", "pulumi.log"),
        ("from pulumi import log", "pulumi.log"),
        ("import pulumi.log", "pulumi.log"),
        ("from pulumi.runtime.proto import engine_pb2 as sent", "engine_pb2"),
        ("stub.Log.future(a)", "Log"),
        ("print('a')", "print"),
        ("import sys\nsys.stderr.write('a')", "sys.stderr"),
        ("from sys import stderr", "sys.stderr"),
        ("import logging\n_log = logging.getLogger('a')\n_log.warning('a')", "logger above debug"),
        ("import logging\nlogging.error('a')", "logger above debug"),
        ("from pulumi.dynamic import CheckFailure", "CheckFailure"),
        ("pulumi.dynamic.CheckFailure('', 'a')", "CheckFailure"),
        ("pulumi.ResourceHook('a', work)", "ResourceHook"),
        ("class A(ResourceProvider): ...", "a ResourceProvider"),
        ("class A(pulumi.dynamic.ResourceProvider): ...", "a ResourceProvider"),
        ("class A(InputError):\n  def __str__(self): return 'a'", "an error's own text"),
        ("raise pulumi.RunError('a')", "RunError"),
        ("context.abort(1, 'a')", "abort"),
    ],
)
def test_the_walk_finds(line: str, name: str) -> None:
    assert name in set(names(ast.parse(line)))


@pytest.mark.parametrize(
    ("line", "name"), [("raise ValueError('a')", "ValueError"), ("raise pulumi.RunError", "RunError")]
)
def test_the_walk_finds_what_is_raised(line: str, name: str) -> None:
    assert list(raised(ast.parse(line))) == [name]


class Engine:
    """Stands for the engine's stub, and takes what is logged."""

    def __init__(self) -> None:
        self.sent: list[engine_pb2.LogRequest] = []
        self.Log = self

    def __call__(self, request: engine_pb2.LogRequest) -> None:
        self.sent.append(request)

    def future(self, request: engine_pb2.LogRequest, timeout: float) -> Engine:
        self.sent.append(request)
        return self

    def add_done_callback(self, work: Any) -> None: ...


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_every_way_out_is_harmless(
    attack: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    engine: Any = Engine()
    monkeypatch.setattr("pulumi.runtime.settings.get_engine", lambda: engine)
    # Without an engine that could take it.
    monkeypatch.setattr(pulumi, "ResourceHook", lambda name, work: name)
    attack = attack.replace("\n", " ")  # a message's own line breaks stay
    log.info(attack)
    log.warn(attack)
    log.say(attack)
    assert log.send(attack, "urn", engine=engine)
    GateReporter("urn", engine).warning(attack)
    GateReporter(None, engine).warning(attack)
    (failure,) = errors.check_failures([attack])
    texts = [
        *(each.message for each in engine.sent),
        *capsys.readouterr().err.splitlines(),
        failure.reason,
        errors.hook(attack, print),
    ]
    assert len(texts) == 8
    for text in texts:
        harmless(text)
        assert "canary" in text


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_an_error_is_harmless_whichever_part_of_it_holds_the_text(attack: str) -> None:
    attack = attack.replace("\n", " ")
    for part in ("hint", "where", "code", "request_id", "subject"):
        parts: dict[str, Any] = {part: attack}
        for error in (InputError("problem", status=400, **parts), InputError(attack)):
            harmless(str(error))
            harmless(repr(error))
            assert "canary" in str(error)
            with pytest.raises(pulumi.RunError) as caught:
                clean(lambda error=error: _raise(error))  # type: ignore[misc]
            harmless(str(caught.value))


def test_a_message_keeps_its_lines_and_spaces_and_what_is_printable_stays() -> None:
    text = 'gate a: failed (100% of  "x")\nhint: look at it\n  File "a.py", line 3\n    a < {b % c}'
    assert printable_lines(text) == text
    assert printable_lines("a\tb") == "a   b"
    for attack in ATTACKS.values():
        assert printable_lines(printable(attack)) == printable(attack)
        assert printable_lines(printable_lines(attack)) == printable_lines(attack)
    assert printable_lines("x" * 10_000_000 + "\nhint: y") == "x" * (LINE_LIMIT - 1) + "…\nhint: y"
    # Also where the cut would make one, and where what is taken out would.
    assert "<{%" not in printable_lines("x" * (LINE_LIMIT - 3) + CANARY)
    assert "<{%" not in printable_lines("<\u200b{\x1b%canary%}> <<{%{%")


def _raise(error: Exception) -> Any:
    raise error


def unexpected(*_: Any, **__: Any) -> Any:
    try:
        raise LookupError(f"deeper {CANARY}")
    except LookupError as error:
        raise ValueError(f"first {CANARY}\nsecond {CANARY}\x1b[31m") from error


def check_internal(error: BaseException) -> None:
    assert type(error) is errors.InternalError
    text = str(error)
    harmless(text)
    head, hint, *lines = text.split("\n")
    assert head.startswith("internal error of pulumi-nbcloud: ValueError in test_engine_text.py:")
    assert hint == "hint: report it with these lines"
    assert lines[0] == "Traceback (most recent call last):"
    assert "LookupError: deeper ?{%canary%}>" in lines
    assert lines[-2:] == ["ValueError: first ?{%canary%}>", "second ?{%canary%}>?[31m"]
    # Nothing of the frames below is kept: their local variables may hold credentials.
    kept = error.__context__
    assert error.__cause__ is None
    assert kept is None or (kept.__traceback__, kept.__context__) == (None, None)


@pytest.mark.parametrize(
    ("provider", "method"),
    [
        *((GateProvider(), method) for method in ("configure", "check", "diff", "create", "update")),
        *((ReadProvider("modelarts:NotebookLease"), method) for method in ("configure", "read")),
    ],
    ids=lambda each: each if isinstance(each, str) else type(each).__name__,
)
def test_no_method_of_a_provider_raises_text_that_acts(
    provider: Any, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for broken in ("host.configure", "gate.plain", "read.plain"):
        monkeypatch.setattr(f"pulumi_nbcloud.provider.{broken}", unexpected)
    with pytest.raises(errors.InternalError) as caught:
        getattr(provider, method)(*CALLS[method])
    check_internal(caught.value)


def test_all_providers_are_guarded() -> None:
    providers = {GateProvider, ReadProvider, WaitStartProvider}
    assert set(errors.EngineProvider.__subclasses__()) == providers
    for provider in providers:
        own = set(vars(provider)) & set(CALLS)
        assert len(own) >= 6
        assert all(hasattr(vars(provider)[name], "__wrapped__") for name in own)
    methods = {name for name, _ in inspect.getmembers(pulumi.dynamic.ResourceProvider, inspect.isfunction)}
    assert {name for name in methods if not name.startswith("_")} - {"configure"} <= set(errors.PROVIDER_METHODS)


def test_an_unexpected_error_ends_a_program_harmlessly_wherever_it_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Kind, "parse", unexpected)
    notebook = "0b9c2f6e-4a70-4a0e-9d0e-2c6f8d1e7a55"
    lease = nbcloud.modelarts.NotebookLeaseArgs(notebook_id=notebook)
    for work in (
        lambda: nbcloud.modelarts.get_notebook_lease(notebook),
        lambda: nbcloud.modelarts.NotebookLease("a", notebook_id=notebook),
        lambda: nbcloud.wait_before("a", target=lease),
        lambda: clean(unexpected),
    ):
        with pytest.raises(pulumi.RunError) as caught:
            work()
        check_internal(caught.value)


@pytest.mark.anyio
async def test_an_unexpected_error_of_a_hook_is_harmless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pulumi_nbcloud.waiting.spec.parse_spec", unexpected)
    with pytest.raises(errors.InternalError) as caught:
        await hooks._wait("a", {}, lambda key: None, GateReporter(""), hooks._Program(None, None), NOBODY)
    check_internal(caught.value)


@pytest.mark.parametrize("error", [InputError(CANARY), CancelledError(), errors.InternalError("a")])
def test_what_is_expected_stays_what_it_is(error: Exception) -> None:
    assert errors.harmless(error) is error
    with pytest.raises(type(error)) as caught:
        errors.guarded(_raise)(error)
    assert caught.value is error


def test_an_error_whose_text_cannot_be_made_is_one_too() -> None:
    class Broken(Exception):
        def __str__(self) -> str:
            raise ValueError(CANARY)

    harmless(str(errors.harmless(Broken())))


def test_every_error_of_ours_has_the_text_of_the_base() -> None:
    for cls in (WaitError, ConditionError, *(getattr(nbcloud, name) for name in OURS - {"ConditionError"})):
        assert issubclass(cls, NbcloudError)
        assert cls.__str__ is NbcloudError.__str__
        assert cls.__repr__ is NbcloudError.__repr__


@pytest.mark.parametrize("indent", [None, 2])
def test_json_of_the_command_is_inert_text_and_the_same_data(indent: int | None) -> None:
    """A program may have the engine run the command, and the engine shows what it prints."""
    text = as_json({CANARY: [f"##vso[{CANARY}", "<{", "%"]}, indent=indent)
    assert "<{%" not in text
    assert json.loads(text) == {"schema_version": SCHEMA_VERSION, CANARY: [f"##vso[{CANARY}", "<{", "%"]}
