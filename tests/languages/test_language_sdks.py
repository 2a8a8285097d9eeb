"""The SDKs that are made of the schema compile, and so does every program that its descriptions show."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import language_builds
import pytest
from language_builds import run
from language_sdks import ROOT, sdks

GOLDEN = json.loads((ROOT / "tests" / "golden" / "schema.json").read_text(encoding="utf-8"))
_TSCONFIG = {
    "compilerOptions": {
        "strict": True,
        "target": "ES2022",
        "module": "nodenext",
        "moduleDetection": "force",
        "types": ["node"],
        "noEmit": True,
        "skipLibCheck": True,
    },
    "include": ["*.ts"],
}


def shown(language: str) -> dict[str, str]:
    """The programs in a language that the schema shows, by a name made of the token."""
    found = {}
    for section in ("resources", "functions"):
        for token, spec in GOLDEN[section].items():
            (program,) = re.findall(rf"^```{language}\n(.*?)\n```$", spec["description"], re.MULTILINE | re.DOTALL)
            found[re.sub(r"\W", "_", token).lower()] = program + "\n"
    return found


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"languages": {}}, 'unknown field "languages"'),
        ({"version": "one"}, "#/version"),
        (
            {"functions": {"nbcloud:index:getNothing": {"outputs": {"$ref": "#/types/nbcloud:index:Nothing"}}}},
            "Nothing",
        ),
    ],
)
def test_what_pulumi_finds_wrong_with_a_schema_is_refused(
    change: dict[str, object], expected: str, tmp_path: Path
) -> None:
    schema = tmp_path / "schema.json"
    schema.write_text(json.dumps({**GOLDEN, **change}), encoding="utf-8")
    done = run(tmp_path, sys.executable, str(ROOT / "scripts" / "sdks"), str(tmp_path / "sdks"), str(schema))
    assert done.returncode == 1
    assert "sdks: no SDKs: " in done.stdout
    assert expected in done.stdout


@pytest.fixture(scope="module")
def node_modules() -> Path:
    """Pulumi's SDK, the compiler, and ours beside them, which was compiled with `strict`."""
    language_builds.typescript(sdks())
    return language_builds.BUILDS / "typescript" / "node_modules"


def compiled(folder: Path, node_modules: Path, programs: dict[str, str]) -> subprocess.CompletedProcess[str]:
    (folder / "node_modules").symlink_to(node_modules)
    (folder / "tsconfig.json").write_text(json.dumps(_TSCONFIG), encoding="utf-8")
    for name, program in programs.items():
        (folder / f"{name}.ts").write_text(program, encoding="utf-8")
    return run(folder, str(node_modules / ".bin" / "tsc"), "--project", ".")


def test_the_sdk_for_typescript_is_compiled_strictly(node_modules: Path) -> None:
    sdk = node_modules / "pulumi-nbcloud"
    assert '"strict": true' in (sdk / "tsconfig.json").read_text(encoding="utf-8")
    assert (sdk / "bin" / "gate.js").is_file()


def test_every_program_in_typescript_that_the_schema_shows_compiles(tmp_path: Path, node_modules: Path) -> None:
    done = compiled(tmp_path, node_modules, shown("typescript"))
    assert (done.returncode, done.stdout) == (0, "")


def test_the_compiler_finds_a_wrong_target(tmp_path: Path, node_modules: Path) -> None:
    head = 'import * as nbcloud from "pulumi-nbcloud";\n'
    kind = 'new nbcloud.Gate("a", { target: { kind: "modelarts:NotebookLeas", notebookId: "n" } });\n'
    argument = 'new nbcloud.Gate("b", { target: { kind: "modelarts:NotebookLease", jobId: "n" } });\n'
    word = 'new nbcloud.Gate("c", { target: { kind: "hpcai:Instance", instanceId: "n" }, notFound: "waits" });\n'
    done = compiled(tmp_path, node_modules, {"kind": head + kind, "argument": head + argument, "word": head + word})
    assert done.returncode != 0
    found = dict(re.findall(r"^(\w+)\.ts\(.*?\): (error .*)$", done.stdout, re.MULTILINE))
    assert set(found) == {"kind", "argument", "word"}
    assert """Did you mean '"modelarts:NotebookLease"'?""" in found["kind"]
    # An argument of another kind: TypeScript looks for the kind that would have it.
    assert found["argument"].startswith("""error TS2322: Type '"modelarts:NotebookLease"' is not assignable""")
    assert """Did you mean '"wait"'?""" in found["word"]


def test_the_sdk_for_go_and_every_program_in_go_that_the_schema_shows_compile() -> None:
    folder = language_builds.BUILDS / "sdk-go"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(sdks() / "go", folder)
    locked = language_builds.EXAMPLES / "go"
    module = (folder / "go.mod").read_text(encoding="utf-8").splitlines()[0]
    # With what the example is locked to.
    needs = (locked / "go.mod").read_text(encoding="utf-8").partition("\n")[2]
    (folder / "go.mod").write_text(f"{module}\n{needs}", encoding="utf-8")
    shutil.copyfile(locked / "go.sum", folder / "go.sum")
    for name, program in shown("go").items():
        path = folder / "shown" / name / "main.go"
        path.parent.mkdir(parents=True)
        path.write_text(program, encoding="utf-8")
    done = run(folder, "go", "vet", "./...")
    assert (done.returncode, done.stdout) == (0, "")
    # As Go's formatter writes it.
    done = run(folder, "gofmt", "-l", "shown")
    assert (done.returncode, done.stdout) == (0, "")
