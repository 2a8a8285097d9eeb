"""The options of a wait on the command line, as `waiting.options` declares them; `wait` and `explain` take them."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from pulumi_nbcloud.cli import options
from pulumi_nbcloud.cli.spelling import FLAGS
from pulumi_nbcloud.errors import InputError
from pulumi_nbcloud.waiting.options import OPTIONS

if TYPE_CHECKING:
    from pulumi_nbcloud.waiting.spec import WaitSpec

_SHORT = {"timeout": "-t"}

WaitInputs: TypeAlias = dict[str, Any]
"""The options by the names of their parameters; None for an absent one."""


def takes_wait_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of a wait, in the place of its parameter `inputs`.

    typer reads a command's signature, so each option is a separate parameter there; the command itself receives all of
    them as one dict.
    """
    own = list(parameters())
    signature = inspect.signature(command, eval_str=True)

    @functools.wraps(command)
    def called(**arguments: Any) -> None:
        inputs = {each.name: arguments.pop(each.name) for each in own}
        command(inputs=inputs, **arguments)

    others = signature.parameters.values()
    replaced = [part for each in others for part in (own if each.name == "inputs" else [each])]
    called.__signature__ = signature.replace(parameters=replaced)  # type: ignore[attr-defined]
    return called


def parameters() -> Iterator[inspect.Parameter]:
    """Make the parameters of a command, one for each flag."""
    for each in OPTIONS:
        if not each.in_command:
            continue
        flags = [each.flag, *([_SHORT[each.name]] if each.name in _SHORT else [])]
        option = typer.Option(*flags, metavar=each.value.metavar, help=FLAGS.about(each.help))
        yield _parameter(each.name, each.value.parameter_type, option, None)
        if each.off_flag:
            yield _parameter(f"no_{each.name}", bool, typer.Option(each.off_flag, help=each.off_help), False)


def spec_of(targets: list[str], inputs: WaitInputs, profile: str | None) -> WaitSpec:
    """Build the wait spec of a command line, without any request.

    Args:
        targets: the targets on the command line.
        inputs: the options.
        profile: the profile of targets that name none.

    Raises:
        InputError: names all invalid values.
    """
    from pulumi_nbcloud.cli.targets import parse_target
    from pulumi_nbcloud.waiting.spec import parse_spec, spec_error

    given = _without_flags_for_false(inputs)
    parsed = [parse_target(each) for each in targets]
    if len(parsed) > 1 and any(each.name is None for each in parsed):
        raise InputError("several targets need a name each", hint="write NAME=KIND/ID; conditions call them by name")
    names = [each.name or "self" for each in parsed]
    if len(set(names)) < len(names):
        raise InputError("two targets have the same name", hint="give each a name of its own")
    by_name = {
        name: {"kind": each.kind.token, **options.with_profile(each, profile)}
        for name, each in zip(names, parsed, strict=True)
    }
    # `hold` is for waits that are kept in a file, which the next run resumes.
    spec, problems = parse_spec({**given, "targets": by_name}, recorded=True, spelling=FLAGS)
    if spec is None:
        raise spec_error(problems)
    return spec


def flags_of(inputs: WaitInputs) -> dict[str, Any]:
    """Return the options on the command line, by their flags."""
    found = {each.flag: inputs[each.name] for each in OPTIONS if each.in_command}
    return found | {each.off_flag: inputs[f"no_{each.name}"] for each in OPTIONS if each.in_command and each.off_flag}


def _without_flags_for_false(inputs: WaitInputs) -> WaitInputs:
    """Convert `--no-NAME` to False for the option itself."""
    given = dict(inputs)
    for each in OPTIONS:
        if given.pop(f"no_{each.name}", False):
            if given[each.name] is not None:
                problem = f"{each.flag} and {each.off_flag} exclude each other"
                raise InputError(problem, hint="leave one of them out")
            given[each.name] = False
    return given


def _parameter(name: str, type_: type, option: Any, default: Any) -> inspect.Parameter:
    annotation = type_ if default is not None else type_ | None
    return inspect.Parameter(
        name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default, annotation=Annotated[annotation, option]
    )
