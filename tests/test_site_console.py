"""`scripts/site_console.py`: what a copy button takes from a `console` block."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from docs_support import BLOCK, NOT_RUN, PAGES, commands_in, name_of
from site_console import commands_and_output, console

SESSION = """$ cat > gates.json <<'END'
{"gates": []}
$ not a command
END
$ nbcloud serve \\
    --port 0
<listening>
more

$ ls
"""


def shown(source: str) -> Any:
    return console(source, "console", "console", {}, None)


def test_commands_and_what_they_print_are_told_apart() -> None:
    assert list(commands_and_output(SESSION)) == [
        ("cat > gates.json <<'END'\n{\"gates\": []}\n$ not a command\nEND", ""),
        ("nbcloud serve \\\n    --port 0", "<listening>\nmore\n"),
        ("ls", ""),
    ]


def test_output_alone_is_no_command() -> None:
    assert list(commands_and_output("only\noutput\n")) == [("", "only\noutput")]
    assert "data-copy" not in shown("only output\n")


def test_the_copy_has_the_commands_alone() -> None:
    copied = re.search(r' data-copy="([^"]*)"', shown(SESSION))
    assert copied is not None
    assert html.unescape(copied[1]) == "\n".join(command for command, _ in commands_and_output(SESSION))


def test_what_is_shown_is_the_whole_session() -> None:
    text = html.unescape(re.sub(r"<[^>]+>", "", shown(SESSION)))
    assert text.rstrip("\n") == SESSION.rstrip("\n")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_commands_of_the_pages_are_those_that_the_tests_run(page: Any) -> None:
    for language, text in BLOCK.findall(page.read_text(encoding="utf-8")):
        if language == "console":
            copied = [command for command, _ in commands_and_output(text) if command]
            run = [each.line for each in commands_in(text)]
            assert run == [each for each in copied if not each.startswith(NOT_RUN)]
