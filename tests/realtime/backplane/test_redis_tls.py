"""A backplane that speaks TLS with Redis."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from chorus.realtime.backplane.contract import BackplaneUnavailable
from chorus.realtime.backplane.link import _trusting_the_systems
from chorus.realtime.backplane.settings import RedisSettings
from waiting import eventually


@pytest.fixture
async def behind_tls(valkey, tmp_path, monkeypatch) -> AsyncIterator[str]:
    """The address of the Valkey behind TLS, whose certificate only `trusted` makes trusted."""
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    _make_certificate(certificate, key)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner, outer = await asyncio.open_unix_connection(valkey.path)
        await asyncio.gather(_copy(reader, outer), _copy(inner, writer))

    _trusting_the_systems.cache_clear()
    server = await asyncio.start_server(pass_on, "127.0.0.1", 0, ssl=context)
    yield f"rediss://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()
    _trusting_the_systems.cache_clear()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
    except ConnectionError:  # the test ended the connection
        pass
    finally:
        writer.close()


def _make_certificate(certificate: Path, key: Path) -> None:
    secret = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, secret.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(secret, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    certificate.write_bytes(made.public_bytes(pem))
    key.write_bytes(secret.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))


async def test_messages_go_through_tls(start, behind_tls, tmp_path, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    one, other = [await start(RedisSettings(url=behind_tls)) for _ in range(2)]
    heard: list[bytes] = []
    other.subscribe("room", heard.append)

    def sent_and_heard() -> bool:
        one.publish("room", b"hello")
        return bool(heard)

    await eventually(sent_and_heard)
    assert await one.ping() < 5


async def test_a_certificate_that_nobody_vouches_for_is_refused_by_name(start, behind_tls):
    with pytest.raises(BackplaneUnavailable, match=r"certificate that is not trusted.*REDIS_URL"):
        await start(RedisSettings(url=behind_tls, max_retries=0))
