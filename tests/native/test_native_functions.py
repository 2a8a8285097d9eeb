"""Functions of the plugin, over the wire."""

from __future__ import annotations

from lease_support import LEASE, NOTEBOOK
from plugin_process import Plugin, details_of

from pulumi_nbcloud.mock import MockClouds

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
