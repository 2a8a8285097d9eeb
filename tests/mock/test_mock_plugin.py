"""The pytest plugin, in runs of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

# Stands in for an environment without the extra: the import system says what it says when a package is missing.
BLOCKER = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("pytest_httpserver", "werkzeug"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Blocker())
"""

USES = """
import os, urllib.request, pytest

def test_first(nbcloud_mock):
    assert os.environ["NBCLOUD_MODELARTS_ENDPOINT"] == nbcloud_mock.url
    assert "NBCLOUD_MODELARTS_AUTH_TOKEN" not in os.environ
    nbcloud_mock.modelarts.put_lease("aaaaaaaa-0000-4000-8000-000000000001")
    nbcloud_mock.clock.advance(10)

def test_second(nbcloud_mock, nbcloud_mock_server):
    assert nbcloud_mock is nbcloud_mock_server
    assert nbcloud_mock.state()["services"]["modelarts"]["notebooks"] == []
    assert nbcloud_mock.state()["clock"]["offset"] == 0

def test_third():
    assert "NBCLOUD_MODELARTS_ENDPOINT" not in os.environ
    assert os.environ["NBCLOUD_MODELARTS_AUTH_TOKEN"] == "stray"
"""

# Accounts of one process, as the client keeps them: a refusal of one test is not the next one's.
REFUSES = """
import pytest
import pulumi_nbcloud as nbcloud

NOTEBOOK = "aaaaaaaa-0000-4000-8000-000000000001"

def test_refused(nbcloud_mock):
    nbcloud_mock.faults.add(service="modelarts", status=401, body='{"error_code": "APIGW.0301", "error_msg": "no"}')
    for _ in range(2):
        with pytest.raises(nbcloud.AuthenticationError):
            nbcloud.modelarts.get_notebook_lease(NOTEBOOK)
    assert nbcloud_mock.request_count() == 1

def test_after_it(nbcloud_mock):
    nbcloud_mock.modelarts.put_lease(NOTEBOOK)
    assert nbcloud.modelarts.get_notebook_lease(NOTEBOOK).running
"""

FAILS = """
import urllib.error, urllib.request, pytest

def test_hidden_failure(nbcloud_mock, monkeypatch):
    def broken(*_): raise ZeroDivisionError("inside the mock")
    monkeypatch.setattr(nbcloud_mock.modelarts, "respond", broken)
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(nbcloud_mock.url + "/v1/x")
    caught.value.close()
"""


def run(tmp_path: Path, test: str, *, blocked: bool = False) -> subprocess.CompletedProcess[str]:
    (tmp_path / "test_it.py").write_text(test)
    root = str(Path(__file__).parents[2])
    (tmp_path / "blocker.py").write_text(BLOCKER)
    plugins = ["-p", "blocker"] if blocked else []
    # Named and not found by its entry point, so that the test does not depend on how the package is installed.
    plugins += ["-p", "pulumi_nbcloud.mock.pytest_plugin", "-p", "no:cacheprovider"]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(tmp_path), root]),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "NBCLOUD_MODELARTS_AUTH_TOKEN": "stray",
    }
    command = [sys.executable, "-m", "pytest", *plugins, "-q", "-W", "error", "--rootdir", str(tmp_path), "test_it.py"]
    return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)


def test_the_fixtures(tmp_path: Path) -> None:
    done = run(tmp_path, USES)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout


def test_a_refusal_that_one_test_plans_is_forgotten_before_the_next(tmp_path: Path) -> None:
    done = run(tmp_path, REFUSES)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


def test_a_failure_inside_the_mock_fails_the_test(tmp_path: Path) -> None:
    done = run(tmp_path, FAILS)
    assert done.returncode == 1
    assert "inside the mock" in done.stdout


def test_without_the_extra_the_fixture_says_what_to_install(tmp_path: Path) -> None:
    done = run(tmp_path, "def test_uses(nbcloud_mock): pass\ndef test_plain(): pass\n", blocked=True)
    assert done.returncode == 1
    assert "1 passed, 1 error" in done.stdout, done.stdout
    assert "hint: pip install 'pulumi-nbcloud[mock]'" in done.stdout
    assert "Traceback" not in done.stdout


@pytest.mark.parametrize("module", ["pytest_httpserver", "werkzeug", "pydantic"])
def test_a_run_that_does_not_ask_for_it_loads_nothing(tmp_path: Path, module: str) -> None:
    done = run(tmp_path, f"import sys\ndef test_plain(): assert {module!r} not in sys.modules\n")
    assert done.returncode == 0, done.stdout + done.stderr
