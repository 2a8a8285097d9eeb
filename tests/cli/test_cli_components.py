"""The action, the component, the task and the template: how each end of a wait reaches the pipeline."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from component_support import SERVICES, Azure, GitHub, GitLab, RefusedInputError, Service, Tekton, stand_in_python
from docs_support import shell_environment
from record_support import make_due

from pulumi_nbcloud.mock import MockClouds

JOB = "job-1"
TARGET = f"job=modelarts:DevServerJob/{JOB}"
# Each would leave a file behind if a shell took it for a part of its text.
HOSTILE = ("$(touch x)", "`touch x`", '"; touch x; echo "', "'; touch x; echo '", "a && touch x #: {", "* ?", "$HOME")
OPTIONS = {
    "until": "--until",
    "fail_on": "--fail-on",
    "timeout": "--timeout",
    "interval": "--interval",
    "consecutive": "--consecutive",
    "holds_for": "--holds-for",
    "appear_timeout": "--appear-timeout",
    "stall_timeout": "--stall-timeout",
    "profile": "--profile",
    "hold": "--hold",
}
CHOICES = {"not_found": "--not-found", "enforcement": "--enforcement"}
Made = Callable[[str], Service]


@pytest.fixture(params=sorted(SERVICES))
def service(request: pytest.FixtureRequest, clouds: MockClouds, tmp_path: Path) -> Service:
    return made(SERVICES[request.param], clouds, tmp_path)


def made(service: type[Service], clouds: MockClouds, folder: Path) -> Service:
    clouds.modelarts.put_job(JOB, status="PROCESSING")
    (folder / "service").mkdir()
    return service(folder / "service", shell_environment(), clouds.environment())


def system_path(service: Service, *names: str) -> None:
    """Leaves of all programs only these on PATH."""
    folder = service.folder / "system"
    folder.mkdir()
    for name in names:
        (folder / name).symlink_to(next(Path(each, name) for each in os.get_exec_path() if Path(each, name).exists()))
    service.environment["PATH"] = str(folder)


def on_path(service: Service, name: str, text: str) -> None:
    """Puts a program before the others on PATH."""
    folder = service.folder / "bin"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    (folder / name).chmod(0o755)
    if not service.environment["PATH"].startswith(str(folder)):
        service.environment["PATH"] = f"{folder}:{service.environment['PATH']}"


def recorded(service: Service) -> Path:
    """Lets a program stand for nbcloud which writes its arguments, one a line, into the file returned."""
    path = service.folder / "arguments"
    on_path(service, "nbcloud", f"#!/bin/sh\nprintf '%s\\n' \"$@\" > {shlex.quote(str(path))}\n")
    return path


# How a wait ends


def test_a_wait_that_is_met(service: Service, clouds: MockClouds) -> None:
    clouds.modelarts.put_job(JOB, status="FINISHED")
    end = service.run(targets=TARGET, timeout="1h", install=False)
    assert (end.passed, end.outcome, end.code) == (True, "met", "0"), end.text
    assert re.fullmatch(r"\d+\.\d+", end.elapsed)
    assert end.result is not None
    assert end.result["targets"]["job"]["state"]["status"] == "FINISHED"


def test_a_wait_that_failed(service: Service, clouds: MockClouds) -> None:
    clouds.modelarts.put_job(JOB, status="FINISHED", abnormal_count=1)
    end = service.run(targets=TARGET, timeout="1h", install=False)
    assert (end.passed, end.outcome, end.code) == (False, "failed", "1"), end.text
    assert end.result is not None
    assert end.result["error"]["type"] == "WaitError"


def test_a_wait_that_timed_out(service: Service, clouds: MockClouds) -> None:
    end = service.run(targets=TARGET, timeout="0", install=False)
    assert (end.passed, end.outcome, end.code) == (False, "timed_out", "124"), end.text


def test_several_targets_and_a_condition(service: Service, clouds: MockClouds) -> None:
    clouds.modelarts.put_job("job-2", status="PROCESSING")
    end = service.run(
        targets=f"{TARGET}  other=modelarts:DevServerJob/job-2",
        until='job.status == "PROCESSING" && other.status != "FINISHED" && "a: #b".size() == 5',
        install=False,
    )
    assert (end.passed, end.outcome) == (True, "met"), end.text
    assert end.result is not None
    assert sorted(end.result["targets"]) == ["job", "other"]


def test_an_advisory_wait_passes_and_has_its_true_outcome(service: Service, clouds: MockClouds) -> None:
    end = service.run(targets=TARGET, timeout="0", enforcement="advisory", install=False)
    assert (end.passed, end.outcome, end.code) == (True, "timed_out", "0"), end.text


def test_a_wait_goes_on_in_the_next_run(service: Service, clouds: MockClouds) -> None:
    first = service.run(targets=TARGET, timeout="40h", hold="0", allow_awaiting=True, install=False)
    assert (first.passed, first.outcome, first.code) == (True, "awaiting", "75"), first.text
    for path in service.records():
        make_due(path)
    clouds.modelarts.put_job(JOB, status="FINISHED")
    second = service.run(targets=TARGET, timeout="40h", hold="0", allow_awaiting=True, install=False)
    assert (second.passed, second.outcome) == (True, "met"), second.text
    assert first.result is not None
    assert second.result is not None
    assert second.result["polls"] == 2
    assert second.result["resume"]["runs"] == 2
    assert second.result["resume"]["deadline_time"] == first.result["resume"]["deadline_time"]


def test_awaiting_fails_unless_it_is_allowed(service: Service, clouds: MockClouds) -> None:
    end = service.run(targets=TARGET, timeout="40h", hold="0", install=False)
    assert (end.passed, end.outcome, end.code) == (False, "awaiting", "75"), end.text


def interrupt_the_first(service: Service) -> None:
    """Lets nbcloud get a SIGTERM, as a job that is cancelled does, once it has polled; the second time it is itself."""
    mark = service.folder / "interrupted"
    on_path(
        service,
        "nbcloud",
        f"""#!/bin/sh
PATH="${{PATH#*:}}"
if [ -e {shlex.quote(str(mark))} ]; then exec nbcloud "$@"; fi
for each in "$@"; do case "$before" in --resume) record="$each" ;; esac; before="$each"; done
nbcloud "$@" &
until grep -q '"polls": *1' "$record" 2> /dev/null; do sleep 0.05; done
touch {shlex.quote(str(mark))}
kill -TERM $!
wait $!
""",
    )


@pytest.mark.parametrize("name", ["github", "gitlab", "tekton"])
def test_a_wait_that_was_interrupted_goes_on(name: str, clouds: MockClouds, tmp_path: Path) -> None:
    service = made(SERVICES[name], clouds, tmp_path)
    interrupt_the_first(service)
    first = service.run(targets=TARGET, timeout="40h", install=False)
    assert (first.passed, first.outcome, first.code) == (False, "cancelled", "143"), first.text
    for path in service.records():
        make_due(path)
    clouds.modelarts.put_job(JOB, status="FINISHED")
    second = service.run(targets=TARGET, timeout="40h", install=False)
    assert (second.passed, second.outcome) == (True, "met"), second.text
    assert second.result is not None
    assert second.result["polls"] == 2
    assert second.result["resume"]["runs"] == 2


def test_on_azure_a_wait_that_was_interrupted_begins_again(clouds: MockClouds, tmp_path: Path) -> None:
    """Its cache is saved only after a job that has passed, as the template says."""
    service = made(Azure, clouds, tmp_path)
    interrupt_the_first(service)
    assert service.run(targets=TARGET, timeout="40h", install=False).code == "143"
    clouds.modelarts.put_job(JOB, status="FINISHED")
    second = service.run(targets=TARGET, timeout="40h", install=False)
    assert second.result is not None
    assert second.result["resume"]["runs"] == 1


@pytest.mark.parametrize("name", ["github", "azure"])
def test_without_the_record_the_next_run_begins_again(name: str, clouds: MockClouds, tmp_path: Path) -> None:
    service = made(SERVICES[name], clouds, tmp_path)
    for _ in range(2):
        end = service.run(targets=TARGET, timeout="40h", hold="0", allow_awaiting=True, keep=False, install=False)
        assert end.result is not None
        assert end.result["resume"]["runs"] == 1
    assert clouds.request_count() == 2


def test_a_task_without_a_workspace_begins_again(clouds: MockClouds, tmp_path: Path) -> None:
    service = made(Tekton, clouds, tmp_path)
    assert isinstance(service, Tekton)
    service.bound = False
    for _ in range(2):
        end = service.run(targets=TARGET, timeout="40h", hold="0", install=False)
        assert end.outcome == "awaiting"
    assert clouds.request_count() == 2


# Inputs


def test_a_condition_that_cannot_be_right(service: Service, clouds: MockClouds) -> None:
    end = service.run(targets=TARGET, until="job.nothing > 0", install=False)
    assert (end.passed, end.outcome, end.code) == (False, "error", "2"), end.text
    assert clouds.requests == []


def test_a_target_is_never_an_option(service: Service, clouds: MockClouds) -> None:
    end = service.run(targets="--help", install=False)
    assert not end.passed, end.text
    assert end.outcome in ("", "error")


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_input_is_a_part_of_a_script(service: Service, hostile: str) -> None:
    """Each reaches the command as the one argument that it is."""
    path = recorded(service)
    if isinstance(service, GitLab) and hostile == "$HOME":
        return  # a variable of the project by that name, which GitLab puts in: in the test below
    service.run(targets=TARGET, install=False, **dict.fromkeys(OPTIONS, hostile))
    arguments = path.read_text().splitlines()
    assert [each for each in arguments if each.startswith("--") and each.endswith(f"={hostile}")] == [
        f"{option}={hostile}" for option in arguments_in_order(arguments, list(OPTIONS.values()))
    ]
    assert len([each for each in arguments if each.endswith(f"={hostile}")]) == len(OPTIONS)
    assert arguments[-2:] == ["--", TARGET]
    assert list(service.folder.rglob("x")) == []


def arguments_in_order(arguments: list[str], options: list[str]) -> list[str]:
    named = [each.partition("=")[0] for each in arguments]
    return sorted(options, key=named.index)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_target_is_a_part_of_a_script(service: Service, hostile: str) -> None:
    path = recorded(service)
    if isinstance(service, GitLab) and hostile == "$HOME":
        return
    service.run(targets=hostile, install=False)
    arguments = path.read_text().splitlines()
    assert arguments[arguments.index("--") + 1 :] == hostile.split()
    assert list(service.folder.rglob("x")) == []


@pytest.mark.parametrize("hostile", ["1.0 @ https://example.com/x", "$(touch x)", "1; touch x", "--pre", ""])
def test_a_version_is_a_version(service: Service, hostile: str) -> None:
    on_path(service, "python3", "#!/bin/sh\ntouch x\n")
    try:
        end = service.run(targets=TARGET, version=hostile)
    except RefusedInputError:
        return
    assert not end.passed
    assert "must be one version" in end.text
    assert list(service.folder.rglob("x")) == []


def test_choices_are_passed_on(service: Service) -> None:
    path = recorded(service)
    service.run(targets=TARGET, install=False, not_found="fail", enforcement="disabled")
    assert {"--not-found=fail", "--enforcement=disabled"} <= set(path.read_text().splitlines())


def test_what_is_not_given_is_left_out(service: Service) -> None:
    path = recorded(service)
    service.run(targets=TARGET, install=False)
    named = {each.partition("=")[0] for each in path.read_text().splitlines()}
    assert not named & {*OPTIONS.values(), *CHOICES.values()}
    assert "--resume" in named


# The command


def test_a_pinned_version_is_installed(service: Service, clouds: MockClouds) -> None:
    """With a Python that writes down what it is told to do, and whose environment has the real command in it."""
    clouds.modelarts.put_job(JOB, status="FINISHED")
    path = service.environment["PATH"]
    system_path(service, "sh", "bash", "mkdir", "cp", "chmod", "sed", "tr", "cut", "sha256sum", "ln")
    on_path(service, "python3", "")
    log = stand_in_python(service.folder / "bin", path)
    end = service.run(targets=TARGET, version="0.1.0")
    assert (end.passed, end.outcome) == (True, "met"), end.text
    assert log.read_text().splitlines()[:3] == ["-m", "pip", "install"]
    assert log.read_text().splitlines()[-1] == "pulumi-nbcloud==0.1.0"


def test_an_installation_that_fails_is_no_wait(service: Service, clouds: MockClouds) -> None:
    on_path(service, "python3", "#!/bin/sh\necho no such version >&2\nexit 1\n")
    end = service.run(targets=TARGET)
    assert not end.passed
    assert end.outcome == ""
    assert "no such version" in end.text
    assert clouds.requests == []


def test_a_command_that_is_not_there_is_named(service: Service) -> None:
    system_path(service, "sh", "bash", "mkdir")
    end = service.run(targets=TARGET, install=False)
    assert not end.passed
    assert "nbcloud is not on PATH" in end.text


@pytest.mark.parametrize("name", ["github", "azure"])
def test_windows_is_refused_by_name(name: str, clouds: MockClouds, tmp_path: Path) -> None:
    service = made(SERVICES[name], clouds, tmp_path)
    service.system = "Windows"
    end = service.run(targets=TARGET, install=False)
    assert not end.passed
    assert "nbcloud does not run on Windows" in end.text
    assert end.outcome == ""
    assert clouds.requests == []


# Of one service


def test_the_action_writes_a_summary(clouds: MockClouds, tmp_path: Path) -> None:
    clouds.modelarts.put_job(JOB, status="FINISHED")
    service = made(GitHub, clouds, tmp_path)
    clouds.modelarts.put_job(JOB, status="FINISHED")
    assert isinstance(service, GitHub)
    service.run(targets=TARGET, install=False)
    assert service.summary.startswith("### nbcloud wait: met\n")


@pytest.mark.parametrize(
    ("inputs", "problem"),
    [
        ({"targets": " \n "}, "the input targets is empty"),
        ({"targets": TARGET, "install": "no"}, "the input install must be true or false"),
        ({"targets": TARGET, "keep": "1"}, "the input keep must be true or false"),
        ({"targets": TARGET, "allow_awaiting": ""}, "the input allow-awaiting must be true or false"),
    ],
)
def test_the_action_names_an_input_that_cannot_be_right(
    inputs: dict[str, str], problem: str, clouds: MockClouds, tmp_path: Path
) -> None:
    service = made(GitHub, clouds, tmp_path)
    end = service.run(**{"install": False, **inputs})
    assert not end.passed
    assert f"::error title=nbcloud wait::{problem}" in end.text


def test_two_waits_of_the_action_have_records_of_their_own(clouds: MockClouds, tmp_path: Path) -> None:
    clouds.modelarts.put_job("job-2", status="PROCESSING")
    service = made(GitHub, clouds, tmp_path)
    for target in (TARGET, "modelarts:DevServerJob/job-2", TARGET):
        end = service.run(targets=target, timeout="40h", hold="0", install=False)
        assert end.outcome == "awaiting", end.text
    assert end.result is not None
    assert end.result["resume"]["runs"] == 2


@pytest.mark.parametrize(
    "inputs",
    [
        {},
        {"targets": ""},
        {"targets": "a\nscript: [touch x]"},
        {"targets": TARGET, "until": "a\u2028b"},
        {"targets": TARGET, "resume-key": "a/b"},
        {"targets": TARGET, "install": "true"},
        {"targets": TARGET, "not-found": "anything"},
        {"targets": TARGET, "job-name": '"x'},
        {"targets": TARGET, "image": "a\nb"},
        {"targets": TARGET, "secret-key": "x"},
    ],
)
def test_the_component_refuses_inputs(inputs: dict[str, Any], clouds: MockClouds, tmp_path: Path) -> None:
    service = made(GitLab, clouds, tmp_path)
    assert isinstance(service, GitLab)
    with pytest.raises(RefusedInputError):
        service.job(inputs)


def test_variables_of_the_project_are_put_into_targets_and_not_into_conditions(
    clouds: MockClouds, tmp_path: Path
) -> None:
    service = made(GitLab, clouds, tmp_path)
    path = recorded(service)
    service.settings["JOB_ID"] = JOB
    service.run(targets="modelarts:DevServerJob/$JOB_ID", until="a == '$JOB_ID'", resume_key="$JOB_ID", install=False)
    arguments = path.read_text().splitlines()
    assert arguments[-1] == f"modelarts:DevServerJob/{JOB}"
    assert "--until=a == '$JOB_ID'" in arguments
    assert f"--resume-key={JOB}" in arguments


def test_the_component_reports_to_junit(clouds: MockClouds, tmp_path: Path) -> None:
    service = made(GitLab, clouds, tmp_path)
    service.run(targets=TARGET, timeout="0", install=False)
    assert '<testsuite name="nbcloud wait"' in (service.folder / "runner-1" / "nbcloud-wait.xml").read_text()


def test_the_task_refuses_a_key_that_is_a_path(clouds: MockClouds, tmp_path: Path) -> None:
    end = made(Tekton, clouds, tmp_path).run(targets=TARGET, resume_key="../x", install=False)
    assert not end.passed
    assert "the parameter resume-key must be" in end.text


def test_what_the_agent_takes_for_an_escape_stays_in_the_result(clouds: MockClouds, tmp_path: Path) -> None:
    service = made(Azure, clouds, tmp_path)
    clouds.modelarts.put_job(JOB, status="FINISHED", description="100%0A##vso[task.complete]%AZP25")
    end = service.run(targets=TARGET, install=False)
    assert end.result is not None
    assert end.result["targets"]["job"]["state"]["description"] == "100%0A##vso[task.complete]%AZP25"
    assert not re.search(r"^##vso\[task\.complete", end.text, re.MULTILINE)


def test_a_result_that_is_too_long_for_a_variable_is_left_out(clouds: MockClouds, tmp_path: Path) -> None:
    service = made(Azure, clouds, tmp_path)
    names = [f"job{number}" for number in range(30)]
    for name in names:
        clouds.modelarts.put_job(name, status="FINISHED", description="x" * 1_000)
    end = service.run(targets="\n".join(f"{name}=modelarts:DevServerJob/{name}" for name in names), install=False)
    assert (end.outcome, end.result) == ("met", None), end.text
    kept = json.loads((service.folder / "pipeline" / "temp" / "nbcloud-wait.json").read_text())
    assert list(kept["targets"]) == names
