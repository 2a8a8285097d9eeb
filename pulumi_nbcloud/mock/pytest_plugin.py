"""A pytest plugin: the mock clouds as fixtures.

pytest loads it in every run once the package is installed. So it imports nothing of the `mock` extra by itself, and a
run without the fixtures is not affected.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pulumi_nbcloud.mock.server import MockClouds


@pytest.fixture(scope="session")
def nbcloud_mock_server() -> Iterator[MockClouds]:
    """Serve mock clouds for the whole test session; most tests use `nbcloud_mock`."""
    from pulumi_nbcloud.mock.extra import MissingExtraError, load_mock_clouds

    try:
        mock_clouds = load_mock_clouds()
    except MissingExtraError as error:
        pytest.fail(str(error), pytrace=False)
    with mock_clouds() as clouds:
        yield clouds


@pytest.fixture
def nbcloud_mock(nbcloud_mock_server: MockClouds, monkeypatch: pytest.MonkeyPatch) -> Iterator[MockClouds]:
    """Reset the mock clouds for one test, and set an environment that points clients to them.

    Other `NBCLOUD_` variables are removed for the test: two sets of credentials in one source would be an error.
    The account state of earlier tests in this process is dropped, especially rejected credentials. A failure inside
    the mock fails the test.
    """
    clouds = nbcloud_mock_server
    _forget_accounts()
    clouds.reset()
    for name in [name for name in os.environ if name.startswith("NBCLOUD_")]:
        monkeypatch.delenv(name)
    for name, value in clouds.environment().items():
        monkeypatch.setenv(name, value)
    yield clouds
    _forget_accounts()
    clouds.check()


def _forget_accounts() -> None:
    """Drop the client's account state, if this process has loaded it: the mock does not depend on the client."""
    reader = sys.modules.get("pulumi_nbcloud.reading.reader")
    if reader is not None:
        reader.forget()
