"""The table of what a gate does, over the wire of the plugin."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import gate_cases
import gate_changes
import gate_stories
import pytest
from native_shell import GATE_URN, NativeShell
from plugin_process import Plugin

from pulumi_nbcloud.mock import MockClouds


@pytest.fixture
def shell(plugin: Plugin) -> NativeShell:
    return NativeShell(plugin)


@pytest.mark.parametrize("case", gate_cases.CASES.values(), ids=gate_cases.CASES)
def test_how_a_gate_ends(shell: NativeShell, clouds: MockClouds, case: gate_cases.Case) -> None:
    gate_cases.run_case(shell, clouds, case)


@pytest.mark.parametrize("change", gate_changes.CHANGES.values(), ids=gate_changes.CHANGES)
def test_when_a_gate_waits_again(shell: NativeShell, clouds: MockClouds, change: gate_changes.Change) -> None:
    gate_changes.run_change(shell, clouds, change)


@pytest.mark.parametrize("refusal", gate_changes.REFUSALS.values(), ids=gate_changes.REFUSALS)
def test_what_a_check_refuses(shell: NativeShell, clouds: MockClouds, refusal: gate_changes.Refusal) -> None:
    gate_changes.run_refusal(shell, clouds, refusal)


@pytest.mark.parametrize("unknown", gate_changes.UNKNOWNS.values(), ids=gate_changes.UNKNOWNS)
def test_what_is_unknown(shell: NativeShell, clouds: MockClouds, unknown: Mapping[str, Any]) -> None:
    gate_changes.run_unknown(shell, clouds, unknown)


@pytest.mark.parametrize("story", gate_stories.STORIES.values(), ids=gate_stories.STORIES)
def test_stories(shell: NativeShell, clouds: MockClouds, story: gate_stories.Story) -> None:
    story(shell, clouds)


@pytest.mark.parametrize("story", gate_stories.SETTINGS_STORIES.values(), ids=gate_stories.SETTINGS_STORIES)
def test_stories_with_settings(
    make_plugin: Callable[..., Plugin], clouds: MockClouds, tmp_path: Path, story: gate_stories.SettingsStory
) -> None:
    def open_shell(environment: Mapping[str, str], config: Mapping[str, str]) -> NativeShell:
        own = {name.removeprefix("nbcloud:"): value for name, value in config.items()}
        plugin = make_plugin({**clouds.environment(), **environment}, own)
        plugin.configure()
        return NativeShell(plugin)

    story(open_shell, GATE_URN, clouds, tmp_path)
