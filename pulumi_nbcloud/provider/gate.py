"""The provider of gates: creating one waits."""

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Mapping
from typing import TYPE_CHECKING, Any

from pulumi import Archive, Asset
from pulumi.dynamic import (
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    UpdateResult,
)

from pulumi_nbcloud import clock
from pulumi_nbcloud.engine.errors import EngineProvider, check_failures
from pulumi_nbcloud.engine.secrets import Secrets, secret
from pulumi_nbcloud.engine.values import contains, contains_unknown, plain, targets_by_name
from pulumi_nbcloud.errors import NbcloudError, SettingsError
from pulumi_nbcloud.provider import held, host
from pulumi_nbcloud.provider.wait_start import WAIT_AGAIN as WAIT_AGAIN
from pulumi_nbcloud.provider.wait_start import misfit
from pulumi_nbcloud.waiting.options import OPTIONS

if TYPE_CHECKING:
    from pulumi_nbcloud.waiting.outcome import WaitResult

# A change of one of `WAIT_AGAIN` makes the gate wait again; where one of these changes, its outcome stands.
KEEP_OUTCOME = (
    *(each.name for each in OPTIONS if not each.waits_again),
    *("custom_timeouts", "secret_inputs", "wait_start"),
)
OUTPUTS = (
    "outcome",
    "message",
    "met_time",
    "polls",
    "elapsed_seconds",
    "states",
    "transitions",
    "transition_count",
)
# What an inline program tells of the accounts that it would ask; compared in Check, and kept nowhere.
ASKED_ACCOUNTS = "asked_accounts"
# What holds more of the targets than the inputs of the same names, which the engine itself keeps secret.
SECRET_OUTPUTS = ("message", "states", "transitions")
STORED_ITEMS = 20


class GateProvider(EngineProvider):
    """Wait for the engine. Stored in state by name, so it keeps nothing at all."""

    serialize_as_secret_always = False

    def configure(self, req: ConfigureRequest) -> None:
        """Keep the stack's config for this process and patch it; raise nothing."""
        host.configure(req)

    def check(self, _olds: Mapping[str, Any], news: Mapping[str, Any]) -> CheckResult:
        """Check the inputs, in preview too, without any request; what is not known yet passes."""
        from pulumi_nbcloud.condition import Problem
        from pulumi_nbcloud.waiting.spec import parse_spec

        news = dict(news)
        host.compare_accounts(plain(news).get(ASKED_ACCOUNTS), news.get("status_urn"))
        news.pop(ASKED_ACCOUNTS, None)
        _, problems = parse_spec(targets_by_name(plain(news)), contains_unknown)
        # The SDK stores one in a form that it cannot read again: every later update would fail.
        if contains(news.get("triggers"), lambda value: isinstance(value, (Asset, Archive))):
            problems.append(Problem("triggers cannot hold an asset or archive", "give a hash of its content instead"))
        try:
            host.override_of(news.get("status_urn"), news.get("overridable"))
        except SettingsError as error:
            problems.append(Problem(error.summary, error.hint))
        found = [*map(str, problems), *filter(None, [misfit(news)])]
        return CheckResult(news, check_failures(found))

    def diff(self, _id: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> DiffResult:
        """Find a difference where an input of the gate changed; never a replacement."""
        old, new = _stored(olds), plain(news)
        changes = _differ(old, new, (*WAIT_AGAIN, *KEEP_OUTCOME)) or _waits_always(new) or _was_overridden(old)
        if _waits_again(old, new):
            held.announce(new)
        return DiffResult(changes=changes, replaces=[])

    def create(self, props: Mapping[str, Any]) -> CreateResult:
        """Wait; where it fails nothing is stored, so the next update waits again."""
        return CreateResult(uuid.uuid4().hex, _wait(plain(props), "create"))

    def update(self, _id: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> UpdateResult:
        """Wait again where the gate waits for something else; otherwise keep the outcome.

        It also waits where it is to hold up more than its outcome allows, where it was overridden, and where it waits
        at every update.
        """
        old, new = _stored(olds), plain(news)
        if _waits_again(old, new) or _waits_always(new):
            return UpdateResult(_wait(new, "update"))
        kept = {name: value for name, value in old.items() if name not in KEEP_OUTCOME}
        return UpdateResult(_protected({**kept, **new}))

    def read(self, id_: str, props: Mapping[str, Any]) -> ReadResult:
        """Keep the outcome: a refresh does not wait."""
        return ReadResult(id_, _protected(dict(props)))

    def delete(self, _id: str, _props: Mapping[str, Any]) -> None:
        """Do nothing: there is nothing in a cloud to delete."""


def _stored(olds: Mapping[str, Any]) -> dict[str, Any]:
    """Read what is stored of a gate; before 0.1.0 the output `outcome` was called `verdict` and written in words."""
    old = plain(olds)
    if "verdict" in old:
        outcome = str(old.pop("verdict")).replace(" ", "_").replace("unauthorised", "unauthorized")
        old.setdefault("outcome", outcome)
    return old


def _waits_again(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Return whether the gate waits for something else, was overridden, or is to hold up more than before."""
    from pulumi_nbcloud.waiting.options import tightened

    binds = tightened(old.get("enforcement"), new.get("enforcement")) and old.get("outcome") != "met"
    return binds or _was_overridden(old) or _differ(old, new, WAIT_AGAIN)


def _waits_always(inputs: Mapping[str, Any]) -> bool:
    """Return whether the gate waits at every update; one that polls nothing has nothing to do."""
    return inputs.get("every_update") is True and inputs.get("enforcement") != "disabled"


def _was_overridden(old: Mapping[str, Any]) -> bool:
    """Return whether a gate has passed without its condition being met, by an override, which counts for one update."""
    return old.get("outcome") == "overridden"


def _differ(old: Mapping[str, Any], new: Mapping[str, Any], names: tuple[str, ...]) -> bool:
    """Return whether one of these inputs changed; compared as JSON, because to Python 1 and True are equal."""
    return any(_json(old.get(name)) != _json(new.get(name)) for name in names)


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=repr)


def _wait(inputs: dict[str, Any], operation: str) -> dict[str, Any]:
    from pulumi_nbcloud.condition import Problem
    from pulumi_nbcloud.engine.log import show
    from pulumi_nbcloud.engine.origins import gate_origin
    from pulumi_nbcloud.engine.status import GateReporter
    from pulumi_nbcloud.reading import portal
    from pulumi_nbcloud.waiting.overriding import with_command
    from pulumi_nbcloud.waiting.spec import parse_spec, spec_error

    spec, problems = parse_spec(targets_by_name(inputs), operation=operation)
    if spec is None:
        raise spec_error(problems or [Problem("the gate's inputs are not known", "correct the gate's arguments")])
    urn = inputs.get("status_urn")
    patches = host.GATE_PATCHES if spec.options.hold is None else ()
    for disabled in host.take_disabled(*patches):
        show(disabled, urn, warning=True)
    secrets = Secrets.of(inputs, inputs.get("secret_inputs"))
    reporter, known = GateReporter(urn, secrets=secrets), spec
    override = host.override_of(urn, spec.options.overridable)
    origin = gate_origin(urn, operation, inputs, secrets)
    start = held.start_of(inputs, spec.options, reporter)
    before = start.before if start is not None else 0.0

    def run() -> Awaitable[WaitResult]:
        return host.waits().enforce(known, reporter, origin, before, override)

    try:
        result = portal.call(run)
    except NbcloudError as error:
        if start is not None:
            error = held.ended(error, start, spec.options, reporter)
        # The command names the gate, which its row shows anyway, secret or not.
        raise with_command(secrets.error(error), urn, known.options.overridable, clock.now()) from None
    reporter.ended(result)
    return _protected({**inputs, **_outputs(result)})


def _protected(outputs: dict[str, Any]) -> dict[str, Any]:
    """Mark outputs as secret that show what came in secret: as a lookup's result is, whole."""
    if not outputs.get("secret_inputs"):
        return outputs
    return {**outputs, **{name: secret(outputs.get(name)) for name in SECRET_OUTPUTS}}


def _outputs(result: WaitResult) -> dict[str, Any]:
    from pulumi_nbcloud.clock import text

    progress = result.progress
    states = progress.states() if progress else {}
    return {
        "outcome": result.outcome,
        "message": result.message,
        "met_time": text(result.at) if result.at else None,
        "polls": progress.polls if progress else 0,
        "elapsed_seconds": round(result.elapsed, 1),
        "states": {name: _shortened(state.to_dict()) for name, state in states.items() if state is not None},
        "transitions": progress.transitions if progress else [],
        "transition_count": progress.transition_count if progress else 0,
    }


def _shortened(state: dict[str, Any]) -> dict[str, Any]:
    """Return a state as it is stored: of a list its count and first items, because a stack's state must stay small."""
    stored: dict[str, Any] = {}
    for name, value in state.items():
        stored[name] = value
        if isinstance(value, list):
            stored[name], stored[f"{name}_count"] = value[:STORED_ITEMS], len(value)
    return stored
