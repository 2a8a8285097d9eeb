"""The behaviours that `scripts/acceptance` declares, and its client that sends nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType
from typing import Any

import anyio
import pytest
from acceptance_support import CLOUDS, ROOT, Person, load_script

from pulumi_nbcloud.http.messages import Request
from pulumi_nbcloud.http.retry import RetryBudget
from pulumi_nbcloud.kinds.registry import KINDS
from pulumi_nbcloud.mock import MockClouds

SESSION = "/workspaces/{}/notebook/api/sessions/{}"


@pytest.fixture(scope="session")
def suites(acceptance: ModuleType) -> dict[str, Any]:
    found: dict[str, Any] = acceptance.SUITES
    return found


def test_every_kind_of_every_cloud_has_behaviours(suites: dict[str, Any]) -> None:
    assert tuple(suites) == CLOUDS
    assert {each.kind for suite in suites.values() for each in suite.behaviours} == set(KINDS)
    for cloud, suite in suites.items():
        assert {each.kind.partition(":")[0] for each in suite.behaviours} == {cloud}
        names = [each.name for each in suite.behaviours]
        assert len(set(names)) == len(names)


def test_every_fact_is_one_of_the_page_of_its_cloud(suites: dict[str, Any]) -> None:
    for cloud, suite in suites.items():
        page = (ROOT / "docs" / "vendors" / f"{cloud}.md").read_text(encoding="utf-8")
        for each in suite.behaviours:
            numbers = re.findall(r"[A-Z]+-\d+", each.source)
            assert numbers
            assert [number for number in numbers if f'<a id="{number.lower()}"></a>' not in page] == []


@pytest.mark.parametrize(
    ("cloud", "method", "target", "shown"),
    [
        ("modelarts", "GET", "/v1/p/notebooks/n/lease", "GET /v1/{id}/notebooks/{id}/lease"),
        ("modelarts", "GET", "/v1/p/dev-servers/jobs?id=x", "GET /v1/{id}/dev-servers/jobs?id={id}"),
        ("modelarts", "PATCH", "/v1/p/notebooks/n/lease", None),
        ("modelarts", "GET", "/v1/p/notebooks/n/lease?duration=1", None),
        ("modelarts", "GET", "/v1/p/dev-servers/jobs?name=x", None),
        ("modelarts", "GET", "/v1/p/notebooks/n/lease/", None),
        ("modelarts", "GET", "/v1/p/notebooks", None),
        ("hpcai", "POST", "/api/instance/list", "POST /api/instance/list"),
        ("hpcai", "POST", "/api/instance/stop", None),
        ("aidp", "GET", f"/a/b/p{SESSION.format('w', 's')}", f"GET /{{prefix}}/{{id}}{SESSION.format('{id}', '{id}')}"),
        ("aidp", "DELETE", f"/a/b/p{SESSION.format('w', 's')}", None),
    ],
)
def test_only_declared_reads_are_admitted(
    suites: dict[str, Any], cloud: str, method: str, target: str, shown: str | None
) -> None:
    admitted = [each for each in suites[cloud].admitted if each.admits(method, target)]
    assert [each.shown(target) for each in admitted] == ([shown] if shown else [])


@pytest.mark.parametrize(
    ("origin", "target"),
    [("http://127.0.0.1:9", "/api/instance/list"), ("URL", "/api/instance/delete")],
    ids=["another-host", "another-request"],
)
def test_a_request_that_was_not_shown_is_not_sent(
    suites: dict[str, Any], origin: str, target: str, clouds: MockClouds
) -> None:
    from acceptance_suite.sending import StoppedError, WatchedClient

    announced: list[str] = []
    client = WatchedClient(
        suites["hpcai"], frozenset({clouds.url}), lambda number, origin, shown: announced.append(shown)
    )

    async def prepare() -> Request:
        return Request("POST", origin.replace("URL", clouds.url), target)

    async def send() -> None:
        try:
            with pytest.raises(StoppedError, match="not one of those declared"):
                await client.send(prepare, budget=RetryBudget())
        finally:
            await client.aclose()

    anyio.run(send)
    assert (announced, client.count, clouds.request_count()) == ([], 0, 0)


def test_against_the_mock_everything_runs_and_nothing_is_read_from_the_environment(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUAWEICLOUD_SDK_AK", "stray")
    monkeypatch.setenv("NBCLOUD_HPCAI_API_KEY", "stray")
    monkeypatch.setenv("NBCLOUD_AIDP_TYPO", "stray")
    for cloud in CLOUDS:
        assert person.run(cloud, terminal=False) == 0
        assert set(person.outcomes("mock").values()) == {"holds"}
        assert person.out.endswith(
            f"written, readable for you alone; read it before you send it in:\n  {person.file}\n"
        )


def test_a_report_needs_the_name_of_one_cloud(person: Person, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        person.run()
    assert capsys.readouterr().err.endswith("error: name one cloud: modelarts, hpcai or aidp\n")


def test_a_folder_that_is_missing_is_noticed_before_anything_runs(person: Person, tmp_path: Path) -> None:
    person.file = tmp_path / "missing" / "report.json"
    assert person.run("aidp") == 2
    assert person.err == f"error: --out {person.file}: there is no such folder\nhint: create the folder first\n"


def test_a_report_that_cannot_be_written_in_the_end_is_an_error(
    person: Person, acceptance: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*what: object, **how: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(acceptance.private_file, "write", full)
    assert person.run("aidp") == 2
    assert person.err == "error: the report could not be written: No space left on device\n"


def test_a_run_that_is_interrupted_says_so(person: Person, acceptance: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*what: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(acceptance, "against_mock", interrupt)
    assert person.run("aidp") == 130
    assert person.err == "\ninterrupted; no report was written\n"


def test_the_script_is_where_the_tests_load_it_from() -> None:
    assert load_script().SUITES
