from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest
from plugin_process import COMMAND, Plugin
from spelling_support import speaks_python

from pulumi_nbcloud.mock import MockClouds

MakePlugin = Callable[..., Plugin]


@pytest.fixture
def make_plugin(tmp_path: Path) -> Iterator[MakePlugin]:
    """Starts plugins without settings, or with those of an environment, and ends them."""
    with ExitStack() as stack:

        def make(
            environment: Mapping[str, str] | None = None,
            config: Mapping[str, str] | None = {},
            folder: Path | None = None,
            command: tuple[str, ...] = COMMAND,
        ) -> Plugin:
            plugin = Plugin(environment or {}, config, folder or tmp_path, command)
            stack.callback(plugin.close)
            return plugin

        yield make


@pytest.fixture(scope="session")
def shared_plugin(nbcloud_mock_server: MockClouds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plugin]:
    """One process for the tests that need none of their own, with the settings of both accounts of the mock."""
    environment = {**nbcloud_mock_server.environment(), **nbcloud_mock_server.environment("other")}
    plugin = Plugin(environment, {}, tmp_path_factory.mktemp("plugin"))
    yield plugin
    plugin.close()


@pytest.fixture
def plugin(shared_plugin: Plugin, clouds: MockClouds) -> Iterator[Plugin]:
    """A plugin whose environment points at the mock clouds, configured; nothing of an earlier test is left in it.

    Whatever a test has it say, it says in the words of other languages.
    """
    shared_plugin.begin()
    yield shared_plugin
    assert [text for text in shared_plugin.texts() if speaks_python(text)] == []
