"""docs/project/acceptance.md: its commands on a terminal, its tables and its example.

Mock clouds in another process stand for the real ones.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from acceptance_support import IDS, ROOT, Person, account_of
from docs_support import blocks, settled
from nbcloud_support import LIMIT_SECONDS
from preloaded import cold_command
from terminal_support import on_terminal

from pulumi_nbcloud.mock import MockClouds

PAGE = ROOT / "docs" / "project" / "acceptance.md"
# Before the tests take it out of the environment.
REMAKE = os.environ.get("NBCLOUD_PICTURES") == "remake"
EXAMPLE = ROOT / "examples" / "acceptance" / "aidp.json"
# A session with a field, a value and a type that the vendor's page does not name.
SESSION = {
    "id": IDS["NBCLOUD_ACCEPTANCE_SESSION_ID"],
    "name": "training",
    "path": "/data/test.ipynb",
    "type": "notebook",
    "cluster_id": "cluster-1",
    "agentFlowKey": None,
    "lifecycleState": "ACTIVE",
    "created": "2026-11-28T10:00:00Z",
    "kernel": {
        "id": "4f1c6d5e-0f0a-4c57-9d0e-6a1b2c3d4e09",
        "name": "python3",
        "execution_state": "sleeping",
        "last_activity": "2026-11-28T10:00:00.000000Z",
        "connections": "2",
    },
}


@contextmanager
def second_mock() -> Iterator[dict[str, str]]:
    """The variables of mock clouds in a process of their own."""
    process = subprocess.Popen(
        cold_command("mock", "--output", "json"), stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stdout is not None
        variables: dict[str, str] = json.loads(process.stdout.readline())["environment"]
        yield variables
    finally:
        process.terminate()
        process.communicate(timeout=LIMIT_SECONDS)


def test_the_commands_of_the_page_do_what_it_shows(tmp_path: Path) -> None:
    (block,) = blocks(PAGE, "console")
    commands = re.findall(r"^\$ (.*)$", block, re.MULTILINE)
    shown = [line for line in settled(block) if line not in ("", "…") and not line.startswith("$ ")]
    # A folder of its own, where the report goes; nothing is installed there.
    for name in ("Makefile", "scripts"):
        (tmp_path / name).symlink_to(ROOT / name)
    make = f"make --no-print-directory -o .venv/made-from-lock BIN={Path(sys.executable).parent}"
    lines = [line.replace("make ", f"{make} ", 1) if line.startswith("make ") else line for line in commands]
    with second_mock() as variables:
        plain = {name: value for name, value in os.environ.items() if name != "CI"}
        environment = {**plain, **variables, "NBCLOUD_MODELARTS_PROXY": "http://127.0.0.1:9"}
        with on_terminal(["bash", "-c", "\n".join(lines)], environment, rows=60, cwd=tmp_path) as terminal:
            terminal.until("Type the whole projectId")
            terminal.process.sendline("mock-project")
            assert terminal.end() == 0, terminal.raw
    printed = settled(terminal.raw)
    assert [line for line in shown if line not in printed] == []
    # Whatever the page leaves out names nothing either: the account is what was typed.
    ids = re.findall(r"=(.+)$", "\n".join(commands[:-1]), re.MULTILINE)
    report = (tmp_path / "acceptance-modelarts.json").read_text(encoding="utf-8")
    assert ids
    assert [each for each in ids if each in report or each in terminal.raw] == []
    assert "mock-project" not in report
    assert terminal.raw.count("mock-project") == 1


def test_the_example_is_what_a_run_writes(person: Person, real: MockClouds) -> None:
    real.faults.add(service="aidp", status=200, body=json.dumps(SESSION), headers={"Content-Type": "application/json"})
    assert person.run("aidp", "--real", types=account_of(real, "aidp")) == 1
    written = person.file.read_text(encoding="utf-8")
    if REMAKE:
        EXAMPLE.parent.mkdir(exist_ok=True)
        EXAMPLE.write_text(written, encoding="utf-8")
    assert written == EXAMPLE.read_text(encoding="utf-8")
    assert person.outcomes("real")["session-read"].startswith("differs: ")


def rows(page: str, first: str) -> list[list[str]]:
    """The rows of the table whose head begins with a word."""
    table = page.partition(f"\n| {first} |")[2].partition("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


@pytest.fixture(scope="session")
def suites(acceptance: Any) -> dict[str, Any]:
    found: dict[str, Any] = acceptance.SUITES
    return found


def test_the_page_names_every_request_that_may_be_sent(suites: dict[str, Any]) -> None:
    found = []
    for cloud, suite in suites.items():
        for index, each in enumerate(suite.admitted):
            query = ", the id of a job in its query" if each.query else ""
            body = f": {each.body}" if each.body else ""
            limit = "" if index else str(suite.limit)
            found.append([cloud, f"`{each.method} {each.path}`{query}{body}", limit])
    assert rows(PAGE.read_text(encoding="utf-8"), "cloud") == found


def test_the_page_names_every_behaviour(suites: dict[str, Any]) -> None:
    found = [
        [f"`{each.name}`", f"`{each.kind}`", each.expected.value, each.source]
        for suite in suites.values()
        for each in suite.behaviours
    ]
    assert rows(PAGE.read_text(encoding="utf-8"), "behaviour") == found


def test_the_page_names_every_variable(suites: dict[str, Any]) -> None:
    names = [f"`{name}`" for suite in suites.values() for name in suite.variables()]
    assert [name for name, _ in rows(PAGE.read_text(encoding="utf-8"), "variable")] == names
    assert sorted(names) == sorted(f"`{name}`" for name in IDS)
