"""`scripts/sdks` with a made-up Go on PATH: what it builds, what it keeps, and what it says where it cannot."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "sdks"
# Writes what it is given into the folder, as the real one does.
GENERATOR = 'mkdir -p "$2/nodejs" "$2/go/nbcloud" && cp "$1" "$2/nodejs/schema.json"'
# `go build -v -o FOLDER/ …` is the only command that does more than answer.
GO = """case "$1" in
version) echo go version go{version} linux/amd64 ;;
list) echo nbcloud/sdk ;;
build) printf '#!/bin/sh\\n%s\\n' '{generator}' > "$4/sdk"; chmod 755 "$4/sdk" ;;
esac"""


class Machine:
    """A PATH, a cache folder, and nothing else."""

    def __init__(self, folder: Path) -> None:
        self.bin, self.cache = folder / "bin", folder / "cache"
        self.bin.mkdir()

    def go(self, version: str = "1.26.8", generator: str = GENERATOR) -> None:
        (self.bin / "go").write_text(f"#!/bin/sh\n{GO.format(version=version, generator=generator)}\n")
        (self.bin / "go").chmod(0o755)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join((str(self.bin), "/usr/bin", "/bin"))
        given = {"PATH": path, "XDG_CACHE_HOME": str(self.cache)}
        command = [sys.executable, str(SCRIPT), *arguments]
        return subprocess.run(command, env=given, capture_output=True, text=True, timeout=60)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_sdks_are_written_once_and_kept(machine: Machine) -> None:
    machine.go()
    done = machine.run()
    folder = Path(done.stdout.strip())
    assert (done.returncode, folder.parent) == (0, machine.cache / "pulumi-nbcloud" / "sdks"), done.stderr
    golden = SCRIPT.parents[1] / "tests" / "golden" / "schema.json"
    assert (folder / "nodejs" / "schema.json").read_bytes() == golden.read_bytes()
    assert "sdks: building the generator of SDKs with Go 1.26.8" in done.stderr
    # The second run builds nothing, and writes nothing.
    machine.go(version="1.20.1")
    (folder / "nodejs" / "schema.json").unlink()
    again = machine.run()
    assert (again.returncode, again.stdout, again.stderr) == (0, done.stdout, "")
    assert not (folder / "nodejs" / "schema.json").exists()


def test_sdks_are_written_into_a_folder_in_the_place_of_older_ones(machine: Machine, tmp_path: Path) -> None:
    machine.go()
    old = tmp_path / "here" / "go" / "old.go"
    old.parent.mkdir(parents=True)
    old.touch()
    done = machine.run(str(tmp_path / "here"))
    assert (done.returncode, done.stdout) == (0, f"{tmp_path / 'here'}\n"), done.stderr
    assert (tmp_path / "here" / "nodejs" / "schema.json").exists()
    assert not old.exists()
    other = tmp_path / "other.json"
    other.write_text("{}")
    assert machine.run(str(tmp_path / "here"), str(other)).returncode == 0
    assert (tmp_path / "here" / "nodejs" / "schema.json").read_text() == "{}"


def test_what_the_generator_refuses_is_said(machine: Machine) -> None:
    machine.go(generator="echo error: no such type >&2; exit 1")
    done = machine.run()
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith("sdks: no SDKs: no such type\n")
    assert list((machine.cache / "pulumi-nbcloud" / "sdks").glob("*/")) == []


def test_an_old_go_builds_nothing(machine: Machine) -> None:
    machine.go(version="1.20.1")
    done = machine.run()
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "sdks: no SDKs: building needs Go 1.26.6 or newer\n"


@pytest.mark.parametrize(("arguments", "code"), [(["--help"], 0), (["--other"], 2), (["a", "b", "c"], 2)])
def test_usage(machine: Machine, arguments: list[str], code: int) -> None:
    done = machine.run(*arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert "scripts/sdks FOLDER [SCHEMA]" in done.stderr
