"""Parse the vendors' INI files like Python's configparser; errors name the place, never the value."""

from __future__ import annotations

import configparser
import os
import re
from collections.abc import Mapping

from pulumi_nbcloud.errors import SettingsError
from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.settings.paths import oddity

DEFAULT_SECTION = "DEFAULT"
"""Every other section inherits its keys; only this one may occur several times."""

Sections = Mapping[str, Mapping[str, str]]

# A longer name or other characters may be part of a key that lost its indentation.
_KEY_NAME = re.compile(r"[a-z][a-z0-9_.-]{0,39}", re.ASCII)


def parse_ini(text: str, name: str, example: str) -> Sections:
    """Parse sections of keys.

    Args:
        text: the file's content.
        name: the name of the file in messages.
        example: what such a file looks like, for the hint.

    Returns:
        Each section with its own keys, names in lower case; the caller applies the inheritance from `DEFAULT_SECTION`.

    Raises:
        SettingsError: it has another format, or a duplicate section or key; names the line, not its content.
    """
    try:
        # Parse like the vendors' tools and reject what they reject. Then parse again, because this
        # parser does not separate a section's own keys from inherited ones.
        configparser.ConfigParser(interpolation=None, default_section=DEFAULT_SECTION).read_string(text)
    except configparser.Error as error:
        # The parser's own text quotes the line, which may be a passphrase.
        raise _explained(error, name, example) from None
    own = configparser.ConfigParser(interpolation=None, default_section="", strict=False)
    own.read_string(text)
    return {section: dict(own[section]) for section in own.sections()}


def read_ini(path: str, name: str, example: str) -> Sections:
    """Read a file of sections of keys; see `parse_ini`.

    Args:
        path: its path.
        name: its name in messages, with its path.
        example: what such a file looks like, for the hint.

    Raises:
        SettingsError: it cannot be read, or has another format.
    """
    try:
        # Editors on Windows write a byte order mark before the text.
        with open(path, encoding="utf-8-sig") as file:
            return parse_ini(file.read(), name, example)
    except UnicodeDecodeError:
        raise SettingsError(f"{name} is not text in UTF-8", hint=example) from None
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else type(error).__name__
        raise SettingsError(
            f"{name} cannot be read: {reason}", hint=oddity(path) or "check the path and who may read it"
        ) from None


def _explained(error: configparser.Error, name: str, example: str) -> SettingsError:
    if isinstance(error, configparser.DuplicateOptionError):
        key = f"the key {error.option}" if _KEY_NAME.fullmatch(error.option) else "a key"
        return SettingsError(
            f"{name} has {key} twice in section [{printable(str(error.section), 60)}], again in line {error.lineno}",
            hint="keep one of them: nobody can tell which one is meant",
        )
    if isinstance(error, configparser.DuplicateSectionError):
        return SettingsError(
            f"{name} has the section [{printable(str(error.section), 60)}] twice, again in line {error.lineno}",
            hint=f"put its lines into one section; only [{DEFAULT_SECTION}] may be there twice",
        )
    if isinstance(error, configparser.MissingSectionHeaderError):
        what = f"line {error.lineno} stands before any section"
    else:
        lines = getattr(error, "errors", ())
        what = f"line {lines[0][0]} is neither a section nor a key with a value" if lines else "it cannot be read"
    return SettingsError(f"{name} is not a configuration file: {what}", hint=example)
