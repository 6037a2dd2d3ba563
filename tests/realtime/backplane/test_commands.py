"""Commands on a real Valkey: answers to whoever asked, whatever becomes of the server and of the asking."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable

import pytest
import redis

from chorus.realtime import BackplaneUnavailable, Commands, RedisSettings, Script
from parts.backplanes import over_tcp
from parts.ports import free_port
from parts.valkey import Valkey
from waiting import eventually

SUM = Script("return redis.call('INCRBY', KEYS[1], ARGV[1])")

_HALF_A_SECOND = """
local function now() local t = redis.call('TIME'); return t[1] + t[2] / 1e6 end
local begin = now()
while now() - begin < 0.5 do end
return 7
"""


@pytest.fixture
async def connect() -> AsyncIterator[Callable[[RedisSettings], Commands]]:
    """Makes Commands and closes them again."""
    made: list[Commands] = []

    def connect(settings: RedisSettings) -> Commands:
        made.append(Commands(settings))
        return made[-1]

    yield connect
    for commands in made:
        await commands.close()


async def _answered(commands: Commands) -> bool:
    """Whether the server answers; one that is not quick enough once, on a busy machine, is no failure yet."""
    try:
        return await commands.run("PING") == b"PONG"
    except BackplaneUnavailable:
        return False


async def test_a_thousand_at_once_get_each_their_own_answer_on_one_connection(connect, valkey, control):
    commands = connect(over_tcp(valkey))
    before = control.info("stats")["total_connections_received"]

    answers = await asyncio.gather(*(commands.run("ECHO", number) for number in range(1000)))

    assert answers == [b"%d" % number for number in range(1000)]
    assert control.info("stats")["total_connections_received"] == before + 1


async def test_whoever_gives_up_takes_no_answer_from_the_next(connect, valkey):
    commands = connect(over_tcp(valkey))
    await commands.run("PING")
    given_up = [asyncio.ensure_future(commands.run("ECHO", "given up")) for _ in range(10)]
    kept = asyncio.ensure_future(commands.run("ECHO", "kept"))
    await asyncio.sleep(0)
    for asking in given_up:
        asking.cancel()

    assert await kept == b"kept"


async def test_words_are_text_bytes_and_numbers_and_answers_bytes_numbers_and_lists(connect, valkey):
    commands = connect(over_tcp(valkey))

    assert await commands.run("RPUSH", "list", "ü", b"\x00\xff", 7) == 3
    assert await commands.run("LRANGE", "list", 0, -1) == ["ü".encode(), b"\x00\xff", b"7"]
    assert await commands.run("GET", "nothing") is None


async def test_a_script_runs_again_after_the_server_forgot_it(connect, valkey, control):
    commands = connect(over_tcp(valkey))
    assert await commands.script(SUM, keys=["sum"], arguments=[2]) == 2

    control.script_flush()

    assert await commands.script(SUM, keys=["sum"], arguments=[3]) == 5


async def test_a_refusal_is_told_with_the_place_and_the_setting_and_costs_nobody_else(connect, valkey):
    commands = connect(over_tcp(valkey))
    await commands.run("SET", "text", "no number")

    refused, answered = await asyncio.gather(commands.run("INCR", "text"), commands.run("PING"), return_exceptions=True)

    assert isinstance(refused, BackplaneUnavailable)
    assert f"Redis at {valkey.host}:{valkey.port}: ERR value is not an integer" in str(refused)
    assert "(see REDIS_" in str(refused)
    assert answered == b"PONG"


async def test_a_server_killed_under_a_command_is_asked_again_when_it_is_back(connect, valkey):
    commands = connect(over_tcp(valkey, max_retries=100))
    await commands.run("PING")
    os.kill(valkey.pid, signal.SIGSTOP)
    asking = asyncio.ensure_future(commands.run("ECHO", "still"))
    await asyncio.sleep(0)

    valkey.kill()
    await asyncio.to_thread(valkey.start)

    assert await asking == b"still"


async def test_a_server_that_freezes_is_left_and_found_again(connect, valkey):
    commands = connect(over_tcp(valkey, command_timeout=0.5, max_retries=0))
    await eventually(lambda: _answered(commands))
    os.kill(valkey.pid, signal.SIGSTOP)
    try:
        with pytest.raises(BackplaneUnavailable, match=r"no answer within 0\.5 s"):
            await commands.run("PING")
    finally:
        os.kill(valkey.pid, signal.SIGCONT)

    await eventually(lambda: _answered(commands))


async def test_a_command_without_an_answer_is_tried_on_another_connection_after_the_command_timeout(
    connect, valkey, control
):
    """The old one is believed no more, whatever comes of it later."""
    commands = connect(over_tcp(valkey, command_timeout=0.3, max_retries=50, retry_delay=0.05))
    await commands.run("PING")
    before = control.info("stats")["total_connections_received"]
    os.kill(valkey.pid, signal.SIGSTOP)
    asking, frozen_until = asyncio.ensure_future(commands.run("ECHO", "x")), time.monotonic() + 1.5
    try:
        await eventually(lambda: time.monotonic() > frozen_until, what="several timeouts")
    finally:
        os.kill(valkey.pid, signal.SIGCONT)

    assert await asking == b"x"
    assert control.info("stats")["total_connections_received"] > before


async def test_between_two_attempts_the_retry_delay_passes(connect):
    commands = connect(RedisSettings(host="127.0.0.1", port=free_port(), max_retries=3, retry_delay=0.15))
    begun = time.monotonic()

    with pytest.raises(BackplaneUnavailable):
        await commands.run("PING")

    assert time.monotonic() - begun >= 0.45


async def test_a_server_that_is_busy_for_now_is_asked_again(connect, valkey, control):
    """It says BUSY during a long script, as it says LOADING at its start."""
    threshold = control.config_get("busy-reply-threshold")["busy-reply-threshold"]
    commands = connect(over_tcp(valkey, max_retries=100, retry_delay=0.05))
    await commands.run("PING")
    control.config_set("busy-reply-threshold", 1)
    try:
        busy = asyncio.ensure_future(commands.run("EVAL", _HALF_A_SECOND, 0))
        other = connect(over_tcp(valkey, max_retries=100, retry_delay=0.05))

        assert await other.run("ECHO", "answered") == b"answered"
        assert await busy == 7
    finally:
        control.config_set("busy-reply-threshold", threshold)


async def test_a_burst_of_a_whole_instance_stands_in_line_and_each_gets_its_own_answer(connect, valkey):
    commands = connect(over_tcp(valkey, max_retries=0, command_timeout=60.0))

    answers = await asyncio.gather(*(commands.run("ECHO", number) for number in range(10_000)))

    assert answers == [b"%d" % number for number in range(10_000)]


async def test_whoever_gives_up_in_line_is_not_asked_for_and_takes_no_answer_from_the_next(connect, valkey, control):
    commands = connect(over_tcp(valkey, max_retries=0, command_timeout=60.0))
    await commands.run("PING")
    first = [asyncio.ensure_future(commands.run("PING")) for _ in range(4_096)]
    given_up = [asyncio.ensure_future(commands.run("INCR", "given up")) for _ in range(10)]
    kept = asyncio.ensure_future(commands.run("ECHO", "kept"))
    await asyncio.sleep(0)
    for asking in given_up:
        asking.cancel()

    assert await kept == b"kept"
    assert await asyncio.gather(*first) == [b"PONG"] * 4_096
    assert control.get("given up") is None


async def test_who_stands_in_line_for_a_server_that_freezes_fails_with_those_before(connect, valkey):
    commands = connect(over_tcp(valkey, max_retries=0, command_timeout=0.5))
    await eventually(lambda: _answered(commands))
    os.kill(valkey.pid, signal.SIGSTOP)
    try:
        answers = await asyncio.gather(*(commands.run("PING") for _ in range(5_000)), return_exceptions=True)
    finally:
        os.kill(valkey.pid, signal.SIGCONT)

    assert {type(answer) for answer in answers} == {BackplaneUnavailable}
    await eventually(lambda: _answered(commands))


async def test_asking_is_refused_while_too_many_wait_for_a_server_that_does_not_answer(connect, valkey, monkeypatch):
    monkeypatch.setattr("chorus.realtime.backplane.pipeline.MOST_IN_LINE", 100)
    commands = connect(over_tcp(valkey, max_retries=0))
    await commands.run("PING")
    os.kill(valkey.pid, signal.SIGSTOP)
    try:
        waiting = [asyncio.ensure_future(commands.run("PING")) for _ in range(100)]
        await asyncio.sleep(0)
        with pytest.raises(BackplaneUnavailable, match=r"100 commands with .* are waiting in line"):
            await commands.run("PING")
    finally:
        os.kill(valkey.pid, signal.SIGCONT)

    assert await asyncio.gather(*waiting) == [b"PONG"] * 100


async def test_large_commands_are_refused_by_their_bytes_before_they_fill_the_memory(connect, valkey, monkeypatch):
    monkeypatch.setattr("chorus.realtime.backplane.pipeline.LARGEST_LINE", 20_000_000)
    commands = connect(over_tcp(valkey, max_retries=0))
    await commands.run("PING")
    os.kill(valkey.pid, signal.SIGSTOP)
    try:
        waiting = [asyncio.ensure_future(commands.run("SET", "key", b"x" * 1_000_000)) for _ in range(100)]
        await asyncio.sleep(0)
        answers = await asyncio.gather(*waiting[-10:], return_exceptions=True)
    finally:
        os.kill(valkey.pid, signal.SIGCONT)

    assert all("bytes are waiting in line" in str(answer) for answer in answers)
    assert await waiting[0] == b"OK"
    stored = await asyncio.gather(*waiting, return_exceptions=True)
    assert 15 < stored.count(b"OK") < 40


async def test_commands_larger_than_what_the_network_takes_are_all_written_in_their_order(connect, valkey):
    commands = connect(over_tcp(valkey))

    sizes = await asyncio.gather(*(commands.run("APPEND", "text", b"x" * 1_000_000) for _ in range(50)))

    assert sizes == [1_000_000 * number for number in range(1, 51)]


async def test_as_many_may_wait_for_the_connection(connect, valkey, monkeypatch):
    monkeypatch.setattr("chorus.realtime.backplane.pipeline.MOST_IN_LINE", 100)
    commands = connect(over_tcp(valkey, max_retries=0))
    os.kill(valkey.pid, signal.SIGSTOP)  # the system takes connections for it all the same
    try:
        waiting = [asyncio.ensure_future(commands.run("PING")) for _ in range(100)]
        await asyncio.sleep(0)
        with pytest.raises(BackplaneUnavailable, match=r"100 commands with .* are waiting in line"):
            await commands.run("PING")
    finally:
        os.kill(valkey.pid, signal.SIGCONT)

    assert await asyncio.gather(*waiting) == [b"PONG"] * 100


async def test_a_server_with_too_many_clients_is_asked_again(connect, valkey, control):
    most = control.config_get("maxclients")["maxclients"]
    refused = control.info("stats")["rejected_connections"]
    commands = connect(over_tcp(valkey, max_retries=1_000, retry_delay=0.01))
    control.config_set("maxclients", 1)  # and `control` is that one
    try:
        asking = asyncio.ensure_future(commands.run("PING"))
        await eventually(lambda: control.info("stats")["rejected_connections"] > refused)
    finally:
        control.config_set("maxclients", most)

    assert await asking == b"PONG"


async def test_a_master_that_became_a_replica_is_left_for_whoever_has_its_name_now(connect, tmp_path):
    name = tmp_path / "master.sock"
    with Valkey() as old, Valkey() as new, redis.Redis(unix_socket_path=str(old.path)) as control:
        name.symlink_to(old.path)
        commands = connect(RedisSettings(url=f"unix://{name}", max_retries=20))
        await commands.run("SET", "where", "old")
        control.replicaof(new.host, new.port)
        name.unlink()
        name.symlink_to(new.path)

        await commands.run("SET", "where", "new")

        assert await commands.run("CONFIG", "GET", "port") == [b"port", b"%d" % new.port]


@pytest.mark.parametrize("max_retries", [0, 3])
async def test_what_is_under_way_when_it_is_closed_fails(connect, valkey, control, max_retries):
    """At once, whatever would be tried otherwise, and nothing is connected any more afterwards."""
    others = len(control.client_list())
    commands = connect(over_tcp(valkey, max_retries=max_retries))
    connecting = asyncio.ensure_future(commands.run("PING"))
    await asyncio.sleep(0)
    await commands.close()

    with pytest.raises(BackplaneUnavailable, match="closed"):
        await connecting

    await commands.run("PING")
    os.kill(valkey.pid, signal.SIGSTOP)
    try:
        asking = asyncio.ensure_future(commands.run("PING"))
        await asyncio.sleep(0)
        await commands.close()
        with pytest.raises(BackplaneUnavailable, match="closed"):
            await asking
    finally:
        os.kill(valkey.pid, signal.SIGCONT)

    await eventually(lambda: len(control.client_list()) <= others)


async def test_what_waits_for_its_next_attempt_when_it_is_closed_fails(connect):
    attempts: list[asyncio.StreamWriter] = []

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        attempts.append(writer)
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    commands = connect(RedisSettings(host="127.0.0.1", port=port, max_retries=100, retry_delay=0.2))

    async with server:
        asking = asyncio.ensure_future(commands.run("PING"))
        await eventually(lambda: attempts)
        await commands.close()

        with pytest.raises(BackplaneUnavailable, match="closed"):
            await asking


async def test_a_server_that_answers_what_nobody_asked_is_left(connect):
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"PING\r\n")
        writer.write(b"+PONG\r\n")
        await reader.readuntil(b"PING\r\n")
        writer.write(b"+PONG\r\n+AGAIN\r\n")
        await reader.read()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    commands = connect(RedisSettings(host="127.0.0.1", port=port, max_retries=0))

    async with server:
        assert await commands.run("PING") == b"PONG"
        assert await commands.run("PING") == b"PONG"  # on a connection of its own
