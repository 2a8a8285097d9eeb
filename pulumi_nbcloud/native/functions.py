"""The functions of the plugin: lookups, read on each run, with a condition that must hold."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pulumi_nbcloud.errors import InputError
from pulumi_nbcloud.native.names import function_token, kind_of_function
from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.spelling import CAMEL_CASE

if TYPE_CHECKING:
    from pulumi_nbcloud.kinds.kind import Kind
    from pulumi_nbcloud.native.process import Process
    from pulumi_nbcloud.waiting.expectation import Expectation

EXPECT = "expect"


class Functions:
    """Serves the functions of the plugin.

    Args:
        process: reads.
    """

    def __init__(self, process: Process) -> None:
        self._process = process

    async def invoke(
        self, token: str, given: Mapping[str, Any], secret_inputs: tuple[str, ...] = (), *, preview: bool = False
    ) -> dict[str, Any]:
        """Read one thing, or one list, now.

        Args:
            token: of the function.
            given: its arguments by name, plain; `expect` among them.
            secret_inputs: the paths of those that are secret.
            preview: whether this is a preview.

        Returns:
            The state, by its names on the wire.

        Raises:
            NbcloudError: see `errors`.
        """
        from pulumi_nbcloud.kinds.registry import load
        from pulumi_nbcloud.native.states import state_outputs

        kind: Kind[Any, Any, Any] = load(_kind_of(token))
        values = {name: value for name, value in given.items() if name != EXPECT and value is not None}
        arguments = kind.parse(self._process.with_profile(values), CAMEL_CASE)
        for doubt in kind.doubts(arguments, CAMEL_CASE):
            self._process.warn(doubt)
        expectation = self._expectation(kind, given.get(EXPECT))
        async with self._process.cancellable(f"{kind.token} {printable(kind.identify(arguments))}".rstrip()):
            if expectation is None:
                state, _ = await self._read(kind, arguments)
            else:
                state = await self._expected(expectation, kind, arguments, values, secret_inputs, preview)
        return state_outputs(state)

    def _expectation(self, kind: Kind[Any, Any, Any], expect: object) -> Expectation | None:
        if expect is None:
            return None
        if not isinstance(expect, str):
            raise InputError(f"{kind.token}: expect must be a text", hint="write a condition over self")
        from pulumi_nbcloud.waiting.expectation import expectation_of

        expectation = expectation_of(kind, expect)
        for warning in expectation.condition.warnings:
            self._process.warn(f"{kind.token}: {warning}")
        return expectation

    async def _expected(
        self,
        expectation: Expectation,
        kind: Kind[Any, Any, Any],
        arguments: Any,
        values: Mapping[str, Any],
        secret_inputs: tuple[str, ...],
        preview: bool,
    ) -> Any:
        from pulumi_nbcloud.engine.expecting import Place, recorded

        process = self._process

        def place() -> Place:
            return Place(process.stack, process.project, preview, process.warn)

        with recorded(expectation, arguments, values, tuple(_as_of_gate(secret_inputs)), place) as observe:
            state, request_id = await self._read(kind, arguments)
            observe(state, request_id)
            # Off the loop, which other calls need, because evaluating a long list takes a while.
            await asyncio.to_thread(expectation.check, state, arguments, request_id)
        return state

    async def _read(self, kind: Kind[Any, Any, Any], arguments: Any) -> tuple[Any, str | None]:
        from pulumi_nbcloud.http.messages import last_request_id

        last_request_id.set(None)
        state = await self._process.reader.read(kind, arguments, self._process.config())
        return state, last_request_id.get()


def _kind_of(token: str) -> str:
    kind = kind_of_function(token)
    if kind is None:
        from pulumi_nbcloud.kinds.registry import KINDS

        known = [function_token(each) for each in KINDS]
        near = difflib.get_close_matches(token, known, 1)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
        raise InputError(f"there is no function {printable(token, 80)!r}", hint=hint)
    return kind


def _as_of_gate(paths: tuple[str, ...]) -> Iterator[str]:
    """Yield paths of arguments as those of a gate that waits for `expect` and has one target."""
    for path in paths:
        yield "until" if path == EXPECT else f"targets.self.{path}"
