"""Quotation marks and comments that a tool left in a value: `docker --env-file` keeps them, for example."""

from __future__ import annotations

import re

from pulumi_nbcloud.errors import SettingsError
from pulumi_nbcloud.settings.schema import Settings

_MARKS = ('"', "'")
# A user may choose such a password, and writes it literally only where nothing needs quotes.
_COMMENT = re.compile(r"[ \t]([#;])")
_PATHS = frozenset({"configFile", "caFile"})  # a folder may have such a name, and a missing file has a better message
_CHOSEN_BY_USERS = frozenset({"password", "passphrase"})


def is_quoted(value: str) -> bool:
    """Return whether a value begins and ends with the same quotation mark."""
    return len(value) > 1 and value[0] in _MARKS and value[0] == value[-1]


def refuse_quotes(value: str, name: str) -> None:
    """Reject a value within quotation marks.

    Args:
        value: the value; never shown.
        name: its name in messages.

    Raises:
        SettingsError: it begins and ends with the same mark.
    """
    if is_quoted(value):
        raise SettingsError(
            f"{name} begins and ends with a quotation mark; nothing was sent",
            hint="take the marks off: docker --env-file, for example, makes them a part of the value",
        )


def refuse_comment(value: str, name: str) -> None:
    """Reject a one-line value with a comment, as other formats have it.

    Args:
        value: the value; never shown.
        name: its name in messages.

    Raises:
        SettingsError: it contains a blank followed by `#` or `;`.
    """
    if "\n" not in value and (found := _COMMENT.search(value)):
        raise SettingsError(
            f'{name} holds " {found[1]}", which begins no comment there; nothing was sent',
            hint="put the comment into a line of its own",
        )


def check_quotes(settings: Settings) -> None:
    """Reject settings with quotation marks or a comment: the cloud would reject such a key and count it towards a lock.

    Args:
        settings: the resolved settings.

    Raises:
        SettingsError: names the setting and its source. Passwords in Pulumi config or a file are exempt.
    """
    for key, value in settings.values.items():
        if key not in _CHOSEN_BY_USERS or settings.origin.get(key, "").startswith("the environment"):
            refuse_quotes(value, settings.named(key))
        if key not in _CHOSEN_BY_USERS | _PATHS:
            refuse_comment(value, settings.named(key))
