"""The base of read resources: their form in a program, and the id by which the engine reads them."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping
from types import FrameType
from typing import Any, ClassVar

import pulumi
import pulumi.runtime
from pulumi.runtime import stack
from pulumi.runtime.settings import get_root_resource

from pulumi_nbcloud.errors import InputError
from pulumi_nbcloud.kinds.fields import records_of, volatile_fields
from pulumi_nbcloud.kinds.kind import Kind
from pulumi_nbcloud.kinds.registry import load
from pulumi_nbcloud.program.checks import check_name, snake_case
from pulumi_nbcloud.program.inputs import as_run_error, clean, given_inputs
from pulumi_nbcloud.program.output_types import derive_outputs
from pulumi_nbcloud.program.resource_options import check_options
from pulumi_nbcloud.program.stored import StoredResource
from pulumi_nbcloud.provider.read import INCLUDE_VOLATILE, ReadProvider


class ReadResource(StoredResource):
    """The base of read resources: recorded in state, never created or deleted, read again on each run.

    Args:
        resource_name: its name in the stack.
        inputs: the arguments by name; None counts as not given.
        opts: resource options; `id` is not among them.
        include_volatile: whether to record fields too that change without an event; None for no.

    Raises:
        InputError: an argument that is known already cannot be right.
    """

    _token: ClassVar[str]

    def __init_subclass__(cls, module: str = "", name: str = "Resource") -> None:
        super().__init_subclass__(module=module, name=name)
        derive_outputs(cls)

    def __init__(
        self,
        resource_name: str,
        inputs: Mapping[str, Any],
        opts: pulumi.ResourceOptions | None,
        include_volatile: pulumi.Input[bool | None] | None = None,
    ) -> None:
        clean(lambda: self._check(resource_name, opts))
        kind: Kind[Any, Any, Any] = load(self._token)
        self._arguments = given_inputs(inputs)
        state: type = kind.state
        if include_volatile is None and any(map(volatile_fields, records_of(state))):
            include_volatile = False  # set explicitly, so that a state contains it
        given = {**self._arguments, **given_inputs({INCLUDE_VOLATILE: include_volatile})}

        def identify(known: Mapping[str, Any]) -> str:
            # The engine does not check read resources, so the constructor does; the provider checks again.
            try:
                return kind.identify(kind.parse({key: known[key] for key in known if key != INCLUDE_VOLATILE}))
            except Exception as error:
                raise as_run_error(error) from None

        identity: pulumi.Input[str]
        if any(isinstance(value, pulumi.Output) for value in given.values()):
            # Unknown while any input is: the engine reads as soon as it knows the id, and leaves out what it does not
            # know, so an unknown profile would read the default one. Not secret: the SDK cannot send a secret id.
            identity = pulumi.Output.unsecret(pulumi.Output.all(**given).apply(identify))
        else:
            identity = identify(given)
        declared = dict.fromkeys(kind.state_names)
        options = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=identity))
        provider = ReadProvider(self._token, takes_recent=kind.reads_all and _follows_nothing(given, opts))
        super().__init__(provider, resource_name, {**declared, **given}, options)

    @classmethod
    def _has_no_get(cls) -> InputError:
        kind: Kind[Any, Any, Any] = load(cls._token)
        given = ", ".join(f"{name}=..." for name in kind.required_names)
        lookup = f"get_{snake_case(kind.name)}_output"
        return InputError(
            f"{cls.__name__} has no get: declaring it reads what there is",
            hint=f'write {cls.__name__}("name", {given}), or without a record nbcloud.{kind.cloud}.{lookup}({given})',
        )

    def _check(self, resource_name: str, opts: pulumi.ResourceOptions | None) -> None:
        """Reject a name and options that a record cannot have."""
        check_name(type(self).__name__, resource_name)
        check_options(f"{self._token} {resource_name}", opts, read_by=load(self._token).required_names)


def _follows_nothing(given: Mapping[str, Any], opts: pulumi.ResourceOptions | None) -> bool:
    """Return whether a record could as well be read at the start of the program, because it depends on nothing.

    Its inputs are plain, its options name no other resource, nothing may add such an option, and the program declares
    it outside of `apply` and before any `await`: what they run comes after something.
    """
    if any(isinstance(value, pulumi.Output) for value in given.values()):
        return False
    if opts is not None and any(
        getattr(opts, name, None) for name in ("depends_on", "parent", "transformations", "transforms")
    ):
        return False
    if getattr(get_root_resource(), "_transformations", None):
        return False
    frame: FrameType | None = sys._getframe()
    while frame is not None and frame.f_code.co_filename != stack.__file__:
        frame = None if frame.f_code.co_flags & inspect.CO_COROUTINE else frame.f_back
    return frame is not None
