"""What runs the files of examples/ for pipelines as a CI service would: every step in order, on a new runner each time.

It is no GitHub and no GitLab: of their languages it knows what the recipes use, and refuses the rest. Their own actions
are played (`Runner.played`): the code comes from a folder, an entry of the cache never changes, a package is there. The
action of this project is run, step by step.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from docs_support import ROOT
from expression_support import Expression, filled, inner, text_of
from nbcloud_support import LIMIT_SECONDS

FOLDER = ROOT / "examples" / "pipelines"
_RULE = re.compile(r'\$(\w+)(?: == "(.*)")?')
_VARIABLE = re.compile(r"\$\$|\$([A-Za-z_]\w*)|\$\{([A-Za-z_]\w*)\}|%([A-Za-z_]\w*)%")
_PLAYED = ("actions/checkout@", "actions/setup-python@", "pulumi/actions@")
_INSTALLS = "python -m pip install "
# The action of this project, from a copy in the repository of a workflow.
_OWN = "./.github/actions/nbcloud-wait"


def loaded(recipe: str | Path) -> dict[Any, Any]:
    """A file of examples/pipelines by its name, or any by its path."""
    found: dict[Any, Any] = yaml.safe_load((FOLDER / recipe).read_text(encoding="utf-8"))
    return found


def expanded(text: str, variables: Mapping[str, str]) -> str:
    """A text with its variables of GitLab's put in, as GitLab does it: an unknown one is empty, `$$` is a dollar."""
    return _VARIABLE.sub(
        lambda found: "$" if found[0] == "$$" else variables.get(found[found.lastindex or 0], ""), text
    )


def gitlab_variables(job: Mapping[str, Any], named: Mapping[str, str]) -> dict[str, str]:
    """The variables of a job with those of the project put in, but for those that are to stay as they are."""
    found = {}
    for name, value in job.get("variables", {}).items():
        keeps = isinstance(value, dict) and not value.get("expand", True)
        text = str(value["value"] if isinstance(value, dict) else value)
        found[name] = text if keeps else expanded(text, named)
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
        attempts: whether each run of GitHub's is an attempt of the same run.
        system: of the runners, as GitHub calls it.
    """

    folder: Path
    environment: Mapping[str, str]
    repository: Mapping[str, str]
    named: Mapping[str, str] = field(default_factory=dict)
    changed: Mapping[str, str] = field(default_factory=dict)
    attempts: bool = False
    system: str = "Linux"
    runs: int = 0
    played: list[str] = field(default_factory=list)
    _done: dict[str, Job | None] = field(default_factory=dict, init=False)

    def workspace(self) -> Path:
        """A new runner with the repository on it."""
        self.runs += 1
        shutil.rmtree(self.folder / "temp", ignore_errors=True)
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
            runs = self._condition(condition, self._contexts(self.named), None, failed=not passed)
            self._done[name] = self.github_job(job) if runs else None
        return self._done

    def github_job(self, job: Mapping[str, Any]) -> Job:
        workspace = self.workspace()
        contexts = self._contexts(self.named)
        environment = {key: text_of(filled(value, contexts)) for key, value in job.get("env", {}).items()}
        steps = self._steps(job["steps"], workspace, environment, contexts)
        outputs = {key: text_of(filled(value, contexts)) for key, value in job.get("outputs", {}).items()}
        summary = self._file("summary")
        return Job(
            all(each.outcome != "failure" for each in steps.values()),
            steps,
            outputs=outputs,
            summary=summary.read_text() if summary.exists() else "",
        )

    def _contexts(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """What the names of an expression stand for; those of its steps are added as they end."""
        run, attempt = ("001", str(self.runs)) if self.attempts else (f"{self.runs:03d}", "1")
        needs = {name: {"outputs": job.outputs if job is not None else {}} for name, job in self._done.items()}
        return {
            "github": {"run_id": run, "run_attempt": attempt},
            "runner": {"temp": str(self._temp), "os": self.system},
            "vars": self.named,
            "secrets": self.named,
            "needs": needs,
            "inputs": inputs,
            "steps": {},
        }

    def _steps(
        self,
        listed: Sequence[Mapping[str, Any]],
        workspace: Path,
        environment: Mapping[str, str],
        contexts: dict[str, Any],
    ) -> dict[str, Step]:
        """Runs the steps of a job, or of an action."""
        steps: dict[str, Step] = {}
        for number, each in enumerate(listed):
            done = Step()
            failed = any(each.outcome == "failure" for each in steps.values())
            if self._condition(each.get("if", ""), contexts, workspace, failed=failed):
                own = {key: text_of(filled(value, contexts)) for key, value in each.get("env", {}).items()}
                done = self._step(each, contexts, workspace, {**environment, **own})
            steps[each.get("id", f"step-{number}")] = done
            contexts["steps"] = {
                name: {"outcome": step.outcome, "outputs": step.outputs} for name, step in steps.items()
            }
        return steps

    def _step(
        self, step: Mapping[str, Any], contexts: Mapping[str, Any], workspace: Path, variables: Mapping[str, str]
    ) -> Step:
        if "uses" in step:
            given = {key: text_of(filled(value, contexts)) for key, value in step.get("with", {}).items()}
            if step["uses"] == _OWN:
                return self._own_action(given, workspace, variables)
            return self._action(step["uses"], given, workspace)
        if step["run"].startswith(_INSTALLS):
            self.played.append(step["run"])
            return Step("success")
        outputs, paths = self._file("outputs"), self._file("paths")
        outputs.write_text("")
        files = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_OUTPUT": str(outputs),
            "GITHUB_PATH": str(paths),
            "GITHUB_STEP_SUMMARY": str(self._file("summary")),
            "RUNNER_OS": self.system,
            "RUNNER_TEMP": str(self._temp),
        }
        # What a step adds to PATH comes first in those after it, the last line before the others.
        added = paths.read_text().split() if paths.exists() else []
        files["PATH"] = ":".join((*reversed(added), self.environment["PATH"]))
        named = ("--noprofile", "--norc", "-eo", "pipefail") if step.get("shell") == "bash" else ("-e",)
        done = self.shell(step["run"], workspace, {**variables, **files}, *named)
        text = outputs.read_text()
        done.outputs = dict(re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE))
        found = re.findall(r"^(\w+)<<(\w+)\n(.*?)\n\2$", text, re.MULTILINE | re.DOTALL)
        done.outputs.update({name: value for name, _, value in found})
        return done

    def _own_action(self, given: Mapping[str, str], workspace: Path, environment: Mapping[str, str]) -> Step:
        """Runs the steps of action.yml; where one of them fails the action does too, with its outputs all the same."""
        action = loaded(ROOT / "action.yml")
        assert set(given) <= set(action["inputs"]), "an input that the action does not have"
        outer = self._contexts({})
        inputs = {
            name: given.get(name, text_of(filled(declared.get("default", ""), outer)))
            for name, declared in action["inputs"].items()
        }
        contexts = self._contexts(inputs)
        steps = self._steps(action["runs"]["steps"], workspace, environment, contexts)
        failed = [each for each in steps.values() if each.outcome == "failure"]
        outputs = {name: text_of(filled(each["value"], contexts)) for name, each in action["outputs"].items()}
        return Step(
            "failure" if failed else "success",
            failed[0].code if failed else 0,
            "".join(each.output for each in steps.values()),
            outputs,
        )

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

    @property
    def _temp(self) -> Path:
        """The folder for temporary files of this runner, empty at first. Its path is the same on each."""
        found = self.folder / "temp"
        found.mkdir(exist_ok=True)
        return found

    def _condition(self, text: str, contexts: Mapping[str, Any], workspace: Path | None, *, failed: bool) -> bool:
        """Whether a step runs: after a failure only one whose condition says so."""
        expression = inner(text) or text
        if not expression.strip():
            return not failed

        def files(name: str) -> str:
            assert workspace is not None
            return "a hash" if (workspace / name).exists() else ""

        functions: dict[str, Callable[..., Any]] = {
            "hashFiles": files,
            "always": lambda: True,
            "cancelled": lambda: False,
        }
        holds = bool(Expression(expression, contexts, functions).value())
        return holds and (not failed or bool(re.search(r"\b(always|cancelled)\(\)", expression)))

    # GitLab

    def gitlab(self, recipe: str | Path) -> Job | None:
        """Runs the only job of a pipeline; None where its rules keep it from running."""
        pipeline = loaded(recipe)
        (job,) = [value for key, value in pipeline.items() if key != "stages"]
        return self.gitlab_job(job)

    def gitlab_job(self, job: Mapping[str, Any]) -> Job | None:
        """Runs a job of a pipeline; None where its rules keep it from running."""
        for rule in job.get("rules", ()):
            condition = _RULE.fullmatch(rule["if"])
            assert condition is not None, rule
            value = self.named.get(condition[1], "")
            if not value or condition[2] not in (None, value):
                return None
        workspace = self.workspace()
        cache, entry, path = job.get("cache"), None, ""
        if cache is not None:
            entry = self._caches / expanded(cache["key"], self.named)
            (path,) = cache["paths"]
            assert cache["when"] == "always"
            if entry.exists():
                shutil.copytree(entry, workspace / path)
        variables = {**self.named, **gitlab_variables(job, self.named)}
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
