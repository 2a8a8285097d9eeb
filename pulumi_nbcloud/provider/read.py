"""The provider of every read resource."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi.dynamic import CheckResult, ConfigureRequest, CreateResult, DiffResult, ReadResult

from pulumi_nbcloud.engine.errors import EngineProvider
from pulumi_nbcloud.engine.log import say
from pulumi_nbcloud.engine.values import plain
from pulumi_nbcloud.errors import InputError, NotFoundError
from pulumi_nbcloud.provider import host

INCLUDE_VOLATILE = "include_volatile"
# How old a response may be for a record that depends on nothing: about as old as the start of the update.
RECENT_SECONDS = 5.0


class ReadProvider(EngineProvider):
    """Reads one thing for the engine. Stored in state by name, so it keeps nothing but the kind's token.

    Args:
        token: the kind's token.
        takes_recent: whether a recent response of another record is enough.
    """

    serialize_as_secret_always = False  # it holds no secret; a masked value would only hide that
    takes_recent = False

    def __init__(self, token: str, *, takes_recent: bool = False) -> None:
        super().__init__()
        self.token = token
        if takes_recent:
            # Only then, so that the others are stored as before.
            self.takes_recent = True

    def configure(self, req: ConfigureRequest) -> None:
        """Keep the stack's config for this process and patch it; raise nothing."""
        host.configure(req)
        # Here, because a read resource does not know its row; the other patches do not concern it.
        for lost in host.take_disabled("errors"):
            say(f"warning: {lost}")

    def read(self, id_: str, props: Mapping[str, Any]) -> ReadResult:
        """Read for a get (each run of the program) and for a refresh.

        Args:
            id_: the thing's id.
            props: the inputs for a get; the stored outputs for a refresh.

        Returns:
            The state. In a refresh of a thing that is confirmed to be gone an empty id, so that the engine drops it.

        Raises:
            NbcloudError: see `errors`. In a get, NotFoundError too: the engine would silently accept an empty id.
        """
        # Imported here: check and diff of an unchanged stack need none of it.
        from pulumi_nbcloud.kinds.fields import stable
        from pulumi_nbcloud.kinds.registry import load
        from pulumi_nbcloud.reading import portal
        from pulumi_nbcloud.reading.reader import process_reader

        kind = load(self.token)
        host.PROCESS.start_telemetry()
        given = plain(props)
        # Only properties that an earlier read stored have output-only fields.
        is_refresh = any(name in given for name in kind.state_names if name not in kind.argument_names)
        inputs = {name: given[name] for name in kind.argument_names if name in given}
        arguments = kind.parse(inputs)
        if kind.identify(arguments) != id_:
            raise InputError(
                f"{self.token} {id_}: the id is not the one of the arguments",
                hint="do not set opts.id or edit the state",
            )
        recent = RECENT_SECONDS if self.takes_recent else 0.0
        try:
            state = portal.call(lambda: process_reader().read(kind, arguments, host.config(), recent=recent))
        except NotFoundError as error:
            if is_refresh and kind.not_found_is_gone:
                return ReadResult("", {})
            raise error from None
        if INCLUDE_VOLATILE in given:
            inputs[INCLUDE_VOLATILE] = given[INCLUDE_VOLATILE]
        # By default fields that change by themselves are left out, so that a drift check stays quiet.
        return ReadResult(id_, {**inputs, **(state.to_dict() if given.get(INCLUDE_VOLATILE) else stable(state))})

    def check(self, _olds: Mapping[str, Any], news: Mapping[str, Any]) -> CheckResult:
        """Accept the inputs; the engine never calls this for a read resource."""
        return CheckResult(dict(news), [])

    def diff(self, _id: str, _olds: Mapping[str, Any], _news: Mapping[str, Any]) -> DiffResult:
        """Find no difference: a read resource is never changed."""
        return DiffResult(changes=False)

    def create(self, props: Mapping[str, Any]) -> CreateResult:
        """Refuse: a read resource is not created."""
        raise InputError(
            f"{self.token} is only read, never created",
            hint="use the class of pulumi_nbcloud, which reads it by its id",
        )

    def delete(self, _id: str, _props: Mapping[str, Any]) -> None:
        """Do nothing: a read resource is never deleted."""
