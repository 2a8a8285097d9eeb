"""What every cloud's reader does with the body of a response."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from pulumi_nbcloud.errors import lasting
from pulumi_nbcloud.http.messages import Response

WireT = TypeVar("WireT")

# Where an object was wanted: pydantic names the class that it would have made of one.
_OBJECTS = frozenset({"model_type", "model_attributes_type", "dataclass_type", "dict_type", "mapping_type"})


def parse_response(response: Response, wire: type[WireT]) -> WireT:
    """Read a successful response into a model.

    Args:
        response: what the account gave.
        wire: what the vendor's page describes, as a pydantic model or dataclass; unknown fields are ignored.

    Returns:
        The model.

    Raises:
        BadResponseError: the answer does not fit; names the first field that does not, never its value.
    """
    value = response.json()
    try:
        validated: WireT = _adapter(cast("Any", wire)).validate_python(value)
    except ValidationError as error:
        bad = response.bad(
            f"the answer is not what the vendor's page describes: {oddity(response, error, value)}",
            hint="check the endpoint; if it is right, please report this",
        )
        # A field may be odd for a while; a list in place of an object is something else's answer.
        raise (bad if error.errors(include_input=False)[0]["loc"] else lasting(bad)) from None
    return validated


def oddity(response: Response, error: ValidationError, value: object) -> str:
    """Say what is odd about a value that does not fit, by its first field that does not.

    Args:
        response: holds the value.
        error: what pydantic says; of it neither the input nor the name of a class of ours is shown.
        value: what does not fit.
    """
    first = error.errors(include_input=False, include_url=False)[0]
    path = ".".join(str(part) for part in first["loc"])
    if first["type"] in _OBJECTS:
        found: Any = value
        for part in first["loc"]:
            found = cast("Any", found)[part] if isinstance(found, (Mapping, list)) else None
        problem = f"Input should be an object, not {_json_type(found)}"
    else:
        problem = first["msg"]
    return f"{response.text(path, 80)}: {problem}" if path else problem


def _json_type(value: object) -> str:
    if value is None:
        return "null"
    names = {bool: "a truth value", str: "a string", int: "a number", float: "a number", list: "a list"}
    return names.get(type(value), "something else")


@lru_cache(maxsize=64)
def _adapter(wire: type) -> TypeAdapter[Any]:
    return TypeAdapter(wire)
