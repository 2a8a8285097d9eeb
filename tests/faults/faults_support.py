"""What tests of faults share: a case, a lookup that meets it, and a gate that does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import anyio
from fault_server import FaultServer, Step
from nbcloud_support import NOTEBOOK_ID, FakeClock, make_account, read

from pulumi_nbcloud.clock import Clock
from pulumi_nbcloud.clouds.modelarts.account import ModelArtsAccount
from pulumi_nbcloud.clouds.modelarts.notebook_lease import NOTEBOOK_LEASE
from pulumi_nbcloud.condition import Evaluator, compile_conditions
from pulumi_nbcloud.errors import BadResponseError, NbcloudError, UnreachableError
from pulumi_nbcloud.http.client import Client
from pulumi_nbcloud.reading.sharing import RequestKey, SharedReads
from pulumi_nbcloud.waiting.cancellation import Cancellation
from pulumi_nbcloud.waiting.observation import Target
from pulumi_nbcloud.waiting.options import WaitOptions
from pulumi_nbcloud.waiting.outcome import Met
from pulumi_nbcloud.waiting.report import Silent
from pulumi_nbcloud.waiting.schedule import Schedule
from pulumi_nbcloud.waiting.wait import Wait

ARGUMENTS = NOTEBOOK_LEASE.parse({"notebook_id": NOTEBOOK_ID})
LOST = "check the network and the endpoint, then try again"
PROXY = "check the endpoint and any proxy before it"
WRONG_ANSWERER = "check the endpoint: a sign-in page or a proxy may have answered in the cloud's place"
REPORT = "check the endpoint; if it is right, please report this"
BROKEN = "the answer breaks the HTTP protocol"
CUT = "the connection ended before the answer was whole"
# A wait may need more turns on a busy machine, never fewer: this only keeps a defect from hanging the run.
LIMIT_SECONDS = 120


@dataclass(frozen=True)
class Case:
    """One fault and what must come of it.

    Args:
        fault: its number in docs/reference/errors.md: 12 is F-12.
        name: what happens.
        steps: the server's script; the last is repeated.
        problem: of the error, without the number of attempts; None where the lookup succeeds.
        hint: of the error.
        error: its class.
        requests: how many requests the server must have seen.
        seconds: the longest that one attempt may take.
        exact: false where the client may give up before the server has seen a request.
        passes: whether a bad response may be another one at the next poll.
    """

    fault: int
    name: str
    steps: tuple[Step, ...]
    problem: str | None = None
    hint: str | None = None
    error: type[NbcloudError] = BadResponseError
    requests: int = 1
    seconds: float = 20.0
    exact: bool = True
    passes: bool = False

    def __str__(self) -> str:
        return f"F-{self.fault} {self.name}"


def lost(fault: int, name: str, *steps: Step, problem: str = CUT, **changes: Any) -> Case:
    """A fault that may pass: five attempts, then unreachable."""
    return Case(fault, name, steps, problem, **{"hint": LOST, "error": UnreachableError, "requests": 5, **changes})


async def poll(
    server: FaultServer | str,
    *,
    seconds: float = 20.0,
    total: float = 60.0,
    clock: FakeClock | None = None,
    **settings: str,
) -> tuple[Any, FakeClock]:
    """Looks a lease up; gives the state or the error, and the clock on which the pauses were slept."""
    clock = clock or FakeClock()
    client = Client(attempt_seconds=seconds, total_seconds=total, sleep=clock.sleep, now=clock, random=lambda: 0.5)
    try:
        return await read(NOTEBOOK_LEASE, account_on(server, client, clock, **settings), ARGUMENTS), clock
    except NbcloudError as error:
        return error, clock
    finally:
        await client.aclose()


def account_on(server: FaultServer | str, client: Client, clock: FakeClock, **settings: str) -> ModelArtsAccount:
    endpoint = server if isinstance(server, str) else server.origin
    return make_account(client, clock, **{"endpoint": endpoint, **settings})


def wait_on(account: ModelArtsAccount, until: str | None = None, timeout: float = LIMIT_SECONDS) -> Wait:
    """A wait on the lease with the real transport, and with pauses of next to nothing."""
    clock = Clock()
    target = Target(
        "self",
        NOTEBOOK_LEASE.token,
        NOTEBOOK_ID,
        RequestKey("account", "key"),
        lambda: NOTEBOOK_LEASE.read(account, ARGUMENTS),
        lambda answer: NOTEBOOK_LEASE.select(account, answer, ARGUMENTS),
        lambda error: NOTEBOOK_LEASE.about(error, ARGUMENTS),
    )
    kinds = {"self": NOTEBOOK_LEASE}
    return Wait(
        {"self": target},
        kinds,
        Evaluator(compile_conditions(kinds, until, None)),
        options=WaitOptions(timeout=timeout),
        schedule=Schedule.fixed(0.001),
        shared=SharedReads(clock),
        clock=clock,
        reporter=Silent(),
        cancellation=Cancellation(),
    )


async def gate(
    server: FaultServer, *, seconds: float = 20.0, until: str | None = None, **settings: str
) -> Met | NbcloudError:
    """Wait for the lease; gives how it ended."""
    clock = FakeClock()
    client = Client(attempt_seconds=seconds, sleep=clock.sleep, now=clock, random=lambda: 0.5)
    try:
        with anyio.fail_after(LIMIT_SECONDS):
            return await wait_on(account_on(server, client, clock, **settings), until).run()
    except NbcloudError as error:
        return error
    finally:
        await client.aclose()


def holds(case: Case, found: Any, taken: int) -> None:
    """Asserts that a lookup ended as the case says."""
    if case.problem is None:
        assert not isinstance(found, NbcloudError), found
    else:
        attempts = (
            f"; attempts made: {case.requests}"
            if case.error is UnreachableError and "cannot answer" not in case.problem
            else ""
        )
        assert type(found) is case.error, found
        assert (found.problem, found.hint) == (case.problem + attempts, case.hint)
        assert found.subject == f"modelarts:NotebookLease {NOTEBOOK_ID}"
        assert "canary" not in str(found)
    assert taken == case.requests if case.exact else taken <= case.requests
