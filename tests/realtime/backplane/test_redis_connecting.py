"""How a backplane gets to Redis: settings honoured one by one, and whatever is wrong named by its setting."""

import asyncio
import socket
import time

import pytest

from chorus.realtime.backplane.contract import BackplaneRefused, BackplaneUnavailable
from chorus.realtime.backplane.settings import RedisSettings
from parts.backplanes import over_tcp, session_of
from parts.ports import free_port, silent_port
from waiting import eventually


@pytest.mark.alone
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


@pytest.mark.alone
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


async def test_no_answer_within_the_connect_timeout_is_named(start):
    unanswered = pytest.raises(BackplaneUnavailable, match=r"did not answer within 0\.2 s .*REDIS_CONNECT_TIMEOUT")
    with silent_port() as port, unanswered:
        await start(RedisSettings(host="127.0.0.1", port=port, max_retries=0, connect_timeout=0.2))


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
