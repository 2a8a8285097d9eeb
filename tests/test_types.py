"""What an editor tells a user: misspelled names, values outside of a closed set, wrong targets; what a field means."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = """
import pulumi
import pulumi_nbcloud as nbcloud

lease = nbcloud.modelarts.NotebookLeaseArgs(notebook_id="n")
nbcloud.Gate("a", target=lease, not_found="met", enforcement="advisory")
nbcloud.Gate("b", target={"kind": "modelarts:NotebookLease", "notebook_id": pulumi.Output.from_input("n")})
nbcloud.Gate("c", targets={"jobs": {"kind": "modelarts:DevServerJobs"}, "lease": lease}, until="true")
nbcloud.wait_before(target=lease, before=("create", "update"))
nbcloud.hpcai.Instance("d", instance_id="i", include_volatile=pulumi.Output.from_input(True))
"""
WRONG = {
    'nbcloud.Gaet("a", target=lease)': "Gaet",
    "nbcloud.modelarts.get_notebook_leese": "get_notebook_leese",
    'nbcloud.Gate("a", target=lease, not_found="gone")': "not_found",
    'nbcloud.Gate("a", target=lease, enforcement="on")': "enforcement",
    'nbcloud.wait_before(target=lease, before=("destroy",))': "before",
    'nbcloud.Gate("a", target={"kind": "modelarts:NotebookLeese", "notebook_id": "n"})': "target",
    'nbcloud.Gate("a", target={"kind": "modelarts:NotebookLease"})': "target",
    'nbcloud.Gate("a", target={"kind": "modelarts:NotebookLease", "notebook_id": "n", "name": "n"})': "target",
}


def test_a_type_checker_finds_each_mistake_and_no_other(tmp_path: Path) -> None:
    """What is right and what is wrong in one run, because each takes seconds."""
    program = tmp_path / "program.py"
    program.write_text(PROGRAM + "\n".join(WRONG) + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--config-file", "", str(program)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    first = len(PROGRAM.splitlines()) + 1
    places = {int(line.split(":")[1]) - first: line for line in done.stdout.splitlines() if ": error:" in line}
    assert sorted(places) == list(range(len(WRONG))), done.stdout + done.stderr
    for index, word in enumerate(WRONG.values()):
        assert word in places[index]


CAPABILITIES = {"workspace": {"configuration": True}}
SETTINGS = {"python": {"pythonPath": sys.executable}}


class LanguageServer:
    """Pyright as an editor starts it, with one file open."""

    def __init__(self, program: Path) -> None:
        command = [str(Path(sys.executable).parent / "pyright-langserver"), "--stdio"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT)
        self.document = {"uri": program.as_uri()}
        self.call("initialize", {"processId": None, "rootUri": ROOT.as_uri(), "capabilities": CAPABILITIES})
        self.send(method="initialized", params={})
        opened = {**self.document, "languageId": "python", "version": 1, "text": program.read_text(encoding="utf-8")}
        self.send(method="textDocument/didOpen", params={"textDocument": opened})

    def send(self, **message: Any) -> None:
        assert self.process.stdin is not None
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def received(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        length = 0
        while line := self.process.stdout.readline().strip():
            name, _, value = line.partition(b": ")
            length = int(value) if name == b"Content-Length" else length
        message: dict[str, Any] = json.loads(self.process.stdout.read(length))
        return message

    def call(self, method: str, params: dict[str, Any]) -> Any:
        self.send(id=method, method=method, params=params)
        while (message := self.received()).get("id") != method or "method" in message:
            if "method" in message and "id" in message:  # it requests something itself, settings for example
                items = message["params"].get("items", [])
                self.send(id=message["id"], result=[SETTINGS.get(each["section"], {}) for each in items])
        return message["result"]

    def hover(self, line: int, character: int) -> str:
        position = {"line": line, "character": character}
        found = self.call("textDocument/hover", {"textDocument": self.document, "position": position})
        return str(found["contents"]["value"]) if found else ""


def test_an_editor_says_what_a_field_of_a_lookup_means(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    lines = {
        "lease.expire_time": "When auto stop is due",
        "jobs.jobs[0].abnormal_count": "The number of nodes where the job failed.",
        "nbcloud.modelarts.get_dev_server_job(job_id='j').create_time": "When the job was created, RFC 3339.",
        "nbcloud.NotFoundError": "",
    }
    made = "import pulumi_nbcloud as nbcloud\nlease = nbcloud.modelarts.get_notebook_lease('n')\n"
    made += "jobs = nbcloud.modelarts.get_dev_server_jobs()\n"
    program.write_text(made + "\n".join(lines) + "\n", encoding="utf-8")
    server = LanguageServer(program)
    try:
        for number, (line, text) in enumerate(lines.items(), made.count("\n")):
            shown = server.hover(number, len(line) - 1)
            assert text in shown, shown
    finally:
        server.process.kill()
        server.process.communicate()
