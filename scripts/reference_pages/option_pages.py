"""Pages that list what there is: options of a wait, named conditions, exit codes."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_nbcloud.cli.exit_codes import ExitCode
from pulumi_nbcloud.cli.kinds_command import describe
from pulumi_nbcloud.kinds.registry import KINDS, load
from pulumi_nbcloud.waiting.option_types import Option
from pulumi_nbcloud.waiting.options import OPTIONS
from reference_pages.kind_pages import named_condition, path_of
from reference_pages.markdown import Page, code, listed, page, prose, sentence, table

_OPTIONS = """
    # Options of a wait

    How a `Gate`, `wait_before`, `nbcloud wait` and `nbcloud explain` wait. An argument in Python and its option on the
    command line mean the same. [Options of gates](../guides/gate-options.md) shows what they are for.

    - `wait_before` does not take {only_gates}.
    - The command does not take {not_in_command}. Its other options are on
      [commands and their options](command-options.md).
    - **A change waits again** means that a gate waits in the update that changes the argument. A change of any other
      argument leaves the gate's outcome as it is.
"""
_CONDITIONS = """
    # Named conditions

    A word that stands for a condition, in `until`, `fail_on` and `expect`, and in `--until` and `--fail-on` of the
    command. [Gates](../guides/gates.md#conditions-by-name) shows how to use them.

    - Where the kind's failures do not end the wait, it is because one of them may be what you wait for.
    - `deleted` is for `until` alone.
"""
_EXIT_CODES = """
    # Exit codes

    How `nbcloud` ends: one code for each thing that a pipeline can do about it. `nbcloud help exit-codes` prints the
    same. With `--enforcement advisory` a wait that is not met ends with 0, and its `outcome` says how it ended.
"""


def list_pages() -> Iterator[Page]:
    yield page("options.md", _options())
    yield page("conditions.md", _conditions())
    yield page("exit-codes.md", _exit_codes())


def _options() -> Iterator[str]:
    only_gates = listed([code(each.name) for each in OPTIONS if not each.in_hook])
    not_in_command = listed([code(each.name) for each in OPTIONS if not each.in_command])
    yield from prose(_OPTIONS, only_gates=only_gates, not_in_command=not_in_command)
    yield from table(("argument", "default", "what it is"), [_option_row(each) for each in OPTIONS])
    for each in OPTIONS:
        yield from ("", f"## `{each.name}`", "", *_option(each))


def _option_row(option: Option) -> tuple[str, ...]:
    return f"[`{option.name}`](#{option.name})", option.default_words or "none", sentence(option.summary)


def _option(option: Option) -> Iterator[str]:
    flags = [code(flag) for flag in (option.flag, option.off_flag) if flag and option.in_command]
    yield sentence(option.about)
    yield ""
    if flags:
        yield f"- On the command line: {listed(flags)}"
    yield f"- Default: {option.default_words or 'none'}"
    yield f"- {'A change waits again' if option.waits_again else 'A change does not wait again'}"


def _conditions() -> Iterator[str]:
    yield from prose(_CONDITIONS)
    for token in KINDS:
        found = describe(load(token))
        if found["conditions"]:
            yield from (f"## [{token}]({path_of(token)})", "")
            yield from (named_condition(each, bool(found["failed"])) for each in found["conditions"])
            yield ""


def _exit_codes() -> Iterator[str]:
    yield from prose(_EXIT_CODES)
    yield from table(("code", "meaning"), [(str(each.value), each.meaning) for each in ExitCode])
