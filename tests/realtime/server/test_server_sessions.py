"""Sessions, spoken to in the protocol's own text: how they begin, keep time and end."""

import asyncio
import logging

import pytest

from chorus.realtime import EngineOptions, OutboxLimits, Server
from parts.sessions import answers, connected
from parts.wire import FakeSession, clocked_server
from waiting import eventually


class FaultySession:
    """Fails where nothing should."""

    def pass_time(self, *, now):
        raise ZeroDivisionError

    def close(self):
        """Nothing to do."""


async def test_a_session_opens_and_connects_to_a_namespace():
    """The sids differ: the session's is its secret."""
    server = Server(instance="7")
    server.namespace("/")

    session, sid = await connected(server)

    assert session.opening["sid"].startswith("7.")
    assert sid.startswith("7.")
    assert sid != session.opening["sid"]


async def test_one_session_that_breaks_the_protocol_ends_alone():
    """With a code that says what it did."""
    server = Server()
    server.namespace("/")
    good, _ = await connected(server)
    bad, _ = await connected(server)
    ugly, _ = await connected(server)

    bad.say("4x")
    ugly.say('4599-["a"]')

    assert bad.wire.closed == (1002, "packet type: found 'x', expected a digit from 0 to 6")
    assert ugly.wire.closed == (1009, "attachments: found 99, allowed 10")
    assert good.wire.closed is None
    assert len(server) == 1


async def test_a_session_that_connects_to_nothing_ends_in_time():
    """A socket is not free."""
    server, clock = clocked_server(connect_timeout=5.0)
    server.namespace("/")
    idle = FakeSession(server)
    busy, _ = await connected(server)

    assert idle.connection.look(now=clock.now + 4.9) is not None
    assert idle.connection.look(now=clock.now + 5.0) is None
    assert busy.connection.look(now=clock.now + 5.0) is not None
    assert idle.wire.closed == (1008, "no namespace was connected in time")


async def test_a_silent_client_is_pinged_and_then_given_up():
    """Its socket may be half open, so nobody waits for a goodbye."""
    server, clock = clocked_server(ping_interval=25.0, ping_timeout=20.0)
    reasons = []
    server.namespace("/").on_disconnect(lambda client, reason: reasons.append(reason))
    session, _ = await connected(server)

    session.connection.look(now=clock.now + 25.0)
    assert session.heard() == ["2"]
    session.connection.look(now=clock.now + 45.0)

    assert session.wire.aborted
    await eventually(lambda: reasons == ["ping timeout"])


async def test_a_client_that_was_not_read_from_is_not_held_to_have_been_silent():
    """Its pong may lie in the socket."""
    server, clock = clocked_server(ping_interval=25.0, ping_timeout=20.0)
    server.namespace("/")
    session, _ = await connected(server)
    clock.now += 25.0
    session.connection.look(now=clock.now)
    assert session.heard() == ["2"]

    session.connection.pause_reading()
    clock.now += 30.0
    session.connection.resume_reading()
    session.connection.look(now=clock.now + 1.0)

    assert not session.wire.aborted


async def test_one_timer_serves_all_sessions(monkeypatch):
    """And stops with the last of them."""
    server, loop, timers = Server(), asyncio.get_running_loop(), []
    server.namespace("/")
    later = loop.call_later
    monkeypatch.setattr(loop, "call_later", lambda *words: timers.append(words) or later(*words))
    sessions = [FakeSession(server) for _ in range(100)]

    assert server._sessions.turning
    assert len(timers) == 1
    for session in sessions:
        session.connection.lost("transport close")
    server._sessions.turn()
    assert not server._sessions.turning


async def test_a_session_whose_look_fails_ends_alone_and_the_timer_goes_on(caplog):
    """One timer serves all, so one fault must not stop it."""
    server, clock = clocked_server(ping_interval=25.0, ping_timeout=20.0)
    server.namespace("/")
    broken, _ = await connected(server)
    whole, _ = await connected(server)
    broken.connection.engine = FaultySession()

    for _ in range(60):
        clock.now += 0.5
        server._sessions.turn()

    assert broken.wire.aborted
    assert whole.heard() == ["2"]
    assert server._sessions.turning
    assert "looking after a session failed" in caplog.text


async def test_a_client_that_does_not_read_is_cut_off_with_a_reason():
    """Above the bound at once, above the high mark after its patience; the others never notice."""
    server, clock = clocked_server(outbox=OutboxLimits(high_mark=100, bound=1_000, patience=10.0))
    chat, reasons = server.namespace("/"), []
    chat.on_disconnect(lambda client, reason: reasons.append(reason))
    slow, _ = await connected(server)
    stuck, _ = await connected(server)
    good, _ = await connected(server)
    for session, waiting in ((slow, 1_001), (stuck, 500)):
        session.wire.stuck = waiting
        session.connection.congested()

    chat.emit("news")
    await eventually(lambda: reasons == ["slow consumer: 1001 bytes wait, allowed 1000"])
    clock.now += 10.0
    chat.emit("news")

    await eventually(lambda: len(reasons) == 2)
    assert reasons[1] == "slow consumer: above 100 bytes for 10 s, allowed 10 s"
    assert slow.wire.aborted
    assert stuck.wire.aborted
    assert await answers(good, 2) == ['42["news"]', '42["news"]']


async def test_what_is_sent_to_a_client_alone_cuts_it_off_as_well():
    server = Server(options=EngineOptions(outbox=OutboxLimits(high_mark=100, bound=1_000)))
    chat = server.namespace("/")
    session, _ = await connected(server)
    [client] = chat.clients()
    session.wire.stuck = 1_001
    session.connection.congested()

    client.emit("news")

    assert (client.connected, session.wire.aborted) == (False, True)


async def test_a_client_that_reads_again_is_forgiven():
    """Congestion comes and goes."""
    server, clock = clocked_server(outbox=OutboxLimits(high_mark=100, bound=1_000, patience=10.0))
    chat = server.namespace("/")
    session, _ = await connected(server)
    (client,) = chat.clients()
    session.wire.stuck = 500
    session.connection.congested()
    assert client.congested

    session.connection.relieved()
    clock.now += 100.0
    chat.emit("news")

    assert not client.congested
    assert await answers(session) == ['42["news"]']


async def test_closing_the_server_ends_sessions_waits_for_handlers_and_admits_nobody():
    """As a worker that stops does."""
    server, may_end, done = Server(), asyncio.Event(), []
    chat = server.namespace("/")
    await server.start()

    @chat.on("work")
    async def work(client):
        await may_end.wait()
        done.append("work")

    session, _ = await connected(server)
    session.say('42["work"]')
    closing = asyncio.create_task(server.close())
    await eventually(lambda: session.wire.closed)
    assert (closing.done(), done) == (False, [])
    may_end.set()
    await closing

    assert session.wire.closed == (1012, "server shutting down")
    assert done == ["work"]
    with pytest.raises(Exception, match="503"):
        FakeSession(server)


async def test_a_handler_that_does_not_end_is_cancelled_when_the_server_closes(caplog):
    """After the close timeout, and the log says so."""
    server, ended = Server(options=EngineOptions(close_timeout=0.01)), []
    await server.start()

    @server.namespace("/").on("hang")
    async def hang(client):
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            ended.append("hang")

    session, _ = await connected(server)
    session.say('42["hang"]')
    await server.close()

    assert ended == ["hang"]
    assert "1 handlers did not finish" in caplog.text


async def test_what_peers_do_wrong_fills_no_log(caplog):
    """Anyone can do it as often as they like."""
    caplog.set_level(logging.INFO)
    server = Server()
    server.namespace("/")
    for message in ("x", "4x", "42[", "45", b"x"):
        FakeSession(server).say(message)

    assert caplog.records == []
