"""The waits of one process: what they share, and how to run one for a spec."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from pulumi_nbcloud.clock import Clock, text
from pulumi_nbcloud.condition import Decision
from pulumi_nbcloud.kinds.kind import Kind
from pulumi_nbcloud.reading.reader import Reader
from pulumi_nbcloud.settings.overrides import Override
from pulumi_nbcloud.settings.sources import ConfigReader
from pulumi_nbcloud.waiting.cancellation import Cancellation
from pulumi_nbcloud.waiting.duration import spell
from pulumi_nbcloud.waiting.listeners import NOBODY, Begin, Listener, Listening, Origin, Subject, end_of
from pulumi_nbcloud.waiting.messages import advice
from pulumi_nbcloud.waiting.observation import Target, moment_of, poll
from pulumi_nbcloud.waiting.offload import Offload, in_threads
from pulumi_nbcloud.waiting.outcome import Met, Outcome, WaitError, WaitResult
from pulumi_nbcloud.waiting.overriding import disabled, expired
from pulumi_nbcloud.waiting.progress import Progress, unmet
from pulumi_nbcloud.waiting.report import Reporter
from pulumi_nbcloud.waiting.spec import WaitSpec
from pulumi_nbcloud.waiting.wait import Wait

if TYPE_CHECKING:
    from pulumi_nbcloud.waiting.keeper import Keeper


class WaitRunner:
    """Runs waits on one event loop, with one reader.

    Args:
        reader: reads, with the accounts of this process.
        config: reads Pulumi config.
        clock: passes time.
        offload: runs the evaluation off the event loop; in a few threads if not given.
        listeners: are notified of every wait whose origin is given.
    """

    def __init__(
        self,
        reader: Reader,
        config: ConfigReader,
        clock: Clock | None = None,
        offload: Offload | None = None,
        listeners: Iterable[Listener] = (),
    ) -> None:
        self._listeners = tuple(listeners)
        self._reader = reader
        self._config = config
        self._clock = clock or Clock()
        self._shared = reader.shared
        self.cancellation = Cancellation()
        self._offload = offload or in_threads()

    async def wait(
        self,
        spec: WaitSpec,
        reporter: Reporter,
        origin: Origin | None = None,
        keeper: Keeper | None = None,
        override: Override | None = None,
    ) -> Met:
        """Wait as a spec describes.

        Args:
            spec: with all arguments known.
            reporter: is notified of how it goes on.
            origin: who waits; None to notify no listener.
            keeper: keeps the record with which the next run goes on, and has that of the one before; None for none.
            override: lets the wait end as `overridden`; None for none.

        Returns:
            When and how the condition was met.

        Raises:
            WaitError: it was not met.
            SettingsError, InputError: nothing could be read.
        """
        before = keeper.before() if keeper is not None else 0.0
        with self._listening(spec, reporter, origin, before) as listening:
            with _recorded(keeper):
                met = await self._make(spec, listening, before, override, keeper).run()
            listening.result = WaitResult(Outcome.MET.value, met.at, met.elapsed, met.progress)
        return met

    async def enforce(
        self,
        spec: WaitSpec,
        reporter: Reporter,
        origin: Origin | None = None,
        before: float = 0.0,
        override: Override | None = None,
    ) -> WaitResult:
        """Wait as a spec describes, and hold up what comes after it as its enforcement demands.

        Args:
            spec: with all arguments known.
            reporter: is notified of how it goes on; and, as a warning, how a wait ended that is advisory and was not
                met, or that was overridden.
            origin: who waits; None to notify no listener.
            before: how long the wait has gone on in runs before this one, in seconds.
            override: lets the wait pass while its cloud gives no usable response; None for none.

        Returns:
            How it ended.

        Raises:
            WaitError: a mandatory wait was not met; or a wait was cancelled, or is awaiting.
            SettingsError, InputError: nothing could be read, whatever the enforcement.
        """
        with self._listening(spec, reporter, origin, before) as listening:
            listening.result = result = await self._enforce(spec, listening, before, override)
        return result

    async def _enforce(
        self, spec: WaitSpec, reporter: Reporter, before: float, override: Override | None
    ) -> WaitResult:
        if spec.options.enforcement == "disabled":
            if override is not None:
                reporter.warning(disabled(override, spec.spelling))
            why = spec.spelling.has("enforcement", "disabled")
            return WaitResult("disabled", message=f"not polled, because {why}")
        late = expired(override, self._clock.now())
        if late:
            reporter.warning(late)
        wait = self._make(spec, reporter, before, override)
        try:
            met = await wait.run()
        except WaitError as error:
            if error.outcome is Outcome.OVERRIDDEN:
                reporter.warning(str(error))
                return WaitResult(error.outcome.value, None, wait.elapsed, wait.progress, error.line, error.override)
            # A person who interrupts an update wants it to end, and a gate that is awaiting has not ended.
            if spec.options.enforcement != "advisory" or error.outcome in (Outcome.CANCELLED, Outcome.AWAITING):
                raise
            reporter.warning(advice(error))
            return WaitResult(error.outcome.value, None, wait.elapsed, wait.progress, error.line)
        return WaitResult(Outcome.MET.value, met.at, met.elapsed, met.progress)

    @contextlib.contextmanager
    def _listening(
        self, spec: WaitSpec, reporter: Reporter, origin: Origin | None, before: float
    ) -> Iterator[Listening]:
        """Notify the listeners that a wait begins, and how it ends."""
        started, options = self._clock.monotonic() - before, spec.options
        subjects = {name: _subject(kind, spec.arguments[name]) for name, kind in spec.kinds.items()}
        begin = Begin(
            origin or NOBODY,
            self._clock.now(),
            subjects,
            spec.conditions.expected,
            options.timeout,
            options.enforcement,
        )
        listening = Listening(self._listeners if origin else (), begin, reporter)
        end: WaitResult | BaseException | None = None
        try:
            yield listening
        except BaseException as error:
            end = error
            raise
        finally:
            end = end or listening.result
            if end is not None:
                listening.ended(end_of(self._clock.now(), self._clock.monotonic() - started, end))

    def _make(
        self,
        spec: WaitSpec,
        reporter: Reporter,
        before: float,
        override: Override | None,
        keeper: Keeper | None = None,
    ) -> Wait:
        targets = self._targets(spec)
        for warning in self._expiries(spec, before):
            reporter.warning(warning)
        return Wait(
            targets,
            spec.kinds,
            spec.evaluator(),
            options=spec.options,
            schedule=spec.schedule(),
            shared=self._shared,
            clock=self._clock,
            reporter=reporter,
            cancellation=self.cancellation,
            offload=self._offload,
            before=before,
            keeper=keeper,
            override=override,
            spelling=spec.spelling,
        )

    async def poll(self, spec: WaitSpec, *, hidden: bool = False) -> tuple[str, str]:
        """Poll once, for a preview.

        Args:
            spec: with all arguments known.
            hidden: whether the condition is secret, and with it its clauses.

        Returns:
            The observation, in one line; and what that means for the condition.

        Raises:
            NbcloudError: a target could not be read.
        """
        targets = self._targets(spec)
        observations = await poll(targets, self._shared, self._clock.monotonic())
        for each in observations.values():
            if each.failed and each.error is not None:
                raise each.error
        expected, timeout = spec.conditions.expected, spec.options.timeout
        needs_finding = spec.conditions.met_if_gone and not spec.options.allow_absent
        started = self._clock.monotonic()
        progress = Progress(spec.kinds, targets, expected, timeout, started, needs_finding=needs_finding)
        for name, each in observations.items():
            progress.record(name, each)
        decision = spec.evaluator().decide(progress.states(), self._clock.now(), moment_of(observations))
        progress.reason, progress.not_met = decision.reason, decision.not_met
        if hidden:
            progress.not_met = ()
        return progress.summary(), self._meaning(spec, decision, progress)

    def _meaning(self, spec: WaitSpec, decision: Decision, progress: Progress) -> str:
        clauses = unmet(progress.not_met, None, progress.summary())
        lacking = f"not met: {', '.join(clauses)}" if clauses else "not met"
        if progress.undecided and progress.decided:
            lacking = f"{lacking}; undecided: {progress.undecided}"
        failing = decision.failing
        if decision.outcome in ("met", "not_yet"):
            if spec.options.fails(progress.states()):
                return f"it counts as failed: {spec.spelling.has('not_found', 'fail')}"
            if failing is not None and failing.explicit:
                return f"it counts as failed once {failing.condition} has held for {spell(failing.holds_for)}"
            if progress.unproven:
                return f"it counts as deleted only once it was found; {spec.spelling.option('allow_absent')} lifts that"
            if spec.options.meets(progress.states()):
                met = spec.spelling.has("not_found", "met")
                return f"it counts as met: {met}{_once(spec.options.holds_for)}"
        if failing is not None and decision.outcome == "not_yet":
            later = f"; it counts as failed once {failing.condition} has held for {spell(failing.holds_for)}"
            return f"{lacking}{later}"
        return {
            "met": f"the condition holds{_once(spec.options.holds_for)}",
            "failed": f"it counts as failed: {decision.condition}",
            "bad_condition": f"the condition cannot be evaluated: {decision.reason}",
        }.get(decision.outcome, lacking)

    def _expiries(self, spec: WaitSpec, before: float) -> list[str]:
        """Return which credentials expire before this run ends, where nobody here can renew them."""
        warnings: dict[str, None] = {}
        left, hold = spec.options.timeout - before, spec.options.hold
        end = "the timeout of this wait" if hold is None or hold >= left else f"{spec.spelling.option('hold')} is over"
        left = left if hold is None else min(left, hold)
        for name, kind in spec.kinds.items():
            expiry = self._reader.account(kind, spec.arguments[name].profile, self._config).expires_at()
            if expiry is not None and expiry < self._clock.now().timestamp() + left:
                moment = text(datetime.fromtimestamp(expiry, timezone.utc))
                warnings[f"the credentials for {kind.cloud} expire at {moment}, before {end}"] = None
        return list(warnings)

    def _targets(self, spec: WaitSpec) -> dict[str, Target]:
        return {
            name: target_of(self._reader, self._config, name, kind, spec.arguments[name])
            for name, kind in spec.kinds.items()
        }


def target_of(reader: Reader, config: ConfigReader, name: str, kind: Kind[Any, Any, Any], arguments: Any) -> Target:
    """Make a target of a wait.

    Args:
        reader: reads, with the accounts of this process.
        config: reads Pulumi config.
        name: what conditions call it.
        kind: its kind.
        arguments: which thing it is, as `kind.parse` returns them.

    Raises:
        SettingsError: see `Reader.account`.
    """
    return Target(
        name,
        kind.token,
        kind.identify(arguments),
        reader.key(kind, arguments, config),
        lambda: reader.fetch(kind, arguments, config),
        lambda response: kind.select(response[0], response[1], arguments),
        lambda error: kind.about(error, arguments),
    )


@contextlib.contextmanager
def _recorded(keeper: Keeper | None) -> Iterator[None]:
    """Write down how a wait ended; one that is awaiting or was cancelled has not, nor one that could not poll."""
    try:
        yield
    except WaitError as error:
        if keeper is not None and error.outcome not in (Outcome.AWAITING, Outcome.CANCELLED):
            keeper.end(error.outcome.value)
        raise
    if keeper is not None:
        keeper.end(Outcome.MET.value)


def _subject(kind: Kind[Any, Any, Any], arguments: Any) -> Subject:
    return Subject(kind.token, kind.identify(arguments), arguments.profile)


def _once(holds_for: float | None) -> str:
    return f", which must last for {spell(holds_for)}" if holds_for else ""
