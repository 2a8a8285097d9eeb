"""`provider.host` by itself: the patch, what it hands on, and what it makes of wire values."""

from __future__ import annotations

import json
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import pytest
from nbcloud_support import LIMIT_SECONDS
from pulumi.dynamic import Config, ConfigureRequest

from pulumi_nbcloud.engine.values import plain
from pulumi_nbcloud.errors import InputError
from pulumi_nbcloud.provider import host


@pytest.fixture(autouse=True)
def _fresh_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "_done", set())
    monkeypatch.setattr(host, "_disabled", {})
    monkeypatch.setattr(host, "_stack_config", None)


def provider_main(monkeypatch: pytest.MonkeyPatch, **names: Any) -> ModuleType:
    main = ModuleType("__main__")
    vars(main).update({"DynamicResourceProviderServicer": object, "_abort_with_traceback": object, **names})
    monkeypatch.setitem(sys.modules, "__main__", main)
    return main


def test_patch_is_idempotent(monkeypatch: pytest.MonkeyPatch) -> None:
    main = provider_main(monkeypatch, traceback=traceback)
    host.patch()
    patched = vars(main)["traceback"]
    host.patch()
    assert patched is not traceback
    assert vars(main)["traceback"] is patched
    assert host.take_disabled("errors") == []


def test_the_patched_name_still_offers_the_whole_module(monkeypatch: pytest.MonkeyPatch) -> None:
    main = provider_main(monkeypatch, traceback=traceback)
    host.patch()
    patched = vars(main)["traceback"]
    assert patched.extract_tb is traceback.extract_tb
    try:
        raise KeyError("theirs")
    except KeyError:
        assert patched.format_exc() == traceback.format_exc()
        assert patched.format_exc(limit=0) == traceback.format_exc(limit=0)
    try:
        raise InputError("ours", hint="do this")
    except InputError:
        assert patched.format_exc() == "ours\nhint: do this"


@pytest.mark.parametrize("names", [{}, {"traceback": ModuleType("traceback")}], ids=["missing", "another"])
def test_a_patch_that_does_not_take_is_told_once_and_changes_nothing(
    names: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    main = provider_main(monkeypatch, **names)
    before = dict(vars(main))
    host.patch()
    host.patch()
    assert vars(main) == before
    assert host.take_disabled("errors") == [
        "pulumi-nbcloud does not know this pulumi SDK: errors of pulumi-nbcloud are shown with a traceback"
    ]
    assert host.take_disabled("errors") == []


def test_a_process_that_is_not_the_providers_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    main = ModuleType("__main__")
    vars(main)["traceback"] = traceback
    monkeypatch.setitem(sys.modules, "__main__", main)
    host.patch()
    assert vars(main)["traceback"] is traceback
    assert capsys.readouterr().err == ""


def test_config_is_handed_on_as_it_is() -> None:
    assert host.config()("nbcloud:modelarts") is None
    text = json.dumps({"accessKey": "a"})
    host.configure(ConfigureRequest(Config({"nbcloud:modelarts": text}, "probe")))
    assert host.config()("nbcloud:modelarts") == text
    assert host.config()("nbcloud:profiles") is None


def test_wire_values_become_ours() -> None:
    wire = {
        "__provider": "gASV",
        "count": 3.0,
        "half": 0.5,
        "flag": True,
        "text": "3.0",
        "rows": [{"n": 1.0}, [2.0, 2.5]],
        "infinite": float("inf"),
    }
    ours = plain(wire)
    assert ours == {
        "count": 3,
        "half": 0.5,
        "flag": True,
        "text": "3.0",
        "rows": [{"n": 1}, [2, 2.5]],
        "infinite": float("inf"),
    }
    assert [type(value) for value in (ours["count"], ours["half"], ours["flag"], ours["rows"][0]["n"])] == [
        int,
        float,
        bool,
        int,
    ]
    assert wire["__provider"] == "gASV"


def test_a_widened_pool_serves_the_calls_that_were_queued_before() -> None:
    # They would wait for another call to come: the pool makes a thread only when one is handed in.
    together = threading.Barrier(12)
    begin = threading.Event()

    def call(number: int) -> bool:
        begin.wait(LIMIT_SECONDS)
        taken = number > 0 or host._widen_pool(sys.modules["__main__"])
        together.wait(LIMIT_SECONDS)
        return taken

    with ThreadPoolExecutor(max_workers=4) as pool:
        futures = [pool.submit(call, number) for number in range(12)]
        begin.set()
        assert [each.result(LIMIT_SECONDS) for each in futures] == [True] * 12
