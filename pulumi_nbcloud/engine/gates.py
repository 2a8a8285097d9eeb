"""The work of a gate in a provider process, for either shell: the check of its inputs, and its wait."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from pulumi_nbcloud import clock
from pulumi_nbcloud.engine import held
from pulumi_nbcloud.engine.process import ProviderProcess
from pulumi_nbcloud.engine.secrets import Secrets
from pulumi_nbcloud.engine.values import contains_unknown, targets_by_name
from pulumi_nbcloud.errors import NbcloudError, SettingsError
from pulumi_nbcloud.spelling import PYTHON, Spelling
from pulumi_nbcloud.waiting.start import misfit

if TYPE_CHECKING:
    from pulumi_nbcloud.condition import Problem
    from pulumi_nbcloud.waiting.outcome import WaitResult
    from pulumi_nbcloud.waiting.spec import WaitSpec


def problems_of(
    process: ProviderProcess, inputs: Mapping[str, Any], urn: object, more: Iterable[Problem] = ()
) -> list[str]:
    """Check the inputs of a gate without a request; a value that is not known yet passes.

    Args:
        process: that serves it.
        inputs: of the gate, plain.
        urn: of the gate.
        more: further problems of them.

    Returns:
        All problems, each with its hint.
    """
    from pulumi_nbcloud.condition import Problem
    from pulumi_nbcloud.waiting.spec import parse_spec

    _, problems = parse_spec(targets_by_name(inputs), contains_unknown, spelling=process.spelling)
    problems.extend(more)
    try:
        process.override_of(urn, inputs.get("overridable"))
    except SettingsError as error:
        problems.append(Problem(error.summary, error.hint))
    return [*map(str, problems), *filter(None, [misfit(inputs, contains_unknown)])]


def spec_of(inputs: Mapping[str, Any], operation: str, spelling: Spelling = PYTHON) -> WaitSpec:
    """Return the wait of a gate.

    Args:
        inputs: of the gate, plain.
        operation: `create` or `update`.
        spelling: of the program.

    Raises:
        InputError: it cannot be right, or is not known.
    """
    from pulumi_nbcloud.condition import Problem
    from pulumi_nbcloud.waiting.spec import parse_spec, spec_error

    spec, problems = parse_spec(targets_by_name(inputs), operation=operation, spelling=spelling)
    if spec is None:
        raise spec_error(problems or [Problem("the gate's inputs are not known", "correct the gate's arguments")])
    return spec


class GateWait:
    """One wait of a gate. All but `run` is called outside of the event loop: it may take a moment.

    Args:
        process: that serves it.
        inputs: of the gate, plain; see `waiting.again`.
        spec: the same, checked.
        urn: of the gate; None where it is not known.
        operation: `create` or `update`.

    Raises:
        SettingsError: an override of this stack cannot be right.
        InputError: when its wait began should be known and is not.
    """

    def __init__(
        self, process: ProviderProcess, inputs: Mapping[str, Any], spec: WaitSpec, urn: str | None, operation: str
    ) -> None:
        from pulumi_nbcloud.engine.origins import gate_origin
        from pulumi_nbcloud.engine.status import GateReporter

        self._process, self._spec, self._urn = process, spec, urn
        self._secrets = Secrets.of(inputs, inputs.get("secret_inputs"))
        self._reporter = GateReporter(urn, process.engine, self._secrets)
        self._override = process.override_of(urn, spec.options.overridable)
        self._origin = gate_origin(urn, operation, inputs, self._secrets)
        self._start = held.start_of(inputs, spec, self._reporter)

    async def run(self) -> WaitResult:
        """Wait, on the background loop.

        Raises:
            NbcloudError: see `WaitRunner.enforce`.
        """
        before = self._start.before if self._start is not None else 0.0
        return await self._process.waits().enforce(self._spec, self._reporter, self._origin, before, self._override)

    def passed(self, result: WaitResult) -> dict[str, Any]:
        """Show the end of a wait that lets the update go on; return the outputs of the gate."""
        from pulumi_nbcloud.waiting.stored import outputs_of

        self._reporter.ended(result)
        return outputs_of(result)

    def failed(self, error: NbcloudError, answer_awaiting: Callable[[], bool]) -> NbcloudError:
        """Return the error of an update whose gate did not pass.

        Args:
            error: how its wait ended.
            answer_awaiting: marks the call that ends with this error as awaiting; returns whether it could.
        """
        from pulumi_nbcloud.waiting.overriding import with_command

        if self._start is not None:
            error = held.ended(error, self._start, self._spec, self._reporter, answer_awaiting)
        # The command names the gate, which its row shows anyway, secret or not.
        return with_command(self._secrets.error(error), self._urn, self._spec.options.overridable, clock.now())
