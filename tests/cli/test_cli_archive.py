"""What the command says in the self-contained archive, into which nothing can be installed."""

from __future__ import annotations

import sys

import pytest
from cli_support import invoke
from lease_support import KIND, LEASE, NOTEBOOK

from pulumi_nbcloud.mock import MockClouds


@pytest.fixture(autouse=True)
def frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", "/opt/nbcloud/nbcloud")


@pytest.mark.parametrize(
    ("arguments", "reason", "hint"),
    [
        (
            ("mock", "--port", "0"),
            "the mock clouds are for tests and demos",
            "use the Python package: uvx --from 'pulumi-nbcloud[mock]' nbcloud mock",
        ),
        (
            ("plugin", "install"),
            "the plugin runs in the Python environment of Pulumi's SDK",
            "use the Python package: pip install pulumi-nbcloud, then run its nbcloud plugin",
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_a_command_that_it_does_not_hold(arguments: tuple[str, ...], reason: str, hint: str) -> None:
    done = invoke(*arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines() == [
        f"error: the archive of nbcloud does not hold the command {arguments[0]}",
        "  program: /opt/nbcloud/nbcloud",
        f"  reason: {reason}",
        f"hint: {hint}",
    ]


def test_a_signer_cannot_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("REGION", "us-ashburn-1"), ("SIGNER", "no_such.module:make")):
        monkeypatch.setenv(f"NBCLOUD_AIDP_{name}", value)
    done = invoke("get", "aidp:NotebookSession/platform/workspace/session")
    assert done.code == 2
    assert done.err.splitlines()[-1] == (
        "hint: the archive of nbcloud imports no modules of yours; use the Python package: pip install pulumi-nbcloud"
    )


def test_opentelemetry_is_missing(clouds: MockClouds, monkeypatch: pytest.MonkeyPatch) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    for name, value in clouds.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setitem(sys.modules, "pulumi_nbcloud.telemetry.exporters", None)
    done = invoke("wait", f"{KIND}/{NOTEBOOK}", "--timeout", "0")
    assert done.code == 0
    assert (
        "OpenTelemetry: no traces and metrics are sent: the archive of nbcloud does not hold opentelemetry-sdk; "
        "use the Python package"
    ) in done.err
