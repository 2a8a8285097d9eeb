"""The archive on a machine that has nothing else: a root folder with the C library, zlib, and no user of a name."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from archive_support import Archive, bare
from lease_support import KIND, LEASE, NOTEBOOK
from nbcloud_support import LIMIT_SECONDS

from pulumi_nbcloud.mock import MockClouds

TARGET = f"{KIND}/{NOTEBOOK}"
# Parts of the C library that the libraries in the archive load.
PARTS = ("libm.so.6", "librt.so.1", "libutil.so.1")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a root folder of its own is Linux's")


def needed(program: Path) -> list[Path]:
    """The libraries of the machine that a program is linked with, the loader included."""
    shown = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=True).stdout
    return [Path(each) for each in re.findall(r"(/\S+) \(", shown)]


@pytest.fixture(scope="module")
def root(archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("root")
    libraries = needed(archive.program)
    (c_library,) = (each for each in libraries if each.name.startswith("libc.so"))
    for each in (*libraries, *(c_library.with_name(name) for name in PARTS)):
        copy = folder / each.relative_to("/")
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(each, copy)
        copy.chmod(0o755)
    shutil.copytree(archive.folder, folder / "nbcloud", symlinks=True)
    # A folder of pytest is for its owner alone.
    folder.chmod(0o755)
    return folder


def run(root: Path, *arguments: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Runs the program with the folder as its root, never as the machine's root user."""
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    chroot, unshare = (shutil.which(name, path=path) for name in ("chroot", "unshare"))
    assert chroot
    assert unshare
    if os.geteuid() == 0:
        line = [chroot, "--userspec=65532:65532", str(root)]
    else:
        line = [unshare, "--map-root-user", chroot, str(root)]
    return subprocess.run(
        [*line, "/nbcloud/nbcloud", *arguments],
        env=bare(env),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=LIMIT_SECONDS,
    )


def test_the_program_is_linked_with_the_c_library_and_zlib_alone(archive: Archive) -> None:
    names = {each.name.partition(".")[0].partition("-")[0] for each in needed(archive.program)}
    assert names == {"ld", "libc", "libdl", "libpthread", "libz"}


def test_a_wait_and_its_exit_codes(root: Path, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    met = run(root, "wait", TARGET, "--timeout", "1m", "--quiet", env=clouds.environment())
    assert (met.returncode, met.stderr) == (0, "")
    assert met.stdout.startswith("met after ")
    missed = run(root, "wait", TARGET, "--until", "!self.running", "--timeout", "0", env=clouds.environment())
    assert missed.returncode == 124


def test_conditions_have_the_time_zones_that_the_machine_lacks(root: Path, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    until = 'now.getHours("Europe/Berlin") >= 0 && self.create_time < now'
    done = run(root, "wait", TARGET, "--until", until, "--timeout", "0", env=clouds.environment())
    assert (done.returncode, done.stderr.count("error")) == (0, 0)
