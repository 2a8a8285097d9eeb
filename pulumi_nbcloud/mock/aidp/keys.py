"""RSA keys of the mock's accounts.

Two are fixed: the settings of one mock stay valid for the next. They are stored as primes
and assembled on first use: that is fast, while generating new ones is slow. They exist only for the mock and are public
here: they grant no access anywhere else.
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING

from pulumi_nbcloud.mock.validation import InvalidInput

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

_EXPONENT = 65_537
_PRIMES = (
    (
        (
            "d01f1e43148dc4ce2afb133a07fee52b5ffeaebff8ee5b6c603cc737869b02f7181abb94347ea790a61146"
            "d7b44eee7039027016c01c8353b5547c5ced5f424a660a0fecaa7d4a83788719848c6f52a854a06884bc08"
            "d10d3d3298d1fdb596de8efa6af1f44ce168bc570ca42ecb61cd69831d8ec26a9b7cfebb167d19edb231"
        ),
        (
            "b97d80540b4ba75c971b58164f1fde5a3928bd4082b92a2b96f5d66e78497168ef7fbf837cb4cd5288e00d"
            "d0d73d8a64c636797c3be909c66183bef46d0f5b7538669bf4bcfe096c8eb71ffd03e013ca9c841a8c77ab"
            "e7b153f1a99f0ef426d5218a6bd2f06ef51b6d671d7118ec15cd8eb375f7fe48fed671ffb5485fee8eb1"
        ),
    ),
    (
        (
            "c7d8473a0e8ec43afee1c4e667de806e9b002faeba532b911a156caa35b43ded47c172019bef6d9934e1ce"
            "7792144866d915ac6d1f751fe43f6bf89491cc5fa4a777eb5be3eab52e1775e3afc0f3f7a9c352ee5d02f0"
            "6bd76ea633a5eaf2efbb49dac5de32572a0acaba8472f5179af4a234b31325b7caa650e09c0670d56c85"
        ),
        (
            "c3527b6802fe623ae6274891a345bb2b4959e9ea541352170a3882faf6dae0057e47e4119035687246183b"
            "d56d25055dd54e8aa794612cfcdc2fe29244f2b4eecf2a369655bd2e706fbd1b148beefc4105109ddce4fe"
            "3fa926b69b2c0883cbd6304fc065a5730f63bc17ce4fb314b491a51f645330ea897d43378e4eb4c9751f"
        ),
    ),
)


class Key:
    """An RSA key pair, from its PEM or the number of a fixed one."""

    def __init__(self, source: str | int) -> None:
        self._source = source

    @cached_property
    def private(self) -> RSAPrivateKey:
        """The private key.

        Raises:
            InvalidInput: the PEM contains none.
        """
        from cryptography.hazmat.primitives.asymmetric import rsa
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        if isinstance(self._source, int):
            p, q = (int(each, 16) for each in _PRIMES[self._source])
            d = pow(_EXPONENT, -1, math.lcm(p - 1, q - 1))
            public = rsa.RSAPublicNumbers(_EXPONENT, p * q)
            parts = rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q)
            return rsa.RSAPrivateNumbers(p, q, d, *parts, public).private_key()
        try:
            key = load_pem_private_key(self._source.encode(), None)
        except (ValueError, TypeError):
            raise InvalidInput("private_key", "must be an unencrypted RSA key in PEM") from None
        if not isinstance(key, rsa.RSAPrivateKey):
            raise InvalidInput("private_key", "must be an unencrypted RSA key in PEM")
        return key

    @cached_property
    def public(self) -> RSAPublicKey:
        """The public key."""
        return self.private.public_key()

    @cached_property
    def fingerprint(self) -> str:
        """Oracle's fingerprint of the key: MD5 of its public half in DER, in pairs with colons between."""
        import hashlib

        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        der = self.public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        digest = hashlib.md5(der, usedforsecurity=False).hexdigest()
        return ":".join(digest[place : place + 2] for place in range(0, 32, 2))

    def pem(self, passphrase: str | None = None) -> str:
        """Return the private key in PEM, encrypted if there is a passphrase."""
        from cryptography.hazmat.primitives.serialization import (
            BestAvailableEncryption,
            Encoding,
            NoEncryption,
            PrivateFormat,
        )

        encryption = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode()


FIRST = Key(0)
SECOND = Key(1)
