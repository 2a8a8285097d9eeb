"""The waits of one process: what they share, and how one is run for a plan."""

from __future__ import annotations

import functools
from datetime import datetime, timezone
from typing import Any

import anyio
import anyio.to_thread

from pulumi_nbcloud.clock import Clock, text
from pulumi_nbcloud.condition import Decision
from pulumi_nbcloud.kinds.kind import Kind
from pulumi_nbcloud.reading.reader import Reader
from pulumi_nbcloud.settings.sources import ConfigReader
from pulumi_nbcloud.waiting.messages import advice
from pulumi_nbcloud.waiting.observation import Target, poll
from pulumi_nbcloud.waiting.outcome import Met, Outcome, WaitError, WaitResult
from pulumi_nbcloud.waiting.progress import Progress
from pulumi_nbcloud.waiting.report import Reporter
from pulumi_nbcloud.waiting.spec import WaitSpec
from pulumi_nbcloud.waiting.wait import Cancellation, Offload, Wait

EVALUATION_THREADS = 2


class WaitRunner:
    """Runs waits on one event loop, with one reader.

    Args:
        reader: reads, with the accounts of this process.
        config: reads Pulumi config.
        clock: passes time.
        offload: runs the evaluation off the event loop; in a few threads if not given.
    """

    def __init__(
        self, reader: Reader, config: ConfigReader, clock: Clock | None = None, offload: Offload | None = None
    ) -> None:
        self._reader = reader
        self._config = config
        self._clock = clock or Clock()
        self._shared = reader.shared
        self.cancellation = Cancellation()
        # Python evaluates one at a time anyway; by default 40 threads would each keep memory of their own.
        limiter = anyio.CapacityLimiter(EVALUATION_THREADS)
        self._offload = offload or functools.partial(anyio.to_thread.run_sync, limiter=limiter)

    async def wait(self, plan: WaitSpec, reporter: Reporter) -> Met:
        """Wait as a plan says.

        Args:
            plan: with all arguments known.
            reporter: hears how it goes on.

        Returns:
            When and how the condition was met.

        Raises:
            WaitError: it was not met.
            SettingsError, InputError: nothing could be asked.
        """
        return await self._make(plan, reporter).run()

    async def enforce(self, plan: WaitSpec, reporter: Reporter) -> WaitResult:
        """Wait as a plan says, and hold up what comes after it as far as the plan's enforcement says.

        Args:
            plan: with all arguments known.
            reporter: hears how it goes on; and, as a warning, how an advisory wait ended that was not met.

        Returns:
            How it ended.

        Raises:
            WaitError: a mandatory wait was not met, or a wait was cancelled.
            SettingsError, InputError: nothing could be asked, whatever the enforcement.
        """
        if plan.enforcement == "disabled":
            return WaitResult("disabled", message="not polled, because enforcement is 'disabled'")
        wait = self._make(plan, reporter)
        try:
            met = await wait.run()
        except WaitError as error:
            # Who interrupts an update wants it to end.
            if plan.enforcement != "advisory" or error.outcome is Outcome.CANCELLED:
                raise
            reporter.warning(advice(error))
            return WaitResult(error.outcome.value, None, wait.elapsed, wait.progress, error.line)
        return WaitResult(Outcome.MET.value, met.at, met.elapsed, met.progress)

    def _make(self, plan: WaitSpec, reporter: Reporter) -> Wait:
        targets = self._targets(plan)
        for warning in self._expiries(plan):
            reporter.warning(warning)
        return Wait(
            targets,
            plan.kinds,
            plan.evaluator(),
            timeout=plan.timeout,
            schedule=plan.schedule(),
            shared=self._shared,
            clock=self._clock,
            reporter=reporter,
            cancellation=self.cancellation,
            rules=plan.rules,
            offload=self._offload,
        )

    async def poll(self, plan: WaitSpec) -> tuple[str, str]:
        """Poll once, for a preview.

        Args:
            plan: with all arguments known.

        Returns:
            What was seen, in one line; and what that means for the condition.

        Raises:
            NbcloudError: a target could not be read.
        """
        targets = self._targets(plan)
        seen = await poll(targets, self._shared, self._clock.monotonic())
        for each in seen.values():
            if each.failed and each.error is not None:
                raise each.error
        evaluator = plan.evaluator()
        progress = Progress(plan.kinds, targets, evaluator.expected, plan.timeout, self._clock.monotonic())
        for name, each in seen.items():
            progress.note(name, each)
        decision = evaluator.decide(progress.states(), self._clock.now())
        progress.reason = decision.reason
        return progress.summary(), self._meaning(plan, decision, progress)

    def _meaning(self, plan: WaitSpec, decision: Decision, progress: Progress) -> str:
        undecided = f": {progress.undecided}" if progress.undecided else ""
        if decision.outcome in ("met", "not_yet"):
            if plan.rules.fails(progress.states()):
                return "it counts as failed: not_found is 'fail'"
            if plan.rules.meets(progress.states()):
                return "it counts as met: not_found is 'met'"
        return {
            "met": "the condition holds",
            "failed": f"it counts as failed: {decision.condition}",
            "bad_condition": f"the condition cannot be evaluated: {decision.reason}",
        }.get(decision.outcome, f"the condition does not hold{undecided}")

    def _expiries(self, plan: WaitSpec) -> list[str]:
        """Return which credentials expire before the timeout, where nobody here can renew them."""
        found: dict[str, None] = {}
        for name, kind in plan.kinds.items():
            expiry = self._reader.account(kind, plan.arguments[name].profile, self._config).expires_at()
            if expiry is not None and expiry < self._clock.now().timestamp() + plan.timeout:
                moment = text(datetime.fromtimestamp(expiry, timezone.utc))
                found[f"the credentials for {kind.cloud} expire at {moment}, before the timeout of this wait"] = None
        return list(found)

    def _targets(self, plan: WaitSpec) -> dict[str, Target]:
        return {name: self._target(name, kind, plan.arguments[name]) for name, kind in plan.kinds.items()}

    def _target(self, name: str, kind: Kind[Any, Any, Any], arguments: Any) -> Target:
        question = self._reader.question(kind, arguments, self._config)
        return Target(
            name,
            kind.token,
            kind.identify(arguments),
            question,
            lambda: self._reader.ask(kind, arguments, self._config),
            lambda answer: kind.select(answer[0], answer[1], arguments),
            lambda error: kind.about(error, arguments),
        )
