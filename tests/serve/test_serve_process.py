"""`nbcloud serve` as a process: how it starts, what it refuses, how it ends."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import ssl
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import trustme
from lease_support import LEASE, NOTEBOOK
from nbcloud_support import LIMIT_SECONDS, eventually
from process_support import run, run_process, serving
from serve_support import LEASE_GATE, TOKEN, bearer, document, written

from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.serve.tokens import digest

LOCAL = {"gates": {"lease": LEASE_GATE}}
BLOCKER = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "uvicorn":
            raise ModuleNotFoundError("gone", name=name)
sys.meta_path.insert(0, Blocker())
"""


def test_it_serves_and_lets_requests_finish_at_sigterm(clouds: MockClouds, tmp_path: Path) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, status="STOPPED")
    # Longer than the test takes, so that there is one poll.
    content = document({"lease": {**LEASE_GATE, "interval": "1h"}})
    with (
        serving(tmp_path, content, "--no-token", "--metrics-port", "0", env=clouds.environment()) as service,
        ThreadPoolExecutor() as pool,
    ):
        assert service.get("/readyz").json()["status"] == "ready"
        waiting = pool.submit(service.get, "/v1/gates/lease/wait?seconds=60")
        eventually(lambda: len(clouds.requests) > 0, "a poll")
        assert service.post("/v1/gates/lease/check").json()["outcome"] == "not_met"
        assert service.metrics is not None
        metrics = httpx.get(service.metrics, trust_env=False)
        assert 'nbcloud_polls_total{cloud="modelarts"} 1' in metrics.text
        assert httpx.get(service.metrics.replace("/metrics", "/v1"), trust_env=False).status_code == 404
        code, out, err = service.end()
        response = waiting.result(LIMIT_SECONDS)
    assert (response.status_code, response.json()["outcome"]) == (200, "not_met")
    assert (code, out) == (0, "")
    lines = [re.sub(r"^\S+Z | \d+ms", "", line) for line in err.splitlines()]
    assert sorted(lines) == ["info check lease 200 anybody", "info readyz - 200 -", "info wait lease 200 anybody"]
    assert len(clouds.requests) == 1


def test_ctrl_c_ends_it_too_and_kill_loses_nothing(clouds: MockClouds, tmp_path: Path) -> None:
    """Killed in the middle, the next one responds the same: nothing was kept that could be lost."""
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    before = set(os.listdir(tmp_path)) | {"gates.json"}
    with serving(tmp_path, document(), env=clouds.environment()) as service:
        first = service.post("/v1/gates/lease/check", headers=bearer(TOKEN))
        service.process.kill()
        service.process.wait(LIMIT_SECONDS)
    with serving(tmp_path, document(), "--port", str(service.port), env=clouds.environment()) as again:
        second = again.post("/v1/gates/lease/check", headers=bearer(TOKEN))
        assert again.end(signal.SIGINT)[0] == 0
    assert {**first.json(), "observed_at": None} == {**second.json(), "observed_at": None}
    assert set(os.listdir(tmp_path)) == before


def test_https_with_its_own_certificate(clouds: MockClouds, tmp_path: Path) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    authority = trustme.CA()
    own = authority.issue_cert("localhost", "127.0.0.1")
    own.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    for index, pem in enumerate(own.cert_chain_pems):
        pem.write_to_path(str(tmp_path / "chain.pem"), append=index > 0)
    options = ("--tls-certificate", str(tmp_path / "chain.pem"), "--tls-key", str(tmp_path / "key.pem"))
    with serving(tmp_path, document(), *options, env=clouds.environment()) as service:
        assert service.origin.startswith("https://127.0.0.1:")
        context = ssl.create_default_context()
        authority.configure_trust(context)
        response = service.post("/v1/gates/lease/check", headers=bearer(TOKEN), verify=context)
        assert response.json()["met"]
        assert service.raw(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n") == b""
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        authority.configure_trust(old)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        with pytest.raises((ssl.SSLError, OSError)), socket.create_connection(("127.0.0.1", service.port)) as plain:
            old.wrap_socket(plain, server_hostname="localhost")
    (tmp_path / "key.pem").write_text("no key")
    refused = run(str(written(tmp_path, document())), *options, env=clouds.environment())
    assert refused.returncode == 2
    assert refused.stderr.startswith(
        "error: the certificate and its key cannot be used: SSLError\nhint: give PEM files"
    )


@pytest.mark.parametrize(
    ("content", "options", "problem"),
    [
        (LOCAL, (), "error: the gates file has no tokens\nhint: nbcloud serve token makes one"),
        (LOCAL, ("--no-token", "--host", "0.0.0.0"), "error: --no-token is for loopback alone"),
        (LOCAL, ("--host", "0.0.0.0"), "error: the gates file has no tokens"),
        (document(), ("--no-token",), "error: --no-token with tokens in the gates file"),
        (document(), ("--tls-key", "x"), "error: --tls-key without --tls-certificate"),
        (document(), ("--host", "256.1.1.1"), "error: 256.1.1.1 port 8080 cannot be used: "),
        (
            document(),
            ("--tls-certificate", "none.pem"),
            "error: the certificate and its key cannot be used: No such file or directory",
        ),
    ],
    ids=str,
)
def test_what_is_refused_before_anything_listens(
    content: object, options: tuple[str, ...], problem: str, clouds: MockClouds, tmp_path: Path
) -> None:
    done = run(str(written(tmp_path, content)), *options, env=clouds.environment())
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(problem)


def test_a_port_that_is_taken(clouds: MockClouds, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run(str(written(tmp_path, document())), "--port", str(port), env=clouds.environment())
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: 127.0.0.1 port {port} cannot be used: Address already in use\n")


def test_settings_that_name_no_account_are_refused_at_the_start(clouds: MockClouds, tmp_path: Path) -> None:
    done = run(str(written(tmp_path, document())))
    assert (done.returncode, done.stdout) == (2, "")
    assert "modelarts" in done.stderr
    assert len(clouds.requests) == 0


def test_a_file_is_checked_without_serving(clouds: MockClouds, tmp_path: Path) -> None:
    done = run(str(written(tmp_path, document())), "--check", env=clouds.environment())
    assert (done.returncode, done.stdout, done.stderr) == (0, "2 gates: lease, open\n", "")
    assert len(clouds.requests) == 0
    gate = {**LEASE_GATE, "consecutive": 3}
    done = run(str(written(tmp_path, {"gates": {"lease": gate}})), "--check")
    assert done.returncode == 2
    assert "gates.lease: consecutive needs several polls, and a check polls once" in done.stderr


def test_without_the_extra() -> None:
    done = run_process("gates.json", before=BLOCKER)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        "error: serving needs the package 'uvicorn', which is not installed",
        "hint: pip install 'pulumi-nbcloud[serve]'",
    ]


def test_it_makes_tokens() -> None:
    done = run_process("token", before=BLOCKER)
    assert done.returncode == 0
    token, sha256 = re.fullmatch(r"token   (\S+)\nsha256  (\S+)\n", done.stdout).groups()  # type: ignore[union-attr]
    assert sha256 == digest(token)
    assert done.stderr == "hint: the token is for the caller and is not shown again; sha256 goes into the gates file\n"
    made = json.loads(run("token", "-o", "json").stdout)
    assert made["sha256"] == digest(made["token"])
    assert made["token"] != token
