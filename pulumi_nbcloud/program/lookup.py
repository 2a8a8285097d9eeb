"""Shared by the typed modules: a lookup now, a lookup over Outputs, and the read resource."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, TypeVar

import pulumi
import pulumi.runtime
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import get_monitor

from pulumi_nbcloud.engine import log
from pulumi_nbcloud.errors import InputError, NbcloudError
from pulumi_nbcloud.http.messages import last_request_id
from pulumi_nbcloud.kinds.kind import Kind
from pulumi_nbcloud.kinds.registry import load
from pulumi_nbcloud.program.checks import a, takes
from pulumi_nbcloud.program.inputs import as_run_error, clean, settled
from pulumi_nbcloud.program.resource_options import check_invoke_options
from pulumi_nbcloud.program.secret_inputs import secret_inputs
from pulumi_nbcloud.program.stack_config import stack_config
from pulumi_nbcloud.reading import portal
from pulumi_nbcloud.reading.reader import overrides, process_reader

if TYPE_CHECKING:
    from pulumi_nbcloud.waiting.expectation import Expectation


FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])
_PLAIN = (str, int, float, type(None))


def checked(function: FunctionT) -> FunctionT:
    """Make a lookup of a typed module report in one line which argument it does not take."""
    return takes(function, function.__name__)


def get(token: str, values: Mapping[str, Any], expect: str | None = None) -> Any:
    """Read one thing now; block until the response arrives, 60 s at most.

    Args:
        token: the kind's token.
        values: the arguments by name, plain.
        expect: a condition over `self` that must hold for what is read; None for none.

    Returns:
        The kind's state.

    Raises:
        NbcloudError: see `errors`; a `pulumi.RunError` too, so that the program ends with only its message.
    """
    override = overrides().get(token)
    try:
        for name, value in {**values, "expect": expect}.items():
            if isinstance(value, pulumi.Output) or inspect.isawaitable(value):
                raise InputError(
                    f"{token}: {name} is {a(value)}, whose value is not there yet",
                    hint="use the _output form of this function",
                )
        kind: Kind[Any, Any, Any] = load(token)
        arguments = kind.parse(values)
        _warn_of_doubts(kind, arguments)
        expectation = _expectation(kind, expect)
        if override:
            state = override(arguments)
            if expectation:
                expectation.check(state, arguments, None)
            return state
        with _recorded(expectation, arguments, values) as observe:
            state, request_id = portal.call(_reading(kind, arguments))
            observe(state, request_id)
            if expectation:
                expectation.check(state, arguments, request_id)
        return state
    except Exception as error:
        if override and not isinstance(error, NbcloudError):
            raise  # a unit test's own
        raise as_run_error(error) from None


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
        opts: `depends_on` is honoured: in preview the result is unknown while one of them is yet to be created.
        expect: a condition over `self` that must hold for what is read; None for none.

    Returns:
        An Output of the kind's state; secret if an input is.

    Raises:
        NbcloudError: through the Output; see `get`.
    """
    clean(lambda: check_invoke_options(token, opts))
    override = overrides().get(token)
    # At once if it is known, because a mistake in it must be found while the inputs are still unknown.
    at_once = clean(lambda: _expectation(load(token), expect)) if isinstance(expect, str) else None

    async def read(known: Mapping[str, Any]) -> Any:
        try:
            kind: Kind[Any, Any, Any] = load(token)
            values = {**inputs, **known.get("inputs", {})}
            arguments = kind.parse(values)
            _warn_of_doubts(kind, arguments)
            expectation = at_once or _expectation(kind, known.get("expect", expect))
            if override:
                state = override(arguments)
                if expectation:
                    expectation.check(state, arguments, None)
                return state
            with _recorded(expectation, arguments, values, known.get("secret_inputs")) as observe:
                state, request_id = await asyncio.wrap_future(portal.submit(_reading(kind, arguments)))
                observe(state, request_id)
                if expectation:
                    # Off the program's loop: to evaluate a long list takes a while.
                    await asyncio.to_thread(expectation.check, state, arguments, request_id)
            return state
        except Exception as error:
            if override and not isinstance(error, NbcloudError):
                raise  # a unit test's own
            raise as_run_error(error) from None

    # What is plain is known already: an Output of it would cost as much CPU as the request.
    waited: dict[str, Any] = {}
    if later := {name: value for name, value in inputs.items() if not isinstance(value, _PLAIN)}:
        waited["inputs"] = later
    if not isinstance(expect, _PLAIN):
        waited["expect"] = settled(expect)
    if depends_on := getattr(opts, "depends_on", None):
        waited["depends_on"] = once_created(depends_on)
    if expect is not None and _keeps_history():
        waited |= secret_inputs({"targets": {"self": dict(inputs)}, "until": waited.get("expect", expect)})
    return pulumi.Output.from_input(waited).apply(read)


def _reading(kind: Kind[Any, Any, Any], arguments: Any) -> Callable[[], Awaitable[tuple[Any, str | None]]]:
    """Make the read of one thing, which returns its state and the id of the request."""
    if isinstance(get_monitor(), MockMonitor):
        raise InputError(
            f"{kind.token} {kind.identify(arguments)}: a unit test under set_mocks must not call a cloud",
            hint=f'wrap the test in: with nbcloud.testing.override("{kind.token}", {{...}})',
        )
    # Read now, in the program's own context: the background loop serves every program of this process.
    config = stack_config()
    program = get_monitor()

    async def read() -> tuple[Any, str | None]:
        last_request_id.set(None)
        state = await process_reader(program).read(kind, arguments, config)
        return state, last_request_id.get()

    return read


def _keeps_history() -> bool:
    # Here: without an expectation, nothing of waits is loaded.
    from pulumi_nbcloud.history.listener import history_listeners

    return bool(history_listeners())


def _recorded(expectation: Expectation | None, *inputs: Any) -> AbstractContextManager[Callable[..., None]]:
    """Notify the listeners of an expectation in a block; see `expect_history.recorded`."""
    if expectation is None:
        return nullcontext(lambda state, request_id: None)
    from pulumi_nbcloud.program.expect_history import recorded

    return recorded(expectation, *inputs)


def _expectation(kind: Kind[Any, Any, Any], expect: Any) -> Expectation | None:
    if expect is None:
        return None
    from pulumi_nbcloud.waiting.expectation import expectation_of

    expectation = expectation_of(kind, expect)
    if not isinstance(get_monitor(), MockMonitor):
        for warning in expectation.condition.warnings:
            log.warn(f"{kind.token}: {warning}")
    return expectation


def _warn_of_doubts(kind: Kind[Any, Any, Any], arguments: Any) -> None:
    if not isinstance(get_monitor(), MockMonitor):
        for warning in kind.doubts(arguments):
            log.warn(warning)


def once_created(dependency: Any) -> pulumi.Output[Any]:
    """Return an Output that is known once a resource, and what a component holds, exists."""
    if isinstance(dependency, pulumi.Output):
        return dependency.apply(once_created)
    if isinstance(dependency, pulumi.Resource):
        return pulumi.Output.all(*_marks(dependency))
    if isinstance(dependency, Sequence):
        return pulumi.Output.all(*(once_created(each) for each in dependency))
    return pulumi.Output.from_input(dependency)


def _marks(resource: pulumi.Resource) -> Iterator[pulumi.Output[Any]]:
    if isinstance(resource, pulumi.CustomResource):
        yield resource.id
        return
    yield resource.urn
    for child in getattr(resource, "_childResources", ()):
        yield from _marks(child)
