"""The text of errors over the wire: ours are their message and hint alone, other packages' stay as they were."""

from __future__ import annotations

from pathlib import Path

import pytest
from lease_support import NOTEBOOK
from provider_process import (
    SENDS_TRACEBACKS,
    ProviderProcess,
    by_reference,
    create_request,
    get_request,
    read_blob,
)

from pulumi_nbcloud.mock import MockClouds

OTHER = """
from pulumi.dynamic import CreateResult, ResourceProvider


class Other(ResourceProvider):
    def create(self, props):
        self.deeper(props)

    def deeper(self, props):
        raise ValueError("theirs: " + props["name"])
"""

# The SDK's process with a traceback module of its own, as a later version of the SDK might have it.
STRANGE = """
import pathlib
import pulumi.dynamic

source = pathlib.Path(pulumi.dynamic.__file__).with_name("__main__.py").read_text()
assert source.count("import traceback\\n") == 1
source = source.replace("import traceback\\n", "import traceback as their_own\\n")
source = source.replace("traceback.format_exc()", "their_own.format_exc()")
exec(compile(source, "strange", "exec"), globals())
"""

# The SDK's process, with a defect in this package: what it did not expect, in a text that Pulumi's display acts on.
BROKEN = """
import pathlib
import pulumi.dynamic
from pulumi_nbcloud.kinds.kind import Kind


def parse(self, values):
    raise ValueError("<{%boom%}> \\x1b[31m <{%reset%}>")


Kind.parse = parse
exec(pathlib.Path(pulumi.dynamic.__file__).with_name("__main__.py").read_text(), globals())
"""


def other_package(folder: Path) -> str:
    (folder / "other_package.py").write_text(OTHER)
    return by_reference("other_package", "Other")


def test_not_found_is_its_message_and_hint(clouds: MockClouds) -> None:
    with ProviderProcess(clouds.environment()) as process:
        text = process.failure("Read", get_request({"notebook_id": NOTEBOOK}))
    (entry,) = clouds.requests
    assert text == (
        f"modelarts:NotebookLease {NOTEBOOK}: the notebook does not exist\n"
        "  vendor message: The notebook instance does not exist\n"
        "  response: HTTP 400 ModelArts.6309\n"
        f"  request: GET {clouds.url}/v1/mock-project/notebooks/{NOTEBOOK}/lease\n"
        f"  request id: {entry.request_id}\n"
        "hint: check its id, the project and the region"
    )


def test_a_bad_argument_is_its_message_and_hint(clouds: MockClouds) -> None:
    with ProviderProcess(clouds.environment()) as process:
        text = process.failure("Read", get_request({"notebook_id": "nope"}, "nope"))
    assert text == (
        "modelarts:NotebookLease: notebook_id must be a UUID such as 0b9c2f6e-4a70-4a0e-9d0e-2c6f8d1e7a55\n"
        "hint: correct the argument; nothing was sent"
    )
    assert clouds.request_count() == 0


def test_missing_settings_are_their_message_and_hint(tmp_path: Path) -> None:
    with ProviderProcess({"HOME": str(tmp_path)}) as process:
        text = process.failure("Read", get_request({"notebook_id": NOTEBOOK}))
    message, hint = text.split("\n")
    assert message.startswith("no credentials for modelarts; looked in Pulumi config nbcloud:modelarts; ")
    assert hint.startswith("hint: set NBCLOUD_MODELARTS_ACCESS_KEY and NBCLOUD_MODELARTS_SECRET_KEY")


def test_refused_credentials_are_their_message_and_hint(clouds: MockClouds) -> None:
    with ProviderProcess({**clouds.environment(), "NBCLOUD_MODELARTS_SECRET_KEY": "wrong"}) as process:
        text = process.failure("Read", get_request({"notebook_id": NOTEBOOK}))
    message, *facts, hint = text.split("\n")
    assert message == f"modelarts:NotebookLease {NOTEBOOK}: the cloud refuses the credentials"
    assert "  response: HTTP 401 APIGW.0301" in facts
    assert hint.startswith("hint: check access key, secret key")


def test_an_unknown_kind_is_its_message_and_hint(clouds: MockClouds) -> None:
    with ProviderProcess(clouds.environment()) as process:
        text = process.failure(
            "Read", get_request({"notebook_id": NOTEBOOK}, blob=read_blob("modelarts:NotebookLeese"))
        )
    assert text == "there is no kind 'modelarts:NotebookLeese'\nhint: did you mean modelarts:NotebookLease?"


def test_another_package_keeps_its_traceback_before_and_after(clouds: MockClouds, tmp_path: Path) -> None:
    request = create_request({"name": "a"}, other_package(tmp_path))
    with ProviderProcess(clouds.environment(), folder=tmp_path) as process:
        before = process.failure("Create", request)
        ours = process.failure("Read", get_request({"notebook_id": "nope"}, "nope"))
        after = process.failure("Create", request)
        assert process.errors() == ""
    assert "Traceback" not in ours
    if SENDS_TRACEBACKS:
        assert before.startswith("Traceback (most recent call last):")
        assert "in deeper" in before
        assert before.rstrip().endswith("ValueError: theirs: a")
    else:
        assert before == "theirs: a"
    assert after == before


@pytest.mark.parametrize("patches", ["on", "off"])
def test_an_internal_error_acts_on_nothing_and_shows_where_it_happened(
    patches: str, clouds: MockClouds, tmp_path: Path
) -> None:
    (tmp_path / "broken.py").write_text(BROKEN)
    environment = {**clouds.environment(), "NBCLOUD_PROVIDER_PATCHES": patches}
    with ProviderProcess(environment, folder=tmp_path, module="broken") as process:
        text = process.failure("Read", get_request({"notebook_id": NOTEBOOK}))
        assert "<{%" not in text + process.errors()
    if SENDS_TRACEBACKS and patches == "off":
        text = text[text.index("internal error of pulumi-nbcloud") :].rstrip()
    lines = text.splitlines()
    assert lines[0] == "internal error of pulumi-nbcloud: ValueError in broken.py:8"
    assert lines[1:3] == ["hint: report it with these lines", "Traceback (most recent call last):"]
    assert lines[-1] == "ValueError: ?{%boom%}> ?[31m ?{%reset%}>"


@pytest.mark.skipif(not SENDS_TRACEBACKS, reason="this SDK sends no tracebacks, so there is nothing to patch")
def test_a_patch_that_does_not_take_is_said_once_and_all_else_works(clouds: MockClouds, tmp_path: Path) -> None:
    (tmp_path / "strange.py").write_text(STRANGE)
    clouds.modelarts.put_lease(NOTEBOOK)
    bad = get_request({"notebook_id": "nope"}, "nope")
    with ProviderProcess(clouds.environment(), folder=tmp_path, module="strange") as process:
        id_, _ = process.read(get_request({"notebook_id": NOTEBOOK}))
        first = process.failure("Read", bad)
        # A second blob configures a second provider in the same process.
        process.failure("Read", get_request({"notebook_id": NOTEBOOK}, blob=read_blob("modelarts:Other")))
        warnings = process.errors()
    assert id_ == NOTEBOOK
    assert "notebook_id must be a UUID" in first
    assert first.startswith("Traceback (most recent call last):")
    assert warnings == (
        "warning: pulumi-nbcloud does not know this pulumi SDK: errors of pulumi-nbcloud are shown with a traceback\n"
    )
