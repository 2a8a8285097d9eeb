"""Stored things: the content of a mock cloud with its ids, planned changes and number of reads.

A cloud's own module derives its wire format from `Thing`, and its read requests from `Store`. Putting,
showing, changing and dropping are the same for all, in Python and over the admin API.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Generic, TypeVar

from pydantic import Field, create_model

from pulumi_nbcloud.mock.service import AdminRoutes, Context
from pulumi_nbcloud.mock.transitions import TransitionPlan
from pulumi_nbcloud.mock.validation import InvalidInput, StrictModel, UnknownThing, validated, validated_json
from pulumi_nbcloud.mock.wire import CloudRequest, Route

Ids = tuple[str, ...]
"""The ids of a thing: its owner's first, its own last."""

Operation = Callable[[CloudRequest, Mapping[str, str]], dict[str, Any]]
"""Take an authorized request and the values of its path; return the body of the response."""


@dataclass(frozen=True)
class Form:
    """The form of an id, and the sentence that rejects another."""

    pattern: str
    reason: str

    def fits(self, text: str) -> bool:
        """Return whether `text` has this form."""
        return re.fullmatch(self.pattern, text, re.DOTALL) is not None


class Moment(StrictModel):
    """The time of a change: after so many reads or virtual seconds; with neither at once."""

    after_reads: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    after_seconds: Annotated[float, Field(ge=0, le=1e9)] | None = None


class Thing:
    """One stored thing: its ids, its fields, its plan of transitions.

    The fields named in `times` are milliseconds; None for one means the virtual time of the change.
    """

    times: ClassVar[tuple[str, ...]] = ()

    def __init__(self, ids: Ids, fields: Mapping[str, Any], now: float) -> None:
        self.ids = ids
        self.fields: dict[str, Any] = {}
        self._plan: TransitionPlan[dict[str, Any]] = TransitionPlan()
        self.apply(fields, now)

    def apply(self, changes: Mapping[str, Any], now: float) -> None:
        """Apply changed fields at virtual time `now`."""
        times = {name: int(now * 1000) for name in self.times if name in changes and changes[name] is None}
        self.fields.update({**changes, **times})

    def plan(self, changes: dict[str, Any], moment: Moment, now: float) -> None:
        """Append a change to the plan."""
        self.settle(now)
        self._plan.add(changes, now=now, after_reads=moment.after_reads, after_seconds=moment.after_seconds)
        self.settle(now)

    def settle(self, now: float) -> None:
        """Apply due changes at virtual time `now`, without counting a read."""
        for changes, moment in self._plan.take_due(now):
            self.apply(changes, moment)

    def read(self, now: float) -> dict[str, Any]:
        """Return the fields for a client at virtual time `now`, and count one read."""
        self.settle(now)
        self._plan.count_read()
        return self.fields

    def state(self, now: float) -> dict[str, Any]:
        """Return what is stored at virtual time `now`, the number of reads and the pending changes."""
        self.settle(now)
        return copy.deepcopy({**self.plain(), "reads": self._plan.reads, "pending": self._plan.pending()})

    def plain(self) -> dict[str, Any]:
        """Return the stored fields as plain data."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in self.fields.items()}


ThingT = TypeVar("ThingT", bound=Thing)


class Store(Generic[ThingT]):
    """All things of one type. A subclass names their class, their fields, and the form of their ids.

    `spec` describes a complete thing, each field with a default. `forms` are the forms of the ids, by name, the thing's
    own last. `unknown` is the sentence for one that is not stored, with the names of the ids in braces. `change` is the
    field that the error of a transition without any names.
    """

    thing: type[ThingT]
    spec: ClassVar[type[StrictModel]]
    forms: ClassVar[Mapping[str, Form]]
    unknown: ClassVar[str]
    change: ClassVar[str] = "status"

    def __init__(self, context: Context) -> None:
        self._context = context
        self._things: dict[Ids, dict[str, ThingT]] = {}
        self._transition = create_model(f"{self.spec.__name__}Transition", __base__=(Moment, self.spec))

    @property
    def operations(self) -> Mapping[Route, Operation]:
        """The requests of clients that read these things."""
        return {}

    @property
    def now(self) -> float:
        """The virtual time."""
        return self._context.clock.now()

    def make(self, ids: Ids, fields: Mapping[str, Any]) -> ThingT:
        """Make a thing to store."""
        return self.thing(ids, fields, self.now)

    def put(self, ids: Ids, fields: Mapping[str, Any]) -> None:
        """Store a thing, or replace one together with its transitions.

        Args:
            ids: its ids, in the order of `forms`.
            fields: the fields of `spec` with other values than their defaults.

        Raises:
            InvalidInput: names the first invalid id or field.
        """
        self._put(ids, validated(self.spec, fields))

    def plan(self, ids: Ids, changes: Mapping[str, Any]) -> None:
        """Plan a change of a stored thing.

        Args:
            ids: its ids.
            changes: the fields that change, and `after_reads` or `after_seconds`.

        Raises:
            InvalidInput: names the first invalid field.
            UnknownThing: it is not stored.
        """
        self._plan(ids, validated(self._transition, changes))

    def get(self, ids: Ids) -> dict[str, Any]:
        """Return what is stored of a thing, without counting a read.

        Raises:
            UnknownThing: it is not stored.
        """
        with self._context.lock:
            return self._known(ids).state(self.now)

    def delete(self, ids: Ids) -> None:
        """Drop a stored thing.

        Raises:
            UnknownThing: it is not stored.
        """
        with self._context.lock:
            self._known(ids)
            del self._things[ids[:-1]][ids[-1]]

    def find(self, *ids: str) -> ThingT | None:
        """Return a thing, or None if it is not stored."""
        return self._things.get(ids[:-1], {}).get(ids[-1])

    def of(self, *owner: str) -> list[ThingT]:
        """Return all things of one owner, in the order stored."""
        return list(self._things.get(owner, {}).values())

    def clear(self) -> None:
        """Drop everything."""
        self._things.clear()

    def state(self) -> list[dict[str, Any]]:
        """Return all things as plain data: by owner, those of one in the order stored."""
        things = [thing for _, owned in sorted(self._things.items()) for thing in owned.values()]
        return [{**dict(zip(self.forms, each.ids, strict=True)), **each.state(self.now)} for each in things]

    def admin_routes(self, path: str) -> AdminRoutes:
        """Return the routes of the admin API that put, show, drop and change a thing; its ids stand behind `path`."""
        one = path + "".join(f"/{{{name}}}" for name in self.forms)
        return {
            Route("PUT", one, "put"): self._admin_put,
            Route("GET", one, "get"): lambda _, ids: self.get(tuple(ids.values())),
            Route("DELETE", one, "delete"): lambda _, ids: self.delete(tuple(ids.values())),
            Route("POST", f"{one}/transitions", "plan"): self._admin_plan,
        }

    def _admin_put(self, request: CloudRequest, values: Mapping[str, str]) -> Any:
        ids = tuple(values.values())
        self._put(ids, validated_json(self.spec, request.body or b"{}"))
        return self.get(ids)

    def _admin_plan(self, request: CloudRequest, values: Mapping[str, str]) -> Any:
        ids = tuple(values.values())
        self._plan(ids, validated_json(self._transition, request.body))
        return self.get(ids)

    def _put(self, ids: Ids, spec: StrictModel) -> None:
        for (name, form), value in zip(self.forms.items(), ids, strict=True):
            if not form.fits(value):
                raise InvalidInput(name, form.reason)
        with self._context.lock:
            self._things.setdefault(ids[:-1], {})[ids[-1]] = self.make(ids, spec.model_dump())

    def _plan(self, ids: Ids, spec: Any) -> None:
        changes = spec.model_dump(exclude_unset=True, exclude=set(Moment.model_fields))
        with self._context.lock:
            thing = self._known(ids)
            if not changes:
                fields = ", ".join(self.spec.model_fields)
                raise InvalidInput(self.change, f"give at least one field to change: {fields}")
            thing.plan(changes, spec, self.now)

    def _known(self, ids: Ids) -> ThingT:
        thing = self.find(*ids)
        if thing is None:
            names = dict(zip(self.forms, ids, strict=True))
            raise UnknownThing(f"{list(names)[-1]}: {self.unknown.format(**names)}")
        return thing


def sent(fields: Mapping[str, Any], absent: tuple[str, ...], prefix: str = "") -> dict[str, Any]:
    """Return the fields of a response: those not named in `absent`, where names have the prefix `prefix`."""
    return {name: value for name, value in fields.items() if prefix + name not in absent}
