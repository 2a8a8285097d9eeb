"""What Oracle's tools take from the environment and from files, and what becomes of it here.

Source: docs/vendors/aidp.md, DP-15 to DP-19, DP-43 to DP-48.
"""

from __future__ import annotations

from typing import Any

from pulumi_nbcloud.settings.identity import Chooses, Entry, Treatment

CLI = "OCI_…"
TERRAFORM = "OCI_… as Terraform has them"
LAST = "OCI_REGION"
FILE = "~/.oci/config"

_SDK = "oci"
_CLI = "oci-cli"
_TERRAFORM = "terraform-provider-oci"
_PRINCIPAL = "set signer to a function that signs as the principal, and unset it"
_PRINCIPALS = "it counts only for a principal, which is chosen by a variable that is refused, or by a signer"


def _honoured(name: str, by: str, chooses: Chooses, source: str, key: str, **more: Any) -> Entry:
    return Entry(name, by, chooses, Treatment.HONOURED, source, key, **more)


def _refused(name: str, by: str, chooses: Chooses, source: str, reason: str, **more: Any) -> Entry:
    return Entry(name, by, chooses, Treatment.REFUSED, source, reason=reason, **more)


def _harmless(name: str, by: str, chooses: Chooses, source: str, reason: str, **more: Any) -> Entry:
    return Entry(name, by, chooses, Treatment.HARMLESS, source, reason=reason, **more)


_HONOURED = (
    _honoured("OCI_CLI_CONFIG_FILE", _CLI, Chooses.SIGN_IN, CLI, "configFile"),
    _honoured(
        "OCI_CONFIG_FILE",
        f"{_SDK}, {_TERRAFORM}",
        Chooses.SIGN_IN,
        CLI,
        "configFile",
        reason="refused beside a ~/.oci/config that is another file, which Oracle's tools would prefer",
    ),
    _honoured("OCI_CLI_PROFILE", _CLI, Chooses.SIGN_IN, CLI, "configProfile"),
    _honoured("OCI_CONFIG_FILE_PROFILE", _TERRAFORM, Chooses.SIGN_IN, CLI, "configProfile"),
    _honoured("OCI_CLI_TENANCY", _CLI, Chooses.SIGN_IN, CLI, "tenancy"),
    _honoured("OCI_CLI_USER", _CLI, Chooses.SIGN_IN, CLI, "user"),
    _honoured("OCI_CLI_FINGERPRINT", _CLI, Chooses.SIGN_IN, CLI, "fingerprint"),
    _honoured("OCI_CLI_KEY_CONTENT", _CLI, Chooses.SIGN_IN, CLI, "privateKey"),
    _honoured("OCI_CLI_KEY_FILE", _CLI, Chooses.SIGN_IN, CLI, "privateKey", content=True),
    _honoured("OCI_CLI_PASSPHRASE", _CLI, Chooses.SIGN_IN, CLI, "passphrase"),
    _honoured("OCI_CLI_REGION", _CLI, Chooses.HOST, CLI, "region", bound=True),
    _honoured("OCI_TENANCY_OCID", _TERRAFORM, Chooses.SIGN_IN, TERRAFORM, "tenancy"),
    _honoured("OCI_USER_OCID", _TERRAFORM, Chooses.SIGN_IN, TERRAFORM, "user"),
    _honoured("OCI_FINGERPRINT", _TERRAFORM, Chooses.SIGN_IN, TERRAFORM, "fingerprint"),
    _honoured("OCI_PRIVATE_KEY", _TERRAFORM, Chooses.SIGN_IN, TERRAFORM, "privateKey"),
    _honoured("OCI_PRIVATE_KEY_PATH", _TERRAFORM, Chooses.SIGN_IN, TERRAFORM, "privateKey", content=True),
    _honoured("OCI_PRIVATE_KEY_PASSWORD", _TERRAFORM, Chooses.SIGN_IN, TERRAFORM, "passphrase"),
    _honoured("OCI_REGION", f"{_SDK}, {_TERRAFORM}", Chooses.HOST, LAST, "region"),
    *(
        _honoured(f"{FILE} [PROFILE] {name}", f"{_SDK}, {_CLI}, {_TERRAFORM}", chooses, FILE, "configFile")
        for name, chooses in (
            *((each, Chooses.SIGN_IN) for each in ("user", "tenancy", "fingerprint", "key_file", "pass_phrase")),
            ("security_token_file", Chooses.SIGN_IN),
            ("region", Chooses.HOST),
        )
    ),
    _honoured("~/.oraclebmc/config [PROFILE]", _SDK, Chooses.SIGN_IN, FILE, "configFile"),
)

_REFUSED = (
    _refused(
        "OCI_CLI_AUTH",
        _CLI,
        Chooses.SIGN_IN,
        CLI,
        "a principal signs in here by a function of yours",
        hint=_PRINCIPAL,
        # As the profile has it, which is compared.
        values=frozenset({"api_key", "security_token"}),
    ),
    _refused(
        "OCI_AUTH",
        _TERRAFORM,
        Chooses.SIGN_IN,
        CLI,
        "a principal signs in here by a function of yours",
        hint=_PRINCIPAL,
        values=frozenset({"apikey", "securitytoken"}),
    ),
    _refused(
        "OCI_CLI_SECURITY_TOKEN_FILE",
        _CLI,
        Chooses.SIGN_IN,
        CLI,
        "the token of a session is taken from the profile",
        hint="name the file in the profile: security_token_file",
        needs=("OCI_CLI_AUTH",),
    ),
    _refused(
        "OCI_CLI_ENDPOINT",
        _CLI,
        Chooses.HOST,
        CLI,
        "it is the endpoint of the service that a command calls, and not of AI Data Platform",
        hint="set endpoint",
        unless=("endpoint",),
    ),
    _refused(
        "OCI_DEVELOPER_TOOL_CONFIGURATION_FILE_PATH",
        _SDK,
        Chooses.HOST,
        CLI,
        "its file replaces the hosts of regions",
        hint="set endpoint",
        unless=("endpoint",),
    ),
    _refused(
        "~/.oci/developer-tool-configuration.json regions",
        _SDK,
        Chooses.HOST,
        FILE,
        "it replaces the hosts of regions",
        unless=("endpoint",),
    ),
    _refused(
        "~/.oci/oci_cli_rc [OCI_CLI_SETTINGS] default_profile",
        _CLI,
        Chooses.SIGN_IN,
        FILE,
        "the SDK takes DEFAULT where the command line takes this one, so a profile must be named",
        unless=("configProfile",),
    ),
    *(
        _refused(f"{FILE} [PROFILE] {name}", by, Chooses.SIGN_IN, FILE, "a principal signs in by a signer")
        for name, by in (("authentication_type", _SDK), ("delegation_token_file", _CLI))
    ),
    _refused(f"{FILE} [PROFILE] key_content", _SDK, Chooses.SIGN_IN, FILE, "the SDK refuses it in a file"),
)

_HARMLESS = (
    _harmless(
        "OCI_CLI_RC_FILE",
        _CLI,
        Chooses.SIGN_IN,
        CLI,
        "it names a file of defaults; a default profile in it is refused where no profile is named",
    ),
    _harmless("OCI_CLI_DELEGATION_TOKEN_FILE", _CLI, Chooses.SIGN_IN, CLI, _PRINCIPALS),
    _harmless("OCI_CLI_FEDERATION_ENDPOINT", _CLI, Chooses.SIGN_IN, CLI, _PRINCIPALS),
    *(
        _harmless(f"OCI_CLI_PKCS11_{name}", _CLI, Chooses.SIGN_IN, CLI, _PRINCIPALS)
        for name in ("SLOT_LABEL", "PIN", "KEY_ID", "TOKEN_LABEL", "TOKEN_SERIAL", "KEY_ID_OVERRIDE", "MODULE_PATH")
    ),
    *(
        _harmless(f"OCI_RESOURCE_PRINCIPAL_{name}", f"{_SDK}, {_TERRAFORM}", Chooses.SIGN_IN, CLI, _PRINCIPALS)
        for name in (
            *("VERSION", "RPST", "PRIVATE_PEM", "PRIVATE_PEM_PASSPHRASE", "REGION", "RPT_ENDPOINT", "RPST_ENDPOINT"),
            *("RESOURCE_ID", "TENANCY_ID", "SECURITY_CONTEXT", "RPT_PATH", "RPT_ID"),
        )
    ),
    _harmless("OCI_METADATA_BASE_URL", _SDK, Chooses.SIGN_IN, CLI, _PRINCIPALS),
    _harmless("OCI_KUBERNETES_SERVICE_ACCOUNT_CERT_PATH", _SDK, Chooses.SIGN_IN, CLI, _PRINCIPALS),
    *(
        _harmless(
            name,
            _SDK,
            Chooses.HOST,
            LAST,
            "the SDK queries it for regions that it does not know; here such a region is rejected",
        )
        for name in ("OCI_DEFAULT_REALM", "OCI_REGION_METADATA")
    ),
    _harmless(
        "OCI_CLI_USE_INSTANCE_METADATA_SERVICE",
        _CLI,
        Chooses.HOST,
        LAST,
        "it lets a server name regions that the tool does not know; here such a region is refused",
    ),
    _harmless(
        "OCI_ALLOW_ONLY_DEVELOPER_TOOL_CONFIGURATION_REGIONS",
        _SDK,
        Chooses.HOST,
        LAST,
        "it counts only with a developer tool configuration, which is refused",
    ),
    *(
        _harmless(
            name, _SDK, Chooses.HOST, LAST, "it changes the form of other services' hosts, and not whose they are"
        )
        for name in ("OCI_REALM_SPECIFIC_SERVICE_ENDPOINT_TEMPLATE_ENABLED", "OCI_DUAL_STACK_ENDPOINT_ENABLED")
    ),
    _harmless("~/.oci/regions-config.json", _SDK, Chooses.HOST, FILE, "as OCI_REGION_METADATA"),
    *(
        _harmless(
            f"TF_VAR_{name}",
            _TERRAFORM,
            chooses,
            TERRAFORM,
            "it is an input of somebody's Terraform program, under a name that is not Oracle's alone",
        )
        for name, chooses in (
            *((each, Chooses.SIGN_IN) for each in ("tenancy_ocid", "user_ocid", "fingerprint", "private_key")),
            *((each, Chooses.SIGN_IN) for each in ("private_key_path", "private_key_password", "auth")),
            ("config_file_profile", Chooses.SIGN_IN),
            ("region", Chooses.HOST),
        )
    ),
)

IDENTITY = (*_HONOURED, *_REFUSED, *_HARMLESS)
