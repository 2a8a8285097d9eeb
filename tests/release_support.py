"""`scripts/release-check` as a module, and a made-up release that passes it."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from pulumi_nbcloud import __version__

ROOT = Path(__file__).resolve().parents[1]
HOME = "https://code.example/someone/pulumi-nbcloud"
SCRIPTS = tuple(
    f"scripts/{name}" for name in ("release-archive", "release-check", "release_sbom.py", "runtime_licences.py")
)
LOCK = "requirements-runtime.lock"
COPIED = ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE", ".gitignore", LOCK, *SCRIPTS)
CHANGELOG = """# Changelog

## [Unreleased]

## [{version}] - 2026-11-30

### Added

- Everything.
"""


def script(path: Path) -> Any:
    """Loads a program of the repository as a module."""
    name = path.name.removesuffix(".py").replace("-", "_")
    loader = importlib.machinery.SourceFileLoader(name, str(path))
    spec = importlib.util.spec_from_loader(name, loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look themselves up there
    loader.exec_module(module)
    return module


def copy_sources(folder: Path, *, home: str = HOME) -> None:
    """Copies what a build reads and the program that checks it, as on the day of a release."""
    for name in COPIED:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    shutil.copytree(ROOT / "pulumi_nbcloud", folder / "pulumi_nbcloud", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "plugin", folder / "plugin", ignore=shutil.ignore_patterns("venv", "__pycache__"))
    (folder / "CHANGELOG.md").write_text(CHANGELOG.format(version=__version__), encoding="utf-8")
    project = (folder / "pyproject.toml").read_text(encoding="utf-8")
    project, count = re.subn(r'^repository = ".*"$', f'repository = "{home}"', project, flags=re.MULTILINE)
    assert count == 1, "there is one place to change"
    (folder / "pyproject.toml").write_text(project, encoding="utf-8")


def release_check(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the `scripts/release-check` of a copy; nothing it starts can reach an index."""
    line = [sys.executable, str(folder / "scripts" / "release-check"), *arguments]
    return subprocess.run(line, capture_output=True, text=True, timeout=300)
