"""The command `nbcloud doctor`: diagnose why a cloud cannot be read, and suggest fixes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pulumi_nbcloud.cli import options, output, running, terminal
from pulumi_nbcloud.cli.exit_codes import ExitCode, of_error
from pulumi_nbcloud.errors import (
    AuthenticationError,
    BadResponseError,
    InputError,
    NbcloudError,
    NotFoundError,
    RefusedError,
    SettingsError,
    UnreachableError,
)
from pulumi_nbcloud.printable import printable

if TYPE_CHECKING:
    from pulumi_nbcloud.cli.terminal import Terminal
    from pulumi_nbcloud.clouds.account import Account
    from pulumi_nbcloud.http.redaction import Redactor
    from pulumi_nbcloud.kinds.kind import Kind
    from pulumi_nbcloud.reading.reader import Reader
    from pulumi_nbcloud.settings.schema import Settings
    from pulumi_nbcloud.settings.sources import ConfigReader

_CHECK_ENDPOINT = "check the endpoint and the path in front of the ids, then the ids"
_CHECK_COLUMNS = len("passed over")
SIGNATURE_SECONDS = 30.0
SKEW_SECONDS = 60.0  # far below the tolerance of any cloud, to report it before it fails

# The read for a cloud without a target: its list, which needs no id.
PROBES = {"modelarts": "modelarts:DevServerJobs", "hpcai": "hpcai:Instances"}


@dataclass(frozen=True)
class Finding:
    """One check.

    Args:
        check: settings, proxy, key, fingerprint, signature, endpoint, answer, credentials, permission or clock.
        right: whether it passed; None if it could not be checked.
        found: the result, in one line.
        fix: the remedy, if it failed.
        error: the error of a failed check; decides the exit code.
    """

    check: str
    right: bool | None
    found: str
    fix: str | None = None
    error: NbcloudError | None = None

    @classmethod
    def wrong(cls, check: str, error: NbcloudError) -> Finding:
        """Make the finding for an error."""
        return cls(check, False, error.line, error.hint, error)

    def redacted(self, redactor: Redactor) -> Finding:
        """Redact the secrets of the settings."""
        return replace(self, found=redactor.text(self.found), fix=redactor.text(self.fix) if self.fix else self.fix)


def doctor(
    targets: Annotated[
        list[str] | None,
        typer.Argument(metavar="[CLOUD|KIND/ID]...", help="modelarts, hpcai, aidp, or a target; default: all clouds."),
    ] = None,
    settings: options.SettingsOption = None,
    profile: options.ProfileOption = None,
    verbose: options.VerboseOption = False,
) -> None:
    """Check settings, credentials and clock of a cloud with one read.

    Only a read of the very thing shows whether it is permitted: name a target for that. Exit code 0 where all is right,
    else that of the first thing that is not; 2 where no cloud is set up.
    """
    options.set_verbose(verbose)
    running.finish(lambda: _doctor(targets or [], settings, profile), verbose=verbose)


def _doctor(texts: list[str], settings: Path | None, profile: str | None) -> ExitCode:
    from pulumi_nbcloud.cli.sources import config_reader
    from pulumi_nbcloud.kinds.registry import KINDS

    config = config_reader(settings)
    clouds = sorted({token.partition(":")[0] for token in KINDS})
    subjects = [_subject(each, clouds, profile) for each in texts or clouds]

    async def work() -> ExitCode:
        found: list[Finding] = []
        for title, kind, arguments in subjects:
            output.result(title)
            for finding in await _findings(kind, arguments, profile, config, named=bool(texts)):
                for line in _lines(finding):
                    output.result(line)
                found.append(finding)
        return _ending(found)

    return running.run(work)


def _ending(findings: list[Finding]) -> ExitCode:
    """Return the exit code: that of the first failure, or that of a mistake if nothing could be checked."""
    wrong = [each for each in findings if each.right is False]
    first = next((each.error for each in wrong if each.error is not None), None)
    if first is not None:
        return of_error(first)
    if not any(each.right for each in findings):
        problem = "no cloud is set up, so nothing was checked"
        raise InputError(problem, hint="set one up: nbcloud help settings says how; nbcloud doctor CLOUD says more")
    return ExitCode.FAILED if wrong else ExitCode.MET


def _subject(text: str, clouds: list[str], profile: str | None) -> tuple[str, Kind[Any, Any, Any], Any]:
    """Return the subject: its title, a kind of its cloud, and the arguments of a read, None without an id."""
    from pulumi_nbcloud.cli.targets import parse_target
    from pulumi_nbcloud.kinds.registry import KINDS, load

    if text in clouds:
        probe = PROBES.get(text)
        kind = load(probe or next(token for token in KINDS if token.startswith(f"{text}:")))
        return text, kind, kind.parse({"profile": profile}) if probe else None
    if ":" not in text:
        raise InputError(f"there is no cloud {printable(text, 40)!r}", hint=f"known are {', '.join(clouds)}")
    target = parse_target(text)
    return text, target.kind, target.kind.parse(options.with_profile(target, profile))


async def _findings(
    kind: Kind[Any, Any, Any], arguments: Any, profile: str | None, config: ConfigReader, *, named: bool
) -> list[Finding]:
    from pulumi_nbcloud.http.messages import last_date
    from pulumi_nbcloud.http.redaction import Redactor
    from pulumi_nbcloud.reading.reader import Reader
    from pulumi_nbcloud.settings.resolve import resolve
    from pulumi_nbcloud.settings.schema import NoCredentialsError

    profile = getattr(arguments, "profile", profile)
    try:
        settings = resolve(kind.account.schema, profile, config, dict(os.environ))
    except NoCredentialsError as error:
        # Nothing indicates that this cloud is used.
        return [Finding.wrong("settings", error) if named else Finding("settings", None, "not set up", error.hint)]
    except SettingsError as error:
        return [Finding.wrong("settings", error)]
    redactor = Redactor(kind.account.schema.secret_parts(settings.values))
    findings = list(_of_settings(settings))
    reader = Reader()
    try:
        account = reader.account(kind, profile, config)
        findings += [Finding(name, True, holds) for name, holds in account.credentials.checked()]
        if arguments is None:
            findings += await _without_an_id(account, kind)
        else:
            outcome = await _outcome(reader, kind, arguments, config)
            findings += [*evaluated(outcome, kind.account.confirms), evaluation_clock(last_date.get(), time.time())]
    except SettingsError as error:
        # An error in the values or the files that they name: nothing was sent.
        findings[0] = Finding.wrong("settings", error)
    finally:
        await reader.aclose()
    return [each.redacted(redactor) for each in findings]


def _of_settings(settings: Settings) -> Iterator[Finding]:
    """Report the sources of the settings, and ignored values."""
    from pulumi_nbcloud.http.proxy import unused_variable

    keys = sorted(settings.credential_keys & settings.values.keys())
    origins = ", ".join(dict.fromkeys(settings.origin[key] for key in keys))
    yield Finding("settings", True, f"{' + '.join(keys)} from {origins}")
    for each in settings.passed_over:
        yield Finding("passed over", None, f"{each.name}, because {each.reason}")
    unused = unused_variable(settings.values.get("proxy"))
    if unused is not None:
        yield Finding("proxy", None, f"{unused} is set, and is not used", "set proxy if it is the only way out")


async def _outcome(
    reader: Reader, kind: Kind[Any, Any, Any], arguments: Any, config: ConfigReader
) -> NbcloudError | None:
    """Read once; return the error, None for a success."""
    try:
        await reader.read(kind, arguments, config)
    except SettingsError:
        raise
    except NbcloudError as error:
        return error
    return None


async def _without_an_id(account: Account, kind: Kind[Any, Any, Any]) -> list[Finding]:
    """Check a cloud without a list as far as possible without a request, and report the rest."""
    import anyio

    from pulumi_nbcloud.cli.targets import written_shape

    try:
        await account.ready(anyio.current_time() + SIGNATURE_SECONDS)
        await account.sign("GET", "/")
        signature = Finding("signature", True, "made; it was not sent")
    except SettingsError:
        raise
    except NbcloudError as error:
        signature = Finding.wrong("signature", error)
    left = Finding(
        "credentials",
        None,
        "not checked: this cloud has nothing to read without an id",
        f"name a session: nbcloud doctor {written_shape(kind)}",
    )
    return [signature, left]


def evaluated(error: NbcloudError | None, confirms: Callable[[NbcloudError | None], bool]) -> Iterator[Finding]:
    """Yield the findings of a read about endpoint, credentials and permission.

    Args:
        error: the error of the read; None for a success.
        confirms: the account's test whether an outcome confirms the credentials.
    """
    if isinstance(error, (SettingsError, InputError)):
        yield Finding.wrong("settings", error)
        return
    if isinstance(error, (UnreachableError, BadResponseError)):
        yield Finding.wrong("endpoint", error)
        return
    # Any web server may send 403 or 404; an item missing in a complete list has no such response.
    own = confirms(error)
    yield (
        Finding("endpoint", True, "answers")
        if own
        else Finding("endpoint", None, "something answers, but nothing shows that it is the cloud", _CHECK_ENDPOINT)
    )
    if isinstance(error, RefusedError):
        # Only its code shows the reason of a rejection, which may be anything.
        yield Finding.wrong("answer", error)
        return
    if isinstance(error, AuthenticationError):
        yield Finding.wrong("credentials", error)
        return
    yield (
        Finding("credentials", True, "accepted")
        if own
        else Finding("credentials", None, "not proven: any web server may answer so, whatever the credentials")
    )
    if error is None:
        yield Finding("permission", True, "the read was answered")
    elif isinstance(error, NotFoundError):
        yield Finding("permission", None, error.line, error.hint)
    else:
        yield Finding.wrong("permission", error)


def evaluation_clock(date: str | None, now: float) -> Finding:
    """Return the finding about this machine's clock.

    Args:
        date: the Date header of a response; None without one.
        now: this machine's time, in seconds since 1970.
    """
    from email.utils import parsedate_to_datetime

    try:
        skew = parsedate_to_datetime(date or "").timestamp() - now
    except (ValueError, TypeError):
        return Finding("clock", None, "not checked: no answer told the time")
    if abs(skew) <= SKEW_SECONDS:
        return Finding("clock", True, f"within {SKEW_SECONDS:.0f} s of the cloud's")
    behind = "behind" if skew > 0 else "ahead of"
    return Finding("clock", False, f"{abs(skew):.0f} s {behind} the cloud's", "set it by NTP; signatures depend on it")


def _lines(finding: Finding) -> Iterator[str]:
    """Yield the lines of a finding; on a terminal they are wrapped, and longer words stay complete."""
    shown_on = terminal.of_stdout()
    mark = {True: "ok", False: "FAIL", None: "?"}[finding.right]
    start = f"  {mark:<4}  {finding.check:<{_CHECK_COLUMNS}}  "
    yield from _folded(start, finding.found, shown_on)
    if finding.fix and finding.right is not True:
        # Farther left: it may contain a target or a command, which is long.
        yield from _folded(f"{'':8}", f"hint: {finding.fix}", shown_on)


def _folded(start: str, text: str, shown_on: Terminal | None) -> Iterator[str]:
    from pulumi_nbcloud.cli.layout import LEAST_TEXT, fold

    for line in [text] if shown_on is None else fold(text, max(shown_on.columns - len(start), LEAST_TEXT)):
        yield f"{start}{line}"
        start = " " * len(start)
