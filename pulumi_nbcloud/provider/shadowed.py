"""Standard modules for this package if the user's project has modules of the same names.

The SDK's provider process has the project's folder first on its path. With a `secrets.py` there, a library that this
package needs would import the user's module instead of Python's, and every gate and record would fail with whatever
that module does. So this package first imports what it needs with Python's own folder first on the path. Afterwards the
user's modules are found again, and their providers import the same modules as always.

Imports inside functions come later. They find Python's modules too, if a module of this package or of a library below
it imports. All this happens only if the project shadows a standard module.
"""

from __future__ import annotations

import builtins
import importlib
import os
import pkgutil
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.machinery import all_suffixes
from types import ModuleType
from typing import Any

# Not of the provider process.
_OTHERS = ("aidp", "cli", "gate", "hooks", "hpcai", "mock", "modelarts", "program", "serve", "testing")
# Loaded when they are first used, by libraries or by Python itself.
_LATER = (
    "_strptime",
    "anyio._backends._asyncio",
    "certifi",
    "encodings.idna",
    "importlib.readers",
    "importlib.resources",
)
# Python's own modules that import others when they are used; none imports by a name from data, as `pickle` does.
_PYTHONS = (
    "asyncio",
    "datetime",
    "email",
    "encodings",
    "http",
    "json",
    "locale",
    "random",
    "shutil",
    "socket",
    "ssl",
    "tempfile",
    "traceback",
    "urllib",
    "warnings",
)
# Libraries of a `signer`, which the user's own module imports.
_SIGNERS = ("oci", "cryptography", "OpenSSL", "dateutil")


def protect() -> None:
    """Let this package find the standard modules; do nothing outside the SDK's dynamic provider process."""
    if not hasattr(sys.modules.get("__main__"), "DynamicResourceProviderServicer"):
        return
    if os.environ.get("NBCLOUD_PROVIDER_PATCHES", "").lower() == "off":
        return
    # A provider process without this still works, unless the project shadows a module.
    with suppress(Exception):
        shadows = find_shadows(sys.path)
        if shadows:
            standard = StandardModules(shadows)
            standard.load(_load_ours)
            builtins.__import__ = standard.import_module


def find_shadows(path: Sequence[str]) -> dict[str, str]:
    """Return the modules that lie before Python's own of the same name.

    Args:
        path: as `sys.path`.

    Returns:
        By name the file without its suffix, or the folder.
    """
    found: dict[str, str] = {}
    names = sys.stdlib_module_names.difference(sys.builtin_module_names)  # those are found before any folder
    for folder in path:
        if _is_pythons(folder):
            break
        with suppress(OSError):
            for entry in os.scandir(folder or "."):
                name, dot, rest = entry.name.partition(".")
                if name in names and name not in found and _can_be_imported(entry, dot + rest):
                    found[name] = os.path.join(os.path.abspath(folder), name)
    return found


def _can_be_imported(entry: os.DirEntry[str], suffix: str) -> bool:
    # A folder without this file never wins over a module that is found later on the path.
    return suffix in all_suffixes() if suffix else os.path.exists(os.path.join(entry.path, "__init__.py"))


def _is_pythons(folder: str) -> bool:
    """Return whether an entry of the path is one of Python's own: the library, its zip, its compiled part."""
    zipped = f"python{sys.version_info.major}{sys.version_info.minor}.zip"
    own = os.path.realpath(os.path.dirname(os.__file__))
    return os.path.basename(folder) in (zipped, "lib-dynload") or os.path.realpath(folder) == own


def _load_ours() -> None:
    """Import every module of this package that the process can need, and with them the libraries."""
    import pulumi_nbcloud

    _load_package(pulumi_nbcloud)
    for name in _LATER:
        _load(name)


def _load_package(package: ModuleType) -> None:
    for each in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        if each.name.removeprefix("pulumi_nbcloud.") not in _OTHERS:
            module = _load(each.name)
            if each.ispkg and module is not None:
                _load_package(module)


def _load(name: str) -> ModuleType | None:
    # A module that cannot be imported fails where it is needed, with its own message.
    with suppress(Exception):
        return importlib.import_module(name)
    return None


class StandardModules:
    """Keeps Python's own modules, for importers that must not get the project's.

    Args:
        shadows: the project's modules, by name; see `find_shadows`.
    """

    def __init__(self, shadows: Mapping[str, str]) -> None:
        self._shadows = shadows
        self._kept: dict[str, ModuleType] = {}
        self._importers = {*_PYTHONS, *_SIGNERS}
        self._lock = threading.RLock()
        self._import = builtins.__import__

    def load(self, work: Callable[[], None]) -> None:
        """Do work that imports, and keep the loaded modules apart from the project's; they stay available."""
        before = set(sys.modules)
        with self._standard():
            work()
            self._importers |= {_top(name) for name in set(sys.modules) - before}

    def import_module(
        self,
        name: str,
        globals: Mapping[str, Any] | None = None,  # noqa: A002  (the names of the function that it stands for)
        locals: Mapping[str, Any] | None = None,  # noqa: A002
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        """Import as the `import` statement does; takes the place of `builtins.__import__`."""
        if level == 0 and _top(name) in self._shadows and self._is_ours(globals):
            with suppress(ImportError, KeyError):
                module = self._find(name)
                for each in fromlist or ():
                    if not hasattr(module, each):
                        with suppress(ImportError, KeyError):
                            self._find(f"{name}.{each}")
                return module if fromlist else self._find(_top(name))
        return self._import(name, globals, locals, fromlist or (), level)

    def _find(self, name: str) -> ModuleType:
        if name not in self._kept:
            with self._standard():
                importlib.import_module(name)
        return self._kept[name]

    def _is_ours(self, importer: Mapping[str, Any] | None) -> bool:
        """Return whether the module with these globals is one that the standard modules are kept for."""
        name = str((importer or {}).get("__name__"))
        return _top(name) in self._importers and not self._is_projects(name, (importer or {}).get("__file__"))

    def _is_projects(self, name: str, file: object) -> bool:
        shadow = self._shadows.get(_top(name))
        path = os.path.abspath(file) if isinstance(file, str) else ""
        return shadow is not None and path.startswith((f"{shadow}.", f"{shadow}{os.sep}"))

    @contextmanager
    def _standard(self) -> Iterator[None]:
        """Let imports find Python's modules in the block, and the project's after it."""
        with self._lock:
            path, before = sys.path, {each: sys.modules[each] for each in list(sys.modules) if self._has(each)}
            theirs = {
                name: module
                for name, module in before.items()
                if self._is_projects(name, getattr(module, "__file__", None))
            }
            for name in theirs:
                del sys.modules[name]
            for name, module in self._kept.items():
                sys.modules.setdefault(name, module)
            sys.path = [*filter(_is_pythons, path), *path]
            try:
                yield
            finally:
                sys.path = path
                for name in [each for each in sys.modules if self._has(each)]:
                    self._kept[name] = sys.modules[name]
                    # A module of Python that was loaded before was everybody's, so it stays.
                    if _top(name) not in before or _top(name) in theirs:
                        del sys.modules[name]
                sys.modules.update(theirs)

    def _has(self, name: str) -> bool:
        return _top(name) in self._shadows


def _top(name: str) -> str:
    return name.partition(".")[0]
