"""What is peculiar to Redis: settings honoured one by one, faults named, deafness noticed. On a real Valkey."""

import asyncio
import os
import signal
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
import redis
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from chorus.realtime.backplane import shard
from chorus.realtime.backplane.contract import BackplaneRefused, BackplaneUnavailable
from chorus.realtime.backplane.link import _trusting_the_systems, command
from chorus.realtime.backplane.redis import RedisBackplane
from chorus.realtime.backplane.session import Session
from chorus.realtime.backplane.settings import RedisSettings
from parts.ports import free_port
from parts.valkey import Valkey
from waiting import eventually


@pytest.fixture
async def start() -> AsyncIterator[Callable[[RedisSettings], RedisBackplane]]:
    """Starts backplanes and closes them again."""
    started: list[RedisBackplane] = []

    async def start(settings: RedisSettings) -> RedisBackplane:
        backplane = RedisBackplane(settings)
        started.append(backplane)
        await backplane.start()
        return backplane

    yield start
    for backplane in started:
        await backplane.close()


@pytest.fixture
def control(valkey) -> redis.Redis:
    """A plain connection to the server."""
    with redis.Redis(unix_socket_path=str(valkey.path)) as client:
        yield client


@pytest.fixture
async def silent() -> AsyncIterator[int]:
    """The port of a server that accepts and says nothing."""
    server = await asyncio.start_server(lambda _reader, _writer: asyncio.Event().wait(), "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


def over_tcp(valkey: Valkey, **more: object) -> RedisSettings:
    return RedisSettings(host=valkey.host, port=valkey.port, **more)


def session_of(backplane: RedisBackplane) -> Session:
    """The one with its one server."""
    (only,) = backplane._shards.values()
    return only.session


async def test_nobody_there_is_named_with_the_setting_after_the_retries(start):
    port = free_port()
    begun = time.monotonic()

    with pytest.raises(BackplaneUnavailable) as caught:
        await start(RedisSettings(host="127.0.0.1", port=port, max_retries=2, retry_delay=0.15))

    assert f"127.0.0.1:{port}" in str(caught.value)
    assert "REDIS_HOST" in str(caught.value)
    assert "tried 3 times" in str(caught.value)
    assert 0.3 <= time.monotonic() - begun < 1.5


async def test_a_server_that_refuses_us_is_not_asked_again(start, valkey):
    """A wrong password stays wrong; the setting to look at is named at once."""
    settings = RedisSettings(url=f"redis://nobody:wrong@{valkey.host}:{valkey.port}", max_retries=50, retry_delay=60)

    with pytest.raises(BackplaneRefused, match=r"refuses: WRONGPASS .*\(see REDIS_PASSWORD\)$"):
        await start(settings)


async def test_a_missing_unix_socket_is_named_with_the_setting(start, home):
    with pytest.raises(BackplaneUnavailable, match=r"nothing\.sock cannot be reached.*REDIS_URL"):
        await start(RedisSettings(url=f"unix://{home}/nothing.sock", max_retries=0))


async def test_a_host_without_an_address_is_named(start):
    with pytest.raises(BackplaneUnavailable, match=r"does-not-exist\.invalid:6379 cannot be reached"):
        await start(RedisSettings(host="does-not-exist.invalid", max_retries=0))


async def test_lazily_started_it_comes_up_when_the_server_does(start, valkey):
    valkey.stop()
    backplane = await start(over_tcp(valkey, lazy_connect=True))
    ups: list[float] = []
    backplane.on_up(lambda: ups.append(time.monotonic()))
    assert not backplane.healthy

    valkey.start()

    await eventually(lambda: backplane.healthy, within=1.0)
    assert len(ups) == 1


async def test_a_server_that_starts_late_is_found_within_the_retries(start, valkey):
    valkey.stop()
    starting = asyncio.ensure_future(start(over_tcp(valkey, max_retries=50)))
    await asyncio.to_thread(valkey.start)

    assert (await starting).healthy


async def test_no_answer_within_the_connect_timeout_is_named(start, silent):
    with pytest.raises(BackplaneUnavailable, match=r"did not answer within 0\.2 s .*REDIS_CONNECT_TIMEOUT"):
        await start(RedisSettings(host="127.0.0.1", port=silent, max_retries=0, connect_timeout=0.2))


async def test_the_password_is_sent_and_a_wrong_or_missing_one_is_named(start, valkey, control):
    control.config_set("requirepass", "right")
    try:
        assert (await start(over_tcp(valkey, password="right"))).healthy
        for wrong in ("wrong", ""):
            with pytest.raises(BackplaneUnavailable, match=r"refuses.*REDIS_PASSWORD") as caught:
                await start(over_tcp(valkey, password=wrong, max_retries=0))
            assert "right" not in str(caught.value)
    finally:
        control.execute_command("AUTH", "right")
        control.config_set("requirepass", "")


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


async def test_a_user_of_the_url_signs_in(start, valkey, control):
    control.execute_command("ACL", "SETUSER", "ann", "on", ">secret", "allchannels", "+@all")

    backplane = await start(RedisSettings(url=f"redis://ann:secret@{valkey.host}:{valkey.port}"))

    assert backplane.healthy
    assert any("user=ann" in line for line in control.execute_command("CLIENT", "LIST").decode().splitlines())


async def test_a_database_that_does_not_exist_is_named(start, valkey):
    with pytest.raises(BackplaneUnavailable, match=r"refuses.*REDIS_DB"):
        await start(over_tcp(valkey, database=999, max_retries=0))


async def test_databases_of_one_server_do_not_hear_each_other(start, valkey):
    one, same, other = [await start(over_tcp(valkey, database=number)) for number in (1, 1, 2)]
    heard: list[str] = []
    same.subscribe("room", lambda _: heard.append("same"))
    other.subscribe("room", lambda _: heard.append("other"))

    def sent_and_heard() -> bool:
        one.publish("room", b"hello")
        return len(heard) >= 10

    await eventually(sent_and_heard)
    assert set(heard) == {"same"}


async def test_keep_alive_probes_are_set_on_both_connections(start, valkey):
    backplane = await start(over_tcp(valkey, keep_alive=7.0))

    session = session_of(backplane)
    for link in (session._listening, session._publishing):
        wire = link._transport.get_extra_info("socket")
        assert wire.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 7


async def test_a_frozen_server_makes_us_unhealthy_within_two_seconds_and_is_left_after_the_command_timeout(
    start, valkey, caplog
):
    """Row 9: it no longer hears, says so, and heals itself."""
    backplane = await start(over_tcp(valkey, command_timeout=2.5))
    os.kill(valkey.pid, signal.SIGSTOP)
    try:
        begun = time.monotonic()
        await eventually(lambda: not backplane.healthy, within=2.1)
        assert time.monotonic() - begun > 0.9
        await eventually(lambda: "nothing heard for" in caplog.text, within=3.0)
    finally:
        os.kill(valkey.pid, signal.SIGCONT)

    await eventually(lambda: backplane.healthy, within=4.0)


async def test_the_ping_of_a_frozen_server_fails_in_the_command_timeout(start, valkey):
    backplane = await start(over_tcp(valkey, command_timeout=0.3, max_retries=0))
    os.kill(valkey.pid, signal.SIGSTOP)
    try:
        with pytest.raises(BackplaneUnavailable, match=f"{valkey.host}:{valkey.port}"):
            await backplane.ping()
    finally:
        os.kill(valkey.pid, signal.SIGCONT)


@pytest.mark.parametrize("which", ["_listening", "_publishing"])
async def test_one_connection_cut_is_both_made_again(start, valkey, which):
    """Row 9: half a session is none: who hears without speaking, or the other way round, begins anew."""
    backplane = await start(over_tcp(valkey))
    ups: list[int] = []
    backplane.on_up(lambda: ups.append(1))
    first = session_of(backplane)

    getattr(first, which).abort()

    await eventually(lambda: backplane.healthy and session_of(backplane) is not first, within=1.0)
    assert ups == [1]


async def test_messages_of_one_tick_are_few_publishes(start, valkey, control):
    backplane = await start(over_tcp(valkey))
    before = control.info("commandstats")["cmdstat_publish"]["calls"]

    for number in range(1000):
        backplane.publish("red" if number < 500 else "blue", b"hello")
    await backplane.close()

    def calls() -> int:
        return control.info("commandstats")["cmdstat_publish"]["calls"] - before

    await eventually(lambda: calls() >= 2)
    assert calls() <= 2 + 5  # and a heartbeat or two


async def test_a_channel_is_subscribed_once_and_left_with_its_last_receiver(start, valkey, control):
    backplane = await start(over_tcp(valkey))
    receivers = [lambda message: None, lambda message: None]

    def subscribers() -> int:
        return dict(control.pubsub_numsub("chorus/0/room"))[b"chorus/0/room"]

    for receiver in receivers:
        backplane.subscribe("room", receiver)
    await eventually(lambda: subscribers() == 1)
    backplane.unsubscribe("room", receivers[0])
    await backplane.ping()
    assert subscribers() == 1
    backplane.unsubscribe("room", receivers[1])
    await eventually(lambda: subscribers() == 0)


async def test_a_foreign_message_on_our_channel_is_logged_and_harms_nobody(start, valkey, control, caplog):
    backplane = await start(over_tcp(valkey))
    heard: list[bytes] = []
    backplane.subscribe("room", heard.append)
    await eventually(lambda: control.publish("chorus/0/room", b"foreign bytes, not a parcel") == 1)

    await eventually(lambda: "not from an instance of ours" in caplog.text)
    assert heard == []
    assert backplane.healthy


async def test_what_redis_refuses_to_publish_is_counted_and_said_once(start, valkey, control, caplog):
    control.execute_command("ACL", "SETUSER", "bob", "on", ">s", "resetchannels", "&chorus/0/instance/*", "+@all")
    backplane = await start(RedisSettings(url=f"redis://bob:s@{valkey.host}:{valkey.port}"))

    for channel in ("red", "blue", "green"):
        backplane.publish(channel, b"hello")

    await eventually(lambda: backplane.dropped == 3)
    assert caplog.text.count("refuses what we publish") == 1


async def test_after_an_outage_only_the_messages_of_the_last_second_are_sent(start, valkey):
    here, there = await start(over_tcp(valkey)), await start(over_tcp(valkey))
    heard: list[bytes] = []
    there.subscribe("room", heard.append)
    valkey.kill()
    await eventually(lambda: not here.healthy and not there.healthy)
    begun = time.monotonic()
    here.publish("room", b"old")
    await eventually(lambda: time.monotonic() - begun > 1.1)
    valkey.start()

    await eventually(lambda: here.healthy and there.healthy)
    here.publish("room", b"new")

    await eventually(lambda: heard == [b"new"])
    assert here.dropped == 1


async def test_a_tick_that_takes_long_costs_no_message(start, valkey, monkeypatch):
    """There was a way all the time; only the event loop was busy."""
    monkeypatch.setattr(shard, "_WAITING_AGE", -1.0)  # any wait is longer
    here, there = await start(RedisSettings(url=valkey.url)), await start(RedisSettings(url=valkey.url))
    heard: list[bytes] = []
    there.subscribe("room", heard.append)

    def said_and_heard() -> bool:
        here.publish("room", b"hello")
        return bool(heard)

    await eventually(said_and_heard)
    assert here.dropped == 0


async def test_what_is_said_while_the_first_connection_is_made_goes_out_however_long_that_takes(
    start, valkey, control, monkeypatch
):
    monkeypatch.setattr(shard, "_WAITING_AGE", -1.0)
    there = await start(RedisSettings(url=valkey.url))
    heard: list[bytes] = []
    there.subscribe("room", heard.append)
    await eventually(lambda: control.pubsub_numsub("chorus/0/room")[0][1] == 1)
    backplane = RedisBackplane(RedisSettings(url=valkey.url))

    backplane.publish("room", b"early")
    await backplane.start()

    await eventually(lambda: heard == [b"early"])
    assert backplane.dropped == 0
    await backplane.close()


async def test_closing_leaves_no_task_and_no_connection(start, valkey, control):
    backplane = await start(over_tcp(valkey))
    await backplane.ping()

    await backplane.close()

    assert asyncio.all_tasks() == {asyncio.current_task()}
    await eventually(lambda: len(control.client_list()) == 1)


def test_a_command_goes_over_the_wire_with_its_lengths():
    assert command(b"PUBLISH", b"room", b"\r\n") == b"*3\r\n$7\r\nPUBLISH\r\n$4\r\nroom\r\n$2\r\n\r\n\r\n"


async def test_a_subscription_that_the_server_lost_is_made_again_when_it_is_doubted(start, valkey):
    """Row 9: the heartbeat comes back all the while, so only who misses something can know."""
    here, there = await start(over_tcp(valkey)), await start(over_tcp(valkey))
    heard = []
    after = []
    here.subscribe("a", heard.append)
    here.subscribe("b", after.append)
    await eventually(lambda: there.publish("a", b"1") or heard)
    await eventually(lambda: there.publish("b", b"1") or after)
    session = session_of(here)
    wire = here._names.wire("a")
    session._leaving.add(wire.encode())
    session._listening.send(command(b"UNSUBSCRIBE", wire.encode()))
    await eventually(lambda: not session._leaving)
    heard.clear()
    there.publish("a", b"2")
    there.publish("b", b"2")
    await eventually(lambda: b"2" in after)
    assert (heard, here.healthy) == ([], True)

    here.renew()

    await eventually(lambda: there.publish("a", b"3") or b"3" in heard)
