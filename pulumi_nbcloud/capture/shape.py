"""The shape of a body: of each documented field its types and formats, counted over the rows of lists.

Nothing of the body itself is kept but documented names and documented values, and what the user allows by its path.
A name that no page lists may be data, as in an object whose keys are somebody's tags, so it is only counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from pulumi_nbcloud.capture.documented import Documented, name_of
from pulumi_nbcloud.capture.formats import format_of, type_of
from pulumi_nbcloud.kinds.wire import OBJECT

MAX_SHOWN = 50
"""How many allowed values or names of a place are shown."""


@dataclass
class FieldShape:
    """What was there at one path, over all rows.

    Args:
        present: how often the field was there.
        missing: how often the object that should have it was there without it.
        types: how often each type.
        formats: how often each form of a text or a number.
        lengths: the lengths of its lists.
        values: how often each documented or allowed value.
        other_case: how often a documented value in another case.
        undocumented: how often each form of a value that is not documented.
    """

    present: int = 0
    missing: int = 0
    types: Counter[str] = field(default_factory=Counter)
    formats: Counter[str] = field(default_factory=Counter)
    lengths: list[int] = field(default_factory=list)
    values: Counter[str] = field(default_factory=Counter)
    other_case: int = 0
    undocumented: Counter[str] = field(default_factory=Counter)


@dataclass
class UnknownShape:
    """The fields of one place that no page lists.

    Args:
        count: how many there were, over all rows.
        types: how often each type.
        names: how often each name, where the user allows the names of this place.
    """

    count: int = 0
    types: Counter[str] = field(default_factory=Counter)
    names: Counter[str] = field(default_factory=Counter)


@dataclass
class Shape:
    """The shape of one body.

    Args:
        top: the type of the body itself.
        fields: by path, in the order of the documentation.
        unknown: the fields that no page lists, by the path of the object that holds them.
    """

    top: str
    fields: dict[str, FieldShape] = field(default_factory=dict)
    unknown: dict[str, UnknownShape] = field(default_factory=dict)


def shape_of(
    body: object,
    documented: Mapping[str, Documented],
    allowed: Collection[str],
    shown: Callable[[str], str],
) -> Shape:
    """Describe a body.

    Args:
        body: parsed JSON.
        documented: the documented fields, by path.
        allowed: the paths whose values are shown; `data[].*` shows the names of all fields of `data[]`.
        shown: makes a text of the body safe to show.

    Returns:
        Its shape.
    """
    walk = _Walk(documented, frozenset(allowed), shown)
    walk.visit("", body)
    order = {path: place for place, path in enumerate(documented)}
    fields = dict(sorted(walk.fields.items(), key=lambda each: order.get(each[0], len(order))))
    return Shape(type_of(body), fields, walk.unknown)


class _Walk:
    def __init__(
        self, documented: Mapping[str, Documented], allowed: frozenset[str], shown: Callable[[str], str]
    ) -> None:
        self._documented = documented
        self._allowed = allowed
        self._shown = shown
        self._names: dict[str, list[str]] = {}
        for each in documented.values():
            if not each.path.endswith("[]"):
                self._names.setdefault(each.parent, []).append(name_of(each.path))
        self.fields: dict[str, FieldShape] = {}
        self.unknown: dict[str, UnknownShape] = {}

    def visit(self, path: str, value: object) -> None:
        """Count a value, and what is in it."""
        if path:
            self._count(path, value)
        if isinstance(value, dict):
            # In the place of a list or a text it is another thing than the page's: its type says so.
            if not path or OBJECT in self._documented[path].types or not self._documented[path].types:
                self._object(path, value)
        elif isinstance(value, list) and f"{path}[]" in self._documented:
            for each in value:
                self.visit(f"{path}[]", each)

    def _object(self, path: str, value: Mapping[str, object]) -> None:
        names = self._names.get(path, ())
        for name in names:
            child = f"{path}.{name}" if path else name
            if name in value:
                self.visit(child, value[name])
            else:
                self.fields.setdefault(child, FieldShape()).missing += 1
        for name, each in value.items():
            if name not in names:
                self._unknown(path, name, each)

    def _unknown(self, path: str, name: str, value: object) -> None:
        found = self.unknown.setdefault(path, UnknownShape())
        found.count += 1
        found.types[type_of(value)] += 1
        if (f"{path}.*" if path else "*") in self._allowed:
            _add(found.names, self._shown(name))

    def _count(self, path: str, value: object) -> None:
        found = self.fields.setdefault(path, FieldShape())
        found.present += 1
        found.types[type_of(value)] += 1
        form = format_of(value)
        if form is not None:
            found.formats[form] += 1
        if isinstance(value, list):
            found.lengths.append(len(value))
        elif not isinstance(value, dict) and value is not None:
            self._value(path, found, value, form)

    def _value(self, path: str, found: FieldShape, value: Any, form: str | None) -> None:
        known = self._documented[path].values
        text = value if isinstance(value, str) else str(value).lower()
        if text in known:
            found.values[text] += 1
            return
        same = next((each for each in known if each.casefold() == text.casefold()), None)
        if same is not None:
            found.values[same] += 1
            found.other_case += 1
        elif known:
            found.undocumented[form or type_of(value)] += 1
        if path in self._allowed and same is None:
            _add(found.values, self._shown(text))


def _add(counted: Counter[str], text: str) -> None:
    if text in counted or len(counted) < MAX_SHOWN:
        counted[text] += 1
