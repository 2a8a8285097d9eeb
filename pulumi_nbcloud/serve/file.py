"""The file of the service: its gates, its callers, its limits. Errors name every mistake and its place."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pulumi_nbcloud.condition import Problem
from pulumi_nbcloud.errors import SettingsError
from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.serve.gates import NamedGate, gate_of
from pulumi_nbcloud.settings.json_file import read_object
from pulumi_nbcloud.waiting.options import OPTIONS

MAX_GATES = 1000
NAME = r"^[a-z0-9][a-z0-9_-]{0,62}$"
_NAME_RULE = "must be 1 to 63 of a-z, 0-9, - and _, and begin with a letter or digit"
_HINT = (
    'write it like {"gates": {"NAME": {"target": {"kind": ..., ...}, "until": ...}}, '
    '"tokens": [{"name": ..., "sha256": ..., "gates": ["NAME"]}]}'
)
_OPTION_NAMES = frozenset(each.name for each in OPTIONS)

Name = Annotated[str, Field(pattern=NAME)]


class _Entry(BaseModel):
    """A part of the file: no unknown keys, no conversion between types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class ParameterEntry(_Entry):
    """A parameter that a caller fills."""

    fills: str
    pattern: str


class GateEntry(_Entry):
    """One gate, without the options of a wait, which `waiting.options` declares."""

    target: dict[str, Any] | None = None
    targets: dict[str, dict[str, Any]] | None = None
    profile: str | None = None
    parameters: dict[str, ParameterEntry] = {}
    max_age: str | int | None = None
    expose: bool = False


class TokenEntry(_Entry):
    """The gates that a caller may check; the token itself is not in the file."""

    name: Name
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    gates: list[str] = []
    metrics: bool = False


class Limits(_Entry):
    """The limits for each caller, and for all together."""

    requests_per_second: Annotated[int, Field(ge=1, le=100_000)] = 100
    concurrent_requests: Annotated[int, Field(ge=1, le=10_000)] = 64
    connections: Annotated[int, Field(ge=1, le=100_000)] = 512
    body_bytes: Annotated[int, Field(ge=256, le=1_000_000)] = 16_384


DEFAULT_LIMITS = Limits()


class _File(_Entry):
    gates: Annotated[dict[Name, dict[str, Any]], Field(min_length=1, max_length=MAX_GATES)]
    tokens: list[TokenEntry] = []
    limits: Limits = DEFAULT_LIMITS


@dataclass(frozen=True)
class ServeFile:
    """The validated content of the file.

    Args:
        gates: by name.
        tokens: the tokens of callers.
        limits: the limits of requests.
        warnings: probable mistakes, one line each.
    """

    gates: Mapping[str, NamedGate]
    tokens: Sequence[TokenEntry] = ()
    limits: Limits = DEFAULT_LIMITS
    warnings: tuple[str, ...] = ()


def read_file(path: Path) -> ServeFile:
    """Read the file of the service, without any request.

    Args:
        path: the path of a JSON object with `gates`, `tokens` and `limits`.

    Raises:
        SettingsError: names all invalid values, each with its place.
    """
    shown = f"the gates file {printable(str(path), 300)}"
    found = read_object(path, shown, hint=_HINT)
    problems: list[Problem] = []
    parsed: _File | None = None
    try:
        parsed = _File.model_validate(found)
    except ValidationError as error:
        problems.extend(_problems(error, _File))
    entries = found.get("gates")
    gates: dict[str, NamedGate] = {}
    for name, values in entries.items() if isinstance(entries, Mapping) else ():
        if isinstance(values, Mapping):
            gate = _gate(str(name), dict(values), problems)
            if gate is not None:
                gates[str(name)] = gate
    if parsed is not None:
        problems.extend(_token_problems(parsed.tokens, parsed.gates))
    if problems or parsed is None:
        *others, last = problems
        text = "\n".join((*(f"  {each}" for each in others), f"  {last.text}"))
        raise SettingsError(f"{shown} cannot be used:\n{text}", hint=last.hint or "correct the file; nothing was sent")
    warnings = tuple(f"gates.{name}: {each}" for name, gate in gates.items() for each in gate.warnings)
    return ServeFile(gates, parsed.tokens, parsed.limits, warnings)


def _gate(name: str, values: dict[str, Any], problems: list[Problem]) -> NamedGate | None:
    place = f"gates.{printable(name, 63)}"
    options = {each: values.pop(each) for each in list(values) if each in _OPTION_NAMES}
    try:
        entry = GateEntry.model_validate(values)
    except ValidationError as error:
        problems.extend(_problems(error, GateEntry, place, tuple(_OPTION_NAMES)))
        return None
    gate, found = gate_of(
        name,
        _targets(entry),
        options,
        {each: (parameter.fills, parameter.pattern) for each, parameter in entry.parameters.items()},
        max_age=entry.max_age,
        expose=entry.expose,
    )
    if entry.target is not None and entry.targets is not None:
        found.insert(0, Problem("target and targets exclude each other", "keep one of them"))
        gate = None
    problems.extend(Problem(f"{place}: {each.text}", each.hint) for each in found)
    return gate


def _targets(entry: GateEntry) -> dict[str, dict[str, Any]]:
    targets = {"self": entry.target} if entry.target is not None else dict(entry.targets or {})
    if entry.profile is None:
        return targets
    return {name: {"profile": entry.profile, **each} for name, each in targets.items()}


def _token_problems(tokens: Sequence[TokenEntry], gates: Mapping[str, object]) -> Iterator[Problem]:
    names: set[str] = set()
    hashes: set[str] = set()
    for index, each in enumerate(tokens):
        place = f"tokens.{index}"
        if each.name in names:
            yield Problem(f"{place}.name: there are two tokens called {each.name}", "give each a name of its own")
        if each.sha256 in hashes:
            yield Problem(f"{place}.sha256: is that of another token too", "give each caller a token of its own")
        names.add(each.name)
        hashes.add(each.sha256)
        for gate in each.gates:
            if gate not in gates:
                near = difflib.get_close_matches(gate, gates, 1)
                hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(gates)}"
                yield Problem(f"{place}.gates: there is no gate {printable(gate, 63)!r}", hint)
        if not each.gates and not each.metrics:
            yield Problem(f"{place}: may do nothing", "name its gates, or give it metrics")


def _problems(
    error: ValidationError, model: type[BaseModel], place: str = "", others: tuple[str, ...] = ()
) -> Iterator[Problem]:
    """Return pydantic's errors, each with its place in the file."""
    for each in error.errors(include_url=False, include_input=False):
        parts = [str(part) for part in each["loc"] if part != "[key]"]
        where = ".".join(part for part in (place, *(printable(part, 63) for part in parts)) if part)
        kind = each["type"]
        if kind == "extra_forbidden":
            known = (*_keys(model, each["loc"][:-1]), *(others if len(parts) == 1 else ()))
            near = difflib.get_close_matches(parts[-1], known, 1)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(sorted(known))}"
            yield Problem(f"{where}: is not a key", hint)
        elif kind == "missing":
            yield Problem(f"{where}: is missing")
        elif kind == "string_pattern_mismatch":
            rule = "must be a SHA-256 in 64 lower-case hex digits" if parts[-1] == "sha256" else _NAME_RULE
            yield Problem(f"{where}: {rule}", "nbcloud serve token makes one" if parts[-1] == "sha256" else None)
        else:
            yield Problem(f"{where}: {each['msg']}")


def _keys(model: Any, location: Sequence[int | str]) -> tuple[str, ...]:
    """Return the valid keys at a location in the file."""
    for part in location:
        if isinstance(model, type) and issubclass(model, BaseModel):
            model = model.model_fields[str(part)].annotation
        else:
            model = (get_args(model) or (None,))[-1]
    if get_origin(model) is not None or not isinstance(model, type) or not issubclass(model, BaseModel):
        return ()
    return tuple(model.model_fields)
