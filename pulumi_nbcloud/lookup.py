"""What the faces share: a look-up now, a look-up over Outputs, and the read resource."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, TypeVar

import pulumi
import pulumi.runtime
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import get_monitor

from pulumi_nbcloud import portal
from pulumi_nbcloud.errors import InputError, NbcloudError
from pulumi_nbcloud.exchange import last_request_id
from pulumi_nbcloud.kind import Kind
from pulumi_nbcloud.outputs import derive_outputs
from pulumi_nbcloud.provider.read import INCLUDE_VOLATILE, ReadProvider
from pulumi_nbcloud.reader import overrides, process_reader
from pulumi_nbcloud.registry import load
from pulumi_nbcloud.settings import config_keys
from pulumi_nbcloud.stored import StoredResource

if TYPE_CHECKING:
    from pulumi_nbcloud.expectation import Expectation

T = TypeVar("T")


def get(token: str, values: Mapping[str, Any], expect: str | None = None) -> Any:
    """Read one thing now; block until the answer is there, 60 s at most.

    Args:
        token: the kind's token.
        values: the arguments by name, plain.
        expect: a condition over `self` that must hold for what is read; None for none.

    Returns:
        The kind's state.

    Raises:
        NbcloudError: see `errors`; a `pulumi.RunError` too, so that the program ends in its message alone.
    """
    try:
        for name, value in {**values, "expect": expect}.items():
            if isinstance(value, pulumi.Output) or inspect.isawaitable(value):
                raise InputError(
                    f"{token}: {name} is an {type(value).__name__}, whose value is not there yet",
                    hint="use the _output form of this function",
                )
        kind: Kind[Any, Any, Any] = load(token)
        arguments = kind.parse(values)
        expectation = _expectation(kind, expect)
        override = overrides().get(token)
        if override:
            state, request_id = override(arguments), None
        else:
            state, request_id = portal.call(_reading(kind, arguments))
        if expectation:
            expectation.check(state, arguments, request_id)
        return state
    except NbcloudError as error:
        raise _as_run_error(error) from None


def get_output(
    token: str,
    inputs: Mapping[str, Any],
    opts: pulumi.InvokeOptions | pulumi.InvokeOutputOptions | None = None,
    expect: pulumi.Input[str | None] | None = None,
) -> pulumi.Output[Any]:
    """Read one thing once its inputs are known.

    Args:
        token: the kind's token.
        inputs: the arguments by name; Outputs are waited for, and in preview an unknown one makes the result unknown.
        opts: `depends_on` is heard: in preview the result is unknown while one of them is yet to be created.
        expect: a condition over `self` that must hold for what is read; None for none.

    Returns:
        An Output of the kind's state; secret where an input is.

    Raises:
        NbcloudError: through the Output; see `get`.
    """
    override = overrides().get(token)
    # At once where it is known, because a mistake in it must be found while the inputs are still unknown.
    at_once = clean(lambda: _expectation(load(token), expect)) if isinstance(expect, str) else None

    async def read(known: Mapping[str, Any]) -> Any:
        try:
            kind: Kind[Any, Any, Any] = load(token)
            arguments = kind.parse(known["inputs"])
            expectation = at_once or _expectation(kind, known["expect"])
            if override:
                state, request_id = override(arguments), None
            else:
                state, request_id = await asyncio.wrap_future(portal.submit(_reading(kind, arguments)))
            if expectation:
                # Off the program's loop: judging a long list takes a while.
                await asyncio.to_thread(expectation.check, state, arguments, request_id)
            return state
        except NbcloudError as error:
            raise _as_run_error(error) from None

    depends_on = getattr(opts, "depends_on", None) or []
    waited = {"depends_on": _settled(depends_on), "expect": settled(expect)}
    return pulumi.Output.all(inputs=dict(inputs), **waited).apply(read)


def _reading(kind: Kind[Any, Any, Any], arguments: Any) -> Callable[[], Awaitable[tuple[Any, str | None]]]:
    """Make the read of one thing, which gives its state and the id of the request."""
    if isinstance(get_monitor(), MockMonitor):
        raise InputError(
            f"{kind.token} {kind.identify(arguments)}: a unit test under set_mocks must not call a cloud",
            hint=f'wrap the test in: with nbcloud.testing.override("{kind.token}", {{...}})',
        )
    # Taken now, in the program's own context: the background loop serves every program of this process.
    config = {key: pulumi.runtime.get_config(key) for key in config_keys(kind.cloud)}

    async def read() -> tuple[Any, str | None]:
        last_request_id.set(None)
        state = await process_reader().read(kind, arguments, config.get)
        return state, last_request_id.get()

    return read


def _expectation(kind: Kind[Any, Any, Any], expect: Any) -> Expectation | None:
    if expect is None:
        return None
    from pulumi_nbcloud.expectation import expectation_of

    expectation = expectation_of(kind, expect)
    if not isinstance(get_monitor(), MockMonitor):
        for warning in expectation.condition.warnings:
            pulumi.log.warn(f"{kind.token}: {warning}")
    return expectation


def _settled(dependency: Any) -> pulumi.Output[Any]:
    """Return an Output that is known once a resource, and what a component holds, exists."""
    if isinstance(dependency, pulumi.Output):
        return dependency.apply(_settled)
    if isinstance(dependency, pulumi.Resource):
        return pulumi.Output.all(*_marks(dependency))
    if isinstance(dependency, Sequence):
        return pulumi.Output.all(*(_settled(each) for each in dependency))
    return pulumi.Output.from_input(dependency)


def _marks(resource: pulumi.Resource) -> Iterator[pulumi.Output[Any]]:
    if isinstance(resource, pulumi.CustomResource):
        yield resource.id
        return
    yield resource.urn
    for child in getattr(resource, "_childResources", ()):
        yield from _marks(child)


def clean(work: Callable[[], T]) -> T:
    """Do work whose errors end the program in their message alone."""
    try:
        return work()
    except NbcloudError as error:
        raise _as_run_error(error) from None


def _as_run_error(error: NbcloudError) -> NbcloudError:
    """Make an error end the program in its message alone, still catchable as what it is."""
    cls = type(error)
    if not issubclass(cls, pulumi.RunError):
        error.__class__ = type(cls.__name__, (cls, pulumi.RunError), {"__module__": cls.__module__})
    # Without the frames below, whose local variables may hold credentials: some tools print them.
    return error.with_traceback(None)


def settled(value: Any) -> Any:
    """Make an Output of an awaitable, which can be awaited only once; return other values as they are."""
    return pulumi.Output.from_input(value) if inspect.isawaitable(value) else value


def _given(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: settled(value) for name, value in inputs.items() if value is not None}


class ReadResource(StoredResource):
    """The base of read resources: recorded in state, never created or deleted, read anew on each run.

    Args:
        resource_name: its name in the stack.
        inputs: the arguments by name; None counts as not given.
        opts: resource options; `id` is not among them.
        include_volatile: whether to record fields that move without anything having happened, too; None where the
            kind has none.

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
        include_volatile: pulumi.Input[bool] | None = None,
    ) -> None:
        kind: Kind[Any, Any, Any] = load(self._token)
        self._arguments = _given(inputs)
        given = {**self._arguments, **_given({INCLUDE_VOLATILE: include_volatile})}

        def identify(known: Mapping[str, Any]) -> str:
            # The engine does not check read resources, so this does; the provider checks again.
            try:
                return kind.identify(kind.parse({key: known[key] for key in known if key != INCLUDE_VOLATILE}))
            except NbcloudError as error:
                raise _as_run_error(error) from None

        if opts is not None and opts.id is not None:
            raise _as_run_error(
                InputError(
                    f"{self._token} {resource_name}: opts.id is not for this resource",
                    hint=f"say what to read by {', '.join(name for name in kind.argument_names if name != 'profile')}",
                )
            )
        identity: pulumi.Input[str]
        if any(isinstance(value, pulumi.Output) for value in given.values()):
            # Unknown while any input is: the engine reads as soon as it knows the id, and leaves out what it does not
            # know, so an unknown profile would read the default one. Not secret: the SDK cannot send a secret id.
            identity = pulumi.Output.unsecret(pulumi.Output.all(**given).apply(identify))
        else:
            identity = identify(given)
        declared = dict.fromkeys(kind.state_names)
        options = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=identity))
        super().__init__(ReadProvider(self._token), resource_name, {**declared, **given}, options)


class TargetArgs:
    """The arguments of a kind, as a gate's target: the base of every kind's Args.

    Args:
        inputs: the arguments by name; None counts as not given.
    """

    _token: ClassVar[str]

    def __init__(self, inputs: Mapping[str, Any]) -> None:
        self._arguments = _given(inputs)


Target: TypeAlias = TargetArgs | ReadResource | Mapping[str, Any]
"""What a gate looks at: the Args of a kind, a read resource (which stands for its Args), or a dict with `kind`."""


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
        return _given(target)
    raise InputError(
        f"{where} cannot be a {type(target).__name__}",
        hint='give the Args of a kind, a read resource, or a dict with "kind"',
    )


def targets_by_name(where: str, target: Target | None, targets: Mapping[str, Target] | None) -> dict[str, Any]:
    """Write what is waited for as plain inputs, by the names that conditions call it.

    Args:
        where: names who waits, for messages.
        target: the one thing, which conditions call `self`.
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
            f"{where}: targets cannot be a {type(targets).__name__}",
            hint="give a dict of things by the name that conditions call them; target= for one thing",
        )
    chosen = {"self": target} if target is not None else dict(targets or {})
    return {name: target_inputs(f"{where}: target {name}", each) for name, each in chosen.items()}
