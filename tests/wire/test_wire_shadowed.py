"""A project whose modules are called as Python's own: ours get Python's, the user's providers still get theirs."""

from __future__ import annotations

import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from aidp_support import IDS, SESSION
from gate_wire import create, gate
from lease_support import LEASE, NOTEBOOK, STATE, lease_target, notebook
from provider_process import ProviderProcess, by_reference, create_request, get_request, read_blob

from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.provider import shadowed

# What the SDK loads by itself is the SDK's affair: such a project has no dynamic providers at all.
PROBE = """
import sys
sys.argv = ["", "127.0.0.1:1"]
import dill, grpc, pulumi.dynamic, pulumi.runtime
from pulumi.runtime import proto, rpc
before = set(sys.modules)
from pulumi_nbcloud.provider import shadowed
shadowed._load_ours()
new = {name.partition(".")[0] for name in set(sys.modules) - before} - {name.partition(".")[0] for name in before}
# What is built into Python is found before any folder.
print(*sorted((new & sys.stdlib_module_names).difference(sys.builtin_module_names)))
"""
MARK = "the project's own"
# A provider of the user's, which imports what lies beside it when it is used.
THEIRS = """
import importlib

from pulumi.dynamic import CreateResult, ResourceProvider


class Theirs(ResourceProvider):
    def create(self, props):
        found = dict(globals())
        for name in props["names"]:
            exec(f"import {name}\\nfrom {name} import MARK", found)
        modules = {name: found[name].MARK + found["MARK"] for name in props["names"]}
        return CreateResult("theirs", {"modules": modules, "dynamic": importlib.import_module(props["names"][0]).MARK})
"""


@lru_cache(maxsize=1)
def needed() -> list[str]:
    """The standard modules that this package loads and the SDK does not."""
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)
    return done.stdout.split()


def project(folder: Path, text: str, names: list[str]) -> Path:
    for name in names:
        (folder / f"{name}.py").write_text(text)
    return folder


def fill(clouds: MockClouds) -> dict[str, Any]:
    """Puts one thing into each cloud; gives a gate on all of them."""
    clouds.modelarts.put_lease(notebook(), **LEASE)
    clouds.hpcai.put_instance("notebook-5ac72ea0")
    targets = {
        "lease": lease_target(),
        "jobs": {"kind": "modelarts:DevServerJobs"},
        "instance": {"kind": "hpcai:Instance", "instance_id": "notebook-5ac72ea0"},
        "session": {
            "kind": "aidp:NotebookSession",
            **IDS,
        },
    }
    clouds.aidp.put_session(SESSION)
    until = "lease.running && size(jobs.jobs) == 0 && instance.instance_id != '' && session.session_id != ''"
    return gate(targets=targets, until=until, interval="1s", timeout="1m")


def lease(process: ProviderProcess) -> dict[str, Any]:
    _, properties = process.read(get_request({"notebook_id": NOTEBOOK}, blob=read_blob()))
    return {name: properties[name] for name in STATE}


def test_there_are_such_modules() -> None:
    # Where coverage measures the process, it has loaded some before: decimal, say.
    assert {"secrets", "netrc", "zoneinfo"} <= set(needed())


@pytest.mark.parametrize("text", [f'MARK = "{MARK}"\n', "raise ValueError('the project is not configured')\n"])
def test_ours_get_every_standard_module_that_they_load(text: str, clouds: MockClouds, tmp_path: Path) -> None:
    inputs = fill(clouds)
    with ProviderProcess(clouds.environment(), folder=project(tmp_path, text, needed())) as process:
        assert create(process, inputs)["outcome"] == "met"
        assert lease(process) == STATE
        missing = process.failure("Read", get_request({"notebook_id": notebook(7)}, notebook(7)))
        assert "the notebook does not exist" in missing
        assert process.errors() == ""
    # By a name instead of an address; and with TLS, which this server does not speak.
    port = clouds.url.rpartition(":")[2]
    for scheme, expected in (("http", "the notebook does not exist"), ("https", f"NotebookLease {notebook(7)}: ")):
        environment = {**clouds.environment(), "NBCLOUD_MODELARTS_ENDPOINT": f"{scheme}://localhost:{port}"}
        with ProviderProcess(environment, folder=tmp_path) as process:
            failed = process.failure("Read", get_request({"notebook_id": notebook(7)}, notebook(7)))
            assert process.errors() == ""
        assert expected in failed
        assert "Error" not in failed


@pytest.mark.parametrize("first", ["theirs", "ours"])
def test_the_users_own_providers_get_their_own(first: str, clouds: MockClouds, tmp_path: Path) -> None:
    inputs = fill(clouds)
    folder = project(tmp_path, f'MARK = "{MARK}"\n', needed())
    (folder / "theirs.py").write_text(THEIRS)
    request = create_request({"names": needed()}, by_reference("theirs", "Theirs"))
    expected = {"modules": dict.fromkeys(needed(), 2 * MARK), "dynamic": MARK}
    with ProviderProcess(clouds.environment(), folder=folder) as process:
        for turn in ("theirs", "ours", "theirs") if first == "theirs" else ("ours", "theirs", "ours"):
            if turn == "ours":
                assert create(process, inputs)["outcome"] == "met"
                assert lease(process) == STATE
            else:
                found = process.call("Create", request).properties
                assert {name: found[name] for name in expected} == expected
        assert process.errors() == ""


def test_a_provider_that_is_defined_in_such_a_module(clouds: MockClouds, tmp_path: Path) -> None:
    (tmp_path / "secrets.py").write_text(THEIRS + f'\nMARK = "{MARK}"\n')
    (tmp_path / "netrc").mkdir()
    (tmp_path / "netrc" / "__init__.py").write_text(f'MARK = "{MARK}"\n')
    request = create_request({"names": ["netrc", "secrets"]}, by_reference("secrets", "Theirs"))
    clouds.modelarts.put_lease(notebook(), **LEASE)
    with ProviderProcess(clouds.environment(), folder=tmp_path) as process:
        for _ in range(2):
            assert lease(process) == STATE
            assert process.call("Create", request).properties["dynamic"] == MARK


def test_a_folder_on_pythonpath_shadows_as_the_project_does(clouds: MockClouds, tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "secrets.py").write_text("raise ValueError('not configured')\n")
    clouds.modelarts.put_lease(notebook(), **LEASE)
    environment = {**clouds.environment(), "PYTHONPATH": str(tmp_path / "library")}
    with ProviderProcess(environment) as process:
        assert lease(process) == STATE


def test_a_signer_of_the_users_gets_the_projects_modules(clouds: MockClouds, tmp_path: Path) -> None:
    (tmp_path / "secrets.py").write_text(f'MARK = "{MARK}"\n')
    (tmp_path / "signing.py").write_text(
        "import secrets\n\n\ndef make():\n    assert secrets.MARK\n"
        "    return lambda method, url, headers: {'authorization': secrets.MARK}\n"
    )
    clouds.aidp.put_session(SESSION)
    environment = {name: value for name, value in clouds.environment().items() if "AIDP" not in name}
    environment |= {"NBCLOUD_AIDP_ENDPOINT": clouds.url, "NBCLOUD_AIDP_SIGNER": "signing:make"}
    id_ = "/".join(IDS.values())
    with ProviderProcess(environment, folder=tmp_path) as process:
        text = process.failure("Read", get_request(IDS, id_, read_blob("aidp:NotebookSession")))
    # Its signature is no good, but it was sent, and once more by another signer.
    assert "refuses the credentials" in text
    assert clouds.request_count() == 2


def test_shadows_are_modules_that_stand_before_pythons_own(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    project(tmp_path / "first", "", ["secrets", "mine", "__main__"])
    (tmp_path / "first" / "netrc").mkdir()
    (tmp_path / "first" / "netrc" / "__init__.py").write_text("")
    (tmp_path / "first" / "decimal").mkdir()  # never found before a module that comes later
    (tmp_path / "first" / "csv.txt").write_text("")
    (tmp_path / "second").mkdir()
    project(tmp_path / "second", "", ["secrets", "hmac"])
    (tmp_path / "after").mkdir()
    project(tmp_path / "after", "", ["zipfile"])
    python = [entry for entry in sys.path if shadowed._is_pythons(entry)]
    assert python
    path = [str(tmp_path / "first"), str(tmp_path / "none"), str(tmp_path / "second"), *python, str(tmp_path / "after")]
    assert shadowed.find_shadows(path) == {
        "secrets": str(tmp_path / "first" / "secrets"),
        "netrc": str(tmp_path / "first" / "netrc"),
        "hmac": str(tmp_path / "second" / "hmac"),
    }
    assert shadowed.find_shadows([*python, str(tmp_path / "first")]) == {}


def test_a_program_is_left_alone(tmp_path: Path) -> None:
    project(tmp_path, f'MARK = "{MARK}"\n', ["secrets"])
    program = "import builtins\nbefore = builtins.__import__\nimport pulumi_nbcloud.provider.gate, secrets\n"
    program += "print(secrets.MARK, builtins.__import__ is before)\n"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == f"{MARK} True\n"
