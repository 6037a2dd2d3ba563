"""Sessions and clients, spoken to in the protocol's own text."""

import asyncio
import gc
import json
import logging
import time

import msgspec
import pytest

from chorus.realtime import CallTimedOut, ClientGone, ConnectRefused, EngineOptions, OutboxLimits, Server, UsageError
from parts.wire import FakeSession, clocked_server
from waiting import eventually


async def connected(server, namespace="/"):
    """A session whose client was let in, and its sid."""
    session = FakeSession(server)
    session.say("40" if namespace == "/" else f"40{namespace},")
    heard = await answers(session)
    return session, json.loads(heard[0][heard[0].index("{") :])["sid"]


class FaultySession:
    """Fails where nothing should."""

    def pass_time(self, *, now):
        raise ZeroDivisionError

    def close(self):
        """Nothing to do."""


async def answers(session, number=1):
    """The next messages, at least `number`."""
    heard = []

    def enough():
        heard.extend(session.heard())
        return len(heard) >= number

    await eventually(enough, what=f"{number} messages, so far {heard}")
    return heard


async def test_a_session_opens_and_connects_to_a_namespace():
    """The sids differ: the session's is its secret."""
    server = Server(instance="7")
    server.namespace("/")

    session, sid = await connected(server)

    assert session.opening["sid"].startswith("7.")
    assert sid.startswith("7.")
    assert sid != session.opening["sid"]


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


async def test_what_a_handler_returns_is_the_answer():
    """Nothing, a value, several."""
    server = Server()
    chat = server.namespace("/")

    @chat.on("nothing")
    async def nothing(client): ...

    @chat.on("value")
    def value(client, argument):
        return {"got": argument}

    @chat.on("several")
    async def several(client):
        return 1, b"\x02"

    session, _ = await connected(server)
    session.say('420["nothing"]', '421["value",[1]]', '42["value",2]', '422["several"]')

    assert await answers(session, 4) == [
        "430[]",
        '431[{"got":[1]}]',
        '461-2[1,{"_placeholder":true,"num":0}]',
        b"\x02",
    ]


async def test_binary_events_reach_the_handler_whole():
    """With their attachments in place, in a namespace of their own."""
    server = Server()
    files = server.namespace("/files")
    got = []
    files.on("put")(lambda client, name, content: got.append((name, content)))
    session, _ = await connected(server, "/files")

    session.say('452-/files,["put",{"_placeholder":true,"num":1},{"a":[{"_placeholder":true,"num":0}]}]', b"0", b"1")

    assert got == [(b"1", {"a": [b"0"]})]


async def test_a_wrong_payload_is_answered_and_the_handler_not_called():
    """As the answer when one is awaited, else as an error event."""
    server = Server()
    chat = server.namespace("/")

    class Say(msgspec.Struct):
        text: str

    @chat.on("say", payload=Say)
    async def say(client, payload):
        raise AssertionError("called")

    session, _ = await connected(server)
    session.say('427["say",{"text":1}]', '42["say"]')

    detail = "Expected `str`, got `int` - at `$.text`"
    assert await answers(session, 2) == [
        f'437[{{"ok":false,"error":{{"code":"invalid","detail":"{detail}","retryable":false}}}}]',
        '42["error",{"event":"say","code":"invalid","detail":"found 0 arguments, expected 1","retryable":false}]',
    ]


async def test_a_failing_handler_is_logged_and_answered_and_the_next_event_handled(caplog):
    """Also when what it returns cannot become JSON."""
    server = Server()
    chat = server.namespace("/")

    @chat.on("fail")
    async def fail(client):
        raise KeyError("secret")

    @chat.on("odd")
    async def odd(client):
        return object()

    session, _ = await connected(server)
    session.say('421["fail"]', '422["odd"]', '423["unheard"]')

    heard = await answers(session, 3)
    assert [json.loads(message[3:])[0]["error"]["code"] for message in heard] == [
        "internal",
        "internal",
        "unknown_event",
    ]
    assert "secret" not in "".join(heard)
    assert "KeyError: 'secret'" in caplog.text


async def test_a_cancelled_thing_that_a_handler_awaits_is_a_failure_like_others():
    """The events after it are handled all the same."""
    server = Server()
    chat = server.namespace("/")

    @chat.on("wait")
    async def wait(client):
        cancelled = asyncio.get_running_loop().create_future()
        cancelled.cancel()
        await cancelled

    chat.on("next")(lambda client: True)
    session, _ = await connected(server)
    session.say('421["wait"]', '422["next"]')

    first, second = await answers(session, 2)
    assert '"code":"internal"' in first
    assert second == "432[true]"


async def test_events_of_one_client_are_handled_in_order_and_of_two_side_by_side():
    """A slow handler keeps nobody else waiting."""
    server, order, gate = Server(), [], asyncio.Event()
    chat = server.namespace("/")

    @chat.on("say")
    async def say(client, text):
        if text == "slow":
            await gate.wait()
        order.append(text)

    ann, _ = await connected(server)
    bob, _ = await connected(server)
    ann.say('42["say","slow"]', '42["say","after"]')
    bob.say('42["say","other"]')

    await eventually(lambda: order == ["other"])
    gate.set()
    await eventually(lambda: order == ["other", "slow", "after"])


async def test_a_client_that_floods_is_not_read_from_until_its_handler_catches_up():
    """And its pong, unread, is not missed."""
    server, clock = clocked_server(max_queued_events=4)
    gate, handled = asyncio.Event(), []

    @server.namespace("/").on("say")
    async def say(client, number):
        await gate.wait()
        handled.append(number)

    session, _ = await connected(server)
    session.say(*(f'42["say",{number}]' for number in range(5)))
    assert session.wire.reading is False

    for _ in range(10):
        clock.now += 10.0
        session.connection.look(now=clock.now)
    assert session.wire.closed is None
    assert session.wire.aborted is False

    gate.set()
    await eventually(lambda: session.wire.reading)
    await eventually(lambda: handled == [0, 1, 2, 3, 4])


async def test_a_call_waits_for_the_clients_answer():
    """While the events of that client wait for the handler."""
    server = Server()
    chat = server.namespace("/")

    @chat.on("ask")
    async def ask(client):
        return await client.call("who?", 1, timeout=5.0)

    session, _ = await connected(server)
    session.say('429["ask"]')
    assert await answers(session) == ['420["who?",1]']

    session.say('430["ann"]')
    assert await answers(session) == ['439["ann"]']


async def test_a_call_ends_when_the_client_takes_too_long_or_goes():
    """Each with its own error, and nothing is left behind."""
    server, errors = Server(), []
    chat = server.namespace("/")

    @chat.on("ask")
    async def ask(client, timeout):
        try:
            await client.call("who?", timeout=timeout)
        except (CallTimedOut, ClientGone) as error:
            errors.append(type(error))

    session, _ = await connected(server)
    session.say('42["ask",0.01]')
    await eventually(lambda: errors == [CallTimedOut])
    session.say('42["ask",60]')
    await answers(session, 2)
    session.connection.lost("transport close")

    await eventually(lambda: errors == [CallTimedOut, ClientGone])


async def test_a_room_reaches_its_members_and_leaves_out_who_should_be():
    """By sid and by room."""
    server = Server()
    chat = server.namespace("/")
    sessions = [await connected(server) for _ in range(3)]
    by_sid = {client.sid: client for client in chat.clients()}
    for _, sid in sessions:
        by_sid[sid].join("a")
    by_sid[sessions[2][1]].join("b")

    chat.to("a").emit("all")
    chat.to("a").except_(sessions[0][1]).emit("others")
    chat.except_("b").emit("not b")
    chat.to("a").to("b").emit("once")
    chat.to(sessions[0][1]).emit("one")

    assert await answers(sessions[0][0], 4) == ['42["all"]', '42["not b"]', '42["once"]', '42["one"]']
    assert await answers(sessions[1][0], 4) == ['42["all"]', '42["others"]', '42["not b"]', '42["once"]']
    assert await answers(sessions[2][0], 3) == ['42["all"]', '42["others"]', '42["once"]']


async def test_an_answer_comes_after_what_was_emitted_before_it():
    """A client sees its own message in the room before the acknowledgement."""
    server = Server()
    chat = server.namespace("/")

    @chat.on("say")
    def say(client, text):
        client.join("a")
        chat.to("a").emit("said", text)
        return True

    session, _ = await connected(server)
    session.say('420["say","x"]', '421["say","y"]')

    assert await answers(session, 4) == ['42["said","x"]', "430[true]", '42["said","y"]', "431[true]"]


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


async def test_a_client_sent_away_is_told_and_may_come_back():
    """The session stays; official clients call it "io server disconnect"."""
    server = Server()
    chat = server.namespace("/")
    session, _ = await connected(server)

    next(iter(chat.clients())).disconnect()

    assert await answers(session) == ["41"]
    assert session.wire.closed is None
    session.say("40")
    assert (await answers(session))[0].startswith("40{")


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


async def test_one_timer_serves_all_sessions():
    """And stops with the last of them."""
    server = Server()
    server.namespace("/")
    sessions = [FakeSession(server) for _ in range(100)]
    turn = server._turn

    assert turn is not None
    for session in sessions:
        session.connection.lost("transport close")
    server._turn_wheel()
    assert server._turn is None


async def test_a_session_whose_look_fails_ends_alone_and_the_timer_goes_on(caplog):
    """One timer serves all, so one fault must not stop it."""
    server, clock = clocked_server(ping_interval=25.0, ping_timeout=20.0)
    server.namespace("/")
    broken, _ = await connected(server)
    whole, _ = await connected(server)
    broken.connection.engine = FaultySession()

    for _ in range(60):
        clock.now += 0.5
        server._turn_wheel()

    assert broken.wire.aborted
    assert whole.heard() == ["2"]
    assert server._turn is not None
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


async def test_a_reserved_event_or_an_empty_room_is_the_applications_mistake():
    """Named where it is made."""
    chat = Server().namespace("/")

    with pytest.raises(UsageError):
        chat.emit("connect")
    with pytest.raises(UsageError):
        chat.to("")
    with pytest.raises(UsageError):
        Server().namespace("chat")


async def test_what_peers_do_wrong_fills_no_log(caplog):
    """Anyone can do it as often as they like."""
    caplog.set_level(logging.INFO)
    server = Server()
    server.namespace("/")
    for message in ("x", "4x", "42[", "45", b"x"):
        FakeSession(server).say(message)

    assert caplog.records == []


async def test_a_handler_that_awaits_an_answer_gets_it_through_a_full_queue():
    """Row 4: the answer lies behind more events than may wait otherwise."""
    server = Server(options=EngineOptions(max_queued_events=4))
    chat = server.namespace("/")
    chat.on("say")(lambda client, number: None)

    @chat.on("ask")
    async def ask(client):
        return await client.call("who?", timeout=5.0)

    session, _ = await connected(server)
    session.say('429["ask"]')
    assert await answers(session) == ['420["who?"]']
    session.say(*(f'42["say",{number}]' for number in range(10)))
    assert session.wire.reading

    session.say('430["ann"]')
    assert await answers(session) == ['439["ann"]']


async def test_a_question_asked_while_the_queue_is_full_reads_on():
    """Row 4: and when it is answered, the limit is what it was."""
    server, gate = Server(options=EngineOptions(max_queued_events=4)), asyncio.Event()
    chat = server.namespace("/")
    chat.on("say")(lambda client, number: None)

    @chat.on("ask")
    async def ask(client):
        await gate.wait()
        answer = await client.call("who?", timeout=5.0)
        gate.clear()
        await gate.wait()
        return answer

    session, _ = await connected(server)
    session.say('429["ask"]', *(f'42["say",{number}]' for number in range(6)))
    assert not session.wire.reading

    gate.set()
    await eventually(lambda: session.wire.reading)
    assert await answers(session) == ['420["who?"]']
    session.say('430["ann"]')
    await eventually(lambda: not session.wire.reading)
    gate.set()
    await eventually(lambda: session.wire.reading)


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
