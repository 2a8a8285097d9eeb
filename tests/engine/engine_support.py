"""What every test on the real engine has: the CLI, and mock clouds that are only read."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from stack import ROOT

from pulumi_nbcloud.mock import MockClouds

# A list that a cloud only gives to a POST, and what signs in.
READS_BY_POST = {("POST", "/api/instance/list"), ("POST", "/api/user/login"), ("POST", "/v3/auth/tokens")}


def cli_folder(*options: str) -> Path:
    """The folder of the real CLI, as `scripts/pulumi-cli` finds or makes it with these options."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "pulumi-cli"), *options],
        stdout=subprocess.PIPE,
        stderr=sys.__stderr__,
        text=True,
    )
    assert done.returncode == 0, "scripts/pulumi-cli found no CLI; it says why above"
    return Path(done.stdout.strip())


@contextlib.contextmanager
def clouds_to_read() -> Iterator[MockClouds]:
    """Mock clouds; whatever a test does, a stack only ever reads."""
    with MockClouds() as clouds:
        yield clouds
        others = {(entry.method, entry.target) for entry in clouds.requests if entry.method != "GET"}
        assert others <= READS_BY_POST
        clouds.check()
