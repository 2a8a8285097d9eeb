"""Compare the shape of a body with what the vendor's pages say, field by field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pulumi_nbcloud.capture.documented import Documented
from pulumi_nbcloud.capture.shape import FieldShape, Shape
from pulumi_nbcloud.kinds.wire import NULL, NUMBER, TEXT

# A number that stands for no time, and a text for none.
_NONE_FORMATS = frozenset({"zero", "empty"})


@dataclass(frozen=True)
class Difference:
    """One difference between a response and the pages.

    Args:
        path: the field; of an undocumented one the object that holds it.
        what: `missing`, `null`, `type`, `format`, `undocumented_value`, `other_case`, `undocumented_field` or
            `not_json`.
        documented: what the page says; None where it says nothing.
        actual: what was there, without values.
        count: how often.
        fact: the number of the fact in `docs/vendors/`.
    """

    path: str
    what: str
    documented: str | None
    actual: str | None
    count: int
    fact: str | None

    def line(self) -> str:
        """Return it for a person, in one line."""
        where = self.path or "the body"
        documented = f"documented {self.documented}" if self.documented is not None else None
        actual = f"actual {self.actual}" if self.actual is not None else None
        facts = "; ".join(each for each in (documented, actual, f"count {self.count}", self.fact) if each)
        return f"{where}: {self.what.replace('_', ' ')} ({facts})"

    def to_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return asdict(self)


def differences(shape: Shape, documented: Mapping[str, Documented]) -> Iterator[Difference]:
    """Yield the differences, in the order of the documentation.

    Args:
        shape: of the body.
        documented: the documented fields, by path.
    """
    for path, found in shape.fields.items():
        yield from _of_field(documented[path], found)
    for path, unknown in shape.unknown.items():
        actual = ", ".join(unknown.names) or _counted(unknown.types)
        yield Difference(path, "undocumented_field", None, actual, unknown.count, None)


def _of_field(field: Documented, found: FieldShape) -> Iterator[Difference]:
    def difference(what: str, expected: str | None, actual: str | None, count: int) -> Difference:
        return Difference(field.path, what, expected, actual, count, field.fact)

    types = " or ".join(field.types) or None
    nulls = found.types[NULL]
    if found.missing and not field.optional:
        yield difference("missing", types, None, found.missing)
    if nulls and not field.optional and NULL not in field.types:
        yield difference("null", types, NULL, nulls)
    others = Counter({name: count for name, count in found.types.items() if name not in (*field.types, NULL)})
    if others and field.types:
        yield difference("type", types, _types(others, found), others.total())
        return
    if field.formats:
        odd = Counter({name: n for name, n in found.formats.items() if name not in {*field.formats, *_NONE_FORMATS}})
        if odd:
            yield difference("format", " or ".join(field.formats), _counted(odd), odd.total())
    if found.other_case:
        yield difference("other_case", "the spelling of the page", "another case", found.other_case)
    # An empty text says that there is no value.
    undocumented = Counter({name: n for name, n in found.undocumented.items() if name != "empty"})
    if undocumented:
        known = ", ".join(field.values)
        yield difference("undocumented_value", known, _counted(undocumented), undocumented.total())


def _types(others: Counter[str], found: FieldShape) -> str:
    """Name the wrong types; of a text or a number its forms."""
    named = [f"{each} ({_counted(found.formats)})" if each in (TEXT, NUMBER) else each for each in others]
    return ", ".join(named)


def _counted(counted: Counter[str]) -> str:
    return ", ".join(counted)
