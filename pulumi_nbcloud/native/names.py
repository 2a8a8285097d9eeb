"""Names of the plugin: properties in camelCase, and the tokens of resources, functions and types.

The core uses snake_case. Each form of a name follows from the other, so no table is needed.
"""

from __future__ import annotations

import re

from pulumi_nbcloud.kinds.registry import KINDS
from pulumi_nbcloud.spelling import camel as camel

PACKAGE = "nbcloud"
GATE = f"{PACKAGE}:index:Gate"
WAIT_START = f"{PACKAGE}:index:WaitStart"

_CAPITAL = re.compile(r"[A-Z]")


def snake(name: str) -> str:
    """Write a name in snake_case: `notebook_id` of `notebookId`."""
    return _CAPITAL.sub(lambda match: f"_{match[0].lower()}", name)


def resource_token(kind: str) -> str:
    """Return the token of a kind's read resource: `nbcloud:modelarts:NotebookLease`.

    Args:
        kind: its own token, `modelarts:NotebookLease`.
    """
    return f"{PACKAGE}:{kind}"


def function_token(kind: str) -> str:
    """Return the token of a kind's function: `nbcloud:modelarts:getNotebookLease`.

    Args:
        kind: its own token, `modelarts:NotebookLease`.
    """
    cloud, _, name = kind.partition(":")
    return f"{PACKAGE}:{cloud}:get{name}"


def target_token(kind: str) -> str:
    """Return the token of a kind's type as the target of a gate: `nbcloud:index:ModelartsNotebookLeaseTarget`.

    It is in the gate's module: a module for Go that names a type of another module in a union does not compile.

    Args:
        kind: its own token, `modelarts:NotebookLease`.
    """
    cloud, _, name = kind.partition(":")
    return f"{PACKAGE}:index:{cloud[:1].upper()}{cloud[1:]}{name}Target"


def record_token(kind: str, record: type) -> str:
    """Return the token of the type of a part of a kind's state: `nbcloud:modelarts:DevServerJobRow`.

    Args:
        kind: the kind's own token, `modelarts:DevServerJobs`.
        record: the dataclass of the part. A complete state that is an item of a list is called a row here too: in Go,
            `InstanceState` is already the state of the resource `Instance`.
    """
    cloud = kind.partition(":")[0]
    name = record.__name__
    return f"{PACKAGE}:{cloud}:{f'{name[:-5]}Row' if name.endswith('State') else name}"


def kind_of_resource(token: str) -> str | None:
    """Return the token of the kind that a read resource is of; None for any other token."""
    return next((kind for kind in KINDS if resource_token(kind) == token), None)


def kind_of_function(token: str) -> str | None:
    """Return the token of the kind that a function reads; None for any other token."""
    return next((kind for kind in KINDS if function_token(kind) == token), None)
