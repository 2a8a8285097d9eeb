"""What the vendor's pages say of a kind's request and response; `nbcloud capture` compares a response with it.

Names and types are derived from the class that parses the body, so that nothing is said twice. A declaration adds what
that class does not say: the facts' numbers in `docs/vendors/`, and which fields are always there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

NUMBER = "number"
TEXT = "text"
BOOLEAN = "boolean"
OBJECT = "object"
LIST = "list"
NULL = "null"
"""The types of JSON, as captures name them."""

UUID = "UUID"
EPOCH_MILLISECONDS = "epoch milliseconds"
NUMBER_AS_TEXT = "number as text"
RFC_3339_Z, RFC_3339_OFFSET, ISO_8601_LOCAL = "RFC 3339 with Z", "RFC 3339 with an offset", "ISO 8601 without an offset"
TIME_FORMATS = (RFC_3339_Z, RFC_3339_OFFSET, ISO_8601_LOCAL)
"""Formats of values, as captures name them; `capture.formats` recognises them and more."""

ALL = ("*",)
"""As `Body.optional`: every field."""


# Compared by identity, so that a kind, which keys caches, can be hashed.
@dataclass(frozen=True, eq=False)
class Body:
    """One body as the vendor's pages describe it.

    A path is written `data[].status`: `[]` is an item of a list.

    Args:
        facts: the fact that describes a field, by the field's path or the beginning of it; `""` for the rest.
        model: the class that parses the body; its fields, their types and known values count as documented.
        parts: the classes that parse what `model` leaves open, by path.
        more: documented fields that no class reads, by path, with their type.
        types: other documented types of a field, by path.
        formats: the documented formats of a field, by path, as captures name them.
        values: the documented values of a field whose class does not know them, by path; numbers as texts.
        optional: the fields that may be missing or null, by path; `ALL` for every field.
        always: the fields that are always there although `optional` names them.
    """

    facts: Mapping[str, str]
    model: type | None = None
    parts: Mapping[str, type] = field(default_factory=dict)
    more: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    formats: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    optional: tuple[str, ...] = ()
    always: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Wire:
    """The request and the response of a kind, as the vendor's pages describe them.

    Args:
        page: the page of the facts, below `docs/vendors/`: `modelarts.md`.
        method: the HTTP method.
        paths: the documented paths, the usual one first; `{name}` is one segment.
        body: the body of a success.
        errors: the body of an error.
        paged: whether a read sends one request for each page of a list.
    """

    page: str
    method: str
    paths: tuple[str, ...]
    body: Body
    errors: Body
    paged: bool = False
