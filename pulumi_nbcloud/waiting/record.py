"""A wait as a record: what it is, since when, until when, and what another process needs to go on with it.

It never holds credentials. It holds the kind and arguments of each target, the texts of the conditions and options, and
the headlines of states that every log shows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked_dataclass

from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.waiting.checkpoint import STRICT, Checkpoint, Count, Seconds
from pulumi_nbcloud.waiting.options import DEFAULT_OPTIONS, OPTIONS
from pulumi_nbcloud.waiting.spec import WaitSpec

MAX_BYTES = 4_000_000
# What may differ from run to run: how long, how often, and how much of it at once.
_FREE = {"timeout", "interval", "hold"}
_CONDITIONS = {"until", "fail_on"}
_VALUE_SHOWN = 120


class DamagedError(Exception):
    """The content is not a record, or not a complete one; the text says why, in a clause."""


@checked_dataclass(frozen=True, config=STRICT)
class WaitRecord:
    """One wait, as a file keeps it.

    Args:
        record: marks the file as a record.
        id: of the wait: equal for the same targets, conditions, options and key.
        inputs: the same, readable, to name a difference.
        started_time: when it began.
        deadline_time: when it ends at the latest.
        saved_time: when the checkpoint was made.
        timeout_seconds: from its start to its deadline.
        runs: how many processes have waited.
        outcome: how it ended; None while it goes on.
        checkpoint: what was observed.
    """

    id: Annotated[str, Field(max_length=100)]
    inputs: dict[str, str]
    started_time: AwareDatetime
    deadline_time: AwareDatetime
    saved_time: AwareDatetime
    timeout_seconds: Seconds
    runs: Count = 1
    outcome: Annotated[str, Field(max_length=100)] | None = None
    checkpoint: Checkpoint = Checkpoint()
    record: Literal["nbcloud wait 1"] = "nbcloud wait 1"

    def to_bytes(self) -> bytes:
        """Write the record, with a checksum that a torn or edited file does not match."""
        content = _ADAPTER.dump_python(self, mode="json")
        return (json.dumps({**content, "sum": _sum(content)}, indent=1) + "\n").encode()


_ADAPTER = TypeAdapter(WaitRecord)


def record_from(content: bytes) -> WaitRecord:
    """Read a record.

    Args:
        content: of its file.

    Raises:
        DamagedError: it is not a complete record of this version.
    """
    if len(content) > MAX_BYTES:
        raise DamagedError(f"it has more than {MAX_BYTES} bytes")
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        raise DamagedError("it is torn, or no JSON") from None
    if not isinstance(found, dict) or not str(found.get("record")).startswith("nbcloud wait "):
        raise DamagedError("it is something else")
    if found["record"] != "nbcloud wait 1":
        raise DamagedError("another version of nbcloud wrote it")
    if found.pop("sum", None) != _sum(found):
        raise DamagedError("it was edited, or is torn: its sum is another")
    try:
        return _ADAPTER.validate_json(json.dumps(found))
    except (ValidationError, ValueError):
        raise DamagedError("another version of nbcloud wrote it") from None


def _sum(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def inputs_of(spec: WaitSpec, key: str | None) -> dict[str, str]:
    """Return the inputs that identify a wait; defaults are left out.

    Args:
        spec: with all arguments known.
        key: distinguishes equal waits, chosen by the user; None for none.
    """
    inputs = {}
    for name, kind in spec.kinds.items():
        arguments = {each: value for each, value in vars(spec.arguments[name]).items() if value is not None}
        words = [f"{each}={json.dumps(value)}" for each, value in arguments.items() if each in kind.argument_names]
        inputs[f"target {name}"] = " ".join((kind.token, *words))
    conditions = spec.conditions
    inputs["until"] = conditions.expected
    failures = [each.text for each in (conditions.fail_on, *conditions.failures) if each]
    if failures:
        inputs["fail_on"] = " || ".join(failures)
    for option in OPTIONS:
        value = getattr(spec.options, option.name)
        if option.name in _FREE | _CONDITIONS or value == getattr(DEFAULT_OPTIONS, option.name):
            continue
        inputs[option.name] = option.value.spell(value)
    if key is not None:
        inputs["resume-key"] = key
    return inputs


def id_of(inputs: Mapping[str, str]) -> str:
    """Make the id of a wait."""
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode("utf-8", "surrogatepass")).hexdigest()


def new_record(spec: WaitSpec, key: str | None, now: datetime) -> WaitRecord:
    """Make the record of a wait that begins now.

    Args:
        spec: with all arguments known.
        key: see `inputs_of`.
        now: the time of day.
    """
    inputs, timeout = inputs_of(spec, key), spec.options.timeout
    return WaitRecord(
        id=id_of(inputs),
        inputs=inputs,
        started_time=now,
        deadline_time=now + timedelta(seconds=timeout),
        saved_time=now,
        timeout_seconds=timeout,
    )


def differences(there: Mapping[str, str], here: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the differences between two waits: a name, and the value of each.

    Args:
        there: the inputs of a record.
        here: those of the command.
    """
    for name in {**here, **there}:
        values = [printable(each[name], _VALUE_SHOWN) if name in each else "(none)" for each in (there, here)]
        if there.get(name) != here.get(name):
            yield name, f"{values[0]} in the record, {values[1]} here"


def with_timeout(record: WaitRecord, timeout: float) -> WaitRecord:
    """Return a record whose deadline is that of another timeout, counted from the same start."""
    moved = record.deadline_time + timedelta(seconds=timeout - record.timeout_seconds)
    return replace(record, timeout_seconds=timeout, deadline_time=moved)
