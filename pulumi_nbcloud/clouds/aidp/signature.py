"""Oracle's request signature: HTTP Signatures draft-08 with RSA-SHA256, version 1.

The published vectors are tests. Source: docs/vendors/aidp.md, DP-9 to DP-14.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from email.utils import formatdate
from typing import TYPE_CHECKING

from pulumi_nbcloud.errors import SettingsError
from pulumi_nbcloud.settings.paths import shown_path
from pulumi_nbcloud.settings.quotes import is_quoted

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

_ALWAYS = ("date", "(request-target)", "host")
_WITH_BODY = ("content-length", "content-type", "x-content-sha256")
_BODY_METHODS = frozenset({"POST", "PUT", "PATCH"})
_HINT = "correct it; its content is not shown here"
_OTHER_PEMS = {
    "PUBLIC KEY": "it is a public key: name the private key that belongs to it",
    "RSA PUBLIC KEY": "it is a public key: name the private key that belongs to it",
    "CERTIFICATE": "it is a certificate: name the private key that Oracle's API key was made with",
    "OPENSSH PRIVATE KEY": "it is a key of OpenSSH: Oracle's API keys are made in its console or by openssl",
}


def http_date(seconds: float) -> str:
    """Format a time in seconds since 1970 for the header Date: `Thu, 05 Jan 2014 21:31:40 GMT`."""
    return formatdate(seconds, usegmt=True)


def body_headers(method: str, body: bytes) -> dict[str, str]:
    """Return the extra headers to sign for a method with a body, names in lower case; otherwise none."""
    if method.upper() not in _BODY_METHODS:
        return {}
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    return {"content-length": str(len(body)), "content-type": "application/json", "x-content-sha256": digest}


def signing_string(method: str, target: str, headers: Mapping[str, str]) -> str:
    """Return the text to sign for a request.

    Args:
        method: the HTTP method.
        target: path and query, percent-encoded, exactly as sent.
        headers: `date` and `host`, and the result of `body_headers`; names in lower case.

    Returns:
        One line for each signed name, in Oracle's order, without a line break at the end.
    """
    values = {**headers, "(request-target)": f"{method.lower()} {target}"}
    return "\n".join(f"{name}: {values[name]}" for name in _signed_names(method))


def authorization(key_id: str, key: RSAPrivateKey, method: str, target: str, headers: Mapping[str, str]) -> str:
    """Sign one request.

    Args:
        key_id: `tenancy/user/fingerprint`, or `ST$` and a session token.
        key: the private key that belongs to it.
        method: the HTTP method.
        target: path and query, percent-encoded, exactly as sent.
        headers: as for `signing_string`.

    Returns:
        The value of the Authorization header.
    """
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    signed = key.sign(signing_string(method, target, headers).encode(), PKCS1v15(), SHA256())
    names = " ".join(_signed_names(method))
    return (
        f'Signature algorithm="rsa-sha256",headers="{names}",keyId="{key_id}",'
        f'signature="{base64.b64encode(signed).decode()}",version="1"'
    )


def _signed_names(method: str) -> tuple[str, ...]:
    return _ALWAYS + _WITH_BODY if method.upper() in _BODY_METHODS else _ALWAYS


def load_private_key(pem: str, passphrase: str | None, name: str) -> RSAPrivateKey:
    """Read a private key.

    Args:
        pem: the key in PEM; text after it is ignored, because Oracle's tools write a label there.
        passphrase: decrypts it; ignored for an unencrypted key, because profiles inherit it.
        name: the name of the key in messages; neither key nor passphrase is ever shown.

    Returns:
        The key.

    Raises:
        SettingsError: it is no RSA key in PEM, or the passphrase is missing or wrong.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    encrypted = "ENCRYPTED" in pem
    if encrypted and not passphrase:
        raise SettingsError(f"{name} is encrypted and has no passphrase", hint="set the passphrase that opens it")
    try:
        password = passphrase.encode() if encrypted and passphrase else None
        key = load_pem_private_key(pem.encode(), password)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        if encrypted:
            raise SettingsError(
                f"{name} cannot be opened with its passphrase",
                hint="the passphrase begins and ends with a quotation mark, which belongs to it here: take both off"
                if passphrase and is_quoted(passphrase)
                else "correct the passphrase; it is not shown here",
            ) from None
        raise SettingsError(f"{name} is not a private key in PEM", hint=_what_it_is(pem)) from None
    if not isinstance(key, RSAPrivateKey):
        raise SettingsError(f"{name} is not an RSA key", hint=_HINT)
    return key


def _what_it_is(text: str) -> str:
    """Describe a value in the place of a private key, by its form alone."""
    if "-----BEGIN" not in text and "\n" not in text.strip() and shown_path(text.strip()):
        return "it looks like a path: give the text of the key itself, or name the file in a profile as key_file"
    for label, what in _OTHER_PEMS.items():
        if f"-----BEGIN {label}-----" in text:
            return what
    return _HINT


def fingerprint_of(key: RSAPrivateKey) -> str | None:
    """Return the fingerprint that Oracle gives a key (docs/vendors/aidp.md, DP-15).

    Args:
        key: the private key.

    Returns:
        16 pairs of hexadecimal digits with colons; None where this machine has no MD5, as under FIPS.
    """
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    try:
        return hashlib.md5(public, usedforsecurity=False).digest().hex(":")
    except ValueError:
        return None


def check_fingerprint(fingerprint: str, key: RSAPrivateKey, name: str, key_name: str) -> None:
    """Reject the fingerprint of another key before the cloud does.

    Args:
        fingerprint: the configured one, in valid form.
        key: the private key.
        name: the name of the fingerprint in messages.
        key_name: the name of the key in messages.

    Raises:
        SettingsError: they do not match; the text shows the right fingerprint, which is no secret.
    """
    right = fingerprint_of(key)
    if right is not None and right != fingerprint.lower():
        raise SettingsError(
            f"{name} is of another key than {key_name}, whose fingerprint is {right}; nothing was sent",
            hint="correct the fingerprint, or name the key that it belongs to",
        )
