"""How `make demo` ends: six lines of what was seen and where its code is, on a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from picture_support import Shot
from release_support import ROOT, script

END: Any = script(ROOT / "scripts" / "demo")
WIDTH = 80


def test_the_end_of_the_demo(same_as_picture: Callable[..., None]) -> None:
    lines = list(END.seen({"elapsed_seconds": 12.4}, {"elapsed_seconds": 123.0}))
    assert len(lines) == 6
    assert max(map(len, lines)) <= WIDTH
    text = "\n".join((f"== {END.HEADING}", *lines, ""))
    same_as_picture("make demo, at its end", [Shot(text.replace("\n", "\r\n"), WIDTH), Shot(text)])
