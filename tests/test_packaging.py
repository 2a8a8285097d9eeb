"""What travels in the wheel and the sdist, what a package index shows of them, and what stops a release.

One build serves all tests: that of a copy which a release could be made from, with an address and a dated changelog.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.metadata import Metadata
from packaging.specifiers import SpecifierSet
from release_support import HOME, ROOT, copy_sources, release_check, script
from runtime_licences import ACCEPTED, ELSEWHERE, READ, is_allowed, licence_of, required

from pulumi_nbcloud import __version__

CHECK = script(ROOT / "scripts" / "release-check")
HOOK = script(ROOT / "hatch_build.py")


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release")
    copy_sources(folder)
    done = release_check(folder, "--tag", f"v{__version__}")
    assert (done.returncode, done.stderr) == (0, "")
    folders = f"{folder / 'dist'}, {folder / 'dist-plugin'} and {folder / 'dist-sbom'}"
    assert done.stdout == f"{__version__} can be released from {folders}\n"
    assert [path.name for path in (folder / "dist-sbom").iterdir()] == [f"pulumi_nbcloud-{__version__}.cdx.json"]
    return folder


@pytest.fixture(scope="module")
def wheel(release: Path) -> Iterator[zipfile.ZipFile]:
    (path,) = (release / "dist").glob("*.whl")
    with zipfile.ZipFile(path) as opened:
        yield opened


@pytest.fixture(scope="module")
def metadata(wheel: zipfile.ZipFile) -> Metadata:
    (name,) = [name for name in wheel.namelist() if name.endswith("METADATA")]
    return Metadata.from_email(wheel.read(name), validate=True)


def test_the_plugin_file_says_that_there_is_nothing_to_download_and_no_version(wheel: zipfile.ZipFile) -> None:
    said = json.loads(wheel.read("pulumi_nbcloud/pulumi-plugin.json"))
    assert said == {"resource": False, "name": "nbcloud"}


def test_the_wheel_is_typed(wheel: zipfile.ZipFile) -> None:
    assert "pulumi_nbcloud/py.typed" in wheel.namelist()


def test_the_wheel_holds_every_module_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    packed = {name for name in wheel.namelist() if name.endswith(".py")}
    assert packed == {str(path.relative_to(ROOT)) for path in (ROOT / "pulumi_nbcloud").rglob("*.py")}
    assert not [name for name in wheel.namelist() if name.startswith(("tests", "tools", "examples"))]


def test_the_sdist_holds_what_a_build_needs_and_no_tests(release: Path) -> None:
    (path,) = (release / "dist").glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "hatch_build.py", "README.md", "CHANGELOG.md", "LICENSE", "PKG-INFO"} <= names
    assert {name.partition("/")[0] for name in names if "/" in name} == {"pulumi_nbcloud"}


def test_the_wheel_names_its_command_its_plugin_and_its_extras(wheel: zipfile.ZipFile, metadata: Metadata) -> None:
    (points,) = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    text = wheel.read(points).decode()
    assert "\nnbcloud = pulumi_nbcloud.cli:main\n" in text
    assert "\npulumi-resource-nbcloud = pulumi_nbcloud.native.__main__:main\n" in text
    assert "[pytest11]\nnbcloud = pulumi_nbcloud.mock.pytest_plugin" in text
    assert metadata.name == "pulumi-nbcloud"
    # What only developers need is in groups, which are not published.
    assert metadata.provides_extra == ["mock", "oci", "serve"]


def test_the_version_is_that_of_the_one_file(metadata: Metadata) -> None:
    assert str(metadata.version) == __version__
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert not re.search(r"^version\s*=", project, re.MULTILINE)
    stating = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "pulumi_nbcloud").rglob("*.py")
        if re.search(r"^_*version_* *(: *\w+)? *=", path.read_text(encoding="utf-8"), re.MULTILINE | re.IGNORECASE)
    }
    assert stating == {"pulumi_nbcloud/_version.py"}


def test_pages_show_this_version() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    shown = [each for page in pages for each in re.findall(r"\bnbcloud[ /](\d+\.\d+\.\d+)", page.read_text())]
    assert shown
    assert set(shown) == {__version__}


def test_no_python_is_refused_for_being_new(metadata: Metadata) -> None:
    assert metadata.requires_python == SpecifierSet(">=3.10")


def test_every_address_comes_from_the_one_place(metadata: Metadata) -> None:
    assert metadata.project_urls == {
        "Homepage": HOME,
        "Documentation": f"{HOME}/tree/v{__version__}/docs",
        "Changelog": f"{HOME}/blob/HEAD/CHANGELOG.md",
        "Issues": f"{HOME}/issues",
        "Source": HOME,
    }


def test_links_of_the_long_description_lead_to_files_of_this_version(metadata: Metadata) -> None:
    links = re.findall(r"\]\(([^)]+)\)", metadata.description or "")
    start, raw = (f"{HOME}/{each}/v{__version__}/" for each in ("blob", "raw"))
    ours = [link.removeprefix(start) for link in links if link.startswith(start)]
    pictures = [link.removeprefix(raw) for link in links if link.startswith(raw)]
    assert "docs/guides/gates.md" in ours
    assert "CHANGELOG.md" in ours
    assert pictures == ["docs/pictures/gate-met.svg"]
    assert [link for link in [*ours, *pictures] if not (ROOT / link.partition("#")[0]).is_file()] == []
    # Those that begin with # lead to a heading of the page itself.
    assert [link for link in links if not link.startswith(("https://", "#"))] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "[a](guides/a.md) and [b](b.md#c)",
            "[a](https://h/blob/v1.2.3/guides/a.md) and [b](https://h/blob/v1.2.3/b.md#c)",
        ),
        ("[a](https://other/a.md), [b](#b), [c](mailto:x)", "[a](https://other/a.md), [b](#b), [c](mailto:x)"),
        ("```python\na[b](c)\n```\n[a](a)\n", "```python\na[b](c)\n```\n[a](https://h/blob/v1.2.3/a)\n"),
        (
            "![a b](c.svg) [![a](b.svg)](c)",
            "![a b](https://h/raw/v1.2.3/c.svg) [![a](https://h/raw/v1.2.3/b.svg)](https://h/blob/v1.2.3/c)",
        ),
    ],
)
def test_which_links_become_absolute(text: str, expected: str) -> None:
    assert HOOK.with_absolute_links(text, "https://h", "1.2.3") == expected


def test_a_release_without_a_home_is_refused(release: Path, tmp_path: Path) -> None:
    copy_sources(tmp_path, home="https://x.invalid/nbcloud")
    folders = {"--outdir": "dist", "--archives": "dist-plugin", "--sbom": "dist-sbom"}
    built = [word for option, name in folders.items() for word in (option, str(release / name))]
    done = release_check(tmp_path, "--built", *built, "--tag", "v9.9.9")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        "error: the project has no home yet",
        "  repository in pyproject.toml is https://x.invalid/nbcloud, a placeholder: links would lead nowhere",
        "hint: set it to the address of the repository; CONTRIBUTING.md says what follows from it",
        "error: version and tag disagree",
        f"  the version is {__version__}, the tag v9.9.9",
        f"hint: the tag of this version is v{__version__}",
    ]


def test_the_address_is_stated_in_one_place() -> None:
    [address] = re.findall(r'^repository = "(.*)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    texts = {
        name: ROOT / name for name in listed.splitlines() if not name.endswith(".lock") and (ROOT / name).is_file()
    }
    stating = {name for name, path in texts.items() if address.encode() in path.read_bytes()}
    # The golden schema is written from it, and compared with what it is now.
    assert stating == {"pyproject.toml", "tests/golden/schema.json"}


def test_an_older_build_is_not_mixed_in(release: Path) -> None:
    done = release_check(release)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        "error: there is an older build",
        f"  {release / 'dist'} is not empty",
        "hint: delete it",
        "error: the archives of the source plugin cannot be written",
        f"  {release / 'dist-plugin'} is not empty",
        "hint: delete it",
    ]


def test_the_source_plugin_installs_this_version() -> None:
    required = (ROOT / "plugin" / "requirements.txt").read_text(encoding="utf-8")
    assert required == f"pulumi-nbcloud=={__version__}\n"
    assert headlines(CHECK.check_requirement(required, __version__)) == []


@pytest.mark.parametrize("text", ["", "pulumi-nbcloud\n", "pulumi-nbcloud>=0.1.0\n", "pulumi-nbcloud==0.1.0\nother\n"])
def test_a_source_plugin_of_another_version_is_refused(text: str) -> None:
    assert headlines(CHECK.check_requirement(text, "0.1.0")) == ["version and source plugin disagree"]


def test_the_source_plugin_starts_what_the_console_script_starts() -> None:
    program = (ROOT / "plugin" / "__main__.py").read_text(encoding="utf-8")
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    [module] = re.findall(r'^pulumi-resource-nbcloud = "(.*):main"$', project, re.MULTILINE)
    assert program.endswith(f"\nfrom {module} import main\n\nmain()\n")


def test_archives_have_the_names_that_the_engine_looks_for_and_the_same_bytes_each_time(tmp_path: Path) -> None:
    runs = [tmp_path / "first", tmp_path / "second"]
    for folder in runs:
        line = [sys.executable, str(ROOT / "scripts" / "release-archive"), "--outdir", str(folder)]
        done = subprocess.run(line, capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stderr) == (0, "")
        assert sorted(done.stdout.splitlines()) == sorted(str(each) for each in folder.iterdir())
    first, second = ({each.name: each.read_bytes() for each in folder.iterdir()} for folder in runs)
    assert first == second
    systems, machines = ("linux", "darwin", "windows"), ("amd64", "arm64")
    assert set(first) == {
        f"pulumi-resource-nbcloud-v{__version__}-{system}-{machine}.tar.gz"
        for system in systems
        for machine in machines
    }
    assert len(set(first.values())) == 1
    with tarfile.open(runs[0] / min(first)) as archive:
        entries = archive.getmembers()
    # At the top, where the engine looks for PulumiPlugin.yaml; nothing says who made it, and when.
    assert [each.name for each in entries] == ["PulumiPlugin.yaml", "__main__.py", "requirements.txt"]
    assert {(each.mtime, each.uid, each.gid, each.uname, each.gname, each.mode) for each in entries} == {
        (0, 0, 0, "", "", 0o644)
    }


def test_archives_are_not_mixed_with_older_ones(tmp_path: Path) -> None:
    (tmp_path / "old.tar.gz").touch()
    line = [sys.executable, str(ROOT / "scripts" / "release-archive"), "--outdir", str(tmp_path)]
    done = subprocess.run(line, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [f"error: {tmp_path} is not empty", "hint: delete it"]


def test_archives_that_are_not_right_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "archives"
    line = [sys.executable, str(ROOT / "scripts" / "release-archive"), "--outdir", str(folder)]
    subprocess.run(line, capture_output=True, check=True, timeout=60)
    assert headlines(CHECK.check_archives(folder, __version__)) == []
    assert headlines(CHECK.check_archives(folder, "9.9.9")) == [
        "the archives of the source plugin are not one for each platform"
    ]
    first = min(folder.iterdir())
    with tarfile.open(first, "w:gz") as archive:
        archive.add(ROOT / "plugin" / "requirements.txt", "requirements.txt")
    assert headlines(CHECK.check_archives(folder, __version__)) == [
        "the archives of the source plugin differ",
        "the archives do not hold the source plugin",
    ]
    first.unlink()
    assert headlines(CHECK.check_archives(folder, __version__)) == [
        "the archives of the source plugin are not one for each platform"
    ]


def headlines(problems: Iterator[object]) -> list[str]:
    return [str(problem).splitlines()[0].removeprefix("error: ") for problem in problems]


@pytest.mark.parametrize("address", ["https://nbcloud.invalid/x", "http://code.example/x", "code.example/x", ""])
def test_what_is_no_home(address: str) -> None:
    assert headlines(CHECK.check_home(f'repository = "{address}"\n')) == ["the project has no home yet"]


def test_a_plugin_file_of_another_version_is_refused() -> None:
    assert headlines(CHECK.check_versions("0.1.0", '{"version": "0.2.0"}', None)) == [
        "version and plugin file disagree"
    ]
    assert headlines(CHECK.check_versions("0.1.0", "{}", "v0.1.0")) == []


@pytest.mark.parametrize(
    ("names", "fact"),
    [(["a", "b", "c"], "  too much: c"), (["a"], "  missing: b")],
)
def test_another_content_is_refused(names: list[str], fact: str) -> None:
    (problem,) = CHECK.check_names("wheel", names, {"a", "b"})
    assert str(problem).splitlines()[:2] == ["error: the wheel does not hold what it should", fact]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "the long description does not render"),
        ("only words", "the long description does not render"),
        ("|a|\n|-|\n|[b](c.md)|", "the long description has links that lead nowhere on a package index"),
        ("|a|\n|-|\n|[b]|\n\n[b]: c.md\n", "the long description has links that lead nowhere on a package index"),
    ],
)
def test_a_long_description_that_shows_badly_is_refused(text: str, expected: str) -> None:
    assert headlines(CHECK.check_description(text)) == [expected]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("Version: {0}\n", "Version: 9.9.9\n", "the metadata says something else"),
        ("Project-URL: Issues, ", "Project-URL: Bugs, ", "the metadata says something else"),
        ("Provides-Extra: oci\n", "Provides-Extra: oci\nProvides-Extra: dev\n", "the metadata says something else"),
        ("Requires-Python: >=3.10\n", "Requires-Python: three\n", "the metadata is not valid"),
    ],
)
def test_metadata_that_is_not_right_is_refused(wheel: zipfile.ZipFile, old: str, new: str, expected: str) -> None:
    (name,) = [name for name in wheel.namelist() if name.endswith("METADATA")]
    text, old = wheel.read(name).decode(), old.format(__version__)
    assert text.count(old) == 1
    assert headlines(CHECK.check_metadata(text.replace(old, new).encode(), __version__)) == [expected]


def test_every_runtime_dependency_has_its_reason() -> None:
    reasons = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Runtime dependencies")[2]
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    block = project.partition("dependencies = [")[2].partition("]")[0]
    names = [line.strip().strip('",').split(">")[0] for line in block.splitlines() if line.strip()]
    assert len(names) >= 5
    for name in names:
        first_cells = {each.strip() for line in reasons.splitlines() for each in line.split("|")[1:2]}
        named = {name for cell in first_cells for name in cell.split(", ")}
        assert name in named, f"CONTRIBUTING.md gives no reason for {name}"


def locked(name: str) -> dict[str, set[str]]:
    """The names of a lock file with their versions: several where they depend on the Python."""
    found: dict[str, set[str]] = {}
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        if match := re.match(r"([a-z0-9-]+)==(\S+)", line):
            found.setdefault(match[1], set()).add(match[2])
    return found


def test_the_locks_of_the_other_pythons_hold_no_vendor_sdk_and_no_linter() -> None:
    every, tests, oldest = (locked(f"requirements-{name}.lock") for name in ("dev", "test", "oldest"))
    left_out = {
        "oci",
        "huaweicloudsdkcore",
        "huaweicloudsdkmodelarts",
        "mypy",
        "pyright",
        "ruff",
        "pre-commit",
        "build",
    }
    needed = {"pytest", "pytest-xdist", "pytest-httpserver", "hypothesis", "hatchling", "editables", "pulumi"}
    assert left_out | needed <= set(every)
    for lock in (tests, oldest):
        assert not left_out & set(lock)
        assert needed <= set(lock)
    assert {name: versions for name, versions in tests.items() if not versions <= every[name]} == {}


def test_a_plain_installation_has_no_click() -> None:
    """Where it is installed httpx loads its own command line, and rich: 0.1 s more for each program and command."""
    plain = set(required("pulumi-nbcloud"))
    assert {"httpx", "pulumi", "typer"} <= plain
    assert "click" not in plain
    assert "click" in set(required("pulumi-nbcloud", ("serve",)))


@pytest.mark.parametrize(
    ("name", "licence", "allowed"),
    [
        ("a", "MIT", True),
        ("a", "Apache-2.0 AND MIT", True),
        ("a", "GPL-3.0-only OR BSD-3-Clause", True),
        ("a", "MIT AND GPL-3.0-only", False),
        ("a", "(MIT OR ISC)", False),
        ("a", "LGPL-2.1-or-later", False),
        ("crc32c", "LGPL-2.1-or-later", True),
        ("crc32c", "GPL-3.0-only", False),
        ("a", "none", False),
        ("a", "", False),
    ],
)
def test_which_licences_are_allowed(name: str, licence: str, allowed: bool) -> None:
    assert is_allowed(name, licence) is allowed


def test_a_licence_that_is_not_allowed_is_refused() -> None:
    (problem,) = CHECK.check_licences([("good", "MIT"), ("bad", "AGPL-3.0-only"), ("odd", "none")])
    assert str(problem).splitlines()[:3] == [
        "error: a runtime dependency has a licence that is not allowed",
        "  bad: AGPL-3.0-only",
        "  odd: none",
    ]


def test_every_runtime_dependency_has_an_allowed_licence_and_no_exception_is_left_over() -> None:
    names = {each.name for each in CHECK.locked()}
    assert {"pulumi", "httpx", "oci", "uvicorn", "werkzeug", "colorama"} <= names
    assert headlines(CHECK.check_licences((name, licence_of(name)) for name in names)) == []
    assert {*READ, *ACCEPTED, *ELSEWHERE} <= names
    assert not {*READ, *ACCEPTED} & set(required("pulumi-nbcloud")) - set(READ), "exceptions are for extras only"
    assert licence_of("python-dateutil") == "BSD-3-Clause AND Apache-2.0"


def test_builds_that_differ_are_refused(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        (folder / "same").write_text("same")
        (folder / "other").write_text(folder.name)
    (first / "alone").touch()
    (problem,) = CHECK.check_same(first, second)
    assert str(problem).splitlines()[:3] == ["error: a second build gives other bytes", "  alone", "  other"]


def test_what_depends_on_the_folder_is_not_reproducible(tmp_path: Path) -> None:
    copy_sources(tmp_path / "here")
    hook = tmp_path / "here" / "hatch_build.py"
    text = hook.read_text(encoding="utf-8")
    hook.write_text(text.replace("with_absolute_links(text, ", "with_absolute_links(text + self.root, "))
    done = release_check(tmp_path / "here")
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == "error: a second build gives other bytes"
    assert len(done.stderr.splitlines()) == 4, "the wheel, the sdist, and nothing else"


def test_make_gives_the_check_no_argument_that_it_does_not_have() -> None:
    lines = (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()
    (line,) = [line for line in lines if line.startswith("\t") and "scripts/release-check" in line]
    assert line == "\t@$(BIN)/python scripts/release-check $(if $(TAG),--tag $(TAG))"
