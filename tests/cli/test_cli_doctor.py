"""`nbcloud doctor`: what is wrong, what to do about it, and the exit code of the first."""

from __future__ import annotations

import os
import socket
import sys
import time
from email.utils import formatdate
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import cast

import pytest
from cli_support import WaitResult, invoke, invoke_on_terminal
from lease_support import KIND, NOTEBOOK

from pulumi_nbcloud import errors
from pulumi_nbcloud.cli.doctor_command import SKEW_SECONDS, evaluated, evaluation_clock
from pulumi_nbcloud.mock import MockClouds

FROM = "(from the environment (NBCLOUD_AIDP_…))"
CHECKS = ["settings", "endpoint", "credentials", "permission", "clock"]
AIDP_CHECKS = ["settings", "key", "fingerprint", *CHECKS[1:]]


def findings(done: WaitResult) -> dict[str, tuple[str, str]]:
    """What each check found, by its name: the mark and the text, with the hint in a line of its own."""
    found: dict[str, tuple[str, str]] = {}
    last = ""
    for line in done.out.splitlines():
        mark, _, rest = line.strip().partition(" ")
        if mark == "hint:":
            found[last] = (found[last][0], f"{found[last][1]}\nhint: {rest}")
        elif line.startswith("  "):
            last, _, text = rest.strip().partition(" ")
            found[last] = (mark, text.strip())
    return found


def marks(done: WaitResult) -> list[str]:
    return [mark for mark, _ in findings(done).values()]


def test_all_is_right(nbcloud_mock: MockClouds) -> None:
    done = invoke("doctor", "hpcai", "modelarts")
    assert (done.code, done.err) == (0, "")
    assert [line for line in done.out.splitlines() if not line.startswith(" ")] == ["hpcai", "modelarts"]
    assert list(findings(done)) == CHECKS
    assert marks(done) == ["ok"] * 5


def test_one_read_of_the_very_thing(nbcloud_mock: MockClouds) -> None:
    nbcloud_mock.modelarts.put_lease(NOTEBOOK)
    done = invoke("doctor", f"{KIND}/{NOTEBOOK}")
    assert done.code == 0
    assert [entry.target.split("?")[0].rpartition("/")[2] for entry in nbcloud_mock.requests] == ["lease"]


def test_a_cloud_that_is_not_set_up(clouds: MockClouds) -> None:
    """Nothing says that all clouds are used; of one that is named it is an error."""
    done = invoke("doctor")
    assert done.code == 2
    assert done.out.count("  ?     settings     not set up\n") == 3
    problem, hint = done.err.splitlines()
    assert problem == "error: no cloud is set up, so nothing was checked"
    assert hint == "hint: set one up: nbcloud help settings says how; nbcloud doctor CLOUD says more"
    done = invoke("doctor", "modelarts")
    assert done.code == 2
    mark, text = findings(done)["settings"]
    assert mark == "FAIL"
    assert text.startswith("no credentials for modelarts; looked in ")
    assert "\nhint: set NBCLOUD_MODELARTS_ACCESS_KEY and NBCLOUD_MODELARTS_SECRET_KEY" in text
    assert clouds.requests == []


def test_settings_that_are_wrong(nbcloud_mock: MockClouds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NBCLOUD_MODELARTS_SECRET_KEY")
    done = invoke("doctor", "modelarts")
    assert done.code == 2
    assert list(findings(done)) == ["settings"]
    mark, text = findings(done)["settings"]
    assert mark == "FAIL"
    assert "without secretKey" in text
    assert "\nhint: add secretKey there" in text


def test_a_proxy_variable_that_is_not_used(nbcloud_mock: MockClouds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://user:canary@proxy.example:3128")
    done = invoke("doctor", "modelarts")
    assert done.code == 0
    assert list(findings(done)) == ["settings", "proxy", *CHECKS[1:]]
    assert findings(done)["proxy"] == (
        "?",
        "HTTPS_PROXY is set, and is not used\nhint: set proxy if it is the only way out",
    )
    assert "canary" not in done.out
    monkeypatch.setenv("NBCLOUD_MODELARTS_PROXY", "http://proxy.example:3128")
    assert "proxy" not in findings(invoke("doctor", "modelarts"))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"FINGERPRINT": ":".join(["ab"] * 16)},
            f"aidp fingerprint {FROM} is of another",
        ),
        (
            {"PRIVATE_KEY": "canary"},
            f"aidp privateKey {FROM} is not a private key in PEM",
        ),
        (
            {"USER": '"ocid1.user"'},
            f"aidp user {FROM} begins and ends with a quotation",
        ),
    ],
)
def test_what_needs_no_request_is_told_of_a_cloud_without_a_list(
    nbcloud_mock: MockClouds, changes: dict[str, str], problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert invoke("doctor", "aidp").code == 0
    for name, value in changes.items():
        monkeypatch.setenv(f"NBCLOUD_AIDP_{name}", value)
    done = invoke("doctor", "aidp")
    assert done.code == 2
    assert list(findings(done)) == ["settings"]
    mark, text = findings(done)["settings"]
    assert mark == "FAIL"
    assert text.startswith(problem)
    assert "\nhint: " in text
    assert nbcloud_mock.requests == []


def test_an_endpoint_that_does_not_answer(nbcloud_mock: MockClouds, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    monkeypatch.setenv("NBCLOUD_MODELARTS_ENDPOINT", f"http://127.0.0.1:{port}")
    monkeypatch.setattr("pulumi_nbcloud.http.retry.MAX_DELAY_SECONDS", 0.0)
    done = invoke("doctor", "modelarts")
    assert done.code == 5
    assert list(findings(done)) == ["settings", "endpoint", "clock"]
    assert [findings(done)[check][0] for check in ("endpoint", "clock")] == ["FAIL", "?"]
    assert "\nhint: " in findings(done)["endpoint"][1]


def test_an_endpoint_that_is_no_cloud(nbcloud_mock: MockClouds) -> None:
    nbcloud_mock.faults.add(service="modelarts", status=200, body="<html>Sign in</html>")
    done = invoke("doctor", "modelarts")
    assert done.code == 6
    assert findings(done)["endpoint"][0] == "FAIL"
    assert "\nhint: " in findings(done)["endpoint"][1]


def test_credentials_that_are_refused(nbcloud_mock: MockClouds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NBCLOUD_MODELARTS_SECRET_KEY", "another-secret-9c1e")
    done = invoke("doctor", "modelarts")
    assert done.code == 4
    found = findings(done)
    assert list(found) == ["settings", "endpoint", "credentials", "clock"]
    assert found["endpoint"] == ("ok", "answers")
    assert found["credentials"][0] == "FAIL"
    assert "\nhint: " in found["credentials"][1]
    assert "another-secret" not in done.out + done.err


def test_a_permission_that_is_missing(nbcloud_mock: MockClouds) -> None:
    nbcloud_mock.modelarts.deny(nbcloud_mock.modelarts.settings(None)["accessKey"])
    done = invoke("doctor", "modelarts")
    assert done.code == 4
    found = findings(done)
    assert found["credentials"] == ("ok", "accepted")
    assert found["permission"][0] == "FAIL"
    assert "\nhint: " in found["permission"][1]


def test_a_thing_that_is_not_there_says_nothing_of_the_permission(nbcloud_mock: MockClouds) -> None:
    done = invoke("doctor", f"{KIND}/{NOTEBOOK}")
    assert done.code == 0
    assert findings(done)["permission"][0] == "?"


def test_an_error_of_the_clouds_own_is_no_missing_permission() -> None:
    error = errors.RefusedError("the cloud refuses the request: quota", hint="read the code")
    found = list(evaluated(error, lambda _: True))
    assert [(each.check, each.right) for each in found] == [("endpoint", True), ("answer", False)]
    assert found[1].fix == "read the code"


def test_one_cloud_that_is_set_up_is_enough(nbcloud_mock: MockClouds, monkeypatch: pytest.MonkeyPatch) -> None:
    for cloud in ("MODELARTS", "AIDP"):
        for name in [each for each in os.environ if each.startswith(f"NBCLOUD_{cloud}_")]:
            monkeypatch.delenv(name)
    done = invoke("doctor")
    assert (done.code, done.err) == (0, "")


JUPYTER = '{"message": "Session not found: 0f6a", "reason": null}'
SESSION = "aidp:NotebookSession/ocid1.aidataplatform.oc1..x/w/s"


@pytest.mark.parametrize("status", [404, 403])
@pytest.mark.parametrize("body", [JUPYTER, "", "<html>nothing here</html>"], ids=["Jupyter", "empty", "a web page"])
def test_a_refusal_without_a_code_of_oracles_proves_neither_endpoint_nor_credentials(
    nbcloud_mock: MockClouds, status: int, body: str
) -> None:
    nbcloud_mock.faults.add(service="aidp", status=status, body=body)
    done = invoke("doctor", SESSION)
    found = findings(done)
    assert list(found) == AIDP_CHECKS
    doubt, _, hint = found["endpoint"][1].partition("\nhint: ")
    assert (found["endpoint"][0], doubt) == ("?", "something answers, but nothing shows that it is the cloud")
    assert hint == "check the endpoint and the path in front of the ids, then the ids"
    assert found["credentials"] == ("?", "not proven: any web server may answer so, whatever the credentials")
    assert (found["permission"][0], done.code) == (("?", 0) if status == 404 else ("FAIL", 4))


def test_oracles_own_404_shows_that_the_credentials_are_accepted(nbcloud_mock: MockClouds) -> None:
    found = findings(invoke("doctor", SESSION))
    assert [found[check][0] for check in CHECKS] == ["ok", "ok", "ok", "?", "ok"]


@pytest.mark.parametrize("cloud", ["modelarts", "hpcai"])
def test_a_403_of_no_cloud_proves_nothing(nbcloud_mock: MockClouds, cloud: str) -> None:
    nbcloud_mock.faults.add(service=cloud, status=403, body="<html>forbidden</html>")
    found = findings(invoke("doctor", cloud))
    assert [found[check][0] for check in CHECKS[:4]] == ["ok", "?", "?", "FAIL"]


def test_what_a_whole_list_does_not_hold_proves_the_credentials(nbcloud_mock: MockClouds) -> None:
    for target in ("modelarts:DevServerJob/nobody", "hpcai:Instance/nobody"):
        found = findings(invoke("doctor", target))
        assert [found[check][0] for check in CHECKS[:4]] == ["ok", "ok", "ok", "?"]


def test_a_clock_that_is_wrong_besides(nbcloud_mock: MockClouds) -> None:
    date = formatdate(time.time() + 7200, usegmt=True)
    nbcloud_mock.faults.add(service="hpcai", status=403, headers={"Date": date}, body="{}")
    done = invoke("doctor", "hpcai")
    assert findings(done)["clock"][0] == "FAIL"
    assert done.code == 4, "the first that is wrong counts"


@pytest.mark.parametrize(
    ("date", "right", "found"),
    [
        ("Thu, 01 Jan 1970 00:16:40 GMT", True, f"within {SKEW_SECONDS:.0f} s of the cloud's"),
        ("Thu, 01 Jan 1970 00:17:40 GMT", True, f"within {SKEW_SECONDS:.0f} s of the cloud's"),
        ("Thu, 01 Jan 1970 00:17:41 GMT", False, "61 s behind the cloud's"),
        ("Thu, 01 Jan 1970 00:00:00 GMT", False, "1000 s ahead of the cloud's"),
        (None, None, "not checked: no answer told the time"),
        ("", None, "not checked: no answer told the time"),
        ("soon", None, "not checked: no answer told the time"),
        ("Thu, 99 Jan 1970 00:00:00 GMT", None, "not checked: no answer told the time"),
    ],
)
def test_clocks(date: str | None, right: bool | None, found: str) -> None:
    finding = evaluation_clock(date, 1000.0)
    assert (finding.right, finding.found) == (right, found)
    assert finding.fix == ("set it by NTP; signatures depend on it" if right is False else None)


def test_a_clock_alone_that_is_wrong(nbcloud_mock: MockClouds, monkeypatch: pytest.MonkeyPatch) -> None:
    """An API key is no signature: the read is answered, and the clock is still told."""
    now = time.time()
    # The command's clock only: the mock runs in this process too.
    monkeypatch.setattr("pulumi_nbcloud.cli.doctor_command.time", SimpleNamespace(time=lambda: now + 7200))
    done = invoke("doctor", "hpcai")
    assert done.code == 1
    mark, text = findings(done)["clock"]
    assert mark == "FAIL"
    assert text.endswith("ahead of the cloud's\nhint: set it by NTP; signatures depend on it")


def test_a_cloud_without_a_list(nbcloud_mock: MockClouds) -> None:
    done = invoke("doctor", "aidp")
    assert (done.code, done.err) == (0, "")
    found = findings(done)
    assert list(found) == ["settings", "key", "fingerprint", "signature", "credentials"]
    assert marks(done) == ["ok"] * 4 + ["?"]
    assert [found[check][1] for check in ("key", "fingerprint", "signature")] == [
        "RSA, 2048 bits",
        "is that of the key",
        "made; it was not sent",
    ]
    assert found["credentials"][1].startswith(
        "not checked: this cloud has nothing to read without an id\nhint: name a session: nbcloud "
    )
    assert nbcloud_mock.requests == []


def test_a_session_token_has_no_fingerprint(
    nbcloud_mock: MockClouds, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = nbcloud_mock.aidp.settings(None)
    key, token, config = (tmp_path / name for name in ("key.pem", "token", "config"))
    key.write_text(settings["privateKey"])
    token.write_text("not-a-jwt")
    config.write_text(
        f"[DEFAULT]\ntenancy={settings['tenancy']}\nregion=us-ashburn-1\nkey_file={key}\nsecurity_token_file={token}\n"
    )
    for name in [each for each in os.environ if each.startswith("NBCLOUD_AIDP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NBCLOUD_AIDP_CONFIG_FILE", str(config))
    done = invoke("doctor", "aidp")
    assert done.code == 0, done.out
    assert list(findings(done)) == ["settings", "key", "token", "signature", "credentials"]
    assert "not-a-jwt" not in done.out


def test_a_signer_of_ones_own_is_tried(nbcloud_mock: MockClouds, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TENANCY", "USER", "FINGERPRINT", "PRIVATE_KEY"):
        monkeypatch.delenv(f"NBCLOUD_AIDP_{name}")
    monkeypatch.setenv("NBCLOUD_AIDP_SIGNER", "no_such_module:factory")
    done = invoke("doctor", "aidp")
    assert done.code == 2
    assert findings(done)["settings"][0] == "FAIL"
    module = SimpleNamespace(factory=lambda: lambda method, url, headers: 1 / 0)
    monkeypatch.setitem(sys.modules, "a_module", cast("ModuleType", module))
    monkeypatch.setenv("NBCLOUD_AIDP_SIGNER", "a_module:factory")
    done = invoke("doctor", "aidp")
    assert done.code == 4
    assert findings(done)["signature"][0] == "FAIL"
    assert nbcloud_mock.requests == []


@pytest.mark.parametrize("columns", [80, 100, 120, 160])
def test_it_fits_the_terminal(nbcloud_mock: MockClouds, columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HPCAI_BASE_URL", "https://example.com")
    nbcloud_mock.modelarts.deny(nbcloud_mock.modelarts.settings(None)["accessKey"])
    done = invoke_on_terminal(columns, "doctor")
    lines = done.out.splitlines()
    # A URL or a target that is longer stays whole.
    long = [line for line in lines if len(line) > columns]
    assert all(len(line.split()) == 1 for line in long)
    plain = invoke("doctor").out
    shared = [each for each in plain.split() if len(each) != 32 and not each.endswith(")")]
    assert [each for each in done.out.split() if len(each) != 32 and not each.endswith(")")] == shared


def test_a_cloud_that_there_is_not() -> None:
    done = invoke("doctor", "azure")
    assert done.code == 2
    assert done.err == "error: there is no cloud 'azure'\nhint: known are aidp, hpcai, modelarts\n"


def test_what_is_passed_over_is_listed_and_does_not_fail(
    nbcloud_mock: MockClouds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HPCAI_BASE_URL", "https://canary.example.com")
    done = invoke("doctor", "hpcai")
    assert done.code == 0
    assert (
        "?     passed over  HPCAI_BASE_URL, because endpoint comes from the environment (NBCLOUD_HPCAI_…)" in done.out
    )
    assert "canary" not in done.out
