"""The history of the SDK's provider process: a gate's end is written before the engine has the response."""

from __future__ import annotations

from pathlib import Path

from gate_wire import URN, create, failure_of, gate
from history_lines import read
from lease_support import notebook
from nbcloud_support import eventually
from provider_process import FakeEngine, ProviderProcess, create_request, gate_blob

from pulumi_nbcloud.mock import MockClouds


def test_a_gate_that_is_killed_and_those_that_end(clouds: MockClouds, tmp_path: Path) -> None:
    clouds.modelarts.put_lease(notebook(1))
    clouds.modelarts.put_lease(notebook(2), status="STOPPED")
    folder = tmp_path / "h"
    environment = {**clouds.environment(), "NBCLOUD_HISTORY": str(folder)}
    with ProviderProcess(environment) as process:
        create(process, gate(1))
        assert read(folder) == {"ready": "met"}
        failed = process.begin("Create", create_request(gate(2, timeout="0", status_urn=f"{URN}-2"), gate_blob()))
        assert "timed out" in failure_of(failed)
        assert read(folder) == {"ready": "met", "ready-2": "timed_out"}
        # Kept: a call that nobody holds any more is cancelled.
        waiting = process.begin("Create", create_request(gate(2, timeout="1h", status_urn=f"{URN}-3"), gate_blob()))
        eventually(lambda: read(folder).get("ready-3") == "running", "the third gate")
        assert not waiting.done()
    assert read(folder) == {"ready": "met", "ready-2": "timed_out", "ready-3": "interrupted"}


def test_a_folder_that_cannot_be_written_is_one_warning_on_a_row(clouds: MockClouds, tmp_path: Path) -> None:
    clouds.modelarts.put_lease(notebook())
    (tmp_path / "file").write_text("")
    environment = {**clouds.environment(), "NBCLOUD_HISTORY": f"{tmp_path}/file/h"}
    with FakeEngine() as engine, ProviderProcess(environment, engine=engine.address) as process:
        for number in (1, 2):
            create(process, gate(status_urn=f"{URN}-{number}"))
        eventually(lambda: len(engine.logs) >= 3, "the warning and both ends")
    warning = f"the history in {tmp_path}/file/h could not be written (Not a directory), so it lacks lines; waits go on"
    assert [each.message for each in engine.logs].count(warning) == 1
