"""Settings of a process that runs for weeks: read the settings file again when it changes."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from pathlib import Path

from pulumi_nbcloud.settings.files import stamp
from pulumi_nbcloud.settings.sources import SettingsFile


def live(path: Path | None, load: Callable[[Path | None], SettingsFile]) -> SettingsFile:
    """Read a settings file, again whenever it changes.

    Args:
        path: the path of the file; None for none.
        load: reads it.

    Raises:
        SettingsError: it cannot be read. Later, each read of a cloud raises it until the file is valid again.
    """
    found = load(path)
    return found if path is None else SettingsFile(found.path, _Values(path, load, found.values))


class _Values(Mapping[str, object]):
    """The current content of the file."""

    def __init__(self, path: Path, load: Callable[[Path | None], SettingsFile], values: Mapping[str, object]) -> None:
        self._path = path
        self._load = load
        self._values = values
        self._stamp: Hashable = stamp(str(path))

    def _now(self) -> Mapping[str, object]:
        found = stamp(str(self._path))
        if found != self._stamp:
            self._values = self._load(self._path).values
            self._stamp = found
        return self._values

    def __getitem__(self, key: str) -> object:
        return self._now()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._now())

    def __len__(self) -> int:
        return len(self._now())
