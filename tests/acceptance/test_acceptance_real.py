"""`make acceptance REAL=1` with mock clouds in the place of the real ones: what is sent, when nothing is, the report.

No real cloud is called: what is not loopback would go to a proxy that nobody serves.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from acceptance_support import CLOUDS, IDS, SCRIPT, Person, account_of
from nbcloud_support import LIMIT_SECONDS, http_answer, raw_server

from pulumi_nbcloud.mock import MockClouds

LIMITS = {"modelarts": 12, "hpcai": 12, "aidp": 6}
SENT = {
    "modelarts": {"GET /v1/{id}/notebooks/{id}/lease", "GET /v1/{id}/dev-servers/jobs"},
    "hpcai": {"POST /api/instance/list"},
    "aidp": {"GET /{prefix}/{id}/workspaces/{id}/notebook/api/sessions/{id}"},
}
Prepare = Callable[[pytest.MonkeyPatch, MockClouds], None]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_behaviour_holds_on_both_sides(cloud: str, person: Person, real: MockClouds) -> None:
    assert person.run(cloud, "--real", types=account_of(real, cloud)) == 0, person.out + person.err
    outcomes = {"mock": set(person.outcomes("mock").values()), "real": set(person.outcomes("real").values())}
    pages = {"not run: the list came in one page"} if cloud == "hpcai" else set()
    assert outcomes == {"mock": {"holds"}, "real": {"holds"} | pages}
    requests = real.request_entries()
    assert person.report["requests"] == len(requests) <= LIMITS[cloud]
    assert {each.service for each in requests} == {cloud}
    assert [each["differs"] for each in person.report["responses"] if each["differs"]] == []


@pytest.mark.parametrize("cloud", CLOUDS)
def test_each_request_is_named_before_it_is_sent_and_shows_no_id(cloud: str, person: Person, real: MockClouds) -> None:
    person.run(cloud, "--real", types=account_of(real, cloud))
    found = re.findall(r"^request (\d+) of at most (\d+), to (\S+):\n  (.*)$", person.out, re.MULTILINE)
    numbers = [str(number) for number in range(1, len(real.request_entries()) + 1)]
    assert [number for number, *_ in found] == numbers
    assert {limit for _, limit, *_ in found} == {str(LIMITS[cloud])}
    assert {origin for *_, origin, _ in found} == {real.url}
    assert {shown.partition("?")[0] for *_, shown in found} == SENT[cloud]
    # Before the account is asked for, all that may be sent was shown.
    assert SENT[cloud] <= {line.strip() for line in person.out.partition("request 1")[0].splitlines()}
    assert max(len(line) for line in person.out.splitlines() if str(person.file) not in line) <= 80


@pytest.mark.parametrize("cloud", CLOUDS)
def test_stray_credentials_and_ids_send_nothing_by_themselves(cloud: str, person: Person, real: MockClouds) -> None:
    assert person.run(cloud) == 0
    assert (person.prompts, real.request_count()) == ([], 0)
    assert person.report["responses_of"] == "mock"


def in_ci(patch: pytest.MonkeyPatch) -> None:
    patch.setenv("CI", "true")


def without_credentials(patch: pytest.MonkeyPatch) -> None:
    patch.delenv("NBCLOUD_MODELARTS_ACCESS_KEY")
    patch.delenv("NBCLOUD_MODELARTS_SECRET_KEY")


def without_a_project(patch: pytest.MonkeyPatch) -> None:
    patch.delenv("NBCLOUD_MODELARTS_PROJECT_ID")
    patch.setenv("NBCLOUD_MODELARTS_REGION", "mock-region-1")


def nothing(patch: pytest.MonkeyPatch) -> None:
    """Leave everything as it is."""


@pytest.mark.parametrize(
    ("prepare", "types", "terminal", "error", "asked"),
    [
        (in_ci, "mock-project", True, "a real cloud is never read in CI, and the variable CI is set", False),
        (
            nothing,
            "mock-project",
            False,
            "a real cloud is read only where a person types the account back, and this is no terminal",
            False,
        ),
        (nothing, "mock-projec", True, "what was typed is not the account, so nothing was sent to the cloud", True),
        (nothing, "", True, "what was typed is not the account, so nothing was sent to the cloud", True),
        (nothing, None, True, "what was typed is not the account, so nothing was sent to the cloud", True),
        (without_credentials, "mock-project", True, "", False),
        (without_a_project, "mock-project", True, "the project is typed back, and projectId is not set", False),
    ],
    ids=["ci", "no-terminal", "wrong-account", "empty", "end-of-input", "no-credentials", "no-project"],
)
def test_a_run_that_is_refused_sends_nothing_and_writes_nothing(
    prepare: Callable[[pytest.MonkeyPatch], None],
    types: str | None,
    terminal: bool,
    error: str,
    asked: bool,
    person: Person,
    real: MockClouds,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    prepare(monkeypatch)
    assert person.run("modelarts", "--real", types=types, terminal=terminal) == 2
    assert person.err.startswith(f"error: {error}")
    assert (real.request_count(), person.file.exists(), bool(person.prompts)) == (0, False, asked)


def test_a_pipe_is_no_terminal(real: MockClouds, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "modelarts", "--real"],
        cwd=tmp_path,
        input="mock-project\n",
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("hint: run it at a terminal; without REAL=1 only the mock is read\n")
    assert real.request_count() == 0


def test_the_account_is_shown_in_part_and_by_its_source(person: Person, real: MockClouds) -> None:
    person.run("modelarts", "--real", types=None)
    assert "The account: projectId …ject, from\n  the environment (NBCLOUD_MODELARTS_…)\n" in person.out
    assert "mock-project" not in person.out
    assert person.prompts == ["Type the whole projectId to send these requests: "]


def test_a_signer_is_refused_because_it_may_send_requests_of_its_own(
    person: Person, real: MockClouds, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TENANCY", "USER", "FINGERPRINT", "PRIVATE_KEY"):
        monkeypatch.delenv(f"NBCLOUD_AIDP_{name}")
    monkeypatch.setenv("NBCLOUD_AIDP_SIGNER", "somewhere:signer")
    assert person.run("aidp", "--real", types="x") == 2
    assert person.err.startswith("error: the setting signer names a function that may send requests of its own")


def test_an_account_that_no_setting_names_is_named_by_a_variable(
    person: Person, real: MockClouds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NBCLOUD_ACCEPTANCE_ACCOUNT")
    assert person.run("hpcai", "--real", types="x") == 2
    assert person.err == (
        "error: the account is typed back, and no setting names it\n"
        "hint: set NBCLOUD_ACCEPTANCE_ACCOUNT to what you call the account\n"
    )
    assert real.request_count() == 0


def test_the_tenancy_of_a_profile_is_typed_back(
    person: Person, real: MockClouds, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = real.settings()["aidp"]
    for name in ("TENANCY", "USER", "FINGERPRINT", "PRIVATE_KEY"):
        monkeypatch.delenv(f"NBCLOUD_AIDP_{name}")
    monkeypatch.setenv("NBCLOUD_AIDP_CONFIG_FILE", str(real.aidp.write_config(tmp_path)))
    assert person.run("aidp", "--real", types=settings["tenancy"]) == 0, person.out + person.err
    assert "The account: tenancy …" in person.out


@pytest.mark.parametrize("name", sorted(IDS))
def test_a_behaviour_without_its_id_is_not_run_and_does_not_count_as_passed(
    name: str, person: Person, real: MockClouds, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud = {"INSTANCE": "hpcai", "NOTEBOOK": "modelarts", "STOPPED": "modelarts", "JOB": "modelarts"}.get(
        name.split("_")[2], "aidp"
    )
    monkeypatch.delenv(name)
    # Without a platform nothing of Oracle's can be read, and a run that sends nothing has not passed.
    code = person.run(cloud, "--real", types=account_of(real, cloud))
    assert code == (1 if name.endswith("PLATFORM_ID") else 0)
    missing = [outcome for outcome in person.outcomes("real").values() if outcome == f"not run: not set: {name}"]
    assert missing
    assert f"Not run, because it is not set: {name}" in person.out


def test_a_run_in_which_nothing_was_sent_has_not_passed(
    person: Person, real: MockClouds, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in IDS:
        monkeypatch.delenv(name)
    assert person.run("aidp", "--real", types=account_of(real, "aidp")) == 1
    assert real.request_count() == 0


@pytest.mark.parametrize(
    ("cloud", "variables"),
    [
        ("modelarts", {"SECRET_KEY": "not-the-key-at-all"}),
        ("hpcai", {"API_KEY": "not-the-key-at-all"}),
        ("hpcai", {"API_KEY": "", "USERNAME": "mock-user", "PASSWORD": "not-the-password"}),
    ],
    ids=["modelarts-key", "hpcai-key", "hpcai-login"],
)
def test_one_rejection_of_the_credentials_ends_the_run(
    cloud: str, variables: dict[str, str], person: Person, real: MockClouds, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(f"NBCLOUD_{cloud.upper()}_{name}", value)
    account = variables.get("USERNAME") or account_of(real, cloud)
    assert person.run(cloud, "--real", types=account) == 1
    assert real.request_count() == 1
    first, *others = person.outcomes("real").values()
    assert first.startswith("differs: AuthenticationError")
    rest = {each for each in others if each != "holds"}
    assert rest == {"not run: the cloud rejected the credentials"}


def test_a_rejection_in_the_middle_is_not_followed_by_a_login(
    person: Person, real: MockClouds, monkeypatch: pytest.MonkeyPatch
) -> None:
    login = real.hpcai.login_settings()
    monkeypatch.delenv("NBCLOUD_HPCAI_API_KEY")
    monkeypatch.setenv("NBCLOUD_HPCAI_USERNAME", login["username"])
    monkeypatch.setenv("NBCLOUD_HPCAI_PASSWORD", login["password"])
    real.faults.add(service="hpcai", status=401, match="/instance/list")
    assert person.run("hpcai", "--real", types=login["username"]) == 1
    assert [each.target for each in real.request_entries()] == ["/api/user/login", "/api/instance/list"]


def test_the_limit_ends_a_run_over_a_long_list(person: Person, real: MockClouds) -> None:
    real.hpcai.put_instances(40)
    real.hpcai.configure(page_size=2)
    assert person.run("hpcai", "--real", types=account_of(real, "hpcai")) == 1
    assert real.request_count() == LIMITS["hpcai"]
    assert "not run: the limit of 12 requests is reached" in person.outcomes("real").values()


@pytest.mark.parametrize("name", ["NOTEBOOK_ID", "JOB_ID"])
def test_an_id_that_cannot_be_right_is_no_difference_of_the_cloud(
    name: str, person: Person, real: MockClouds, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable = f"NBCLOUD_ACCEPTANCE_{name}"
    monkeypatch.setenv(variable, "x" * 65)
    assert person.run("modelarts", "--real", types="mock-project") == 0
    not_run = f"not run: rejected before anything was sent, check {variable}"
    assert list(person.outcomes("real").values()).count(not_run) == 2


def test_rows_that_cannot_be_read_differ(person: Person, real: MockClouds) -> None:
    real.hpcai.put_instance("odd", row={"instanceMetadata": {"instanceUsername": 5}})
    assert person.run("hpcai", "--real", types=account_of(real, "hpcai")) == 1
    assert person.outcomes("real")["instances-list"] == "differs: rows that cannot be read: 1"


def test_a_login_is_named_and_counted_too(person: Person, real: MockClouds, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ACCESS_KEY", "SECRET_KEY"):
        monkeypatch.delenv(f"NBCLOUD_MODELARTS_{name}")
    for key, value in real.modelarts.password_settings(project=True).items():
        monkeypatch.setenv(f"NBCLOUD_MODELARTS_{re.sub('(?=[A-Z])', '_', key).upper()}", value)
    assert person.run("modelarts", "--real", types="mock-project") == 0
    assert "request 1 of at most 12, to " + real.url + ":\n  POST /v3/auth/tokens\n" in person.out
    assert person.report["responses"][0]["request"] == "POST /v3/auth/tokens"
    assert person.report["responses"][0]["body"] is None
    assert person.outcomes("real")["another-project"] == "not run: a login is for its own project"


def test_a_request_is_sent_once_whatever_its_response(person: Person, real: MockClouds) -> None:
    real.faults.add(service="aidp", status=503, count=10_000)
    assert person.run("aidp", "--real", types=account_of(real, "aidp")) == 1
    assert real.request_count() == 4
    assert person.outcomes("real")["session-read"] == "differs: UnreachableError, HTTP 503 without a code"


def test_an_error_in_another_form_than_documented_differs(person: Person, real: MockClouds) -> None:
    body = '{"error_code": "ModelArts.6404", "error_msg": "no such notebook", "request_id": "x"}'
    real.faults.add(service="modelarts", status=404, body=body, match="00000000-0000-4000")
    assert person.run("modelarts", "--real", types=account_of(real, "modelarts")) == 1
    documented = "HTTP 400 ModelArts.6309 or HTTP 400 ModelArts.6404"
    assert person.outcomes("real")["lease-not-found"] == f"differs: HTTP 404 ModelArts.6404; documented is {documented}"


def test_fields_that_differ_from_the_facts_and_from_the_mock_are_named(person: Person, real: MockClouds) -> None:
    body = '{"create_at": "2026-01-01", "duration": 1, "enable": true, "type": "LATER", "canary": 1}'
    real.faults.add(service="modelarts", status=200, body=body, match="/lease", count=1)
    person.run("modelarts", "--real", types=account_of(real, "modelarts"))
    (lease,) = (each for each in person.report["behaviours"] if each["name"] == "lease-read")
    response = person.report["responses"][lease["responses"][0] - 1]
    assert {(each["path"], each["what"]) for each in response["differs"]} == {
        ("create_at", "type"),
        ("type", "undocumented_value"),
        ("", "undocumented_field"),
    }
    assert {(each["path"], each["what"]) for each in lease["differs_from_mock"]} == {
        ("create_at", "types"),
        ("update_at", "field"),
    }
    assert "fields that differ: 3 from docs/vendors, 2 from the mock" in person.out


CANARIES = {
    "modelarts": {
        "NBCLOUD_MODELARTS_ACCESS_KEY": "CANARYACCESSKEY",
        "NBCLOUD_MODELARTS_SECRET_KEY": "canary-secret-key",
        "NBCLOUD_MODELARTS_PROJECT_ID": "canary-project-0f9e8d7c",
        "NBCLOUD_ACCEPTANCE_NOTEBOOK_ID": "ca9a51e5-0000-4000-8000-0000000000a1",
        "NBCLOUD_ACCEPTANCE_STOPPED_NOTEBOOK_ID": "ca9a51e5-0000-4000-8000-0000000000a2",
        "NBCLOUD_ACCEPTANCE_JOB_ID": "canary-job",
    },
    "hpcai": {
        "NBCLOUD_HPCAI_API_KEY": "canary-api-key",
        "NBCLOUD_ACCEPTANCE_ACCOUNT": "canary-account-0f9e8d7c",
        "NBCLOUD_ACCEPTANCE_INSTANCE_ID": "canary-instance",
    },
    "aidp": {
        "NBCLOUD_AIDP_TENANCY": "ocid1.tenancy.oc1..canary0f9e8d7c",
        "NBCLOUD_AIDP_USER": "ocid1.user.oc1..canary",
        "NBCLOUD_AIDP_PATH_PREFIX": "/canary/prefix",
        "NBCLOUD_ACCEPTANCE_PLATFORM_ID": "ocid1.canary.oc1..x",
        "NBCLOUD_ACCEPTANCE_WORKSPACE_KEY": "canary-workspace",
        "NBCLOUD_ACCEPTANCE_SESSION_ID": "canary-session",
    },
}
ERROR_FIELDS = ("code", "message", "error_code", "error_msg")
IN_HEADERS = ("X-Request-Id", "opc-request-id", "ETag", "X-Canary", "Via")
# What each cloud's own parser reads, and more; the codes have the form of theirs.
HOSTILE: dict[str, dict[str, Any]] = {
    "modelarts": {
        "canary-name": "canary-value",
        "error_code": "Canary.12345",
        "error_msg": "canary canary-secret-key",
        "type": "canary",
        "create_at": "canary",
        "enable": True,
        "duration": 5,
        "total": 1,
        "data": [{"id": "canary-job", "name": "canary", "status": "CANARY", "user_name": "canary", "canary": 1}],
    },
    "hpcai": {
        "code": "CanaryCode",
        "message": "canary canary-api-key",
        "canary": "canary",
        "instances": [
            {
                "instanceMetadata": {"instanceId": "canary-instance", "instanceUsername": "canary", "canary": "canary"},
                "instanceSpecInfo": {"name": "canary", "nodePorts": [{"address": "canary"}]},
                "instanceRuntimeInfo": {"status": "Canary", "phase": "canary", "message": "canary"},
            }
        ],
        "pager": {"currentPage": 1, "pageSize": 1, "totalEntries": 1, "canary": 1},
    },
    "aidp": {
        "code": "CanaryCode",
        "message": "canary",
        "id": "canary-session",
        "name": "canary",
        "path": "/canary",
        "lifecycleState": "CANARY",
        "kernel": {"id": "canary", "name": "canary", "execution_state": "canary", "canary": "canary"},
        "canary": "canary",
    },
}


@pytest.mark.parametrize("status", [200, 400, 403, 404, 401])
@pytest.mark.parametrize("cloud", CLOUDS)
def test_no_token_id_or_name_is_in_the_report_or_on_the_screen(
    cloud: str, status: int, person: Person, real: MockClouds, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As a success the body has no code of an error, which would make one of it.
    body = {name: each for name, each in HOSTILE[cloud].items() if status != 200 or name not in ERROR_FIELDS}
    headers = {
        "Server": "canary",
        "Content-Type": "canary/canary",
        "Connection": "close",
        **dict.fromkeys(IN_HEADERS, "canary"),
    }
    with raw_server(http_answer(status, json.dumps(body).encode(), headers)) as server:
        for name, value in {**CANARIES[cloud], f"NBCLOUD_{cloud.upper()}_ENDPOINT": server.origin}.items():
            monkeypatch.setenv(name, value)
        account = next(value for value in CANARIES[cloud].values() if value.endswith("0f9e8d7c"))
        person.run(cloud, "--real", types=account)
        assert server.heads, person.err
    assert person.report["responses"]
    for text in (person.file.read_text(encoding="utf-8"), person.out, person.err, *person.prompts):
        assert "canary" not in text.lower()
        assert "ca9a51e5" not in text
        assert server.origin not in text or text == person.out
