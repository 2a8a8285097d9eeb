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
YAML = "pulumi-language-yaml"
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

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join((str(self.bin), "/usr/bin", "/bin"))
        given = {"PATH": path, "XDG_CACHE_HOME": str(self.cache), "NBCLOUD_PULUMI_INSTALLER": "skip", **environment}
        command = [sys.executable, str(SCRIPT), *arguments]
        return subprocess.run(command, env=given, capture_output=True, text=True, timeout=60)


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


def go(folder: Path, log: Path) -> None:
    """A Go that notes in which module it builds what, and makes a program of that name where `-o` says."""
    program(
        folder,
        "go",
        f"""case "$1" in
        version) echo go version go1.26.8 linux/amd64 ;;
        list) echo a; echo b ;;
        build)
            for package in "$@"; do :; done
            echo "$(basename "$PWD") $package" >> {log}
            printf '#!/bin/sh\\n' > "$4$(basename "$package")"
            chmod 755 "$4$(basename "$package")" ;;
        esac""",
    )


def test_the_yaml_host_is_built_once_and_only_for_those_who_ask_for_it(machine: Machine, tmp_path: Path) -> None:
    cli(machine.bin, VERSION)
    cli(machine.kept, VERSION)
    log = tmp_path / "built"
    go(machine.bin, log)
    # What is on PATH is enough for those who do not need it, and left for the kept copy by those who do.
    assert machine.run().stdout == f"{machine.bin}\n"
    assert not log.exists()
    for _ in range(2):
        done = machine.run("--yaml")
        assert (done.returncode, done.stdout) == (0, f"{machine.kept}\n"), done.stderr
        assert os.access(machine.kept / YAML, os.X_OK)
    assert log.read_text() == f"yaml github.com/pulumi/pulumi-yaml/cmd/{YAML}\n"
    assert sorted(path.name for path in machine.kept.iterdir()) == sorted(("pulumi", *OTHERS, YAML))


def test_a_cli_on_path_that_comes_with_its_yaml_host_is_taken(machine: Machine) -> None:
    cli(machine.bin, VERSION)
    program(machine.bin, YAML, "true")
    assert machine.run("--yaml").stdout == f"{machine.bin}\n"


def test_where_the_yaml_host_cannot_be_built_the_rest_is_kept(machine: Machine) -> None:
    cli(machine.kept, VERSION)
    program(machine.bin, "go", "echo go version go1.20.1 linux/amd64")
    done = machine.run("--yaml")
    assert (done.returncode, done.stdout) == (1, "")
    assert "no Pulumi CLI: building needs Go 1.26.6 or newer" in done.stderr
    assert machine.run().stdout == f"{machine.kept}\n"


@pytest.mark.parametrize(("argument", "code"), [("--help", 0), ("--yml", 2)])
def test_other_arguments_are_answered_with_how_it_is_called(machine: Machine, argument: str, code: int) -> None:
    done = machine.run(argument)
    assert (done.returncode, done.stdout) == (code, "")
    assert "scripts/pulumi-cli --yaml" in done.stderr
