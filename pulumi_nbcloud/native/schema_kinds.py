"""The schema of a kind: a function, a read resource, its type as a target, and the types of the parts of its state.

Everything follows from the declaration: a new kind costs nothing here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_type_hints

from pulumi_nbcloud.kinds.documentation import documented, summary
from pulumi_nbcloud.kinds.fields import records_of, volatile_fields
from pulumi_nbcloud.kinds.kind import Documentation, Kind
from pulumi_nbcloud.native.descriptions import described
from pulumi_nbcloud.native.examples import function_example, record_example
from pulumi_nbcloud.native.names import camel, record_token
from pulumi_nbcloud.native.schema_types import (
    Property,
    known_text,
    object_of,
    properties,
    record_properties,
    record_type,
    required,
    type_of,
)
from pulumi_nbcloud.waiting.duration import spell

AnyKind = Kind[Any, Any, Any]

# A recorded thing is neither created nor removed.
_RECORD = "It is a record: to create, replace or delete it changes nothing in the cloud."
_NO_IMPORT = (
    "`pulumi import` adds nothing to that: declare it. What was imported is read again only by `pulumi refresh`."
)


def function_of(kind: AnyKind) -> dict[str, Any]:
    """Return the function that reads a kind."""
    prose = _prose(kind)
    fails = [clause for _, clause in prose.raises]
    if prose.not_found:
        fails.insert(0, prose.not_found)
    paragraphs = (
        f"Read {prose.what} now, in preview too.",
        described(prose.reading or ""),
        f"Result: {_lower(described(prose.returns))}" if prose.returns else "",
        *(f"It fails if {described_within(clause)}." for clause in fails),
        function_example(kind),
    )
    names = [f"`{name}`" for name, each in kind.conditions.items() if not each.met_if_gone]
    word = f", or the name of one ({', '.join(names)})," if names else ""
    expect = Property(
        "expect",
        {"type": "string"},
        f"A condition over `self`{word} that must hold; otherwise the function fails. Conditions read fields in "
        "snake_case.",
    )
    return {
        "description": _joined(paragraphs),
        "inputs": object_of((*arguments_of(kind), expect)),
        "outputs": object_of(tuple(record_properties(kind.token, kind.state)), described(summary(kind.state))),
    }


def resource_of(kind: AnyKind) -> dict[str, Any]:
    """Return the resource that records a kind."""
    prose = _prose(kind)
    gone = ", and drops what is gone"
    if not kind.not_found_is_gone:
        gone = "; where it is not found, refresh fails and keeps what was recorded"
    identity = listed([f"`{camel(name)}`" for name in kind.required_names])
    paragraphs = (
        described(f"{prose.what}, recorded in the stack's state and read again on each run."),
        described(prose.reading or ""),
        f"`pulumi refresh` shows what changed{gone}. {described(prose.record or '')}".strip(),
        f"{_RECORD} {_NO_IMPORT}",
        f"Secret inputs stay secret, but the resource's id is made of {identity} and stored in plain, as every id is.",
        record_example(kind),
    )
    inputs = [*arguments_of(kind, replaces=True), *_volatile(kind)]
    fields = list(record_properties(kind.token, kind.state))
    known = {each.name for each in fields}
    outputs = [*fields, *(each for each in inputs if each.name not in known)]
    return {
        "description": _joined(paragraphs),
        "properties": properties(outputs),
        "required": required(outputs),
        "inputProperties": properties(inputs),
        "requiredInputs": required(inputs),
        # All of them: `get` of Node returns no other properties.
        "stateInputs": {"type": "object", "properties": properties(outputs)},
    }


def target_of(kind: AnyKind) -> dict[str, Any]:
    """Return the type of a kind as the target of a gate."""
    name = Property("kind", {"type": "string"}, f"`{kind.token}`.", required=True, more={"const": kind.token})
    paragraphs = (described(f"{_prose(kind).what}, as the target of a gate."), *_target_notes(kind))
    return object_of((name, *arguments_of(kind)), _joined(paragraphs))


def parts_of(kind: AnyKind) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the types of the parts of a kind's state, each with its token."""
    state: type = kind.state
    for record in records_of(state):
        if record is not state:
            yield record_token(kind.token, record), record_type(kind.token, record)


def arguments_of(kind: AnyKind, *, replaces: bool = False) -> list[Property]:
    """Describe the arguments of a kind.

    Args:
        kind: the kind.
        replaces: whether a change of the identifying arguments replaces the resource that has them.
    """
    about = documented(kind.arguments)
    hints = get_type_hints(kind.arguments, include_extras=True)
    found = []
    for name in kind.argument_names:
        is_required = name in kind.required_names
        text = described(about.get(name, "")) + known_text(about.get(name, ""), hints[name])
        more = {"willReplaceOnChanges": True} if replaces and is_required else {}
        found.append(Property(camel(name), type_of(hints[name], kind.token), text, is_required, more))
    return found


def described_within(clause: str) -> str:
    """Write a clause of documentation for the middle of a sentence."""
    return _lower(described(clause))


def listed(names: list[str]) -> str:
    """Write names one after the other: `a`, `b` and `c`."""
    *before, last = names or [""]
    return f"{', '.join(before)} and {last}" if before else last


def _volatile(kind: AnyKind) -> Iterator[Property]:
    state: type = kind.state
    fields = {f"`{camel(name)}`" for record in records_of(state) for name in volatile_fields(record)}
    if fields:
        about = "whether to record what moves without anything having happened, so that each refresh shows a change"
        yield Property("includeVolatile", {"type": "boolean"}, described(f"{about}: {listed(sorted(fields))}."))


def _target_notes(kind: AnyKind) -> Iterator[str]:
    """Yield how a gate waits for a kind unless its options say otherwise."""
    prose = _prose(kind)
    yield described(prose.reading or "")
    if kind.ready is None:
        yield "A gate on a list needs `until`: a list has no state of its own."
        if prose.until:
            yield f"An empty list satisfies `all(...)`, so check its size too:\n\n{_code(prose.until)}"
    else:
        yield f"A gate without `until` waits for:\n\n{_code(kind.ready)}"
    if kind.conditions:
        yield f"Named conditions: {listed([f'`{name}`' for name in kind.conditions])}."
    if kind.failed:
        held = {each.condition: each.holds_for for each in kind.failed}
        lines = "\n".join(
            _code(condition) + (f"\n    (once it has held for {spell(seconds)})" if seconds else "")
            for condition, seconds in held.items()
        )
        yield f"It fails on any of these, unless `ownFailures` is false:\n\n{lines}"
    if kind.interval_seconds > 5:
        yield f"A gate polls it every {kind.interval_seconds:g} s unless `interval` says otherwise."
    if kind.ready is not None and not kind.not_found_is_gone:
        yield "A 404 does not confirm that it is gone, so `notFound: met` is not for it."


def _prose(kind: AnyKind) -> Documentation:
    return kind.documentation or Documentation(what=kind.name, returns="")


def _code(condition: str) -> str:
    return f"    {condition}"


def _joined(paragraphs: tuple[str, ...]) -> str:
    return "\n\n".join(each for each in paragraphs if each)


def _lower(text: str) -> str:
    return f"{text[:1].lower()}{text[1:]}"
