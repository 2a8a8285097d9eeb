"""A gate that holds an update only for a while: its messages when it is awaiting, and once its deadline has passed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pulumi_nbcloud import clock
from pulumi_nbcloud.clock import text
from pulumi_nbcloud.engine.awaiting import FIRST_ENGINE
from pulumi_nbcloud.engine.log import show
from pulumi_nbcloud.engine.process import ProviderProcess
from pulumi_nbcloud.engine.values import contains_unknown, targets_by_name
from pulumi_nbcloud.errors import InputError, NbcloudError
from pulumi_nbcloud.printable import shell_quoted
from pulumi_nbcloud.waiting.duration import MAX_SECONDS, spell
from pulumi_nbcloud.waiting.start import Start, awaiting_line

if TYPE_CHECKING:
    from pulumi_nbcloud.engine.status import GateReporter
    from pulumi_nbcloud.waiting.options import WaitOptions
    from pulumi_nbcloud.waiting.outcome import WaitError
    from pulumi_nbcloud.waiting.spec import WaitSpec

GOES_ON = "run `pulumi up` again: the gate goes on, and its deadline stays"
# The clocks of two machines always differ a little.
CLOCK_SECONDS = 60.0


def start_of(inputs: Mapping[str, Any], spec: WaitSpec, reporter: GateReporter) -> Start | None:
    """Return when the wait of a gate began; None if one update waits for all of its timeout.

    Args:
        inputs: of the gate.
        spec: the same, checked.
        reporter: is warned if the clock of this machine is behind.

    Raises:
        InputError: the moment is missing.
    """
    if not _is_cut(spec.options):
        return None
    start = Start.of(inputs)
    if start is None:
        name = spec.spelling.option("wait_start")
        hint = f"leave the input {name} of a gate as it is; transformations must not take it out"
        raise InputError("hold: when the wait of this gate began is not known", hint=hint)
    if start.behind > CLOCK_SECONDS:
        reporter.warning(
            f"this wait began at {text(start.at)}, but the clock of this machine is {spell(start.behind)} behind that\n"
            "hint: set the clock; until then the deadline is that much later"
        )
    return start


def announce(process: ProviderProcess, inputs: Mapping[str, Any], urn: str | None) -> None:
    """Show since when a gate is awaiting that is in state and waits for something else, when the engine compares it.

    For a gate that is not in state, the preview shows it. Nothing more can be known about one that is.

    Args:
        process: that serves the gate.
        inputs: of the gate, plain.
        urn: of the gate.
    """
    from pulumi_nbcloud.waiting.spec import parse_spec

    start = Start.of(inputs)
    # Not for a wait that this process itself has just begun.
    if start is None or start.at > process.started - timedelta(seconds=1):
        return
    spec, _ = parse_spec(targets_by_name(inputs), contains_unknown, operation="update")
    if spec is None or not _is_cut(spec.options):
        return
    line = awaiting_line(start.at, spec.options.timeout)
    show(line, urn, stays=True, engine=process.engine)


def _is_cut(options: WaitOptions) -> bool:
    """Return whether one update may wait for a part of the timeout only."""
    return options.hold is not None and options.hold < options.timeout and options.enforcement != "disabled"


def ended(
    error: NbcloudError,
    start: Start,
    spec: WaitSpec,
    reporter: GateReporter,
    answer_awaiting: Callable[[], bool],
) -> NbcloudError:
    """Return the error of an update with a gate that has `hold`.

    Args:
        error: how its wait ended.
        start: when the wait began.
        spec: of the wait.
        reporter: is notified of a gate that is awaiting.
        answer_awaiting: marks the call that ends with this error as awaiting; returns whether it could.
    """
    from pulumi_nbcloud.waiting.messages import to_check
    from pulumi_nbcloud.waiting.outcome import Outcome, WaitError

    if not isinstance(error, WaitError) or error.outcome is Outcome.CANCELLED:
        return error
    if error.outcome is Outcome.AWAITING:
        return _awaiting(error, start, spec.options, reporter, answer_awaiting)
    if start.before >= spec.options.timeout - 1:
        error.hint = "; ".join(filter(None, (to_check(error), _begin_again(start, spec))))
    return error


def _awaiting(
    error: WaitError,
    start: Start,
    options: WaitOptions,
    reporter: GateReporter,
    answer_awaiting: Callable[[], bool],
) -> NbcloudError:
    """Report what is awaited; return the error for an engine that takes it for a failure."""
    from pulumi_nbcloud.waiting.outcome import WaitError

    error.end_at(start.deadline(options.timeout))
    error.hint = GOES_ON
    reporter.awaiting(error)
    why = f"Pulumi before {FIRST_ENGINE} takes this for a failure"
    if not answer_awaiting():
        why = "the engine could not be told, so the update fails"
    return WaitError(
        error.outcome,
        error.summary,
        progress=error.progress,
        subject=error.subject,
        facts=(("reason", why),),
        hint=GOES_ON,
    )


def _begin_again(start: Start, spec: WaitSpec) -> str:
    """Write how to begin again, ready to paste."""
    timeout, given = spec.options.timeout, spec.spelling.given
    longer = given("timeout", spell(min(2 * timeout, MAX_SECONDS)))
    again = given("triggers", [text(clock.now())])
    return (
        f"the deadline was {text(start.deadline(timeout))}, so the next update polls once: to wait longer, write "
        f"{longer}; to begin again, write {again}, or run:\n"
        # On a line of its own, so that wrapping between words does not break it if it fits.
        f"  pulumi up --replace {shell_quoted(start.urn)}"
    )
