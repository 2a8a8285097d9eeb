"""The gate: a resource whose creation waits until a condition over things outside of the stack is met."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pulumi

from pulumi_nbcloud.errors import InputError
from pulumi_nbcloud.program import preview, slots
from pulumi_nbcloud.program.inputs import Enforcement, NotFound, clean, duration_text, settled
from pulumi_nbcloud.program.stack_config import asked_accounts
from pulumi_nbcloud.program.stored import StoredResource
from pulumi_nbcloud.program.targets import Target, targets_by_name
from pulumi_nbcloud.provider.gate import ASKED_ACCOUNTS, OUTPUTS, GateProvider

__all__ = ["Gate", "Target"]


class Gate(StoredResource, module="nbcloud", name="Gate"):
    """Holds what depends on it until a condition is met.

    The update that creates it waits. Later updates do not, unless what it asks changes: targets, conditions,
    `consecutive`, `not_found`, triggers. A gate that fails is not in state, so the next `pulumi up` waits again.
    """

    targets: pulumi.Output[Mapping[str, Any]]
    """What was polled, by name; `self` is the one of `target`."""
    until: pulumi.Output[str | None]
    """The condition that was given."""
    fail_on: pulumi.Output[Any]
    """The condition, or False, that was given."""
    timeout: pulumi.Output[str | None]
    """The timeout that was given."""
    interval: pulumi.Output[str | None]
    """The interval that was given."""
    consecutive: pulumi.Output[int | None]
    """The number of polls in a row that was given."""
    not_found: pulumi.Output[str | None]
    """What not finding a target means, as it was given."""
    max_poll_errors: pulumi.Output[int | None]
    """The number of failed polls that was given."""
    enforcement: pulumi.Output[str | None]
    """The enforcement that was given."""
    every_update: pulumi.Output[bool | None]
    """Whether every update waits, as it was given."""
    triggers: pulumi.Output[Sequence[Any] | None]
    """The triggers that were given."""
    outcome: pulumi.Output[str]
    """How the wait ended: `met`; of an advisory gate also `failed`, `timed_out`, `never_appeared`, `gone`,
    `unreachable`, `unauthorized` or `bad_condition`; `disabled` where it did not poll."""
    message: pulumi.Output[str | None]
    """In one line how the wait ended; null where the condition was met."""
    met_time: pulumi.Output[str | None]
    """When the poll that met the condition was answered, RFC 3339; null where it was not met."""
    polls: pulumi.Output[int]
    """How often it polled."""
    elapsed_seconds: pulumi.Output[float]
    """How long the wait took, up to the outcome."""
    states: pulumi.Output[Mapping[str, Any]]
    """The last state of each target, by name; of a list the first 20 rows and a count."""
    transitions: pulumi.Output[Sequence[Mapping[str, str]]]
    """What was seen to change: the first 5 and the last 20, each with `time`, `target` and `seen`."""
    transition_count: pulumi.Output[int]
    """How many transitions there were."""

    def __init__(
        self,
        resource_name: str,
        *,
        target: Target | None = None,
        targets: Mapping[str, Target] | None = None,
        until: pulumi.Input[str] | None = None,
        fail_on: pulumi.Input[str | bool] | None = None,
        timeout: pulumi.Input[str] | timedelta | None = None,
        interval: pulumi.Input[str] | timedelta | None = None,
        consecutive: pulumi.Input[int] | None = None,
        not_found: pulumi.Input[NotFound] | None = None,
        max_poll_errors: pulumi.Input[int] | None = None,
        enforcement: pulumi.Input[Enforcement] | None = None,
        every_update: pulumi.Input[bool] | None = None,
        triggers: pulumi.Input[Sequence[Any]] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare a gate; the update that creates it waits.

        Args:
            resource_name: its name in the stack.
            target: the one thing to poll; conditions call it `self`.
            targets: several things, by the name that conditions call them.
            until: the condition to wait for, a CEL expression; None for the kinds' own ("it can be used").
            fail_on: a condition that ends the wait, added to the kinds' own ("it has failed for good"); False for none.
            timeout: how long to wait, in Go's style (`90s`, `1h30m`, `2d`) or as a `timedelta`, up to 30 days;
                `0` polls once; by default
                `opts.custom_timeouts` for that operation, else 30m.
            interval: the pause between polls, at least `1s`, written like `timeout`; default 5 s, growing to 30 s
                while nothing changes.
            consecutive: how many polls in a row must meet the condition, 1 to 1,000; anything else restarts the count.
            not_found: what a poll means that does not find a target: `wait` (the default) waits for it; `fail` ends the
                wait; `met` meets the condition where none of the targets is found, and is refused for kinds where not
                finding a thing does not prove that it is gone.
            max_poll_errors: how many failed polls in a row end the wait, 1 to 1,000; default 10.
            enforcement: `mandatory` (the default); `advisory`: a wait that is not met is a warning, and `outcome` and
                `message` say how it ended; `disabled`: it does not poll all.
            every_update: whether every update waits, and not only one that changes what is asked.
            triggers: any values; the gate waits again when one of them changes.
            opts: resource options.

        Raises:
            InputError: both or neither of `target` and `targets`, or something that cannot be a target.
        """
        asked = {
            "targets": clean(lambda: _targets(resource_name, target, targets, opts)),
            "until": until,
            "fail_on": fail_on,
            "timeout": duration_text(timeout),
            "interval": duration_text(interval),
            "consecutive": consecutive,
            "not_found": not_found,
            "max_poll_errors": max_poll_errors,
            "enforcement": enforcement,
            "every_update": every_update,
            "triggers": triggers,
            "custom_timeouts": _custom_timeouts(opts) if timeout is None else None,
        }
        given = {name: settled(value) for name, value in asked.items() if value is not None}
        accounts = asked_accounts(asked["targets"])
        if accounts is not None:
            given[ASKED_ACCOUNTS] = accounts
        urn = pulumi.create_urn(
            resource_name, f"pulumi-python:{self._resource_type_name}", opts.parent if opts else None
        )
        # Without what it depends on: a component depends on its children, so a gate in one would depend on itself.
        row: pulumi.Output[str] = pulumi.Output(set(), urn.future(), urn.is_known(), urn.is_secret())  # type: ignore[arg-type]
        declared = dict.fromkeys((*asked, *OUTPUTS))
        slots.declare()
        super().__init__(GateProvider(), resource_name, {**declared, **given, "status_urn": row}, opts)
        preview.announce(self, given)


def _custom_timeouts(opts: pulumi.ResourceOptions | None) -> dict[str, Any] | None:
    """Return what a dynamic provider is not told of the resource options."""
    custom = opts.custom_timeouts if opts is not None else None
    given = {"create": custom.create, "update": custom.update} if custom is not None else {}
    return {name: value for name, value in given.items() if value is not None} or None


def _targets(
    resource_name: str,
    target: Target | None,
    targets: Mapping[str, Target] | None,
    opts: pulumi.ResourceOptions | None,
) -> dict[str, Any]:
    if opts is not None and opts.id is not None:
        raise InputError(f"gate {resource_name}: opts.id is not for gates", hint="leave it out")
    return targets_by_name(f"gate {resource_name}", target, targets)
