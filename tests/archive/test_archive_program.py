"""The program of the archive with nothing around it: no PATH, no home, no Python, and only loopback."""

from __future__ import annotations

import json
import signal
import ssl
import sys
from pathlib import Path

import httpx
import pytest
import trustme
from archive_support import Archive, bare
from lease_support import KIND, LEASE, NOTEBOOK
from nbcloud_support import LEASE_BODY, LIMIT_SECONDS, http_answer, line_of, raw_server
from terminal_support import on_terminal

from pulumi_nbcloud._version import __version__
from pulumi_nbcloud.kinds.registry import KINDS
from pulumi_nbcloud.mock import MockClouds

TARGET = f"{KIND}/{NOTEBOOK}"
# What a program of C cannot bring with it: the C library, in its parts, and the loader.
C_LIBRARY = ("libc.", "libc-", "libm.", "libm-", "libdl", "libpthread", "librt", "libutil", "ld-")


def test_version_and_help(archive: Archive) -> None:
    version = archive.run("--version")
    assert (version.returncode, version.stdout, version.stderr) == (0, f"nbcloud {__version__}\n", "")
    shown = archive.run("--help")
    assert (shown.returncode, shown.stderr) == (0, "")
    for command in ("get", "wait", "explain", "history", "doctor", "kinds", "serve", "completion"):
        assert f"\n  {command} " in shown.stdout


def test_kinds_conditions_and_completion_have_their_data(archive: Archive, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    kinds = archive.run("kinds")
    assert [line.partition("/")[0].split()[0] for line in kinds.stdout.splitlines()] == list(KINDS)
    explained = archive.run("explain", TARGET, "--until", "self.running && self.duration > 0", env=clouds.environment())
    assert explained.returncode == 0, explained.stderr
    wrong = archive.run("explain", TARGET, "--until", "self.runing", env=clouds.environment())
    assert wrong.returncode == 2
    assert "running" in wrong.stderr
    assert "nbcloud" in archive.run("completion", "bash").stdout
    words = archive.run("__complete", "zsh", "wa").stdout
    assert "wait" in words


@pytest.mark.parametrize("token", ["hpcai:Instances", "modelarts:DevServerJobs", "aidp:NotebookSession/p/w/s"])
def test_every_cloud_can_be_read(token: str, archive: Archive, clouds: MockClouds) -> None:
    done = archive.run("get", token, "--output", "json", env=clouds.environment())
    assert done.returncode == (3 if "/" in token else 0), done.stderr
    assert clouds.requests


def test_get(archive: Archive, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    done = archive.run("get", TARGET, "--output", "json", env=clouds.environment())
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["state"]["running"] is True


def test_a_wait_is_met_fails_and_times_out(archive: Archive, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    codes = {
        until: archive.run("wait", TARGET, *until, "--timeout", "0", env=clouds.environment()).returncode
        for until in ((), ("--until", "!self.running"), ("--fail-on", "self.running"))
    }
    assert list(codes.values()) == [0, 124, 1]


def test_a_wait_on_a_terminal_is_drawn(archive: Archive, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    line = [str(archive.program), "wait", TARGET]
    with on_terminal(line, bare(clouds.environment())) as shown:
        assert shown.end() == 0
        assert "met" in "\n".join(shown.lines)


def test_ctrl_c_ends_a_wait(archive: Archive, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, status="STOPPED")
    with archive.started("wait", TARGET, env=clouds.environment()) as process:
        line_of(process, "waiting: running=false")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=LIMIT_SECONDS)
    assert (process.returncode, out) == (130, "cancelled\n")
    assert "hint: nothing was changed; the next run waits again" in err


@pytest.mark.skipif(sys.platform != "linux", reason="/proc shows what a process has loaded")
def test_it_loads_nothing_of_the_machine_but_the_c_library(archive: Archive, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, status="STOPPED")
    with archive.started("wait", TARGET, env=clouds.environment()) as process:
        line_of(process, "waiting: ")
        maps = Path(f"/proc/{process.pid}/maps").read_text(encoding="utf-8").splitlines()
    loaded = {Path(line.split(maxsplit=5)[5]) for line in maps if line.count("/")}
    assert archive.program in loaded
    others = {each.name for each in loaded if not each.is_relative_to(archive.folder)}
    assert {each for each in others if not each.startswith(C_LIBRARY)} == set()


def test_a_cloud_with_a_certificate_of_ones_own_authority(archive: Archive, clouds: MockClouds, tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with raw_server(http_answer(body=LEASE_BODY)) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        port = server.server_address[1]
        env = {**clouds.environment(), "NBCLOUD_MODELARTS_ENDPOINT": f"https://localhost:{port}"}
        unknown = archive.run("wait", TARGET, "--timeout", "0", env=env)
        assert unknown.returncode == 6
        assert "the server's certificate comes from an unknown authority" in unknown.stderr
        trusted = {**env, "NBCLOUD_MODELARTS_CA_FILE": str(tmp_path / "authority.pem")}
        assert archive.run("get", TARGET, env=trusted).returncode == 0


def test_a_profile(archive: Archive, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    east = {name.replace("NBCLOUD_", "NBCLOUD_PROFILE_EAST_"): value for name, value in clouds.environment().items()}
    assert archive.run("wait", TARGET, "--profile", "east", "--timeout", "0", env=east).returncode == 0
    assert archive.run("wait", TARGET, "--timeout", "0", env=east).returncode == 2


def test_it_serves_gates(archive: Archive, clouds: MockClouds, tmp_path: Path) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    gates = {"gates": {"lease": {"target": {"kind": KIND, "notebook_id": NOTEBOOK}, "until": "self.running"}}}
    (tmp_path / "gates.json").write_text(json.dumps(gates), encoding="utf-8")
    arguments = ("serve", str(tmp_path / "gates.json"), "--no-token", "--port", "0")
    with archive.started(*arguments, env=clouds.environment()) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("serving 1 gate on http://127.0.0.1:"), line
        address = line.split()[-1]
        response = httpx.post(f"{address}/v1/gates/lease/check", timeout=LIMIT_SECONDS, trust_env=False)
        assert response.json()["met"] is True
        process.terminate()
        assert process.wait(LIMIT_SECONDS) == 0


def test_the_mock_and_the_plugin_are_rejected_by_name(archive: Archive) -> None:
    for arguments, reason in (
        (("mock",), "the mock clouds are for tests and demos"),
        (("plugin", "path"), "the plugin runs in the Python environment of Pulumi's SDK"),
    ):
        done = archive.run(*arguments)
        assert (done.returncode, done.stdout) == (2, "")
        first, *facts, hint = done.stderr.splitlines()
        assert first == f"error: the archive of nbcloud does not hold the command {arguments[0]}"
        assert facts == [f"  program: {archive.program}", f"  reason: {reason}"]
        assert hint.startswith("hint: use the Python package: ")


def test_a_signer_is_rejected_with_what_works(archive: Archive, clouds: MockClouds) -> None:
    kept = ("NBCLOUD_AIDP_ENDPOINT", "NBCLOUD_AIDP_REGION")
    env = {name: value for name, value in clouds.environment().items() if name in kept}
    env["NBCLOUD_AIDP_SIGNER"] = "my_signers:make"
    done = archive.run("get", "aidp:NotebookSession/p/w/s", env=env)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        "hint: the archive of nbcloud imports no modules of yours; use the Python package: pip install pulumi-nbcloud"
    )


def test_telemetry_that_cannot_be_sent_is_a_warning(archive: Archive, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    env = {**clouds.environment(), "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
    done = archive.run("wait", TARGET, "--timeout", "0", env=env)
    assert done.returncode == 0
    assert (
        "OpenTelemetry: no traces and metrics are sent: the archive of nbcloud does not hold opentelemetry-sdk; "
        "use the Python package"
    ) in done.stderr
