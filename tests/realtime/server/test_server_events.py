"""Events, spoken in the protocol's own text: their handlers, their order, their answers, and the rooms they reach."""

import asyncio
import json

import msgspec
import pytest

from chorus.realtime import EngineOptions, Server, UsageError
from parts.sessions import answers, connected
from parts.wire import clocked_server
from waiting import eventually


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


async def test_a_client_that_floods_two_namespaces_is_read_from_when_both_have_caught_up():
    server = Server(options=EngineOptions(max_queued_events=4))
    gates, handled = {"/": asyncio.Event(), "/b": asyncio.Event()}, []

    async def say(client):
        await gates[client.namespace].wait()
        handled.append(client.namespace)

    for name in gates:
        server.namespace(name).on("say")(say)
    session, _ = await connected(server)
    session.say("40/b,", *['42["say"]'] * 5, *['42/b,["say"]'] * 5)

    gates["/"].set()
    await eventually(lambda: handled == ["/"] * 5)
    assert session.wire.reading is False
    gates["/b"].set()
    await eventually(lambda: session.wire.reading)


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


async def test_a_reserved_event_or_an_empty_room_is_the_applications_mistake():
    """Named where it is made."""
    chat = Server().namespace("/")

    with pytest.raises(UsageError):
        chat.emit("connect")
    with pytest.raises(UsageError):
        chat.to("")
    with pytest.raises(UsageError):
        Server().namespace("chat")
