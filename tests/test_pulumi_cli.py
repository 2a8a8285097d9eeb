"""`scripts/pulumi-cli` with made-up programs on PATH: which way it takes, and how it ends where none works."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "pulumi-cli"
VERSION = "3.276.0"
OTHERS = ("pulumi-language-python", "pulumi-language-python-exec", "pulumi-resource-pulumi-python")


def program(folder: Path, name: str, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


def cli(folder: Path, version: str) -> None:
    program(folder, "pulumi", f"echo v{version}")
    for name in OTHERS:
        program(folder, name, "true")


class Machine:
    """A PATH, a cache folder, and nothing else."""

    def __init__(self, folder: Path) -> None:
        self.bin, self.cache = folder / "bin", folder / "cache"
        self.bin.mkdir()
        key = f"{VERSION}-{platform.system()}-{platform.machine()}".lower()
        self.kept = self.cache / "pulumi-nbcloud" / "pulumi-cli" / key

    def run(self, **environment: str) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join((str(self.bin), "/usr/bin", "/bin"))
        given = {"PATH": path, "XDG_CACHE_HOME": str(self.cache), "NBCLOUD_PULUMI_INSTALLER": "skip", **environment}
        return subprocess.run([sys.executable, str(SCRIPT)], env=given, capture_output=True, text=True, timeout=60)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.parametrize("version", [VERSION, "3.277.1", "4.0.0"])
def test_a_recent_enough_cli_on_path_is_taken(machine: Machine, version: str) -> None:
    cli(machine.bin, version)
    done = machine.run()
    assert (done.returncode, done.stdout) == (0, f"{machine.bin}\n")


@pytest.mark.parametrize("version", ["3.275.9", "3.99.0", "not a version"])
def test_an_older_cli_on_path_is_passed_over_for_the_kept_copy(machine: Machine, version: str) -> None:
    cli(machine.bin, version)
    cli(machine.kept, VERSION)
    done = machine.run()
    assert (done.returncode, done.stdout) == (0, f"{machine.kept}\n")


def test_a_cli_without_its_python_host_is_passed_over(machine: Machine) -> None:
    program(machine.bin, "pulumi", f"echo v{VERSION}")
    cli(machine.kept, VERSION)
    assert machine.run().stdout == f"{machine.kept}\n"


def test_the_vendors_installer_is_asked_before_anything_is_built(machine: Machine) -> None:
    made = "".join(f'printf "#!/bin/sh\\necho v{VERSION}\\n" > "$5/bin/{name}"; ' for name in ("pulumi", *OTHERS))
    program(machine.bin, "curl", f"""cat <<'END'\nmkdir -p "$4/bin"; set -- a "$@"; {made} chmod 755 "$5"/bin/*\nEND""")
    done = machine.run(NBCLOUD_PULUMI_INSTALLER="")
    assert (done.returncode, done.stdout) == (0, f"{machine.kept}\n"), done.stderr
    assert (machine.kept / "pulumi").is_file()
    # The second run asks nobody.
    program(machine.bin, "curl", "exit 1")
    assert machine.run(NBCLOUD_PULUMI_INSTALLER="").stdout == f"{machine.kept}\n"


def test_where_nothing_works_it_says_what_to_install(machine: Machine) -> None:
    program(machine.bin, "curl", "exit 6")
    program(machine.bin, "go", "echo go version go1.20.1 linux/amd64")
    done = machine.run(NBCLOUD_PULUMI_INSTALLER="")
    assert (done.returncode, done.stdout) == (1, "")
    assert "no Pulumi CLI: no pulumi on PATH" in done.stderr
    assert "the vendor's installer is out of reach (curl exit code 6)" in done.stderr
    assert "building needs Go 1.26.6 or newer" in done.stderr
    assert f"hint: install Pulumi {VERSION} or newer" in done.stderr
    assert not machine.kept.exists()
