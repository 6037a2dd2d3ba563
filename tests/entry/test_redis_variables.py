"""Each Redis variable of the operators' table, set to another value than its default, and what it does then.

A test bears the name of its variable. The instance's own way is gone: the environment, the settings, the backplane.
"""

import asyncio
import os
import signal
import socket
import time

import pytest
import redis

from chorus.entry.redis_settings import redis_settings
from chorus.entry.settings import from_environment
from chorus.realtime import RedisBackplane
from chorus.realtime.backplane.contract import BackplaneUnavailable
from chorus.realtime.backplane.settings import RedisSettings
from parts.databases import fresh_sqlite
from parts.instance import Instance
from parts.ports import free_port, silent_port
from waiting import eventually


class Operators:
    """Backplanes as instances of these variables have them."""

    def __init__(self, home, valkey):
        self.always = {"CHORUS_HOME": str(home), "REDIS_HOST": valkey.host, "REDIS_PORT": str(valkey.port)}
        self.started = []

    def settings(self, **variables) -> RedisSettings:
        return redis_settings(from_environment({**self.always, **variables}).redis)

    async def start(self, **variables) -> RedisBackplane:
        backplane = RedisBackplane(self.settings(**variables))
        self.started.append(backplane)
        await backplane.start()
        return backplane


@pytest.fixture
async def operators(home, valkey):
    made = Operators(home, valkey)
    yield made
    for backplane in made.started:
        await backplane.close()


@pytest.fixture
def control(valkey):
    with redis.Redis(unix_socket_path=str(valkey.path)) as client:
        yield client


async def test_redis_host(operators):
    """The default is localhost."""
    assert (await operators.start(REDIS_HOST="127.0.0.1")).healthy
    with pytest.raises(BackplaneUnavailable, match=r"127\.0\.0\.9:\d+ cannot be reached"):
        await operators.start(REDIS_HOST="127.0.0.9", REDIS_PORT=str(free_port()), REDIS_MAX_RETRIES_PER_REQUEST="0")


async def test_redis_port(operators, valkey):
    """The default is 6379."""
    assert (await operators.start(REDIS_PORT=str(valkey.port))).healthy
    other = free_port()
    with pytest.raises(BackplaneUnavailable, match=f":{other} cannot be reached"):
        await operators.start(REDIS_PORT=str(other), REDIS_MAX_RETRIES_PER_REQUEST="0")


async def test_redis_password(operators, control):
    """The default is none."""
    control.config_set("requirepass", "right")
    try:
        assert (await operators.start(REDIS_PASSWORD="right")).healthy
        with pytest.raises(BackplaneUnavailable, match="REDIS_PASSWORD"):
            await operators.start(REDIS_PASSWORD="wrong", REDIS_MAX_RETRIES_PER_REQUEST="0")
    finally:
        control.execute_command("AUTH", "right")
        control.config_set("requirepass", "")


async def test_redis_db(operators, control):
    """The default is 0; what is in another database, and said there, is another's."""
    one, same, other = [await operators.start(REDIS_DB=number) for number in ("1", "1", "2")]
    heard = []
    same.subscribe("a", lambda _: heard.append("same"))
    other.subscribe("a", lambda _: heard.append("other"))

    await eventually(lambda: one.publish("a", b"!") or len(heard) > 5)

    assert set(heard) == {"same"}
    assert {connection["db"] for connection in control.client_list()} >= {"1", "2"}


async def test_redis_retry_delay_on_failover(operators, valkey):
    """Milliseconds, by default 100, until a lost connection is made again."""
    quick = await operators.start(REDIS_RETRY_DELAY_ON_FAILOVER="20")
    slow = await operators.start(REDIS_RETRY_DELAY_ON_FAILOVER="3000")
    ups = {}
    quick.on_up(lambda: ups.setdefault("quick", time.monotonic()))
    slow.on_up(lambda: ups.setdefault("slow", time.monotonic()))

    with redis.Redis(unix_socket_path=str(valkey.path)) as client:
        client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
    lost = time.monotonic()
    await eventually(lambda: len(ups) == 2, within=20)

    assert ups["slow"] - lost > 2.2  # three quarters of it at least: many instances do not come at once
    assert ups["slow"] - ups["quick"] > 1.0


async def test_redis_max_retries_per_request(operators, valkey):
    """By default 3 more attempts; then the instance says that there is no Redis, and why."""
    with pytest.raises(BackplaneUnavailable, match="tried 6 times"):
        await operators.start(REDIS_PORT=str(free_port()), REDIS_MAX_RETRIES_PER_REQUEST="5")

    valkey.stop()
    starting = asyncio.ensure_future(
        operators.start(REDIS_MAX_RETRIES_PER_REQUEST="20", REDIS_RETRY_DELAY_ON_FAILOVER="500")
    )
    await asyncio.to_thread(valkey.start)
    assert (await starting).healthy


async def test_redis_lazy_connect(operators, valkey):
    """By default false: the start fails loudly. True: it connects when there is somebody to connect to."""
    valkey.stop()
    with pytest.raises(BackplaneUnavailable):
        await operators.start(REDIS_MAX_RETRIES_PER_REQUEST="0")
    lazy = await operators.start(REDIS_LAZY_CONNECT="true", REDIS_MAX_RETRIES_PER_REQUEST="0")
    assert not lazy.healthy

    valkey.start()

    await eventually(lambda: lazy.healthy)


async def test_redis_keep_alive(operators):
    """Milliseconds, by default 30,000, until the system asks whether a silent peer is still there."""
    backplane = await operators.start(REDIS_KEEP_ALIVE="7000")

    [shard] = backplane._shards.values()
    for link in (shard.session._listening, shard.session._publishing):
        wire = link._transport.get_extra_info("socket")
        assert wire.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 7


async def test_redis_connect_timeout(operators):
    """Milliseconds, by default 10,000, until nobody's answer counts as none."""
    begun = time.monotonic()
    unanswered = pytest.raises(BackplaneUnavailable, match=r"did not answer within 0\.2 s .*REDIS_CONNECT_TIMEOUT")
    with silent_port() as port, unanswered:
        await operators.start(REDIS_PORT=str(port), REDIS_CONNECT_TIMEOUT="200", REDIS_MAX_RETRIES_PER_REQUEST="0")
    assert time.monotonic() - begun < 9


async def test_redis_command_timeout(operators, valkey):
    """Milliseconds, by default 5,000, for a command that was sent."""
    backplane = await operators.start(REDIS_COMMAND_TIMEOUT="300", REDIS_MAX_RETRIES_PER_REQUEST="0")
    os.kill(valkey.pid, signal.SIGSTOP)
    try:
        begun = time.monotonic()
        with pytest.raises(BackplaneUnavailable):
            await backplane.ping()
        assert 0.2 < time.monotonic() - begun < 4.5
    finally:
        os.kill(valkey.pid, signal.SIGCONT)


async def test_socket_io_redis_adapter(home, valkey, tmp_path, caplog):
    """By default true: an instance needs Redis, and says how it is. False: it does without, and asks for none."""
    environment = {
        "CHORUS_HOME": str(home),
        "DATABASE_URL": fresh_sqlite(tmp_path),
        "REDIS_URL": valkey.url,
        "JWT_SECRET": "s" * 32,
    }
    checks = {}
    for adapter in ("true", "false"):
        if adapter == "false":
            valkey.stop()
        async with (
            Instance(0, **environment, SOCKET_IO_REDIS_ADAPTER=adapter) as instance,
            instance.browse() as browser,
        ):
            answer = (await browser.get("/health/ready")).json()
            assert "x-ratelimit-remaining" in (await browser.get("/api/v1/channels")).headers
            checks[adapter] = answer["status"], set(answer["checks"])

    assert checks == {"true": ("ready", {"database", "redis"}), "false": ("ready", {"database"})}
    assert "limits are counted by each instance" not in caplog.text, "Redis was asked all the same"
