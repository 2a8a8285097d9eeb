"""Functions of the plugin, over the wire."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lease_support import LEASE, NOTEBOOK
from plugin_process import Plugin, details_of, secret

from pulumi_nbcloud.clouds.hpcai.state import InstanceSpecInfo, InstanceState
from pulumi_nbcloud.history.reading import read_history
from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.native.names import camel
from pulumi_nbcloud.native.states import state_outputs

LOOKUP = "nbcloud:modelarts:getNotebookLease"


def test_a_lookup_gives_the_state_in_camel_case(plugin: Plugin, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    found = plugin.invoke(LOOKUP, notebookId=NOTEBOOK, expect="self.running")
    assert (found["notebookId"], found["running"], found["expireTime"], found["notRunningReason"]) == (
        NOTEBOOK,
        True,
        "2023-11-14T23:13:20.123Z",
        None,
    )


def test_what_is_not_as_expected_ends_in_our_text_alone(plugin: Plugin, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    text = details_of(lambda: plugin.invoke(LOOKUP, notebookId=NOTEBOOK, expect="stopped"))
    assert text.startswith(f"modelarts:NotebookLease {NOTEBOOK}: not as expected\n  expected: stopped (")


def test_nested_records_are_in_camel_case(plugin: Plugin, clouds: MockClouds) -> None:
    clouds.hpcai.put_instance("i-1")
    (found,) = plugin.invoke("nbcloud:hpcai:getInstances")["instances"]
    assert found["instanceId"] == "i-1"
    assert "instanceDiskUsageInfo" in found["instanceRuntimeInfo"]


def test_what_the_cloud_names_is_left_as_it_is() -> None:
    specification = InstanceSpecInfo(remote_storages=({"some_key": {"other_key": 1}},))
    state = InstanceState(instance_id="i-1", endpoint="e", instance_spec_info=specification)
    outputs = state_outputs(state)
    assert outputs["instanceSpecInfo"]["remoteStorages"] == [{"some_key": {"other_key": 1}}]
    assert {camel(name) for name in vars(state)} == set(outputs)


def test_results_of_a_secret_argument_are_secret(plugin: Plugin, clouds: MockClouds) -> None:
    """The engine marks them only for a provider that takes no secrets."""
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    found = plugin.invoke(LOOKUP, notebookId=secret(NOTEBOOK))
    assert found["running"] == secret(True)
    assert found["notebookId"] == secret(NOTEBOOK)
    assert found["notRunningReason"] is None


def test_arguments_that_cannot_be_right_are_refused_before_anything_is_sent(plugin: Plugin, clouds: MockClouds) -> None:
    assert details_of(lambda: plugin.invoke(LOOKUP, notebookId=NOTEBOOK, expect=True)) == (
        "modelarts:NotebookLease: expect must be a text\nhint: write a condition over self"
    )
    text = details_of(lambda: plugin.invoke(LOOKUP, notebookId=NOTEBOOK, expect="self.runing"))
    assert "did you mean self.running?" in text
    assert details_of(lambda: plugin.invoke(LOOKUP, notebook_id=NOTEBOOK)).startswith(
        "notebook_id is not an argument; did you mean notebookId?\n"
    )
    assert clouds.requests == []


def test_what_is_expected_leaves_its_evidence(
    make_plugin: Callable[..., Plugin], clouds: MockClouds, tmp_path: Path
) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    folder = tmp_path / "history"
    plugin = make_plugin({**clouds.environment(), "NBCLOUD_HISTORY": str(folder)})
    plugin.configure()
    plugin.invoke(LOOKUP, notebookId=NOTEBOOK, expect="ready")
    details_of(lambda: plugin.invoke(LOOKUP, notebookId=secret(NOTEBOOK), expect=secret("stopped")))
    met, failed = (each.document() for each in read_history(folder).waits)
    assert (met["source"], met["name"], met["outcome"]) == ("expect", f"modelarts:NotebookLease {NOTEBOOK}", "met")
    assert (met["project"], met["stack"]) == ("probe", "dev")
    assert (failed["outcome"], failed["expected"]) == ("failed", "[secret]")
    assert failed["targets"]["self"]["id"] == "[secret]"
    assert NOTEBOOK not in str(failed)
