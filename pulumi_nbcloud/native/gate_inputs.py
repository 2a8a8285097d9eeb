"""Converts the inputs of a gate from the form of programs in other languages to that of the core.

Three inputs differ: `target` for one thing, `ownFailures` where Python writes `fail_on=False`, and `waitStart`, one
text by which a WaitStart passes on when the wait began.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pulumi_nbcloud.engine.secrets import Secrets
from pulumi_nbcloud.engine.values import contains_unknown
from pulumi_nbcloud.native.names import camel
from pulumi_nbcloud.waiting.again import WAIT_AGAIN
from pulumi_nbcloud.waiting.start import moment_of

SELF = "self"
"""The name in conditions of the one thing that is passed as `target`."""

# The inputs that a gate and its WaitStart have in common.
SHARED = ("target", "targets", "own_failures", *WAIT_AGAIN[1:], "timeout", "enforcement")
_HANDLE = re.compile(r"(\S+) ([0-9a-f]{64}) (urn:\S.*)")


def handle_of(start_time: str, digest: str, urn: str) -> str:
    """Write the text that a WaitStart passes to its gate: when the wait began, its digest, and the keeper's URN."""
    return f"{start_time} {digest} {urn}"


def core_inputs(given: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Write the inputs of a gate, or of a WaitStart, as the core takes them.

    Args:
        given: by name; None counts as not given.

    Returns:
        The inputs; and the problems of their form, each with its hint.
    """
    core = {name: value for name, value in given.items() if value is not None}
    problems: list[str] = []
    target, own = core.pop("target", None), core.pop("own_failures", None)
    if target is not None and "targets" in core:
        hint = "target for one thing, which conditions call self; targets for several, by name"
        problems.append(f"give either target or targets\nhint: {hint}")
    elif target is not None:
        core["targets"] = {SELF: target}
    if own is False and "fail_on" in core:
        problems.append("ownFailures: false and failOn exclude each other\nhint: leave one of them out")
    elif own is False:
        core["fail_on"] = False
    elif own is not None and own is not True and not contains_unknown(own):
        problems.append("ownFailures must be true or false\nhint: write ownFailures: false, or leave it out")
    elif contains_unknown(own):
        core.setdefault("fail_on", own)
    start, found = core.get("wait_start"), None
    if isinstance(start, str) and not contains_unknown(start):
        core["wait_start"] = found = _start_of(start)
        if found is None:
            hint = "write waitStart: ${start.waitStart} in YAML, start.waitStart elsewhere"
            problems.append(f"waitStart is not the output waitStart of a WaitStart\nhint: {hint}")
    return core, problems


def core_secrets(paths: Iterable[str]) -> list[str]:
    """Return the paths of secret inputs as the core names them; see `core_inputs`."""
    return [f"targets.{SELF}{path[len('target') :]}" if path.split(".")[0] == "target" else path for path in paths]


def with_profiles(
    given: Mapping[str, Any], with_profile: Callable[[Mapping[str, Any]], dict[str, Any]]
) -> dict[str, Any]:
    """Return inputs whose targets name the provider's profile if they name none, because it is part of their identity.

    Args:
        given: as the program passes them.
        with_profile: does so for the arguments of one; see `Process.with_profile`.
    """

    def named(target: Any) -> Any:
        return with_profile(target) if isinstance(target, Mapping) else target

    filled = dict(given)
    if "target" in filled:
        filled["target"] = named(filled["target"])
    if isinstance(filled.get("targets"), Mapping):
        filled["targets"] = {name: named(each) for name, each in filled["targets"].items()}
    return filled


def _start_of(handle: str) -> dict[str, str] | None:
    found = _HANDLE.fullmatch(handle)
    if found is None or moment_of(found[1]) is None:
        return None
    return {"started": found[1], "digest": found[2], "urn": found[3]}


def lines_to_paste(name: str, given: Mapping[str, Any], secrets: Secrets) -> str:
    """Write a WaitStart for a gate, in YAML and in TypeScript.

    Args:
        name: of the gate.
        given: its inputs, as the program passes them.
        secrets: values that must not be shown.
    """
    shared = {each: given[each] for each in SHARED if given.get(each) is not None}
    written = {camel(each): secrets.text(_written(each, value)) for each, value in shared.items()}
    properties = "".join(f"\n      {each}: {value}" for each, value in written.items())
    arguments = ", ".join(f"{each}: {value}" for each, value in written.items())
    return (
        f"  {name}-start:\n    type: nbcloud:WaitStart\n    properties:{properties}\n"
        f"  # and for the gate: waitStart: ${{{name}-start.waitStart}}\n"
        f"  const start = new nbcloud.WaitStart({json.dumps(name)}, {{ {arguments} }});\n"
        "  // and for the gate: waitStart: start.waitStart"
    )


def _written(name: str, value: Any) -> str:
    """Write an input as YAML and TypeScript both read it."""
    if name == "target":
        value = _arguments(value)
    elif name == "targets" and isinstance(value, Mapping):
        value = {each: _arguments(target) for each, target in value.items()}
    return json.dumps(_shown(value), ensure_ascii=False)


def _arguments(target: Any) -> Any:
    return {camel(each): value for each, value in target.items()} if isinstance(target, Mapping) else target


def _shown(value: Any) -> Any:
    """Replace values that are not known yet by dots."""
    if isinstance(value, Mapping):
        return {name: _shown(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_shown(each) for each in value]
    return "..." if contains_unknown(value) else value
