"""The command `nbcloud get`: reads one thing, or one list, now."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pulumi_nbcloud.cli import options, output, running
from pulumi_nbcloud.cli.exit_codes import ExitCode
from pulumi_nbcloud.cli.output import Format
from pulumi_nbcloud.errors import InputError

if TYPE_CHECKING:
    from pulumi_nbcloud.cli.targets import TypedTarget


def get(
    target: Annotated[
        str, typer.Argument(metavar="KIND/ID", help="Or KIND?FILTER=VALUE for a list; see nbcloud help targets.")
    ],
    output_: Annotated[
        Format,
        typer.Option(
            "--output",
            "-o",
            metavar="FORMAT",
            help="text (a table on a terminal), json, or jsonl: a line for each row.",
        ),
    ] = Format.TEXT,
    settings: options.SettingsOption = None,
    profile: options.ProfileOption = None,
    verbose: options.VerboseOption = False,
) -> None:
    """Read one thing, or one list, and print it.

    Parts of an id are percent-encoded: a / in one is written %2F. Exit codes: nbcloud help exit-codes.
    """
    options.set_verbose(verbose)
    running.finish(lambda: _get(target, output_, settings, profile), verbose=verbose)


def _get(text: str, shape: Format, settings: Path | None, profile: str | None) -> ExitCode:
    from pulumi_nbcloud.cli.sources import config_reader
    from pulumi_nbcloud.cli.targets import parse_target
    from pulumi_nbcloud.reading.reader import Reader

    target = parse_target(text)
    if target.name is not None:
        raise InputError(f"target {target.name}=...: what is read needs no name", hint="leave the name and = out")
    arguments = target.kind.parse(options.with_profile(target, profile))
    config = config_reader(settings)
    for warning in target.kind.doubts(arguments):
        output.say(f"warning: {warning}")
    reader = Reader()

    async def work() -> Any:
        try:
            return await reader.read(target.kind, arguments, config)
        finally:
            await reader.aclose()

    # Printed off the event loop: where a pager takes its time, Ctrl-C must still end it.
    _print(target, arguments, running.run(work), shape)
    return ExitCode.MET


def _print(target: TypedTarget, arguments: Any, state: Any, shape: Format) -> None:
    from pulumi_nbcloud.cli import text

    kind = target.kind
    document = {"kind": kind.token, "id": kind.identify(arguments)}
    listed = text.rows_of(kind)
    if shape is Format.JSON:
        output.result(output.as_json({**document, "state": state.to_dict()}))
    elif shape is Format.JSONL:
        rows = state.to_dict()[listed[0]] if listed else [state.to_dict()]
        for row in rows:
            output.result(output.as_json({**document, "state": row}, indent=None))
    elif sys.stdout is not None and sys.stdout.isatty():
        _table(kind, state, listed)
    else:
        for line in text.lines(kind, state):
            output.result(line)
    if shape is Format.TEXT and getattr(state, "truncated", False):
        output.say("warning: the cloud did not send all rows; narrow the filters")


def _table(kind: Any, state: Any, listed: Any) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from pulumi_nbcloud.cli import text
    from pulumi_nbcloud.condition.schema import record_type

    table = Table(box=None, pad_edge=False, header_style="bold")
    if listed is None:
        shown: list[tuple[str, ...]] = list(text.fields(state, record_type(kind.state, kind.token)))
        heads: tuple[str, ...] = ("field", "value")
    else:
        name, row = listed
        heads = text.columns(row)
        shown = [
            tuple(text.cell(getattr(each, head), text.COLUMN_LIMIT) for head in heads) for each in getattr(state, name)
        ]
    # The first names the row or the field: it is not cut where the terminal is narrow.
    widths = [max(len(line[0]) for line in (heads, *shown)), *(None for _ in heads[1:])]
    for head, width in zip(heads, widths, strict=True):
        table.add_column(head, overflow="ellipsis", no_wrap=True, min_width=width)
    for line in shown:
        # As Text: what a cloud sent must not be read as markup.
        table.add_row(*(Text(each) for each in line))
    console = Console()
    with console.capture() as captured:
        console.print(table)
    output.result(captured.get().rstrip("\n"))
