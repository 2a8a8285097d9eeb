"""When the wait of a gate with `hold` began, `nbcloud:index:WaitStart`: a resource that programs declare beside it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from pulumi.runtime.rpc import UNKNOWN

from pulumi_nbcloud import clock
from pulumi_nbcloud.clock import text
from pulumi_nbcloud.engine.log import show
from pulumi_nbcloud.engine.values import contains_unknown
from pulumi_nbcloud.errors import InputError
from pulumi_nbcloud.native.gate_inputs import core_inputs, handle_of, with_profiles
from pulumi_nbcloud.native.process import Process
from pulumi_nbcloud.native.resources import Checked, Difference, Request, Stored
from pulumi_nbcloud.waiting.again import WAIT_AGAIN
from pulumi_nbcloud.waiting.options import DEFAULT_OPTIONS
from pulumi_nbcloud.waiting.start import begins_again, counted_timeout, digest_of, move_line

_HANDLE = "wait_start"


class WaitStarts:
    """Serves the starts of one process.

    Args:
        process: of the plugin.
    """

    def __init__(self, process: Process) -> None:
        self._process = process

    async def check(self, request: Request) -> Checked:
        """Put a digest in the place of what the gate waits for: the engine stores what this returns."""
        core, problems = core_inputs(with_profiles(request.inputs, self._process.with_profile))
        is_unknown = contains_unknown([core.get(name) for name in WAIT_AGAIN])
        kept = {
            "digest": UNKNOWN if is_unknown else digest_of(core),
            "timeout": counted_timeout(core.get("timeout")),
            "enforcement": core.get("enforcement") or DEFAULT_OPTIONS.enforcement,
        }
        # What else is wrong, the gate says.
        return Checked(kept, problems, ("digest",) if request.secret_inputs else ())

    async def diff(self, request: Request) -> Difference:
        """Begin again where the gate waits again; report where only the deadline moves."""
        old, new = request.olds, request.inputs
        replaces = begins_again(old, new)
        # Nothing moves a deadline in silence.
        moves = None if replaces else move_line(old.get("start_time"), old.get("timeout"), new.get("timeout"))
        if moves is not None:
            show(moves, request.urn, stays=True, engine=self._process.engine)
        changed = [name for name in ("digest", "timeout", "enforcement") if old.get(name) != new.get(name)]
        renamed = not replaces and old.get(_HANDLE) != _handle(old, request.urn)
        return Difference(bool(changed) or renamed, tuple(replaces), tuple(changed), delete_before_replace=True)

    async def create(self, request: Request) -> Stored:
        """Keep this moment."""
        start_time = UNKNOWN if request.preview else text(clock.now())
        return self._kept(request, "" if request.preview else uuid.uuid4().hex, start_time)

    async def update(self, request: Request) -> Stored:
        """Keep the moment that there is."""
        return self._kept(request, request.id, request.olds.get("start_time"))

    async def read(self, request: Request) -> Stored:
        """Keep everything. An import is refused."""
        if "start_time" not in request.olds:
            raise InputError(
                "a WaitStart cannot be imported: it is the moment at which an update created it",
                hint="declare it beside its gate",
            )
        return Stored(request.id, request.olds, _secret_outputs(request))

    async def delete(self, request: Request) -> None:
        """Do nothing: there is nothing in a cloud to delete."""

    def _kept(self, request: Request, id_: str, start_time: Any) -> Stored:
        outputs = {**request.inputs, "start_time": start_time}
        return Stored(id_, {**outputs, _HANDLE: _handle(outputs, request.urn)}, _secret_outputs(request))


def _handle(outputs: Mapping[str, Any], urn: str) -> str:
    start_time, digest = outputs.get("start_time"), outputs.get("digest")
    is_unknown = contains_unknown([start_time, digest])
    return UNKNOWN if is_unknown else handle_of(str(start_time), str(digest), urn)


def _secret_outputs(request: Request) -> tuple[str, ...]:
    """Name the outputs that follow from what is secret."""
    return ("digest", _HANDLE) if request.secret_inputs else ()
