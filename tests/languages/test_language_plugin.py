"""How the real CLI finds the plugin: by the stub, in Pulumi.yaml, on PATH, from the archive of a release."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from lease_support import NOTEBOOK
from nbcloud_support import LIMIT_SECONDS
from stack import ROOT, SYSTEM, Stack
from wheel_support import build_wheel

from pulumi_nbcloud import __version__
from pulumi_nbcloud.mock import MockClouds

PROGRAM = "pulumi-resource-nbcloud"
SCRIPTS = Path(sys.executable).parent
RECORD = f"""
resources:
  lease:
    type: nbcloud:modelarts:NotebookLease
    properties:
      notebookId: {NOTEBOOK}
outputs:
  running: ${{lease.running}}
"""
# Of each dependency of the package that the index has; the package itself comes from the sources.
INSTALL_SECONDS = 900
MakeStack = Callable[..., Stack]


@pytest.fixture
def make_plain(cli: Path, tmp_path: Path, clouds: MockClouds) -> MakeStack:
    """Makes a stack whose PATH has the CLI and what every machine has, but no plugin."""
    clouds.modelarts.put_lease(NOTEBOOK)

    def make(environment: Mapping[str, str] | None = None) -> Stack:
        path = os.pathsep.join((str(cli), *SYSTEM))
        return Stack(tmp_path / "plain", cli, {**clouds.environment(), "PATH": path, **(environment or {})})

    return make


def place(stack: Stack, more: str = "") -> None:
    (stack.folder / "Pulumi.yaml").write_text(f"name: probe\nruntime: yaml\n{more}{RECORD}")


def nbcloud(stack: Stack, *arguments: str) -> str:
    """Runs the command of this environment beside a stack; gives its stdout."""
    line = [sys.executable, "-m", "pulumi_nbcloud.cli", *arguments]
    done = subprocess.run(line, env=stack.environment, capture_output=True, text=True, timeout=LIMIT_SECONDS)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def assert_updates(stack: Stack) -> str:
    """Runs an update and one that changes nothing; gives what the first one warned of."""
    run = stack.up()
    assert stack.outputs() == {"running": True}
    stack.up("--expect-no-changes")
    return "\n".join(line for line in run.text.splitlines() if "warning" in line)


def test_the_stub_is_found_without_a_word(make_plain: MakeStack) -> None:
    stack = make_plain()
    place(stack)
    wrote = nbcloud(stack, "plugin", "install").splitlines()[0].removeprefix("wrote ")
    assert Path(wrote).is_relative_to(stack.environment["PULUMI_HOME"])
    assert assert_updates(stack) == ""
    # What Pulumi itself knows of it.
    assert f'"version": "{__version__}"' in stack.run("plugin", "ls", "--json", expect=0).output
    stack.destroy()
    assert nbcloud(stack, "plugin", "uninstall") == f"removed {Path(wrote).parent}\n"
    plugins = Path(stack.environment["PULUMI_HOME"]) / "plugins"
    assert list(plugins.iterdir()) == [], "nothing of Pulumi's own beside it either"


def test_the_folder_that_is_printed_is_found_without_a_word(make_plain: MakeStack) -> None:
    stack = make_plain()
    folder = nbcloud(stack, "plugin", "path").strip()
    place(stack, f"plugins:\n  providers:\n    - name: nbcloud\n      path: {folder}\n")
    assert assert_updates(stack) == ""
    assert not (Path(stack.environment["PULUMI_HOME"]) / "plugins").exists()


def test_a_program_on_path_is_taken_first_with_a_warning(make_plain: MakeStack) -> None:
    stack = make_plain()
    place(stack)
    nbcloud(stack, "plugin", "install")
    stack.environment["PATH"] = os.pathsep.join((stack.environment["PATH"], str(SCRIPTS)))
    stack.environment["PULUMI_IGNORE_AMBIENT_PLUGINS"] = "false"  # which is what a user has who sets nothing
    assert f"using {PROGRAM} from $PATH at {SCRIPTS / PROGRAM}" in assert_updates(stack)
    stack.environment["PULUMI_IGNORE_AMBIENT_PLUGINS"] = "true"
    assert assert_updates(stack) == ""


def test_without_the_plugin_pulumi_says_what_the_page_on_troubleshooting_quotes(make_plain: MakeStack) -> None:
    stack = make_plain()
    place(stack)
    text = f"no resource plugin '{PROGRAM}' found in the workspace"
    assert text in stack.up(expect=None).text
    assert text in (ROOT / "docs" / "guides" / "troubleshooting.md").read_text(encoding="utf-8")


def test_a_stub_whose_environment_is_gone_says_what_to_do(make_plain: MakeStack) -> None:
    stack = make_plain()
    place(stack)
    stub = Path(nbcloud(stack, "plugin", "install").splitlines()[0].removeprefix("wrote "))
    gone = stack.folder / "gone" / PROGRAM
    stub.write_text(stub.read_text(encoding="utf-8").replace(str(SCRIPTS / PROGRAM), str(gone)), encoding="utf-8")
    text = stack.up(expect=None).text
    assert f"error: {gone} is gone, and with it the plugin that Pulumi was to start" in text
    assert "hint: run nbcloud plugin install where pulumi-nbcloud is installed now" in text


def test_drift_of_a_record_that_is_declared_is_not_counted_by_pulumi_and_of_one_that_is_got_it_is(
    make_plain: MakeStack, clouds: MockClouds
) -> None:
    stack = make_plain()
    nbcloud(stack, "plugin", "install")
    got = f"  got:\n    type: nbcloud:modelarts:NotebookLease\n    get:\n      id: {NOTEBOOK}\n"
    for more, counted in (("", False), (got, True)):
        place(stack)
        path = stack.folder / "Pulumi.yaml"
        path.write_text(path.read_text().replace("outputs:\n", f"{more}outputs:\n"))
        stack.up()
        assert stack.drift().code == 0
        clouds.modelarts.add_transition(NOTEBOOK, duration=7_200_000 if counted else 5_400_000)
        assert (stack.drift().code != 0) is counted


def test_the_archive_is_installed_by_the_cli_and_starts_as_its_host_starts_it(
    make_plain: MakeStack, tmp_path: Path
) -> None:
    """The host of Python that can be built is too old to start a plugin; the newer ones start it in this way."""
    kept = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_"))}
    links = f"{kept.get('PIP_FIND_LINKS', '')} {build_wheel(tmp_path / 'wheel')}".strip()
    stack = make_plain({**kept, "PIP_FIND_LINKS": links, "PIP_DISABLE_PIP_VERSION_CHECK": "1"})
    archives = tmp_path / "archives"
    line = [sys.executable, str(ROOT / "scripts" / "release-archive"), "--outdir", str(archives)]
    subprocess.run(line, check=True, stdout=subprocess.DEVNULL, timeout=LIMIT_SECONDS)
    archive = archives / f"{PROGRAM}-v{__version__}-linux-amd64.tar.gz"
    done = subprocess.run(
        ["pulumi", "plugin", "install", "resource", "nbcloud", __version__, "--file", str(archive)],
        cwd=stack.folder,
        env=stack.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=INSTALL_SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    folder = Path(stack.environment["PULUMI_HOME"]) / "plugins" / f"resource-nbcloud-v{__version__}"
    (python,) = [path for path in folder.glob("**/bin/python") if path.is_file()]
    # In the folder of the program, which may have modules called as Python's.
    for name in ("typing", "secrets", "grpc", "json"):
        (stack.folder / f"{name}.py").write_text("raise SystemExit('of the program')\n")
    process = subprocess.Popen(
        [str(python), str(folder), "127.0.0.1:1"], cwd=stack.folder, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().strip().isdigit()
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
    # It is somebody else's to `nbcloud plugin install`.
    line = [sys.executable, "-m", "pulumi_nbcloud.cli", "plugin", "install"]
    refused = subprocess.run(line, env=stack.environment, capture_output=True, text=True, timeout=LIMIT_SECONDS)
    assert refused.returncode == 2
    assert refused.stderr.startswith(f"error: {folder} is a plugin that this command did not write\n")
