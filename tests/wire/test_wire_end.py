"""A provider process whose engine is gone ends by itself, once it serves nothing."""

from __future__ import annotations

import time
from pathlib import Path

import grpc
import pytest
from gate_wire import URN, create, failure_of, gate
from lease_support import notebook
from nbcloud_support import eventually
from provider_process import FakeEngine, ProviderProcess, by_reference, create_request, gate_blob

from pulumi_nbcloud.mock import MockClouds

SLOW = """
import pathlib
import time

from pulumi.dynamic import CreateResult, ResourceProvider


class Slow(ResourceProvider):
    def create(self, props):
        while not pathlib.Path("finish").exists():
            time.sleep(0.05)
        pathlib.Path("finished").write_text("")
        return CreateResult("slow", {})
"""
# Two polls of the engine's address that find nobody, and some time for the machine.
SOON_SECONDS = 20


def test_it_ends_once_its_engine_is_gone(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook())
    with FakeEngine() as engine, ProviderProcess(clouds.environment(), engine=engine.address) as process:
        create(process, gate(interval="1s"))
        assert process.running
        engine.stop()
        assert process.ended(SOON_SECONDS) == 0
        # gRPC itself logs the engine's farewell where that comes while a connection is still open.
        assert [line for line in process.errors().splitlines() if "Got goaway" not in line] == []


def test_its_waits_end_before_it(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook(), status="STOPPED")
    with FakeEngine() as engine, ProviderProcess(clouds.environment(), engine=engine.address) as process:
        waiting = process.begin("Create", create_request(gate(timeout="10m", interval="5m"), gate_blob()))
        # One poll, and then no message for a while: nothing but the address shows that the engine is gone.
        eventually(lambda: bool(engine.messages(URN)), "a message")
        engine.stop()
        assert "cancelled after " in failure_of(waiting)
        assert process.ended(SOON_SECONDS) == 0


def test_a_call_of_another_package_is_served_to_its_end(clouds: MockClouds, tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(SLOW)
    clouds.modelarts.put_lease(notebook())
    with (
        FakeEngine() as engine,
        ProviderProcess(clouds.environment(), engine=engine.address, folder=tmp_path) as process,
    ):
        create(process, gate(interval="1s"))
        theirs = process.begin("Create", create_request({}, by_reference("slow", "Slow")))
        engine.stop()
        with pytest.raises(grpc.FutureTimeoutError):
            theirs.result(SOON_SECONDS / 2)
        assert process.running
        (tmp_path / "finish").write_text("")
        assert process.ended(SOON_SECONDS) == 0
    assert (tmp_path / "finished").exists()


def test_an_engine_that_was_never_there_is_not_missed(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook())
    with ProviderProcess(clouds.environment(), engine="127.0.0.1:1") as process:
        create(process, gate(interval="1s"))
        time.sleep(SOON_SECONDS / 2)
        create(process, gate(interval="1s"))


def test_with_its_patches_off_it_stays_as_the_sdk_has_it(clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(notebook())
    environment = {**clouds.environment(), "NBCLOUD_PROVIDER_PATCHES": "off"}
    with FakeEngine() as engine, ProviderProcess(environment, engine=engine.address) as process:
        create(process, gate(interval="1s"))
        engine.stop()
        time.sleep(SOON_SECONDS / 2)
        assert process.running
        assert process.interrupt() == 0
