"""Pulumi config on the real engine: keys that are none of ours, objects that are replaced, places without config."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from lease_support import LEASE, NOTEBOOK
from stack import Stack

from pulumi_nbcloud.mock import MockClouds

LOOK_UP = f'pulumi.export("running", nbcloud.modelarts.get_notebook_lease("{NOTEBOOK}").running)'
GATE = 'gate("ready", 1)'


# Every form of such a key is in tests/test_settings.py.
@pytest.mark.parametrize(
    ("program", "key", "problem", "hint"),
    [
        pytest.param(
            LOOK_UP,
            "nbcloud:modelarts.projectId",
            "Pulumi config nbcloud:modelarts.projectId is none of our keys, and would have no effect",
            "a path needs --path: pulumi config set --path nbcloud:modelarts.projectId VALUE",
            id="lookup",
        ),
        pytest.param(
            GATE,
            "nbcloud:modelart",
            "Pulumi config nbcloud:modelart is none of our keys",
            "did you mean nbcloud:modelarts?",
            id="gate",
        ),
    ],
)
def test_a_key_that_is_none_of_ours_is_refused_by_name(
    program: str, key: str, problem: str, hint: str, stack: Stack, clouds: MockClouds
) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    stack.program(program)
    before = clouds.request_count()
    run = stack.up("--config", f"{key}=canary", expect=1)
    # The command has kept it; a preview of a gate only says so.
    again = stack.preview(expect=1 if program is LOOK_UP else 0)
    for each in (run, again):
        assert problem in each.text
        assert "canary" not in each.text
    assert hint in run.text
    assert clouds.request_count() == before


def test_keys_of_the_engine_and_of_ours_are_left_alone(stack: Stack, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, **LEASE)
    stack.program(f"{LOOK_UP}\n{GATE}")
    stack.config(
        ["nbcloud:version", "0.1.0"],
        ["nbcloud:pluginDownloadURL", "https://example.com"],
        ["nbcloud:previewPoll", "false"],
    )
    stack.up()
    assert stack.outputs() == {"running": True}


def test_an_object_of_the_stacks_file_that_hides_the_projects_is_told(
    make_stack: Callable[..., Stack], clouds: MockClouds
) -> None:
    stack = make_stack()
    stack.program(LOOK_UP)
    account = clouds.environment()
    stack.folder.joinpath("Pulumi.yaml").write_text(
        "name: probe\nruntime: python\nconfig:\n  nbcloud:modelarts:\n    value:\n"
        f"      endpoint: {account['NBCLOUD_MODELARTS_ENDPOINT']}\n"
    )
    stack.configure(
        {
            "nbcloud:modelarts": {
                "accessKey": account["NBCLOUD_MODELARTS_ACCESS_KEY"],
                "secretKey": account["NBCLOUD_MODELARTS_SECRET_KEY"],
                "projectId": "mock-project",
            }
        }
    )
    run = stack.up(expect=1)
    assert "modelarts needs a region or an endpoint; looked in Pulumi config nbcloud:modelarts (which" in run.text
    assert "replaces that of Pulumi.yaml whole" in run.text


def test_a_gate_with_a_provider_of_its_own_is_told_that_it_sees_no_config(
    make_stack: Callable[..., Stack], clouds: MockClouds
) -> None:
    stack = make_stack()
    stack.configure({"nbcloud:modelarts": {"region": "cn-north-4"}})
    stack.program(
        """
        own = pulumi.ProviderResource("pulumi-python", "own", {})
        gate("ready", 1, opts=pulumi.ResourceOptions(provider=own))
        """
    )
    run = stack.up(expect=1)
    assert "no credentials for modelarts" in run.text
    assert "this process sees no config of the stack" in run.text


def test_a_lookup_in_a_dynamic_provider_of_the_users_own_is_told_that_it_sees_no_config(
    make_stack: Callable[..., Stack], clouds: MockClouds
) -> None:
    stack = make_stack()
    stack.configure({"nbcloud:modelarts": {"region": "cn-north-4"}})
    (stack.folder / "mine.py").write_text(
        f"""
from pulumi.dynamic import CreateResult, Resource, ResourceProvider


class Provider(ResourceProvider):
    def create(self, props):
        import pulumi_nbcloud as nbcloud

        return CreateResult("id", {{"running": nbcloud.modelarts.get_notebook_lease("{NOTEBOOK}").running}})


class Mine(Resource):
    def __init__(self, name):
        super().__init__(Provider(), name, {{}})
"""
    )
    stack.program("import mine\nmine.Mine('mine')")
    run = stack.up(expect=1)
    assert "a dynamic provider of your own does not see the stack's config" in run.text
