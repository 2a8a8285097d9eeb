"""The settings of ModelArts: where they come from, which values can be right, and the hosts that a region names."""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from pulumi_nbcloud.clouds.tokens import header_safe
from pulumi_nbcloud.errors import SettingsError
from pulumi_nbcloud.http.url import endpoint_url
from pulumi_nbcloud.settings.schema import CredentialSet, Schema, Settings, Source
from pulumi_nbcloud.settings.sources import variable


def _credentials_file(environment: Mapping[str, str]) -> Iterator[Source]:
    """Read `~/.huaweicloud/credentials`, section `[basic]`, like Huawei's SDK (docs/vendors/modelarts.md, MA-19)."""
    home = environment.get("HOME") or environment.get("USERPROFILE")
    path = Path(home, ".huaweicloud", "credentials") if home else None
    if path is None or not path.is_file():
        return
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, configparser.Error) as error:
        # The parser's own text quotes the offending line, which may be a key.
        raise SettingsError(
            f"~/.huaweicloud/credentials cannot be read ({type(error).__name__})",
            hint="it needs a section [basic] with lines such as ak = … and sk = …",
        ) from None
    section = parser["basic"] if parser.has_section("basic") else {}
    names = {
        "accessKey": "ak",
        "secretKey": "sk",
        "securityToken": "security_token",
        "projectId": "project_id",
        "iamEndpoint": "iam_endpoint",
    }
    found = {key: section[name].strip() for key, name in names.items() if section.get(name, "").strip()}
    yield Source("~/.huaweicloud/credentials [basic]", found)


KEY_PAIR = CredentialSet(("accessKey", "secretKey"), ("securityToken",))
PASSWORD = CredentialSet(("username", "password", "domainName"))
AUTH_TOKEN = CredentialSet(("authToken",))

SCHEMA = Schema(
    cloud="modelarts",
    credentials=(KEY_PAIR, PASSWORD, AUTH_TOKEN),
    bound=("projectId",),
    free=("region", "endpoint", "iamEndpoint"),
    environment=(
        (
            "HUAWEICLOUD_SDK_…",
            {
                "accessKey": "HUAWEICLOUD_SDK_AK",
                "secretKey": "HUAWEICLOUD_SDK_SK",
                "securityToken": "HUAWEICLOUD_SDK_SECURITY_TOKEN",
                "projectId": "HUAWEICLOUD_SDK_PROJECT_ID",
                "iamEndpoint": "HUAWEICLOUD_SDK_IAM_ENDPOINT",
            },
        ),
        (
            "HW_…",
            {
                "accessKey": "HW_ACCESS_KEY",
                "secretKey": "HW_SECRET_KEY",
                "securityToken": "HW_SECURITY_TOKEN",
                "projectId": "HW_PROJECT_ID",
                "region": "HW_REGION_NAME",
            },
        ),
    ),
    files=_credentials_file,
    about={
        "accessKey": "the access key (AK) of the pair that signs each request",
        "secretKey": "the secret key (SK) of that pair",
        "securityToken": "goes with a temporary key pair",
        "username": "an IAM user; not a HUAWEI ID",
        "password": "that user's password",
        "domainName": "the name of that user's account",
        "authToken": "a token from IAM; nobody here can renew it",
        "projectId": "1 to 64 letters, digits, hyphens; looked up at IAM by the region if not set",
        "region": "for example `cn-north-4`; names the endpoints",
        "endpoint": "scheme and host of ModelArts, instead of the region's",
        "iamEndpoint": "scheme and host of IAM, instead of the region's",
    },
    public=frozenset({"username", "domainName"}),
)

PROJECT_ID = re.compile(r"[A-Za-z0-9-]{1,64}")  # docs/vendors/modelarts.md, MA-5
_IN_HEADERS = ("securityToken", "authToken")
_RULES = {
    "accessKey": (re.compile(r"[!-~]{1,128}"), "must be printable ASCII without blanks, 128 characters at most"),
    "secretKey": (re.compile(r"(?s).{1,1024}"), "must be text of at most 1,024 characters"),
    "username": (re.compile(r"(?s).{1,256}"), "must be text of at most 256 characters"),
    "password": (re.compile(r"(?s).{1,1024}"), "must be text of at most 1,024 characters"),
    "domainName": (re.compile(r"(?s).{1,256}"), "must be text of at most 256 characters"),
    "projectId": (PROJECT_ID, "must be 1 to 64 letters, digits and hyphens"),
    "region": (
        re.compile(r"[a-z0-9-]{1,64}"),
        "must be 1 to 64 lower-case letters, digits and hyphens, for example cn-north-4",
    ),
}


def check_values(settings: Settings) -> None:
    """Refuse values that cannot be right, before any is used.

    Args:
        settings: what was found for `SCHEMA`.

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
    """Name the ModelArts host of a region.

    Args:
        region: for example `cn-north-4`.

    Returns:
        The origin by the region table of Huawei's SDK. Two regions do not follow the common domain: ap-southeast-1 by
        that table, and Europe (eu-west-1…) by the custom of Huawei's Terraform provider. The setting `endpoint`
        overrides it. Source: docs/vendors/modelarts.md, MA-1 to MA-3.
    """
    domain = "myhuaweicloud.cn" if region == "ap-southeast-1" else _domain(region)
    return f"https://modelarts.{region}.{domain}"


def iam_endpoint_of(region: str) -> str:
    """Name the IAM host of a region.

    Args:
        region: for example `cn-north-4`.

    Returns:
        The origin by the IAM table of Huawei's SDK, in which ap-southeast-1 follows the common domain; Europe
        (eu-west-1…) as in `endpoint_of`. The setting `iamEndpoint` overrides it.
        Source: docs/vendors/modelarts.md, MA-4.
    """
    return f"https://iam.{region}.{_domain(region)}"


def _domain(region: str) -> str:
    return "myhuaweicloud.eu" if region.startswith("eu-west-1") else "myhuaweicloud.com"


def find_endpoint(settings: Settings) -> str:
    """Find the ModelArts origin.

    Args:
        settings: checked already.

    Returns:
        The setting `endpoint`, else the region's host.

    Raises:
        SettingsError: there is neither, or the endpoint is no origin.
    """
    if "endpoint" in settings.values:
        return endpoint_url(settings.values["endpoint"], settings.named("endpoint"))
    if "region" in settings.values:
        return endpoint_of(settings.values["region"])
    raise SettingsError(
        "modelarts needs a region or an endpoint",
        hint=f"set {variable('modelarts', settings.profile, 'region')}, for example cn-north-4",
    )


def find_iam_endpoint(settings: Settings) -> str | None:
    """Find the IAM origin.

    Args:
        settings: checked already.

    Returns:
        The setting `iamEndpoint`, else the region's host; None where neither is known, or nothing needs IAM: a project
        id is set, and the credentials need no login.

    Raises:
        SettingsError: IAM is needed, and what names it or the project is not set.
    """
    if "iamEndpoint" in settings.values:
        # Checked even where nothing needs it: a wrong one would be found only once something does.
        origin = endpoint_url(settings.values["iamEndpoint"], settings.named("iamEndpoint"))
    else:
        origin = iam_endpoint_of(settings.values["region"]) if "region" in settings.values else ""
    region = variable("modelarts", settings.profile, "region")
    if "projectId" not in settings.values and "region" not in settings.values:
        source = settings.origin[next(key for key in settings.origin if key in settings.credential_keys)]
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
