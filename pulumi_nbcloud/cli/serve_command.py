"""The command `nbcloud serve`: serve named gates for systems with their own wait engines."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pulumi_nbcloud.cli import options, output, running
from pulumi_nbcloud.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    import logging

TOKEN = "token"  # noqa: S105  (the word on the command line)


class Output(str, Enum):
    """The output formats of a token."""

    TEXT = "text"
    JSON = "json"


def serve(
    file: Annotated[str, typer.Argument(metavar="FILE|token", help="A gates file; the word token makes a token.")],
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", metavar="PORT", min=0, max=65_535, help="The port; 0 takes a free one.")
    ] = 8080,
    tls_certificate: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Serve https with this chain of certificates (PEM).")
    ] = None,
    tls_key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The key of the certificate (PEM), where its file has none.")
    ] = None,
    no_token: Annotated[
        bool, typer.Option("--no-token", help="Serve without tokens, on loopback, for requests from this machine.")
    ] = False,
    metrics_port: Annotated[
        int | None,
        typer.Option(metavar="PORT", min=0, max=65_535, help="Show the metrics on this port too, without a token."),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Check the file and the settings, and end.")] = False,
    shape: Annotated[
        Output, typer.Option("--output", "-o", metavar="FORMAT", help="Of a token: text or json.")
    ] = Output.TEXT,
    settings: options.SettingsOption = None,
    verbose: options.VerboseOption = False,
) -> None:
    """Serve named gates over HTTP, each polled once for a request.

    Argo Rollouts, Azure Pipelines, Airflow, Terraform and scripts wait with their own engines and ask this service. It
    keeps nothing, so any number of copies may run. SIGTERM and SIGINT (Ctrl-C) let requests finish and end it with exit
    code 0. It needs the `serve` extra.

    The word token in the place of a file makes a token for a caller, and the hash of it for the file.
    """
    options.set_verbose(verbose)

    def work() -> ExitCode:
        if file == TOKEN:
            return _token(shape)
        listening = {
            "host": host,
            "port": port,
            "certificate": str(tls_certificate) if tls_certificate else None,
            "key": str(tls_key) if tls_key else None,
            "without_tokens": no_token,
            "metrics_port": metrics_port,
        }
        return _serve(Path(file), settings, listening, only_check=check)

    running.finish(work, verbose=verbose)


def _token(shape: Output) -> ExitCode:
    from pulumi_nbcloud.serve.tokens import new_token

    token, sha256 = new_token()
    if shape is Output.JSON:
        output.result(output.as_json({"token": token, "sha256": sha256}))
    else:
        output.result(f"token   {token}\nsha256  {sha256}")
        output.say("hint: the token is for the caller and is not shown again; sha256 goes into the gates file")
    return ExitCode.MET


def _serve(path: Path, settings: Path | None, listening: dict[str, object], *, only_check: bool) -> ExitCode:
    from pulumi_nbcloud.serve.extra import require

    require()
    import anyio

    from pulumi_nbcloud.cli.sources import config_reader
    from pulumi_nbcloud.cli.text import items
    from pulumi_nbcloud.reading.reader import Reader
    from pulumi_nbcloud.serve.file import read_file
    from pulumi_nbcloud.serve.live_settings import live
    from pulumi_nbcloud.serve.server import Listening, check_listening, check_settings
    from pulumi_nbcloud.serve.server import serve as serve_until_signal
    from pulumi_nbcloud.serve.tls import tls_context

    file = read_file(path)
    for warning in file.warnings:
        output.say(f"warning: {warning}")
    config = live(settings, config_reader)
    where = Listening(**listening)  # type: ignore[arg-type]
    gates = items(len(file.gates), "gate")
    if only_check:
        check_listening(where, file)
        tls_context(where.certificate, where.key)
        check_settings(file, Reader(), config)
        output.result(f"{gates}: {', '.join(file.gates)}")
        return ExitCode.MET

    def started(address: str, metrics: str | None) -> None:
        _log_to_stderr()
        output.result(f"serving {gates} on {address}")
        if metrics:
            output.result(f"metrics on {metrics}")

    anyio.run(serve_until_signal, file, config, where, started)
    return ExitCode.MET


def _log_to_stderr() -> None:
    import logging

    handler = logging.StreamHandler()
    handler.setFormatter(_formatter())
    for name, level in (("pulumi_nbcloud.serve", logging.INFO), ("uvicorn.error", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.addHandler(handler)
        logger.propagate = False
        logger.setLevel(level)


def _formatter() -> logging.Formatter:
    import logging
    import time

    from pulumi_nbcloud.printable import printable

    class OneLine(logging.Formatter):
        converter = staticmethod(time.gmtime)

        def format(self, record: logging.LogRecord) -> str:
            """Format a record in one line, without a traceback, whose texts may contain anything."""
            moment = self.formatTime(record, "%Y-%m-%dT%H:%M:%SZ")
            return f"{moment} {record.levelname.lower()} {printable(record.getMessage(), 1000)}"

    return OneLine()
