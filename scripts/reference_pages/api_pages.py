"""The Python API: a page for what every cloud shares, and one for each cloud's module.

griffe reads signatures and docstrings from the source, as they are written there; nothing is imported for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import griffe

from pulumi_nbcloud.kinds.registry import KINDS, load
from pulumi_nbcloud.waiting.options import OPTIONS
from reference_pages.kind_pages import path_of
from reference_pages.markdown import PACKAGE, Page, code, entry, first_sentence, listed, page, prose, sentence

_OPTION_NAMES = {each.name for each in OPTIONS}
_SELF = ("self", "cls")


_API = """
    # Python API

    What you import: `import pulumi_nbcloud as nbcloud`. Every argument of a resource and of an `…_output` function
    takes a value or an Output of it (`pulumi.Input`). Arguments after `*` are given by name.
"""


def api_pages() -> Iterator[Page]:
    yield page("api.md", _shared())
    for cloud in _clouds():
        yield page(f"api/{cloud}.md", _cloud(cloud))


def _clouds() -> list[str]:
    """The clouds that have a module to import."""
    clouds = dict.fromkeys(token.partition(":")[0] for token in KINDS)
    return [each for each in clouds if (PACKAGE / f"{each}.py").is_file()]


def source(path: str) -> griffe.Module:
    """What a file of the package declares."""
    file = PACKAGE / path
    name = f"pulumi_nbcloud.{'.'.join(Path(path).with_suffix('').parts)}"
    return griffe.visit(name, file, file.read_text(encoding="utf-8"), docstring_parser=griffe.Parser.google)


def _shared() -> Iterator[str]:
    yield from (*prose(_API), "| to | use |", "| --- | --- |")
    modules = listed([f"[`nbcloud.{cloud}`](api/{cloud}.md)" for cloud in _clouds()])
    yield f"| look up, record, name a target | {modules} |"
    yield "| wait in an update | [`nbcloud.Gate`](#gate) |"
    yield "| wait before a resource that you have | [`nbcloud.wait_before`](#wait_before) |"
    yield "| catch what goes wrong | [`nbcloud.NbcloudError`](#errors) and its subclasses |"
    yield "| test a program without a cloud | [`nbcloud.testing.override`](#testing) |"
    yield from ("", "## `Gate`", "", *_gate(source("gate.py")["Gate"]))
    yield from ("", "## `wait_before`", "", *_function(source("hooks.py")["wait_before"], "nbcloud.wait_before"))
    yield from ("", "## Errors", "", *_errors())
    yield from ("", "## Testing", "", *_function(source("testing.py")["override"], "nbcloud.testing.override"))


def _gate(gate: Any) -> Iterator[str]:
    yield from (*_prose(gate), "")
    yield from _callable(gate.members["__init__"], "nbcloud.Gate", with_prose=False)
    yield from ("", "Outputs:", "")
    for attribute in _attributes(gate):
        if attribute.name not in _OPTION_NAMES:
            yield entry(attribute.name, _text_of(attribute), code(str(attribute.annotation)))
    yield ""
    yield "Each option is an output too: what you gave, or null."


def _errors() -> Iterator[str]:
    module = source("errors.py")
    classes = [each for each in module.classes.values() if not each.name.startswith("_")]
    classes.append(source("waiting/outcome.py")["WaitError"])
    yield "All derive from `nbcloud.NbcloudError`. [Errors](errors.md) says which one comes of what."
    yield ""
    for each in classes:
        bases = [str(base) for base in each.bases if str(base) not in ("Exception", "NbcloudError")]
        yield f"- **`nbcloud.{each.name}`**: {f'a kind of `{bases[0]}`. ' if bases else ''}{_text_of(each)}"
        for attribute in _attributes(each):
            if attribute.docstring:
                yield f"  - `{attribute.name}` ({code(str(attribute.annotation))}): {_text_of(attribute)}"
    base = module["NbcloudError"]
    yield from ("", "Every error has these attributes:", "")
    for name, about in _documented(base.members["__init__"]).items():
        if name not in ("facts", "problem"):
            yield entry(name, sentence(about), code(_annotation(base.members["__init__"], name)))
    for each in base.members.values():
        if each.is_attribute and "property" in each.labels and not each.name.startswith("_"):
            yield entry(each.name, _text_of(each), code(str(each.annotation)))


def _cloud(cloud: str) -> Iterator[str]:
    module = source(f"{cloud}.py")
    title = source(f"clouds/{cloud}/__init__.py").docstring
    yield from (
        f"# `nbcloud.{cloud}`",
        "",
        f"{title.value.rstrip('.') if title else cloud}, in a Pulumi program in Python.",
        "",
    )
    for token in (each for each in KINDS if each.startswith(f"{cloud}:")):
        yield from _kind(module, load(token), token)


def _kind(module: griffe.Module, kind: Any, token: str) -> Iterator[str]:
    state = kind.state.__name__
    yield from (
        f"## {token}",
        "",
        f"Its fields, conditions and an example are on [its own page](../{path_of(token)}).",
        "",
    )
    functions = [each for each in module.functions.values() if _reads(each, state)]
    plain = next(each for each in functions if not each.name.endswith("_output"))
    for each in functions:
        same = set() if each is plain else {parameter.name for parameter in plain.parameters}
        yield from (f"### `{each.name}`", "", *_function(each, each.name, same, plain.name), "")
    for name in (kind.name, f"{kind.name}Args"):
        if name in module.classes:
            found = module.classes[name]
            yield from (f"### `{name}`", "", *_prose(found), "")
            yield from (*_callable(found.members["__init__"], name, with_prose=False), "")
    yield from (f"### `{kind.name}Target`", "", *_prose(module.classes[f"{kind.name}Target"]), "")


def _reads(function: griffe.Function, state: str) -> bool:
    return str(function.returns) in (state, f"pulumi.Output[{state}]")


def _function(function: Any, name: str, same: set[str] | None = None, plain: str = "") -> Iterator[str]:
    yield from _callable(function, name, same=same or set(), plain=plain)


def _callable(
    function: Any, name: str, *, with_prose: bool = True, same: set[str] | None = None, plain: str = ""
) -> Iterator[str]:
    """A signature, what it does, its arguments, what it returns and raises."""
    yield from (code(_signature(function, name)), "")
    if with_prose:
        yield from (*_prose(function), "")
    documented = _documented(function)
    if same:
        yield f"- The arguments of `{plain}`, each a value or an Output of it."
    for argument, about in documented.items():
        if argument not in (same or ()):
            yield _argument(function, argument, about)
    for title, kind in (
        ("Returns", griffe.DocstringSectionKind.returns),
        ("Raises", griffe.DocstringSectionKind.raises),
    ):
        for section in (each for each in _sections(function) if each.kind is kind):
            yield ""
            if kind is griffe.DocstringSectionKind.returns:
                yield f"{title}: {' '.join(_unwrapped(each.description) for each in section.value)}"
            else:
                yield f"{title}:"
                yield ""
                yield from (
                    f"- `{each.annotation}`: {sentence(_unwrapped(each.description))}" for each in section.value
                )


def _argument(function: Any, name: str, about: str) -> str:
    # The reference of options has all of it.
    shown = f"{first_sentence(about)} [More](options.md#{name})." if name in _OPTION_NAMES else about
    return entry(name, sentence(shown), code(_annotation(function, name)))


def _signature(function: Any, name: str) -> str:
    parts: list[str] = []
    for each in function.parameters:
        if each.name in _SELF:
            continue
        if each.kind is griffe.ParameterKind.keyword_only and "*" not in parts:
            parts.append("*")
        parts.append(each.name if each.default is None else f"{each.name}={each.default}")
    returns = "" if function.returns is None or str(function.returns) == "None" else f" -> {function.returns}"
    return f"{name}({', '.join(parts)}){returns}"


def _annotation(function: Any, name: str) -> str:
    return str(function.parameters[name].annotation)


def _attributes(of: Any) -> Iterator[Any]:
    """The public attributes of a class that have a type, and are no properties."""
    for each in of.members.values():
        is_field = each.is_attribute and "property" not in each.labels and each.annotation is not None
        if is_field and not each.name.startswith("_"):
            yield each


def _sections(documented: Any) -> Sequence[Any]:
    return documented.docstring.parsed if documented.docstring else ()


def _documented(function: Any) -> dict[str, str]:
    """What a docstring says of each argument."""
    return {
        each.name: _unwrapped(each.description)
        for section in _sections(function)
        if section.kind is griffe.DocstringSectionKind.parameters
        for each in section.value
    }


def _prose(documented: Any) -> Iterator[str]:
    """The text of a docstring; lines that are indented in it, conditions, become a list."""
    for section in _sections(documented):
        if section.kind is griffe.DocstringSectionKind.text:
            for number, paragraph in enumerate(section.value.split("\n\n")):
                yield from ([""] if number else [])
                lines = paragraph.split("\n")
                if lines[0].startswith("    "):
                    yield from (f"- `{line.strip()}`" for line in _unhung(lines))
                else:
                    yield " ".join(line.strip() for line in lines)


def _unhung(lines: list[str]) -> list[str]:
    """Lines of code, each with what is indented further below it."""
    found: list[str] = []
    for line in lines:
        if line.startswith("        ") and found:
            found[-1] += f" {line.strip()}"
        else:
            found.append(line)
    return found


def _text_of(documented: Any) -> str:
    return _unwrapped(documented.docstring.value if documented.docstring else "")


def _unwrapped(text: str) -> str:
    return " ".join(text.split())
