"""The read resources of the plugin: kept in the stack's state, and read again on each run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pulumi.runtime import rpc

from pulumi_nbcloud.engine.values import contains_unknown
from pulumi_nbcloud.errors import InputError, NbcloudError, NotFoundError
from pulumi_nbcloud.native.names import camel
from pulumi_nbcloud.native.resources import Checked, Difference, Request, Stored
from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.spelling import CAMEL_CASE

if TYPE_CHECKING:
    from pulumi_nbcloud.kinds.kind import Kind
    from pulumi_nbcloud.native.process import Process

INCLUDE_VOLATILE = "include_volatile"


class Records:
    """Serves the read resource of one kind. Nothing in a cloud is created, changed or deleted.

    Args:
        process: reads.
        token: the kind's own token.
    """

    def __init__(self, process: Process, token: str) -> None:
        from pulumi_nbcloud.kinds.fields import records_of, volatile_fields
        from pulumi_nbcloud.kinds.registry import load

        self._process = process
        self._kind: Kind[Any, Any, Any] = load(token)
        state: type = self._kind.state
        self._has_volatile = any(map(volatile_fields, records_of(state)))

    async def check(self, request: Request) -> Checked:
        """Check the arguments without a request; a value that is not known yet passes."""
        inputs = {name: value for name, value in request.inputs.items() if value is not None}
        if self._has_volatile:
            inputs.setdefault(INCLUDE_VOLATILE, False)  # set explicitly, so that a state contains it
        inputs = self._process.with_profile(inputs)
        try:
            arguments = self._parsed(inputs)
        except NbcloudError as error:
            return Checked(inputs, [str(error)])
        for doubt in self._kind.doubts(arguments, CAMEL_CASE) if arguments is not None else ():
            self._process.warn(doubt, request.urn)
        return Checked(inputs)

    async def diff(self, request: Request) -> Difference:
        """Compare the arguments: another thing is another resource, and any other change reads again."""
        old, new = request.old_inputs or request.olds, request.inputs
        names = (*self._kind.argument_names, INCLUDE_VOLATILE)
        changed = tuple(name for name in names if old.get(name) != new.get(name))
        replaces = tuple(name for name in changed if name in self._kind.required_names)
        return Difference(bool(changed), replaces, changed)

    async def create(self, request: Request) -> Stored:
        """Read it, in preview too; if the thing is not known yet, neither are the outputs."""
        arguments = self._parsed(request.inputs)
        if arguments is None:
            unknown = dict.fromkeys(self._kind.state_names, rpc.UNKNOWN)
            return Stored("", {**unknown, **request.inputs}, refresh_before_update=True)
        return await self._stored(arguments, request.inputs, is_declared=True)

    async def update(self, request: Request) -> Stored:
        """Read it again."""
        return await self.create(request)

    async def read(self, request: Request) -> Stored | None:
        """Read it for a `get`, which gives little more than the id, for a refresh and for an import.

        Returns:
            The state; None if it does not exist and the cloud's response confirms that.

        Raises:
            NbcloudError: it could not be read, or is not found and that does not confirm its absence.
        """
        inputs = self._inputs_of(request)
        own = {name: value for name, value in inputs.items() if name != INCLUDE_VOLATILE}
        arguments = self._kind.parse(own, CAMEL_CASE)
        if self._kind.identify(arguments) != request.id:
            raise InputError(
                f"{self._kind.token} {printable(request.id)}: the id is not the one of the arguments",
                hint="leave the arguments of get out, but for the profile; do not edit the state",
            )
        try:
            return await self._stored(arguments, inputs, is_declared=self._is_declared(request))
        except NotFoundError:
            if self._kind.not_found_is_gone:
                return None
            raise

    async def delete(self, request: Request) -> None:
        """Do nothing: a read resource is never deleted."""

    def _inputs_of(self, request: Request) -> dict[str, Any]:
        """Return the arguments of the read: those in state, those of a `get`, or those that the id is made of."""
        names = (*self._kind.argument_names, INCLUDE_VOLATILE) if self._has_volatile else self._kind.argument_names
        given = request.inputs or request.olds
        inputs = {name: given[name] for name in names if given.get(name) is not None}
        required = self._kind.required_names
        if not any(name in inputs for name in required):
            parts = request.id.split("/") if len(required) > 1 else [request.id]
            if len(parts) != len(required):
                raise InputError(
                    f"{self._kind.token} {printable(request.id)}: the id has {len(parts)} of {len(required)} parts",
                    hint=f"write {'/'.join(name.upper() for name in required)}",
                )
            inputs |= zip(required, parts, strict=True)
        if self._has_volatile:
            inputs.setdefault(INCLUDE_VOLATILE, False)
        return inputs if self._is_declared(request) else self._process.with_profile(inputs)

    def _is_declared(self, request: Request) -> bool:
        """Return whether a program declares the resource; an import looks like a `get` without arguments."""
        return all(name in request.inputs for name in self._kind.required_names)

    def _parsed(self, inputs: Mapping[str, Any]) -> Any:
        """Check arguments; return None if one of them is not known yet."""
        volatile = inputs.get(INCLUDE_VOLATILE)
        if self._has_volatile and not isinstance(volatile, (bool, type(None))) and not contains_unknown(volatile):
            raise InputError(
                f"{self._kind.token}: {camel(INCLUDE_VOLATILE)} must be true or false", hint="correct the argument"
            )
        own = {name: value for name, value in inputs.items() if not (self._has_volatile and name == INCLUDE_VOLATILE)}
        known = {name: value for name, value in own.items() if not contains_unknown(value)}
        if len(known) == len(own):
            return None if contains_unknown(volatile) else self._kind.parse(own, CAMEL_CASE)
        # A complete set of arguments checks the names, so only unknown names are left.
        strangers = {name: value for name, value in own.items() if name not in self._kind.argument_names}
        if strangers:
            self._kind.parse(strangers, CAMEL_CASE)
        return None

    async def _stored(self, arguments: Any, inputs: Mapping[str, Any], *, is_declared: bool) -> Stored:
        from pulumi_nbcloud.native.states import state_outputs

        identity = self._kind.identify(arguments)
        async with self._process.cancellable(f"{self._kind.token} {printable(identity)}"):
            state = await self._process.reader.read(self._kind, arguments, self._process.config())
        # By default fields that change by themselves are left out, so that a drift check stays quiet.
        outputs = state_outputs(state, volatile=inputs.get(INCLUDE_VOLATILE) is True)
        # A `get` is read on each run anyway, a declared resource only if the engine is asked for it.
        stored = {**{camel(name): value for name, value in inputs.items()}, **outputs}
        return Stored(identity, stored, inputs=inputs, refresh_before_update=is_declared)
