"""No code edits the sentence of an error: whoever needs another one makes another error of the same response.

A sentence that is cut or replaced changes its meaning as soon as somebody words it otherwise, and no test notices.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "pulumi_nbcloud"
# These make errors and take secrets out of them.
MAKERS = {"errors.py", "http/redaction.py"}
EDITS = {
    *("replace", "partition", "rpartition", "split", "rsplit", "splitlines"),
    *("removeprefix", "removesuffix", "strip", "lstrip", "rstrip", "translate"),
}
PARTS = {"problem", "summary", "vendor_message", "hint", "line", "args"}
# What says what happened; a hint may be given to an error that somebody else made.
SENTENCES = {"problem", "summary"}


def errors_in(tree: ast.AST) -> set[str]:
    """The names that hold an error: caught, or annotated as one."""
    found = {node.name for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler) and node.name}
    for node in ast.walk(tree):
        if isinstance(node, ast.arg) and node.annotation is not None:
            named = {each.id for each in ast.walk(node.annotation) if isinstance(each, ast.Name)}
            if any(each.endswith(("Error", "Exception")) for each in named):
                found.add(node.arg)
    return found


def is_text_of_an_error(node: ast.AST, errors: set[str]) -> bool:
    """Whether an expression is the text of an error, or a part of it."""
    if isinstance(node, ast.Subscript):
        # The message of one of pydantic's errors.
        message = isinstance(node.slice, ast.Constant) and node.slice.value == "msg"
        return message or is_text_of_an_error(node.value, errors)
    if isinstance(node, ast.Attribute):
        return node.attr in PARTS and isinstance(node.value, ast.Name) and node.value.id in errors
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Name) and node.func.id == "str":
            return any(isinstance(each, ast.Name) and each.id in errors for each in node.args)
        # A chain of edits.
        return isinstance(node.func, ast.Attribute) and is_text_of_an_error(node.func.value, errors)
    return False


def edits_in(text: str) -> Iterator[str]:
    """Every place of a module that edits the text of an error."""
    tree = ast.parse(text)
    errors = errors_in(tree)
    for node in ast.walk(tree):
        found = False
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in EDITS:
                found = is_text_of_an_error(node.func.value, errors)
            elif node.func.attr in ("sub", "subn"):
                found = any(is_text_of_an_error(each, errors) for each in node.args)
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
            found = is_text_of_an_error(node.value, errors)
        elif isinstance(node, (ast.Assign, ast.AugAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found = any(
                isinstance(each, ast.Attribute) and each.attr in SENTENCES and ast.unparse(each.value) != "self"
                for each in targets
            )
        if found:
            yield f"line {node.lineno}: {ast.unparse(node)}"  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_code_edits_the_text_of_an_error(path: Path) -> None:
    name = path.relative_to(PACKAGE).as_posix()
    # The mock answers with texts of its own; they are no errors of this package.
    if name not in MAKERS and not name.startswith("mock/"):
        assert list(edits_in(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "code",
    [
        "try: f()\nexcept NbcloudError as error:\n    g(error.problem.replace('a', 'b'))",
        "try: f()\nexcept NbcloudError as e:\n    g(str(e).partition('x')[0])",
        "try: f()\nexcept ValidationError as e:\n    g(e.errors()[0]['msg'].removeprefix('Value error, '))",
        "try: f()\nexcept ValueError as e:\n    g(str(e)[:10])",
        "try: f()\nexcept ValueError as e:\n    g(e.args[0].split()[0].strip())",
        "def f(error: NbcloudError | None): return re.sub('a', 'b', error.problem)",
        "def f(it: errors): it.problem = it.problem + '!'",
        "def f(it: errors): it.summary += '!'",
    ],
)
def test_such_an_edit_is_noticed(code: str) -> None:
    assert len(list(edits_in(code))) >= 1


@pytest.mark.parametrize(
    "code",
    [
        "def f(error: NbcloudError): return f'last error: {error.problem}'",
        "def f(token: str): return token.partition(':')[0]",
        "def f(error: NbcloudError): error.hint = f'at noon; {error.hint}'",
        "try: f()\nexcept NbcloudError as error:\n    raise NotFoundError.of_response(error, 'gone', hint='h')",
    ],
)
def test_what_composes_a_text_of_parts_is_no_edit(code: str) -> None:
    assert list(edits_in(code)) == []
