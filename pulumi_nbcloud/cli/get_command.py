"""The command `nbcloud get`: read one thing, or one list, now."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pulumi_nbcloud.cli import options, output, running
from pulumi_nbcloud.cli.exit_codes import ExitCode
from pulumi_nbcloud.cli.output import Format

if TYPE_CHECKING:
    from pulumi_nbcloud.cli.targets import TypedTarget
    from pulumi_nbcloud.kinds.kind import Kind

LINES_AT_ONCE = 500


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
            help="text (on a terminal the main fields), json, or jsonl: a line for each item.",
        ),
    ] = Format.TEXT,
    wide: Annotated[
        bool, typer.Option("--wide", help="Show all fields: on a terminal as a tree, elsewhere a line for each.")
    ] = False,
    settings: options.SettingsOption = None,
    profile: options.ProfileOption = None,
    verbose: options.VerboseOption = False,
) -> None:
    """Read one thing, or one list, and print it.

    Parts of an id are percent-encoded: a / in one is written %2F. Exit codes: nbcloud help exit-codes.
    """
    options.set_verbose(verbose)
    running.finish(lambda: _get(target, output_, wide, settings, profile), verbose=verbose)


def _get(text: str, shape: Format, wide: bool, settings: Path | None, profile: str | None) -> ExitCode:
    from pulumi_nbcloud.cli.sources import config_reader
    from pulumi_nbcloud.cli.targets import parse_unnamed
    from pulumi_nbcloud.reading.reader import Reader

    target = parse_unnamed(text)
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

    # Print off the event loop: Ctrl-C must still work while a pager blocks.
    _print(target, arguments, running.run(work), shape, wide)
    return ExitCode.MET


def _print(target: TypedTarget, arguments: Any, state: Any, shape: Format, wide: bool) -> None:
    kind = target.kind
    document = {"kind": kind.token, "id": kind.identify(arguments)}
    if shape is Format.JSON:
        output.result(output.as_json({**document, "state": state.to_dict()}))
        return
    _write(_json_lines(kind, document, state) if shape is Format.JSONL else _text(kind, state, wide))
    missing = state.missing()
    if missing is not None:
        output.say(f"warning: {missing}")


def _json_lines(kind: Kind[Any, Any, Any], document: dict[str, Any], state: Any) -> Iterator[str]:
    from pulumi_nbcloud.cli import text

    listed = text.rows_of(kind)
    for row in state.to_dict()[listed[0]] if listed else [state.to_dict()]:
        yield output.as_json({**document, "state": row}, indent=None)


def _text(kind: Kind[Any, Any, Any], state: Any, wide: bool) -> Iterator[str]:
    from pulumi_nbcloud.cli import terminal, text
    from pulumi_nbcloud.cli.state_view import View

    shown_on = terminal.of_stdout()
    if shown_on is not None:
        view = View(kind, state, shown_on)
        yield from view.everything() if wide else view.summary()
        return
    yield from text.lines(kind, state, wide=wide)
    listed = text.rows_of(kind)
    if listed is not None and not getattr(state, listed[0]):
        # Not on stdout, where a program would take it for an item.
        output.say(text.items(0))


def _write(lines: Iterator[str]) -> None:
    # In batches: each call flushes, and a list may have ten thousand rows.
    while part := list(islice(lines, LINES_AT_ONCE)):
        output.result("\n".join(part))
