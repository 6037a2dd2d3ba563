"""Clients that come and go: who is let in, what is heard before and after, and who is told that they are gone."""

import asyncio
import gc
import time

import pytest

from chorus.realtime import ConnectRefused, EngineOptions, OutboxLimits, Server
from parts.sessions import answers, connected
from parts.wire import FakeSession
from waiting import eventually


async def test_a_client_sent_away_gets_what_its_room_was_told_in_the_same_tick():
    """And the reason it is told itself: neither waits for the end of a tick in which the client is gone."""
    server = Server()
    chat = server.namespace("/")
    session, _ = await connected(server)
    client = next(iter(chat.clients()))
    client.join("tea")

    chat.to("tea").emit("told")
    client.emit("why")
    client.disconnect()

    assert await answers(session, 3) == ['42["told"]', '42["why"]', "41"]


async def test_an_unknown_namespace_is_refused_and_the_session_goes_on():
    """With the words clients know."""
    server = Server()
    server.namespace("/")
    session = FakeSession(server)

    session.say("40/random,", "40")

    assert (await answers(session, 2))[0] == '44/random,{"message":"Invalid namespace"}'


async def test_a_refusal_reaches_the_client_with_its_data_and_nothing_else_does():
    """What the handler emitted before it refused is dropped, its rooms are left."""
    server = Server()
    chat = server.namespace("/")

    @chat.on_connect
    async def connect(client, auth):
        client.join("a")
        client.emit("hello")
        raise ConnectRefused("Not signed in", data={"code": 7, "auth": auth})

    session = FakeSession(server)
    session.say('40{"token":"x"}')

    assert await answers(session) == ['44{"message":"Not signed in","data":{"code":7,"auth":{"token":"x"}}}']
    assert chat.members("a") == frozenset()
    session.say("40")
    assert (await answers(session))[0].startswith("44")


async def test_who_left_while_it_was_decided_hears_no_refusal_and_is_not_heard():
    """And leaves once: what is to happen then happens once."""
    server = Server()
    chat = server.namespace("/")
    asked, decided, ended, gone, heard, states = asyncio.Event(), asyncio.Event(), asyncio.Event(), [], [], []
    chat.on("say")(lambda client: heard.append("say"))
    chat.on_disconnecting(lambda client, reason: heard.append("disconnecting"))
    chat.on_disconnect(lambda client, reason: heard.append("disconnect"))

    @chat.on_connect
    async def connect(client, auth):
        client.when_gone(gone.append)
        states.append((client.connected, client.let_in))
        asked.set()
        await decided.wait()
        states.append((client.connected, client.let_in))
        client.when_gone(lambda client: states.append("gone before"))
        ended.set()  # in the same step
        raise ConnectRefused("Not signed in")

    session = FakeSession(server)
    session.say("40", '42["say"]')
    await asked.wait()
    session.say("41")
    decided.set()
    await ended.wait()
    session.say("40/random,")  # answered behind whatever the refusal would write

    assert await answers(session) == ['44/random,{"message":"Invalid namespace"}']
    await eventually(lambda: not server.tasks)
    assert (len(gone), heard, states) == (1, [], [(True, False), (False, False), "gone before"])


async def test_an_event_emitted_in_the_connect_handler_comes_after_connect():
    """Clients drop events of namespaces that they are not connected to."""
    server = Server()
    chat = server.namespace("/")

    @chat.on_connect
    async def connect(client, auth):
        client.emit("first")
        client.join("a")
        chat.to("a").emit("second")
        await asyncio.sleep(0)
        client.emit("third")

    session = FakeSession(server)
    session.say("40")

    heard = await answers(session, 4)
    assert heard[0].startswith("40{")
    assert heard[1:] == ['42["first"]', '42["second"]', '42["third"]']


async def test_a_connect_handler_that_fails_refuses_and_is_logged(caplog):
    """What failed is not the client's business."""
    server = Server()

    @server.namespace("/").on_connect
    async def connect(client, auth):
        raise ValueError("secret")

    session = FakeSession(server)
    session.say("40")

    assert await answers(session) == ['44{"message":"Internal server error"}']
    assert "ValueError: secret" in caplog.text


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        (lambda session, client: session.say("41"), "client namespace disconnect"),
        (lambda session, client: session.say("1"), "transport close"),
        (lambda session, client: session.say("9"), "parse error"),
        (lambda session, client: session.say("42[]"), "parse error"),
        (lambda session, client: session.say("42/other,[1]"), "parse error"),
        (lambda session, client: session.connection.lost("transport error"), "transport error"),
        (lambda session, client: session.connection.shut_down(), "server shutting down"),
        (lambda session, client: client.disconnect(), "server namespace disconnect"),
        (lambda session, client: client.disconnect("banned"), "banned"),
    ],
)
async def test_the_disconnect_handler_hears_why(how, reason):
    """As Socket.IO names it; the client is in no room any more, and its events were handled before."""
    server, seen = Server(), []
    chat = server.namespace("/")

    @chat.on("say")
    async def say(client):
        await asyncio.sleep(0)
        seen.append("said")

    @chat.on_disconnect
    async def gone(client, reason):
        seen.append((reason, client.connected, client.rooms, client.state))

    session, _ = await connected(server)
    (client,) = chat.clients()
    client.join("a")
    client.state = "ann"
    told = []
    client.when_gone(told.append)
    session.say('42["say"]')
    how(session, client)

    assert told == [client]
    await eventually(lambda: len(seen) == 2)
    assert seen == ["said", (reason, False, frozenset(), "ann")]
    assert list(chat.clients()) == []
    client.emit("late")
    client.join("late")
    assert client.rooms == frozenset()


async def fail_later(client, reason):
    raise ValueError("secret")


def fail(client, reason):
    raise ValueError("secret")


@pytest.mark.parametrize("handler", [fail, fail_later])
async def test_a_disconnect_handler_that_fails_is_logged_and_keeps_nobody_from_theirs(handler, caplog):
    server, gone = Server(), []
    server.namespace("/").on_disconnect(handler)
    server.namespace("/b").on_disconnect(lambda client, reason: gone.append(reason))
    session, _ = await connected(server)
    session.say("40/b,")
    await answers(session)

    session.connection.lost("transport close")

    await eventually(lambda: not server.tasks)
    assert gone == ["transport close"]
    assert "the disconnect handler of / failed" in caplog.text


async def test_a_client_that_is_there_comes_once_and_one_that_left_may_come_back():
    server = Server()
    chat = server.namespace("/")
    session, _ = await connected(server)

    session.say("40", "40/random,")

    assert await answers(session) == ['44/random,{"message":"Invalid namespace"}']
    session.say("41", "40")
    assert (await answers(session))[0].startswith("40{")
    assert len(list(chat.clients())) == 1


async def test_a_client_sent_away_is_told_and_may_come_back():
    """The session stays; official clients call it "io server disconnect"."""
    server = Server()
    chat = server.namespace("/")
    session, _ = await connected(server)

    [client] = chat.clients()
    client.disconnect()

    assert await answers(session) == ["41"]
    assert session.wire.closed is None
    session.say("40")
    assert (await answers(session))[0].startswith("40{")
    client.disconnect()  # the one that is gone
    session.say('420["nothing"]')
    assert '"unknown_event"' in (await answers(session))[0]


@pytest.mark.alone
async def test_disconnecting_sixteen_thousand_clients_takes_less_than_half_a_second():
    """Row 16: of processor time, with rooms and a disconnect handler. python-socketio takes the square of it: 18 s."""
    server, gone = Server(), []
    chat = server.namespace("/")
    chat.on_connect(lambda client, auth: client.join(f"room {len(server) % 10}"))
    chat.on_disconnect(lambda client, reason: gone.append(reason))
    sessions = [FakeSession(server) for _ in range(16_000)]
    for session in sessions:
        session.say("40")
    await eventually(lambda: len(list(chat.clients())) == 16_000, within=60)

    gc.collect()
    before = time.process_time()
    for session in sessions:
        session.connection.lost("transport close")
    spent = time.process_time() - before

    assert list(chat.clients()) == []
    assert gone == ["transport close"] * 16_000
    assert spent < 0.5


async def test_a_connect_handler_that_sends_much_lets_in_and_sees_the_congestion():
    """Row 15: it can wait for the socket then, instead of filling memory."""
    limits = OutboxLimits(high_mark=1_000, bound=100_000)
    server, seen = Server(options=EngineOptions(outbox=limits)), []
    chat = server.namespace("/")

    @chat.on_connect
    async def connect(client, auth):
        client.emit("news", "x" * 1_000)
        seen.append(client.congested)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        session.connection.congested()
        seen.append(client.congested)
        client.emit("last")

    session = FakeSession(server)
    session.say("40")

    heard = await answers(session, 3)
    assert [message[:8] for message in heard] == [heard[0][:8], '42["news', '42["last']
    assert heard[0].startswith("40{")
    assert seen == [False, True]


async def test_a_connect_handler_that_sends_more_than_may_wait_ends_the_session_and_no_more_is_kept():
    """Row 15: nothing of it can go out before CONNECT does."""
    server, kept = Server(options=EngineOptions(outbox=OutboxLimits(high_mark=1_000, bound=10_000))), []
    chat = server.namespace("/")

    @chat.on_connect
    async def connect(client, auth):
        for _ in range(100):
            client.emit("news", "x" * 1_000)
            kept.append(client._backlog.size if client._backlog is not None else 0)

    session = FakeSession(server)
    session.say("40")

    await eventually(lambda: len(kept) == 100)
    assert session.wire.closed == (1008, "slow consumer: too much was sent to it before it was connected")
    assert max(kept) <= 10_000
    assert session.heard() == []
    assert len(server) == 0


async def test_a_refusal_after_much_was_sent_disconnects():
    """Row 2: CONNECT went out already, so CONNECT_ERROR cannot follow."""
    server, gone = Server(options=EngineOptions(outbox=OutboxLimits(high_mark=1_000, bound=100_000))), []
    chat = server.namespace("/")
    chat.on_disconnect(lambda client, reason: gone.append(reason))

    @chat.on_connect
    async def connect(client, auth):
        client.emit("news", "x" * 1_000)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        raise ConnectRefused("No")

    session = FakeSession(server)
    session.say("40")

    heard = await answers(session, 3)
    assert heard[-1] == "41"
    await eventually(lambda: gone == ["server namespace disconnect"])
