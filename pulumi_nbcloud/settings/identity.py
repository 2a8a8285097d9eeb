"""How a vendor's own tools choose credentials, project and host, and how this package treats each of these entries.

Each cloud has one table of `Entry`, in its module `identity`. The honoured entries make up the schema's
`environment`; `resolve` rejects others before anything is sent; `nbcloud explain` and `nbcloud doctor` report
the rest. So nothing that the vendor's tools would use is silently ignored.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from pulumi_nbcloud.errors import SettingsError
from pulumi_nbcloud.printable import printable

REGION = "{REGION}"
"""The placeholder for the region in the name of a variable, as in `HUAWEICLOUD_SDK_REGION_MODELARTS_{REGION}`."""


class Chooses(Enum):
    """The effect of an entry on the vendor's tools."""

    SIGN_IN = "who signs in"
    PROJECT = "the project"
    HOST = "the host"


class Treatment(Enum):
    """The treatment of an entry by this package."""

    HONOURED = "honoured"
    REFUSED = "refused"
    HARMLESS = "harmless"


@dataclass(frozen=True)
class Entry:
    """One variable, or one key of a file, that a vendor's tool reads.

    Args:
        name: the variable's name; for a file its path, the section in brackets and the key.
        by: the tools that read it, by their public names.
        chooses: its effect on them.
        treatment: its treatment here.
        source: our source that it belongs to, by its name in messages.
        key: our own setting, if it is honoured.
        reason: why it is rejected or harmless, in one clause.
        hint: the alternative, if it is rejected.
        needs: variables that the vendor's tool requires to use it.
        behind: variables that the vendor's tool prefers to it.
        unless: our settings that replace it; it is harmless if all of them are set.
        values: values without any effect, in lower case.
        content: whether it names a file that contains the value.
        bound: whether it counts only if the credentials come from its own source, or from a lower one.
        paths: URL suffixes to remove, because our setting is an origin.
        foreign: whether other products use the name too, so it counts only if its source is selected.
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
        """Whether it is an environment variable, not a key of a file."""
        return " " not in self.name and "/" not in self.name

    @cached_property
    def is_regional(self) -> bool:
        """Whether the name of the variable depends on the region."""
        return REGION in self.name

    def variable(self, region: str | None) -> str:
        """Return the variable's name for a region."""
        if not self.is_regional:
            return self.name
        return self.name.replace(REGION, (region or "").upper().replace("-", "_"))

    def acts(self, environment: Mapping[str, str], region: str | None) -> bool:
        """Return whether the vendor's tool would use it in this environment."""
        value = environment.get(self.variable(region), "").strip()
        return (
            bool(value)
            and value.casefold() not in self.values
            and all(environment.get(each, "").strip() for each in self.needs)
            and not any(environment.get(each, "").strip() for each in self.behind)
        )

    def refusal(self, region: str | None) -> SettingsError:
        """Make the error of a rejected entry."""
        return SettingsError(
            f"the environment variable {printable(self.variable(region), 100)} chooses {self.chooses.value} for "
            f"{self.by}, and is not honoured here: {self.reason}",
            hint=self.hint or "unset it for this program, or choose with settings of ours, which come before it",
        )


@dataclass(frozen=True)
class Passed:
    """An ignored value that a vendor's tool would use.

    Args:
        name: the variable, or the key of a file.
        reason: why it did not count.
    """

    name: str
    reason: str


def variables_of(entries: Iterable[Entry], source: str) -> Iterator[Entry]:
    """Yield the honoured variables of a source, in their order of precedence."""
    return (
        each for each in entries if each.treatment is Treatment.HONOURED and each.source == source and each.is_variable
    )
