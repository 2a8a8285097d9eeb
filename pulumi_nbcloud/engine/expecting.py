"""Notifies the listeners of a process of the expectation of a lookup: a wait of one poll."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, Any

from pulumi_nbcloud.clock import now
from pulumi_nbcloud.engine.secrets import Secrets
from pulumi_nbcloud.errors import ExpectationError
from pulumi_nbcloud.history.listener import history_listeners
from pulumi_nbcloud.waiting.listeners import Begin, Listening, Origin, Subject, end_of
from pulumi_nbcloud.waiting.observation import Observation
from pulumi_nbcloud.waiting.outcome import Outcome, WaitResult
from pulumi_nbcloud.waiting.progress import Progress
from pulumi_nbcloud.waiting.report import Silent

if TYPE_CHECKING:
    from pulumi_nbcloud.waiting.expectation import Expectation

Observe = Callable[[Any, "str | None"], None]
"""Takes the state that was read, and the vendor's id of the request."""


@dataclass(frozen=True)
class Place:
    """Where a lookup is made.

    Args:
        stack: its name; None if it is not known.
        project: its name; None if it is not known.
        preview: whether it belongs to a preview.
        warn: shows a warning on the row of the stack.
    """

    stack: str | None
    project: str | None
    preview: bool
    warn: Callable[[str], None]


class _Warnings(Silent):
    """Shows warnings on the row of the stack."""

    def __init__(self, warn: Callable[[str], None]) -> None:
        self._warn = warn

    def warning(self, text: str) -> None:
        self._warn(text)


@contextlib.contextmanager
def recorded(
    expectation: Expectation | None,
    arguments: Any,
    values: Mapping[str, Any],
    secret_inputs: Iterable[str] | None,
    place: Callable[[], Place],
) -> Iterator[Observe]:
    """Notify the listeners that this block checks an expectation, and how that ends.

    Args:
        expectation: what must hold; None to notify nobody.
        arguments: of the thing that is read.
        values: the same by name, as the program gave them.
        secret_inputs: the paths of secret inputs, as a gate with one target would have them.
        place: returns where the lookup is made.
    """
    listeners = history_listeners() if expectation is not None else ()
    if expectation is None or not listeners:
        yield lambda state, request_id: None
        return
    began, started, where = now(), monotonic(), place()
    begin = _begin(expectation, arguments, values, tuple(secret_inputs or ()), began, where)
    listening = Listening(listeners, begin, _Warnings(where.warn))
    progress = Progress({"self": expectation.kind}, {}, expectation.expected, 0.0, started)

    def observe(state: Any, request_id: str | None) -> None:
        progress.polls = 1
        progress.record("self", Observation(state, None, now(), request_id))

    end: WaitResult | BaseException | None = None
    try:
        yield observe
        end = WaitResult(Outcome.MET.value, now(), monotonic() - started, progress)
    except BaseException as error:
        end = error
        if isinstance(error, ExpectationError):
            end = WaitResult(Outcome.FAILED.value, None, monotonic() - started, progress, error.line)
        raise
    finally:
        if end is not None:
            listening.ended(end_of(now(), monotonic() - started, end))


def _begin(
    expectation: Expectation,
    arguments: Any,
    values: Mapping[str, Any],
    paths: tuple[str, ...],
    began: datetime,
    where: Place,
) -> Begin:
    kind = expectation.kind
    identity = kind.identify(arguments)
    secrets = Secrets.of({"targets": {"self": values}, "until": expectation.expected}, paths)
    origin = Origin(
        "expect",
        # If the id is secret, only the kind: the name of a thing is its id.
        kind.token if any(each.startswith("targets") for each in paths) else f"{kind.token} {identity}",
        preview=where.preview,
        stack=where.stack,
        project=where.project,
        secret_inputs=paths,
        redact=secrets.text,
    )
    return Begin(origin, began, {"self": Subject(kind.token, identity, arguments.profile)}, expectation.expected)
