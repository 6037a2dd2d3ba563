"""What is asked of the clients of all instances."""

import asyncio
import json

import pytest

from chorus.realtime import MemoryBackplane, Server
from chorus.realtime.backplane.memory import Bus
from chorus.realtime.server import peers
from parts.barrier import heard_by_all
from parts.wire import FakeSession
from waiting import eventually


@pytest.fixture
async def servers():
    """Two that know of each other."""
    bus = Bus()
    servers = [Server(instance=str(number), backplane=MemoryBackplane(bus)) for number in range(2)]
    for server in servers:
        server.namespace("/")
        await server.start()
    await eventually(lambda: all(server._peers.names() for server in servers))
    yield servers
    for server in servers:
        await server.close()


async def member(server, *rooms):
    """A client in rooms: its session and its sid."""
    session = FakeSession(server)
    session.say("40")
    heard = []
    await eventually(lambda: heard.extend(session.heard()) or heard)
    sid = json.loads(heard[0][2:])["sid"]
    (client,) = (client for client in server.namespace("/").clients() if client.sid == sid)
    for room in rooms:
        client.join(room)
    return session, sid


async def everybody(servers):
    """One on each instance, in room "a" and in a room of its own."""
    return [await member(server, "a", f"own {number}") for number, server in enumerate(servers)]


async def heard(servers, session):
    """What it got, when each instance has done all that another one asked of it before."""
    await heard_by_all(*servers)
    return session.heard()


def chats(servers):
    return [server.namespace("/") for server in servers]


async def test_a_local_emit_stays_on_its_instance(servers):
    """Row 4: `local`, by room, by sid, and for everybody."""
    here, _ = chats(servers)
    (near, near_sid), (far, far_sid) = await everybody(servers)

    here.to("a").local.emit("one")
    here.local.emit("two")
    here.to(near_sid).to(far_sid).local.emit("three")
    here.to("a").except_(near_sid).local.emit("four")
    here.local.except_("nobody").emit("five")
    here.to("a", "own 0", near_sid).local.emit("six")

    assert await heard(servers, near) == [f'42["{each}"]' for each in ("one", "two", "three", "five", "six")]
    assert await heard(servers, far) == []


async def test_a_volatile_emit_is_not_for_the_congested(servers):
    """Row 4: `volatile`, on every instance."""
    here, _ = chats(servers)
    (near, _), (far, far_sid) = await everybody(servers)
    far.connection.congested()

    here.to("a").volatile.emit("typing")
    here.volatile.emit("typing")
    here.to(far_sid).volatile.emit("typing")
    here.volatile.except_("nobody").emit("typing")
    here.emit("kept")

    assert await heard(servers, near) == ['42["typing"]'] * 3 + ['42["kept"]']
    assert await heard(servers, far) == ['42["kept"]']


async def test_sockets_are_fetched_from_all_instances(servers):
    """Row 4: with their rooms; or of one instance, or of those left over."""
    here, _ = chats(servers)
    (_, near), (_, far) = await everybody(servers)

    found = await here.to("a").fetch_sockets()

    assert {(each.sid, each.instance, each.rooms) for each in found} == {
        (near, "0", frozenset({"a", "own 0"})),
        (far, "1", frozenset({"a", "own 1"})),
    }
    assert [each.sid for each in await here.local.fetch_sockets()] == [near]
    assert [each.sid for each in await here.except_(near).fetch_sockets()] == [far]
    assert [each.sid for each in await here.except_(far).fetch_sockets()] == [near]
    assert [each.sid for each in await here.except_("own 1").fetch_sockets()] == [near]
    assert [each.sid for each in await here.to(far).fetch_sockets()] == [far]
    assert await here.to("nobody").fetch_sockets() == []


async def test_sockets_are_moved_and_disconnected_on_all_instances(servers):
    """Row 4: `sockets_join`, `sockets_leave`, `disconnect_sockets`."""
    here, there = chats(servers)
    (near, near_sid), (far, _) = await everybody(servers)

    here.to("a").sockets_join("b")
    await eventually(lambda: len(here.members("b")) == len(there.members("b")) == 1)

    here.to("b").except_(near_sid).sockets_leave("b")
    await eventually(lambda: not there.members("b"))
    assert len(here.members("b")) == 1

    there.everybody.disconnect_sockets("maintenance")
    await eventually(lambda: not here.clients() and not there.clients())
    assert await heard(servers, near) == ["41"]
    assert await heard(servers, far) == ["41"]


async def test_sockets_of_one_instance_are_moved_and_disconnected_there_alone(servers):
    """Row 4: `local`."""
    here, there = chats(servers)
    await everybody(servers)

    here.to("a").local.sockets_join("b")
    here.everybody.local.sockets_leave("a")
    await heard_by_all(*servers)
    sizes = [[len(chat.members(room)) for room in ("a", "b")] for chat in (here, there)]
    here.local.disconnect_sockets()
    await heard_by_all(*servers)

    assert sizes == [[0, 1], [1, 0]]
    assert [len(list(chat.clients())) for chat in (here, there)] == [0, 1]


async def test_a_call_to_a_room_gathers_the_answers_of_all_instances(servers):
    """Row 4: broadcast with acks; who does not answer in time is counted."""
    here, _ = chats(servers)
    (near, _), (far, _) = await everybody(servers)
    silent, _ = await member(servers[1], "a")

    calling = asyncio.create_task(here.to("a").call("who?", {"n": b"\1"}, timeout=2.0))
    said = []
    await eventually(lambda: said.extend(near.heard()) or said)
    assert said == ['451-0["who?",{"n":{"_placeholder":true,"num":0}}]', b"\1"]
    near.say('430["ann"]')
    await eventually(far.heard)
    far.say('461-0[{"_placeholder":true,"num":0}]', b"bob")
    answers = await calling

    assert sorted(answers.values, key=str) == ["ann", b"bob"]
    assert (answers.missing, answers.silent) == (1, ())
    assert silent.heard()


async def test_the_other_instances_hear_a_server_side_emit(servers):
    """Row 4: and its sender does not. One that fails keeps no other from it."""
    here, there = chats(servers)
    heard_here, heard_there = [], []
    here.on_server_event("refresh")(lambda *arguments: heard_here.append(arguments))
    there.on_server_event("refresh")(lambda *arguments: 1 / 0)
    there.on_server_event("refresh")(lambda *arguments: heard_there.append(arguments))

    here.server_side_emit("refresh", 1, {"a": [b"\2"]})

    await eventually(lambda: heard_there == [(1, {"a": [b"\2"]})])
    assert heard_here == []


async def test_an_instance_that_ended_is_not_asked_any_more(servers):
    """Row 4: it says goodbye."""
    await servers[1].close()

    await eventually(lambda: servers[0]._peers.names() == frozenset())
    assert await servers[0].namespace("/").everybody.fetch_sockets() == []


async def test_an_instance_that_was_killed_is_asked_no_more_after_a_moment(servers, monkeypatch):
    """Row 4: it says nothing any more; until then it is among the silent."""
    monkeypatch.setattr("chorus.realtime.backplane.requests._TAKEN_WITHIN", 0.1)
    here, _ = chats(servers)
    servers[1]._peers._timer.cancel()
    servers[1].backplane._bus.members.remove(servers[1].backplane)

    assert (await here.everybody.call("who?", timeout=0.1)).silent == ("1",)
    monkeypatch.setattr(peers, "_BELIEVED", 0.2)
    await eventually(lambda: servers[0]._peers.names() == frozenset())
    assert (await here.everybody.call("who?", timeout=0.1)).silent == ()


async def test_clients_that_are_not_let_in_are_not_there(servers):
    """Row 4: while their connect handler runs."""
    here, there = chats(servers)
    gate = asyncio.Event()

    @there.on_connect
    async def connect(client, auth):
        client.join("a")
        await gate.wait()

    FakeSession(servers[1]).say("40")
    assert await here.to("a").fetch_sockets() == []

    gate.set()
    await eventually(there.clients)
    assert len(await here.to("a").fetch_sockets()) == 1


async def test_a_session_is_ended_with_all_its_namespaces_from_wherever_that_is_said(servers):
    """Row 4: `disconnect_sockets` and `disconnect`, with `close`; the client is told before its connection ends."""
    here, _ = chats(servers)
    reasons = []
    for server in servers:
        for name in ("/", "/more"):
            server.namespace(name).on_disconnect(lambda client, reason: reasons.append((client.namespace, reason)))
    (near, _), (far, far_sid) = await everybody(servers)
    for session in (near, far):
        session.say("40/more,")
    await heard(servers, near), await heard(servers, far)

    here.to(far_sid).disconnect_sockets("banned", close=True)
    await eventually(lambda: far.wire.closed is not None)
    assert far.heard() == ["41", "41/more,"]
    assert far.wire.closed == (1000, "banned")
    assert reasons == [("/", "banned"), ("/more", "banned")]
    assert [len(server) for server in servers] == [1, 0]

    [client] = here.clients()
    client.disconnect()
    assert (near.heard(), near.wire.closed, len(servers[0])) == (["41"], None, 1)
    [client] = servers[0].namespace("/more").clients()
    client.disconnect(close=True)
    assert (near.heard(), near.wire.closed) == (["41/more,"], (1000, "server namespace disconnect"))
    assert client.transport == ""


async def test_a_client_that_is_congested_is_not_sent_what_soon_is_worthless(servers):
    """Row 4: `client.volatile`."""
    session, _ = await member(servers[0])
    [client] = servers[0].namespace("/").clients()

    client.volatile.emit("position", 1)
    session.connection.congested()
    client.volatile.emit("position", 2)
    client.emit("kept")

    assert await heard(servers, session) == ['42["position",1]', '42["kept"]']


async def test_an_instance_is_ready_while_it_hears_and_is_not_going():
    """Row 9: what a load balancer asks."""
    bus = Bus()
    server = Server(backplane=MemoryBackplane(bus))
    said = [server.ready]
    await server.start()
    said.append(server.ready)
    bus.up = False
    said.append(server.ready)
    bus.up = True
    said.append(server.ready)
    server.drain()
    said.append(server.ready)
    await server.close()

    assert said == [False, True, False, True, False]


@pytest.fixture
def quiet(monkeypatch):
    """No sign of life comes by itself."""
    monkeypatch.setattr(peers, "_EVERY", 600.0)
    monkeypatch.setattr(peers, "_BELIEVED", 600.0)


async def test_an_instance_that_begins_knows_the_others_at_once(quiet, servers):
    """Row 4: before their next sign of life; a question to all of them would leave them out."""
    third = Server(backplane=MemoryBackplane(servers[0].backplane._bus))
    await third.start()

    await eventually(lambda: third._peers.names() == {"0", "1"})
    await third.close()
