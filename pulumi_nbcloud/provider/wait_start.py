"""When the wait of a gate with `hold` began, kept in the stack itself: any runner goes on with the same deadline.

A gate that is awaiting is not in state, so a resource beside it holds the moment when its first update began to wait.
It is replaced exactly when the gate waits again, and of the gate's inputs it holds only a digest.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from pulumi.dynamic import CheckResult, ConfigureRequest, CreateResult, DiffResult, ReadResult, UpdateResult

from pulumi_nbcloud import clock
from pulumi_nbcloud.clock import text
from pulumi_nbcloud.engine.errors import EngineProvider
from pulumi_nbcloud.engine.log import show
from pulumi_nbcloud.engine.values import contains_unknown, plain
from pulumi_nbcloud.provider import host
from pulumi_nbcloud.waiting.options import DEFAULT_OPTIONS
from pulumi_nbcloud.waiting.start import begins_again, counted_timeout, digest_of, move_line


class WaitStartProvider(EngineProvider):
    """Keep a moment for the engine. Stored in state by name, so it keeps nothing at all itself."""

    serialize_as_secret_always = False

    def configure(self, req: ConfigureRequest) -> None:
        """Patch this process; raise nothing."""
        host.configure(req)

    def check(self, _olds: Mapping[str, Any], news: Mapping[str, Any]) -> CheckResult:
        """Replace the inputs of the gate by a digest: the engine stores what this returns."""
        inputs = dict(news)
        if not contains_unknown(inputs.get("digest")):
            inputs["digest"] = digest_of(plain(inputs["digest"]))
        inputs["timeout"] = counted_timeout(inputs.get("timeout"))
        inputs["enforcement"] = inputs.get("enforcement") or DEFAULT_OPTIONS.enforcement
        return CheckResult(inputs, [])

    def diff(self, _id: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> DiffResult:
        """Begin again if the gate waits again; report if only the deadline moves."""
        replaces = begins_again(olds, news)
        # A deadline never moves silently.
        moves = None if replaces else move_line(olds.get("started"), olds.get("timeout"), news.get("timeout"))
        if moves is not None:
            show(moves, news.get("status_urn"), stays=True)
        changes = bool(replaces) or any(olds.get(name) != news.get(name) for name in ("timeout", "enforcement"))
        return DiffResult(changes=changes, replaces=replaces, delete_before_replace=True)

    def create(self, props: Mapping[str, Any]) -> CreateResult:
        """Keep this moment."""
        return CreateResult(uuid.uuid4().hex, {**plain(props), "started": text(clock.now())})

    def update(self, _id: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> UpdateResult:
        """Keep the stored moment."""
        return UpdateResult({**plain(news), "started": olds.get("started")})

    def read(self, id_: str, props: Mapping[str, Any]) -> ReadResult:
        """Keep everything."""
        return ReadResult(id_, dict(props))

    def delete(self, _id: str, _props: Mapping[str, Any]) -> None:
        """Do nothing: there is nothing in a cloud to delete."""
