"""The resource types and functions of the plugin, by token; each is made when it is first used."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping

from pulumi_nbcloud.errors import InputError
from pulumi_nbcloud.kinds.registry import KINDS
from pulumi_nbcloud.native.functions import Functions
from pulumi_nbcloud.native.names import GATE, WAIT_START, kind_of_resource, resource_token
from pulumi_nbcloud.native.process import Process
from pulumi_nbcloud.native.resources import Resource
from pulumi_nbcloud.printable import printable


def _gates(process: Process) -> Resource:
    from pulumi_nbcloud.native.gates import Gates

    return Gates(process)


def _wait_starts(process: Process) -> Resource:
    from pulumi_nbcloud.native.wait_start import WaitStarts

    return WaitStarts(process)


# Beside the read resources, which follow from the kinds.
MAKERS: Mapping[str, Callable[[Process], Resource]] = {GATE: _gates, WAIT_START: _wait_starts}


class Resources:
    """Finds what serves a resource type.

    Args:
        process: what the calls have in common.
    """

    def __init__(self, process: Process) -> None:
        self._process = process
        self._made: dict[str, Resource] = {}
        self.functions = Functions(process)

    def of(self, urn: str) -> Resource:
        """Return what serves the type of a resource.

        Args:
            urn: of the resource.

        Raises:
            InputError: the plugin has no such type.
        """
        token = urn.split("::", 3)[2].rpartition("$")[2] if urn.count("::") > 2 else urn
        if token not in self._made:
            self._made[token] = self._make(token)
        return self._made[token]

    def _make(self, token: str) -> Resource:
        if token in MAKERS:
            return MAKERS[token](self._process)
        kind = kind_of_resource(token)
        if kind is not None and not _is_list(kind):
            from pulumi_nbcloud.native.records import Records

            return Records(self._process, kind)
        known = [*MAKERS, *(resource_token(each) for each in KINDS if not _is_list(each))]
        near = difflib.get_close_matches(token, known, 1)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
        raise InputError(f"there is no resource type {printable(token, 80)!r}", hint=hint)


def _is_list(kind: str) -> bool:
    from pulumi_nbcloud.kinds.registry import load

    return bool(load(kind).is_list)
