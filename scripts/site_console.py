"""Shows a `console` block: prompts and output set apart, and a copy button that takes the commands alone."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

_HEREDOC = re.compile(r"<<-?\s*(['\"]?)(\w+)\1\s*$")


def commands_and_output(text: str) -> Iterator[tuple[str, str]]:
    """The commands of a session in their order, each with what it prints; the first may be empty, if output begins."""
    command: list[str] = []
    output: list[str] = []
    end = ""
    open_ended = False
    for line in text.splitlines():
        if end or open_ended:
            command.append(line)
            open_ended = not end and line.endswith("\\")
            end = "" if line.strip() == end else end
        elif line.startswith("$ "):
            if command or output:
                yield "\n".join(command), "\n".join(output)
            command, output = [line[2:]], []
            heredoc = _HEREDOC.search(line)
            end = heredoc[2] if heredoc else ""
            open_ended = not end and line.endswith("\\")
        else:
            output.append(line)
    if command or output:
        yield "\n".join(command), "\n".join(output)


def console(source: str, language: str, css_class: str, options: Any, md: Any, **more: Any) -> str:
    """Format a block for the builder's fences; the arguments are theirs."""
    session = list(commands_and_output(source))
    shown: list[str] = []
    for command, output in session:
        if command:
            shown.append(f'<span class="gp">$ </span>{html.escape(command)}')
        if output:
            shown.append(f'<span class="go">{html.escape(output)}</span>')
    commands = "\n".join(command for command, _ in session if command)
    copied = f' data-copy="{html.escape(commands)}"' if commands else ""
    body = "\n".join(shown)
    return f'<div class="language-console highlight"{copied}><pre><span></span><code>{body}\n</code></pre></div>'
