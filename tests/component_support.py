"""Runs what this project offers for pipelines as each service would, on a new machine each time.

The action of GitHub, the component of GitLab, the task of Tekton and the template of Azure Pipelines: inputs are put in
as the service puts them in, each script runs in a real shell with the environment that the service sets, and outputs
are read from where the service reads them. None of it is the service: what it refuses, or does by itself, is not known
here but for what the comments name.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from docs_support import ROOT
from expression_support import Expression, filled, inner
from nbcloud_support import LIMIT_SECONDS
from runner_support import Runner

ACTION = ROOT / "action.yml"
COMPONENT = ROOT / "templates" / "nbcloud-wait.yml"
TASK = ROOT / "integrations" / "tekton" / "nbcloud-wait.yaml"
STEPS = ROOT / "integrations" / "azure" / "nbcloud-wait.yml"
_SECRET = "nbcloud-settings"


@dataclass
class End:
    """How a run ended: whether the job goes on, what the last script printed, and the outputs."""

    passed: bool
    text: str
    outcome: str = ""
    code: str = ""
    elapsed: str = ""
    result: dict[str, Any] | None = None

    @classmethod
    def of(cls, passed: bool, text: str, outputs: Mapping[str, str], names: tuple[str, str, str], result: str) -> End:
        """An end with three of its outputs by their names, and its result as JSON; what is missing is empty."""
        outcome, code, elapsed = (outputs.get(name, "") for name in names)
        return cls(passed, text, outcome, code, elapsed, json.loads(result or "null"))


class RefusedInputError(Exception):
    """The service itself refuses an input, before anything runs."""


_TYPES = {"string": str, "boolean": bool, "object": dict}


def _values(inputs: Mapping[str, Any], declared: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The inputs with the defaults of those that are missing, as a service takes them that knows names and types."""
    if unknown := set(inputs) - set(declared):
        raise RefusedInputError(f"unknown: {unknown}")
    values = {}
    for name, each in declared.items():
        if name not in inputs and "default" not in each:
            raise RefusedInputError(f"missing: {name}")
        values[name] = inputs.get(name, each.get("default"))
        if not isinstance(values[name], _TYPES[each.get("type", "string")]):
            raise RefusedInputError(f"{name}: another type")
    return values


class Service(ABC):
    """A service with what it offers its jobs.

    Args:
        folder: where its machines work; what it keeps from run to run is there too.
        environment: of each process.
        settings: the variables that the clouds are read with, which the service keeps.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str], settings: Mapping[str, str]) -> None:
        self.folder = folder
        self.environment = dict(environment)
        self.settings = dict(settings)
        self.system = "Linux"
        self.runs = 0

    @abstractmethod
    def run(self, **inputs: Any) -> End:
        """Runs it once more, as the next attempt, with inputs whose names have underscores."""

    def records(self) -> list[Path]:
        """The records of waits that the service keeps."""
        return sorted(self.folder.rglob("record*.json"))


class GitHub(Service):
    """The action, in a job of one step; each run is an attempt of the same run."""

    def run(self, **inputs: Any) -> End:
        runner = Runner(self.folder, self.environment, {}, attempts=True, system=self.system, runs=self.runs)
        self.runs += 1
        step = {
            "id": "gate",
            "uses": "./.github/actions/nbcloud-wait",
            "with": {name.replace("_", "-"): _plain(value) for name, value in inputs.items()},
        }
        job = runner.github_job({"env": self.settings, "steps": [step]})
        done = job.steps["gate"]
        self.summary = job.summary
        outputs = done.outputs
        state, result = json.loads(outputs["state"]), json.loads(outputs["result"] or "null")
        assert state == (result["targets"] if result else None)
        return End(
            job.passed, done.output, outputs["outcome"], outputs["exit-code"], outputs["elapsed-seconds"], result
        )


class GitLab(Service):
    """The component, included with inputs; each run is a retry in the same pipeline."""

    def job(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Puts the inputs into the text of the template, as GitLab does, and reads the only job of it."""
        header, body = COMPONENT.read_text(encoding="utf-8").split("\n---\n")
        declared = yaml.safe_load(header)["spec"]["inputs"]
        values = {}
        for name, value in _values(inputs, declared).items():
            each = declared[name]
            # There `$` is the end; in Python it may stand before a last line break.
            if "regex" in each and re.search(re.sub(r"\$$", r"\\Z", each["regex"]), value) is None:
                raise RefusedInputError(f"{name}: does not match {each['regex']}")
            if "options" in each and value not in each["options"]:
                raise RefusedInputError(f"{name}: none of {each['options']}")
            values[name] = value if isinstance(value, str) else json.dumps(value)
        text = re.sub(r"\$\[\[ inputs\.([\w-]+) \]\]", lambda found: values[found[1]], body)
        assert "$[[" not in text
        ((name, job),) = yaml.safe_load(text).items()
        assert name == values["job-name"]
        return dict(job)

    def run(self, **inputs: Any) -> End:
        job = self.job({name.replace("_", "-"): value for name, value in inputs.items()})
        predefined = {"CI_PIPELINE_ID": "1001", "CI_JOB_NAME_SLUG": "nbcloud-wait"}
        runner = Runner(self.folder, self.environment, {}, {**predefined, **self.settings}, runs=self.runs)
        done = runner.gitlab_job(job)
        self.runs += 1
        assert done is not None
        place = self.folder / f"runner-{self.runs}"
        reports = job["artifacts"]["reports"]
        found: dict[str, str] = {}
        if (place / reports["dotenv"]).exists():
            found = dict(line.split("=", 1) for line in (place / reports["dotenv"]).read_text().splitlines())
        (path,) = job["artifacts"]["paths"]
        text = (place / path).read_text() if (place / path).exists() else ""
        names = ("NBCLOUD_WAIT_OUTCOME", "NBCLOUD_WAIT_EXIT_CODE", "NBCLOUD_WAIT_ELAPSED_SECONDS")
        return End.of(done.passed, done.text, found, names, text)


class Tekton(Service):
    """The task, in a TaskRun with a workspace; each run is a retry of it."""

    bound = True

    def run(self, **inputs: Any) -> End:
        self.runs += 1
        task = yaml.safe_load(TASK.read_text(encoding="utf-8"))["spec"]
        given = {name.replace("_", "-"): _plain(value) for name, value in inputs.items()} | {"secret": _SECRET}
        declared = {each["name"]: each for each in task["params"]}
        assert set(given) <= set(declared)
        workspace, results, home = (
            self.folder / name for name in ("workspace", f"results-{self.runs}", f"home-{self.runs}")
        )
        for each in (workspace, results, home):
            each.mkdir(exist_ok=True)
        values = {f"params.{name}": given.get(name, each.get("default")) for name, each in declared.items()}
        values |= {f"results.{each['name']}.path": str(results / each["name"]) for each in task["results"]}
        values |= {"workspaces.record.path": str(workspace) if self.bound else "", "context.taskRun.name": "run-x7"}

        def put_in(text: str) -> str:
            return re.sub(r"\$\(([\w.-]+)\)", lambda found: str(values.get(found[1], found[0])), text)

        (step,) = task["steps"]
        (source,) = step["envFrom"]
        assert put_in(source["secretRef"]["name"]) == _SECRET
        variables = dict(self.settings)
        for each in step["env"]:
            # Kubernetes puts in what was set before; what it does not know stays.
            variables[each["name"]] = re.sub(
                r"\$\(([\w.-]+)\)", lambda found: variables.get(found[1], found[0]), put_in(each["value"])
            )
        (mount,) = step["volumeMounts"]
        variables = {name: value.replace(mount["mountPath"], str(home)) for name, value in variables.items()}
        script = self.folder / f"script-{self.runs}"
        script.write_text(put_in(step["script"]))
        script.chmod(0o755)
        done = _run([str(script)], home, {**self.environment, **variables})
        named = {path.name: path.read_text() for path in results.iterdir()}
        assert sum(map(len, named.values())) < 1024, "what Tekton takes of all results is little"
        kept = (workspace if self.bound else home) / "result.json"
        text = kept.read_text() if kept.exists() else ""
        outputs = ("outcome", "exit-code", "elapsed-seconds")
        return End.of(done.returncode == 0, done.stdout, named, outputs, text)


@dataclass
class _Agent:
    """What a job of Azure Pipelines has: predefined variables, and the outputs that its steps set."""

    variables: dict[str, str]
    outputs: dict[str, str] = field(default_factory=dict)

    def put_in(self, text: str) -> str:
        """Puts in variables by their names; what is none stays as it is."""
        return re.sub(r"\$\(([\w.]+)\)", lambda found: self.variables.get(found[1], found[0]), text)


class Azure(Service):
    """The template, as the steps of a job; each run is one of another build, with the same resume_key."""

    def steps(self, inputs: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Expands the template with its parameters."""
        template = yaml.safe_load(STEPS.read_text(encoding="utf-8"))
        declared = {each["name"]: each for each in template["parameters"]}
        values = _values(inputs, declared)
        found: list[dict[str, Any]] = _expanded_template(template["steps"], {"parameters": values})
        return found

    def run(self, **inputs: Any) -> End:
        self.runs += 1
        pipeline = self.folder / "pipeline"
        shutil.rmtree(pipeline, ignore_errors=True)
        (pipeline / "temp").mkdir(parents=True)
        agent = _Agent(
            {
                "Build.BuildId": str(500 + self.runs),
                "System.JobAttempt": "1",
                "Pipeline.Workspace": str(pipeline),
                **{f"secret_{name}": value for name, value in self.settings.items()},
            }
        )
        secrets = {name: f"$(secret_{name})" for name in self.settings}
        # A key of its own for all builds, as in a pipeline that a schedule starts.
        steps = self.steps({"resume_key": "nightly", **inputs, "env": {**secrets, **inputs.get("env", {})}})
        *before, step = steps
        cached = [self._restored(each, agent) for each in before]
        variables = {name: agent.put_in(str(value)) for name, value in step["env"].items()}
        fixed = {
            "AGENT_OS": {"Linux": "Linux", "Windows": "Windows_NT"}[self.system],
            "AGENT_TEMPDIRECTORY": str(pipeline / "temp"),
        }
        done = _run(["bash", "-c", agent.put_in(step["bash"])], pipeline, {**self.environment, **variables, **fixed})
        for line in done.stdout.splitlines():
            if match := re.fullmatch(r"##vso\[task\.setvariable variable=(\w+);isOutput=true\](.*)", line):
                agent.outputs[match[1]] = match[2].replace("%0D", "\r").replace("%0A", "\n").replace("%AZP25", "%")
        if done.returncode == 0:  # a cache is saved after a job that has passed, and only then
            for path, entry in cached:
                shutil.copytree(path, entry)
        names = ("outcome", "exit_code", "elapsed_seconds")
        return End.of(done.returncode == 0, done.stdout, agent.outputs, names, agent.outputs.get("result", ""))

    def _restored(self, step: Mapping[str, Any], agent: _Agent) -> tuple[Path, Path]:
        """Plays the task that restores a cache; gives the path, and the entry to save it as."""
        assert step["task"] == "Cache@2"
        key, prefix, path = (agent.put_in(step["inputs"][name]) for name in ("key", "restoreKeys", "path"))
        assert key.startswith(prefix)
        caches = self.folder / "caches"
        caches.mkdir(exist_ok=True)
        name, start = (re.sub(r'[" ]', "", each).replace("|", "+") for each in (key, prefix))
        found = [each for each in caches.iterdir() if each.name.startswith(start)]
        if found:
            shutil.copytree(max(found), path)
        return Path(path), caches / name


def _expanded_template(node: Any, contexts: Mapping[str, Any]) -> Any:
    """A node of a template of Azure's without expressions."""
    if isinstance(node, list):
        items: list[Any] = []
        for each in node:
            condition = _condition_of(each)
            if condition is None:
                items.append(_expanded_template(each, contexts))
            elif Expression(condition[0], contexts).value():
                items += _expanded_template(condition[1], contexts)
        return items
    if isinstance(node, dict):
        found: dict[str, Any] = {}
        for name, value in node.items():
            if (inner(name) or "").strip() == "insert":
                found |= _expanded_template(value, contexts)
            else:
                found[name] = _expanded_template(value, contexts)
        return found
    return filled(node, contexts, str)


def _condition_of(item: Any) -> tuple[str, Any] | None:
    """The condition of an item of a list, and what it holds."""
    if isinstance(item, dict) and len(item) == 1:
        ((name, value),) = item.items()
        if (expression := (inner(name) or "").strip()).startswith("if "):
            return expression.removeprefix("if "), value
    return None


def _plain(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)


def _run(command: list[str], folder: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LIMIT_SECONDS,
    )


def stand_in_python(folder: Path, path: str) -> Path:
    """Makes a `python3` in a folder whose `pip` installs the nbcloud of a search path; gives its log."""
    log = folder / "installed"
    (folder / "python3").write_text(
        f"""#!/bin/sh
case "$*" in "-m venv "*) mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; exit 0 ;; esac
printf '%s\\n' "$@" > '{log}'
printf '#!/bin/sh\\nPATH="%s" exec nbcloud "$@"\\n' '{path}' > "${{0%/*}}/nbcloud"
chmod +x "${{0%/*}}/nbcloud"
"""
    )
    (folder / "python3").chmod(0o755)
    return log


SERVICES: dict[str, type[Service]] = {"github": GitHub, "gitlab": GitLab, "tekton": Tekton, "azure": Azure}
