"""The sources of the command's settings: a file in the place of Pulumi config, then those of every program."""

from __future__ import annotations

from pathlib import Path

from pulumi_nbcloud.errors import SettingsError
from pulumi_nbcloud.kinds.registry import KINDS
from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.settings.json_file import read_object
from pulumi_nbcloud.settings.sources import SettingsFile

_HINT = 'write it like {"modelarts": {"region": "cn-north-4"}, "profiles": {}}'


def config_reader(path: Path | None) -> SettingsFile:
    """Read a settings file.

    Args:
        path: a JSON object with the keys of Pulumi config: `nbcloud:modelarts`, `nbcloud:profiles` and so on, the
            `nbcloud:` is optional; None for none.

    Returns:
        A reader in the place of Pulumi config.

    Raises:
        SettingsError: the file cannot be read, is no JSON object, or has an unknown key.
    """
    if path is None:
        return SettingsFile(None, {})
    name = printable(str(path), 300)
    shown = f"the settings file {name}"
    found = read_object(path, shown, hint=_HINT)
    known = {*(token.partition(":")[0] for token in KINDS), "profiles"}
    values = {f"nbcloud:{key.removeprefix('nbcloud:')}": value for key, value in found.items()}
    unknown = sorted(set(values) - {f"nbcloud:{name}" for name in known})
    if unknown or len(values) < len(found):
        problem = f"has the key {printable(unknown[0], 60)}" if unknown else "has a key twice"
        raise SettingsError(f"{shown} {problem}", hint=f"known are {', '.join(sorted(known))}")
    return SettingsFile(name, values)
