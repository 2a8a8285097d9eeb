"""How failures look to the user of the real engine: the message and its hint, and no traceback."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from lease_support import KIND, NOTEBOOK, STOPPED
from stack import PROGRAM_ROW, UNHANDLED, Run, Stack

from pulumi_nbcloud.mock import MockClouds

RESOURCE_ROW = "pulumi-python:dynamic/nbcloud/modelarts:NotebookLease (training)"
GET = f'nbcloud.modelarts.get_notebook_lease("{NOTEBOOK}")'
GET_OUTPUT = f'pulumi.export("a", nbcloud.modelarts.get_notebook_lease_output(pulumi.Output.from_input("{NOTEBOOK}")))'
RESOURCE = f'nbcloud.modelarts.NotebookLease("training", notebook_id="{NOTEBOOK}")'
BAD = "modelarts:NotebookLease: notebook_id must be a UUID such as 0b9c2f6e-4a70-4a0e-9d0e-2c6f8d1e7a55"


def not_found(clouds: MockClouds) -> list[str]:
    entry = clouds.requests[-1]
    message = (
        f'modelarts:NotebookLease {NOTEBOOK}: the notebook does not exist: "The notebook instance does not exist" '
        f"(HTTP 400 ModelArts.6309, GET {clouds.url}{entry.target}, request id {entry.request_id})"
    )
    return [message, "hint: check its id, the project and the region"]


def assert_clean(run: Run, row: str, lines: list[str]) -> None:
    assert run.code == 1
    assert "Traceback" not in run.text, run.text
    assert run.diagnostics[row] == lines


@pytest.mark.parametrize("program", [GET, GET_OUTPUT], ids=["get", "get_output"])
@pytest.mark.parametrize("command", ["preview", "up"])
def test_a_look_up_of_a_gone_notebook_ends_in_two_clean_errors(
    program: str, command: str, stack: Stack, clouds: MockClouds
) -> None:
    stack.program(program)
    run: Run = getattr(stack, command)(expect=1)
    message, hint = not_found(clouds)
    assert_clean(run, PROGRAM_ROW, [f"error: {message}", hint, UNHANDLED])
    assert set(run.diagnostics) == {PROGRAM_ROW}
    assert clouds.request_count() == 1


@pytest.mark.parametrize(
    "call",
    ["get_notebook_lease(", "get_notebook_lease_output(pulumi.Output.from_input("],
    ids=["get", "get_output"],
)
def test_what_is_not_as_expected_ends_preview_and_update_in_two_clean_errors(
    call: str, stack: Stack, clouds: MockClouds
) -> None:
    clouds.modelarts.put_lease(NOTEBOOK, status="STOPPED")
    argument = f'"{NOTEBOOK}"' + (")" if "output" in call else "")
    stack.program(f'nbcloud.modelarts.{call}{argument}, expect="self.running")')
    for command in (stack.preview, stack.up):
        run = command(expect=1)
        message = (
            f"error: {KIND} {NOTEBOOK}: not as expected; expected: self.running; actual: {STOPPED} "
            f"(request id {clouds.requests[-1].request_id})"
        )
        hint = "hint: look at the thing itself, or correct expect; it is evaluated in every preview and update"
        assert_clean(run, PROGRAM_ROW, [message, hint, UNHANDLED])
    clouds.modelarts.put_lease(NOTEBOOK)
    assert "Diagnostics:" not in stack.up().output
    assert clouds.request_count() == 3


def test_a_recorded_notebook_that_is_gone_fails_on_its_row(stack: Stack, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK)
    stack.program(RESOURCE)
    stack.up()
    clouds.modelarts.delete_lease(NOTEBOOK)
    preview = stack.preview(expect=1)
    message, hint = not_found(clouds)
    assert_clean(preview, RESOURCE_ROW, [f"error: Preview failed: {message}", hint])
    update = stack.up(expect=1)
    message, hint = not_found(clouds)
    assert_clean(update, RESOURCE_ROW, [f"error: {message}", hint])
    assert update.diagnostics[PROGRAM_ROW] == ["error: update failed"]
    assert "training" in stack.resources()


def test_a_refresh_that_cannot_read_fails_and_keeps_the_state(stack: Stack, clouds: MockClouds) -> None:
    clouds.modelarts.put_lease(NOTEBOOK)
    stack.program(RESOURCE)
    stack.up()
    clouds.modelarts.add_account("MOCKACCESSKEY0000001", "rotated", projects=["mock-project"])
    refresh = stack.refresh(expect=None)
    assert refresh.code != 0
    assert "the cloud refuses the credentials" in refresh.text
    assert "Traceback" not in refresh.text
    assert "training" in stack.resources()


def test_errors_are_caught_as_what_they_are(stack: Stack, clouds: MockClouds) -> None:
    stack.program(f"""
        try:
            {GET}
        except nbcloud.NotFoundError as error:
            pulumi.export("caught", [type(error).__name__, error.code, isinstance(error, nbcloud.NbcloudError)])
        try:
            nbcloud.modelarts.get_notebook_lease("nope")
        except nbcloud.InputError as error:
            pulumi.export("problem", error.problem)
        try:
            nbcloud.modelarts.get_notebook_lease(pulumi.Output.from_input("{NOTEBOOK}"))
        except nbcloud.InputError as error:
            pulumi.export("output", error.hint)
        missing = nbcloud.modelarts.get_notebook_lease_output("{NOTEBOOK}")
        pulumi.export("recovered", missing.apply(lambda lease: "there").recover(
            lambda error: isinstance(error, nbcloud.NotFoundError)))
    """)
    stack.up()
    assert stack.outputs() == {
        "caught": ["NotFoundError", "ModelArts.6309", True],
        "problem": BAD,
        "output": "use the _output form of this function",
        "recovered": True,
    }
    assert clouds.request_count() == 2


@pytest.mark.parametrize(
    "program",
    [
        'nbcloud.modelarts.get_notebook_lease("nope")',
        'nbcloud.modelarts.NotebookLease("training", notebook_id="nope")',
        'nbcloud.modelarts.NotebookLease("training", notebook_id=pulumi.Output.from_input("nope"))',
    ],
    ids=["get", "resource", "resource of an Output"],
)
def test_a_bad_notebook_id_fails_in_preview_and_sends_nothing(program: str, stack: Stack, clouds: MockClouds) -> None:
    stack.program(program)
    run = stack.preview(expect=1)
    assert_clean(run, PROGRAM_ROW, [f"error: {BAD}", "hint: correct the argument; nothing was sent", UNHANDLED])
    assert clouds.request_count() == 0


def test_missing_settings_fail_in_preview(make_stack: Callable[..., Stack]) -> None:
    stack = make_stack()
    message = (
        "no credentials for modelarts; looked in Pulumi config nbcloud:modelarts; "
        "the environment (NBCLOUD_MODELARTS_…); the environment (HUAWEICLOUD_SDK_…); the environment (HW_…)"
    )
    hint = (
        "hint: set NBCLOUD_MODELARTS_ACCESS_KEY and NBCLOUD_MODELARTS_SECRET_KEY, or the Pulumi config; "
        "other ways to sign in: username + password + domainName; authToken"
    )
    stack.program(GET)
    assert_clean(stack.preview(expect=1), PROGRAM_ROW, [f"error: {message}", hint, UNHANDLED])
    stack.program(RESOURCE)
    # In the provider's process an empty config may have another reason.
    unseen = (
        "this process sees no config of the stack: there is none under nbcloud:, or the resource has a provider of its "
        "own (pulumi-python), which gets none"
    )
    assert_clean(stack.preview(expect=1), RESOURCE_ROW, [f"error: Preview failed: {message}; {unseen}", hint])


def test_another_packages_error_keeps_its_traceback_beside_ours(stack: Stack, clouds: MockClouds) -> None:
    (stack.folder / "theirs.py").write_text(
        "from pulumi import ResourceOptions\n"
        "from pulumi.dynamic import Resource, ResourceProvider\n\n\n"
        "class Provider(ResourceProvider):\n"
        "    def read(self, id_, props):\n"
        "        raise ValueError('theirs')\n\n\n"
        "class Theirs(Resource, module='probe', name='Theirs'):\n"
        "    def __init__(self, name, id_):\n"
        "        super().__init__(Provider(), name, {}, ResourceOptions(id=id_))\n"
    )
    clouds.modelarts.put_lease(NOTEBOOK)
    # Theirs is read once ours was, so that the process is patched already.
    stack.program(f"""
        from theirs import Theirs
        lease = {RESOURCE}
        Theirs("theirs", lease.running.apply(str))
    """)
    run = stack.preview(expect=1)
    lines = run.diagnostics["pulumi-python:dynamic/probe:Theirs (theirs)"]
    assert lines[0] == "error: Preview failed: Traceback (most recent call last):"
    assert lines[-1] == "ValueError: theirs"
    assert "theirs.py" in "".join(lines)
    assert clouds.request_count() == 1
