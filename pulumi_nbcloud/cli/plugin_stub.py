"""The stub through which the Pulumi CLI finds the native provider of this environment, among its plugins.

The CLI looks for a plugin in `$PULUMI_HOME/plugins/resource-NAME-vVERSION/pulumi-resource-NAME`. The stub there is a
few lines of shell that start the program of the environment of this package. So nothing is
copied, and the plugin always matches the package.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shlex
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pulumi_nbcloud._version import __version__
from pulumi_nbcloud.errors import InputError
from pulumi_nbcloud.printable import printable

PROGRAM = "pulumi-resource-nbcloud"
"""The program that the Pulumi CLI starts; also the console script of this package."""

DISTRIBUTION = "pulumi-nbcloud"
MARK = "# Written by `nbcloud plugin install`; `nbcloud plugin uninstall` removes it."

_FOLDER = "resource-nbcloud-v"
_HIDDEN = ".nbcloud-"  # not the name of a plugin, so the CLI never sees an incomplete one
_LIMIT = 10_000
_STARTS = re.compile(r"^plugin=(.*?)\nif ", re.MULTILINE | re.DOTALL)
_STUB = """\
#!/bin/sh
{mark}
plugin={program}
if [ ! -x "$plugin" ]; then
  echo "error: $plugin is gone, and with it the plugin that Pulumi was to start" >&2
  echo "hint: run nbcloud plugin install where pulumi-nbcloud is installed now" >&2
  exit 1
fi
exec "$plugin" "$@"
"""


@dataclass(frozen=True)
class Installation:
    """The result of an installation.

    Args:
        path: the stub.
        program: the program that it starts.
        written: False if the same stub existed already.
        replaced: the program of the previous stub, if it was another.
        removed: folders of older stubs for the same program.
    """

    path: Path
    program: Path
    written: bool
    replaced: Path | None
    removed: tuple[Path, ...]


def program() -> Path:
    """Find the plugin's program in this environment.

    Raises:
        InputError: there is none.
    """
    from importlib import metadata

    files: list[metadata.PackagePath] = []
    with contextlib.suppress(metadata.PackageNotFoundError):
        files = metadata.distribution(DISTRIBUTION).files or []
    for file in files:
        if file.name in (PROGRAM, f"{PROGRAM}.exe"):
            path = Path(os.path.abspath(str(file.locate())))
            if os.access(path, os.X_OK):
                return path
    raise InputError(
        f"this environment has no program {PROGRAM}",
        hint=f"install {DISTRIBUTION} into it with pip or uv; sources alone have no programs",
    )


def plugins_folder() -> Path:
    """Find the folder in which the Pulumi CLI keeps plugins.

    Raises:
        InputError: `PULUMI_HOME` names none.
    """
    home = os.environ.get("PULUMI_HOME")
    if not home:
        return _home_folder() / ".pulumi" / "plugins"
    if not os.path.isabs(home):
        raise InputError(
            f"PULUMI_HOME is {printable(home)}, which is relative",
            hint="set it to a whole path: Pulumi would find the plugin from this folder alone",
        )
    return Path(home) / "plugins"


def _home_folder() -> Path:
    # From the user database, like the Pulumi CLI: HOME may differ, for example in a container.
    try:
        import pwd

        return Path(pwd.getpwuid(os.getuid()).pw_dir)
    except (ImportError, KeyError):
        return Path(os.path.expanduser("~"))


def install() -> Installation:
    """Write the stub, and remove older ones for this environment's program.

    Raises:
        InputError: it cannot work, or another program's file is in its place.
    """
    if os.name == "nt":
        raise InputError(
            "on Windows nbcloud writes no stub",
            hint="name the folder that nbcloud plugin path prints under plugins.providers in Pulumi.yaml",
        )
    starts, plugins = program(), plugins_folder()
    folder = plugins / f"{_FOLDER}{__version__}"
    text = _STUB.format(mark=MARK, program=shlex.quote(str(starts))).encode(errors="surrogateescape")
    with _can_be_written(plugins):
        plugins.mkdir(parents=True, exist_ok=True)
        before = _replaceable(folder)
        written = before != starts or _text_of(folder) != text
        if written:
            _write(folder, text)
            _forget_schema(folder)
        removed = tuple(each for each, other in stubs(plugins) if other == starts and each != folder)
        for each in removed:
            _remove(each)
    replaced = before if before != starts else None
    return Installation(folder / PROGRAM, starts, written, replaced, removed)


def uninstall() -> tuple[Path, tuple[Path, ...]]:
    """Remove the stubs that start this environment's program, and those whose environment is gone.

    Returns:
        The plugins folder, and the folders of the removed stubs.
    """
    starts, plugins = program(), plugins_folder()
    with _can_be_written(plugins):
        removed = tuple(each for each, other in stubs(plugins) if other == starts or not other.exists())
        for each in removed:
            _remove(each)
    return plugins, removed


def stubs(plugins: Path) -> Iterator[tuple[Path, Path]]:
    """Yield the folders of stubs that this command wrote, each with the program that it starts."""
    for folder in sorted(plugins.glob(f"{_FOLDER}*")):
        starts = _started_by(folder)
        if starts is not None:
            yield folder, starts


def _replaceable(folder: Path) -> Path | None:
    """Return the program of the stub in a folder, None without one; reject files of another program."""
    unfinished = folder.with_name(f"{folder.name}.partial")
    if unfinished.exists():
        raise InputError(
            f"an installation of the Pulumi CLI that was not finished is in the way: {printable(str(unfinished))}",
            hint="wait until it has ended, or remove that file and the folder beside it",
        )
    if not os.path.lexists(folder):
        return None
    starts = _started_by(folder)
    if starts is None:
        raise InputError(
            f"{printable(str(folder))} is a plugin that this command did not write",
            hint=f"to take its place, remove it: pulumi plugin rm resource nbcloud {__version__}",
        )
    return starts


def _started_by(folder: Path) -> Path | None:
    """Return the program of this command's stub; None for a folder with any other content."""
    text = _text_of(folder)
    lines = text.decode(errors="surrogateescape") if text else ""
    found = _STARTS.search(lines)
    if found is None or lines.split("\n")[1] != MARK:
        return None
    try:
        [starts] = shlex.split(found[1])
    except ValueError:
        return None
    return Path(starts)


def _text_of(folder: Path) -> bytes | None:
    """Read the program in a plugin's folder; None if it is no file, too long for a stub, or not the only file."""
    path = folder / PROGRAM
    try:
        if folder.is_symlink() or path.is_symlink() or os.listdir(folder) != [PROGRAM]:
            return None
        with path.open("rb") as file:
            text = file.read(_LIMIT)
    except OSError:
        return None
    return text if len(text) < _LIMIT else None


def _write(folder: Path, text: bytes) -> None:
    """Put a stub into its place atomically: an engine that starts meanwhile finds the old or the new one."""
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=_HIDDEN) as scratch:
        made = Path(scratch, folder.name)
        made.mkdir(mode=0o755)
        (made / PROGRAM).write_bytes(text)
        (made / PROGRAM).chmod(0o755)
        try:
            made.rename(folder)
        except OSError as error:
            # A stub exists already, or another run of this command was faster.
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            _replaceable(folder)
            (made / PROGRAM).replace(folder / PROGRAM)


def _remove(folder: Path) -> None:
    """Remove a stub atomically, with the files that the Pulumi CLI keeps beside it."""
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=_HIDDEN) as scratch:
        folder.rename(Path(scratch, folder.name))
    for suffix in (".lock", ".lastused"):
        folder.with_name(f"{folder.name}{suffix}").unlink(missing_ok=True)
    _forget_schema(folder)


def _forget_schema(folder: Path) -> None:
    """Remove the schema that the Pulumi CLI keeps of this version: that of another environment may differ."""
    for path in folder.parent.glob(f"schema-nbcloud-{folder.name.removeprefix(_FOLDER)}-*.json"):
        path.unlink(missing_ok=True)


def on_path() -> str | None:
    """Return the program on PATH, which the Pulumi CLI prefers to any stub; None if it uses none."""
    ignored = os.environ.get("PULUMI_IGNORE_AMBIENT_PLUGINS", "").lower() in ("1", "true")
    return None if ignored else shutil.which(PROGRAM)


@contextlib.contextmanager
def _can_be_written(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(
            f"{printable(str(folder))} cannot be written: {error.strerror or error}",
            hint="set PULUMI_HOME to a folder of yours, as for the Pulumi CLI",
        ) from None
