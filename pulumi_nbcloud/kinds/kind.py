"""What a kind is: one readable thing of one cloud, declared once.

Functions, read resources, gate targets and the command are derived from this declaration; see `registry` for the list.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from pulumi_nbcloud.errors import InputError, NbcloudError
from pulumi_nbcloud.kinds.fields import State, known_values
from pulumi_nbcloud.kinds.wire import Wire
from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.spelling import PYTHON, Spelling, near

AccountT = TypeVar("AccountT")
ArgumentsT = TypeVar("ArgumentsT")
StateT = TypeVar("StateT", bound=State)


@dataclass(frozen=True)
class Failure:
    """A condition that means a thing has failed for good.

    Args:
        condition: a CEL expression over `self`.
        holds_for: how long it must hold at every poll, in seconds; most end a wait at once.
    """

    condition: str
    holds_for: float = 0.0


DELETED = "deleted"
"""The named condition that a thing meets by not being found; only of kinds where that proves that it is gone."""


@dataclass(frozen=True)
class NamedCondition:
    """A condition of a kind that users call by its name: `until="stopped"`.

    Args:
        name: one word, an identifier.
        condition: a CEL expression over `self`; None where no state meets it, only that the thing is not found.
        about: when it holds, a sentence.
        failures_apply: whether the kind's own failures end a wait for it. Not where one of them may meet it: of several
            targets that one would end the wait for the others.
    """

    name: str
    condition: str | None
    about: str
    failures_apply: bool = True

    @property
    def met_if_gone(self) -> bool:
        """Whether a thing that is not found any more meets it."""
        return self.name == DELETED

    @property
    def text(self) -> str:
        """What it stands for, as people read it."""
        return or_not_found(self.condition or "") if self.met_if_gone else self.condition or ""


def or_not_found(expression: str) -> str:
    """Write what an expression or not being found meets; the expression may be empty."""
    return f"{expression}, or not found" if expression else "not found"


@dataclass(frozen=True)
class Documentation:
    """What the typed module says of a kind and nothing derives; `scripts/generate` writes the rest around it.

    Args:
        what: what is read, with its article: `the lease of a notebook instance`.
        returns: what a lookup returns, a sentence.
        not_found: when NotFoundError is raised, a clause; None where it is not.
        reading: what a reader must know before each read, a sentence; it stands everywhere.
        record: what else the read resource does, a sentence.
        raises: other errors of a lookup, each with its clause.
        until: a condition that shows how to wait for a list.
        check: what to look at where it does not get ready, or has failed: the hint of a wait, with the vendor's page.
        page: the address of the vendor's page on the endpoint.
    """

    what: str
    returns: str
    not_found: str | None = None
    reading: str | None = None
    record: str | None = None
    raises: tuple[tuple[str, str], ...] = ()
    until: str | None = None
    check: str | None = None
    page: str | None = None


@dataclass(frozen=True)
class Kind(Generic[AccountT, ArgumentsT, StateT]):
    """One readable thing of one cloud.

    Args:
        token: cloud and name, `modelarts:NotebookLease`; frozen from 0.1.0 on, like everything named after it.
        account: the class of the account that reads it.
        arguments: a frozen pydantic dataclass; the fields that say which one to read, and `profile`.
        state: a frozen pydantic dataclass, a subclass of `State`.
        read: reads one; raises NotFoundError where there is none. With `pick`, gives an answer that holds several.
        identify: names one by its arguments; the id of its read resource.
        ready: a CEL expression over `self` that holds once the thing can be used; None for lists.
        failed: conditions that mean it has failed for good.
        not_found_is_gone: whether NotFoundError proves that the thing does not exist.
        headline: the fields that messages and live status show, by dotted path; of a list its number of rows.
        summary: the fields that `nbcloud get` shows beside the id unless it is to show all, by dotted path; of a list
            those of an item. By default the headline; of a list all fields of an item.
        interval_seconds: the pause between the first polls of a wait; more where a read costs the user something.
        pick: takes one out of the answer of `read`; raises NotFoundError where there is none. Given the account too.
        request_key: what the answer of `read` depends on besides the account: reads with equal keys can share one
            answer, those of other kinds too. By default kind and arguments.
        reads_all: whether one answer of `read` serves every read of the account: records share a recent one.
        named: its named conditions, besides `ready`; and besides `deleted` where no state means that.
        documentation: prose of the typed module; every kind of the registry has it.
        wire: what the vendor's pages say of the request and the response; without it a capture knows no field.
    """

    token: str
    account: type[AccountT]
    arguments: type[ArgumentsT]
    state: type[StateT]
    read: Callable[[AccountT, ArgumentsT], Awaitable[Any]]
    identify: Callable[[ArgumentsT], str]
    ready: str | None
    failed: tuple[Failure, ...]
    not_found_is_gone: bool
    headline: tuple[str, ...]
    summary: tuple[str, ...] = ()
    interval_seconds: float = 5.0
    pick: Callable[[AccountT, Any, ArgumentsT], StateT] | None = None
    request_key: Callable[[ArgumentsT], Hashable] | None = None
    reads_all: bool = False
    named: tuple[NamedCondition, ...] = ()
    documentation: Documentation | None = None
    wire: Wire | None = None

    @property
    def name(self) -> str:
        """The name without the cloud: `NotebookLease`."""
        return self.token.partition(":")[2]

    @property
    def is_list(self) -> bool:
        """Whether it is a list, which has no read resource and no state of its own to wait for."""
        return self.ready is None

    @cached_property
    def conditions(self) -> Mapping[str, NamedCondition]:
        """The named conditions, by name: `ready` first, `deleted` last."""
        own = [each for each in self.named if not each.met_if_gone]
        gone = [each for each in self.named if each.met_if_gone]
        if self.ready is not None:
            own.insert(0, NamedCondition("ready", self.ready, "It can be used. This is the default."))
        if self.not_found_is_gone and not gone:
            gone = [NamedCondition(DELETED, None, "It is no longer found.", failures_apply=False)]
        return {each.name: each for each in (*own, *gone)}

    @property
    def cloud(self) -> str:
        """The short name of the cloud."""
        return self.token.partition(":")[0]

    @cached_property
    def argument_names(self) -> tuple[str, ...]:
        """The names of the arguments, `profile` included."""
        return tuple(each.name for each in dataclasses.fields(self.arguments))  # type: ignore[arg-type]

    @property
    def required_names(self) -> tuple[str, ...]:
        """The names of the arguments that have no default; of a list none."""
        fields = dataclasses.fields(self.arguments)  # type: ignore[arg-type]
        missing = dataclasses.MISSING
        return tuple(each.name for each in fields if each.default is missing and each.default_factory is missing)

    @property
    def state_names(self) -> tuple[str, ...]:
        """The names of the state's fields."""
        return tuple(each.name for each in dataclasses.fields(self.state))  # type: ignore[arg-type]

    def request_key_of(self, arguments: ArgumentsT) -> Hashable:
        """Return what makes two reads of one account equal, so that one answer serves both."""
        if self.request_key is not None:
            return self.request_key(arguments)
        # Without the profile's name: the account says whose it is.
        return self.token, tuple(sorted((name, value) for name, value in vars(arguments).items() if name != "profile"))

    def select(self, account: AccountT, answer: Any, arguments: ArgumentsT) -> StateT:
        """Take the state of one thing out of an answer of `read`; raise NotFoundError where there is none."""
        state: StateT = answer if self.pick is None else self.pick(account, answer, arguments)
        return state

    def about(self, error: NbcloudError, arguments: ArgumentsT) -> NbcloudError:
        """Copy an error so that it says which thing was read: an answer may be shared, what it is about is not."""
        named = copy.copy(error)
        named.subject = named.subject or f"{self.token} {printable(self.identify(arguments))}"
        return named

    def doubts(self, arguments: ArgumentsT, spelling: Spelling = PYTHON) -> tuple[str, ...]:
        """Return what is probably not meant: values that the vendor does not have, which nothing will ever match.

        Args:
            arguments: as `parse` gives them.
            spelling: of who gave them, for messages.
        """
        found = []
        declared: type = self.arguments
        for name, known in known_values(declared).items():
            value = getattr(arguments, name)
            if value is None or value.casefold() in (each.casefold() for each in known):
                continue
            meant, what = near(value, known), f"{printable(value, 60)!r} is not a known value of"
            advice = f"did you mean {meant}?" if meant else f"known are {', '.join(known)}"
            found.append(f"{self.token}: {what} {spelling.argument(name)}; {advice}")
        return tuple(found)

    def parse(self, values: Mapping[str, Any], spelling: Spelling = PYTHON) -> ArgumentsT:
        """Check arguments before anything is sent.

        Args:
            values: by name; None counts as not given.
            spelling: of who gave them, for messages.

        Returns:
            The arguments.

        Raises:
            InputError: names the first argument that cannot be right, and why; its value is not shown.
        """
        given = {name: value for name, value in values.items() if value is not None}
        # First of all: of `notebookId` it would only be said that notebook_id is missing.
        unknown = next((name for name in given if name not in self.argument_names), None)
        if unknown is not None:
            meant, known = near(str(unknown), self.argument_names), map(spelling.argument, self.argument_names)
            advice = f"did you mean {spelling.argument(meant)}?" if meant else f"known are {', '.join(known)}"
            raise InputError(
                f"{self.token}: {printable(spelling.argument(str(unknown)), 60)} is not an argument; {advice}",
                hint="correct the argument; nothing was sent",
            )
        try:
            return self.arguments(**given)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            name = ".".join(spelling.argument(str(part)) for part in first["loc"]) or "arguments"
            if first["type"] in ("missing", "missing_argument"):
                reason = "is missing"
            else:
                # Of a check of our own its text: pydantic's message puts a word before it.
                own = first.get("ctx", {}).get("error")
                reason = str(own) if isinstance(own, ValueError) else first["msg"]
            raise InputError(
                f"{self.token}: {printable(name, 60)} {reason}", hint="correct the argument; nothing was sent"
            ) from None
