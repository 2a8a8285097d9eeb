"""`nbcloud plugin`: the stub that the Pulumi CLI starts, in the place of an older one and of nothing else."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from cli_support import invoke
from nbcloud_support import LIMIT_SECONDS

from pulumi_nbcloud._version import __version__
from pulumi_nbcloud.cli import plugin_stub
from pulumi_nbcloud.cli.completion import complete
from pulumi_nbcloud.cli.plugin_stub import PROGRAM

OWN = plugin_stub.program()


@pytest.fixture(autouse=True)
def not_on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")


@pytest.fixture
def plugins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of plugins in a home of Pulumi that is not there yet."""
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home of pulumi"))
    return tmp_path / "home of pulumi" / "plugins"


def place(plugins: Path, version: str = __version__) -> Path:
    return plugins / f"resource-nbcloud-v{version}"


def put_stub(plugins: Path, version: str, starts: Path) -> Path:
    """A stub of this command that starts something else, or is of another version."""
    folder = place(plugins, version)
    folder.mkdir(parents=True)
    text = f"#!/bin/sh\n{plugin_stub.MARK}\nplugin='{starts}'\nif [ ! -x \"$plugin\" ]; then\n  exit 1\nfi\n"
    (folder / PROGRAM).write_text(text, encoding="utf-8")
    return folder


def put_plugin(plugins: Path, text: str = "#!/bin/sh\nexit 0\n") -> Path:
    """A plugin of somebody else, in the place of ours."""
    place(plugins).mkdir(parents=True)
    (place(plugins) / PROGRAM).write_text(text, encoding="utf-8")
    return place(plugins)


def contents(plugins: Path) -> dict[str, bytes]:
    return {path.relative_to(plugins).as_posix(): path.read_bytes() for path in plugins.rglob("*") if path.is_file()}


def test_the_program_is_the_console_script_of_this_environment() -> None:
    [script] = metadata.entry_points(group="console_scripts", name=PROGRAM)
    assert script.value == "pulumi_nbcloud.native.__main__:main"
    assert OWN.parent == Path(sys.executable).parent
    assert invoke("plugin", "path").out == f"{OWN.parent}\n"


def test_the_stub_is_where_pulumi_looks_for_this_version(plugins: Path) -> None:
    done = invoke("plugin", "install")
    stub = place(plugins) / PROGRAM
    assert (done.code, done.err) == (0, "")
    assert done.out == f"wrote {stub}\nstarts {OWN}\n"
    assert stat.S_IMODE(stub.stat().st_mode) == 0o755
    # Nothing half-written is left, and nothing else.
    assert list(contents(plugins)) == [f"resource-nbcloud-v{__version__}/{PROGRAM}"]
    assert [each.name for each in plugins.iterdir()] == [f"resource-nbcloud-v{__version__}"]


def test_a_second_installation_writes_nothing(plugins: Path) -> None:
    invoke("plugin", "install")
    stub = place(plugins) / PROGRAM
    before = stub.stat()
    done = invoke("plugin", "install")
    assert done.out == f"already there: {stub}\nstarts {OWN}\n"
    assert stub.stat() == before


@pytest.mark.parametrize("name", ["with spaces", "it's", "tab\tand\nline", 'two "quotes" $HOME `id`'])
def test_a_stub_starts_its_program_with_the_arguments_of_the_engine(
    plugins: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    program = tmp_path / name / PROGRAM
    program.parent.mkdir()
    program.write_text('#!/bin/sh\nprintf "%s|" "$0" "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(plugin_stub, "program", lambda: program)
    assert invoke("plugin", "install").code == 0
    assert dict(plugin_stub.stubs(plugins)) == {place(plugins): program}
    line = [str(place(plugins) / PROGRAM), "127.0.0.1:1", "a b"]
    done = subprocess.run(line, capture_output=True, text=True, timeout=LIMIT_SECONDS)
    assert (done.stdout, done.stderr) == (f"{program}|127.0.0.1:1|a b|", "")


def test_a_stub_whose_environment_is_gone_says_so(plugins: Path, tmp_path: Path) -> None:
    invoke("plugin", "install")
    stub = place(plugins) / PROGRAM
    gone = tmp_path / "gone" / PROGRAM
    stub.write_text(stub.read_text(encoding="utf-8").replace(str(OWN), str(gone)), encoding="utf-8")
    done = subprocess.run([str(stub)], capture_output=True, text=True, timeout=LIMIT_SECONDS)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        f"error: {gone} is gone, and with it the plugin that Pulumi was to start",
        "hint: run nbcloud plugin install where pulumi-nbcloud is installed now",
    ]
    assert invoke("plugin", "install").out.splitlines()[2:] == [f"replaced a stub that started {gone}"]


def test_older_stubs_of_the_same_environment_go_and_those_of_others_stay(plugins: Path, tmp_path: Path) -> None:
    older = put_stub(plugins, "0.0.1", OWN)
    other = put_stub(plugins, "0.0.2", tmp_path / "other" / PROGRAM)
    beside = older.with_name(f"{older.name}.lastused")
    beside.touch()
    schemas = [plugins / f"schema-nbcloud-{version}-.json" for version in ("0.0.1", __version__, "0.0.2")]
    for schema in schemas:
        schema.touch()
    done = invoke("plugin", "install")
    assert done.out.splitlines()[2:] == [f"removed {older}, which started the same program"]
    assert not older.exists()
    assert not beside.exists()
    # What Pulumi keeps of a plugin that is another one now.
    assert [schema.exists() for schema in schemas] == [False, False, True]
    assert dict(plugin_stub.stubs(plugins)) == {other: tmp_path / "other" / PROGRAM, place(plugins): OWN}
    assert invoke("plugin", "install").out.startswith("already there: ")


FOREIGN = {
    "a program": "#!/bin/sh\nexit 0\n",
    "a binary": "\x7fELF" + "\0" * 20_000,
    "a stub without its mark": f"#!/bin/sh\nplugin={OWN}\nif true; then exit; fi\n",
    "a mark further below": f"#!/bin/sh\n\n{plugin_stub.MARK}\nplugin={OWN}\nif true; then exit; fi\n",
    "two words": f"#!/bin/sh\n{plugin_stub.MARK}\nplugin=a b\nif true; then exit; fi\n",
    "an open quotation": f"#!/bin/sh\n{plugin_stub.MARK}\nplugin='a\nif true; then exit; fi\n",
}


@pytest.mark.parametrize("text", FOREIGN.values(), ids=list(FOREIGN))
def test_a_plugin_of_somebody_else_is_not_touched(plugins: Path, text: str) -> None:
    folder = put_plugin(plugins, text)
    before = contents(plugins)
    done = invoke("plugin", "install")
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines() == [
        f"error: {folder} is a plugin that this command did not write",
        f"hint: to take its place, remove it: pulumi plugin rm resource nbcloud {__version__}",
    ]
    assert invoke("plugin", "uninstall").out == f"nothing to remove: no stub of this environment is in {plugins}\n"
    assert contents(plugins) == before


def test_a_stub_with_something_beside_it_or_behind_a_link_is_somebody_elses(plugins: Path, tmp_path: Path) -> None:
    folder = put_stub(plugins, __version__, OWN)
    (folder / "PulumiPlugin.yaml").write_text("runtime: python\n", encoding="utf-8")
    assert invoke("plugin", "install").code == 2
    shutil.move(str(folder), tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "PulumiPlugin.yaml").unlink()
    folder.symlink_to(tmp_path / "elsewhere")
    assert invoke("plugin", "install").code == 2
    folder.unlink()
    folder.mkdir()
    (folder / PROGRAM).symlink_to(tmp_path / "elsewhere" / PROGRAM)
    assert invoke("plugin", "install").code == 2
    assert (tmp_path / "elsewhere" / PROGRAM).is_file()


def test_an_installation_of_pulumis_own_is_not_disturbed(plugins: Path) -> None:
    plugins.mkdir(parents=True)
    unfinished = plugins / f"resource-nbcloud-v{__version__}.partial"
    unfinished.touch()
    done = invoke("plugin", "install")
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines() == [
        f"error: an installation of the Pulumi CLI that was not finished is in the way: {unfinished}",
        "hint: wait until it has ended, or remove that file and the folder beside it",
    ]


def test_another_run_of_the_command_may_be_faster(plugins: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugins.mkdir(parents=True)
    rename = Path.rename

    def slow(path: Path, target: Path) -> Path:
        monkeypatch.setattr(Path, "rename", rename)
        put_stub(plugins, __version__, OWN)
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", slow)
    assert invoke("plugin", "install").code == 0
    assert os.access(place(plugins) / PROGRAM, os.X_OK)


def test_uninstall_removes_the_stubs_of_this_environment_and_of_none(plugins: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / PROGRAM
    other.parent.mkdir()
    other.touch()
    kept = put_stub(plugins, "0.0.1", other)
    invoke("plugin", "install")
    removed = [
        put_stub(plugins, "0.0.2", OWN),
        put_stub(plugins, "0.0.3", tmp_path / "gone" / PROGRAM),
        place(plugins),
    ]
    done = invoke("plugin", "uninstall")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [f"removed {each}" for each in removed]
    assert list(plugins.iterdir()) == [kept]
    assert invoke("plugin", "uninstall").out == f"nothing to remove: no stub of this environment is in {plugins}\n"


def test_tab_completes_what_to_do() -> None:
    assert [each.word for each in complete(["plugin"], "").offers] == ["install", "path", "uninstall"]


def test_a_program_on_path_is_taken_first_and_that_is_said(plugins: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{OWN.parent}:/usr/bin:/bin")
    done = invoke("plugin", "install")
    assert done.code == 0
    assert done.err.splitlines() == [
        f"warning: PATH has {OWN}; Pulumi takes that one first, and warns in each run",
        "hint: set PULUMI_IGNORE_AMBIENT_PLUGINS=true, or run pulumi outside of that environment",
    ]
    monkeypatch.setenv("PULUMI_IGNORE_AMBIENT_PLUGINS", "true")
    assert invoke("plugin", "install").err == ""


def test_the_home_of_pulumi_is_that_of_the_users_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    # As the Pulumi CLI does it, which does not read HOME.
    monkeypatch.delenv("PULUMI_HOME")
    assert plugin_stub.plugins_folder() == Path(pwd.getpwuid(os.getuid()).pw_dir) / ".pulumi" / "plugins"

    def nobody(number: int) -> None:
        raise KeyError(number)

    monkeypatch.setattr(pwd, "getpwuid", nobody)
    assert plugin_stub.plugins_folder() == Path(os.environ["HOME"]) / ".pulumi" / "plugins"


@pytest.mark.parametrize("action", ["install", "uninstall"])
def test_a_relative_home_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, action: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PULUMI_HOME", "home/of/pulumi")
    done = invoke("plugin", action)
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines() == [
        "error: PULUMI_HOME is home/of/pulumi, which is relative",
        "hint: set it to a whole path: Pulumi would find the plugin from this folder alone",
    ]
    assert not (tmp_path / "home" / "of").exists()


def test_a_folder_that_cannot_be_written_is_refused(plugins: Path) -> None:
    plugins.parent.write_text("a file", encoding="utf-8")
    done = invoke("plugin", "install")
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines() == [
        f"error: {plugins} cannot be written: Not a directory",
        "hint: set PULUMI_HOME to a folder of yours, as for the Pulumi CLI",
    ]


@pytest.mark.parametrize("action", ["install", "path", "uninstall"])
def test_an_environment_without_the_program_is_refused(
    plugins: Path, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    def missing(name: str) -> metadata.Distribution:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", missing)
    done = invoke("plugin", action)
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines() == [
        f"error: this environment has no program {PROGRAM}",
        "hint: install pulumi-nbcloud into it with pip or uv; sources alone have no programs",
    ]
    assert not plugins.exists()


def test_on_windows_no_stub_is_written(plugins: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "name", "nt")
    with pytest.raises(Exception, match="on Windows") as caught:
        plugin_stub.install()
    monkeypatch.undo()
    assert str(caught.value).splitlines() == [
        "on Windows nbcloud writes no stub",
        "hint: name the folder that nbcloud plugin path prints under plugins.providers in Pulumi.yaml",
    ]
