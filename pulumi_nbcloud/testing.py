"""For unit tests of Pulumi programs: decide what a lookup sees, without a cloud.

    with nbcloud.testing.override("modelarts:NotebookLease", {"running": True}):
        ...

Under `pulumi.runtime.set_mocks` a lookup without an override raises instead of calling a cloud.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, get_type_hints

from pydantic import ValidationError

from pulumi_nbcloud.errors import InputError
from pulumi_nbcloud.kinds.fields import State
from pulumi_nbcloud.kinds.kind import Kind
from pulumi_nbcloud.kinds.registry import load
from pulumi_nbcloud.reading.reader import set_override

__all__ = ["override"]


@contextmanager
def override(kind: str, state: State | Mapping[str, Any] | Exception | Callable[[Any], Any]) -> Iterator[list[Any]]:
    """Replace the reads of one kind in this process until the block ends.

    A `get_..._output` uses the override that was in force when it was called, even where its Output resolves later.

    Args:
        kind: the kind's token, for example `modelarts:NotebookLease`.
        state: what a read gives: a state; some of its fields by name (the arguments, the account's fields and
            null fill the rest, so a required field that is no text must be given); an exception to raise; or a function
            from the arguments to one of these.

    Returns:
        A list that collects the arguments of each read.

    Raises:
        InputError: there is no such kind, or the state has no such field.
    """
    declared = load(kind)
    if isinstance(state, Mapping):
        _check_names(declared, state)
    reads: list[Any] = []

    def answer(arguments: Any) -> Any:
        reads.append(arguments)
        given = state(arguments) if callable(state) else state
        if isinstance(given, Exception):
            raise given
        return _complete(declared, arguments, given) if isinstance(given, Mapping) else given

    before = set_override(kind, answer)
    try:
        yield reads
    finally:
        set_override(kind, before)


def _check_names(kind: Kind[Any, Any, Any], given: Mapping[str, Any]) -> None:
    unknown = [name for name in given if name not in kind.state_names]
    if unknown:
        raise InputError(
            f"{kind.token} has no field {', '.join(unknown)}", hint=f"known are {', '.join(kind.state_names)}"
        )


def _complete(kind: Kind[Any, Any, Any], arguments: Any, given: Mapping[str, Any]) -> Any:
    _check_names(kind, given)
    values = {name: getattr(arguments, name) for name in kind.argument_names if name in kind.state_names}
    types = get_type_hints(kind.state)
    for field in dataclasses.fields(kind.state):
        required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        if required and types[field.name] is str:
            values.setdefault(field.name, "test")
    try:
        return kind.state(**{**values, **given})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        raise InputError(f"{kind.token}: {name}: {first['msg']}", hint="correct the override's state") from None
