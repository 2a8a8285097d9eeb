from __future__ import annotations

import pytest


class FrozenTime:
    """A time source that stands still until it is moved."""

    def __init__(self, now: float = 1_767_225_600.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def frozen() -> FrozenTime:
    return FrozenTime()
