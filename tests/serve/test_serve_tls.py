"""The certificate of a service that runs for weeks: renewed files are used, broken ones are not."""

from __future__ import annotations

import contextlib
import logging
import os
import ssl
from pathlib import Path

import anyio
import pytest
import trustme

from pulumi_nbcloud.errors import SettingsError
from pulumi_nbcloud.serve import tls
from pulumi_nbcloud.serve.tls import keep_current, tls_context

AUTHORITY = trustme.CA()


def put(folder: Path, name: str, moment: int) -> tuple[str, str]:
    """Files of a certificate for a name, later than those before whatever the clock of the file system."""
    own = AUTHORITY.issue_cert(name)
    chain, key = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(b"".join(each.bytes() for each in own.cert_chain_pems))
    key.write_bytes(own.private_key_pem.bytes())
    for path in (chain, key):
        os.utime(path, (moment, moment))
    return str(chain), str(key)


def name_shown(context: ssl.SSLContext) -> str:
    """The name in the certificate that a new connection gets."""
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    AUTHORITY.configure_trust(trusting)
    trusting.check_hostname = False
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trusting.wrap_bio(to_client, to_server)
    server = context.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(3):
        for each in (client, server):
            with contextlib.suppress(ssl.SSLWantReadError):
                each.do_handshake()
    found = client.getpeercert()
    assert found is not None
    return str(found["subjectAltName"][0][1])


async def until(found: str, context: ssl.SSLContext) -> None:
    with anyio.fail_after(60):
        while name_shown(context) != found:  # noqa: ASYNC110  (nothing tells of it)
            await anyio.sleep(0.01)


@pytest.mark.anyio
async def test_renewed_files_are_used_and_broken_ones_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "pulumi_nbcloud.serve")
    monkeypatch.setattr(tls, "CHECK_SECONDS", 0.001)
    chain, key = put(tmp_path, "old.example", 1000)
    context = tls_context(chain, key)
    assert context is not None
    assert name_shown(context) == "old.example"
    async with anyio.create_task_group() as group:
        group.start_soon(keep_current, context, chain, key)
        await anyio.sleep(0.01)
        put(tmp_path, "new.example", 2000)
        await until("new.example", context)
        (tmp_path / "key.pem").write_text("no key", encoding="utf-8")
        os.utime(key, (3000, 3000))
        with anyio.fail_after(60):
            while "stays in use" not in caplog.text:  # noqa: ASYNC110
                await anyio.sleep(0.01)
        assert name_shown(context) == "new.example"
        put(tmp_path, "last.example", 4000)
        await until("last.example", context)
        group.cancel_scope.cancel()
    assert "the certificate was read again" in caplog.text
    assert "the certificate and its key cannot be used: SSLError" in caplog.text


@pytest.mark.anyio
async def test_plain_http_has_nothing_to_keep() -> None:
    assert tls_context(None, None) is None
    await keep_current(None, None, None)


def test_a_key_with_a_password(tmp_path: Path) -> None:
    """Nobody is there who could type it."""
    from cryptography.hazmat.primitives import serialization

    chain, key = put(tmp_path, "old.example", 1000)
    made = serialization.load_pem_private_key(Path(key).read_bytes(), None)
    locked = made.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"canary"),
    )
    Path(key).write_bytes(locked)
    with pytest.raises(SettingsError, match="the certificate and its key cannot be used"):
        tls_context(chain, key)
