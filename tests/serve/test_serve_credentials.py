"""Credentials of a service that runs for weeks: a refusal is remembered, a change of their source is noticed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from lease_support import LEASE, NOTEBOOK
from serve_support import LEASE_GATE, document, running

from pulumi_nbcloud.cli.sources import config_reader
from pulumi_nbcloud.clouds.credentials import CredentialState
from pulumi_nbcloud.errors import AuthenticationError, SettingsError
from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.serve.live_settings import live
from pulumi_nbcloud.serve.server import RETRY_REJECTED_SECONDS


def fresh() -> dict[str, object]:
    content = document()
    content["gates"]["lease"] = {**LEASE_GATE, "max_age": "0"}
    return content


@pytest.mark.anyio
async def test_a_refused_credential_is_not_tried_again_until_its_source_changes(
    clouds: MockClouds, tmp_path: Path
) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    environment = {**clouds.environment(), "NBCLOUD_MODELARTS_SECRET_KEY": "wrong"}
    async with running(tmp_path, clouds, fresh(), environment=environment) as service:
        outcomes = [(await service.check()).json()["outcome"] for _ in range(5)]
        assert (outcomes, len(clouds.requests)) == (["unauthorized"] * 5, 1)
        environment.update(clouds.environment())
        assert (await service.check()).json()["outcome"] == "met"
    assert len(clouds.requests) == 2


@pytest.mark.anyio
async def test_health_and_metrics_do_not_try_it_either(clouds: MockClouds, tmp_path: Path) -> None:
    async with running(tmp_path, clouds) as service:
        await service.client.get("/readyz")
        await service.client.get("/healthz")
    assert len(clouds.requests) == 0


def test_after_15_minutes_it_is_tried_once_more() -> None:
    now = [0.0]
    state = CredentialState(RETRY_REJECTED_SECONDS, lambda: now[0])
    state.reject(AuthenticationError("refused", status=401), "revision")
    now[0] = 899.0
    with pytest.raises(AuthenticationError):
        state.check("revision")
    now[0] = 900.0
    state.check("revision")
    # The next request goes alone, as the first of all did.
    assert state.unknown
    state.reject(AuthenticationError("refused", status=401), "revision")
    now[0] = 1799.0
    with pytest.raises(AuthenticationError):
        state.check("revision")


def test_elsewhere_a_refusal_is_never_forgotten() -> None:
    now = [0.0]
    state = CredentialState(clock=lambda: now[0])
    state.reject(AuthenticationError("refused"), None)
    now[0] = 1e9
    with pytest.raises(AuthenticationError):
        state.check(None)


def change(path: Path, content: str, moment: int) -> None:
    """Write a file, later than before whatever the clock of the file system."""
    path.write_text(content, encoding="utf-8")
    os.utime(path, (moment, moment))


def test_a_settings_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    change(path, json.dumps({"hpcai": {"apiKey": "one"}}), 1000)
    config = live(path, config_reader)
    assert config("nbcloud:hpcai") == {"apiKey": "one"}
    assert (list(config.values), len(config.values)) == (["nbcloud:hpcai"], 1)
    change(path, json.dumps({"hpcai": {"apiKey": "two"}, "modelarts": {}}), 2000)
    assert config("nbcloud:hpcai") == {"apiKey": "two"}
    change(path, "{", 3000)
    for _ in range(2):
        with pytest.raises(SettingsError, match="is no JSON from line 1"):
            config("nbcloud:hpcai")
    change(path, json.dumps({"hpcai": {"apiKey": "three"}}), 4000)
    assert config("nbcloud:hpcai") == {"apiKey": "three"}
    assert "three" not in repr(config)


def test_no_settings_file(tmp_path: Path) -> None:
    assert live(None, config_reader)("nbcloud:hpcai") is None
    with pytest.raises(SettingsError, match="cannot be read"):
        live(tmp_path / "none.json", config_reader)
