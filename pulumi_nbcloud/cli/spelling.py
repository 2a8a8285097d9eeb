"""The names of options in messages of the command: their flags, as the user types them."""

from __future__ import annotations

import re
from typing import Any

from pulumi_nbcloud.spelling import JSON, Spelling
from pulumi_nbcloud.waiting.options import OPTIONS

_OPTIONS = {each.name: each for each in OPTIONS if each.in_command}


class _Flags(Spelling):
    """The spelling of a command line."""

    def option(self, name: str) -> str:
        return _OPTIONS[name].flag if name in _OPTIONS else name

    def value(self, value: Any) -> str:
        return repr(value) if isinstance(value, str) else JSON.value(value)

    def given(self, name: str, value: Any) -> str:
        import shlex

        return self.option(name) if value is True else f"{self.option(name)} {shlex.quote(str(value))}"

    def place(self, name: str) -> str:
        return name

    def off(self, name: str) -> str:
        return _OPTIONS[name].off_flag or ""

    def about(self, text: str, names: Any = ()) -> str:
        return re.sub(r"`(\w+)`", lambda found: self.option(found[1]) if found[1] in _OPTIONS else found[0], text)


FLAGS: Spelling = _Flags()
