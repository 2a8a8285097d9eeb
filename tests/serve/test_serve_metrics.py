"""What the service counts, read as Prometheus reads it."""

from __future__ import annotations

from pathlib import Path

import pytest
from lease_support import LEASE, NOTEBOOK, notebook
from prometheus_client.parser import text_string_to_metric_families
from serve_support import LEASE_GATE, OTHER_TOKEN, TOKEN, bearer, document, running

from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.serve.checks import OUTCOMES
from pulumi_nbcloud.serve.metrics import BUCKETS, CONTENT_TYPE, Metrics

pytestmark = pytest.mark.anyio


def samples(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    families = text_string_to_metric_families(text)
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def test_a_histogram_is_cumulative() -> None:
    metrics = Metrics()
    for seconds in (0.001, 0.03, 0.03, 7.0, 100.0):
        metrics.read("hpcai", seconds)
    found = samples(metrics.text())
    name, cloud = "nbcloud_poll_duration_seconds", ("cloud", "hpcai")
    counts = [found[f"{name}_bucket", (cloud, ("le", f"{limit:g}"))] for limit in BUCKETS]
    assert counts == [1, 1, 1, 3, 3, 3, 3, 3, 3, 3, 4, 4, 4]
    assert found[f"{name}_bucket", (cloud, ("le", "+Inf"))] == 5
    assert found[f"{name}_count", (cloud,)] == 5
    assert found[f"{name}_sum", (cloud,)] == pytest.approx(107.061)


def test_every_status_has_a_class() -> None:
    metrics = Metrics()
    for status in (200, 304, 429, 503, 0, 999, None):
        metrics.cloud_request("aidp", status)
    found = {labels: value for (name, labels), value in samples(metrics.text()).items() if "cloud_requests" in name}
    classes = {dict(labels)["status"]: value for labels, value in found.items()}
    assert classes == {"2xx": 1, "3xx": 1, "4xx": 1, "5xx": 1, "other": 2, "none": 1}


async def test_what_is_counted(clouds: MockClouds, tmp_path: Path) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    clouds.faults.add(service="modelarts", status=503, match=notebook(9), count=100)
    content = document()
    content["gates"]["lease"] = {**LEASE_GATE, "max_age": "1h"}  # longer than the test takes
    async with running(tmp_path, clouds, content) as service:
        for _ in range(3):
            await service.check()
        await service.check("open", OTHER_TOKEN, params={"notebook": notebook(2)})
        await service.check("open", OTHER_TOKEN)
        response = await service.client.get("/metrics", headers=bearer(OTHER_TOKEN))
    assert response.headers["content-type"] == CONTENT_TYPE
    found = samples(response.text)
    assert found["nbcloud_serve_checks_total", (("gate", "lease"), ("outcome", "met"))] == 3
    assert found["nbcloud_serve_checks_total", (("gate", "open"), ("outcome", "not_met"))] == 1
    assert found["nbcloud_polls_total", (("cloud", "modelarts"),)] == 2
    assert found["nbcloud_cloud_requests_total", (("cloud", "modelarts"), ("status", "2xx"))] == 1
    assert found["nbcloud_cloud_requests_total", (("cloud", "modelarts"), ("status", "4xx"))] == 1
    assert found["nbcloud_serve_requests_total", (("route", "check"), ("status", "2xx"))] == 4
    assert found["nbcloud_serve_requests_total", (("route", "check"), ("status", "4xx"))] == 1
    assert found["nbcloud_serve_requests_in_flight", ()] == 1


async def test_nothing_that_a_caller_sends_becomes_a_label(clouds: MockClouds, tmp_path: Path) -> None:
    """However many paths, gates, parameters and methods somebody thinks of."""
    async with running(tmp_path, clouds) as service:
        for number in range(50):
            await service.client.get(f"/canary-{number}", headers=bearer(TOKEN))
            await service.check(f"canary-{number}", TOKEN)
            await service.check("open", OTHER_TOKEN, params={"notebook": f"canary-{number}"})
            await service.client.request(f"CANARY{number}", "/v1/gates/lease/check", headers=bearer(TOKEN))
            await service.check(token=f"canary-{number}")
        text = service.metrics.text()
    assert "canary" not in text.lower()
    labels = {value for _, labels in samples(text) for name, value in labels if name != "le"}
    assert labels <= {"check", "other", "4xx", "lease", "open", *OUTCOMES}


async def test_no_secret_and_no_id_is_in_the_metrics(clouds: MockClouds, tmp_path: Path) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    environment = clouds.environment()
    async with running(tmp_path, clouds, environment=environment) as service:
        await service.check()
        text = service.metrics.text()
    for secret in (*environment.values(), TOKEN, NOTEBOOK, "mock-project"):
        assert secret not in text
