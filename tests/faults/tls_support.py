"""Certificates of authorities that exist only within one test run."""

from __future__ import annotations

import datetime
import ssl
from functools import lru_cache
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


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


def lax_authority(folder: Path) -> tuple[ssl.SSLContext, str]:
    """What a server needs whose authority's constraints are not critical, and a PEM file of that authority."""
    now = datetime.datetime.now(datetime.timezone.utc)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a corporate authority")])
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]

    def builder(subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        made = x509.CertificateBuilder().subject_name(subject).issuer_name(name).public_key(key.public_key())
        made = made.serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
        identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        return made.not_valid_after(now + datetime.timedelta(days=1)).add_extension(identifier, critical=False)

    names = ("digital", "content", "key", "data", "agree", "sign certificates", "sign lists", "encipher", "decipher")
    usage = x509.KeyUsage(*(name.startswith("sign") for name in names))
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(keys[0].public_key())
    authority = (
        builder(name, keys[0])
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=False)
        .add_extension(usage, critical=True)
        .sign(keys[0], hashes.SHA256())
    )
    server = (
        builder(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")]), keys[1])
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(issuer, critical=False)
        .sign(keys[0], hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "lax.pem").write_bytes(authority.public_bytes(pem))
    key = keys[1].private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "server.pem").write_bytes(key + server.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return context, str(folder / "lax.pem")
