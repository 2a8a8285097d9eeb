"""`nbcloud explain`: what a wait would use and ask; no secret is shown and nothing is sent."""

from __future__ import annotations

import pytest
from aidp_support import pem
from cli_support import invoke
from hypothesis import example, given
from hypothesis import strategies as st
from lease_support import KIND, NOTEBOOK

from pulumi_nbcloud.cli.explain_command import POLLS_SHOWN, planned_polls
from pulumi_nbcloud.kinds.registry import KINDS, load
from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.mock.aidp.keys import FIRST
from pulumi_nbcloud.settings.schema import CredentialSet
from pulumi_nbcloud.settings.sources import variable
from pulumi_nbcloud.waiting.schedule import Schedule

TARGETS = {
    "modelarts": f"{KIND}/{NOTEBOOK}",
    "hpcai": "hpcai:Instance/notebook-1",
    "aidp": "aidp:NotebookSession/platform/workspace/session",
}
SCHEMAS = {token.partition(":")[0]: load(token).account.schema for token in KINDS}
SETS = [(cloud, each) for cloud, schema in SCHEMAS.items() for each in schema.credentials]
# The others name a file or a function, and hold nothing themselves.
HOLDERS = [(cloud, each) for cloud, each in SETS if not each.keys & {"configFile", "signer"}]


def canary(key: str) -> str:
    plain = f"canary-{key}-7f3a"
    return {"privateKey": pem("canary-passphrase-7f3a"), "fingerprint": FIRST.fingerprint}.get(key, plain)


@pytest.mark.parametrize(("cloud", "credentials"), HOLDERS, ids=lambda each: getattr(each, "text", each))
def test_no_secret_is_shown(
    clouds: MockClouds, monkeypatch: pytest.MonkeyPatch, cloud: str, credentials: CredentialSet
) -> None:
    keys = credentials.required or credentials.optional[:1]
    keys += tuple(key for key in ("securityToken", "passphrase") if key in credentials.optional)
    for key, value in clouds.service(cloud).settings(None).items():
        if key in SCHEMAS[cloud].free:
            monkeypatch.setenv(variable(cloud, None, key), value)
    for key in keys:
        monkeypatch.setenv(variable(cloud, None, key), canary(key))
    done = invoke("explain", TARGETS[cloud], "--verbose")
    assert done.code == 0, done.err
    for key in keys:
        assert f"    {key} = " in done.out
        # Of a key in PEM each line tells something.
        shown = [line for line in canary(key).splitlines() if len(line) > 8 and line in done.out + done.err]
        assert bool(shown) == (key in SCHEMAS[cloud].public), key
    assert clouds.requests == []


def test_every_credential_key_that_is_shown_is_so_on_purpose() -> None:
    shown = {key for schema in SCHEMAS.values() for key in schema.credential_keys if schema.secret(key) is None}
    assert shown == {
        "username",
        "domainName",
        "tenancy",
        "user",
        "fingerprint",
        "configFile",
        "configProfile",
        "signer",
    }


def test_a_proxy_variable_that_is_not_used(nbcloud_mock: MockClouds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://user:canary@proxy.example:3128")
    line = "    HTTPS_PROXY is set, and is not used: set proxy if it is the only way out"
    done = invoke("explain", TARGETS["modelarts"])
    assert line in done.out.splitlines()
    assert "canary" not in done.out
    monkeypatch.setenv("NBCLOUD_MODELARTS_PROXY", "http://proxy.example:3128")
    assert line not in invoke("explain", TARGETS["modelarts"]).out.splitlines()


def test_targets_settings_conditions_and_schedule(nbcloud_mock: MockClouds) -> None:
    done = invoke(
        "explain",
        *(f"{name}={target}" for name, target in TARGETS.items()),
        "--until",
        'modelarts.running && (hpcai.status == "Running" || has(aidp.kernel))',
        "--timeout",
        "2m",
    )
    assert (done.code, done.err) == (0, "")
    assert nbcloud_mock.requests == [], "nothing is sent"
    lines = done.out.splitlines()
    url = nbcloud_mock.url
    assert f"modelarts: {TARGETS['modelarts'].replace('/', ' ')}" in lines
    assert f"  asks POST {url}/api/instance/list" in lines
    assert [line for line in lines if line.startswith("  asks GET ")] == [
        f"  asks GET {url}/v1/{{project_id}}/notebooks/{NOTEBOOK}/lease",
        f"  asks GET {url}/20260430/aiDataPlatforms/platform/workspaces/workspace/notebook/api/sessions/session",
    ]
    assert f"    endpoint = {url}  from the environment (NBCLOUD_MODELARTS_…)" in lines
    assert "    secretKey = (hidden)  from the environment (NBCLOUD_MODELARTS_…)" in lines
    at = lines.index("waits until")
    assert lines[at : at + 6] == [
        "waits until",
        "  all of:",
        "    modelarts.running",
        "    any of:",
        '      hpcai.status == "Running"',
        "      has(aidp.kernel)",
    ]
    assert f'  modelarts: self.not_running_reason == "FROZEN"  (default of {KIND})' in lines
    # The slowest of the three asks each 30 s, because reading it may cost.
    assert lines[-3] == "polls 0s, 30s, 1m, 1m30s, 2m"
    assert lines[-2].startswith("  5 polls if nothing changes; each pause may be ")


def test_defaults_of_the_kinds_and_a_growing_pause(nbcloud_mock: MockClouds) -> None:
    lines = invoke("explain", TARGETS["modelarts"]).out.splitlines()
    assert f"  self: self.running  (default of {KIND})" in lines
    assert lines[-3].startswith("polls 0s, 5s, ")
    assert lines[-3].endswith(", ... 30m")


def test_a_fail_on_of_ones_own(nbcloud_mock: MockClouds) -> None:
    def ends(*arguments: str) -> list[str]:
        lines = invoke("explain", TARGETS["modelarts"], *arguments).out.splitlines()
        at = lines.index("ends as failed if") + 1
        return lines[at : next(index for index in range(at, len(lines)) if lines[index].startswith("polls"))]

    default = f'  self: self.not_running_reason == "FROZEN"  (default of {KIND})'
    assert ends() == [default]
    assert ends("--fail-on", "!self.running") == ["  !self.running", default]
    assert ends("--no-fail-on") == ["  nothing: no failure counts"]


def test_two_targets_of_one_account_show_its_settings_once(nbcloud_mock: MockClouds) -> None:
    done = invoke("explain", f"a={TARGETS['modelarts']}", f"b={TARGETS['modelarts']}")
    assert done.out.count("  settings of modelarts") == 1


@pytest.mark.parametrize(
    ("arguments", "first"),
    [
        (("nothing",), "error: there is no kind 'nothing'"),
        ((TARGETS["modelarts"], "--until", "self.x"), "error: --until: self.x is not a field"),
    ],
)
def test_errors_come_before_any_output(nbcloud_mock: MockClouds, arguments: tuple[str, ...], first: str) -> None:
    done = invoke("explain", *arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(first)


def test_no_credentials(clouds: MockClouds) -> None:
    done = invoke("explain", TARGETS["modelarts"])
    assert done.code == 2
    assert done.error[0].startswith("error: no credentials for modelarts; looked in ")
    assert clouds.requests == []


def test_of_a_proxy_only_the_origin_is_shown(nbcloud_mock: MockClouds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable("modelarts", None, "proxy"), "http://somebody:canary-7f3a@proxy.example.com:8080")
    done = invoke("explain", TARGETS["modelarts"])
    assert "    proxy = http://proxy.example.com:8080  from " in done.out
    assert "canary-7f3a" not in done.out + done.err


def test_the_options_are_shown(nbcloud_mock: MockClouds) -> None:
    lines = invoke("explain", TARGETS["modelarts"], "--consecutive", "3", "--not-found", "fail").out.splitlines()
    assert lines[-1] == "  met after 3 polls in a row; not found: fail; 10 failed polls in a row end it"


def test_options_that_count_time_are_shown_where_they_are_given(nbcloud_mock: MockClouds) -> None:
    times = ("--holds-for", "10m", "--fail-holds-for", "90s", "--appear-timeout", "5m", "--stall-timeout", "20m")
    assert invoke("explain", TARGETS["modelarts"], *times).out.splitlines()[-1] == (
        "  met once it has held for 10m; failed once a failure has held for 1m30s; not found: wait; "
        "each must be found within 5m; stalled after 20m without a change; 10 failed polls in a row end it"
    )
    both = invoke("explain", TARGETS["modelarts"], "--consecutive", "3", "--holds-for", "10m").out.splitlines()[-1]
    assert both == (
        "  met after 3 polls in a row, once it has held for 10m; not found: wait; 10 failed polls in a row end it"
    )


def test_how_long_a_failure_of_a_kind_must_hold_is_shown(nbcloud_mock: MockClouds) -> None:
    lines = invoke("explain", TARGETS["hpcai"]).out.splitlines()
    default = "(default of hpcai:Instance, once it has held for 3m)"
    assert f'  self: self.diagnosis_reason == "BackOff"  {default}' in lines


# In milliseconds, as a duration can be written; the pause grows where the second is longer.
@given(start=st.integers(1000, 40_000), cap=st.integers(1000, 60_000), timeout=st.integers(0, 3_600_000))
@example(start=5000, cap=30_000, timeout=0)
@example(start=5000, cap=30_000, timeout=1_800_000)
@example(start=5000, cap=5500, timeout=61_000)
@example(start=30_000, cap=30_000, timeout=180_000)
@example(start=30_000, cap=30_000, timeout=180_001)
@example(start=38_900, cap=38_900, timeout=2_606_300)
def test_planned_looks_are_those_of_a_wait_that_sees_nothing_new(start: int, cap: int, timeout: int) -> None:
    def schedule() -> Schedule:
        return Schedule(start / 1000, cap / 1000, random=lambda: 0.5)

    end, walked, plain = timeout * 1_000_000, [0], schedule()
    while walked[-1] < end:
        walked.append(min(end, walked[-1] + round(plain.next() * 1e9)))
    polls, count = planned_polls(schedule(), timeout / 1000)
    assert (polls, count) == ([each / 1e9 for each in walked[: len(polls)]], len(walked))
    assert len(polls) > POLLS_SHOWN or len(polls) == count


def test_a_pause_that_fits_the_timeout_gives_no_look_too_many(nbcloud_mock: MockClouds) -> None:
    """58 pauses; in floating point the sum of them is a little less."""
    lines = invoke("explain", TARGETS["modelarts"], "--timeout", "266.8s", "--interval", "4.6s").out.splitlines()
    assert lines[-2].startswith("  59 polls if nothing changes; ")


def test_the_polls_of_a_wait_with_hold_are_those_of_one_run(nbcloud_mock: MockClouds) -> None:
    wait = (TARGETS["modelarts"], "--timeout", "40h", "--interval", "10s")
    lines = invoke("explain", *wait, "--hold", "25s").out.splitlines()
    assert lines[-3] == "polls 0s, 10s, 20s, 25s"
    assert lines[-2].startswith("  4 polls in each run if nothing changes; ")
    assert "awaiting after 25s" in lines[-1]
    assert "awaiting after one poll" in invoke("explain", *wait, "--hold", "0").out
    assert invoke("explain", *wait[:-2], "--interval", "40h", "--hold", "50h").out.count(" in each run") == 0


def test_a_month_of_seconds_is_not_walked_through() -> None:
    asked: list[float] = []

    def steady() -> float:
        asked.append(0.5)
        return 0.5

    _, count = planned_polls(Schedule.fixed(1.0, random=steady), 30 * 86_400.0)
    assert (count, len(asked) < 20) == (30 * 86_400 + 1, True)


def test_what_the_vendors_tools_would_take_is_listed_with_the_reason(
    nbcloud_mock: MockClouds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HW_ACCESS_KEY", "canary-ak-7f3a")
    monkeypatch.setenv("HW_PROFILE", "canary-profile-7f3a")
    monkeypatch.setenv("HUAWEICLOUD_SDK_DOMAIN_ID", "canary-domain-7f3a")
    done = invoke("explain", TARGETS["modelarts"])
    assert done.code == 0, done.err
    ours = "the environment (NBCLOUD_MODELARTS_…)"
    assert [line for line in done.out.splitlines() if "passed over" in line] == [
        f"    passed over: HW_ACCESS_KEY, because accessKey comes from {ours}",
        f"    passed over: HW_PROFILE, because the credentials come from {ours}",
        "    passed over: HUAWEICLOUD_SDK_DOMAIN_ID, because ModelArts is asked by project",
    ]
    assert "7f3a" not in done.out + done.err
    assert nbcloud_mock.requests == []


def test_what_is_refused_by_name_ends_it(clouds: MockClouds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HW_ACCESS_KEY", "a")
    monkeypatch.setenv("HW_SECRET_KEY", "s")
    monkeypatch.setenv("HW_ASSUME_ROLE_AGENCY_NAME", "canary-7f3a")
    done = invoke("explain", TARGETS["modelarts"])
    assert done.code == 2
    assert "HW_ASSUME_ROLE_AGENCY_NAME chooses who signs in for terraform-provider-huaweicloud" in done.err
    assert "7f3a" not in done.err
    assert clouds.requests == []


def test_a_named_condition_is_spelled_out(nbcloud_mock: MockClouds) -> None:
    job = f"job=modelarts:DevServerJob/{NOTEBOOK}"
    done = invoke("explain", job, f"lease={KIND}/{NOTEBOOK}", "--until", "deleted", "--allow-absent")
    lines = done.out.splitlines()
    at = lines.index("waits until")
    assert lines[at : at + 6] == [
        "waits until",
        '  job: self.status == "DELETED", or not found  (deleted of modelarts:DevServerJob)',
        f"  lease: not found  (deleted of {KIND})",
        "ends as failed if",
        "  nothing: no failure counts",
        "polls 0s, 5s, 12s, 24s, 41s, 1m6s, ... 30m",
    ]
    assert "; not found: met; deleted counts for what was never found too; " in lines[-1]
    done = invoke("explain", job, f"b={job.removeprefix('job=')}", "--until", "finished", "--fail-on", "failed")
    lines = done.out.splitlines()
    at = lines.index("ends as failed if")
    assert lines[at - 1] == (
        '  b: self.status == "FINISHED" && self.abnormal_count == 0  (finished of modelarts:DevServerJob)'
    )
    assert lines[at + 1 : at + 4] == [
        '  job: self.status == "FINISHED" && self.abnormal_count > 0  (failed of modelarts:DevServerJob)',
        '  b: self.status == "FINISHED" && self.abnormal_count > 0  (failed of modelarts:DevServerJob)',
        '  job: self.status == "FINISHED" && self.abnormal_count > 0  (default of modelarts:DevServerJob)',
    ]
    assert nbcloud_mock.requests == []


def test_only_an_enforcement_that_is_not_the_default_is_told(nbcloud_mock: MockClouds) -> None:
    assert "enforcement" not in invoke("explain", TARGETS["modelarts"]).out
    lines = invoke("explain", TARGETS["modelarts"], "--enforcement", "advisory").out.splitlines()
    assert lines[-1].endswith("; enforcement: advisory")
