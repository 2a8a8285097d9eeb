"""What a vendor's own tools take as who signs in, which project and which host, and what this package makes of it.

Each cloud has one table of `Entry`, in a module `identity` beside it. The entries that are honoured make the schema's
`environment`; those that are refused are refused by `resolve`, before anything is sent; the rest is told by
`nbcloud explain` and `nbcloud doctor`. So nothing that the vendor's tools would take is passed over in silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from pulumi_nbcloud.errors import SettingsError
from pulumi_nbcloud.printable import printable

REGION = "{REGION}"
"""Stands in the name of a variable for the region that is used, as in `HUAWEICLOUD_SDK_REGION_MODELARTS_{REGION}`."""


class Chooses(Enum):
    """What an entry decides for the vendor's tools."""

    SIGN_IN = "who signs in"
    PROJECT = "the project"
    HOST = "the host"


class Treatment(Enum):
    """What this package makes of an entry."""

    HONOURED = "honoured"
    REFUSED = "refused"
    HARMLESS = "harmless"


@dataclass(frozen=True)
class Entry:
    """One variable, or one key of a file, that a vendor's tool reads.

    Args:
        name: the variable's name; of a file, its path, the section in brackets and the key.
        by: the tools that read it, by their public names.
        chooses: what it decides for them.
        treatment: what becomes of it here.
        source: which of our sources it belongs to, by its name in messages.
        key: our own setting that it gives, where it is honoured.
        reason: why it is refused or harmless, in one clause.
        hint: what to do instead, where it is refused.
        needs: variables without which the vendor's tool does not use it.
        behind: variables that the vendor's tool prefers to it.
        unless: our settings that take its place; it is harmless where all of them are set.
        values: what it may hold without changing anything, in lower case.
        content: whether it names a file whose content is the value.
        bound: whether it counts only where the credentials come from its own source, or from a lower one.
        paths: what a URL may end in; it is left off, because a setting of ours is an origin.
        foreign: whether other products use the name too, so that it counts only where its source is the one taken.
    """

    name: str
    by: str
    chooses: Chooses
    treatment: Treatment
    source: str
    key: str | None = None
    reason: str = ""
    hint: str | None = None
    needs: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    values: frozenset[str] = frozenset()
    content: bool = False
    bound: bool = False
    paths: tuple[str, ...] = ()
    foreign: bool = False

    @cached_property
    def is_variable(self) -> bool:
        """Whether it is a variable of the environment, and no key of a file."""
        return " " not in self.name and "/" not in self.name

    def variable(self, region: str | None) -> str:
        """Return the variable's name for a region."""
        if REGION not in self.name:  # nearly all of them, in every read
            return self.name
        return self.name.replace(REGION, (region or "").upper().replace("-", "_"))

    def acts(self, environment: Mapping[str, str], region: str | None) -> bool:
        """Return whether the vendor's tool would use it, as the environment is."""
        value = environment.get(self.variable(region), "").strip()
        return (
            bool(value)
            and value.casefold() not in self.values
            and all(environment.get(each, "").strip() for each in self.needs)
            and not any(environment.get(each, "").strip() for each in self.behind)
        )

    def refusal(self, region: str | None) -> SettingsError:
        """Make the error of one that is refused."""
        return SettingsError(
            f"the environment variable {printable(self.variable(region), 100)} chooses {self.chooses.value} for "
            f"{self.by}, and is not honoured here: {self.reason}",
            hint=self.hint or "unset it for this program, or choose with settings of ours, which come before it",
        )


@dataclass(frozen=True)
class Passed:
    """What a vendor's tool would take, that is set, and that did not count.

    Args:
        name: the variable, or the key of a file.
        reason: why it did not count.
    """

    name: str
    reason: str


def variables_of(entries: Iterable[Entry], source: str) -> Iterator[Entry]:
    """Give the variables of a source that are honoured, in the order in which they count."""
    return (
        each for each in entries if each.treatment is Treatment.HONOURED and each.source == source and each.is_variable
    )
