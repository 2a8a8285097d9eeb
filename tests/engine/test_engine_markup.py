"""Text that Pulumi's display would act on, on the real CLI: harmless and the same with colours and without.

Nothing is proven by what a parser of ours finds: the CLI panics at a colour that it does not know, and leaves a pending
operation and a locked stack.
"""

from __future__ import annotations

import json
import re

import pytest
from lease_support import KIND, NOTEBOOK, notebook
from stack import GATE, PROGRAM_ROW, UNHANDLED, Run, Stack, row, run_of
from terminal import Terminal, shown

from pulumi_nbcloud.mock import MockClouds

# A colour that there is not, one that there is, an escape code, a bidirectional mark, what Go formats, and no end.
TEXT = "<{%boom%}> <{%reset%}>\x1b[31m\u202e 100%d %s %}> <{%"
SHOWN = "?{%boom%}> ?{%reset%}>?[31m? 100%d %s %}> ?{%"
CONDITION = """self.type == "<{%boom%}><{%fg 1%}>" """.strip()
CONDITION_SHOWN = """self.type == "?{%boom%}>?{%fg 1%}>" """.strip()
NEVER_MET = f"expected: {CONDITION_SHOWN}"
# The end of the override that a hint offers.
UNTIL_TIME = re.compile(r"until=[-\dT:]{19}Z")
COLOURS = ("never", "always")

HELD_ROW = "pulumi-python:dynamic/probe:Seed (held)"
RECORD_ROW = "pulumi-python:dynamic/nbcloud/modelarts:NotebookLease (broken)"
HEAD = f"""
UNTIL = {CONDITION!r}
lease = nbcloud.modelarts.NotebookLeaseArgs(notebook_id="{notebook(1)}")
"""
WAITS = """
how = {"until": UNTIL, "timeout": "0"}
gate("late", 1, **how)
gate("down", 2, timeout="0")
gate("advised", 1, enforcement="advisory", **how)
gate("advised-down", 2, enforcement="advisory", timeout="0")
hooks = nbcloud.wait_before("hook <{%boom%}>", target=lease, **how)
Seed("held", "v", opts=pulumi.ResourceOptions(hooks=hooks))
"""


def colours_off(text: str) -> str:
    """What is left of a text without the CLI's own colours."""
    return re.sub(r"\x1b\[[\d;]*m", "", text)


def command(stack: Stack, colour: str, *arguments: str, code: int) -> Run:
    """Runs a command; asserts that the CLI did not panic and left nothing behind."""
    found = stack.run(*arguments, "--color", colour, expect=code)
    assert "panic" not in found.text
    assert "goroutine" not in found.text
    assert "<{%" not in found.text
    assert stack.pending() == []
    assert list((stack.backend / ".pulumi" / "locks").rglob("*.json")) == []
    if colour == "always":
        assert "\x1b[" in found.output
        # Our text stands there in one piece: no colour of Pulumi's is in it.
        assert SHOWN[:10] in found.text
    return run_of(found.code, colours_off(found.output), colours_off(found.errors))


def lines(run: Run) -> dict[str, list[str]]:
    """The diagnostics, without what differs from run to run."""
    return {
        where: [
            re.sub(r"\b\d+s\b", "Ns", re.sub(r"[0-9a-f]{32}", "ID", UNTIL_TIME.sub("until=T", line))) for line in found
        ]
        for where, found in run.diagnostics.items()
    }


def one(found: list[str], start: str) -> str:
    """The one line that begins so."""
    (line,) = (line for line in found if line.startswith(start))
    return line


def fails(clouds: MockClouds, number: int) -> None:
    """Has the cloud answer for a notebook with an error whose text would act."""
    body = json.dumps({"error_code": "ModelArts.0104", "error_msg": TEXT})
    clouds.faults.add(service="modelarts", status=400, body=body, match=notebook(number), count=1_000)


def test_rows_warnings_errors_and_hooks_in_preview_and_update(stack: Stack, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(1), type=TEXT)
    fails(clouds, 2)
    stack.program(HEAD + WAITS)
    previews = [lines(command(stack, colour, "preview", code=0)) for colour in COLOURS]
    assert previews[0] == previews[1]
    now = one(previews[0][row("late")], "now: ")
    assert now.startswith(f"now: running=true, type={SHOWN}; not met: {CONDITION_SHOWN} (")
    assert SHOWN in one(previews[0][row("down")], "now: could not poll: ")
    # Such a condition is doubtful, too.
    for where, who in ((row("late"), ""), (PROGRAM_ROW, "wait_before hook ?{%boom%}>: ")):
        assert one(previews[0][where], "warning: ").startswith(
            f'warning: {who}until: "?{{%boom%}}>?{{%fg 1%}}>" is not'
        )

    updates = []
    for colour in COLOURS:
        updates.append(lines(command(stack, colour, "up", "--yes", "--skip-preview", "--continue-on-error", code=1)))
        outputs = {name: each["outputs"] for name, each in stack.resources().items()}
        assert set(outputs) == {"advised", "advised-down"}
        # As data it is as it came; what tells of it is not data, and is harmless where a diff shows it.
        assert outputs["advised"]["states"]["self"]["type"] == TEXT
        assert outputs["advised"]["until"] == CONDITION
        for told in (outputs["advised"]["message"], *(each["observed"] for each in outputs["advised"]["transitions"])):
            assert SHOWN in told
        assert SHOWN in outputs["advised-down"]["message"]
        stack.destroy()
    assert updates[0] == updates[1]
    error = one(updates[0][row("late")], "error: ")
    assert error.startswith(f"error: {KIND} {notebook(1)}: timed out after Ns; {NEVER_MET}; actual: running=true")
    assert f"type={SHOWN} (" in error
    assert SHOWN in one(updates[0][row("down")], f"error: {KIND} {notebook(2)}: bad response ")
    assert NEVER_MET in one(updates[0][row("advised")], f"warning: {KIND} {notebook(1)}: timed out ")
    error = one(updates[0][HELD_ROW], "error: ")
    assert error.startswith(f'error: before hook "hook ?{{%boom%}}>" failed: {KIND} {notebook(1)}: timed out ')
    assert f"type={SHOWN} (" in error


INTERNAL = """
from pulumi_nbcloud.kinds.kind import Kind

def parse(self, values):
    raise ValueError(TEXT)

Kind.parse = parse
"""


@pytest.mark.parametrize(
    ("program", "where", "part"),
    [
        (f'nbcloud.modelarts.get_notebook_lease("{notebook(2)}")', PROGRAM_ROW, SHOWN),
        (f'nbcloud.modelarts.get_notebook_lease_output(pulumi.Output.from_input("{notebook(2)}"))', PROGRAM_ROW, SHOWN),
        (f'nbcloud.modelarts.get_notebook_lease("{notebook(1)}", expect=UNTIL)', PROGRAM_ROW, NEVER_MET),
        (
            f'nbcloud.modelarts.get_notebook_lease("{notebook(1)}", expect="self.runing == " + UNTIL)',
            PROGRAM_ROW,
            "?{%",
        ),
        (f'nbcloud.modelarts.NotebookLease("broken", notebook_id="{notebook(2)}")', RECORD_ROW, SHOWN),
        ('gate("bad", 1, until="self.nothing && " + UNTIL, not_found=TEXT)', PROGRAM_ROW, SHOWN[:20]),
        ('gate("bad", 1, not_found=pulumi.Output.from_input(TEXT))', row("bad"), SHOWN[:20]),
        ('nbcloud.wait_before("<{%boom%}>", target=lease, until="self.nothing")', PROGRAM_ROW, "?{%boom%}>"),
        (f'{INTERNAL}\nnbcloud.modelarts.get_notebook_lease("{notebook(1)}")', PROGRAM_ROW, SHOWN),
    ],
    ids=["lookup", "output", "expect", "bad expect", "record", "constructor", "check", "hook", "internal error"],
)
def test_what_ends_a_preview(program: str, where: str, part: str, stack: Stack, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(1), type=TEXT)
    fails(clouds, 2)
    stack.program(f"{HEAD}\nTEXT = {TEXT!r}\n{program}\n")
    with_none, with_colours = (command(stack, colour, "preview", code=1) for colour in COLOURS)
    assert with_none.diagnostics.keys() == with_colours.diagnostics.keys()
    assert lines(with_none) == lines(with_colours)
    text = "\n".join(with_none.diagnostics[where])
    assert part in text
    if where == PROGRAM_ROW:
        assert text.endswith(UNHANDLED)
        assert ("Traceback" in text) == ("internal error" in text)


def test_records_keep_the_text_as_data_and_refresh_fails_harmlessly(stack: Stack, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, type=TEXT)
    stack.program(f'nbcloud.modelarts.NotebookLease("broken", notebook_id="{NOTEBOOK}")')
    stack.up("--color", "always")
    stack.refresh("--color", "always")
    assert stack.resources()["broken"]["outputs"]["type"] == TEXT
    assert stack.pending() == []
    fails(clouds, 1)
    found = [command(stack, colour, "refresh", "--yes", "--skip-preview", code=1) for colour in COLOURS]
    assert SHOWN in "\n".join(found[0].diagnostics[RECORD_ROW])
    assert lines(found[0]) == lines(found[1])
    assert stack.resources()["broken"]["outputs"]["type"] == TEXT


def test_the_row_of_a_waiting_gate_on_a_terminal(stack: Stack, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(1), type=TEXT)
    stack.program(HEAD + """gate("ready", 1, until=UNTIL + ' || self.type == "TIMING"')\n""")

    def go_on(terminal: Terminal) -> None:
        """Meets the condition once a person could see what is waited for."""
        if terminal.rows(SHOWN[:30]) and clouds.request_count() > 1:
            clouds.modelarts.put_lease(notebook(1))

    terminal = shown(stack, 220, "up", "--yes", "--skip-preview", then=go_on)
    assert terminal.code == 0, terminal.screens[-1]
    assert any(f"type {SHOWN[:30]}" in line for line in terminal.rows(GATE))
    assert stack.pending() == []
