"""The recipes for pipelines pass the schemas of their vendors, as check-jsonschema has them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from docs_support import ROOT
from nbcloud_support import LIMIT_SECONDS

FOLDER = ROOT / "examples" / "pipelines"
RECIPES = sorted([*FOLDER.glob("*.yml"), *(ROOT / "examples" / "recipes").glob("*/*.yml")])
SCHEMAS = {"github": "vendor.github-workflows", "gitlab": "vendor.gitlab-ci", "azure": "vendor.azure-pipelines"}


def checked(path: Path, service: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        SCHEMAS[service],
        "--output-format",
        "json",
    ]
    return subprocess.run([*command, str(path)], capture_output=True, text=True, timeout=LIMIT_SECONDS)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: f"{recipe.parent.name}/{recipe.name}")
def test_a_recipe_passes_the_schema_of_its_vendor(recipe: Path) -> None:
    done = checked(recipe, recipe.stem.partition("-")[0])
    assert (done.returncode, json.loads(done.stdout)["status"]) == (0, "ok"), done.stdout


def test_a_recipe_that_is_wrong_does_not_pass(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yml"
    wrong.write_text((FOLDER / "github-long-wait.yml").read_text(encoding="utf-8").replace("runs-on:", "runs_on:"))
    assert checked(wrong, "github").returncode == 1
