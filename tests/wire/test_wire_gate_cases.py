"""The table of what a gate does, over the wire of the SDK's provider process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import gate_cases
import gate_changes
import gate_stories
import pytest
from dynamic_shell import DynamicShell
from gate_wire import URN
from provider_process import FakeEngine, ProviderProcess

from pulumi_nbcloud.mock import MockClouds


@pytest.fixture(scope="module")
def served(nbcloud_mock_server: MockClouds) -> Iterator[tuple[ProviderProcess, FakeEngine]]:
    environment = {**nbcloud_mock_server.environment(), **nbcloud_mock_server.environment("other")}
    with FakeEngine() as engine, ProviderProcess(environment, engine=engine.address) as process:
        yield process, engine


@pytest.fixture
def shell(served: tuple[ProviderProcess, FakeEngine]) -> DynamicShell:
    return DynamicShell(*served)


@pytest.mark.parametrize("case", gate_cases.CASES.values(), ids=gate_cases.CASES)
def test_how_a_gate_ends(shell: DynamicShell, clouds: MockClouds, case: gate_cases.Case) -> None:
    gate_cases.run_case(shell, clouds, case)


@pytest.mark.parametrize("change", gate_changes.CHANGES.values(), ids=gate_changes.CHANGES)
def test_when_a_gate_waits_again(shell: DynamicShell, clouds: MockClouds, change: gate_changes.Change) -> None:
    gate_changes.run_change(shell, clouds, change)


@pytest.mark.parametrize("refusal", gate_changes.REFUSALS.values(), ids=gate_changes.REFUSALS)
def test_what_a_check_refuses(shell: DynamicShell, clouds: MockClouds, refusal: gate_changes.Refusal) -> None:
    gate_changes.run_refusal(shell, clouds, refusal)


@pytest.mark.parametrize("unknown", gate_changes.UNKNOWNS.values(), ids=gate_changes.UNKNOWNS)
def test_what_is_unknown(shell: DynamicShell, clouds: MockClouds, unknown: Mapping[str, Any]) -> None:
    gate_changes.run_unknown(shell, clouds, unknown)


@pytest.mark.parametrize("story", gate_stories.STORIES.values(), ids=gate_stories.STORIES)
def test_stories(shell: DynamicShell, clouds: MockClouds, story: gate_stories.Story) -> None:
    story(shell, clouds)


@pytest.mark.parametrize("story", gate_stories.SETTINGS_STORIES.values(), ids=gate_stories.SETTINGS_STORIES)
def test_stories_with_settings(clouds: MockClouds, tmp_path: Path, story: gate_stories.SettingsStory) -> None:
    with ExitStack() as stack:

        def open_shell(environment: Mapping[str, str], config: Mapping[str, str]) -> DynamicShell:
            engine = stack.enter_context(FakeEngine())
            every = {**clouds.environment(), **environment}
            return DynamicShell(stack.enter_context(ProviderProcess(every, config, engine=engine.address)), engine)

        story(open_shell, URN, clouds, tmp_path)
