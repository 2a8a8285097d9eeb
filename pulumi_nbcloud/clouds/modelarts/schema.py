"""The settings of ModelArts: their sources, their valid values, and the hosts of a region."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from pulumi_nbcloud.clouds.modelarts.identity import IDENTITY, SDK, TERRAFORM
from pulumi_nbcloud.clouds.tokens import header_safe
from pulumi_nbcloud.errors import SettingsError
from pulumi_nbcloud.http.url import endpoint_url
from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.settings.ini import DEFAULT_SECTION, read_ini
from pulumi_nbcloud.settings.schema import CredentialSet, Schema, Settings, Source, Variables
from pulumi_nbcloud.settings.sources import variable

_FILE_EXAMPLE = "it needs a section [basic] with lines such as ak = … and sk = …"
_FILE_VARIABLE = "HUAWEICLOUD_SDK_CREDENTIALS_FILE"
_SDK_NAME = "huaweicloudsdkcore"


def _credentials_file(environment: Mapping[str, str]) -> Iterator[Source]:
    """Read Huawei's file of credentials, section `[basic]`, like its SDK (docs/vendors/modelarts.md, MA-19)."""
    named = environment.get(_FILE_VARIABLE, "").strip()
    home = environment.get("HOME") or environment.get("USERPROFILE")
    path = Path(named) if named else Path(home, ".huaweicloud", "credentials") if home else None
    name = f"{printable(named, 200)} ({_FILE_VARIABLE})" if named else "~/.huaweicloud/credentials"
    if path is None or (not named and not path.is_file()):
        return
    sections = read_ini(str(path), name, _FILE_EXAMPLE)
    section = {**sections.get(DEFAULT_SECTION, {}), **sections["basic"]} if "basic" in sections else {}
    if section.get("idp_id", "").strip() and section.get("id_token_file", "").strip():
        raise SettingsError(
            f"{name} [basic] signs in through an identity provider for {_SDK_NAME} (idp_id and id_token_file), which "
            "is not done here",
            hint="put a key pair in their place, or choose with settings of ours, which come before the file",
        )
    keys = {
        "accessKey": "ak",
        "secretKey": "sk",
        "securityToken": "security_token",
        "projectId": "project_id",
        "iamEndpoint": "iam_endpoint",
    }
    found = {key: section[each].strip() for key, each in keys.items() if section.get(each, "").strip()}
    yield Source(f"{name} [basic]", found)


def _check_regions_file(found: Settings, environment: Mapping[str, str]) -> None:
    """Reject the file that replaces the hosts of regions for Huawei's SDK (docs/vendors/modelarts.md, MA-63)."""
    home = environment.get("HOME") or environment.get("USERPROFILE")
    if "endpoint" in found.values or not home:
        return
    path = Path(home, ".huaweicloud", "regions.yaml")
    try:
        replaces = path.is_file() and re.search(r"(?im)^[\"']?modelarts\b", path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        replaces = None
    if replaces:
        raise SettingsError(
            f"~/.huaweicloud/regions.yaml replaces hosts of ModelArts for {_SDK_NAME}, and is not honoured here",
            hint="set endpoint",
        )


KEY_PAIR = CredentialSet(("accessKey", "secretKey"), ("securityToken",))
PASSWORD = CredentialSet(("username", "password", "domainName"))
AUTH_TOKEN = CredentialSet(("authToken",))

SCHEMA = Schema(
    cloud="modelarts",
    credentials=(KEY_PAIR, PASSWORD, AUTH_TOKEN),
    bound=("projectId", "projectName"),
    free=("region", "endpoint", "iamEndpoint"),
    environment=(
        Variables.of(IDENTITY, SDK),
        # As Terraform's provider prefers them (docs/vendors/modelarts.md, MA-62).
        Variables.of(IDENTITY, TERRAFORM, AUTH_TOKEN, KEY_PAIR, PASSWORD, weak=PASSWORD.required[2:]),
    ),
    files=_credentials_file,
    identity=IDENTITY,
    check=_check_regions_file,
    one_of=("projectId", "projectName"),
    about={
        "accessKey": "the access key (AK) of the pair that signs each request",
        "secretKey": "the secret key (SK) of that pair",
        "securityToken": "the token of a temporary key pair",
        "username": "the name of an IAM user, not a HUAWEI ID",
        "password": "that user's password",
        "domainName": "the name of that user's account",
        "authToken": "a token from IAM, which this package cannot renew",
        "projectId": "the project, 1 to 64 letters, digits, hyphens; looked up at IAM if not set",
        "projectName": "the name to look the project up by, such as the sub-project `cn-north-4_dev`; else the region",
        "region": "the region, such as `cn-north-4`, which names the endpoints",
        "endpoint": "scheme and host of ModelArts, instead of the region's",
        "iamEndpoint": "scheme and host of IAM, instead of the region's",
    },
    public=frozenset({"username", "domainName"}),
)

# docs/vendors/modelarts.md, MA-5; a value in the form of a region is the name of its project.
PROJECT_ID = re.compile(r"(?![a-z]{2}-[a-z]+-[0-9]{1,3}\Z)[A-Za-z0-9-]{1,64}")
_IN_HEADERS = ("securityToken", "authToken")
_RULES = {
    "accessKey": (re.compile(r"[!-~]{1,128}"), "must be printable ASCII without blanks, 128 characters at most"),
    "secretKey": (re.compile(r"(?s).{1,1024}"), "must be text of at most 1,024 characters"),
    "username": (re.compile(r"(?s).{1,256}"), "must be text of at most 256 characters"),
    "password": (re.compile(r"(?s).{1,1024}"), "must be text of at most 1,024 characters"),
    "domainName": (re.compile(r"(?s).{1,256}"), "must be text of at most 256 characters"),
    "projectId": (
        PROJECT_ID,
        "must be the project's id, 1 to 64 letters, digits and hyphens, and not its name; a name goes into projectName",
    ),
    "projectName": (re.compile(r"[A-Za-z0-9_-]{1,64}"), "must be 1 to 64 letters, digits, hyphens and underscores"),
    "region": (
        re.compile(r"[a-z0-9-]{1,64}"),
        "must be 1 to 64 lower-case letters, digits and hyphens, for example cn-north-4",
    ),
}


def check_values(settings: Settings) -> None:
    """Reject invalid values, before any is used.

    Args:
        settings: the resolved settings of `SCHEMA`.

    Raises:
        SettingsError: names the setting and its source, never its value.
    """
    for key, value in settings.values.items():
        if key in _IN_HEADERS:
            header_safe(value, settings.named(key))
        elif key in _RULES:
            pattern, reason = _RULES[key]
            # A variable that is not UTF-8 arrives as half surrogate pairs, which cannot be signed or sent.
            if not pattern.fullmatch(value) or any("\ud800" <= each <= "\udfff" for each in value):
                raise SettingsError(f"{settings.named(key)} {reason}", hint="correct it; its value is not shown here")


def endpoint_of(region: str) -> str:
    """Return the ModelArts host of a region.

    Args:
        region: for example `cn-north-4`.

    Returns:
        The origin by the region table of Huawei's SDK. Two regions do not follow the common domain: ap-southeast-1 by
        that table, and Europe (eu-west-1…) by the custom of Huawei's Terraform provider. The setting `endpoint`
        overrides it. Source: docs/vendors/modelarts.md, MA-1 to MA-3.
    """
    domain = "myhuaweicloud.cn" if region == "ap-southeast-1" else _domain(region)
    return f"https://modelarts.{region}.{domain}"


# Where IAM is regional; for other regions Huawei's SDK uses the host without a region.
_IAM_TABLE = """
cn-north-1 cn-north-2 cn-north-4 cn-north-9 cn-north-12 cn-east-2 cn-east-3 cn-east-4 cn-east-5 cn-south-1 cn-south-2
cn-southwest-2 ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 af-south-1 sa-brazil-1 la-south-2 la-north-2
na-mexico-1 eu-west-0 my-kualalumpur-1 ru-moscow-1 me-east-1 ae-ad-1 tr-west-1
"""
_IAM_REGIONS = frozenset(_IAM_TABLE.split())


def iam_endpoint_of(region: str) -> str:
    """Return the IAM host of a region.

    Args:
        region: for example `cn-north-4`.

    Returns:
        The origin by the IAM table of Huawei's SDK, in which ap-southeast-1 follows the common domain, and regions that
        it lacks, such as af-north-1, share one host; Europe (eu-west-1…) as in `endpoint_of`. The setting
        `iamEndpoint` overrides it. Source: docs/vendors/modelarts.md, MA-3, MA-4, MA-65.
    """
    if region in _IAM_REGIONS or _domain(region) != _COMMON_DOMAIN:
        return f"https://iam.{region}.{_domain(region)}"
    return f"https://iam.{_COMMON_DOMAIN}"


_COMMON_DOMAIN = "myhuaweicloud.com"


def _domain(region: str) -> str:
    return "myhuaweicloud.eu" if region.startswith("eu-west-1") else _COMMON_DOMAIN


def find_endpoint(settings: Settings) -> str:
    """Return the ModelArts origin.

    Args:
        settings: valid settings.

    Returns:
        The setting `endpoint`, otherwise the region's host.

    Raises:
        SettingsError: both are missing, or the endpoint is no origin.
    """
    if "endpoint" in settings.values:
        return endpoint_url(settings.values["endpoint"], settings.named("endpoint"))
    if "region" in settings.values:
        return endpoint_of(settings.values["region"])
    raise SettingsError(
        f"modelarts needs a region or an endpoint; looked in {'; '.join(settings.looked_in)}",
        hint=f"set {variable('modelarts', settings.profile, 'region')}, for example cn-north-4",
    )


def find_iam_endpoint(settings: Settings) -> str | None:
    """Return the IAM origin.

    Args:
        settings: valid settings.

    Returns:
        The setting `iamEndpoint`, otherwise the region's host; None if both are unknown, or nothing needs IAM: the
        project id is set, and the credentials need no login.

    Raises:
        SettingsError: IAM is needed, and what names it or the project is not set.
    """
    if "iamEndpoint" in settings.values:
        # Checked even if unused: otherwise an invalid one would surface only on first use.
        origin = endpoint_url(settings.values["iamEndpoint"], settings.named("iamEndpoint"))
    else:
        origin = iam_endpoint_of(settings.values["region"]) if "region" in settings.values else ""
    region = variable("modelarts", settings.profile, "region")
    if not {"projectId", "projectName", "region"} & settings.values.keys() or (
        "projectId" not in settings.values and not origin
    ):
        source = settings.credentials_source
        raise SettingsError(
            "modelarts needs a projectId, or a region to look it up by",
            hint=f"set projectId where the credentials come from ({source}) or in a source before it; or set {region}",
        )
    if "password" in settings.values and not origin:
        raise SettingsError(
            "modelarts needs a region or an iamEndpoint to sign in with a user name",
            hint=f"set {region} or {variable('modelarts', settings.profile, 'iamEndpoint')}",
        )
    return origin or None
