"""JSON files that users write: one object, without duplicate keys, of limited size."""

from __future__ import annotations

import json
from pathlib import Path

from pulumi_nbcloud.errors import SettingsError
from pulumi_nbcloud.settings.objects import DuplicateKeyError, once
from pulumi_nbcloud.settings.paths import oddity

MAX_BYTES = 1_000_000


def read_object(path: Path, shown: str, *, hint: str) -> dict[str, object]:
    """Read a JSON file with one object.

    Args:
        path: of the file.
        shown: its name in messages: `the settings file x.json`.
        hint: the format of such a file.

    Returns:
        The object.

    Raises:
        SettingsError: the file cannot be read, is no JSON object, or has a duplicate key.
    """
    try:
        with path.open("rb") as file:
            text = file.read(MAX_BYTES + 1)
        found = json.loads(text, object_pairs_hook=once) if len(text) <= MAX_BYTES else None
    except OSError as error:
        raise SettingsError(
            f"{shown} cannot be read: {error.strerror}", hint=oddity(str(path)) or "check the path"
        ) from None
    except DuplicateKeyError as error:
        raise SettingsError(f"{shown} has the key {error.key} twice in one object", hint="keep one of them") from None
    except json.JSONDecodeError as error:
        # Its own text quotes nothing of the file, only the expectation.
        where = f"line {error.lineno}, column {error.colno}"
        raise SettingsError(f"{shown} is no JSON from {where} on: {error.msg}", hint=hint) from None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise SettingsError(f"{shown} is no JSON object of at most {MAX_BYTES} bytes", hint=hint)
    return found
