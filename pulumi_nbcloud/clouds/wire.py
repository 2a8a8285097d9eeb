"""Parse the body of a response, for every cloud."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from pulumi_nbcloud.errors import lasting
from pulumi_nbcloud.http.messages import Response

WireT = TypeVar("WireT")

# For an expected object, pydantic names the class that it would have made.
_OBJECTS = frozenset({"model_type", "model_attributes_type", "dataclass_type", "dict_type", "mapping_type"})


def parse_response(response: Response, wire: type[WireT]) -> WireT:
    """Parse a successful response into a model.

    Args:
        response: the response from the account.
        wire: the body in the vendor's page, as a pydantic model or dataclass; unknown fields are ignored.

    Returns:
        The model.

    Raises:
        BadResponseError: the response does not match; names the first wrong field, never its value.
    """
    value = response.json()
    try:
        validated: WireT = _adapter(cast("Any", wire)).validate_python(value)
    except ValidationError as error:
        bad = response.bad(
            f"the answer is not what the vendor's page describes: {oddity(response, error, value)}",
            hint="check the endpoint; if it is right, please report this",
        )
        # A field may be invalid for a while; a list in place of an object is the response of another server.
        raise (bad if error.errors(include_input=False)[0]["loc"] else lasting(bad)) from None
    return validated


def oddity(response: Response, error: ValidationError, value: object) -> str:
    """Describe the problem of an invalid value by its first wrong field.

    Args:
        response: contains the value.
        error: pydantic's error; neither its input nor the name of our class is shown.
        value: the invalid value.
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
