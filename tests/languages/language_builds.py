"""Programs in TypeScript and Go, built with the SDKs that follow from the schema; kept between runs in `.cache/`."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from language_sdks import ENVIRON
from stack import ROOT

EXAMPLES = ROOT / "examples" / "languages"
DRIVERS = Path(__file__).resolve().parent
BUILDS = ROOT / ".cache" / "languages"
GO_SDK = "nbcloud.invalid/pulumi-nbcloud/sdk/go/nbcloud"
# With the driver beside the program: what `files` of its own tsconfig.json does not name.
_TSCONFIG = """{
    "extends": "./tsconfig.json",
    "compilerOptions": {"skipLibCheck": true},
    "files": ["index.ts", "driver.ts"]
}
"""
_BUILD_SECONDS = 900


def typescript(sdks: Path) -> list[str]:
    """Build the program of the example in TypeScript; gives the command that runs it.

    Args:
        sdks: the folder of the generated SDKs.
    """
    project, driver = EXAMPLES / "typescript", DRIVERS / "typescript"
    files = {path.name: path for path in (*_files(project), driver / "driver.ts")}
    folder = BUILDS / "typescript"
    stamp = _digest(files.values(), sdks / "nodejs")
    if not _is_built(folder, stamp):
        _place(folder, files, sdks / "nodejs", keep=("node_modules",))
        _run(folder, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")
        # As `pulumi package add` does it.
        (folder / "node_modules" / "pulumi-nbcloud").symlink_to(folder / "sdks" / "nbcloud")
        compiler = str(folder / "node_modules" / ".bin" / "tsc")
        _run(folder, compiler, "--project", "sdks/nbcloud")
        sdk = folder / "sdks" / "nbcloud"
        # It reads its own version there.
        shutil.copyfile(sdk / "package.json", sdk / "bin" / "package.json")
        (folder / "tsconfig.driver.json").write_text(_TSCONFIG)
        _run(folder, compiler, "--project", "tsconfig.driver.json")
        _finish(folder, stamp)
    return ["node", str(folder / "bin" / "driver.js")]


def go(sdks: Path) -> list[str]:
    """Build the program of the example in Go; gives the command that runs it.

    Args:
        sdks: the folder of the generated SDKs.
    """
    project, driver = EXAMPLES / "go", DRIVERS / "go"
    files = {path.name: path for path in (project / "main.go", *_files(driver))}
    folder = BUILDS / "go"
    stamp = _digest(files.values(), sdks / "go")
    if not _is_built(folder, stamp):
        _place(folder, files, sdks / "go" / "nbcloud")
        (folder / "sdks" / "nbcloud" / "go.mod").write_text(_module((folder / "go.mod").read_text()))
        edits = [f"-require={GO_SDK}@v0.0.0", f"-replace={GO_SDK}=./sdks/nbcloud"]
        _run(folder, "go", "mod", "edit", *edits)
        _run(folder, "go", "vet", ".")
        _run(folder, "go", "build", "-o", "program", ".")
        _finish(folder, stamp)
    return [str(folder / "program")]


def _module(locked: str) -> str:
    """The module of the generated SDK, which needs what the program's own go.mod has."""
    return f"module {GO_SDK}\n" + locked.partition("\n")[2]


def _files(folder: Path) -> list[Path]:
    """The files of a project; what a reader has built or generated there is none of it."""
    return [path for path in sorted(folder.iterdir()) if path.is_file()]


def _digest(files: Iterable[Path], sdk: Path) -> str:
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for path in (*files, *sorted(path for path in sdk.rglob("*") if path.is_file())):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _is_built(folder: Path, stamp: str) -> bool:
    path = folder / "stamp"
    return path.exists() and path.read_text() == stamp


def _finish(folder: Path, stamp: str) -> None:
    (folder / "stamp").write_text(stamp)


def _place(folder: Path, files: Mapping[str, Path], sdk: Path, keep: Sequence[str] = ()) -> None:
    """Puts files and the SDK into an otherwise empty folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.name not in keep:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for name, path in files.items():
        shutil.copyfile(path, folder / name)
    shutil.copytree(sdk, folder / "sdks" / "nbcloud")


def _run(folder: Path, *command: str) -> None:
    done = run(folder, *command)
    assert done.returncode == 0, f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}"


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a compiler, or what gets what it needs."""
    return subprocess.run(
        command,
        cwd=folder,
        env=ENVIRON,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_BUILD_SECONDS,
    )
