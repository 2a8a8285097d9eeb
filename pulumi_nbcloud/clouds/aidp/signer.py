"""The setting `signer`: a function of the user signs requests, which supports Oracle's principals without their code.

The setting names a factory as `module:factory`; the reading process imports the module. The factory takes no
arguments and returns the signer: a function of a method, a URL and the headers so far (names in lower case, `date`
and `host` included). It returns the headers to add, `authorization` included. It must sign that URL and those headers
unchanged. It may block: it runs in a thread of its own, one call at a time, within the deadline of the read.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import anyio
import anyio.to_thread

from pulumi_nbcloud.clouds.aidp.credentials import AidpCredentials
from pulumi_nbcloud.clouds.aidp.schema import SIGNER
from pulumi_nbcloud.clouds.credentials import Connection
from pulumi_nbcloud.clouds.tokens import MAX_TOKEN_CHARACTERS
from pulumi_nbcloud.errors import AuthenticationError, NbcloudError, SettingsError, UnreachableError
from pulumi_nbcloud.frozen import is_archive
from pulumi_nbcloud.http.messages import Request
from pulumi_nbcloud.settings.schema import Settings

Signer = Callable[[str, str, Mapping[str, str]], Mapping[str, str]]
"""Return the headers to add to a method, a URL and headers."""

_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", re.ASCII)
_DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,100}", re.ASCII)
_HEADER_VALUE = re.compile(r"[ -~]*", re.ASCII)
_HINT = "see the documentation of the setting signer; the text of its error is not shown, it may hold a secret"

T = TypeVar("T")


class SignerCredentials(AidpCredentials):
    """Sign with the function that the setting `signer` names.

    Args:
        value: `module:factory`.
        name: the name of the setting in messages.

    Raises:
        SettingsError: the value has another form.
    """

    credential_set = SIGNER

    def __init__(self, value: str, name: str) -> None:
        if len(value) > 300 or not _NAME.fullmatch(value):
            raise SettingsError(f"{name} must be module:factory", hint="for example my_project.signing:make_signer")
        self._module, _, self._factory = value.partition(":")
        self._name = name
        self._signer: Signer | None = None
        self._turn = anyio.Lock()
        self._failures = 0
        self._generation = 0

    @classmethod
    def from_settings(cls, settings: Settings, connection: Connection) -> SignerCredentials:
        """Check the name, without an import."""
        return cls(settings.values["signer"], settings.named("signer"))

    @property
    def rejected_hint(self) -> str:
        """The hint for rejected requests of the signer."""
        return (
            "check what the setting signer names, and that its principal may sign in; it is not asked again in this run"
        )

    async def sign(self, request: Request) -> Request:
        """Sign one attempt with the signer, and make the signer first if there is none."""
        lower = {name.lower(): value for name, value in request.headers.items()}
        async with self._turn:
            try:
                if self._signer is None:
                    self._signer = await _in_thread(self._make)
                signer = self._signer
                given = await _in_thread(
                    lambda: self._call(signer, request.method, request.origin + request.target, lower)
                )
            except NbcloudError:
                # Nothing was sent, so the cloud has rejected nothing: the next read may try again.
                self._failures += 1
                raise
        return replace(request, headers={**request.headers, **given})

    @property
    def generation(self) -> int:
        """The number of signers dropped so far."""
        return self._generation

    async def renew(self, generation: int, deadline: float) -> bool:
        """Drop a rejected signer, once: the factory makes another for the next attempt."""
        if generation == self._generation:
            self._signer = None
            self._generation += 1
        return True

    def revision(self) -> Hashable:
        """Return how often the signer failed: a failure is no rejection by the cloud."""
        return self._failures

    def _make(self) -> Signer:
        try:
            module = importlib.import_module(self._module)
        except Exception as error:
            # In any case a file of the user is wrong or missing: a second try would not change that.
            raise SettingsError(
                f"{self._name}: the module {self._module} cannot be imported ({_reason(error)})", hint=_hint(error)
            ) from None
        factory = getattr(module, self._factory, None)
        if factory is None:
            raise SettingsError(
                f"{self._name}: the module {self._module} has no {self._factory}", hint="correct the setting, or add it"
            )
        try:
            signer = factory()
        except Exception as error:
            raise self._failed("cannot be made", error, SettingsError) from None
        if not callable(signer):
            raise SettingsError(f"{self._name}: the factory gave no function but {_type(signer)}", hint=_HINT)
        return signer  # type: ignore[no-any-return]

    def _call(self, signer: Signer, method: str, url: str, headers: Mapping[str, str]) -> dict[str, str]:
        try:
            given = signer(method, url, dict(headers))
            found = {str(name).lower(): value for name, value in dict(given).items()}
        except Exception as error:
            raise self._failed("could not sign", error, AuthenticationError) from None
        for name, value in found.items():
            if not (_HEADER_NAME.fullmatch(name) and isinstance(value, str) and _HEADER_VALUE.fullmatch(value)):
                raise SettingsError(f"{self._name} gave a header that cannot be sent", hint=_HINT)
            if len(value) > 2 * MAX_TOKEN_CHARACTERS:
                raise SettingsError(f"{self._name} gave a header that is too long", hint=_HINT)
        if not found.get("authorization"):
            raise SettingsError(f"{self._name} gave no header authorization", hint=_HINT)
        # The request has it already, as the transport spells it.
        found.pop("host", None)
        return found

    def _failed(self, what: str, error: Exception, cls: type[NbcloudError]) -> NbcloudError:
        kind = cls
        if _is_settled(error):
            kind = SettingsError
        elif isinstance(error, OSError):
            # A service that it needs over the network may be back a moment later.
            kind = UnreachableError
        return kind(f"{self._name}: the signer {what} ({_reason(error)})", hint=_hint(error))


def _is_settled(error: Exception) -> bool:
    """Return whether an error says that something is missing on this machine, which makes another try useless.

    Oracle's SDK raises a plain EnvironmentError, which is OSError by another name, for a variable that is not set.
    """
    return type(error) is OSError or isinstance(error, (ImportError, FileNotFoundError, PermissionError))


def _reason(error: Exception) -> str:
    """Describe an error by its type and the Python name in it, never by its text."""
    name = type(error).__name__
    missing = getattr(error, "name", None)
    if not isinstance(error, (ImportError, AttributeError)) or not isinstance(missing, str) or len(missing) > 100:
        return name
    if not _DOTTED.fullmatch(missing):
        return name
    if isinstance(error, AttributeError):
        return f"{name}: there is no attribute {missing}"
    found = "there is no module" if isinstance(error, ModuleNotFoundError) else "something is missing in"
    return f"{name}: {found} {missing}"


def _hint(error: Exception) -> str:
    if isinstance(error, ModuleNotFoundError):
        if is_archive():
            return (
                "the archive of nbcloud imports no modules of yours; use the Python package: pip install pulumi-nbcloud"
            )
        if error.name is not None and error.name.partition(".")[0] == "oci":
            return "install Oracle's package where pulumi-nbcloud is installed: pip install 'pulumi-nbcloud[oci]'"
        return "install it where pulumi-nbcloud is installed, or put its folder on PYTHONPATH"
    if type(error) is OSError:
        return (
            "Oracle's SDK raises it where a variable of its principal is not set, such as "
            "OCI_RESOURCE_PRINCIPAL_VERSION; does this run where that principal is?"
        )
    return _HINT


def _type(value: object) -> str:
    return type(value).__name__


async def _in_thread(work: Callable[[], T]) -> T:
    result: Any = await anyio.to_thread.run_sync(work, abandon_on_cancel=True)
    return result  # type: ignore[no-any-return]
