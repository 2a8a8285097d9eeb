"""The schema of the plugin, in Pulumi's form: SDKs, YAML and the registry are made from it.

It follows from the kinds, the options of a wait, and their documentation.
"""

from __future__ import annotations

from typing import Any

from pulumi_nbcloud._version import __version__
from pulumi_nbcloud.kinds.registry import KINDS, load
from pulumi_nbcloud.native import schema_gates, schema_kinds
from pulumi_nbcloud.native.names import GATE, PACKAGE, WAIT_START, function_token, resource_token, target_token
from pulumi_nbcloud.native.package import NODE_PACKAGE, download_address, go_import_path, home
from pulumi_nbcloud.native.schema_types import Property, properties

_ABOUT = "Look up, record and wait for the state of notebook clouds from a Pulumi stack."


def schema() -> dict[str, Any]:
    """Return the schema of the package."""
    kinds = {token: load(token) for token in KINDS}
    found = [part for kind in kinds.values() for part in schema_kinds.parts_of(kind)]
    targets = [(target_token(token), schema_kinds.target_of(kind)) for token, kind in kinds.items()]
    resources = {GATE: schema_gates.gate(), WAIT_START: schema_gates.wait_start()}
    recorded = {resource_token(token): kind for token, kind in kinds.items() if not kind.is_list}
    resources |= {token: schema_kinds.resource_of(kind) for token, kind in recorded.items()}
    functions = {function_token(token): schema_kinds.function_of(kind) for token, kind in kinds.items()}
    return {
        **_package(),
        # SDKs are complete modules, as `pulumi package add` makes them.
        "meta": {"supportPack": True},
        "config": {},
        "provider": _provider(),
        # Kinds of one cloud may share parts.
        "types": dict(sorted(dict((*schema_gates.types(), *targets, *found)).items())),
        "resources": dict(sorted(resources.items())),
        "functions": dict(sorted(functions.items())),
        "language": _language(),
    }


def _package() -> dict[str, Any]:
    address, download = home(), download_address(home())
    return {
        "name": PACKAGE,
        "displayName": "Notebook clouds",
        "version": __version__,
        "description": _ABOUT,
        "keywords": ["pulumi", "nbcloud", "notebook", "gate", "category/cloud"],
        "homepage": address,
        "repository": address,
        "license": "Apache-2.0",
        **({"pluginDownloadURL": download} if download else {}),
    }


def _provider() -> dict[str, Any]:
    # Nothing else: these values stay in the state, and a rotated key would lock the stack.
    about = "The profile of what names none itself; without it, the default."
    return {
        "description": "Reads the clouds with the settings of the stack's config, which no state holds.",
        "inputProperties": properties([Property("profile", {"type": "string"}, about)]),
    }


def _language() -> dict[str, Any]:
    # Programs in Python use this package itself: no SDK is made for them.
    return {
        "nodejs": {
            "packageName": NODE_PACKAGE,
            # Without dependencies: the generator knows the oldest SDK of Pulumi that supports its output.
            "packageDescription": _ABOUT,
            "respectSchemaVersion": True,
        },
        "go": {
            "importBasePath": go_import_path(),
            "generateResourceContainerTypes": True,
            "respectSchemaVersion": True,
        },
    }
