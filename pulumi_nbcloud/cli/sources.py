"""Where the command's settings come from: a file in the place of Pulumi config, then what every program reads."""

from __future__ import annotations

import json
from pathlib import Path

from pulumi_nbcloud.errors import SettingsError
from pulumi_nbcloud.kinds.registry import KINDS
from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.settings.objects import DuplicateKeyError, once
from pulumi_nbcloud.settings.paths import oddity
from pulumi_nbcloud.settings.sources import SettingsFile

_MAX_BYTES = 1_000_000
_HINT = 'write it like {"modelarts": {"region": "cn-north-4"}, "profiles": {}}'


def config_reader(path: Path | None) -> SettingsFile:
    """Read a settings file.

    Args:
        path: of a JSON object with the keys of Pulumi config: `nbcloud:modelarts`, `nbcloud:profiles` and so on, the
            `nbcloud:` may be left out; None for none.

    Returns:
        A reader that stands for Pulumi config.

    Raises:
        SettingsError: the file cannot be read, is no JSON object, or has a key that is none of ours.
    """
    if path is None:
        return SettingsFile(None, {})
    name = printable(str(path), 300)
    shown = f"the settings file {name}"
    try:
        with path.open("rb") as file:
            text = file.read(_MAX_BYTES + 1)
        found = json.loads(text, object_pairs_hook=once) if len(text) <= _MAX_BYTES else None
    except OSError as error:
        raise SettingsError(
            f"{shown} cannot be read: {error.strerror}", hint=oddity(str(path)) or "check the path"
        ) from None
    except DuplicateKeyError as error:
        raise SettingsError(f"{shown} has the key {error.key} twice in one object", hint="keep one of them") from None
    except json.JSONDecodeError as error:
        # Its own text quotes nothing of the file, but only says what was expected.
        where = f"line {error.lineno}, column {error.colno}"
        raise SettingsError(f"{shown} is no JSON from {where} on: {error.msg}", hint=_HINT) from None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise SettingsError(f"{shown} is no JSON object of at most {_MAX_BYTES} bytes", hint=_HINT)
    known = {*(token.partition(":")[0] for token in KINDS), "profiles"}
    values = {f"nbcloud:{key.removeprefix('nbcloud:')}": value for key, value in found.items()}
    unknown = sorted(set(values) - {f"nbcloud:{name}" for name in known})
    if unknown or len(values) < len(found):
        problem = f"has the key {printable(unknown[0], 60)}" if unknown else "has a key twice"
        raise SettingsError(f"{shown} {problem}", hint=f"known are {', '.join(sorted(known))}")
    return SettingsFile(name, values)
