"""Values that a program keeps secret, such as the id of a target: no message shows them, and outputs are marked."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import quote

from pulumi.runtime import rpc

from pulumi_nbcloud.errors import NOT_MET, NbcloudError
from pulumi_nbcloud.printable import printable

ErrorT = TypeVar("ErrorT", bound=NbcloudError)

# Inputs of a wait whose values reach messages and states.
SHOWN = ("targets", "until", "fail_on")
MARK = "[secret]"  # as the engine shows one
_SHORTEST = 4  # anything shorter is part of ordinary words
_CUT = 8  # the beginning of a value that was cut still reveals it: this much must not stay


class Secrets:
    """Removes secret values from everything that a wait shows.

    Args:
        values: the values; none to change nothing.
        hides_until: whether the condition is one of them: then its clauses are not shown either.
    """

    def __init__(self, values: Iterable[str] = (), *, hides_until: bool = False) -> None:
        self.hides_until = hides_until
        forms = {form for value in values if len(value) >= _SHORTEST for form in _forms(value)}
        self._pattern = re.compile("|".join(map(re.escape, sorted(forms, key=len, reverse=True)))) if forms else None

    @classmethod
    def of(cls, inputs: Mapping[str, Any], paths: Iterable[str] | None) -> Secrets:
        """Collect the secret values of a wait.

        Args:
            inputs: with their values.
            paths: of those that are secret, as `secret_inputs` names them; None for none.
        """
        paths = tuple(paths or ())
        return cls((text for path in paths for text in _texts(_at(inputs, path))), hides_until="until" in paths)

    def text(self, text: str) -> str:
        """Remove the values from a text, and the lines of clauses if they are hidden."""
        if self._pattern is None:
            return text
        lines = (line for line in text.split("\n") if not self._hides(line.strip().partition(":")[0]))
        return self._pattern.sub(MARK, "\n".join(lines))

    def _hides(self, fact: str) -> bool:
        return self.hides_until and fact == NOT_MET

    def error(self, error: ErrorT) -> ErrorT:
        """Copy an error without the values; return the same error if it contains none."""
        if self._pattern is None:
            return error
        clean = copy.copy(error)
        for name in ("summary", "hint", "where", "code", "subject", "vendor_message"):
            value = getattr(clean, name)
            if value is not None:
                setattr(clean, name, self.text(value))
        clean.facts = tuple((name, self.text(value)) for name, value in clean.facts if not self._hides(name))
        clean.args = tuple(self.text(each) if isinstance(each, str) else each for each in clean.args)
        return clean.with_traceback(None)


def secret(value: Any) -> Any:
    """Mark an output as secret, as it travels to the engine; null stays null."""
    return value if value is None else {rpc._special_sig_key: rpc._special_secret_sig, "value": value}


def _forms(value: str) -> Iterator[str]:
    """Yield a value in the forms that texts show: complete, in one line, in a URL, and cut."""
    yield value
    yield quote(value, safe="")
    line = printable(value, len(value))
    yield line
    yield from (f"{line[:length]}…" for length in range(_CUT, len(line)))


def _at(value: Any, path: str) -> Any:
    for name in path.split("."):
        if not isinstance(value, Mapping):
            break  # a part that is completely secret
        value = value.get(name)
    return value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, each in value.items():
            if name != "kind":
                yield from _texts(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value
