"""What Huawei's tools take from the environment and from files, and what becomes of it here.

Source: docs/vendors/modelarts.md, MA-19, MA-20, MA-61 to MA-65.
"""

from __future__ import annotations

from typing import Any

from pulumi_nbcloud.settings.identity import REGION, Chooses, Entry, Treatment

SDK = "HUAWEICLOUD_SDK_…"
TERRAFORM = "HW_…"
FILE = "~/.huaweicloud/credentials [basic]"
SERVER = "the server"
"""What a machine of Huawei's is given by its cloud: asked last by Huawei's SDK, not at all here."""

_SDK = "huaweicloudsdkcore"
_TERRAFORM = "terraform-provider-huaweicloud"
_KOOCLI = "KooCLI, terraform-provider-huaweicloud"
_KEYS_HINT = "set accessKey, secretKey and securityToken from a temporary key pair of that agency"
_WITH_AGENCY = "it counts only with an agency, whose variable is refused"


def _sdk(name: str, chooses: Chooses, key: str, **more: Any) -> Entry:
    return Entry(name, _SDK, chooses, Treatment.HONOURED, SDK, key, **more)


def _terraform(name: str, chooses: Chooses, key: str, **more: Any) -> Entry:
    return Entry(name, _TERRAFORM, chooses, Treatment.HONOURED, TERRAFORM, key, **more)


def _refused(name: str, by: str, chooses: Chooses, source: str, reason: str, **more: Any) -> Entry:
    return Entry(name, by, chooses, Treatment.REFUSED, source, reason=reason, **more)


def _harmless(name: str, by: str, chooses: Chooses, source: str, reason: str, **more: Any) -> Entry:
    return Entry(name, by, chooses, Treatment.HARMLESS, source, reason=reason, **more)


def _openstack(name: str, chooses: Chooses, *behind: str, **more: Any) -> Entry:
    reason = "OpenStack's own tools use the name too, so nothing says that Huawei is meant"
    hint = f"unset it for this program, or set {behind[0]}" if behind else None
    return _refused(name, _TERRAFORM, chooses, TERRAFORM, reason, hint=hint, behind=behind, foreign=True, **more)


_HONOURED = (
    _sdk("HUAWEICLOUD_SDK_AK", Chooses.SIGN_IN, "accessKey"),
    _sdk("HUAWEICLOUD_SDK_SK", Chooses.SIGN_IN, "secretKey"),
    _sdk("HUAWEICLOUD_SDK_SECURITY_TOKEN", Chooses.SIGN_IN, "securityToken"),
    _sdk("HUAWEICLOUD_SDK_PROJECT_ID", Chooses.PROJECT, "projectId"),
    _sdk("HUAWEICLOUD_SDK_IAM_ENDPOINT", Chooses.HOST, "iamEndpoint"),
    Entry(
        "HUAWEICLOUD_SDK_CREDENTIALS_FILE",
        _SDK,
        Chooses.SIGN_IN,
        Treatment.HONOURED,
        FILE,
        reason="it takes the place of ~/.huaweicloud/credentials",
    ),
    _terraform("HW_AUTH_TOKEN", Chooses.SIGN_IN, "authToken"),
    _terraform("HW_ACCESS_KEY", Chooses.SIGN_IN, "accessKey"),
    _terraform("HW_SECRET_KEY", Chooses.SIGN_IN, "secretKey"),
    _terraform("HW_SECURITY_TOKEN", Chooses.SIGN_IN, "securityToken"),
    _terraform("HW_USER_NAME", Chooses.SIGN_IN, "username"),
    _terraform("HW_USER_PASSWORD", Chooses.SIGN_IN, "password"),
    _terraform("HW_DOMAIN_NAME", Chooses.SIGN_IN, "domainName"),
    _terraform("HW_PROJECT_ID", Chooses.PROJECT, "projectId"),
    _terraform("HW_PROJECT_NAME", Chooses.PROJECT, "projectName"),
    _terraform("HW_REGION_NAME", Chooses.HOST, "region"),
    _terraform("HW_AUTH_URL", Chooses.HOST, "iamEndpoint", bound=True, paths=("/v3",)),
    *(
        Entry(f"{FILE} {name}", _SDK, chooses, Treatment.HONOURED, FILE, key)
        for name, chooses, key in (
            ("ak", Chooses.SIGN_IN, "accessKey"),
            ("sk", Chooses.SIGN_IN, "secretKey"),
            ("security_token", Chooses.SIGN_IN, "securityToken"),
            ("project_id", Chooses.PROJECT, "projectId"),
            ("iam_endpoint", Chooses.HOST, "iamEndpoint"),
        )
    ),
)

_FEDERATION = "HUAWEICLOUD_SDK_IDP_ID", "HUAWEICLOUD_SDK_ID_TOKEN_FILE"
_OIDC = "HUAWEICLOUD_OIDC_PROVIDER_URN", "HUAWEICLOUD_OIDC_AGENCY_URN"
_POD = "HC_CONTAINER_CREDENTIALS_FULL_URI", "HC_CONTAINER_AUTHORIZATION_TOKEN_FILE"

_REFUSED = (
    *(
        _refused(
            name,
            _SDK,
            Chooses.SIGN_IN,
            SDK,
            "signing in through an identity provider is not done here",
            hint=_KEYS_HINT,
            needs=tuple(needs),
        )
        for name, *needs in (_FEDERATION, _OIDC)
    ),
    _refused(
        _POD[0],
        _SDK,
        Chooses.SIGN_IN,
        SERVER,
        "the identity of a pod is not used here",
        hint=_KEYS_HINT,
        needs=_POD[1:],
    ),
    _refused(
        f"HUAWEICLOUD_SDK_REGION_MODELARTS_{REGION}",
        _SDK,
        Chooses.HOST,
        SDK,
        "it replaces the hosts of a region",
        hint="set endpoint",
        unless=("endpoint",),
    ),
    _refused(
        "HUAWEICLOUD_SDK_REGIONS_FILE",
        _SDK,
        Chooses.HOST,
        SDK,
        "the file may replace the hosts of regions",
        hint="set endpoint",
        unless=("endpoint",),
    ),
    _refused(
        "HW_ASSUME_ROLE_AGENCY_NAME",
        _TERRAFORM,
        Chooses.SIGN_IN,
        TERRAFORM,
        "it signs in as an agency, whose account and project are others",
        hint=_KEYS_HINT,
    ),
    _refused(
        "HW_PROFILE",
        _KOOCLI,
        Chooses.SIGN_IN,
        TERRAFORM,
        "it takes a profile of ~/.hcloud/config.json, which is not read here",
        hint="set HW_ACCESS_KEY and HW_SECRET_KEY, or a profile of ours, and unset it",
    ),
    _refused(
        "HW_SHARED_CONFIG_FILE",
        _TERRAFORM,
        Chooses.SIGN_IN,
        TERRAFORM,
        "it takes the current profile of KooCLI's file, which is not read here",
        hint="set HW_ACCESS_KEY and HW_SECRET_KEY, or a profile of ours, and unset it",
    ),
    _refused(
        "HW_USER_ID",
        _TERRAFORM,
        Chooses.SIGN_IN,
        TERRAFORM,
        "a user signs in by name here",
        hint="set HW_USER_NAME in its place",
        needs=("HW_USER_PASSWORD",),
        behind=("HW_AUTH_TOKEN", "HW_ACCESS_KEY"),
    ),
    _refused(
        "HW_CLOUD",
        _TERRAFORM,
        Chooses.HOST,
        TERRAFORM,
        "it replaces the domain of all hosts",
        hint="set endpoint and iamEndpoint",
        unless=("endpoint", "iamEndpoint"),
        values=frozenset({"myhuaweicloud.com"}),
    ),
    _openstack("OS_AUTH_TOKEN", Chooses.SIGN_IN, "HW_AUTH_TOKEN"),
    _openstack("OS_ACCESS_KEY", Chooses.SIGN_IN, "HW_ACCESS_KEY", "HW_AUTH_TOKEN"),
    _openstack("OS_PASSWORD", Chooses.SIGN_IN, "HW_USER_PASSWORD", "HW_ACCESS_KEY", "HW_AUTH_TOKEN"),
    _openstack("OS_PROJECT_ID", Chooses.PROJECT, "HW_PROJECT_ID"),
    _openstack("OS_PROJECT_NAME", Chooses.PROJECT, "HW_PROJECT_NAME", "HW_PROJECT_ID", "OS_PROJECT_ID"),
    _openstack("OS_TENANT_ID", Chooses.PROJECT, "HW_PROJECT_ID", "OS_PROJECT_ID"),
    _openstack(
        "OS_TENANT_NAME",
        Chooses.PROJECT,
        *("HW_PROJECT_NAME", "HW_PROJECT_ID", "OS_PROJECT_NAME", "OS_PROJECT_ID", "OS_TENANT_ID"),
    ),
    _openstack("OS_REGION_NAME", Chooses.HOST, "HW_REGION_NAME", unless=("region",)),
    _openstack("OS_AUTH_URL", Chooses.HOST, "HW_AUTH_URL", unless=("iamEndpoint",)),
    _openstack("OS_AGENCY_NAME", Chooses.SIGN_IN, needs=("OS_AGENCY_DOMAIN_NAME",)),
    Entry(
        f"{FILE} idp_id",
        _SDK,
        Chooses.SIGN_IN,
        Treatment.REFUSED,
        FILE,
        reason="with id_token_file it signs in through an identity provider, which is not done here",
    ),
    Entry(
        "~/.huaweicloud/regions.yaml MODELARTS",
        _SDK,
        Chooses.HOST,
        Treatment.REFUSED,
        FILE,
        reason="it replaces the hosts of regions",
        unless=("endpoint",),
    ),
)

_HARMLESS = (
    _harmless("HUAWEICLOUD_SDK_DOMAIN_ID", _SDK, Chooses.PROJECT, SDK, "ModelArts is asked by project"),
    _harmless(
        "HUAWEICLOUD_SDK_ID_TOKEN_FILE", _SDK, Chooses.SIGN_IN, SDK, "it counts only with HUAWEICLOUD_SDK_IDP_ID"
    ),
    _harmless("HUAWEICLOUD_SDK_STS_ENDPOINT", _SDK, Chooses.HOST, SDK, "nothing here calls that service"),
    *(
        _harmless(f"HUAWEICLOUD_OIDC_{name}", _SDK, Chooses.SIGN_IN, SDK, f"it counts only with {_OIDC[0]}")
        for name in ("AGENCY_URN", "ID_TOKEN", "TOKEN_FILE", "SESSION_NAME", "DURATION_SECONDS", "POLICY", "POLICY_IDS")
    ),
    _harmless(_POD[1], _SDK, Chooses.SIGN_IN, SERVER, f"it counts only with {_POD[0]}"),
    *(
        _harmless(f"HW_ASSUME_ROLE_{name}", _TERRAFORM, Chooses.SIGN_IN, TERRAFORM, _WITH_AGENCY)
        for name in ("DOMAIN_NAME", "DOMAIN_ID", "DURATION")
    ),
    _harmless("HW_DOMAIN_ID", _TERRAFORM, Chooses.SIGN_IN, TERRAFORM, "an account is named by HW_DOMAIN_NAME here"),
    _harmless(
        "HW_ENTERPRISE_PROJECT_ID",
        _TERRAFORM,
        Chooses.PROJECT,
        TERRAFORM,
        "it groups what is created, and nothing is created here",
    ),
    _harmless(
        "HW_SIGNING_ALGORITHM", _TERRAFORM, Chooses.SIGN_IN, TERRAFORM, "it chooses how to sign, and not as whom"
    ),
    *(
        _harmless(name, _TERRAFORM, Chooses.SIGN_IN, TERRAFORM, "it counts only beside a variable that is refused")
        for name in (
            *("OS_SECRET_KEY", "OS_USERNAME", "OS_USER_ID", "OS_DOMAIN_ID", "OS_USER_DOMAIN_ID"),
            *("OS_PROJECT_DOMAIN_ID", "OS_DOMAIN_NAME", "OS_USER_DOMAIN_NAME", "OS_PROJECT_DOMAIN_NAME"),
            *("OS_AGENCY_DOMAIN_NAME", "OS_DELEGATED_PROJECT"),
        )
    ),
    Entry(
        f"{FILE} domain_id",
        _SDK,
        Chooses.PROJECT,
        Treatment.HARMLESS,
        FILE,
        reason="the SDK takes it from section [global] alone, for services without projects",
    ),
    Entry(
        "~/.hcloud/config.json current",
        _KOOCLI,
        Chooses.SIGN_IN,
        Treatment.HARMLESS,
        SERVER,
        reason="only KooCLI reads it by itself, and KooCLI reads nothing else",
    ),
    Entry(
        "http://169.254.169.254/openstack/latest/securitykey",
        f"{_SDK}, {_TERRAFORM}",
        Chooses.SIGN_IN,
        Treatment.HARMLESS,
        SERVER,
        reason="Huawei's tools query it last; here the search ends in an error that names the authentication methods",
    ),
)

IDENTITY = (*_HONOURED, *_REFUSED, *_HARMLESS)
