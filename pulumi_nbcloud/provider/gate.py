"""The provider of gates: creating one waits."""

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Mapping
from typing import TYPE_CHECKING, Any

from pulumi import Archive, Asset
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)

from pulumi_nbcloud.engine.values import contains, contains_unknown, plain
from pulumi_nbcloud.provider import host

if TYPE_CHECKING:
    from pulumi_nbcloud.waiting.outcome import WaitResult

# A change of one of these asks something else, so the gate waits again; of the others, the answer stands.
ASKED = ("targets", "until", "fail_on", "not_found", "consecutive", "triggers")
HOW = ("timeout", "interval", "max_poll_errors", "enforcement", "every_update", "custom_timeouts")
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
KEPT_ROWS = 20


class GateProvider(ResourceProvider):
    """Wait for the engine. Stored in state by name, so it keeps nothing at all."""

    serialize_as_secret_always = False

    def configure(self, req: ConfigureRequest) -> None:
        """Keep the stack's config for this process and patch it; raise nothing."""
        host.configure(req)

    def check(self, _olds: Mapping[str, Any], news: Mapping[str, Any]) -> CheckResult:
        """Check the inputs, in preview too, without any request; what is not known yet passes.

        The engine prints the value of the property that a failure names, so a failure names none but in its text.
        """
        from pulumi_nbcloud.waiting.spec import parse_spec

        news = dict(news)
        host.compare_accounts(plain(news).get(ASKED_ACCOUNTS), news.get("status_urn"))
        news.pop(ASKED_ACCOUNTS, None)
        _, problems = parse_spec(plain(news), contains_unknown)
        # The SDK stores one in a form that it cannot read again: every later update would fail.
        if contains(news.get("triggers"), lambda value: isinstance(value, (Asset, Archive))):
            problems.append("triggers cannot hold an asset or archive\nhint: give a hash of its content instead")
        return CheckResult(news, [CheckFailure("", problem) for problem in problems])

    def diff(self, _id: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> DiffResult:
        """Find a difference where the gate is asked something else or in another way; never a replacement."""
        old, new = _stored(olds), plain(news)
        return DiffResult(changes=_differ(old, new, (*ASKED, *HOW)) or _asks_always(new), replaces=[])

    def create(self, props: Mapping[str, Any]) -> CreateResult:
        """Wait; where it fails nothing is stored, so the next update waits again."""
        return CreateResult(uuid.uuid4().hex, _wait(plain(props), "create"))

    def update(self, _id: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> UpdateResult:
        """Wait again where that is asked for; otherwise keep the outcome.

        It is asked for where the gate is asked something else, where it is to hold up more than its outcome allows, and
        where it asks at every update.
        """
        from pulumi_nbcloud.waiting.options import tightened

        old, new = _stored(olds), plain(news)
        binds = tightened(old.get("enforcement"), new.get("enforcement")) and old.get("outcome") != "met"
        if binds or _differ(old, new, ASKED) or _asks_always(new):
            return UpdateResult(_wait(new, "update"))
        kept = {name: value for name, value in old.items() if name not in HOW}
        return UpdateResult({**kept, **new})

    def read(self, id_: str, props: Mapping[str, Any]) -> ReadResult:
        """Keep what was seen: a refresh is no new question."""
        return ReadResult(id_, dict(props))

    def delete(self, _id: str, _props: Mapping[str, Any]) -> None:
        """Do nothing: there is nothing in a cloud to delete."""


def _stored(olds: Mapping[str, Any]) -> dict[str, Any]:
    """Read what is stored of a gate; before 0.1.0 the output `outcome` was called `verdict` and written in words."""
    old = plain(olds)
    if "verdict" in old:
        outcome = str(old.pop("verdict")).replace(" ", "_").replace("unauthorised", "unauthorized")
        old.setdefault("outcome", outcome)
    return old


def _asks_always(inputs: Mapping[str, Any]) -> bool:
    """Return whether the gate waits at every update; one that polls nothing has nothing to do."""
    return inputs.get("every_update") is True and inputs.get("enforcement") != "disabled"


def _differ(old: Mapping[str, Any], new: Mapping[str, Any], names: tuple[str, ...]) -> bool:
    """Return whether one of these inputs changed; compared as JSON, because to Python 1 and True are equal."""
    return any(_written(old.get(name)) != _written(new.get(name)) for name in names)


def _written(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=repr)


def _wait(inputs: dict[str, Any], operation: str) -> dict[str, Any]:
    from pulumi_nbcloud.engine.log import send
    from pulumi_nbcloud.engine.status import GateReporter
    from pulumi_nbcloud.errors import InputError
    from pulumi_nbcloud.reading import portal
    from pulumi_nbcloud.waiting.spec import parse_spec

    plan, problems = parse_spec(inputs, operation=operation)
    if plan is None:
        raise InputError("; ".join(problems) or "the gate's inputs are not known", hint="correct the gate's arguments")
    urn = inputs.get("status_urn")
    for lost in host.take_disabled():
        if not send(lost, urn, warning=True):
            host.say(lost)
    reporter = GateReporter(urn)
    ready = plan

    def run() -> Awaitable[WaitResult]:
        return host.waits().enforce(ready, reporter)

    return {**inputs, **_outputs(portal.call(run))}


def _outputs(ended: WaitResult) -> dict[str, Any]:
    from pulumi_nbcloud.clock import text

    progress = ended.progress
    states = progress.states() if progress else {}
    return {
        "outcome": ended.outcome,
        "message": ended.message,
        "met_time": text(ended.at) if ended.at else None,
        "polls": progress.polls if progress else 0,
        "elapsed_seconds": round(ended.elapsed, 1),
        "states": {name: _kept(state.to_dict()) for name, state in states.items() if state is not None},
        "transitions": progress.transitions if progress else [],
        "transition_count": progress.transition_count if progress else 0,
    }


def _kept(state: dict[str, Any]) -> dict[str, Any]:
    """Return a state as it is stored: of a list its count and first rows, because a stack's state must stay small."""
    kept: dict[str, Any] = {}
    for name, value in state.items():
        kept[name] = value
        if isinstance(value, list):
            kept[name], kept[f"{name}_count"] = value[:KEPT_ROWS], len(value)
    return kept
