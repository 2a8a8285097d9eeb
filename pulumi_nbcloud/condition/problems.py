"""Problems of a condition as text and hint, and the findings of its check."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pulumi_nbcloud.condition.schema import Type


@dataclass(frozen=True)
class Problem:
    """Something that cannot be right.

    Args:
        text: what is wrong, in one line.
        hint: what the caller can do, in one line; None if a later problem has the hint for this one too.
    """

    text: str
    hint: str | None = None

    def __str__(self) -> str:
        return f"{self.text}\nhint: {self.hint}" if self.hint else self.text


@dataclass
class Findings:
    """Collects what a check finds, in the order in which it is met, each once."""

    problems: dict[str, None] = field(default_factory=dict)
    warnings: dict[str, None] = field(default_factory=dict)
    reads: set[str] = field(default_factory=set)
    hint: str | None = None

    def problem(self, text: str) -> None:
        """Add what makes the condition wrong."""
        self.problems.setdefault(text)

    def warning(self, text: str) -> None:
        """Add what is probably not meant."""
        self.warnings.setdefault(text)

    def hint_fields(self, owner: Type) -> None:
        """Let the hint list the fields of an object; the first one that is hinted at wins."""
        self.hint = self.hint or f"fields of {owner.label} are {', '.join(owner.fields)}"

    @property
    def fields(self) -> frozenset[str]:
        """The paths read, without those that only lead to others."""
        return frozenset(path for path in self.reads if not any(each.startswith(f"{path}.") for each in self.reads))
