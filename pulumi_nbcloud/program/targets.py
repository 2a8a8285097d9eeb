"""What a gate polls: the Args of a kind, a record, or a dict, written as plain inputs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from pulumi_nbcloud.errors import InputError
from pulumi_nbcloud.kinds.registry import KINDS
from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.program.checks import a, take_strictly
from pulumi_nbcloud.program.inputs import given_inputs
from pulumi_nbcloud.program.record import ReadResource
from pulumi_nbcloud.program.target_advice import advice


class TargetArgs:
    """The arguments of a kind, as a gate's target: the base of every kind's Args.

    Args:
        inputs: the arguments by name; None counts as not given.
    """

    _token: ClassVar[str]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        take_strictly(cls)

    def __init__(self, inputs: Mapping[str, Any]) -> None:
        self._arguments = given_inputs(inputs)


if TYPE_CHECKING:
    from pulumi_nbcloud.program.target_dicts import TargetDict

    Target: TypeAlias = TargetArgs | ReadResource | TargetDict
else:
    Target: TypeAlias = TargetArgs | ReadResource | Mapping[str, Any]
"""What a gate polls: the Args of a kind, a read resource (which stands for its Args), or a dict with `kind`."""


def target_inputs(where: str, target: Target) -> dict[str, Any]:
    """Write a target as the plain inputs that a gate stores.

    Args:
        where: names the target, for messages.
        target: the target.

    Returns:
        `kind` and the arguments.

    Raises:
        InputError: it is none of the three forms.
    """
    if isinstance(target, (TargetArgs, ReadResource)):
        return {"kind": target._token, **target._arguments}
    if isinstance(target, Mapping):
        return given_inputs(target)
    raise InputError(f"{where} cannot be {a(target)}", hint=advice(target))


def targets_by_name(where: str, target: Target | None, targets: Mapping[str, Target] | None) -> dict[str, Any]:
    """Write the targets as plain inputs, by their names in conditions.

    Args:
        where: names the wait, for messages.
        target: the only thing, called `self` in conditions.
        targets: several things, by name.

    Returns:
        The inputs of each, by name.

    Raises:
        InputError: both or neither, or something that cannot be a target.
    """
    if (target is None) == (targets is None):
        raise InputError(
            f"{where}: give either target= or targets=",
            hint="target= for one thing, which conditions call self; targets= for several, by name",
        )
    if targets is not None and not isinstance(targets, Mapping):
        raise InputError(
            f"{where}: targets cannot be {a(targets)}",
            hint="give a dict of things by the name that conditions call them; target= for one thing",
        )
    one: Any = target  # what a program passes, whatever the annotation says
    if isinstance(one, Mapping) and "kind" not in one and any(map(_is_target, one.values())):
        raise InputError(f"{where}: target= is one thing", hint="give several by name: targets={...}")
    if targets is not None and isinstance(targets.get("kind"), str):
        raise InputError(f"{where}: targets= is several things by name", hint="give one thing as target=")
    _check_names(where, targets or {})
    chosen = {"self": target} if target is not None else dict(targets or {})
    return {name: target_inputs(f"{where}: target {name}", each) for name, each in chosen.items()}


def _is_target(value: object) -> bool:
    return isinstance(value, (TargetArgs, ReadResource)) or (isinstance(value, Mapping) and "kind" in value)


def _check_names(where: str, names: Iterable[object]) -> None:
    """Reject names that are not text; the check of the conditions rejects the others."""
    for name in names:
        problem = "a kind" if name in KINDS else None if isinstance(name, str) else a(name)
        if problem:
            raise InputError(
                f"{where}: {printable(str(name), 60)} is {problem}, not the name of a target",
                hint='call it what conditions are to call it: targets={"lease": ...}',
            )
