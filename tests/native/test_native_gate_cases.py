"""The table of what a gate does, over the wire of the plugin."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import gate_cases
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


@pytest.mark.parametrize("change", gate_cases.CHANGES.values(), ids=gate_cases.CHANGES)
def test_when_a_gate_waits_again(shell: NativeShell, clouds: MockClouds, change: gate_cases.Change) -> None:
    gate_cases.run_change(shell, clouds, change)


@pytest.mark.parametrize("refusal", gate_cases.REFUSALS.values(), ids=gate_cases.REFUSALS)
def test_what_a_check_refuses(shell: NativeShell, clouds: MockClouds, refusal: gate_cases.Refusal) -> None:
    gate_cases.run_refusal(shell, clouds, refusal)


@pytest.mark.parametrize("unknown", gate_cases.UNKNOWNS.values(), ids=gate_cases.UNKNOWNS)
def test_what_is_unknown(shell: NativeShell, clouds: MockClouds, unknown: Mapping[str, Any]) -> None:
    gate_cases.run_unknown(shell, clouds, unknown)


@pytest.mark.parametrize("story", gate_cases.STORIES.values(), ids=gate_cases.STORIES)
def test_stories(shell: NativeShell, clouds: MockClouds, story: gate_cases.Story) -> None:
    story(shell, clouds)


@pytest.mark.parametrize("story", gate_cases.SETTINGS_STORIES.values(), ids=gate_cases.SETTINGS_STORIES)
def test_stories_with_settings(
    make_plugin: Callable[..., Plugin], clouds: MockClouds, tmp_path: Path, story: gate_cases.SettingsStory
) -> None:
    def open_shell(environment: Mapping[str, str], config: Mapping[str, str]) -> NativeShell:
        own = {name.removeprefix("nbcloud:"): value for name, value in config.items()}
        plugin = make_plugin({**clouds.environment(), **environment}, own)
        plugin.configure()
        return NativeShell(plugin)

    story(open_shell, GATE_URN, clouds, tmp_path)
