"""Row 4: what an application can do, on two instances joined by memory and by a real Valkey, with fake clients.

Ann and bob are on one instance, cid is on the other.
"""

import asyncio

import msgspec
import pytest

from chorus.realtime import (
    ConnectRefused,
    EngineOptions,
    EventRefused,
    MemoryBackplane,
    RedisBackplane,
    RedisSettings,
    Server,
    UsageError,
)
from chorus.realtime.backplane.memory import Bus
from chorus.realtime.testing import FakeClient
from parts.barrier import heard_by_all
from parts.wire import FakeSession
from waiting import eventually


@pytest.fixture(params=["memory", "redis"])
async def servers(request):
    """Two that know of each other, with a namespace "/" and namespaces of a pattern."""
    if request.param == "redis":
        url = request.getfixturevalue("valkey").url
        backplanes = [RedisBackplane(RedisSettings(url=url)) for _ in range(2)]
    else:
        bus = Bus()
        backplanes = [MemoryBackplane(bus) for _ in range(2)]
    servers = [Server(instance=str(number), backplane=backplane) for number, backplane in enumerate(backplanes)]
    for server in servers:
        for declarations in (server.namespace("/"), server.namespaces(r"/room-\d")):
            declarations.on("join")(lambda client, *rooms: [client.join(room) for room in rooms] and None)
            declarations.on("to")(lambda client, room, *args: client.to(room).emit("said", *args))
            declarations.on("others")(lambda client, *args: client.others.emit("said", *args))
            declarations.on("where")(lambda client: client.namespace)
        await server.start()
    await eventually(lambda: all(server._peers.names() for server in servers))
    yield servers
    for server in servers:
        await server.close()


class People:
    """Three clients and what each of them hears next."""

    def __init__(self, servers, ann, bob, cid):
        self.servers = servers
        self.all = self.ann, self.bob, self.cid = ann, bob, cid

    @classmethod
    async def arrive(cls, servers, namespace="/"):
        people = cls(servers, *[await FakeClient.connect(servers[number], namespace) for number in (0, 0, 1)])
        await heard_by_all(*servers)
        return people

    async def hear(self, chat, *expected):
        """Everyone's next event; a last one to everybody shows that nothing else came before it."""
        await heard_by_all(*self.servers)
        chat.emit("last")
        heard = []
        for person in self.all:
            heard.append([])
            while (event := await person.next())[0] != "last":
                heard[-1].append(event[1] if len(event) == 2 else event[1:])
        assert heard == [list(each) for each in expected]


async def test_rooms_are_addressed_from_either_instance(servers):
    """`to` rooms, of which each member gets it once, `except_` rooms and sids, and everybody."""
    people = await People.arrive(servers)
    await people.ann.call("join", "a")
    await people.bob.call("join", "a", "b")
    await people.cid.call("join", "b", "c")
    await heard_by_all(*servers)
    for chat in (server.namespace("/") for server in servers):
        chat.to("a").emit("said", 1)
        chat.to("a", "b").to("c").emit("said", 2)
        chat.to("a", "b").except_("c").except_("nobody").emit("said", 3)
        chat.except_("b", people.ann.sid).emit("said", 4)
        chat.to(people.cid.sid).emit("said", 5)
        chat.everybody.except_(people.bob.sid).emit("said", 6)
        chat.to("a", people.ann.sid).emit("said", 7)

        await people.hear(chat, [1, 2, 3, 6, 7], [1, 2, 3, 7], [2, 5, 6])


async def test_a_client_addresses_all_but_itself(servers):
    """`client.to` and `client.others`, on all instances."""
    people = await People.arrive(servers)
    for person in people.all:
        await person.call("join", "a")
    await heard_by_all(*servers)
    people.ann.emit("to", "a", 1)
    people.ann.emit("others", 2)

    await people.hear(servers[0].namespace("/"), [], [1, 2], [1, 2])


async def test_local_and_volatile_are_of_an_emit(servers):
    """What stays here; what the idle get like anything else."""
    people = await People.arrive(servers)
    here = servers[0].namespace("/")
    here.local.emit("said", 1)
    here.volatile.emit("said", 2)
    here.volatile.except_(people.bob.sid).local.emit("said", 3)

    await people.hear(here, [1, 2, 3], [1, 2], [2])


async def test_answers_of_one_and_of_many_are_waited_for(servers):
    """Emit with ack and timeout, broadcast with acks, wherever they are."""
    people = await People.arrive(servers)
    for number, person in enumerate(people.all):
        person.reply("how many?", lambda factor, number=number: number * factor)
    there = servers[1].namespace("/")

    everybody = await there.everybody.call("how many?", 10, timeout=5)
    ann = await there.to(people.ann.sid).call("how many?", 10, timeout=5)
    local = await there.local.call("how many?", 10, timeout=5)
    nobody = await there.to(people.bob.sid).call("what?", timeout=1)

    assert (sorted(everybody.values), everybody.missing, everybody.silent) == ([0, 10, 20], 0, ())
    assert (ann.values, local.values) == ([0], [20])
    assert (nobody.values, nobody.missing) == ([], 1)


async def test_clients_are_found_moved_and_sent_away_wherever_they_are(servers):
    """`fetch_sockets`, `sockets_join`, `sockets_leave`, `disconnect_sockets`."""
    people = await People.arrive(servers)
    here, there = (server.namespace("/") for server in servers)
    ann, cid = people.ann.sid, people.cid.sid

    async def found(broadcast, expected) -> bool:
        return {each.sid: (each.rooms, each.instance) for each in await broadcast.fetch_sockets()} == expected

    await eventually(lambda: found(here.to(cid), {cid: (set(), "1")}))
    await people.ann.call("join", "a")
    await people.cid.call("join", "a")
    await eventually(lambda: found(there.to("a"), {ann: ({"a"}, "0"), cid: ({"a"}, "1")}))
    await eventually(lambda: found(here.to("a"), {ann: ({"a"}, "0"), cid: ({"a"}, "1")}))

    there.to("a").sockets_join("b")
    there.to(cid).sockets_leave("a")
    await eventually(lambda: rooms(servers, people) == [["a", "b"], [], ["b"]])
    await eventually(lambda: found(here.to(cid), {cid: ({"b"}, "1")}))

    there.to("b").except_(cid).disconnect_sockets()
    await eventually(lambda: people.ann.gone == "io server disconnect")
    await eventually(lambda: found(there.to(ann), {}))

    gate = asyncio.Event()
    there.on_connect(lambda client, auth: client.join("c") or gate.wait())
    FakeSession(servers[1]).say("40")
    await people.cid.call("join", "d")
    await eventually(lambda: found(here.to("d"), {cid: ({"b", "d"}, "1")}))
    assert await found(here.to("c"), {})  # it is not let in yet
    gate.set()
    assert (people.bob.gone, people.cid.gone) == (None, None)


async def test_instances_tell_and_ask_each_other(servers):
    """`server_side_emit`, and `server_side_call` with what a plain or an async function answers."""
    told = []
    here, there = (server.namespace("/") for server in servers)

    @there.on_server_event("count")
    async def count(factor):
        told.append(factor)
        return {"clients": 7 * factor}

    here.server_side_emit("count", 1)
    answers = await here.server_side_call("count", 2)
    silence = await here.server_side_call("unheard of")

    await eventually(lambda: told == [1, 2])
    assert (answers.values, answers.silent) == ([{"clients": 14}], ())
    assert (silence.values, silence.silent) == ([], ("1",))


async def test_namespaces_of_a_pattern_are_one_on_all_instances(servers):
    """Made by their first client; each is a world of its own, with the pattern's handlers."""
    first = await People.arrive(servers, "/room-1")
    second = await People.arrive(servers, "/room-2")
    await first.cid.call("join", "a")
    await second.cid.call("join", "a")
    await heard_by_all(*servers)
    room = servers[0].namespace("/room-1")

    room.emit("said", 1)
    room.to("a").emit("said", 2)
    first.ann.emit("others", 3)
    await first.hear(room, [1], [1, 3], [1, 2, 3])

    assert await first.ann.call("where") == "/room-1"

    async def all_are_listed():
        return len(await room.everybody.fetch_sockets()) == 3

    await eventually(all_are_listed, what="the directory, which is a moment late, to list three")
    assert [person.received() for person in second.all] == [[], [], []]


def rooms(servers, people):
    known = {client.sid: sorted(client.rooms) for server in servers for client in server.namespace("/").clients()}
    return [known.get(person.sid) for person in people.all]


# On one instance


@pytest.fixture
def server():
    return Server()


@pytest.mark.parametrize("name", ["/room-1/x", "/other", "/room-12", "/xroom-1", "/room-" + "1" * 300])
async def test_a_name_that_does_not_match_whole_is_no_namespace(server, name):
    """As one that nobody made."""
    server.namespaces(r"/room-\d")

    with pytest.raises(ConnectRefused, match="Invalid namespace"):
        await FakeClient.connect(server, name)


async def test_a_namespace_made_by_name_goes_before_a_pattern(server):
    """Its handlers are its own."""
    server.namespace("/a").on("who")(lambda client: "name")
    server.namespaces(r"/.*").on("who")(lambda client: "pattern")

    assert await (await FakeClient.connect(server, "/a")).call("who") == "name"
    assert await (await FakeClient.connect(server, "/b")).call("who") == "pattern"


async def test_a_pattern_may_refuse_its_clients(server):
    """Middlewares and the connect handler are the pattern's."""
    rooms = server.namespaces(r"/room-\d")

    @rooms.use
    async def know(client, auth):
        if client.namespace == "/room-1":
            raise ConnectRefused("not this one", data={"other": "/room-2"})

    with pytest.raises(ConnectRefused, match="not this one"):
        await FakeClient.connect(server, "/room-1")
    await FakeClient.connect(server, "/room-2")


async def test_namespaces_of_a_pattern_are_bounded_and_empty_ones_make_room(server):
    """Clients choose the names, so there is a bound on how many they can have made."""
    rooms = server.namespaces(r"/\d+", most=2)
    first = await FakeClient.connect(server, "/1")
    await FakeClient.connect(server, "/2")

    with pytest.raises(ConnectRefused, match="Invalid namespace"):
        await FakeClient.connect(server, "/3")
    first.disconnect()
    await FakeClient.connect(server, "/3")

    assert [each.name for each in rooms.namespaces] == ["/2", "/3"]


async def test_who_goes_is_heard_of_while_in_rooms_and_once_gone(server):
    """`on_disconnecting`, then `on_disconnect`; neither for those who were not let in."""
    heard = []
    chat = server.namespace("/")
    chat.on("join")(lambda client, room: client.join(room))
    chat.on_connect(lambda client, auth: None if auth else refuse())
    chat.on_disconnecting(lambda client, reason: heard.append((set(client.rooms), reason)))
    chat.on_disconnect(lambda client, reason: heard.append((set(client.rooms), reason)))
    client = await FakeClient.connect(server, auth={"word": "please"})
    await client.call("join", "a")
    with pytest.raises(ConnectRefused):
        await FakeClient.connect(server)

    client.disconnect()

    await eventually(lambda: heard == [({"a"}, "transport close"), (set(), "transport close")])


def refuse():
    raise ConnectRefused("say the word")


async def test_events_without_a_handler_may_have_one_for_all_of_them(server):
    """It is told which, and what it returns is the answer."""
    chat = server.namespace("/")
    chat.on("known")(lambda client: "known")
    chat.on_unknown(lambda client, event, *arguments: [event, *arguments])
    client = await FakeClient.connect(server)

    assert await client.call("known") == "known"
    assert await client.call("other", 1, 2) == ["other", 1, 2]


async def test_a_handler_that_cannot_be_called_or_is_there_already_is_said_at_once(server):
    """At its declaration, not at the first client's event."""
    chat = server.namespace("/")
    chat.on_unknown(lambda client, event: None)
    chat.on_disconnecting(lambda client, reason: None)

    for wrong in (
        lambda: chat.on_unknown(lambda client, event: None),
        lambda: server.namespace("/b").on_unknown(lambda client: None),
        lambda: chat.on_disconnecting(lambda client, reason: None),
    ):
        with pytest.raises(UsageError):
            wrong()


class Move(msgspec.Struct):
    x: int
    y: int = 0


async def test_a_typed_handler_gets_its_type_or_the_client_a_clear_error(server):
    """msgspec structs; the function is not called with anything else."""
    chat = server.namespace("/")
    chat.on("move", payload=Move)(lambda client, move: [move.x, move.y])
    client = await FakeClient.connect(server)

    assert await client.call("move", {"x": 1}) == [1, 0]
    for wrong in ({"x": "one"}, {}, [], None):
        answer = await client.call("move", wrong)
        assert answer["ok"] is False
        assert answer["error"]["code"] == "invalid"


async def test_a_middleware_of_events_may_change_them_and_refuse_them(server):
    """With data; the handler is not called."""
    chat = server.namespace("/")
    chat.on("say")(lambda client, text: text)

    @chat.use_events
    async def censor(client, event, arguments):
        if arguments == ["rude"]:
            raise EventRefused("not here", data={"try": "politely"})
        arguments[0] = arguments[0].upper()

    client = await FakeClient.connect(server)

    assert await client.call("say", "hi") == "HI"
    refused = await client.call("say", "rude")
    assert refused["error"] == {
        "code": "refused",
        "detail": "not here",
        "retryable": False,
        "data": {"try": "politely"},
    }


async def test_a_session_may_be_in_so_many_namespaces_and_no_more():
    """It is refused in others, and goes on in those it has."""
    server = Server(options=EngineOptions(max_namespaces=2))
    server.namespaces(r"/\d")
    session = FakeSession(server)
    session.say("40/1,", "40/2,", "40/3,")
    await eventually(lambda: len(server.namespace("/2").clients()) == 1)

    heard = session.heard()
    assert sorted(message[:4] for message in heard) == ["40/1", "40/2", "44/3"]
    assert '44/3,{"message":"Too many namespaces"}' in heard


@pytest.mark.parametrize(
    "call",
    [
        lambda chat, client: chat.emit("said"),
        lambda chat, client: chat.to("a").emit("said"),
        lambda chat, client: chat.to("a").local.emit("said"),
        lambda chat, client: chat.to("a").sockets_join("b"),
        lambda chat, client: chat.everybody.disconnect_sockets(),
        lambda chat, client: chat.server_side_emit("said"),
        lambda chat, client: client.emit("said"),
        lambda chat, client: client.join("b"),
        lambda chat, client: client.leave("a"),
    ],
)
async def test_a_call_from_another_thread_is_refused_and_does_nothing(server, call):
    """As from a route of FastAPI that is no `async def`: it would be lost, or meet what the loop is writing."""
    chat, ann = server.namespace("/"), await FakeClient.connect(server)
    [client] = chat.clients()
    client.join("a")

    with pytest.raises(UsageError, match=r"another thread.*call_soon_threadsafe"):
        await asyncio.to_thread(call, chat, client)

    asyncio.get_running_loop().call_soon_threadsafe(chat.to("a").emit, "heard")
    assert await ann.next() == ("heard",)
    assert (ann.received(), ann.gone, client.rooms) == ([], None, {"a"})
