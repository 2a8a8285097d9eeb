"""Environments of their own for vendors' programs whose libraries ours cannot stand beside."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def lock_of(name: str) -> Path:
    """The lock file of such a program."""
    return ROOT / f"requirements-{name}.lock"


def python_of(name: str) -> Path:
    """The Python of the locked environment of a program, made where it is not there.

    To be called before the environment of a test is cleaned: a registry may need the machine's certificates.
    """
    environment, lock = ROOT / f".venv-{name}", lock_of(name)
    stamp, python = environment / "made-from", environment / "bin" / "python"
    key = hashlib.sha256(lock.read_bytes()).hexdigest()
    if not (stamp.is_file() and stamp.read_text() == key):
        uv = [sys.executable, "-m", "uv", "--quiet"]
        subprocess.run([*uv, "venv", "--clear", "--python", sys.executable, str(environment)], check=True)
        subprocess.run([*uv, "pip", "sync", "--python", str(python), "--require-hashes", str(lock)], check=True)
        stamp.write_text(key)
    return python
