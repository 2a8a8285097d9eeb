"""The life of the processes around a stack: a CLI that crashes, several programs in one process, names of modules."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest
from lease_support import RUNNING, STOPPED, looked_at, notebook
from nbcloud_support import LIMIT_SECONDS, eventually
from stack import Stack, command_line, row

from pulumi_nbcloud.mock import MockClouds

# How a process ends is up to who started it.
pytestmark = pytest.mark.usefixtures("ordinary_python")
UP = ("up", "--yes", "--skip-preview")
WHEN = "(asked when this gate is created or updated)"

# The Automation API: programs that run in the process which calls it, one after the other.
INLINE = """
import pulumi
import pulumi.automation as auto

import pulumi_nbcloud as nbcloud

NOTEBOOK = "{notebook}"


def gate(name):
    return nbcloud.Gate(name, target=nbcloud.modelarts.NotebookLeaseArgs(notebook_id=NOTEBOOK), timeout="0")


def program():
{program}


stack = auto.create_stack("inline", "probe", program, opts=auto.LocalWorkspaceOptions(work_dir="."))
for _ in range(2):
    lines = []
    try:
        stack.preview(on_output=lines.append, color="never")
        print("done")
    except auto.CommandError:
        print("failed")
    print(*(line.strip() for line in lines if "now: " in line or "refused" in line), sep="\\n", flush=True)
"""


def inline(stack: Stack, program: str) -> list[str]:
    """Runs two previews of an inline program in one process; gives what they say of ours."""
    folder = stack.folder / "inline"
    folder.mkdir()
    body = textwrap.indent(textwrap.dedent(program).strip(), "    ")
    (folder / "inline.py").write_text(INLINE.format(notebook=notebook(1), program=body))
    done = subprocess.run(
        [sys.executable, "inline.py"],
        cwd=folder,
        env={**stack.environment, "PULUMI_PYTHON_CMD": sys.executable},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return [line for line in done.stdout.splitlines() if line]


def test_a_provider_process_ends_after_its_cli_was_killed(stack: Stack, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(1), status="STOPPED")
    stack.program('gate("one", 1, interval="1h")\n')
    with stack.begin(*UP) as update:
        eventually(lambda: looked_at(clouds) == [1], "a poll")
        started = update.crash()
        providers = {pid: line for pid, line in started.items() if "pulumi.dynamic" in line}
        assert providers
        eventually(lambda: not any(map(command_line, providers)), "the end of the provider process")
    assert looked_at(clouds) == [1]


def test_a_refusal_is_known_for_one_program(stack: Stack, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(1))
    clouds.faults.add(service="modelarts", status=401, body='{"error_code": "APIGW.0301", "error_msg": "not yet"}')
    said = inline(
        stack,
        """
        for _ in range(3):
            try:
                nbcloud.modelarts.get_notebook_lease(NOTEBOOK)
            except nbcloud.AuthenticationError as error:
                last = error
        nbcloud.modelarts.get_notebook_lease(NOTEBOOK)
        """,
    )
    assert [said[0], said[-1]] == ["failed", "done"]
    assert any("refused at 20" in line for line in said[1:-1])
    assert clouds.request_count() == 5


def test_each_preview_has_its_own_time_to_poll(stack: Stack, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(1), status="STOPPED")
    clouds.faults.add(service="modelarts", status=500, count=1, delay=30)
    said = inline(stack, 'gate("one")')
    first, second = (part.split("\n") for part in "\n".join(said).removeprefix("done\n").split("\ndone\n"))
    assert {line.partition("now: ")[2] for line in first} == {f"not polled within the preview's 5 s {WHEN}"}
    assert {line.partition("now: ")[2] for line in second} == {f"{STOPPED}; not met: self.running {WHEN}"}


def test_a_program_that_takes_its_time_between_two_gates_has_both_polled(stack: Stack, clouds: MockClouds) -> None:
    for number in (1, 2):
        clouds.modelarts.put_lease(notebook(number), create_at=1_700_000_000_123, update_at=1_700_000_000_123)
    stack.program("""
        import asyncio

        async def later():
            await asyncio.sleep(6)
            gate("two", 2)

        gate("one", 1)
        pulumi.Output.from_input(later()).apply(lambda _: None)
    """)
    line = f"now: {RUNNING}; the condition holds {WHEN}"
    assert stack.preview().diagnostics == {row("one"): [line], row("two"): [line]}


def test_a_project_with_modules_named_as_pythons(stack: Stack, clouds: MockClouds) -> None:
    """`secrets.py` is what many projects call the module with their config: in a provider process it cannot be read."""
    clouds.modelarts.put_lease(notebook(1), status="STOPPED")
    clouds.modelarts.add_transition(notebook(1), status="RUNNING", after_reads=1)
    (stack.folder / "secrets.py").write_text('import pulumi\n\nTOKEN = pulumi.Config().require("token")\n')
    (stack.folder / "netrc.py").write_text("MACHINE = 'here'\n")
    stack.config(["token", "hello"])
    stack.program(f"""
        import netrc
        import secrets

        waited = gate("one", 1)
        lease = nbcloud.modelarts.NotebookLease("lease", notebook_id="{notebook(1)}", opts=after(waited))
        seed = Seed("seed", "v")
        pulumi.export("seen", [secrets.TOKEN, netrc.MACHINE])
        pulumi.export("running", lease.running)
    """)
    stack.up()
    assert stack.outputs() == {"seen": ["hello", "here"], "running": True}
    assert set(stack.resources()) == {"one", "lease", "seed"}
    stack.refresh()
    stack.destroy()
