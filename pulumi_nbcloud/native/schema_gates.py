"""The schema of gates: `Gate`, `WaitStart` and their types, from the options of a wait."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from pulumi_nbcloud.kinds.registry import KINDS, load
from pulumi_nbcloud.native.descriptions import option_described
from pulumi_nbcloud.native.examples import gate_example, wait_start_example
from pulumi_nbcloud.native.names import PACKAGE, camel, target_token
from pulumi_nbcloud.native.schema_types import ANY, Property, map_of, object_of, properties, reference, required
from pulumi_nbcloud.waiting.option_types import COUNT, FLAG, VALUES, Option
from pulumi_nbcloud.waiting.options import OPTIONS

TRANSITION = f"{PACKAGE}:index:GateTransition"
# The type of a gate in a program in Python: one of these in a state goes on as this one.
DYNAMIC_GATE = "pulumi-python:dynamic/nbcloud:Gate"

_ABOUT_GATE = """Holds what depends on it until a condition is met.

The update that creates it waits. Later updates do not, unless its targets change, or a property whose description says
that a change waits again. A gate that fails is not in state, so the next `pulumi up` waits again.

Conditions are written in CEL, over `self` with one target and over the names of several. They read fields in
snake_case, `self.expire_time`, and `states` has the fields under these names too.

The custom timeouts of the resource count for their operation where `timeout` is not given. `pulumi import` is refused:
there is nothing in a cloud to import."""

_ABOUT_START = """When a gate with `hold` began to wait, so that each update goes on with the same deadline.

A gate that is awaiting is not in state. This resource keeps the moment beside it: give it what the gate is given, and
give its output `waitStart` to the gate. It begins again exactly where the gate waits again, and it holds no
more of what is waited for than a digest. `pulumi import` is refused: there is nothing in a cloud to import."""

# There, a member cannot have the name of its class.
_CSHARP = {"language": {"csharp": {"name": "Handle"}}}
_AGAIN = "A change waits again."
_FROM_NOW = "A change begins again."
_OUTCOMES = (
    "How the wait ended: `met`; of an advisory gate also `failed`, `timed_out`, `never_appeared`, `gone`, `stalled`, "
    "`unreachable`, `bad_response`, `unauthorized` or `bad_condition`; `overridden` where it passed by an override, "
    "which holds for one update; `disabled` where it did not poll."
)


def gate() -> dict[str, Any]:
    """Return the resource `Gate`."""
    inputs = [*_targets(_AGAIN), *_options(OPTIONS, _AGAIN), _wait_start()]
    outputs = [*_outputs(), *inputs]
    return {
        "description": f"{_joined(_ABOUT_GATE)}\n\n{gate_example(_sample())}",
        **_resource(inputs, outputs),
        "aliases": [{"type": DYNAMIC_GATE}],
    }


def wait_start() -> dict[str, Any]:
    """Return the resource `WaitStart`."""
    counted = [each for each in OPTIONS if each.waits_again or each.name in ("timeout", "enforcement")]
    inputs = [*_targets(_FROM_NOW), *_options(counted, _FROM_NOW)]
    text = {"type": "string"}
    outputs = [
        Property("startTime", text, "When the wait began, RFC 3339.", required=True),
        Property("waitStart", text, "What the gate takes as `waitStart`.", required=True, more=_CSHARP),
        Property("digest", text, "The digest of what is waited for.", required=True),
        Property("timeout", text, "The timeout that counts, from `startTime` on.", required=True),
        Property("enforcement", reference(_enum("enforcement")), "How binding the wait is.", required=True),
    ]
    return {
        "description": f"{_joined(_ABOUT_START)}\n\n{wait_start_example(_sample())}",
        **_resource(inputs, outputs),
    }


def types() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the types that gates have besides their targets, each with its token."""
    for each in OPTIONS:
        words = _words(each)
        if words:
            about = option_described(each)
            yield _enum(each.name), {"type": "string", "description": about, "enum": [{"value": one} for one in words]}
    text = {"type": "string"}
    yield (
        TRANSITION,
        object_of(
            (
                Property("time", text, "When it was observed, RFC 3339.", required=True),
                Property("target", text, "The name of the target.", required=True),
                Property("observed", text, "What was observed.", required=True),
            ),
            "A change that a gate observed.",
        ),
    )


def _resource(inputs: list[Property], outputs: list[Property]) -> dict[str, Any]:
    return {
        "properties": properties(outputs),
        "required": required(outputs),
        "inputProperties": properties(inputs),
        "requiredInputs": required(inputs),
        # All of them: `get` of Node returns no other properties.
        "stateInputs": {"type": "object", "properties": properties(outputs)},
    }


def _targets(again: str) -> Iterator[Property]:
    yield Property("target", _target(), f"What to wait for; `self` in conditions. Either this or `targets`. {again}")
    about = "What to wait for, several things by the names that conditions call them by."
    yield Property("targets", map_of(_target()), f"{about} {again}")


def _target() -> dict[str, Any]:
    by_kind = {kind: f"#/types/{target_token(kind)}" for kind in KINDS}
    return {
        "oneOf": [{"$ref": each} for each in by_kind.values()],
        "discriminator": {"propertyName": "kind", "mapping": by_kind},
    }


def _options(options: Iterable[Option], waits_again: str) -> Iterator[Property]:
    for each in options:
        again = f" {waits_again}" if each.waits_again else ""
        yield Property(camel(each.name), _type(each), f"{option_described(each)}{again}")
        if each.off is not None:
            # No schema has a text that may be false.
            about = f"Whether the kinds' own failures end the wait; false to {each.off}. Default: true."
            yield Property("ownFailures", {"type": "boolean"}, f"{about}{again}")


def _type(option: Option) -> dict[str, Any]:
    if option.value is COUNT:
        return {"type": "integer"}
    if option.value is FLAG:
        return {"type": "boolean"}
    if option.value is VALUES:
        return dict(ANY)
    return reference(_enum(option.name)) if _words(option) else {"type": "string"}


def _words(option: Option) -> list[str]:
    """Return the words of an option that takes one of several; empty for any other option."""
    is_choice = option.value.input_type.startswith("Literal[")
    return re.findall(r'"(\w+)"', option.value.input_type) if is_choice else []


def _enum(name: str) -> str:
    camels = camel(name)
    return f"{PACKAGE}:index:{camels[:1].upper()}{camels[1:]}"


def _wait_start() -> Property:
    about = "When the wait began: the output `waitStart` of a `WaitStart`. Required with `hold`, and for it alone."
    return Property("waitStart", {"type": "string"}, about)


def _outputs() -> Iterator[Property]:
    text, time = {"type": "string"}, "RFC 3339; absent where it was not met."
    yield Property("outcome", text, _OUTCOMES, required=True)
    yield Property("message", text, "In one line how the wait ended; absent where the condition was met.")
    yield Property("metTime", text, f"When the poll that met the condition was answered, {time}")
    yield Property("polls", {"type": "integer"}, "How often it polled.", required=True)
    yield Property("elapsedSeconds", {"type": "number"}, "How long the wait took, up to the outcome.", required=True)
    states = (
        "The last state of each target, by name; of a list the first 20 items and a count. Fields are in snake_case."
    )
    yield Property("states", map_of(map_of(ANY)), states, required=True)
    rows = {"type": "array", "items": reference(TRANSITION)}
    yield Property("transitions", rows, "What was observed to change: the first 5 and the last 20.", required=True)
    yield Property("transitionCount", {"type": "integer"}, "How many transitions there were.", required=True)


def _sample() -> Any:
    """Return the kind that example programs wait for."""
    return next(kind for kind in map(load, KINDS) if not kind.is_list)


def _joined(text: str) -> str:
    """Write each paragraph in one line."""
    return "\n\n".join(" ".join(each.split()) for each in text.split("\n\n"))
