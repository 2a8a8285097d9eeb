"""Run the behaviours of a suite with one account, and say of each whether it holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from acceptance_suite.behaviours import Behaviour, Expected, Suite
from acceptance_suite.comparing import DIFFERS, HOLDS, NOT_RUN, of_error, of_state
from acceptance_suite.sending import REJECTED, Sent, WatchedClient
from pulumi_nbcloud.clouds.account import Account
from pulumi_nbcloud.clouds.modelarts.schema import find_iam_endpoint
from pulumi_nbcloud.errors import AuthenticationError, InputError, NbcloudError
from pulumi_nbcloud.kinds.registry import load
from pulumi_nbcloud.reading.reader import Reader
from pulumi_nbcloud.settings.sources import SettingsFile
from pulumi_nbcloud.waiting.outcome import WaitError
from pulumi_nbcloud.waiting.report import Silent
from pulumi_nbcloud.waiting.runner import WaitRunner
from pulumi_nbcloud.waiting.spec import parse_spec, spec_error


@dataclass(frozen=True)
class Result:
    """How a behaviour ended.

    Args:
        behaviour: the behaviour.
        outcome: `holds`, `differs` or `not run`.
        detail: what differs, or why it was not run; holds no value of the cloud.
        sent: the requests and responses that it goes by.
    """

    behaviour: Behaviour
    outcome: str
    detail: str = ""
    sent: tuple[Sent, ...] = ()


@dataclass(frozen=True)
class _Read:
    """What a request gave: reads with the same key share it, so that few are sent."""

    value: Any
    error: NbcloudError | None
    sent: tuple[Sent, ...]


class Run:
    """One run of a suite.

    Args:
        suite: the behaviours.
        environment: the variables with the settings.
        ids: the variables with ids, by name.
        make_client: makes the client for the hosts of an account.
    """

    def __init__(
        self,
        suite: Suite,
        environment: Mapping[str, str],
        ids: Mapping[str, str],
        make_client: Callable[[frozenset[str]], WatchedClient],
    ) -> None:
        self._suite = suite
        self._ids = {name: value.strip() for name, value in ids.items() if value.strip()}
        self._environment = environment
        self._config = SettingsFile(None, {})
        self._make_client = make_client
        self._reads: dict[Any, _Read] = {}

    async def results(self) -> list[Result]:
        """Run all behaviours, one after the other; a rejection of the credentials ends the run."""
        first = load(self._suite.behaviours[0].kind)
        bare = Reader(environment=self._environment)
        origins = origins_of(bare.account(first, None, self._config))
        self._client = self._make_client(origins)
        self._reader = Reader(environment=self._environment, client=self._client)
        self._account: Account = self._reader.account(first, None, self._config)
        self._client.classify = self._account.error
        try:
            return [await self._one(each) for each in self._suite.behaviours]
        finally:
            await self._reader.aclose()

    async def _one(self, behaviour: Behaviour) -> Result:
        reason = self._not_run(behaviour)
        if reason is not None:
            return Result(behaviour, NOT_RUN, reason)
        values = {**behaviour.fixed}
        values |= {name: self._ids[variable] for name, variable in zip(behaviour.ids, behaviour.variables, strict=True)}
        before = len(self._client.sent)
        try:
            checked = await self._checked(behaviour, values)
        except NbcloudError as error:
            checked = Result(behaviour, *of_error(behaviour, error))
        return replace(checked, sent=checked.sent or tuple(self._client.sent[before:]))

    def _not_run(self, behaviour: Behaviour) -> str | None:
        """Return why a behaviour is not run; None where it is."""
        missing = [name for name in behaviour.variables if name not in self._ids]
        if missing:
            return f"not set: {', '.join(missing)}"
        if behaviour.project is not None and "password" in self._account.settings.values:
            return "a login is for its own project"
        return self._client.stopped if behaviour.expected is not Expected.REJECTED else None

    async def _checked(self, behaviour: Behaviour, values: Mapping[str, str]) -> Result:
        kind = load(behaviour.kind)
        if behaviour.expected is Expected.REJECTED:
            return self._rejected(behaviour, values)
        if behaviour.expected is Expected.MET_AT_ONCE:
            return await self._waited(behaviour, values)
        arguments = kind.parse(values)
        read = await self._read(kind, arguments, behaviour.project)
        try:
            if read.error is not None:
                raise read.error
            found = of_state(behaviour, kind.select(self._account, read.value, arguments), len(read.sent))
        except NbcloudError as error:
            if isinstance(error, AuthenticationError):
                self._client.stop(REJECTED)
            found = of_error(behaviour, error)
        return Result(behaviour, *found, sent=read.sent)

    async def _read(self, kind: Any, arguments: Any, project: str | None) -> _Read:
        key = (project, kind.request_key_of(arguments))
        if key not in self._reads:
            account, before = self._account, len(self._client.sent)
            if project is not None:
                settings = replace(account.settings, values={**account.settings.values, "projectId": project})
                account = type(account)(settings, self._client)
            value = error = None
            try:
                value = await kind.read(account, arguments)
            except NbcloudError as failed:
                error = failed
            self._reads[key] = _Read(value, error, tuple(self._client.sent[before:]))
        return self._reads[key]

    def _rejected(self, behaviour: Behaviour, values: Mapping[str, str]) -> Result:
        try:
            load(behaviour.kind).parse(values)
        except InputError:
            return Result(behaviour, HOLDS)
        return Result(behaviour, DIFFERS, "it would be sent")

    async def _waited(self, behaviour: Behaviour, values: Mapping[str, str]) -> Result:
        targets = {"self": {"kind": behaviour.kind, **values}}
        spec, problems = parse_spec({"targets": targets, "until": behaviour.until, "timeout": "0"})
        if spec is None:
            raise spec_error(problems)
        runner = WaitRunner(self._reader, self._config)
        try:
            met = await runner.wait(spec, Silent())
        except WaitError as error:
            return Result(behaviour, DIFFERS, f"the outcome is {error.outcome.value}")
        polls = met.progress.polls
        return Result(behaviour, HOLDS) if polls == 1 else Result(behaviour, DIFFERS, f"it took {polls} polls")


def origins_of(account: Any) -> frozenset[str]:
    """Return the hosts that an account may send to: its endpoint, and that of a login at Huawei's IAM."""
    logs_in = account.schema.cloud == "modelarts" and "password" in account.settings.values
    iam = find_iam_endpoint(account.settings) if logs_in else None
    return frozenset({account.endpoint} | ({iam} if iam else set()))
