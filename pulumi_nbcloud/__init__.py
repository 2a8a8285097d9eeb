"""Look up, record and wait for the state of notebook clouds from a Pulumi stack.

    import pulumi_nbcloud as nbcloud

    lease = nbcloud.modelarts.get_notebook_lease(notebook_id="...")

Names are imported when they are first used (PEP 562), so importing the package costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from pulumi_nbcloud import forks as _forks
from pulumi_nbcloud._version import __version__ as __version__

if TYPE_CHECKING:
    from pulumi_nbcloud import aidp, hpcai, modelarts, testing
    from pulumi_nbcloud.errors import (
        AuthenticationError,
        BadResponseError,
        ExpectationError,
        InputError,
        NbcloudError,
        NotFoundError,
        PermissionDeniedError,
        RefusedError,
        SettingsError,
        ThrottledError,
        UnreachableError,
    )
    from pulumi_nbcloud.gate import Gate
    from pulumi_nbcloud.hooks import wait_before
    from pulumi_nbcloud.waiting.outcome import WaitError

__all__ = [
    "AuthenticationError",
    "BadResponseError",
    "ExpectationError",
    "Gate",
    "InputError",
    "NbcloudError",
    "NotFoundError",
    "PermissionDeniedError",
    "RefusedError",
    "SettingsError",
    "ThrottledError",
    "UnreachableError",
    "WaitError",
    "aidp",
    "hpcai",
    "modelarts",
    "testing",
    "wait_before",
]

_MODULES = {"aidp", "hpcai", "modelarts", "testing"}
_PLACES = {"Gate": "gate", "WaitError": "waiting.outcome", "wait_before": "hooks"}


if not TYPE_CHECKING:  # to a type checker a name that is misspelled must not exist

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        _forks.prepare()
        try:
            module = importlib.import_module(f"{__name__}.{name if name in _MODULES else _PLACES.get(name, 'errors')}")
        except RuntimeError as error:
            # Not above: in the provider process nothing may import standard modules before `provider.shadowed` does.
            from pulumi_nbcloud.errors import too_late

            late = too_late(error)
            if late is None:
                raise
            raise late from None
        if name in _MODULES:
            return module
        value: object = getattr(module, name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
