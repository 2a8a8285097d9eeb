"""Text from a cloud acts on no terminal, CI runner or display of Pulumi's, and stays what it is as data."""

from __future__ import annotations

import json
import re
import unicodedata

import pytest
from fault_server import FaultServer, answer
from faults_support import account_on, gate, poll, wait_on
from nbcloud_support import FakeClock, http_answer

from pulumi_nbcloud.errors import NbcloudError, RefusedError
from pulumi_nbcloud.http.client import Client
from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.waiting.outcome import Met, WaitError
from pulumi_nbcloud.waiting.report import status_line

pytestmark = pytest.mark.anyio

# How GitHub's runner, Azure's agent and TeamCity find a command in a line; the first only where a line begins.
COMMANDS = (
    re.compile(r"^\s*::[A-Za-z-]+( [^:]*)?::", re.MULTILINE),
    re.compile(r"##\[[a-z]+"),
    re.compile(r"##vso\["),
    re.compile(r"##teamcity\["),
)
ATTACKS = {
    "github": "::error file=a,line=1::canary",
    "github, no name": "::warning::canary",
    "github, on a line of its own": "x\n::set-output name=a::canary",
    "github, old": "##[error]canary",
    "azure": "##vso[task.setvariable variable=a]canary",
    "teamcity": "##teamcity[buildStatus text='canary']",
    "colour": "\x1b[31mcanary\x1b[0m",
    "title": "\x1b]0;canary\x07",
    "c1": "\x9b31mcanary",
    "bidi": "a\u202ecanary\u2066b",
    "return": "good\rcanary",
    "link": "\x1b]8;;https://canary.example\x1b\\canary\x1b]8;;\x1b\\",
    "null": "\x00canary",
    "pulumi, unknown": "<{%canary%}>",
    "pulumi, known": "<{%reset%}>canary<{%fg 1%}>",
    "pulumi, without an end": "canary <{% and more",
    "pulumi, twice": "<<{%<{%canary%}>%}>",
    "pulumi, in pieces": "<\u200b{%canary%}> <{\x00%canary%}>",
    "pulumi, over lines": "<{%\ncanary\n%}>",
    "pulumi, far": "canary " * 20 + "<{%boom%}>",
    "lines": "a\u2028::error::b\x85canary",
}


def harmless(text: str) -> None:
    """Asserts that nothing in a text acts on what shows it, wherever a line of it may begin."""
    assert "<{%" not in text
    for part in (text, *(text[position:] for position in range(len(text)))):
        assert not any(command.search(part) for command in COMMANDS), part
    for character in text.replace("\n", ""):
        assert unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_printable_text_is_harmless_and_stays_so(attack: str) -> None:
    shown = printable(attack)
    harmless(shown)
    assert printable(shown) == shown
    assert "canary" in shown


@pytest.mark.parametrize("text", ["urn:pulumi:a::b", "std::vector", "fe80::1", "# 5 ## 6 [a]", "a: b:: c"])
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
async def test_a_message_of_a_cloud_is_harmless_in_an_error(attack: str) -> None:
    body = {"error_code": "ModelArts.0104", "error_msg": attack, "request_id": attack}
    with FaultServer(answer(http_answer(400, json.dumps(body).encode()))) as server:
        found, _ = await poll(server)
    assert type(found) is RefusedError
    harmless(str(found))
    assert "canary" in str(found)


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
async def test_a_field_is_harmless_where_a_gate_shows_it_and_whole_where_it_is_kept(attack: str) -> None:
    body = http_answer(200, json.dumps({"create_at": 1, "type": attack}).encode())
    with FaultServer(answer(body)) as server:
        ended = await gate(server)
        client = Client(sleep=FakeClock().sleep)
        with pytest.raises(WaitError) as caught:
            await wait_on(account_on(server, client, FakeClock()), until='self.type == "never"', timeout=0).run()
        await client.aclose()
    assert isinstance(ended, Met)
    state = ended.progress.states()["self"]
    assert state is not None
    assert state.to_dict()["type"] == attack
    for text in (
        status_line(ended.progress, 1.0),
        ended.progress.summary(),
        str(caught.value),
        *(each["observed"] for each in ended.progress.transitions),
    ):
        harmless(text)


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
async def test_names_in_an_answer_that_does_not_fit_are_harmless(attack: str) -> None:
    twice = json.dumps({attack: 1}, ensure_ascii=True)[:-1] + ", " + json.dumps({attack: 2})[1:]
    with FaultServer(answer(http_answer(200, twice.encode(), {"Content-Type": "text/canary"}))) as server:
        found, _ = await poll(server)
    assert isinstance(found, NbcloudError)
    assert "twice" in found.problem
    harmless(str(found))
