"""The types of a read resource's nested outputs, derived from the kinds' states.

Pulumi's SDK rebuilds nested outputs only as classes that its own decorator has marked. So that the core stays free of
Pulumi, each part of a state gets a twin here: the same attributes, and a dict, so that it can be a resource's input.
"""

from __future__ import annotations

import dataclasses
import sys
import types
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Any, Optional, Union, get_args, get_origin, get_type_hints

import pulumi


@lru_cache(maxsize=256)
def output_type_of(record: type) -> type:
    """Return the twin of a part of a state.

    Args:
        record: its dataclass.

    Returns:
        An output type of the same name with the same attributes.
    """
    hints = get_type_hints(record, include_extras=True)
    annotations = {each.name: output_hint(hints[each.name]) for each in dataclasses.fields(record)}
    members = {"__annotations__": annotations, "__module__": record.__module__, "__doc__": record.__doc__}
    return pulumi.output_type(type(record.__name__, (dict,), members))


def output_hint(hint: Any) -> Any:
    """Rewrite a type so that the SDK can build its values: twins for dataclasses and lists for tuples."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return output_hint(arguments[0])
    if origin in (Union, types.UnionType):
        choices = [output_hint(each) for each in arguments if each is not type(None)]
        return Optional[choices[0]] if len(choices) == 1 else Any  # noqa: UP045  (made at run time)
    if origin in (list, tuple, Sequence):
        return Sequence[output_hint(arguments[0])]  # type: ignore[misc]
    if origin in (dict, Mapping):
        return Mapping[str, Any]
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return output_type_of(hint)
    return hint


def derive_outputs(resource: type) -> None:
    """Rewrite the annotations of a read resource's class, which name parts of the state, to their twins."""
    bare = type("Bare", (), {"__annotations__": dict(resource.__annotations__)})
    hints = get_type_hints(bare, vars(sys.modules[resource.__module__]))
    for name, hint in hints.items():
        if get_origin(hint) is pulumi.Output:
            resource.__annotations__[name] = pulumi.Output[output_hint(get_args(hint)[0])]  # type: ignore[misc]
