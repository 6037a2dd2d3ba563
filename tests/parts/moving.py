"""Two servers of one cluster on real sockets, and what moves sessions from one to the other."""

import asyncio
import contextlib
import json
import os
import socket

from chorus.realtime import (
    EngineOptions,
    MemoryBackplane,
    Server,
)
from chorus.realtime.backplane.memory import Bus
from parts.barrier import heard_by_all
from parts.websocket import PING, PONG, RawClient, served
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
