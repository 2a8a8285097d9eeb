"""The interface of a resource type of the plugin, and the values that the servicer exchanges with it.

Names are snake_case here, and values are plain: whole numbers are ints, secrets are unwrapped, and an unknown value is
the marker that `engine.values.contains_unknown` knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True)
class Request:
    """A call of the engine about one resource.

    Args:
        urn: of the resource.
        name: of the resource, without its type.
        id: of the resource; empty while it has none.
        inputs: as the program passes them, or as a check returned them.
        olds: the state: the outputs of the last create, update or read. For a check, the inputs in state.
        old_inputs: the inputs in state.
        secret_inputs: the dotted paths of the inputs that are secret, as `engine.secrets.Secrets.of` takes them.
        preview: whether nothing may be done.
        timeout: the custom timeout of the operation in seconds; None if there is none.
        operation: `check`, `diff`, `create`, `update`, `read` or `delete`.
    """

    urn: str
    name: str
    id: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    olds: Mapping[str, Any] = field(default_factory=dict)
    old_inputs: Mapping[str, Any] = field(default_factory=dict)
    secret_inputs: tuple[str, ...] = ()
    preview: bool = False
    timeout: float | None = None
    operation: str = ""


@dataclass(frozen=True)
class Checked:
    """The result of a check.

    Args:
        inputs: the inputs that the engine stores and passes to the other methods.
        failures: the problems; each names its input in its text.
        secret_inputs: the names of completely secret inputs, besides those that came in secret.
    """

    inputs: Mapping[str, Any]
    failures: list[str] = field(default_factory=list)
    secret_inputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Difference:
    """The difference between the state and the inputs.

    Args:
        changes: whether the resource is to be updated or replaced.
        replaces: the inputs that need a replacement.
        changed: the inputs that the engine names as changed.
        delete_before_replace: whether a replacement deletes first.
    """

    changes: bool
    replaces: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    delete_before_replace: bool = False


@dataclass(frozen=True)
class Stored:
    """The stored form of a resource.

    Args:
        id: of the resource.
        outputs: all stored values, inputs among them.
        secret_outputs: the names of completely secret outputs.
        inputs: of a read, the inputs that belong to it; None to leave those in state.
        refresh_before_update: whether the engine must read it at the beginning of each update.
    """

    id: str
    outputs: Mapping[str, Any]
    secret_outputs: tuple[str, ...] = ()
    inputs: Mapping[str, Any] | None = None
    refresh_before_update: bool = False


class Awaiting(Exception):
    """Ends a create or an update of a resource that is awaiting: what depends on it is skipped, and nothing failed.

    Args:
        message: shown by an engine that takes this for a failure.
    """


class Resource(Protocol):
    """One resource type. Each method may raise an `NbcloudError`, whose text the engine shows."""

    async def check(self, request: Request) -> Checked:
        """Check the inputs, in preview too, without a request."""
        ...

    async def diff(self, request: Request) -> Difference:
        """Compare the inputs with the state."""
        ...

    async def create(self, request: Request) -> Stored:
        """Create it; in preview, return the known outputs."""
        ...

    async def update(self, request: Request) -> Stored:
        """Update it; in preview, return the known outputs."""
        ...

    async def read(self, request: Request) -> Stored | None:
        """Read it; None if it does not exist."""
        ...

    async def delete(self, request: Request) -> None:
        """Delete it."""
