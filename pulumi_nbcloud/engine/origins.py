"""The origin of a wait, as the engine names it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from pulumi_nbcloud.engine.secrets import Secrets
from pulumi_nbcloud.waiting.listeners import Origin


def gate_origin(urn: str | None, operation: str, inputs: Mapping[str, Any], secrets: Secrets) -> Origin:
    """Return the origin of a gate's wait.

    Args:
        urn: of the gate; None where it is not known.
        operation: `create` or `update`.
        inputs: of the gate.
        secrets: its secret values.
    """
    name = (urn or "").rpartition("::")[2]
    return Origin("gate", name, urn, operation, secret_inputs=_secret_inputs(inputs), redact=secrets.text)


def hook_origin(name: str | None, args: pulumi.ResourceHookArgs, inputs: Mapping[str, Any], secrets: Secrets) -> Origin:
    """Return the origin of a hook's wait.

    Args:
        name: of the hook; None to name it after the resource.
        args: the engine's arguments of the hook.
        inputs: of the wait.
        secrets: its secret values.
    """
    operation = "delete" if args.new_inputs is None else "create" if args.old_inputs is None else "update"
    return Origin(
        "wait_before",
        name or args.name,
        args.urn,
        operation,
        secret_inputs=_secret_inputs(inputs),
        redact=secrets.text,
    )


def _secret_inputs(inputs: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(inputs.get("secret_inputs") or ())
