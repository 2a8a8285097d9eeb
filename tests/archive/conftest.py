"""One build serves the tests of the archive."""

from __future__ import annotations

import pytest
from archive_support import Archive, build, unpacked


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """Builds before the environment of the first test is cleaned: a registry may need the machine's certificates."""
    return unpacked(build(tmp_path_factory.mktemp("built")), tmp_path_factory.mktemp("unpacked"))
