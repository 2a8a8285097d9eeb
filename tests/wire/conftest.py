from __future__ import annotations

from collections.abc import Iterator

import pytest
from provider_process import ProviderProcess

from pulumi_nbcloud.mock import MockClouds


@pytest.fixture(scope="module")
def shared(nbcloud_mock_server: MockClouds) -> Iterator[ProviderProcess]:
    """One process, with the settings of both accounts, for the tests that leave nothing behind in it."""
    environment = {**nbcloud_mock_server.environment(), **nbcloud_mock_server.environment("other")}
    with ProviderProcess(environment) as process:
        yield process
