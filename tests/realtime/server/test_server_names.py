"""Row 4: names and functions that could never work are said to be wrong where an application gives them."""

import re

import pytest

from chorus.realtime import ConnectRefused, MemoryBackplane, Server, UsageError
from chorus.realtime.server.names import owner_of
from chorus.realtime.testing import FakeClient

LIKE_A_SID = "team." + "a" * 22


async def joined(room):
    """A server whose client was put into a room."""
    server = Server()
    server.namespace("/")
    client = await FakeClient.connect(server)
    [there] = server.namespace("/").clients()
    there.join(room)
    return server, there, client


@pytest.mark.parametrize("room", [5, None, ["a"], b"a", True])
async def test_a_room_is_named_by_a_text(room):
    """What a client sent is often what a handler joins; one number would spoil `fetch_sockets` for everybody."""
    server, client, _ = await joined("a")
    chat = server.namespace("/")

    for use in (client.join, client.leave, client.to, chat.to, chat.except_, chat.to("a").to, chat.to("a").except_):
        with pytest.raises(UsageError, match="a room's name is a text"):
            use(room)
    for use in (chat.to("a").sockets_join, chat.to("a").sockets_leave):
        with pytest.raises(UsageError, match="a room's name is a text"):
            use(room)
    assert client.rooms == {"a"}


async def test_a_name_that_could_be_a_sid_is_joined_by_nobody():
    """What is sent there goes to the client of that sid, so its members would hear nothing."""
    server, client, _ = await joined("a")

    for join in (client.join, server.namespace("/").to("a").sockets_join):
        for name in (LIKE_A_SID, client.sid):
            with pytest.raises(UsageError, match="must not end as sids do"):
                join(name)
    client.leave(LIKE_A_SID)
    assert owner_of(LIKE_A_SID) == "team"
    assert owner_of(LIKE_A_SID + "b") is None


async def test_a_handler_that_joins_what_is_no_name_fails_for_its_client_alone():
    server = Server()
    await server.start()
    server.namespace("/").on("join")(lambda client, room: client.join(room))
    client, other = await FakeClient.connect(server), await FakeClient.connect(server)
    await other.call("join", "a")

    answer = await client.call("join", {"room": "a"})

    assert answer["error"]["code"] == "internal"
    assert [each.rooms for each in await server.namespace("/").to("a").fetch_sockets()] == [{"a"}]
    await server.close()


@pytest.mark.parametrize(
    ("declare", "text"),
    [
        (lambda chat: chat.on(print), "expected the name of an event"),
        (lambda chat: chat.on_server_event(print), "expected the name of an event"),
        (lambda chat: chat.on("say", payload=int)(lambda client: None), "takes (client, payload)"),
        (lambda chat: chat.on("say", payload=int)(lambda client, a, b: None), "takes (client, payload)"),
        (lambda chat: chat.on_connect(lambda client: None), "a connect handler takes (client, auth)"),
        (lambda chat: chat.on_connect(lambda client, auth, more: None), "takes (client, auth)"),
        (lambda chat: chat.on_disconnect(lambda client: None), "a disconnect handler takes (client, reason)"),
        (lambda chat: chat.on_disconnecting(lambda: None), "a disconnecting handler takes (client, reason)"),
        (lambda chat: chat.use(lambda client, auth, following: None), "takes (client, auth)"),
        (lambda chat: chat.use_events(lambda client, event: None), "takes (client, event, arguments)"),
        (lambda chat: chat.on_connect("let in"), "expected a function"),
    ],
)
def test_what_could_not_be_called_is_named_at_its_declaration(declare, text):
    with pytest.raises(UsageError, match=re.escape(text)):
        declare(Server().namespace("/"))


def test_functions_with_defaults_methods_and_what_does_not_say_are_declared():
    class Handlers:
        def connect(self, client, auth, more=None): ...

    chat = Server().namespace("/")
    chat.on_connect(Handlers().connect)
    chat.use(lambda *arguments: None)
    chat.use(dict.setdefault)
    chat.on("say", payload=int)(lambda client, number, more=1: number)


@pytest.mark.parametrize(("pattern", "text"), [("/(", "no regular expression"), (r"chat-\d+", "slash"), ("", "slash")])
def test_a_pattern_that_matches_no_name_is_refused(pattern, text):
    with pytest.raises(UsageError, match=text):
        Server().namespaces(pattern)


async def test_a_name_that_is_too_long_is_not_even_looked_at():
    """Row 2: clients choose it, and a pattern may take long for a long one."""
    server = Server()
    server.namespaces("/a+")

    assert await FakeClient.connect(server, "/" + "a" * 199)
    with pytest.raises(ConnectRefused, match="Invalid namespace"):
        await FakeClient.connect(server, "/" + "a" * 200)


def test_patterns_as_they_are_written_elsewhere_are_taken():
    """With anchors, or the slash escaped or in a group."""
    for pattern in (r"^/a-\d+$", r"\/a", r"(/a|/b)", r"[/]a"):
        Server().namespaces(pattern)


@pytest.mark.parametrize("instance", ["", 3, "a b", "ä", "a;b", "a" * 65])
def test_a_name_of_an_instance_is_fit_for_urls_and_cookies(instance):
    with pytest.raises(UsageError, match="instance: found"):
        Server(instance=instance)


def test_instances_that_are_joined_and_not_named_have_names_of_their_own():
    """Two of one name would take each other's polls, and say nothing of it."""
    names = {Server(backplane=MemoryBackplane()).instance for _ in range(100)}

    assert len(names) == 100
    assert Server().instance == "0"


@pytest.mark.parametrize("path", ["socket.io", "", "/a?b", "/a b"])
def test_a_path_is_one_that_clients_can_ask_for(path):
    with pytest.raises(UsageError, match="path: found"):
        Server(path=path)
