"""Before anything is sent to a real cloud: a person at a terminal, outside of CI, who names the account."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from acceptance_suite.behaviours import PREFIX
from pulumi_nbcloud.clouds.aidp.oci_config import DEFAULT_PATH, DEFAULT_PROFILE, parse_profile
from pulumi_nbcloud.errors import InputError
from pulumi_nbcloud.settings.files import read_file
from pulumi_nbcloud.settings.schema import Settings

ACCOUNT = f"{PREFIX}ACCOUNT"
_LONG = 12


class RefusedRunError(InputError):
    """Nothing is sent to the real cloud."""


@dataclass(frozen=True)
class Identifier:
    """What names the account.

    Args:
        name: what it is: `projectId`.
        source: where it comes from.
        value: the identifier.
    """

    name: str
    source: str
    value: str

    @property
    def ending(self) -> str:
        """A part that a person recognizes, and that does not give the rest away."""
        return f"…{self.value[-4:] if len(self.value) >= _LONG else self.value[-1:]}"


def check_surroundings(environment: Mapping[str, str], *, terminal: bool) -> None:
    """Refuse a run that no person watches.

    Args:
        environment: the process's variables.
        terminal: whether input and output are a terminal.

    Raises:
        RefusedRunError: the variable CI is set, or there is no terminal.
    """
    if environment.get("CI"):
        raise RefusedRunError(
            "a real cloud is never read in CI, and the variable CI is set",
            hint="run it at a terminal, without REAL=1 in CI",
        )
    if not terminal:
        raise RefusedRunError(
            "a real cloud is read only where a person types the account back, and this is no terminal",
            hint="run it at a terminal; without REAL=1 only the mock is read",
        )


def identifier_of(settings: Settings, environment: Mapping[str, str]) -> Identifier:
    """Return what names the account of settings.

    Args:
        settings: the resolved settings of a cloud.
        environment: the process's variables; `NBCLOUD_ACCEPTANCE_ACCOUNT` counts where no setting names the account.

    Raises:
        RefusedRunError: nothing names it, or a `signer` signs, whose own requests nobody could announce.
    """
    if "signer" in settings.values:
        raise RefusedRunError(
            "the setting signer names a function that may send requests of its own",
            hint="use an API key or a session token for this run",
        )
    key = {"modelarts": "projectId", "hpcai": "username", "aidp": "tenancy"}[settings.cloud]
    if key in settings.values:
        return Identifier(key, settings.origin[key], settings.values[key])
    if settings.cloud == "modelarts":
        raise RefusedRunError(
            "the project is typed back, and projectId is not set", hint="set it where the credentials come from"
        )
    tenancy = _tenancy(settings) if settings.cloud == "aidp" else None
    if tenancy is not None:
        return Identifier("tenancy", settings.origin.get("configFile", DEFAULT_PATH), tenancy)
    if environment.get(ACCOUNT, "").strip():
        return Identifier("account", f"the environment ({ACCOUNT})", environment[ACCOUNT].strip())
    raise RefusedRunError(
        "the account is typed back, and no setting names it", hint=f"set {ACCOUNT} to what you call the account"
    )


def _tenancy(settings: Settings) -> str | None:
    """Return the tenancy of a profile; None for one with a session token, which names none."""
    path = os.path.expanduser(settings.values.get("configFile", DEFAULT_PATH))
    name = settings.values.get("configProfile", DEFAULT_PROFILE)
    profile = parse_profile(read_file(path, "configFile"), name, "configFile")
    return profile.key_id.partition("/")[0] if profile.key_id else None


def type_back(identifier: Identifier, read: Callable[[str], str]) -> None:
    """Ask for the account.

    Args:
        identifier: what must be typed.
        read: shows a prompt and returns a line; EOFError at the end of input.

    Raises:
        RefusedRunError: something else was typed.
    """
    print(f"The account: {identifier.name} {identifier.ending}, from\n  {identifier.source}")
    try:
        typed = read(f"Type the whole {identifier.name} to send these requests: ")
    except EOFError:
        typed = ""
    if typed.strip() != identifier.value:
        raise RefusedRunError("what was typed is not the account, so nothing was sent to the cloud")
