"""Live WebSockets from one server to another, over real sockets: row 14 of the table of behaviours."""

import asyncio
import contextlib
import json
import os
import socket
import zlib

import pytest

from chorus.realtime import (
    ClientGone,
    Compression,
    DurableRooms,
    EngineOptions,
    MemoryBackplane,
    MemoryLog,
    Server,
)
from chorus.realtime.backplane.memory import Bus
from chorus.realtime.errors import NotMovable, StateRefused
from chorus.realtime.server.hub import Listening
from chorus.realtime.transport.deflate import expand
from parts.barrier import heard_by_all
from parts.websocket import BINARY, CONTINUATION, PING, PONG, TEXT, Closed, RawClient, served
from waiting import eventually


def server(bus, instance="0", **options):
    """A server with the handlers that the tests speak to."""
    made = Server(
        instance=instance, backplane=MemoryBackplane(bus), options=EngineOptions(close_timeout=0.2, **options)
    )
    chat = made.namespace("/")

    @chat.on_connect
    def connect(client, auth):
        client.state = {"name": "ann"}

    @chat.on("who")
    def who(client):
        return [client.sid, client.state, sorted(client.rooms), instance]

    chat.on("join")(lambda client, room: client.join(room))
    chat.on("echo")(lambda client, *args: client.emit("echo", *args))
    return made


class Pair:
    """Two servers of one cluster."""

    def __init__(self, bus, there, here, port, there_web, here_web):
        self.bus = bus
        self.there, self.here, self.port = there, here, port
        self.there_web, self.here_web = there_web, here_web

    @property
    def protocols(self):
        return [each for each in self.there_web.server_state.connections if self.there.hand_over.carries(each)]

    async def pack(self, client, within=5.0):
        """Freeze the one session there, whose client answers pings."""
        [protocol] = self.protocols
        packing = asyncio.create_task(self.there.hand_over.pack(protocol, within=within))
        while (frame := await client.frame())[0] != PING:
            client.skipped.append(frame)
        client.send(frame[1], PONG)
        return await packing

    async def hand_over(self, departure):
        """What workers do: the descriptor is another one, of the same socket."""
        sock = socket.socket(fileno=os.dup(departure.fileno()))
        await self.here.hand_over.take(sock, departure.state, self.here_web.server_state, self.there.hand_over.noted)
        departure.taken(self.here.hand_over.noted)

    async def move(self, client):
        await self.hand_over(await self.pack(client))

    async def hear(self, third):
        """Wait until both have heard all that a third instance has said: a question comes behind it."""
        await eventually(lambda: set(third._peers.names()) == {"0", "1"}, what="the third instance to know the two")
        await heard_by_all(third)


@contextlib.asynccontextmanager
async def pair(make=server, **options):
    bus = Bus()
    there, here = make(bus, "0", **options), make(bus, "1", **options)
    async with served(here) as (_, here_web), served(there) as (port, there_web):
        yield Pair(bus, there, here, port, there_web, here_web)


async def connected(pair):
    client = await RawClient.connect(pair.port)
    client.skipped = []
    return client


async def ask(client, number=0):
    client.send(f'42{number}["who"]')
    answer = await client.receive()
    assert answer.startswith(f"43{number}"), answer
    return json.loads(answer[answer.index("[") :])


async def test_a_session_goes_on_with_its_sid_its_rooms_and_its_data():
    async with pair() as both:
        client = await connected(both)
        client.send('42["join","a"]')
        before = await ask(client)

        await both.move(client)

        after = await ask(client)
        assert after[0][:3] == before[0][:3] == [before[0][0], {"name": "ann"}, ["a"]]
        assert (before[0][3], after[0][3]) == ("0", "1")
        assert (len(both.there), len(both.here)) == (0, 1)
        client.close()


async def test_its_sid_is_still_an_address_and_its_rooms_are_heard():
    """From an instance that knows nothing of the move."""
    async with pair() as both:
        client = await connected(both)
        client.send('42["join","a"]')
        [[sid, *_]] = await ask(client)
        await both.move(client)

        chat = both.there.namespace("/")
        chat.to(sid).emit("alone")
        chat.to("a").emit("room")
        chat.emit("all")

        assert [await client.receive() for _ in range(3)] == ['42["alone"]', '42["room"]', '42["all"]']
        client.close()


async def test_what_the_client_sends_meanwhile_is_handled_there():
    """It lies in the socket, whose bytes go with it."""
    async with pair() as both:
        client = await connected(both)
        departure = await both.pack(client)
        client.send('42["echo",1]')
        client.send('42["echo",2]')

        await both.hand_over(departure)

        assert [await client.receive() for _ in range(2)] == ['42["echo",1]', '42["echo",2]']
        client.close()


async def test_what_it_is_sent_meanwhile_reaches_it_in_order():
    """Before it is packed, while it is on its way, and by those who still know it where it was."""
    async with pair() as both:
        client = await connected(both)
        [old] = both.there.namespace("/").clients()
        old.emit("n", 1)
        departure = await both.pack(client)
        old.emit("n", 2)
        old.emit("n", 3)

        await both.hand_over(departure)
        old.emit("n", 4)

        heard = [payload.decode() for kind, payload in client.skipped if kind == TEXT]
        heard += [await client.receive() for _ in range(4 - len(heard))]
        assert heard == [f'42["n",{n}]' for n in (1, 2, 3, 4)]
        client.close()


async def test_an_answer_that_is_awaited_there_arrives_here_and_is_carried_back():
    """Acks outstanding; numbers are not used twice."""
    async with pair() as both:
        client = await connected(both)
        [old] = both.there.namespace("/").clients()
        asking = asyncio.create_task(old.call("how are you?"))
        assert await client.receive() == '420["how are you?"]'
        await both.move(client)
        [new] = both.here.namespace("/").clients()
        asking_here = asyncio.create_task(new.call("and now?"))
        assert await client.receive() == '421["and now?"]'

        client.send('430["well"]')
        client.send('431["better"]')

        assert await asking == "well"
        assert await asking_here == "better"
        await asyncio.wait_for(both.there.hand_over.finish(), 5)
        client.close()


async def test_an_answer_that_will_not_come_is_known_there():
    async with pair() as both:
        client = await connected(both)
        [old] = both.there.namespace("/").clients()
        asking = asyncio.create_task(old.call("how are you?"))
        await client.receive()
        await both.move(client)

        client.close()

        with pytest.raises(ClientGone):
            await asking


async def test_a_handler_that_runs_is_waited_for_and_its_answer_is_sent():
    finish = asyncio.Event()

    def make(bus, instance):
        made = server(bus, instance)

        @made.namespace("/").on("slow")
        async def slow(client):
            await finish.wait()
            return "done"

        return made

    async with pair(make) as both:
        client = await connected(both)
        client.send('427["slow"]')
        packing = asyncio.create_task(both.pack(client))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(packing), 0.1)
        was_packed = packing.done()
        finish.set()

        await both.hand_over(await packing)

        assert not was_packed
        assert await client.receive() == '437["done"]'
        client.close()


async def test_a_handler_that_awaits_its_own_client_is_let_finish():
    """Its answer would lie unread in the socket for ever."""

    def make(bus, instance):
        made = server(bus, instance)

        @made.namespace("/").on("ask me")
        async def ask_me(client):
            return await client.call("what?")

        return made

    async with pair(make) as both:
        client = await connected(both)
        client.send('425["ask me"]')
        assert await client.receive() == '420["what?"]'
        [protocol] = both.protocols
        packing = asyncio.create_task(both.there.hand_over.pack(protocol, within=5))
        for _ in range(2):
            kind, _ = await client.frame()
            assert kind == PING
            client.send("", PONG)
        client.send('430["this"]')
        heard = []
        while not packing.done():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.1):
                    kind, payload = await client.frame()
                    heard += [payload.decode()] if kind == TEXT else []
                    client.send("", PONG) if kind == PING else None

        await both.hand_over(packing.result())

        heard += [] if heard else [await client.receive()]
        assert heard == ['435["this"]']
        client.close()


async def test_a_message_in_pieces_goes_on_where_it_was():
    """Between two of its fragments, and between a packet and its attachment."""
    async with pair() as both:
        client = await connected(both)
        client.send('451-["echo",{"_placeholder":', TEXT, fin=False)
        await both.move(client)
        client.send('true,"num":0}]', CONTINUATION)
        await eventually(lambda: both.here_web.server_state.connections)
        both.there, both.here = both.here, both.there
        both.there_web, both.here_web = both.here_web, both.there_web
        await both.move(client)
        client.send(b"!", BINARY)

        assert await client.receive() == '451-["echo",{"_placeholder":true,"num":0}]'
        assert await client.receive() == b"!"
        client.close()


async def test_a_compressed_message_goes_on_where_it_was():
    """What was agreed with the client, and half of a message."""
    text = '42["echo","' + "a" * 2000 + '"]'
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    payload = deflate.compress(text.encode()) + deflate.flush(zlib.Z_SYNC_FLUSH)
    async with pair(compression=Compression()) as both:
        client = (await RawClient.ask(both.port, headers="Sec-WebSocket-Extensions: permessage-deflate\r\n")).client
        client.skipped = []
        client.send("40")
        client.send(payload[:9], TEXT, rsv1=True, fin=False)
        await client.receive()
        await client.receive()
        await both.move(client)
        client.send(payload[9:-4], CONTINUATION)

        _, answer = await client.frame()
        assert expand(answer, most=10_000).decode() == text
        client.close()


async def test_a_frame_whose_end_has_not_come_is_waited_for():
    """In our memory there is half of it: it does not move before the rest is there."""
    async with pair() as both:
        client = await connected(both)
        whole = bytearray()
        client.writer, writer = type("Kept", (), {"write": lambda _, data: whole.extend(data)})(), client.writer
        client.send('42["echo",1]')
        client.writer = writer
        [protocol] = both.protocols
        writer.write(whole[:9])
        packing = asyncio.create_task(both.there.hand_over.pack(protocol, within=5))
        kind, _ = await client.frame()
        assert kind == PING
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(packing), 0.2)
        was_packed = packing.done()

        writer.write(whole[9:])
        await both.hand_over(await packing)

        assert not was_packed
        assert await client.receive() == '42["echo",1]'
        client.close()


async def test_durable_rooms_go_on_at_the_cursor():
    """Nothing twice, nothing missing: what is appended while it is on its way is read where it arrives."""
    log = MemoryLog()

    def make(bus, instance):
        made = server(bus, instance)
        made.durable = DurableRooms(made.namespace("/"), log)
        made.namespace("/").on("follow")(lambda client: made.durable.follow(client, "d", after=0))
        return made

    async def append(text, durable):
        seq = await log.append("d", json.dumps(text).encode(), id=text)
        durable.announce("d", seq, json.dumps(text).encode())

    async with pair(make) as both:
        client = await connected(both)
        await append("1", both.there.durable)
        client.send('42["follow"]')
        assert await client.receive() == '42["entry","1"]'
        await eventually(lambda: both.there.namespace("/").members("d"))
        await append("2", both.there.durable)
        departure = await both.pack(client)
        await append("3", both.there.durable)
        await both.hand_over(departure)
        await append("4", both.here.durable)
        await append("5", both.there.durable)

        heard = [payload.decode() for kind, payload in client.skipped if kind == TEXT]
        heard += [await client.receive() for _ in range(4 - len(heard))]
        assert heard == [f'42["entry","{n}"]' for n in (2, 3, 4, 5)]
        await both.there.durable.close()
        await both.here.durable.close()
        client.close()


async def test_the_disconnect_handler_is_called_once_where_it_is():
    gone = []

    def make(bus, instance):
        made = server(bus, instance)
        made.namespace("/").on_disconnect(lambda client, reason: gone.append((instance, reason)))
        return made

    async with pair(make) as both:
        client = await connected(both)
        await both.move(client)
        nothing_yet = list(gone)

        client.close()

        await eventually(lambda: gone)
        assert (nothing_yet, gone) == ([], [("1", "transport close")])


async def test_pings_keep_their_time():
    """A client that is moved often is pinged as often as one that is not: otherwise it would give us up."""
    async with pair(ping_interval=0.5, ping_timeout=5.0) as both:
        client = await connected(both)
        await both.move(client)

        assert await client.receive() == "2"
        client.send("3")
        await asyncio.sleep(0)
        client.close()


async def test_one_that_is_refused_is_closed_with_1012():
    """So that its client comes back, and its disconnect handler is called."""
    async with pair() as both:
        client = await connected(both)
        departure = await both.pack(client)

        departure.refused("another release")

        assert (await client.closed()).code == 1012
        assert len(both.there) == 0
        client.close()


async def test_one_that_does_not_answer_stays_and_is_served():
    async with pair() as both:
        client = await connected(both)
        [protocol] = both.protocols

        departure = await both.there.hand_over.pack(protocol, within=0.1)

        client.send('42["echo"]')
        assert departure is None
        assert (await client.frame())[0] == PING
        assert await client.receive() == '42["echo"]'
        client.close()


async def test_state_that_nobody_can_write_down_stays():
    class Thing:
        pass

    async with pair() as both:
        client = await connected(both)
        [old] = both.there.namespace("/").clients()
        old.state = Thing()

        departure = await both.pack(client)

        client.send('42["echo"]')
        assert departure is None
        assert await client.receive() == '42["echo"]'
        client.close()


async def test_an_application_that_fails_to_take_it_refuses_it_and_keeps_nothing():
    def make(bus, instance):
        made = server(bus, instance)
        made.namespace("/").carry("chat 1", lambda client: "x", lambda client, given: 1 / 0)
        return made

    async with pair(make) as both:
        client = await connected(both)
        departure = await both.pack(client)

        with pytest.raises(StateRefused, match="ZeroDivisionError"):
            await both.hand_over(departure)

        departure.refused("it failed")
        assert (await client.closed()).code == 1012
        assert list(both.here.namespace("/").clients()) == []
        client.close()


async def test_a_part_may_say_not_now_and_is_asked_again():
    asked = []

    def make(bus, instance):
        made = server(bus, instance)

        def pack(client):
            asked.append(client)
            if len(asked) < 2:
                raise NotMovable("it is being welcomed", later=True)
            return "x"

        made.namespace("/").carry("chat 1", pack, lambda client, given: setattr(client, "state", given))
        return made

    async with pair(make) as both:
        client = await connected(both)
        [protocol] = both.protocols
        packing = asyncio.create_task(both.there.hand_over.pack(protocol, within=5))
        for _ in range(2):
            assert (await client.frame())[0] == PING
            client.send("", PONG)

        await both.hand_over(await packing)

        assert (await ask(client))[0][1] == "x"
        client.close()


async def test_formats_differ_when_parts_do():
    """So that no process is sent what it cannot read."""
    bus = Bus()
    plain, other = server(bus), server(bus)
    other.namespace("/").carry("chat 2", lambda client: None, lambda client, given: None)

    assert plain.hand_over.format == "chorus.realtime 2: / "
    assert other.hand_over.format == "chorus.realtime 2: / chat 2"


async def test_a_client_that_left_meanwhile_is_gone_where_it_arrives():
    gone = []

    def make(bus, instance):
        made = server(bus, instance)
        made.namespace("/").on_disconnect(lambda client, reason: gone.append((instance, reason)))
        return made

    async with pair(make) as both:
        client = await connected(both)
        departure = await both.pack(client)
        client.close()
        with contextlib.suppress(Closed):
            await both.hand_over(departure)

        await eventually(lambda: gone == [("1", "transport close")])
        assert len(both.here) == 0


async def test_one_that_is_sent_away_before_its_socket_is_here_is_told_so():
    """What it is sent between being unpacked and being connected waits, its farewell too."""

    def make(bus, instance):
        made = server(bus, instance)
        made.namespace("/").carry("chat 1", lambda client: None, lambda client, given: client.disconnect())
        return made

    async with pair(make) as both:
        client = await connected(both)

        await both.move(client)

        assert await client.receive() == "41"
        client.close()


async def test_what_others_say_in_its_rooms_while_it_is_on_its_way_reaches_it_once():
    """Rooms without a log, everybody, and its sid: said by a third instance while it was in neither process."""
    async with pair() as both:
        third = Server(instance="2", backplane=MemoryBackplane(both.bus))
        await third.start()
        says = third.namespace("/")
        client = await connected(both)
        client.send('42["join","a"]')
        [[sid, *_]] = await ask(client)
        await both.here.hand_over.expect(await both.there.hand_over.announce())

        def say(number):
            for to in (says.to("a"), says.everybody, says.to(sid)):
                to.emit("n", number)

        say(1)
        heard = [await client.receive() for _ in range(3)]
        departure = await both.pack(client)
        say(2)
        await both.hear(third)
        await both.hand_over(departure)
        say(3)

        heard += [await client.receive() for _ in range(6)]
        assert sorted(heard) == sorted(f'42["n",{n}]' for n in (1, 2, 3) for _ in range(3))
        assert heard[:3] == ['42["n",1]'] * 3
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.frame(), 0.1)
        await third.close()
        client.close()


async def test_what_others_say_meanwhile_reaches_it_in_a_namespace_of_a_pattern_too():
    def make(bus, instance):
        made = server(bus, instance)
        made.namespaces(r"/document/\d+")
        return made

    async with pair(make) as both:
        third = make(both.bus, "2")
        await third.start()
        document = third.find_namespace("/document/7")
        client = await connected(both)
        client.send("40/document/7,")
        assert (await client.receive()).startswith("40/document/7,")
        await both.here.hand_over.expect(await both.there.hand_over.announce())

        document.emit("n", 1)
        assert await client.receive() == '42/document/7,["n",1]'
        departure = await both.pack(client)
        document.emit("n", 2)
        await both.hear(third)
        await both.hand_over(departure)
        document.emit("n", 3)

        assert [await client.receive() for _ in range(2)] == ['42/document/7,["n",2]', '42/document/7,["n",3]']
        await third.close()
        client.close()


async def test_a_namespace_of_a_pattern_that_nobody_came_to_is_let_go_with_what_it_listened_to():
    made = server(Bus())
    made.namespaces(r"/document/\d+", most=1)
    made.listen_ahead({"/document/7": Listening(("", "a"), ("0",))})
    hub = made.find_namespace("/document/7").hub
    assert set(hub._receivers) == {"", "a"}

    assert made.find_namespace("/document/8") is not None

    assert set(hub._receivers) == set()
    await made.close()


async def test_rooms_that_were_listened_to_for_nobody_are_let_go():
    async with pair() as both:
        client = await connected(both)
        client.send('42["join","a"]')
        await ask(client)
        await both.here.hand_over.expect(await both.there.hand_over.announce())
        hub = both.here.namespace("/").hub
        listened = set(hub._receivers)

        both.here._end_overlap()

        assert listened == {"", "a"}
        assert set(hub._receivers) == set()
        client.close()
