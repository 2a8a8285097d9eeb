"""What holds for every test: no setting of the machine that runs it is seen, and all traffic is loopback."""

from __future__ import annotations

import functools
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from pulumi_nbcloud.mock import MockClouds

# Two folders of tests run what is asserted there.
pytest.register_assert_rewrite("gate_cases", "gate_changes", "gate_stories")

# How long an example takes is up to the machine, not to what is tested.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# On the other Pythons (scripts/test-versions) fewer examples do: each test has run with all of them on the main one.
settings.register_profile("quick", settings.get_profile("any machine"), max_examples=20)
settings.load_profile("quick" if os.environ.get("NBCLOUD_EXAMPLES") == "quick" else "any machine")

_VENDORS = ("HUAWEICLOUD_", "HW_", "OCI_", "HPCAI_", "OS_", "HC_CONTAINER_", "TF_VAR_")
_SCRUBBED = ("NBCLOUD_", "PULUMI_", "OTEL_", "TRACEPARENT", "TRACESTATE", *_VENDORS)
_PROXIES = {"http_proxy", "https_proxy", "all_proxy", "no_proxy"}
_AUTHORITIES = {"ssl_cert_file", "ssl_cert_dir", "requests_ca_bundle", "curl_ca_bundle"}


# A shell starts what it puts into the background deaf to SIGINT, and every process of a test would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Takes away every variable that settings or clients could read, and gives empty home folders."""
    for name in list(os.environ):
        if name.upper().startswith(_SCRUBBED) or name.lower() in _PROXIES | _AUTHORITIES:
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    # The Pulumi CLI, and so `nbcloud plugin`, takes the home of the user's entry, whatever HOME says.
    monkeypatch.setenv("PULUMI_HOME", str(home / ".pulumi"))


@pytest.fixture
def clouds(nbcloud_mock_server: MockClouds) -> Iterator[MockClouds]:
    """The mock clouds of the test session without contents; a failure inside the mock fails the test."""
    nbcloud_mock_server.reset()
    yield nbcloud_mock_server
    nbcloud_mock_server.check()


@pytest.fixture
def same_as_picture(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Compares with the picture of this test; see `picture_support.compare`."""
    from picture_support import compare

    return functools.partial(compare, request.node.nodeid)


@pytest.fixture
def anyio_backend() -> str:
    """Async tests run on asyncio: aiohttp knows no other loop."""
    return "asyncio"
