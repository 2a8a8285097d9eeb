"""What tests of the container image share: building it, and running containers of it with runc, as Docker does."""

from __future__ import annotations

import json
import os
import subprocess
import tarfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from archive_support import built
from nbcloud_support import LIMIT_SECONDS

# The container sees the network of this machine, where the mock clouds are; all else is its own.
NAMESPACES = ("pid", "mount", "ipc", "uts")


@dataclass(frozen=True)
class Image:
    """An image, unpacked as a runtime does it."""

    path: Path
    folder: Path
    tags: list[str]
    settings: dict[str, Any]

    @property
    def root(self) -> Path:
        return self.folder / "rootfs"

    def container(self, *arguments: str, **more: Any) -> Container:
        """A container that is not started yet."""
        return Container(self, arguments, **more)


@dataclass(frozen=True)
class Container:
    """One run of the image: by default as `docker run --read-only --cap-drop all` has it.

    Attributes:
        image: What runs.
        arguments: Of the command.
        env: Besides the image's own.
        user: Instead of the image's own.
        mounts: Paths of the container, and what of the machine is there.
    """

    image: Image
    arguments: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    user: str = ""
    mounts: Mapping[str, Path] = field(default_factory=dict)

    def run(self) -> subprocess.CompletedProcess[str]:
        """Runs it to its end."""
        with self.started() as process:
            out, err = process.communicate(timeout=LIMIT_SECONDS)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    @contextmanager
    def started(self) -> Iterator[subprocess.Popen[str]]:
        """Starts it, and removes it whatever the test does. runc passes on the signals that it receives."""
        name = f"nbcloud-{uuid.uuid4().hex}"
        bundle = self.image.folder / name
        bundle.mkdir()
        (bundle / "config.json").write_text(json.dumps(self._config()), encoding="utf-8")
        runc = ["runc", "--root", str(self.image.folder / "containers")]
        with subprocess.Popen(
            [*runc, "run", "--bundle", str(bundle), "--pid-file", str(bundle / "pid"), name],
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            try:
                yield process
            finally:
                # One that has ended is not there any more.
                subprocess.run([*runc, "delete", "--force", name], capture_output=True, timeout=LIMIT_SECONDS)
                process.kill()

    def status(self) -> dict[str, str]:
        """What the machine says of the process of the only container that runs."""
        (pid,) = (each.read_text() for each in self.image.folder.glob("nbcloud-*/pid") if _is_alive(each.read_text()))
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
        return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}

    def _config(self) -> dict[str, Any]:
        settings = self.image.settings
        uid, gid = map(int, (self.user or settings["User"]).split(":"))
        mounts: list[dict[str, Any]] = [{"destination": "/proc", "type": "proc", "source": "proc"}]
        mounts += [
            {"destination": place, "type": "bind", "source": str(source), "options": ["bind", "rw"]}
            for place, source in self.mounts.items()
        ]
        process = {
            "terminal": False,
            "user": {"uid": uid, "gid": gid},
            "args": [*settings["Entrypoint"], *self.arguments],
            "env": [*settings["Env"], *(f"{name}={value}" for name, value in self.env.items())],
            "cwd": settings["WorkingDir"],
            "noNewPrivileges": True,
        }
        return {
            "ociVersion": "1.0.0",
            "process": process,
            "root": {"path": str(self.image.root), "readonly": True},
            "mounts": mounts,
            "linux": {"namespaces": [{"type": each} for each in NAMESPACES]},
        }


def _is_alive(pid: str) -> bool:
    return os.path.isdir(f"/proc/{pid}")


def build_image(archive: Path, folder: Path) -> Path:
    """Builds the image of an archive into a folder."""
    return built(folder, "image", "build", "--archive", str(archive))


def opened(path: Path, folder: Path) -> Image:
    """Unpacks an image, and makes the places where a runtime mounts something."""
    with tarfile.open(path) as tar:
        tar.extractall(folder / "image", filter="fully_trusted")
    (manifest,) = json.loads((folder / "image" / "manifest.json").read_text(encoding="utf-8"))
    config = json.loads((folder / "image" / manifest["Config"]).read_text(encoding="utf-8"))
    (layer,) = manifest["Layers"]
    with tarfile.open(folder / "image" / layer) as tar:
        tar.extractall(folder / "rootfs", numeric_owner=True, filter="fully_trusted")
    for each in ("proc", "dev"):
        (folder / "rootfs" / each).mkdir()
    # A folder of pytest is for its owner alone.
    (folder / "rootfs").chmod(0o755)
    return Image(path, folder, manifest["RepoTags"], config["config"])
