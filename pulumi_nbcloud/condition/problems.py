"""What the check of a condition finds: problems, warnings, the fields that it reads, the hint."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field

from pulumi_nbcloud.condition.schema import Type


@dataclass
class Report:
    """Collects findings in the order in which they are met, each once."""

    problems: dict[str, None] = field(default_factory=dict)
    warnings: dict[str, None] = field(default_factory=dict)
    reads: set[str] = field(default_factory=set)
    hint: str | None = None

    def problem(self, text: str) -> None:
        """Note what makes the condition wrong."""
        self.problems.setdefault(text)

    def warning(self, text: str) -> None:
        """Note what is probably not meant."""
        self.warnings.setdefault(text)

    def hint_fields(self, owner: Type) -> None:
        """Let the hint list the fields of an object; the first one asked for wins."""
        self.hint = self.hint or f"fields of {owner.label} are {', '.join(owner.fields)}"

    @property
    def fields(self) -> frozenset[str]:
        """The paths read, without those that only lead to others."""
        return frozenset(path for path in self.reads if not any(each.startswith(f"{path}.") for each in self.reads))


def near(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that was probably meant, if one is near; case does not count."""
    folded = {each.casefold(): each for each in known}
    found = difflib.get_close_matches(word.casefold(), folded, 1)
    return folded[found[0]] if found else None
