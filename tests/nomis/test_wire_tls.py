"""Over TLS only a server whose certificate is trusted, and for its name, gets a single byte of a request."""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.stream_server import stream_server

# A process of its own: which certificates are trusted is read once, when the library is loaded.
CLIENT = """
import asyncio, json, sys
from nomis_client.wire import NoReply, Wire

async def main(url):
    loop = asyncio.get_running_loop()
    wire = Wire(monotonic=loop.time, connect_timeout=20.0)
    try:
        replies = [await wire.write("POST", url, {}, b"{}", loop.time() + 30) for _ in range(2)]
        print(json.dumps([[reply.status, reply.body.decode()] for reply in replies]))
    except NoReply as failure:
        print(json.dumps([failure.reason, failure.perhaps_written]))
    finally:
        await wire.close()

asyncio.run(main(sys.argv[1]))
"""


def certified(folder: Path, address: str) -> Path:
    """A key and the certificate that it signed for `address`, in one file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "prison system of a test")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path


@asynccontextmanager
async def tls_server(certificate: Path) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Its address, and what came there behind the TLS."""
    came: list[bytes] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            await writer.start_tls(context)
            while True:
                came.append(await reader.readuntil(b"{}"))
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine")
        writer.close()

    async with stream_server(serve) as port:
        yield f"https://127.0.0.1:{port}/x", came


async def asked(url: str, **environment: str) -> list[object]:
    """What the client says of two requests."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CLIENT, url, stdout=asyncio.subprocess.PIPE, env={**os.environ, **environment}
    )
    said, _ = await process.communicate()
    found: list[object] = json.loads(said)
    return found


async def test_a_server_that_is_trusted_answers(tmp_path: Path) -> None:
    certificate = certified(tmp_path, "127.0.0.1")
    async with tls_server(certificate) as (url, came):
        assert await asked(url, SSL_CERT_FILE=str(certificate)) == [[200, "fine"], [200, "fine"]]
    assert [request.partition(b"\r\n")[0] for request in came] == [b"POST /x HTTP/1.1"] * 2


@pytest.mark.parametrize(("address", "trusted"), [("127.0.0.1", False), ("127.0.0.2", True)], ids=["unknown", "other"])
async def test_nothing_is_written_to_one_that_is_not(tmp_path: Path, address: str, trusted: bool) -> None:
    certificate = certified(tmp_path, address)
    async with tls_server(certificate) as (url, came):
        environment = {"SSL_CERT_FILE": str(certificate)} if trusted else {}
        assert await asked(url, **environment) == ["connect", False]
    assert came == []
