"""One-line reports of bad input, shared by the Python methods and the admin API of the mock clouds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

Model = TypeVar("Model", bound=BaseModel)


class InvalidInput(ValueError):
    """An invalid input of the mock; the text is `<field>: <reason>`."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class UnknownThing(LookupError):
    """The mock does not have the requested thing; the text names it and its place."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else "not found"


class StrictModel(BaseModel):
    """The base of every input of the mock: no unknown fields, no conversion between types, no infinities."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False, hide_input_in_errors=True)


def validated(model: type[Model], values: Mapping[str, Any]) -> Model:
    """Build `model` from Python values.

    Raises:
        InvalidInput: names the first bad field.
    """
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        raise _first_fault(error) from None


def validated_json(model: type[Model], body: bytes) -> Model:
    """Build `model` from a JSON text.

    Raises:
        InvalidInput: names the first bad field; `body` where it is no JSON object.
    """
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise _first_fault(error) from None


def _first_fault(error: ValidationError) -> InvalidInput:
    first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"] if part != "[key]") or "body"
    # Validators of complete models have no location; their text begins with the field instead.
    own = first.get("ctx", {}).get("error")  # a validator's own error, without pydantic's prefix
    reason = first["msg"] if own is None else str(own)
    return InvalidInput(field, " ".join(reason.splitlines()))
