"""What runs the files of examples/ for pipelines as a CI service would: every step in order, on a new runner each time.

It is no GitHub and no GitLab: of their languages it knows what the recipes use, and refuses the rest. Their own actions
are played (`Runner.played`): the code comes from a folder, an entry of the cache never changes, a package is there.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from docs_support import ROOT
from nbcloud_support import LIMIT_SECONDS

FOLDER = ROOT / "examples" / "pipelines"
_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_NAME = re.compile(r"\b(?:vars|secrets|github|inputs|steps|needs)(?:\.[A-Za-z_][\w-]*)+")
_RULE = re.compile(r'\$(\w+)(?: == "(.*)")?')
_PLAYED = ("actions/checkout@", "actions/setup-python@", "pulumi/actions@")
_INSTALLS = "python -m pip install "


def loaded(recipe: str | Path) -> dict[Any, Any]:
    """A file of examples/pipelines by its name, or any by its path."""
    found: dict[Any, Any] = yaml.safe_load((FOLDER / recipe).read_text(encoding="utf-8"))
    return found


@dataclass
class Step:
    """How one step ended: its outcome as GitHub calls it, its exit code, what it printed, its outputs."""

    outcome: str = "skipped"
    code: int | None = None
    output: str = ""
    outputs: dict[str, str] = field(default_factory=dict)


@dataclass
class Job:
    """How a job ended: whether it passed, its steps, the outputs of a job of GitHub's, what it wrote as its summary."""

    passed: bool
    steps: dict[str, Step]
    warned: bool = False
    outputs: dict[str, str] = field(default_factory=dict)
    summary: str = ""

    @property
    def text(self) -> str:
        return "".join(each.output for each in self.steps.values())


@dataclass
class Runner:
    """Runs a recipe again and again, each time in a new folder; the cache and the repository outlive it.

    Args:
        folder: where it works.
        environment: of each process, the settings of the mock clouds in it.
        repository: the files that a checkout gives.
        named: `vars.NAME`, `secrets.NAME` and `inputs.NAME`, or the variables of a GitLab project.
        changed: variables that the recipe sets, with other values for a test.
    """

    folder: Path
    environment: Mapping[str, str]
    repository: Mapping[str, str]
    named: Mapping[str, str] = field(default_factory=dict)
    changed: Mapping[str, str] = field(default_factory=dict)
    runs: int = 0
    played: list[str] = field(default_factory=list)
    _done: dict[str, Job | None] = field(default_factory=dict, init=False)

    def workspace(self) -> Path:
        """A new runner with the repository on it."""
        self.runs += 1
        made = self.folder / f"runner-{self.runs}"
        made.mkdir()
        for name, content in self.repository.items():
            (made / name).write_text(content, encoding="utf-8")
            (made / name).chmod(0o755)
        return made

    def shell(self, script: str, workspace: Path, variables: Mapping[str, str], *options: str) -> Step:
        done = subprocess.run(
            ["bash", *(options or ("-e",)), "-c", script],
            cwd=workspace,
            env={**self.environment, **variables, **self.changed},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LIMIT_SECONDS,
        )
        return Step("success" if done.returncode == 0 else "failure", done.returncode, done.stdout)

    # GitHub Actions

    def github(self, recipe: str | Path) -> Job | None:
        """Runs the only job of a workflow; None where its condition keeps it from running."""
        (job,) = self.github_jobs(recipe).values()
        return job

    def github_jobs(self, recipe: str | Path) -> dict[str, Job | None]:
        """Runs the jobs of a workflow, which stand in the order of their needs; None for one that does not run."""
        self._done = {}
        for name, job in loaded(recipe)["jobs"].items():
            needed = [job["needs"]] if isinstance(job.get("needs", []), str) else job.get("needs", [])
            passed = all((done := self._done[each]) is not None and done.passed for each in needed)
            condition = job.get("if", "")
            runs = (passed or "always()" in condition) and self._condition(condition, {}, None)
            self._done[name] = self._github_job(job) if runs else None
        return self._done

    def _github_job(self, job: Mapping[str, Any]) -> Job:
        steps: dict[str, Step] = {}
        workspace = self.workspace()
        environment = {key: str(self._filled(value, steps)) for key, value in job.get("env", {}).items()}
        for number, each in enumerate(job["steps"]):
            done = Step()
            if self._condition(each.get("if", ""), steps, workspace):
                own = {key: str(self._filled(value, steps)) for key, value in each.get("env", {}).items()}
                done = self._step(each, steps, workspace, {**environment, **own})
            steps[each.get("id", f"step-{number}")] = done
        outputs = {key: str(self._filled(value, steps)) for key, value in job.get("outputs", {}).items()}
        summary = self._file("summary")
        return Job(
            all(each.outcome != "failure" for each in steps.values()),
            steps,
            outputs=outputs,
            summary=summary.read_text() if summary.exists() else "",
        )

    def _step(
        self, step: Mapping[str, Any], steps: Mapping[str, Step], workspace: Path, variables: Mapping[str, str]
    ) -> Step:
        if "uses" in step:
            given = {key: str(self._filled(value, steps)) for key, value in step.get("with", {}).items()}
            return self._action(step["uses"], given, workspace)
        if step["run"].startswith(_INSTALLS):
            self.played.append(step["run"])
            return Step("success")
        outputs = self._file("outputs")
        outputs.write_text("")
        files = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_OUTPUT": str(outputs),
            "GITHUB_STEP_SUMMARY": str(self._file("summary")),
        }
        done = self.shell(step["run"], workspace, {**variables, **files})
        found = re.findall(r"^(\w+)<<(\w+)\n(.*?)\n\2$", outputs.read_text(), re.MULTILINE | re.DOTALL)
        done.outputs = {name: value for name, _, value in found}
        return done

    def _action(self, uses: str, given: Mapping[str, str], workspace: Path) -> Step:
        self.played.append(uses)
        if uses.startswith("actions/cache/restore@"):
            wanted = [given["key"], *given["restore-keys"].split()]
            entry = next((found for key in wanted if (found := self._newest(key))), None)
            if entry is not None:
                shutil.copytree(entry, workspace / given["path"])
        elif uses.startswith("actions/cache/save@"):
            entry = self._caches / given["key"]
            assert not entry.exists(), "an entry of the cache never changes"
            if (workspace / given["path"]).exists():
                shutil.copytree(workspace / given["path"], entry)
        else:
            assert uses.startswith(_PLAYED), uses
        return Step("success")

    def _file(self, name: str) -> Path:
        """A file of this run that steps write to."""
        return self.folder / f"{name}-{self.runs}"

    @property
    def _caches(self) -> Path:
        found = self.folder / "caches"
        found.mkdir(exist_ok=True)
        return found

    def _newest(self, prefix: str) -> Path | None:
        found = [each for each in self._caches.iterdir() if each.name.startswith(prefix)]
        return max(found, default=None)  # their names end with the number of the run

    def _filled(self, value: Any, steps: Mapping[str, Step]) -> Any:
        if not isinstance(value, str):
            return value
        return _EXPRESSION.sub(lambda found: str(self._value(found[1].strip(), steps)), value)

    def _value(self, name: str, steps: Mapping[str, Step]) -> str:
        kind, _, rest = name.partition(".")
        if kind == "github":
            return {"run_id": f"{self.runs:03d}", "run_attempt": "1"}[rest]
        if kind in ("vars", "secrets", "inputs"):
            return self.named.get(rest, "")
        step, _, of = rest.partition(".")
        if kind == "needs":
            job = self._done[step]
            return job.outputs.get(of.removeprefix("outputs."), "") if job is not None else ""
        assert kind == "steps", name
        done = steps[step]
        return done.outcome if of == "outcome" else done.outputs.get(of.removeprefix("outputs."), "")

    def _condition(self, text: str, steps: Mapping[str, Step], workspace: Path | None) -> bool:
        """Whether a step runs: after a failure only one whose condition says so."""
        whole = _EXPRESSION.fullmatch(text.strip())
        expression = whole[1].strip() if whole else text.strip()
        failed = any(each.outcome == "failure" for each in steps.values())
        if not expression:
            return not failed
        python = _NAME.sub(lambda found: repr(self._value(found[0], steps)), expression).replace("&&", " and ")

        def files(name: str) -> str:
            assert workspace is not None
            return "a hash" if (workspace / name).exists() else ""

        known = {"hashFiles": files, "always": lambda: True}
        holds = bool(eval(python, {"__builtins__": {}}, known))
        return holds and (not failed or "always()" in expression)

    # GitLab

    def gitlab(self, recipe: str | Path) -> Job | None:
        """Runs the only job of a pipeline; None where its rules keep it from running."""
        pipeline = loaded(recipe)
        ((_, job),) = [(key, value) for key, value in pipeline.items() if key != "stages"]
        for rule in job.get("rules", ()):
            condition = _RULE.fullmatch(rule["if"])
            assert condition is not None, rule
            value = self.named.get(condition[1], "")
            if not value or condition[2] not in (None, value):
                return None
        workspace = self.workspace()
        cache, entry, path = job.get("cache"), None, ""
        if cache is not None:
            entry = self._caches / re.sub(r"\$(\w+)", lambda found: self.named[found[1]], cache["key"])
            (path,) = cache["paths"]
            assert cache["when"] == "always"
            if entry.exists():
                shutil.copytree(entry, workspace / path)
        variables = {**self.named, **job.get("variables", {})}
        for line in job.get("before_script", ()):
            assert line.startswith(_INSTALLS), line
            self.played.append(line)
        # The lines are one script there, which ends at the first that fails.
        done = self.shell("\n".join(job["script"]), workspace, variables, "-eo", "pipefail")
        if entry is not None and (workspace / path).exists():
            shutil.rmtree(entry, ignore_errors=True)
            shutil.copytree(workspace / path, entry)
        allowed = done.code == job.get("allow_failure", {}).get("exit_codes")
        return Job(done.code == 0 or allowed, {"script": done}, warned=allowed)
