"""`nbcloud capture`: the form of a response in a file, and nothing of the response anywhere."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import made_up_cloud
import pytest
from aidp_support import PLATFORM, SESSION, WORKSPACE
from cli_support import WaitResult, invoke, same_as_golden
from lease_support import CREATED, KIND, LEASE, NOTEBOOK
from pydantic import BaseModel
from pytest_httpserver import HTTPServer

from pulumi_nbcloud._version import __version__
from pulumi_nbcloud.kinds.registry import KINDS
from pulumi_nbcloud.kinds.wire import TEXT, Body, Wire
from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.settings.sources import variable

TARGET = f"{KIND}/{NOTEBOOK}"
CANARY = "canary-4c1d"
UUID_CANARY = "c0ffee00-4c1d-4000-8000-00000000c0de"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "capture.json"


@pytest.fixture
def mock(nbcloud_mock: MockClouds) -> MockClouds:
    nbcloud_mock.modelarts.put_lease(NOTEBOOK, **LEASE)
    return nbcloud_mock


def capture(target: str, out: Path, *options: str) -> tuple[WaitResult, Any]:
    """How it ended, and the document that it wrote."""
    done = invoke("capture", target, "--out", str(out), *options)
    return done, json.loads(out.read_text(encoding="ascii")) if out.exists() else None


def test_the_file_has_no_value_and_says_what_differs(mock: MockClouds, out: Path) -> None:
    mock.faults.add(
        service="modelarts",
        status=200,
        body=json.dumps({"create_at": CREATED // 1000, "enable": True, "type": "TIMING", "owner": CANARY}),
        headers={"X-Request-Id": UUID_CANARY},
    )
    done, _ = capture(TARGET, out)
    assert done.code == 0
    assert done.out.splitlines() == [
        f"wrote {out}",
        "differences from docs/vendors/modelarts.md: 2",
        "  create_at: format (documented epoch milliseconds; actual epoch seconds; count 1; MA-36)",
        "  the body: undocumented field (actual text; count 1)",
    ]
    assert done.err.splitlines() == [
        f"{KIND} will be read, as nbcloud get reads it: 1 request, and a sign-in before it where needed",
        f"  GET {mock.url}/v1/{{project_id}}/notebooks/{{notebook_id}}/lease",
        "  at most 50 requests, retries included",
    ]
    assert mock.request_count() == 1
    text = out.read_text(encoding="ascii")
    same_as_golden("capture.json", text.replace(f'"{__version__}"', '"VERSION"'))
    assert stat.S_IMODE(os.stat(out).st_mode) == 0o600


def test_it_says_what_it_sends_before_it_sends_it(mock: MockClouds, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, int]] = []
    monkeypatch.setattr("pulumi_nbcloud.cli.output.say", lambda text: told.append((text, mock.request_count())))
    capture(TARGET, out)
    assert [count for _, count in told] == [0]
    assert "GET" in told[0][0]


def test_no_file_is_replaced_unless_it_may_be(mock: MockClouds, out: Path) -> None:
    out.write_text("mine")
    refused = invoke("capture", TARGET, "--out", str(out))
    assert (refused.code, refused.error) == (
        2,
        [f"error: --out {out}: there is a file", "hint: choose another name, or add --replace"],
    )
    assert (out.read_text(), mock.request_count()) == ("mine", 0)
    os.chmod(out, 0o644)
    done, document = capture(TARGET, out, "--replace")
    assert (done.code, document["kind"]) == (0, KIND)
    assert stat.S_IMODE(os.stat(out).st_mode) == 0o600
    assert [each.name for each in out.parent.iterdir() if each.name != "home"] == [out.name]


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("none/capture.json", ["there is no such folder", "create the folder first"]),
        ("home", ["it is a folder", "give the path of a file"]),
    ],
)
def test_a_path_that_cannot_be_written_ends_it_at_once(
    mock: MockClouds, tmp_path: Path, path: str, error: list[str]
) -> None:
    where = tmp_path / path
    done = invoke("capture", TARGET, "--out", str(where), "--replace")
    assert (done.code, done.error) == (2, [f"error: --out {where}: {error[0]}", f"hint: {error[1]}"])
    assert mock.request_count() == 0


@pytest.mark.parametrize(("status", "code"), [(200, 74), (404, 5)])
def test_a_file_that_cannot_be_written_after_all(
    mock: MockClouds, out: Path, monkeypatch: pytest.MonkeyPatch, status: int, code: int
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pulumi_nbcloud.cli.private_file.write", full)
    if status != 200:
        mock.faults.add(service="modelarts", status=500)
    done = invoke("capture", TARGET, "--out", str(out))
    assert (done.code, done.error) == (code, [f"error: --out {out}: No space left on device"])


FAILURES = [
    (400, {"error_code": "ModelArts.6309", "error_msg": CANARY}, 3, "NotFoundError, HTTP 400, ModelArts.6309"),
    (401, {"error_code": "APIGW.0301", "error_msg": CANARY}, 4, "AuthenticationError, HTTP 401, APIGW.0301"),
    (403, {"error_code": "Canary4c1d.0001", CANARY: CANARY}, 4, "PermissionDeniedError, HTTP 403"),
    (500, {"message": CANARY}, 5, "UnreachableError, HTTP 500"),
    (400, {"error_code": "Canary4c1d.0001"}, 6, "RefusedError, HTTP 400"),
    (200, f"<html>{CANARY}", 6, "BadResponseError, HTTP 200"),
    (200, f'{{"{CANARY}": 1, "{CANARY}": 2}}', 6, "BadResponseError, HTTP 200"),
    (200, {"type": f"{CANARY}", "enable": CANARY}, 6, "BadResponseError, HTTP 200"),
    (307, {}, 6, "BadResponseError, HTTP 307"),
]


@pytest.mark.parametrize(("status", "body", "code", "summary"), FAILURES)
def test_a_read_that_fails_is_captured_with_the_exit_code_of_get(
    mock: MockClouds, out: Path, status: int, body: object, code: int, summary: str
) -> None:
    text = body if isinstance(body, str) else json.dumps(body)
    headers = {"Location": f"https://{CANARY}.example/", "X-Request-Id": CANARY, "Server": CANARY, "Date": CANARY}
    mock.faults.add(service="modelarts", status=status, body=text, headers=headers, count=2)
    done, document = capture(TARGET, out)
    assert (done.code, done.error) == (
        code,
        [
            f"error: the read failed: {summary}",
            "hint: nbcloud get shows the cloud's own message; the file has its form alone",
        ],
    )
    assert document["requests"][0]["status"] == status
    assert invoke("get", TARGET).code == code
    for shown in (done.out, done.err, out.read_text()):
        assert CANARY not in shown
        assert "Canary4c1d" not in shown


def test_nothing_of_any_cloud_is_in_the_file_or_on_the_screen(nbcloud_mock: MockClouds, out: Path) -> None:
    """Names, ids, URLs, tags, addresses: each text that the mock clouds can send is a canary."""
    clouds = nbcloud_mock
    job = {each: f"{CANARY}-{each}" for each in ("name", "user_name", "description", "type", "status")}
    clouds.modelarts.put_job(f"{CANARY}-job", **job)
    runtime = {
        each: f"{CANARY} {each}" for each in ("message", "diagnosisReason", "diagnosisMessage", "phase", "subUrl")
    }
    row = {
        "instanceMetadata": {"instanceUsername": CANARY, "instanceAuth": {"ownerUserName": CANARY, CANARY: CANARY}},
        "instanceSpecInfo": {
            "imageInfo": {"tags": [CANARY, CANARY], "name": f"registry.example/{CANARY}:1"},
            "remoteStorages": [{"token": CANARY, CANARY: {CANARY: CANARY}}],
            "regionInfo": {"domain": f"https://{CANARY}.example", "sshAddress": f"{CANARY}@192.0.2.1"},
            "environment": {CANARY: CANARY},
        },
        "instanceRuntimeInfo": {**runtime, "status": CANARY},
        CANARY: [CANARY],
    }
    clouds.hpcai.put_instance(f"{CANARY}-instance", name=CANARY, row=row)
    clouds.aidp.put_session(
        SESSION,
        **{each: f"{CANARY}/{each}" for each in ("name", "path", "type", "cluster_id", "lifecycle_state")},
        **{each: f"{CANARY}/{each}" for each in ("kernel_id", "kernel_name", "execution_state", "last_activity")},
        agent_flow_key=CANARY,
    )
    session = f"aidp:NotebookSession/{PLATFORM}/{WORKSPACE}/{SESSION}"
    for target in ("modelarts:DevServerJobs", "hpcai:Instances", session):
        done, document = capture(target, out, "--replace")
        assert done.code == 0
        assert document["differs"]
        for shown in (done.out, done.err, out.read_text()):
            assert CANARY not in shown
            for setting in clouds.environment().values():
                # The endpoint is on the screen, which says where it sends to.
                assert setting not in shown or setting in (clouds.url, ""), setting


def test_a_secret_stays_out_of_a_field_that_the_user_allows(nbcloud_mock: MockClouds, out: Path) -> None:
    secret = nbcloud_mock.environment()["NBCLOUD_MODELARTS_SECRET_KEY"]
    nbcloud_mock.modelarts.put_job("job-1", name=f"before {secret}")
    _, document = capture("modelarts:DevServerJobs", out, "--allow", "data[].name")
    values = {each["path"]: each["values"] for each in document["requests"][0]["body"]["fields"]}
    assert values["data[].name"] == {"before \u2026": 1}
    assert secret not in out.read_text()


def test_what_the_user_allows_is_there_and_no_more(nbcloud_mock: MockClouds, out: Path) -> None:
    nbcloud_mock.modelarts.put_job("job-1", status="PAUSED", name=CANARY)
    _, document = capture(
        "modelarts:DevServerJobs", out, "--allow", "data[].status", "--allow", "data[].abnormal_count"
    )
    assert document["allowed"] == ["data[].abnormal_count", "data[].status"]
    values = {each["path"]: each["values"] for each in document["requests"][0]["body"]["fields"]}
    assert values["data[].status"] == {"PAUSED": 1}
    assert values["data[].abnormal_count"] == {"0": 1}
    assert CANARY not in out.read_text()


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((f"a={TARGET}",), "error: target a=...: what is read needs no name"),
        ((TARGET, "--allow", "typ"), f"error: {KIND}: typ is no documented field of the response"),
        ((f"{KIND}/none",), f"error: {KIND}: notebook_id must be a UUID such as 0b9c2f6e-4a70-4a0e-9d0e-2c6f8d1e7a55"),
    ],
)
def test_a_command_line_that_cannot_be_right(
    mock: MockClouds, out: Path, arguments: tuple[str, ...], error: str
) -> None:
    done = invoke("capture", *arguments, "--out", str(out))
    assert (done.code, done.error[0]) == (2, error)
    assert (out.exists(), mock.request_count()) == (False, 0)


def test_a_list_that_is_too_long_says_so(nbcloud_mock: MockClouds, out: Path) -> None:
    nbcloud_mock.hpcai.configure(page_size=1)
    for number in range(51):
        nbcloud_mock.hpcai.put_instance(f"inst-{number}")
    done = invoke("capture", "hpcai:Instances", "--out", str(out))
    assert (done.code, done.error) == (
        2,
        [
            "error: hpcai:Instances all: the capture ends after 50 requests, and this read needs more",
            "hint: capture one thing, or a list with fewer pages",
        ],
    )


class _WireThing(BaseModel):
    status: str | None = None


WIRE = Wire(
    page="madeup.md",
    method="GET",
    paths=("/things/{thing_id}",),
    body=Body(model=_WireThing, facts={"": "MU-1"}),
    errors=Body(more={"complaint": TEXT}, facts={"": "MU-2"}, values={"complaint": ("GONE",)}),
)


@pytest.mark.parametrize("wire", [WIRE, None], ids=["declared", "not declared"])
def test_a_cloud_that_is_only_registered_is_captured(
    monkeypatch: pytest.MonkeyPatch, out: Path, wire: Wire | None
) -> None:
    monkeypatch.setitem(KINDS, made_up_cloud.TOKEN, "made_up_cloud:THING")
    monkeypatch.setattr(made_up_cloud, "THING", replace(made_up_cloud.THING, wire=wire))
    with HTTPServer() as server:
        settings = {"holder": "somebody", "voucher": f"{CANARY}-voucher", "endpoint": server.url_for("").rstrip("/")}
        for key, value in settings.items():
            monkeypatch.setenv(variable("madeup", None, key), value)
        response = server.expect_ordered_request("/things/thing-1")
        response.respond_with_json({"status": CANARY, "seal": CANARY}, headers={"Set-Cookie": CANARY, "Via": CANARY})
        server.expect_ordered_request("/things/thing-1").respond_with_json({"complaint": "GONE", CANARY: 1}, status=400)
        done, document = capture("madeup:Thing/thing-1", out)
        failed, after = capture("madeup:Thing/thing-1", out, "--replace")
    assert (done.code, failed.code) == (0, 6)
    (request,) = document["requests"]
    names = [each["path"] for each in request["body"]["fields"]]
    unknown = request["body"]["unknown"][0]["count"]
    if wire is not None:
        assert (request["path"], names, unknown) == ("/things/{thing_id}", ["status"], 1)
        assert after["requests"][0]["body"]["fields"][0]["values"] == {"GONE": 1}
        assert f"differences from docs/vendors/{wire.page}: 1" in done.out
    else:
        assert (request["path"], names, unknown) == (None, [], 2)
        assert "differences from what the kind declares: 1" in done.out
    assert request["headers"]["via"] == "one printable word"
    for shown in (done.out, done.err, failed.out, failed.err, json.dumps([document, after])):
        assert CANARY not in shown
