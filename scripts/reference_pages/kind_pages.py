"""The index of kinds, and a page for each."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from typing import Any, get_type_hints

from pulumi_nbcloud import errors
from pulumi_nbcloud.cli.kinds_command import describe, held_long, known_values, meaning
from pulumi_nbcloud.cli.text import rows_of
from pulumi_nbcloud.kinds.documentation import summary
from pulumi_nbcloud.kinds.kind import Documentation, Kind
from pulumi_nbcloud.kinds.registry import KINDS, load
from pulumi_nbcloud.native.names import camel, function_token, resource_token
from pulumi_nbcloud.native.schema_types import type_of
from reference_pages.kind_programs import go_module_is_a_placeholder, main_field, other_languages, program, settings_of
from reference_pages.markdown import (
    PACKAGE,
    VENDORS,
    Page,
    code,
    dashed,
    entry,
    first_sentence,
    listed,
    page,
    prose,
    sentence,
    snake,
)

AnyKind = Kind[Any, Any, Any]

_CITED = re.compile(r"\b([A-Z]+)-(\d+)(?: to [A-Z]+-(\d+))?")
_FACT = re.compile(r'<a id="([a-z]+-\d+)"></a>\*\*[A-Z]+-\d+\.\*\* (.*?)(?=\n\n|\Z)', re.DOTALL)
# What every read can raise, whatever the kind.
_EVERYWHERE = (
    errors.InputError,
    errors.SettingsError,
    errors.AuthenticationError,
    errors.PermissionDeniedError,
    errors.RefusedError,
    errors.UnreachableError,
    errors.BadResponseError,
)


def path_of(token: str) -> str:
    """The page of a kind, below docs/reference/."""
    return f"kinds/{dashed(token)}.md"


def kind_pages() -> Iterator[Page]:
    yield page("kinds.md", _index())
    for token in KINDS:
        yield page(path_of(token), _kind(load(token)))


_INDEX = """
    # Kinds

    A **kind** is something of a cloud that you can look up, record and wait for. Each kind has a page with an example,
    its arguments and fields, its conditions and its errors. `nbcloud kinds` prints them in a terminal.
"""
_SHARED = """
    ## What all kinds share

    - **A field has one name**, in Python, in outputs, in state, in conditions and in JSON. In TypeScript, Go and YAML
      it is in camelCase, except inside of a condition.
    - **A time** is a string in RFC 3339 in Python, and a timestamp in a condition. Beside a time that the cloud gives
      in milliseconds (`create_at`) stands its twin (`create_time`).
    - **A null field** is `None` in Python and absent in a condition: test it with `has(self.FIELD)`.
    - **A volatile field** changes although nothing has happened. A lookup and a gate read it. A record leaves it out
      unless you set `include_volatile=True`; with it, each `pulumi refresh` shows the change.
    - **A known value** has the vendor's spelling whatever its case in the response. A value that the vendor has added
      stays as it came.
"""
_GONE = """
    The response proves that it does not exist. A lookup fails with `NotFoundError`. A gate waits for it to appear, or
    ends with `not_found="fail"`. `until="deleted"` is met once it is gone, and `pulumi refresh` drops it from the
    state.
"""
_NOT_PROVEN = """
    The response proves nothing. {why} A lookup fails with `NotFoundError`. A gate waits for it to appear, or ends with
    `not_found="fail"`. `not_found="met"` is rejected, and there is no condition `deleted`. `pulumi refresh` fails and
    keeps what was recorded.
"""
_LIST = """
    A list is always there: without a match it is empty. So `not_found` and `deleted` do not apply to it.
"""
_LANGUAGES = """
    Arguments and fields are in camelCase. A gate's `target` is an object with `kind: "{token}"` and the arguments.
    [Other languages](../../guides/languages.md) shows how a program gets the plugin, and how it waits.
"""
_PLACEHOLDER = """
    In Go, `nbcloud.invalid/…` stands for the module that you generate the SDK as: none is published yet.
"""


def _index() -> Iterator[str]:
    yield from prose(_INDEX)
    for token in KINDS:
        kind = load(token)
        can = ["look up", *([] if kind.is_list else ["record"]), "wait"]
        yield from (f"## {token}", "", f"{first_sentence(summary(kind.state))} You can {listed(can)}.", "")
        yield from (f"[Example, arguments, fields, conditions and errors]({path_of(token)})", "")
    yield from prose(_SHARED)


def _kind(kind: AnyKind) -> Iterator[str]:
    found, about = describe(kind), kind.documentation or Documentation(what=kind.name, returns="")
    yield from (f"# {kind.token}", "", sentence(found["about"]), "")
    if about.reading:
        yield from ("> [!NOTE]", f"> {about.reading}", "")
    yield from (*_names(kind, found["target"]), "")
    yield from (*_example(kind), "")
    yield from (*_arguments(kind, found), "")
    yield from (*_fields(kind, found), "")
    yield from (*_outcomes(kind, found, about), "")
    yield from (*_named(found), "")
    yield from _not_found(kind, about)
    yield from (*_errors(about), "")
    yield from (*_vendor(kind, about), "")
    yield from _languages(kind)


def _names(kind: AnyKind, target: str) -> Iterator[str]:
    function = f"get_{snake(kind.name)}"
    python = [f"{kind.cloud}.{each}" for each in (function, *([] if kind.is_list else [kind.name]), f"{kind.name}Args")]
    module = PACKAGE / f"{kind.cloud}.py"
    api = f" ([API](../api/{kind.cloud}.md))" if module.is_file() else ""
    others = [function_token(kind.token), *([] if kind.is_list else [resource_token(kind.token)])]
    yield f"- In Python: {listed([code(each) for each in python])}{api}"
    yield f"- In [TypeScript, Go and YAML](#in-typescript-go-and-yaml): {listed([code(each) for each in others])}"
    yield f"- On the [command line](../command.md): `{target}`"


def _example(kind: AnyKind) -> Iterator[str]:
    keys = [code(camel(name)) for name in settings_of(kind)]
    yield from ("## Example", "")
    if keys:
        command = f"`pulumi config set {camel(next(iter(settings_of(kind))))} …`"
        yield from (f"The stack's config has {listed(keys)}: {command}.", "")
    yield from ("```python", *program(kind), "```")


def _arguments(kind: AnyKind, found: dict[str, Any]) -> Iterator[str]:
    hints = get_type_hints(kind.arguments, include_extras=True)
    yield from ("## Arguments", "")
    for each in found["arguments"]:
        type_ = _type_name(type_of(_without_none(hints[each["name"]]), kind.token))
        yield entry(each["name"], sentence(each["about"]), type_, "required" if each["required"] else "optional")


def _without_none(hint: Any) -> Any:
    """The type of an argument that is given."""
    parts = [each for each in getattr(hint, "__args__", ()) if each is not type(None)]
    has_none = len(parts) < len(getattr(hint, "__args__", ()))
    return parts[0] if has_none else hint


def _type_name(of: dict[str, Any]) -> str:
    name = str(of["type"])
    return {"boolean": "bool", "integer": "int"}.get(name, name)


def _fields(kind: AnyKind, found: dict[str, Any]) -> Iterator[str]:
    whose = {load(token).state: token for token in KINDS}
    rows = rows_of(kind)
    other = whose.get(rows[1].record) if rows and rows[1].record else None
    left_out = f"{rows[0]}[]." if rows and other else "\0"
    fields = [each for each in found["fields"] if not each["path"].startswith(left_out)]
    yield from ("## Fields", "")
    record = "" if kind.is_list else "A record has them as outputs. "
    yield f"A lookup returns these fields. {record}A condition reads them like `self.{main_field(kind)}`."
    nested = next((each["path"] for each in fields if "." in each["path"] and "[]" not in each["path"]), None)
    if nested:
        yield f"A field below a heading has the heading's path before it: `self.{nested}`."
    if any(each["volatile"] for each in fields):
        yield "A record has [volatile](../kinds.md#what-all-kinds-share) fields only with `include_volatile=True`."
    yield ""
    for section in _sections(fields):
        parent = _parent(section[0]["path"])
        if parent:
            yield from ("", f"### `{parent}`", "")
        yield from (_field(each) for each in section)
    if rows and other:
        yield from ("", f"An item of `{rows[0]}` has the fields of [{other}]({dashed(other)}.md#fields).")


def _sections(fields: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """The fields by the part of the state that they belong to: first the state itself."""
    by_parent: dict[str, list[dict[str, Any]]] = {}
    for each in fields:
        by_parent.setdefault(_parent(each["path"]), []).append(each)
    yield from by_parent.values()


def _parent(path: str) -> str:
    return path.rpartition(".")[0]


def _field(field: dict[str, Any]) -> str:
    about = f"{field['about']}{known_values(field)}"
    null, volatile = ("may be null" if field["null"] else None), ("volatile" if field["volatile"] else None)
    # Of what nobody has described there is no more to say than that it is an object.
    type_ = field["type"].replace("unreadable", "object")
    return entry(field["path"].rpartition(".")[2], sentence(about) if about else "", type_, null, volatile)


def _outcomes(kind: AnyKind, found: dict[str, Any], about: Documentation) -> Iterator[str]:
    yield from ("## When it is ready, and when it has failed", "")
    if kind.is_list:
        yield "A list has no state of its own, so a gate on it needs `until`, and nothing counts as failed by default."
        if about.until:
            yield from ("An empty list satisfies `all(...)`, so check its size too:", "", f"- `{about.until}`")
    else:
        yield from ("A gate without `until` waits until this holds:", "", f"- `{found['ready']}`")
    if found["failed"]:
        yield from ("", "Each of these ends a wait as `failed`, unless you set `fail_on=False`:", "")
        yield from (f"- `{each['condition']}`{held_long(each)}" for each in found["failed"])
    yield from ("", f"A wait polls every {found['interval_seconds']:g} s at first, unless you set `interval`.")
    if about.check:
        yield f"Where it does not get ready: {about.check}."


def _named(found: dict[str, Any]) -> Iterator[str]:
    yield from ("## Named conditions", "")
    if not found["conditions"]:
        yield "It has none."
        return
    yield from (
        "A word that stands for a condition, in `until`, `fail_on` and `expect`. [All kinds](../conditions.md).",
        "",
    )
    yield from (named_condition(each, bool(found["failed"])) for each in found["conditions"])


def named_condition(condition: dict[str, Any], has_failures: bool) -> str:
    """One named condition: when it holds, what it stands for, and whether failures of the kind count."""
    counts = {True: " The kind's failures end the wait.", False: " The kind's failures do not end the wait."}
    expression = condition["condition"]
    stands_for = f" Stands for {meaning(condition).replace(expression, code(expression))}." if expression else ""
    ends = counts[condition["failures_apply"]] if has_failures else ""
    return f"- **`{condition['name']}`**: {condition['about']}{stands_for}{ends}"


def _not_found(kind: AnyKind, about: Documentation) -> Iterator[str]:
    yield from ("## When it is not found", "")
    if kind.is_list:
        yield from prose(_LIST)
    elif kind.not_found_is_gone:
        yield from prose(_GONE)
    else:
        yield from prose(_NOT_PROVEN, why=about.record or "")


def _errors(about: Documentation) -> Iterator[str]:
    yield from ("## Errors", "")
    own = [*([("NotFoundError", about.not_found)] if about.not_found else []), *about.raises]
    for name, clause in own:
        yield f"- `{name}`: {sentence(clause)} {_advice(getattr(errors, name))}"
    yield "- `ExpectationError`: `expect` does not hold. " + _advice(errors.ExpectationError)
    names = [code(each.__name__) for each in _EVERYWHERE if each.__name__ not in {name for name, _ in own}]
    yield from ("", f"Every kind can also raise {listed(names)}: see [what to do about each](../errors.md).")


def _advice(error: type) -> str:
    """What the docstring of an error says after its first sentence: what to do."""
    text = " ".join((inspect.getdoc(error) or "").split())
    return text[len(first_sentence(text)) :].strip()


def _vendor(kind: AnyKind, about: Documentation) -> Iterator[str]:
    yield from ("## What is known of the cloud's API", "")
    path = VENDORS / f"{kind.cloud}.md"
    if about.page:
        yield from (f"The request is described on [the vendor's page]({about.page}).", "")
    if not path.is_file():
        return
    facts = {number: _one_line(text, path.name) for number, text in _FACT.findall(path.read_text(encoding="utf-8"))}
    yield "Each of these facts has its source on the page that it leads to:"
    yield ""
    for number in _cited(kind):
        yield f"- [{number.upper()}](../../vendors/{path.name}#{number}): {facts[number]}"


def _one_line(fact: str, page_name: str) -> str:
    """The first sentence of a fact, with links that lead on from a page of a kind."""
    text = first_sentence(" ".join(fact.split()))
    text = re.sub(r"\]\(#", f"]({page_name}#", text)
    text = re.sub(r"\]\((?!https?:)", "](../../vendors/", text)
    return f"{text[:-1]}." if text.endswith(":") else text


def _cited(kind: AnyKind) -> list[str]:
    """The numbers of the facts that the kind's module and the one of its state say they are made from."""
    modules = dict.fromkeys((KINDS[kind.token].partition(":")[0], kind.state.__module__))
    numbers: dict[str, None] = {}
    for name in modules:
        source = (importlib.import_module(name).__doc__ or "").partition("Source:")[2]
        for letters, first, last in _CITED.findall(source):
            numbers |= dict.fromkeys(f"{letters.lower()}-{each}" for each in range(int(first), int(last or first) + 1))
    return sorted(numbers, key=lambda number: int(number.rpartition("-")[2]))


def _languages(kind: AnyKind) -> Iterator[str]:
    yield from ("## In TypeScript, Go and YAML", "", *prose(_LANGUAGES, token=kind.token))
    if go_module_is_a_placeholder():
        yield from prose(_PLACEHOLDER)
    yield from other_languages(kind)
