"""Checks of the constructors, which report in one line and a hint what the SDK would report later with a traceback."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from typing import Any, TypeVar, cast

import pulumi

from pulumi_nbcloud.errors import InputError
from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.program.inputs import as_run_error
from pulumi_nbcloud.spelling import near

CallT = TypeVar("CallT", bound=Callable[..., Any])

CUSTOM_TIMEOUTS = 'pulumi.CustomTimeouts(create="1h")'
# How options of a resource are written, where `...` is not enough.
_EXAMPLES = {"custom_timeouts": CUSTOM_TIMEOUTS, "depends_on": "[...]", "parent": "self"}
# Options that are rejected as options, too.
_REFUSED_OPTIONS = {"id", "urn", "import_", "provider", "providers"}


def a(value: object) -> str:
    """Describe the type of a value, with its article: `an Output`; for a class its name."""
    if isinstance(value, type):
        return f"the class {value.__name__}"
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def takes(call: CallT, called: str) -> CallT:
    """Make a function report in one line which argument it does not take, instead of a traceback.

    Args:
        call: the function, or the constructor of a class.
        called: its name in messages.
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
    """Check the constructor of one of this package's classes with `takes`; leave classes of programs alone."""
    if "__init__" in vars(cls) and cls.__module__.partition(".")[0] == __name__.partition(".")[0]:
        cls.__init__ = takes(cls.__init__, cls.__name__)  # type: ignore[misc]


def _misfit(
    signature: inspect.Signature, called: str, arguments: tuple[Any, ...], named: Mapping[str, Any]
) -> InputError:
    parameters = [each for each in signature.parameters.values() if each.name != "self"]
    names = [each.name for each in parameters]
    unknown = next((name for name in named if name not in names), None)
    if unknown is not None:
        return InputError(f"{called} has no argument {printable(unknown, 60)}", hint=_unknown(called, unknown, names))
    keywords = [each.name for each in parameters if each.kind is inspect.Parameter.KEYWORD_ONLY]
    by_position = [name for name in names if name not in keywords]
    count = len(arguments) - ("self" in signature.parameters)
    if count > len(by_position):
        takes_these = f"takes only {' and '.join(by_position)}" if by_position else "takes nothing"
        hint = f"name the others: {keywords[0]}=..."
        if _is_lookup(called) and by_position:
            hint = f"a lookup takes no name: write {called}({by_position[0]}=...)"
        return InputError(f"{called} {takes_these} by position", hint=hint)
    given = {*by_position[:count], *named}
    missing = [each.name for each in parameters if each.default is inspect.Parameter.empty and each.name not in given]
    if missing:
        return InputError(f"{called} lacks {', '.join(missing)}", hint=f"write {missing[0]}=...")
    return InputError(f"{called} is given an argument twice", hint="give each argument once")


def snake_case(name: str) -> str:
    """Write a name as Python does: `depends_on` for `dependsOn`."""
    return re.sub("(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _unknown(called: str, unknown: str, names: Sequence[str]) -> str:
    """Advise on an unknown argument: options of Pulumi first, which are easily taken for arguments."""
    if unknown == "opts" and _is_lookup(called):
        return f"{called}_output takes it; {called} reads at once"
    if unknown == "name" and names[0] == "resource_name":
        return f'write {called}("name", ...)'
    if unknown == "hold" and called == "wait_before":
        return "a hook ends with the update that it holds back; a Gate can go on in the next one"
    if "opts" in names:
        options = pulumi.InvokeOutputOptions if _is_lookup(called) else pulumi.ResourceOptions
        option = snake_case(unknown)
        if option in ("provider", "providers"):
            return f"choose the account with profile={'' if 'profile' in names else ' of the target'}"
        if option in inspect.signature(options).parameters and option not in _REFUSED_OPTIONS:
            return f"write opts=pulumi.{options.__name__}({option}={_EXAMPLES.get(option, '...')})"
    meant = near(unknown, names)
    return f"did you mean {meant}?" if meant else f"known are {', '.join(names)}"


def _is_lookup(called: str) -> bool:
    return called.startswith("get_")


def check_name(called: str, name: object) -> None:
    """Reject a name that a resource cannot have."""
    if isinstance(name, str) and name:
        return
    hint = f'write {called}("name", ...)'
    if isinstance(name, pulumi.Output) or inspect.isawaitable(name):
        hint = f"{hint}: the engine must know a name in preview, so it cannot come out of another resource"
    is_empty = isinstance(name, str)
    problem = "resource's name is empty" if is_empty else f"first argument is the resource's name, not {a(name)}"
    raise InputError(f"{called}: the {problem}", hint=hint)


def check_triggers(where: str, triggers: Any) -> None:
    """Reject triggers that cannot be stored, before the wait and not after it.

    Args:
        where: names the gate, for messages.
        triggers: as the program passes them.

    Raises:
        InputError: one of them has no form in a state.
    """
    for each in _unstorable(triggers):
        if isinstance(each, (pulumi.Asset, pulumi.Archive)):
            raise InputError(
                f"{where}: triggers cannot hold an asset or archive", hint="give a hash of its content instead"
            )
        raise InputError(f"{where}: triggers cannot hold {a(each)}", hint="give it as a text, for example with str()")


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
    """Check the known arguments of a wait, with the messages of its provider.

    Args:
        where: names the wait, in front of the problem.
        given: its inputs, Outputs among them.

    Returns:
        Warnings about it.

    Raises:
        InputError: names every problem.
    """
    from pulumi_nbcloud.waiting.spec import parse_spec, spec_error

    spec, problems = parse_spec(given, lambda value: isinstance(value, pulumi.Output))
    if problems:
        raise spec_error(problems, where)
    return spec.warnings if spec else ()
