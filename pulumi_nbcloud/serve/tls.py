"""TLS with the service's own certificate files, which are read again when they change."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Hashable

import anyio

from pulumi_nbcloud.errors import SettingsError
from pulumi_nbcloud.printable import printable
from pulumi_nbcloud.settings.files import stamp

CHECK_SECONDS = 60.0
_log = logging.getLogger(__name__)


def tls_context(certificate: str | None, key: str | None) -> ssl.SSLContext | None:
    """Read a certificate.

    Args:
        certificate: a PEM file with the chain; None for plain http.
        key: the PEM file of its key; None if the certificate's file contains it.

    Returns:
        The TLS context; None for plain http.

    Raises:
        SettingsError: the files are not a certificate with its key.
    """
    if certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _load(context, certificate, key)
    return context


async def keep_current(context: ssl.SSLContext | None, certificate: str | None, key: str | None) -> None:
    """Read the certificate again whenever its files change; new connections use it.

    Args:
        context: the context of the certificate; None for plain http.
        certificate: see `tls_context`.
        key: see `tls_context`.
    """
    if context is None or certificate is None:
        return
    before = _stamps(certificate, key)
    while True:
        await anyio.sleep(CHECK_SECONDS)
        now = _stamps(certificate, key)
        if now == before:
            continue
        try:
            # Into a separate context first: mismatched files would break the one in use.
            _load(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), certificate, key)
            _load(context, certificate, key)
        except SettingsError as error:
            _log.warning("%s; the certificate of before stays in use", error.line)
        else:
            _log.info("the certificate was read again")
        before = now


def _stamps(certificate: str, key: str | None) -> Hashable:
    return stamp(certificate), stamp(key) if key is not None else None


def _load(context: ssl.SSLContext, certificate: str, key: str | None) -> None:
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) else None
        raise SettingsError(
            f"the certificate and its key cannot be used: {printable(reason or type(error).__name__, 100)}",
            hint="give PEM files: --tls-certificate with the chain, --tls-key with a key without a password",
        ) from None


def _no_password() -> str:
    raise ValueError("the key has a password")
