"""The tables of what the vendors' tools read, each entry tried on the vendor's own tool beside ours.

An entry that is honoured changes what both of them sign as, read or ask, in the same way; one that is refused changes
what the vendor's tool does, and ends ours; one that is harmless changes neither, and is told.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import oci
import pytest
from aidp_support import pem
from huaweicloudsdkcore.auth import internal, provider
from huaweicloudsdkcore.exceptions.exceptions import ApiTypeError, ApiValueError, SdkException
from huaweicloudsdkcore.utils import six_utils
from huaweicloudsdkmodelarts.v1.region.modelarts_region import ModelArtsRegion
from nbcloud_support import NO_CONFIG
from oci import regions as oci_regions

from pulumi_nbcloud.clouds.aidp import account as aidp
from pulumi_nbcloud.clouds.aidp.credentials import FileCredentials, KeyCredentials
from pulumi_nbcloud.clouds.aidp.identity import IDENTITY as ORACLES
from pulumi_nbcloud.clouds.hpcai import account as hpcai
from pulumi_nbcloud.clouds.hpcai.identity import IDENTITY as HPCAIS
from pulumi_nbcloud.clouds.modelarts import account as modelarts
from pulumi_nbcloud.clouds.modelarts.identity import IDENTITY as HUAWEIS
from pulumi_nbcloud.clouds.modelarts.schema import endpoint_of, find_iam_endpoint, iam_endpoint_of
from pulumi_nbcloud.errors import SettingsError
from pulumi_nbcloud.http.client import Client
from pulumi_nbcloud.mock.aidp.keys import FIRST
from pulumi_nbcloud.settings.identity import Chooses, Entry, Treatment
from pulumi_nbcloud.settings.resolve import resolve
from pulumi_nbcloud.settings.schema import Schema

SCHEMAS: dict[str, tuple[Schema, tuple[Entry, ...]]] = {
    "modelarts": (modelarts.SCHEMA, HUAWEIS),
    "hpcai": (hpcai.SCHEMA, HPCAIS),
    "aidp": (aidp.SCHEMA, ORACLES),
}
REGION = "cn-north-4"
SECRETS = "the-very-secret"


@dataclass(frozen=True)
class Seen:
    """What a tool would do: sign in as whom, for which project, and ask which host."""

    who: tuple[str | None, ...]
    project: str | None
    host: str
    iam: str | None = None


# --- the tables themselves


@pytest.mark.parametrize("cloud", SCHEMAS)
def test_a_table_is_whole(cloud: str) -> None:
    schema, entries = SCHEMAS[cloud]
    assert schema.identity is entries
    names = [each.name for each in entries]
    assert len(names) == len(set(names))
    for each in entries:
        assert each.reason or each.treatment is Treatment.HONOURED, each.name
        assert each.key is None or each.key in schema.keys, each.name
        assert set(each.unless) <= {*schema.keys}, each.name
        if each.is_variable and each.treatment is Treatment.HONOURED and each.key:
            assert each in [variable for source in schema.environment for variable in source.entries], each.name


@pytest.mark.parametrize("name", [each.name for _, entries in SCHEMAS.values() for each in entries if each.is_variable])
def test_a_named_profile_hears_no_variable_of_a_vendor(name: str) -> None:
    schema = next(schema for schema, entries in SCHEMAS.values() if any(each.name == name for each in entries))
    first = schema.credentials[0].required or ("configProfile",)
    region = () if schema is hpcai.SCHEMA else ("region",)
    config = {"nbcloud:profiles": {"lab": {schema.cloud: dict.fromkeys((*first, *region), "x")}}}
    shown = name.replace("{REGION}", "X")
    found = resolve(schema, "lab", config.get, {shown: "other"})
    assert [each.name for each in found.passed_over] == [shown]
    assert "hears no variable" in found.passed_over[0].reason


# --- Huawei's SDK


def huaweis(environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Seen:
    """What Huawei's SDK would do with an environment, asked by its own chain; nothing of it leaves this process."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(internal.OidcStsAccessor, "get_credential", _unsent("oidc"))
    monkeypatch.setattr(internal.PodIdentityAccessor, "get_credential", _unsent("pod"))
    # It reads its file of regions once in a process.
    monkeypatch.setattr(six_utils.SingletonMeta, "_instances", {})
    chain = [
        provider.OidcStsCredentialProvider.get_basic(),
        provider.EnvCredentialProvider.get_basic(),
        provider.ProfileCredentialProvider.get_basic(),
        provider.PodIdentityCredentialProvider.get_basic(),
    ]
    for each in chain:
        try:
            found = each.get_credentials()
        except (ApiTypeError, ApiValueError, SdkException):
            continue
        region = ModelArtsRegion.value_of(REGION)
        return Seen(
            (found.ak, found.sk, found.security_token, found.idp_id, type(found.sts_accessor).__name__),
            found.project_id,
            region.endpoints[0],
            found.iam_endpoint or internal.IamHelper.get_iam_endpoint(REGION),
        )
    raise AssertionError("Huawei's SDK finds no credentials")


def _unsent(name: str) -> Callable[..., internal.Credential]:
    def get(*_: object, **__: object) -> internal.Credential:
        given = internal.Credential()
        given.access, given.secret, given.security_token, given.expire_at = name, name, name, 4e9
        return given

    return get


def our_modelarts(environment: Mapping[str, str]) -> tuple[Seen, list[str]]:
    found = resolve(modelarts.SCHEMA, None, NO_CONFIG, {"NBCLOUD_MODELARTS_REGION": REGION, **environment})
    values = found.values
    account = modelarts.ModelArtsAccount(found, Client())
    who = (values.get("accessKey"), values.get("secretKey"), values.get("securityToken"), None, "NoneType")
    seen = Seen(who, values.get("projectId"), account.endpoint, find_iam_endpoint(found))
    return seen, [each.name for each in found.passed_over]


SDKS_PAIR = {"HUAWEICLOUD_SDK_AK": "ak", "HUAWEICLOUD_SDK_SK": SECRETS, "HUAWEICLOUD_SDK_PROJECT_ID": "project"}
SAMPLES = {
    "HUAWEICLOUD_SDK_IAM_ENDPOINT": "https://iam.example.com",
    "HUAWEICLOUD_SDK_STS_ENDPOINT": "https://sts.example.com",
    "HUAWEICLOUD_SDK_REGION_MODELARTS_CN_NORTH_4": "https://modelarts.example.com",
    "HUAWEICLOUD_OIDC_ID_TOKEN": "token",
    "HUAWEICLOUD_OIDC_DURATION_SECONDS": "900",
}


def tried_environment(entry: Entry, base: Mapping[str, str], folder: Path) -> dict[str, str]:
    """An environment in which an entry, and what it needs, is set."""
    name = entry.variable(REGION)
    files = {
        "HUAWEICLOUD_SDK_CREDENTIALS_FILE": "[basic]\nak = of-file\nsk = of-file\nproject_id = of-file\n",
        "HUAWEICLOUD_SDK_REGIONS_FILE": f"MODELARTS:\n  - id: {REGION}\n    endpoint: https://modelarts.example.com\n",
    }
    (folder / "named").write_text(files.get(name, "token"))
    is_file = name in files or name.endswith("_FILE")
    value = str(folder / "named") if is_file else SAMPLES.get(name, "other")
    needed = {each: str(folder / "named") if each.endswith("_FILE") else "needed" for each in entry.needs}
    left = dict(base)
    if name == "HUAWEICLOUD_SDK_CREDENTIALS_FILE" or entry.source == "the server":
        left = {}  # it only counts where nothing before it does
    if entry.name == "HUAWEICLOUD_OIDC_PROVIDER_URN":
        needed["HUAWEICLOUD_OIDC_ID_TOKEN"] = "token"
    return {**left, **needed, name: value}


@pytest.mark.parametrize(
    "entry",
    [each for each in HUAWEIS if "huaweicloudsdkcore" in each.by and each.is_variable],
    ids=lambda entry: entry.name,
)
def test_huaweis_sdk_beside_ours(entry: Entry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = entry.variable(REGION)
    tried = tried_environment(entry, SDKS_PAIR, tmp_path)
    with monkeypatch.context() as patch:
        before = huaweis(SDKS_PAIR, patch)
    assert our_modelarts(SDKS_PAIR) == (before, [])
    if entry.source == "the server" and entry.treatment is Treatment.HARMLESS:
        tried |= SDKS_PAIR
    with monkeypatch.context() as patch:
        after = huaweis(tried, patch)
    if entry.treatment is Treatment.REFUSED:
        assert after != before
        with pytest.raises(SettingsError) as caught:
            our_modelarts(tried)
        assert f"the environment variable {name} chooses {entry.chooses.value}" in caught.value.problem
        assert caught.value.hint
        assert SECRETS not in str(caught.value)
        return
    seen, passed = our_modelarts(tried)
    assert seen == after
    if entry.treatment is Treatment.HARMLESS:
        assert after == before
        assert passed == [name]
    else:
        assert after != before
        assert passed == []


@pytest.mark.parametrize("key", ["ak", "sk", "security_token", "project_id", "iam_endpoint", "domain_id"])
def test_huaweis_file_beside_ours(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = Path(os.environ["HOME"], ".huaweicloud", "credentials")
    path.parent.mkdir()
    values = {"ak": "ak", "sk": "sk", "project_id": "p", key: "https://iam.example.com" if "end" in key else "other"}
    path.write_text("[basic]\n" + "".join(f"{name} = {value}\n" for name, value in values.items()))
    with monkeypatch.context() as patch:
        theirs = huaweis({}, patch)
    assert our_modelarts({"HOME": os.environ["HOME"]})[0] == theirs


def test_huaweis_federation_in_a_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    path = Path(os.environ["HOME"], ".huaweicloud", "credentials")
    path.parent.mkdir()
    path.write_text("[basic]\nak = ak\nsk = sk\nidp_id = idp\nid_token_file = /token\n")
    with monkeypatch.context() as patch:
        assert huaweis({}, patch).who[3] == "idp"
    with pytest.raises(SettingsError, match=r"signs in through an identity provider .*idp_id and id_token_file"):
        our_modelarts({"HOME": os.environ["HOME"]})
    # Below a whole source it does not matter.
    assert our_modelarts({"HOME": os.environ["HOME"], **SDKS_PAIR})[0].who[0] == "ak"


def test_huaweis_file_of_regions_is_refused_where_it_names_modelarts(monkeypatch: pytest.MonkeyPatch) -> None:
    path = Path(os.environ["HOME"], ".huaweicloud", "regions.yaml")
    path.parent.mkdir()
    environment = {"HOME": os.environ["HOME"], **SDKS_PAIR}
    path.write_text(f"ECS:\n  - id: {REGION}\n    endpoint: https://ecs.example.com\n")
    with monkeypatch.context() as patch:
        assert huaweis(SDKS_PAIR, patch) == our_modelarts(environment)[0]
    path.write_text(f"modelarts:\n  - id: {REGION}\n    endpoint: https://modelarts.example.com\n")
    with monkeypatch.context() as patch:
        assert huaweis(SDKS_PAIR, patch).host == "https://modelarts.example.com"
    with pytest.raises(SettingsError, match=r"regions\.yaml replaces hosts of ModelArts"):
        our_modelarts(environment)
    assert our_modelarts({**environment, "NBCLOUD_MODELARTS_ENDPOINT": "https://e"})[0].host == "https://e"


def test_every_region_of_huaweis_sdk_has_the_hosts_that_it_has_there() -> None:
    theirs = {
        region: (found.endpoints[0], internal.IamHelper.get_iam_endpoint(region))
        for region, found in ModelArtsRegion.static_fields.items()
    }
    assert {region: (endpoint_of(region), iam_endpoint_of(region)) for region in theirs} == theirs
    assert {region for region, (_, iam) in theirs.items() if region not in iam} == {
        "af-north-1",
        "cn-southwest-3",
        "cn-north-11",
    }


def test_every_region_of_huaweis_iam_has_the_host_that_it_has_there() -> None:
    from huaweicloudsdkcore.auth import endpoint

    theirs = next(value for name, value in vars(endpoint).items() if name.endswith("IAM_ENDPOINT_DICT"))
    assert {region: iam_endpoint_of(region) for region in theirs} == theirs


# --- Terraform's provider of Huawei, which is no Python package: what its source says


HW_PAIR = {"HW_ACCESS_KEY": "ak", "HW_SECRET_KEY": SECRETS}
HW_USER = {"HW_USER_NAME": "u", "HW_USER_PASSWORD": "pw", "HW_DOMAIN_NAME": "d"}


@pytest.mark.parametrize(
    ("environment", "credentials", "others"),
    [
        (HW_PAIR, {"accessKey", "secretKey"}, {}),
        # An account's name goes with a key pair, too, and says nothing of its own.
        ({**HW_PAIR, "HW_DOMAIN_NAME": "d"}, {"accessKey", "secretKey"}, {}),
        (HW_USER, {"username", "password", "domainName"}, {}),
        # In the order of the provider: a token, a key pair, a user.
        ({**HW_PAIR, **HW_USER}, {"accessKey", "secretKey"}, {}),
        ({**HW_PAIR, **HW_USER, "HW_AUTH_TOKEN": "t"}, {"authToken"}, {}),
        (
            {**HW_PAIR, "HW_PROJECT_NAME": "cn-north-4_dev"},
            {"accessKey", "secretKey"},
            {"projectName": "cn-north-4_dev"},
        ),
        (
            {**HW_PAIR, "HW_PROJECT_NAME": "cn-north-4_dev", "HW_PROJECT_ID": "p"},
            {"accessKey", "secretKey"},
            {"projectId": "p"},
        ),
        (
            {**HW_PAIR, "HW_AUTH_URL": "https://iam.example.com/v3"},
            {"accessKey", "secretKey"},
            {"iamEndpoint": "https://iam.example.com"},
        ),
        ({**HW_PAIR, "HW_CLOUD": "myhuaweicloud.com"}, {"accessKey", "secretKey"}, {}),
        ({**HW_PAIR, "HW_REGION_NAME": "cn-east-3"}, {"accessKey", "secretKey"}, {"region": "cn-east-3"}),
    ],
)
def test_what_terraform_takes_of_huaweis_variables(
    environment: dict[str, str], credentials: set[str], others: dict[str, str]
) -> None:
    found = resolve(modelarts.SCHEMA, None, NO_CONFIG, environment)
    assert credentials == found.credential_keys & found.values.keys()
    assert {key: value for key, value in found.values.items() if key not in found.credential_keys} == others


@pytest.mark.parametrize(
    ("name", "also"),
    [
        ("HW_ASSUME_ROLE_AGENCY_NAME", {}),
        ("HW_ASSUME_ROLE_AGENCY_NAME", {"HW_ASSUME_ROLE_DOMAIN_NAME": "d"}),
        ("HW_PROFILE", {}),
        ("HW_SHARED_CONFIG_FILE", {}),
        ("HW_CLOUD", {}),
        ("OS_AUTH_TOKEN", {}),
        ("OS_PROJECT_ID", {}),
        ("OS_PROJECT_NAME", {}),
        ("OS_TENANT_NAME", {}),
        ("OS_REGION_NAME", {}),
        ("OS_AUTH_URL", {}),
        ("OS_AGENCY_NAME", {"OS_AGENCY_DOMAIN_NAME": "d"}),
    ],
)
def test_what_terraform_takes_and_we_refuse(name: str, also: dict[str, str]) -> None:
    tried = {**HW_PAIR, **also, name: "canary"}
    with pytest.raises(SettingsError) as caught:
        resolve(modelarts.SCHEMA, None, NO_CONFIG, tried)
    assert f"the environment variable {name} chooses" in caught.value.problem
    assert "canary" not in str(caught.value)
    # Below a whole source it is passed over, and told.
    found = resolve(modelarts.SCHEMA, None, NO_CONFIG, {**SDKS_PAIR, **tried, "NBCLOUD_MODELARTS_REGION": REGION})
    assert found.values["accessKey"] == "ak"
    assert name in [each.name for each in found.passed_over]


def test_openstacks_variables_alone_do_not_matter() -> None:
    openstack = dict.fromkeys(("OS_USERNAME", "OS_PASSWORD", "OS_PROJECT_NAME", "OS_AUTH_URL", "OS_REGION_NAME"), "x")
    with pytest.raises(SettingsError, match="no credentials for modelarts"):
        resolve(modelarts.SCHEMA, None, NO_CONFIG, openstack)
    found = resolve(modelarts.SCHEMA, None, NO_CONFIG, {**openstack, **SDKS_PAIR})
    assert {each.name for each in found.passed_over} == set(openstack)
    # What Terraform would take first comes before them.
    whole = {**HW_PAIR, "HW_PROJECT_NAME": "n", "HW_REGION_NAME": "r", "HW_AUTH_URL": "https://i"}
    assert resolve(modelarts.SCHEMA, None, NO_CONFIG, {**openstack, **whole}).values["projectName"] == "n"


def test_what_would_sign_in_where_nothing_else_does_is_refused_by_name() -> None:
    with pytest.raises(SettingsError, match="HW_PROFILE chooses who signs in"):
        resolve(modelarts.SCHEMA, None, NO_CONFIG, {"HW_PROFILE": "prod"})


# --- HPC-AI


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("https://cloud.example.com/finetunesdk", "https://cloud.example.com"),
        ("https://cloud.example.com/finetunesdk/", "https://cloud.example.com"),
        ("https://www.hpc-ai.com/api", "https://www.hpc-ai.com"),
        ("https://cloud.example.com", "https://cloud.example.com"),
        ("https://cloud.example.com/another", None),
        ("http://cloud.example.com/finetunesdk", None),
    ],
)
def test_the_base_url_of_hpcais_package(url: str, endpoint: str | None) -> None:
    def ours(environment: Mapping[str, str], config: Mapping[str, Any] | None = None) -> str:
        return hpcai.HpcAiAccount(resolve(hpcai.SCHEMA, None, (config or {}).get, environment), Client()).endpoint

    environment = {"HPCAI_API_KEY": "key", "HPCAI_BASE_URL": url}
    if endpoint is None:
        with pytest.raises(SettingsError, match=r"hpcai endpoint \(from the environment \(HPCAI_…\)\)"):
            ours(environment)
    else:
        assert ours(environment) == endpoint
    # It goes with the key beside it, never with another.
    assert ours(environment, {"nbcloud:hpcai": {"apiKey": "another"}}) == "https://hpc-ai.com"
    found = resolve(hpcai.SCHEMA, None, {"nbcloud:hpcai": {"apiKey": "another"}}.get, environment)
    assert [each.name for each in found.passed_over] == ["HPCAI_API_KEY", "HPCAI_BASE_URL"]


# --- Oracle's SDK


PRINT = FIRST.fingerprint
TEMPLATE = "https://aidp.{region}.oci.{secondLevelDomain}"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder with Oracle's file, another file elsewhere, and a key."""
    home = Path(os.environ["HOME"])
    (home / ".oci").mkdir()
    key = tmp_path / "key.pem"
    key.write_text(pem())
    for path, user, region in (
        (home / ".oci" / "config", "default", "us-ashburn-1"),
        (tmp_path / "else", "else", "PHX"),
    ):
        tenancy = f"tenancy=ocid1.tenancy.oc1..t\nfingerprint={PRINT}\nkey_file={key}\nregion={region}\n"
        path.write_text(f"[DEFAULT]\nuser=ocid1.user.oc1..{user}\n{tenancy}[EAST]\nuser=ocid1.user.oc1..{user}-east\n")
    return home


def oracles(environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Seen:
    """What Oracle's SDK would do with an environment."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    config = oci.config.from_file()
    oci.config.validate_config(config)
    signer = oci.Signer.from_config(config)
    region = oci_regions.get_region_from_short_name(config["region"])
    host = oci_regions.endpoint_for("aidp", region=region, service_endpoint_template=TEMPLATE)
    return Seen((signer.api_key,), None, host)


def our_aidp(environment: Mapping[str, str]) -> tuple[Seen, list[str]]:
    found = resolve(aidp.SCHEMA, None, NO_CONFIG, {"HOME": os.environ["HOME"], **environment})
    account = aidp.AidpAccount(found, Client())
    assert isinstance(account.credentials, FileCredentials | KeyCredentials)
    held = account.credentials
    key_id = held._loaded.key_id if isinstance(held, FileCredentials) else held._key_id
    return Seen((key_id,), None, account.endpoint), [each.name for each in found.passed_over]


@pytest.mark.parametrize(
    "entry",
    [
        each
        for each in ORACLES
        if "oci" in each.by.replace("oci-cli", "").replace("provider-oci", "").split(", ") and each.is_variable
    ],
    ids=lambda entry: entry.name,
)
def test_oracles_sdk_beside_ours(entry: Entry, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    samples = {"OCI_CONFIG_FILE": str(tmp_path / "else"), "OCI_REGION": "eu-milan-1"}
    tried = {entry.name: samples.get(entry.name, "other")}
    with monkeypatch.context() as patch:
        before = oracles({}, patch)
    assert our_aidp({}) == (before, [])
    if entry.name == "OCI_CONFIG_FILE":
        with pytest.raises(SettingsError, match="OCI_CONFIG_FILE names another file"):
            our_aidp(tried)
        (home / ".oci" / "config").unlink()
    if entry.name == "OCI_REGION":
        path = home / ".oci" / "config"
        path.write_text(path.read_text().replace("region=us-ashburn-1\n", ""))
    if entry.treatment is Treatment.REFUSED:
        with pytest.raises(SettingsError, match=f"the environment variable {entry.name} chooses the host for oci"):
            our_aidp(tried)
        return
    with monkeypatch.context() as patch:
        after = oracles(tried, patch)
    seen, passed = our_aidp(tried)
    assert seen == after
    assert (after != before, passed) == ((True, []) if entry.treatment is Treatment.HONOURED else (False, [entry.name]))


@pytest.mark.parametrize("region", ["iad", "PHX", "US-ASHBURN-1", "eu-frankfurt-2", "str", "us-gov-ashburn-1"])
def test_a_region_of_a_profile_is_written_as_for_oracles_sdk(
    region: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = home / ".oci" / "config"
    path.write_text(path.read_text().replace("us-ashburn-1", region))
    with monkeypatch.context() as patch:
        theirs = oracles({}, patch)
    # The SDK keeps capitals in the host; names of hosts have no case.
    assert our_aidp({})[0] == replace(theirs, host=theirs.host.lower())


def test_every_region_of_oracles_sdk_has_the_host_that_it_has_there() -> None:
    from oci.regions_definitions import REGION_REALMS, REGIONS_SHORT_NAMES

    from pulumi_nbcloud.clouds.aidp.regions import REALMS, SHORT_NAMES, full_name

    assert SHORT_NAMES == REGIONS_SHORT_NAMES
    assert {region: realm for region, (realm, _) in REALMS.items()} == REGION_REALMS
    for short, region in REGIONS_SHORT_NAMES.items():
        assert full_name(short.upper(), "x") == full_name(region.upper(), "x") == region
        theirs = oci_regions.endpoint_for("aidp", region=region, service_endpoint_template=TEMPLATE)
        assert aidp.endpoint_of(region) == theirs


def test_a_region_is_only_checked_where_it_is_used(home: Path) -> None:
    path = home / ".oci" / "config"
    path.write_text(path.read_text().replace("us-ashburn-1", "us-nowhere-1"))
    with pytest.raises(SettingsError) as caught:
        our_aidp({})
    assert caught.value.problem == (
        "region of profile DEFAULT in ~/.oci/config, us-nowhere-1, is no region that Oracle's SDK knows, so its realm "
        "and host are not known"
    )
    assert "set endpoint" in (caught.value.hint or "")
    assert our_aidp({"NBCLOUD_AIDP_REGION": "iad"})[0].host == "https://aidp.us-ashburn-1.oci.oraclecloud.com"
    assert our_aidp({"NBCLOUD_AIDP_ENDPOINT": "https://e"})[0].host == "https://e"
    assert our_aidp({"NBCLOUD_AIDP_ENDPOINT": "https://e", "NBCLOUD_AIDP_REGION": "nowhere"})[0].host == "https://e"


def test_an_ocid_of_another_realm_than_the_regions_is_refused_unsent(home: Path) -> None:
    found = resolve(aidp.SCHEMA, None, NO_CONFIG, {"HOME": str(home)})
    account = aidp.AidpAccount(found, Client())
    account.check_realm("ocid1.aidataplatform.oc1.iad.aaaa")
    account.check_realm("no ocid at all")
    with pytest.raises(SettingsError, match=r"OCID is of realm oc19, the region us-ashburn-1 of realm oc1") as caught:
        account.check_realm("ocid1.aidataplatform.oc19.eu-frankfurt-2.aaaa")
    assert "endpoint" in (caught.value.hint or "")
    with_endpoint = resolve(aidp.SCHEMA, None, NO_CONFIG, {"HOME": str(home), "NBCLOUD_AIDP_ENDPOINT": "https://e"})
    aidp.AidpAccount(with_endpoint, Client()).check_realm("ocid1.aidataplatform.oc19.eu-frankfurt-2.aaaa")


# --- what is passed over or refused, in words


def test_what_is_set_below_a_whole_source_is_told_with_the_reason() -> None:
    environment = {**SDKS_PAIR, **HW_PAIR, "HW_PROFILE": "p", "HW_DOMAIN_ID": "d", "NBCLOUD_MODELARTS_REGION": REGION}
    found = resolve(modelarts.SCHEMA, None, NO_CONFIG, environment)
    source = "the environment (HUAWEICLOUD_SDK_…)"
    assert {each.name: each.reason for each in found.passed_over} == {
        "HW_ACCESS_KEY": f"accessKey comes from {source}",
        "HW_SECRET_KEY": f"secretKey comes from {source}",
        "HW_PROFILE": f"the credentials come from {source}",
        "HW_DOMAIN_ID": "an account is named by HW_DOMAIN_NAME here",
    }


def test_no_secret_is_in_what_is_told() -> None:
    for schema, entries in SCHEMAS.values():
        names = [each.variable(REGION) for each in entries if each.is_variable]
        region = () if schema is hpcai.SCHEMA else ("region",)
        first = schema.credentials[0].required or ("configProfile",)
        config = {f"nbcloud:{schema.cloud}": dict.fromkeys((*first, *region), "x")}
        found = resolve(schema, None, config.get, dict.fromkeys(names, SECRETS))
        # One that is used: it is looked up by itself, whoever signs in.
        names = [each for each in names if "REGION" not in each and each != "HUAWEICLOUD_SDK_IAM_ENDPOINT"]
        assert {each.name for each in found.passed_over} >= set(names)
        assert SECRETS not in repr(found)
        assert SECRETS not in json.dumps([each.reason for each in found.passed_over])


def test_the_chooses_of_hosts_and_sign_ins_are_told_apart() -> None:
    assert {each.chooses for _, entries in SCHEMAS.values() for each in entries} == set(Chooses)
