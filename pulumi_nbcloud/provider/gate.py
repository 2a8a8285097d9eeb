"""The provider of gates: creating one waits."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from pulumi import Archive, Asset
from pulumi.dynamic import (
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    UpdateResult,
)

from pulumi_nbcloud.engine import held
from pulumi_nbcloud.engine.errors import EngineProvider, check_failures
from pulumi_nbcloud.engine.gates import GateWait, problems_of, spec_of
from pulumi_nbcloud.engine.secrets import secret
from pulumi_nbcloud.engine.values import contains, plain
from pulumi_nbcloud.errors import NbcloudError
from pulumi_nbcloud.provider import host
from pulumi_nbcloud.waiting.again import KEEP_OUTCOME, is_changed, stored_gate, waits_again, waits_always
from pulumi_nbcloud.waiting.stored import SECRET_OUTPUTS

# The accounts that an inline program would read; compared in Check, and stored nowhere.
ASKED_ACCOUNTS = "asked_accounts"


class GateProvider(EngineProvider):
    """Wait for the engine. Stored in state by name, so it keeps nothing at all."""

    serialize_as_secret_always = False

    def configure(self, req: ConfigureRequest) -> None:
        """Keep the stack's config for this process and patch it; raise nothing."""
        host.configure(req)

    def check(self, _olds: Mapping[str, Any], news: Mapping[str, Any]) -> CheckResult:
        """Check the inputs, in preview too, without a request; a value that is not known yet passes."""
        from pulumi_nbcloud.condition import Problem

        news = dict(news)
        host.compare_accounts(plain(news).get(ASKED_ACCOUNTS), news.get("status_urn"))
        news.pop(ASKED_ACCOUNTS, None)
        problems = []
        # The SDK stores one in a form that it cannot read again: every later update would fail.
        if contains(news.get("triggers"), lambda value: isinstance(value, (Asset, Archive))):
            problems.append(Problem("triggers cannot hold an asset or archive", "give a hash of its content instead"))
        found = problems_of(host.PROCESS, plain(news), news.get("status_urn"), problems)
        return CheckResult(news, check_failures(found))

    def diff(self, _id: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> DiffResult:
        """Find a difference if an input of the gate changed; never a replacement."""
        old, new = stored_gate(plain(olds)), plain(news)
        if waits_again(old, new):
            held.announce(host.PROCESS, new, new.get("status_urn"))
        return DiffResult(changes=is_changed(old, new), replaces=[])

    def create(self, props: Mapping[str, Any]) -> CreateResult:
        """Wait; if that fails, nothing is stored, so the next update waits again."""
        return CreateResult(uuid.uuid4().hex, _wait(plain(props), "create"))

    def update(self, _id: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> UpdateResult:
        """Wait again if the gate waits for something else; otherwise keep the outcome.

        It also waits if its enforcement became stricter than its outcome allows, if it was overridden, and if it waits
        in every update.
        """
        old, new = stored_gate(plain(olds)), plain(news)
        if waits_again(old, new) or waits_always(new):
            return UpdateResult(_wait(new, "update"))
        kept = {name: value for name, value in old.items() if name not in KEEP_OUTCOME}
        return UpdateResult(_protected({**kept, **new}))

    def read(self, id_: str, props: Mapping[str, Any]) -> ReadResult:
        """Keep the outcome: a refresh does not wait."""
        return ReadResult(id_, _protected(dict(props)))

    def delete(self, _id: str, _props: Mapping[str, Any]) -> None:
        """Do nothing: there is nothing in a cloud to delete."""


def _wait(inputs: dict[str, Any], operation: str) -> dict[str, Any]:
    from pulumi_nbcloud.engine.log import show
    from pulumi_nbcloud.reading import portal

    spec, urn = spec_of(inputs, operation), inputs.get("status_urn")
    patches = host.GATE_PATCHES if spec.options.hold is None else ()
    for disabled in host.take_disabled(*patches):
        show(disabled, urn, warning=True)
    wait = GateWait(host.PROCESS, inputs, spec, urn, operation)
    try:
        result = portal.call(wait.run)
    except NbcloudError as error:
        raise wait.failed(error, host.answer_awaiting) from None
    return _protected({**inputs, **wait.passed(result)})


def _protected(outputs: dict[str, Any]) -> dict[str, Any]:
    """Mark outputs as secret that show secret inputs, each completely, as with the result of a lookup."""
    if not outputs.get("secret_inputs"):
        return outputs
    return {**outputs, **{name: secret(outputs.get(name)) for name in SECRET_OUTPUTS}}
