"""What a resource type of the plugin is, and what the servicer hands to it and takes back.

Names are snake_case here, and values are plain: whole numbers are ints, secrets are unwrapped, and an unknown value is
the marker that `engine.values.contains_unknown` knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True)
class Request:
    """What the engine wants of one resource.

    Args:
        urn: of the resource.
        name: of the resource, without its type.
        id: of the resource; empty while it has none.
        inputs: as the program gives them, or as a check returned them.
        olds: what is in state: the outputs of the last create, update or read. For a check, the inputs in state.
        old_inputs: the inputs in state.
        secret_inputs: the dotted paths of the inputs that are secret, as `engine.secrets.Secrets.of` takes them.
        preview: whether nothing may be done.
        timeout: the custom timeout of the operation in seconds; None where there is none.
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
    """What a check returns.

    Args:
        inputs: what the engine stores and gives to the other methods.
        failures: what is wrong; each names its input in its text.
        secret_inputs: the names of those that are secret as a whole, besides what came in secret.
    """

    inputs: Mapping[str, Any]
    failures: list[str] = field(default_factory=list)
    secret_inputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Difference:
    """What differs between the state and the inputs.

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
    """What the engine stores of a resource.

    Args:
        id: of the resource.
        outputs: all that is stored, inputs among them.
        secret_outputs: the names of the outputs that are secret as a whole.
        inputs: of a read, the inputs that belong to it; None to leave those in state.
        refresh_before_update: whether the engine is to read it at the beginning of each update.
    """

    id: str
    outputs: Mapping[str, Any]
    secret_outputs: tuple[str, ...] = ()
    inputs: Mapping[str, Any] | None = None
    refresh_before_update: bool = False


class Awaiting(Exception):
    """Ends a create or an update of a resource that is awaiting: what depends on it is skipped, and nothing failed.

    Args:
        message: what an engine shows that takes this for a failure.
    """


class Resource(Protocol):
    """One resource type. Each method may raise an `NbcloudError`, whose text is what the engine shows."""

    async def check(self, request: Request) -> Checked:
        """Check the inputs, in preview too, without any request."""
        ...

    async def diff(self, request: Request) -> Difference:
        """Compare the inputs with the state."""
        ...

    async def create(self, request: Request) -> Stored:
        """Create it; in preview, return what is known of its outputs."""
        ...

    async def update(self, request: Request) -> Stored:
        """Update it; in preview, return what is known of its outputs."""
        ...

    async def read(self, request: Request) -> Stored | None:
        """Read it; None where it does not exist."""
        ...

    async def delete(self, request: Request) -> None:
        """Delete it."""
