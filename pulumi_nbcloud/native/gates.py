"""The gate of the plugin, `nbcloud:index:Gate`."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from pulumi.runtime.rpc import UNKNOWN

from pulumi_nbcloud import clock
from pulumi_nbcloud.engine import previews
from pulumi_nbcloud.engine.gates import GateWait, problems_of, spec_of
from pulumi_nbcloud.engine.log import show
from pulumi_nbcloud.engine.secrets import SHOWN, Secrets
from pulumi_nbcloud.engine.values import contains_unknown, targets_by_name
from pulumi_nbcloud.errors import InputError, NbcloudError
from pulumi_nbcloud.native.gate_inputs import core_inputs, core_secrets, lines_to_paste, with_profiles
from pulumi_nbcloud.native.process import Process
from pulumi_nbcloud.native.resources import Awaiting, Checked, Difference, Request, Stored
from pulumi_nbcloud.waiting.again import (
    KEEP_OUTCOME,
    WAIT_AGAIN,
    differ,
    is_changed,
    stored_gate,
    waits_again,
    waits_always,
)
from pulumi_nbcloud.waiting.duration import spell
from pulumi_nbcloud.waiting.outcome import Outcome, WaitError
from pulumi_nbcloud.waiting.start import Start
from pulumi_nbcloud.waiting.stored import OUTPUTS, SECRET_OUTPUTS

if TYPE_CHECKING:
    from pulumi_nbcloud.waiting.runner import WaitRunner
    from pulumi_nbcloud.waiting.spec import WaitSpec

# Only the state of a gate of the dynamic shell has these: one that has become this resource, by an alias.
_DYNAMIC = "__provider"


class Gates:
    """Serves the gates of one process. Waits run on the event loop that calls its methods.

    Args:
        process: of the plugin.
    """

    def __init__(self, process: Process) -> None:
        self._process = process
        # For each run: a process that is debugged serves several, one after the other.
        self._budgets: WeakKeyDictionary[WaitRunner, previews.Budget] = WeakKeyDictionary()

    async def check(self, request: Request) -> Checked:
        """Check the inputs, in preview too, without a request; a value that is not known yet passes."""
        given = with_profiles(request.inputs, self._process.with_profile)
        return await asyncio.to_thread(self._check, request, given)

    def _check(self, request: Request, given: dict[str, Any]) -> Checked:
        core, problems = core_inputs(given)
        # A custom timeout may count instead, which the engine passes only later.
        known = core if "timeout" in core else {**core, "timeout": UNKNOWN}
        failures = [*problems, *problems_of(self._process, known, request.urn)]
        if given.get("hold") is not None and given.get("wait_start") is None:
            secrets = Secrets.of(core, core_secrets(request.secret_inputs))
            failures.append(
                "hold: a gate with hold needs waitStart, so that every update knows when its wait began\n"
                "hint: add a WaitStart, with the dependsOn of the gate; in YAML, or in TypeScript:\n"
                + lines_to_paste(request.name, given, secrets)
            )
        if given.get("hold") is None and given.get("wait_start") is not None:
            failures.append("waitStart is for hold alone\nhint: leave it out, or give hold")
        return Checked(given, failures)

    async def diff(self, request: Request) -> Difference:
        """Find a difference if an input of the gate changed; never a replacement."""
        old, new = _stored(request.olds), core_inputs(request.inputs)[0]
        names = [name for name in (*WAIT_AGAIN, *KEEP_OUTCOME) if differ(old, new, (name,))]
        changed = tuple(_as_given(name, request) for name in names)
        # A gate of the dynamic shell: an update renames its outputs, without a wait.
        return Difference(is_changed(old, new) or _DYNAMIC in request.olds, changed=changed)

    async def create(self, request: Request) -> Stored:
        """Wait; if that fails, nothing is stored, so the next update waits again."""
        if request.preview:
            return await self._preview(request)
        return _kept(request, uuid.uuid4().hex, await self._wait(request))

    async def update(self, request: Request) -> Stored:
        """Wait again if the gate waits for something else; otherwise keep the outcome."""
        old, new = _stored(request.olds), core_inputs(request.inputs)[0]
        if waits_again(old, new) or waits_always(new):
            if request.preview:
                return await self._preview(request)
            return _kept(request, request.id, await self._wait(request))
        return _kept(request, request.id, {name: old[name] for name in OUTPUTS if name in old})

    async def read(self, request: Request) -> Stored:
        """Keep the outcome: a refresh does not wait. An import is refused."""
        if "outcome" not in stored_gate(request.olds):
            raise InputError(
                "a gate cannot be imported: there is nothing in a cloud to read it from",
                hint="declare it; the update that creates it waits",
            )
        return Stored(request.id, request.olds, _secret_outputs(request))

    async def delete(self, request: Request) -> None:
        """Do nothing: there is nothing in a cloud to delete."""

    async def _wait(self, request: Request) -> dict[str, Any]:
        inputs = _wait_inputs(request)
        wait = await asyncio.to_thread(self._begin, request, inputs)
        try:
            result = await wait.run()
        except NbcloudError as error:
            failed = await asyncio.to_thread(wait.failed, error, lambda: True)
            if isinstance(failed, WaitError) and failed.outcome is Outcome.AWAITING:
                raise Awaiting(str(failed)) from None
            raise failed from None
        return await asyncio.to_thread(wait.passed, result)

    def _begin(self, request: Request, inputs: dict[str, Any]) -> GateWait:
        spec = spec_of(inputs, request.operation, self._process.spelling)
        self._show(request, None, spec.warnings)
        return GateWait(self._process, inputs, spec, request.urn, request.operation)

    async def _preview(self, request: Request) -> Stored:
        """Show what the condition would find now; the outputs of the wait are not known yet."""
        from pulumi_nbcloud.waiting.spec import parse_spec, spec_error

        inputs, operation, spelling = _wait_inputs(request), request.operation, self._process.spelling
        _, problems = await asyncio.to_thread(
            parse_spec, targets_by_name(inputs), contains_unknown, operation, spelling=spelling
        )
        if problems:  # with a custom timeout, which a check does not see
            raise spec_error(problems)
        info, warnings = await self._lines(request, inputs)
        await asyncio.to_thread(self._show, request, info, warnings)
        return _kept(request, request.id, dict.fromkeys(OUTPUTS, UNKNOWN))

    async def _lines(self, request: Request, inputs: dict[str, Any]) -> tuple[str | None, tuple[str, ...]]:
        hidden = Secrets.of(inputs, inputs["secret_inputs"]).hides_until

        async def poll(spec: WaitSpec) -> tuple[str, str]:
            waits = self._process.waits()
            with self._budgets.setdefault(waits, previews.Budget()).poll():
                return await waits.poll(spec, hidden=hidden)

        switched_on = str(self._process.config()("nbcloud:previewPoll")).lower() != "false"
        spelling, start = self._process.spelling, Start.of(inputs)
        found = await previews.findings(
            inputs, poll if switched_on else None, contains_unknown, start, spelling, request.operation
        )
        overridable = inputs.get("overridable")
        words = previews.override_words(
            inputs, lambda: self._process.override_of(request.urn, overridable), clock.now(), spelling
        )
        return previews.with_override(found, words)

    def _show(self, request: Request, info: str | None, warnings: tuple[str, ...]) -> None:
        inputs = _wait_inputs(request)
        secrets = Secrets.of(inputs, inputs["secret_inputs"])
        if info is not None:
            show(secrets.text(info), request.urn, stays=True, engine=self._process.engine, wait=True)
        for warning in warnings:
            show(secrets.text(warning), request.urn, warning=True, engine=self._process.engine, wait=True)


def _wait_inputs(request: Request) -> dict[str, Any]:
    """Return the inputs as a wait takes them, with the values that the engine passes beside them."""
    inputs, _ = core_inputs(request.inputs)
    inputs["secret_inputs"] = [each for each in core_secrets(request.secret_inputs) if each.split(".")[0] in SHOWN]
    if request.timeout is not None:
        inputs["custom_timeouts"] = {request.operation: spell(request.timeout)}
    return inputs


def _stored(olds: Mapping[str, Any]) -> dict[str, Any]:
    return stored_gate(core_inputs(olds)[0])


def _kept(request: Request, id_: str, outputs: Mapping[str, Any]) -> Stored:
    return Stored(id_, {**request.inputs, **outputs}, _secret_outputs(request))


def _secret_outputs(request: Request) -> tuple[str, ...]:
    """Name the outputs that show secret inputs, each completely, as with the result of a lookup."""
    given = {path.split(".")[0] for path in core_secrets(request.secret_inputs)}
    return SECRET_OUTPUTS if given & set(SHOWN) else ()


def _as_given(name: str, request: Request) -> str:
    """Return the program's name for an input of the core."""
    raw = request.inputs
    if name == "targets" and raw.get("target") is not None:
        return "target"
    if name == "fail_on" and raw.get("own_failures") != request.olds.get("own_failures"):
        return "own_failures"
    return name
