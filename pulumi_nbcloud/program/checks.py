"""What the constructors refuse at once, in one line and a hint: the SDK would do so later and with a traceback."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from typing import Any, TypeVar, cast

import pulumi

from pulumi_nbcloud.condition.problems import near
from pulumi_nbcloud.errors import InputError
from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.program.inputs import as_run_error

CallT = TypeVar("CallT", bound=Callable[..., Any])

_OPERATIONS = ("create", "update", "delete", "read")
_PROVIDER_PACKAGE = "pulumi-python"  # of all dynamic resources
_CUSTOM_TIMEOUTS = 'pulumi.CustomTimeouts(create="1h")'


def takes(call: CallT, called: str) -> CallT:
    """Make a function say in one line which argument it does not take, where Python would give a traceback.

    Args:
        call: the function, or the constructor of a class.
        called: what messages call it.
    """

    @functools.lru_cache(maxsize=1)
    def signature() -> inspect.Signature:
        return inspect.signature(call)

    @functools.wraps(call)
    def checked(*arguments: Any, **named: Any) -> Any:
        try:
            signature().bind(*arguments, **named)
        except TypeError:
            raise as_run_error(_misfit(signature(), called, arguments, named)) from None
        return call(*arguments, **named)

    return cast("CallT", checked)


def take_strictly(cls: type) -> None:
    """Give one of this package's own classes a constructor that `takes` checks; leave those of programs alone."""
    if "__init__" in vars(cls) and cls.__module__.partition(".")[0] == __name__.partition(".")[0]:
        cls.__init__ = takes(cls.__init__, cls.__name__)  # type: ignore[misc]


def _misfit(
    signature: inspect.Signature, called: str, arguments: tuple[Any, ...], named: Mapping[str, Any]
) -> InputError:
    parameters = [each for each in signature.parameters.values() if each.name != "self"]
    names = [each.name for each in parameters]
    unknown = next((name for name in named if name not in names), None)
    if unknown == "custom_timeouts":
        return InputError(
            f"{called} has no argument custom_timeouts",
            hint=f"write opts=pulumi.ResourceOptions(custom_timeouts={_CUSTOM_TIMEOUTS})",
        )
    if unknown is not None:
        meant = near(unknown, names)
        hint = f"did you mean {meant}?" if meant else f"known are {', '.join(names)}"
        return InputError(f"{called} has no argument {printable(unknown, 60)}", hint=hint)
    keywords = [each.name for each in parameters if each.kind is inspect.Parameter.KEYWORD_ONLY]
    by_position = [name for name in names if name not in keywords]
    count = len(arguments) - ("self" in signature.parameters)
    if count > len(by_position):
        takes_these = f"takes only {' and '.join(by_position)}" if by_position else "takes nothing"
        return InputError(f"{called} {takes_these} by position", hint=f"name the others: {keywords[0]}=...")
    given = {*by_position[:count], *named}
    missing = [each.name for each in parameters if each.default is inspect.Parameter.empty and each.name not in given]
    if missing:
        return InputError(f"{called} lacks {', '.join(missing)}", hint=f"write {missing[0]}=...")
    return InputError(f"{called} is given an argument twice", hint="give each argument once")


def check_name(called: str, name: object) -> None:
    """Refuse what cannot be the name of a resource."""
    if not isinstance(name, str) or not name:
        raise InputError(
            f"{called}: the first argument is the resource's name, not a {type(name).__name__}"
            if not isinstance(name, str)
            else f"{called}: the resource's name is empty",
            hint=f'write {called}("name", ...)',
        )


def check_options(where: str, opts: pulumi.ResourceOptions | None, *, is_read: bool = False) -> None:
    """Refuse resource options that our resources cannot honour, or that the SDK would choke on.

    Args:
        where: names the resource, for messages.
        opts: its options.
        is_read: whether the resource is only read: the engine calls no hooks for one.

    Raises:
        InputError: one of them is not for this resource.
    """
    if opts is None:
        return
    # What a program gives, whatever its annotation says.
    given: Any = opts
    if not isinstance(given, pulumi.ResourceOptions):
        raise InputError(
            f"{where}: opts cannot be a {type(given).__name__}", hint="write opts=pulumi.ResourceOptions(...)"
        )
    _check_timeouts(where, given.custom_timeouts)
    if given.import_ is not None:
        raise InputError(
            f"{where}: nothing can be imported as this resource, because it creates nothing in a cloud",
            hint="leave import_ out: declaring the resource is all that it takes",
        )
    package = getattr(given.provider, "package", None)
    if package is not None and package != _PROVIDER_PACKAGE:
        raise InputError(
            f"{where}: the provider of {printable(str(package), 60)} has no say in whose account is read",
            hint="leave provider out; choose the account with profile=",
        )
    if is_read and any(vars(given.hooks or pulumi.ResourceHookBinding()).values()):
        raise InputError(
            f"{where}: the engine calls no hooks for what is only read",
            hint="wait with a gate that this depends on: opts=pulumi.ResourceOptions(depends_on=[gate])",
        )


def _check_timeouts(where: str, custom: Any) -> None:
    if custom is None:
        return
    if not isinstance(custom, pulumi.CustomTimeouts):
        raise InputError(
            f"{where}: custom_timeouts cannot be a {type(custom).__name__}",
            hint=f"write custom_timeouts={_CUSTOM_TIMEOUTS}",
        )
    for operation in _OPERATIONS:
        value = getattr(custom, operation)
        if value is not None and not isinstance(value, str):
            raise InputError(
                f"{where}: custom_timeouts.{operation} must be a text, not a {type(value).__name__}",
                hint="write it like 90s, 30m or 1h30m",
            )


def check_triggers(where: str, triggers: Any) -> None:
    """Refuse triggers that cannot be stored: found here and not after the wait.

    Args:
        where: names the gate, for messages.
        triggers: as the program gives them.

    Raises:
        InputError: one of them has no form in a state.
    """
    for each in _unstorable(triggers):
        if isinstance(each, (pulumi.Asset, pulumi.Archive)):
            raise InputError(
                f"{where}: triggers cannot hold an asset or archive", hint="give a hash of its content instead"
            )
        raise InputError(
            f"{where}: triggers cannot hold a {type(each).__name__}", hint="give it as a text, for example with str()"
        )


def _unstorable(value: Any) -> Iterator[object]:
    if isinstance(value, Mapping):
        yield from (key for key in value if not isinstance(key, str))
        for each in value.values():
            yield from _unstorable(each)
    elif isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray)):
        for each in value:
            yield from _unstorable(each)
    elif not (
        value is None
        or isinstance(value, (bool, int, float, str, Enum, pulumi.Output, pulumi.Resource))
        or inspect.isawaitable(value)
        or hasattr(type(value), "_pulumi_input_type")
    ):
        yield value


def check_wait(where: str, given: Mapping[str, Any]) -> tuple[str, ...]:
    """Check what is known of a wait, in the words that its provider has for it.

    Args:
        where: names the wait, in front of what is wrong.
        given: its inputs, Outputs among them.

    Returns:
        What is doubtful about it.

    Raises:
        InputError: names everything that cannot be right.
    """
    from pulumi_nbcloud.waiting.spec import parse_spec, spec_error

    spec, problems = parse_spec(given, lambda value: isinstance(value, pulumi.Output))
    if problems:
        raise spec_error(problems, where)
    return spec.warnings if spec else ()
