"""The command `nbcloud capture`: read one thing, and write what came back without its values.

Unlike others it has no `--verbose`, and it prints no error of a response: neither its file nor the screen, which people
copy as well, may show a value.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pulumi_nbcloud.cli import options, output, running
from pulumi_nbcloud.cli.exit_codes import ExitCode, of_error
from pulumi_nbcloud.errors import InputError

if TYPE_CHECKING:
    from pulumi_nbcloud.capture.capturing import Capture


def capture(
    target: Annotated[
        str, typer.Argument(metavar="KIND/ID", help="Or KIND?FILTER=VALUE for a list; see nbcloud help targets.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The file to write, readable for you alone.")],
    allow: Annotated[
        list[str] | None,
        typer.Option(
            "--allow",
            metavar="FIELD",
            help="Write the values of this field, too, such as data[].type; data[].* for the names of its fields that "
            "no page lists. Repeatable.",
        ),
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace a file that exists.")] = False,
    settings: options.SettingsOption = None,
    profile: options.ProfileOption = None,
) -> None:
    """Write the form of a response without its values, for a report.

    It sends what nbcloud get sends, and says so before. The file has statuses, the names of documented fields, their
    types, forms and counts, and where they differ from docs/vendors. It has no value, unless a page documents it, like
    a status, or you allow it: nothing that belongs to you. Read it before you send it to somebody.

    A read that fails is captured, too. Exit codes are those of nbcloud get: nbcloud help exit-codes.
    """
    running.finish(lambda: _capture(target, out, tuple(allow or ()), replace, settings, profile))


def _capture(
    text: str, out: Path, allow: tuple[str, ...], replace: bool, settings: Path | None, profile: str | None
) -> ExitCode:
    from pulumi_nbcloud.capture.capturing import Capturer
    from pulumi_nbcloud.cli import private_file
    from pulumi_nbcloud.cli.sources import config_reader
    from pulumi_nbcloud.cli.targets import parse_unnamed

    target = parse_unnamed(text)
    arguments = target.kind.parse(options.with_profile(target, profile))
    private_file.check(out, "--out", replace=replace)
    config = config_reader(settings)
    for warning in target.kind.doubts(arguments):
        output.say(f"warning: {warning}")
    capturer = Capturer(announce=output.say)
    capturer.check(target.kind, allow)

    async def work() -> Capture:
        try:
            plan = await capturer.plan(target.kind, arguments, config)
            output.say("\n".join(plan.lines()))
            return await capturer.capture(target.kind, arguments, config, allow)
        finally:
            await capturer.aclose()

    captured = running.run(work)
    code = ExitCode.MET if captured.error is None else of_error(captured.error)
    try:
        private_file.write(out, f"{output.as_json(captured.document)}\n", replace=replace)
    except OSError as error:
        output.say(f"error: {private_file.named(out, '--out')}: {error.strerror or 'cannot be written'}")
        return ExitCode.OUTPUT if code is ExitCode.MET else code
    _show(captured, out)
    return code


def _show(captured: Capture, out: Path) -> None:
    from pulumi_nbcloud.printable import printable

    page = captured.document["page"] or "what the kind declares"
    lines = [f"wrote {printable(str(out), 200)}", f"differences from {page}: {len(captured.differs)}"]
    output.result("\n".join((*lines, *(f"  {each.line()}" for each in captured.differs))))
    if isinstance(captured.error, InputError):
        output.say(output.error_text(captured.error))
    elif captured.error is not None:
        hint = "nbcloud get shows the cloud's own message"
        output.say(f"error: the read failed: {captured.summary}\nhint: {hint}; the file has its form alone")
