"""What to write instead of something that cannot be a target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi

from pulumi_nbcloud.kinds.kind import Kind
from pulumi_nbcloud.kinds.registry import KINDS, load
from pulumi_nbcloud.program.stored import StoredResource

_FORMS = 'give the Args of a kind, a read resource, or a dict with "kind"'


def advice(target: Any) -> str:
    """Advise on a wrong target, by its type.

    Args:
        target: anything but the Args of a kind, a read resource or a dict.

    Returns:
        A hint.
    """
    if isinstance(target, type):
        token = getattr(target, "_token", None)
        return f"make one: {_call(target, load(token))}" if token else _FORMS
    if isinstance(target, str):
        token = target.partition("/")[0]
        return f"give {_args(load(token))}" if token in KINDS else f"an id does not say of which kind it is; {_FORMS}"
    if isinstance(target, pulumi.Output):
        return "give the Args of a kind, whose arguments may be Outputs; what a lookup gives is read only once"
    if isinstance(target, pulumi.Resource):
        return _of_resource(target)
    if isinstance(target, Sequence):
        return 'give several things by name: targets={"lease": ...}'
    for token in KINDS:
        kind = load(token)
        if isinstance(target, kind.state):
            return f"give {_args(kind)}: what a lookup gives is read only once"
    return _FORMS


def _of_resource(target: pulumi.Resource) -> str:
    if isinstance(target, StoredResource):  # a gate, because read resources are targets
        return "wait for another gate with opts=pulumi.ResourceOptions(depends_on=[...])"
    return "give the Args of a kind, with an output of the resource as an argument: InstanceArgs(instance_id=...)"


def _args(kind: Kind[Any, Any, Any]) -> str:
    names = kind.required_names or ("profile",)
    return f"nbcloud.{kind.cloud}.{kind.name}Args({', '.join(f'{name}=...' for name in names)})"


def _call(target: type, kind: Kind[Any, Any, Any]) -> str:
    values = [f"{name}=..." for name in kind.required_names]
    return f"{target.__name__}({', '.join(['...', *values] if issubclass(target, pulumi.Resource) else values)})"
