"""Two instances of a server."""

import asyncio
import json

import pytest

from chorus.realtime import MemoryBackplane, Server
from chorus.realtime.backplane.memory import Bus
from chorus.realtime.server.envelope import Envelope, pack, unpack
from chorus.realtime.transport.frames import text_frame
from parts.wire import FakeSession
from waiting import eventually


@pytest.fixture
async def servers():
    bus = Bus()
    servers = [Server(instance=str(number), backplane=MemoryBackplane(bus)) for number in range(2)]
    for server in servers:
        server.namespace("/")
        await server.start()
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


async def hears(session, *expected):
    heard = []
    await eventually(lambda: heard.extend(session.heard()) or len(heard) >= len(expected), what=str(expected))
    await asyncio.sleep(0)
    assert heard + session.heard() == list(expected)


async def test_an_emit_reaches_the_room_on_every_instance_once(servers):
    """And leaves out whom it should, wherever they are."""
    here, _ = await member(servers[0], "a")
    there, sid = await member(servers[1], "a", "b")

    servers[0].namespace("/").to("a").emit("one")
    servers[0].namespace("/").to("a").except_(sid).emit("two")
    servers[0].namespace("/").to("a").to("b").emit("three", b"\1")
    servers[1].namespace("/").emit("four")

    await hears(here, '42["one"]', '42["two"]', '451-["three",{"_placeholder":true,"num":0}]', b"\1", '42["four"]')
    await hears(there, '42["four"]', '42["one"]', '451-["three",{"_placeholder":true,"num":0}]', b"\1")


async def test_a_sid_is_reached_wherever_it_is(servers):
    """It names its instance."""
    here, own = await member(servers[0])
    there, other = await member(servers[1])

    servers[0].namespace("/").to(other).emit("far")
    servers[0].namespace("/").to(own).emit("near")

    await hears(there, '42["far"]')
    await hears(here, '42["near"]')


@pytest.fixture
def asked(servers):
    """The channels that the second instance begins to listen to, and leaves."""
    asked = []
    backplane = servers[1].backplane
    subscribe, unsubscribe = backplane.subscribe, backplane.unsubscribe
    backplane.subscribe = lambda channel, receiver: (asked.append(f"+{channel}"), subscribe(channel, receiver))
    backplane.unsubscribe = lambda channel, receiver: (asked.append(f"-{channel}"), unsubscribe(channel, receiver))
    return asked


async def test_an_instance_listens_to_the_rooms_it_hosts_only(servers, asked):
    """Row 10: its CPU does not depend on the traffic of others."""
    first, _ = await member(servers[1], "a")
    second, _ = await member(servers[1], "a")
    first.connection.lost("transport close")
    assert asked == ["+client:/:1", "+room:/:", "+room:/:a"]

    second.connection.lost("transport close")
    assert sorted(asked[3:]) == ["-client:/:1", "-room:/:", "-room:/:a"]


async def test_a_room_that_its_last_member_here_left_is_not_listened_to_any_more(servers, asked):
    """Row 10: nobody of it need have disconnected."""
    await member(servers[1], "a")
    await member(servers[1], "a")
    first, second = servers[1].namespace("/").clients()

    first.leave("a")
    assert "-room:/:a" not in asked
    second.leave("a")
    assert asked[-1] == "-room:/:a"


def test_a_frame_for_everybody_travels_as_it_is():
    """And one for some with a header in front."""
    frame = text_frame(b"42[]")

    assert pack(frame) is frame
    assert unpack(pack(frame)) == (frame, None)
    some = Envelope(without=("a", "b"), only="c")
    assert unpack(pack(frame, some)) == (frame, some)
