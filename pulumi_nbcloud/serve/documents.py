"""The JSON of responses. `docs/guides/serve.md` describes it; golden files fix it."""

from __future__ import annotations

import json
import math
from typing import Any

from pulumi_nbcloud.clock import text
from pulumi_nbcloud.condition import Clause
from pulumi_nbcloud.serve.checks import Check
from pulumi_nbcloud.serve.errors import RequestError
from pulumi_nbcloud.waiting.outcome import Outcome

SCHEMA_VERSION = 1
"""The version of the JSON; it increases when an existing field changes its meaning or is removed."""


def written(document: dict[str, Any]) -> bytes:
    """Serialize a document in ASCII."""
    return json.dumps({"schema_version": SCHEMA_VERSION, **document}, allow_nan=False).encode("ascii")


def of_check(check: Check, now: float) -> dict[str, Any]:
    """Return the document of a check.

    Args:
        check: the result of a check.
        now: the time on the monotonic clock.
    """
    gate = check.gate
    again = None if check.again_at is None else max(0, math.ceil(check.again_at - now))
    document: dict[str, Any] = {
        "gate": gate.name,
        "outcome": check.outcome,
        "met": check.outcome == Outcome.MET.value,
        "reason": check.reason,
        "not_met": [_clause(each) for each in check.not_met],
        "not_evaluated": [{"condition": each, "holds_for_seconds": seconds} for each, seconds in gate.not_evaluated],
        "observed_at": text(check.observed_at) if check.observed_at else None,
        "retry_after": again or None,
    }
    if gate.expose:
        document["targets"] = {name: _target(check, name) for name in check.targets}
    return document


def of_error(error: RequestError) -> dict[str, Any]:
    """Return the document of a rejected request."""
    return {"error": {"code": error.code, "problem": error.problem}}


def _clause(clause: Clause) -> dict[str, str | None]:
    names = ("text", "outcome", "actual", "expected", "target")
    return {name: getattr(clause, name) for name in names}


def _target(check: Check, name: str) -> dict[str, Any]:
    target, last = check.targets[name], check.observations.get(name)
    return {
        "kind": target.token,
        "id": target.identity,
        "state": last.state.to_dict() if last is not None and last.state is not None else None,
    }
