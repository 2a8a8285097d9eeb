"""Certificates of authorities that exist only within one test run."""

from __future__ import annotations

import datetime
import ssl
from functools import lru_cache
from pathlib import Path

import trustme


@lru_cache(maxsize=1)
def authority() -> trustme.CA:
    return trustme.CA()


def server_context(
    name: str = "localhost", *, expired: bool = False, issuer: trustme.CA | None = None
) -> ssl.SSLContext:
    """What a server needs that shows a certificate for `name`."""
    yesterday = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)
    certificate = (issuer or authority()).issue_cert(
        name,
        not_before=yesterday - datetime.timedelta(days=30) if expired else None,
        not_after=yesterday if expired else None,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def ca_file(folder: Path) -> str:
    """A PEM file of the authority, as the setting `caFile` names it."""
    path = folder / "authority.pem"
    authority().cert_pem.write_to_path(str(path))
    return str(path)
