"""Two instances, and a client that polls at one and upgrades at the other."""

import asyncio
import contextlib
import json
from unittest.mock import patch

from chorus.realtime import EngineOptions, MemoryBackplane, Server
from chorus.realtime.backplane.memory import Bus
from chorus.realtime.engineio.packets import decode_payload, encode
from chorus.realtime.handover import pace
from chorus.realtime.transport.frames import split
from chorus.realtime.transport.request import Request
from waiting import eventually

HEADERS = b"Host: here"


class Socket:
    """A WebSocket as its driver sees it; what is sent to it is in `got`."""

    upgrades = ()

    def __init__(self):
        self.got, self.closed, self.reading = [], None, True

    def write(self, data, /):
        self.got += split(data)

    greet = write

    def waiting(self):
        return 0

    def pause_reading(self):
        self.reading = False

    def resume_reading(self):
        self.reading = True

    def close(self, code, reason):
        self.closed = code, reason

    def abort(self):
        self.closed = 1006, ""

    def drive(self, driver):
        self.driver = driver


class Browser:
    """A client that polls at one instance and upgrades at another; `got` is all it received, by either way."""

    def __init__(self, home, away):
        self.home, self.away = home, away
        self.wire, _ = home.open_polling(Request("GET", "/socket.io/?EIO=4&transport=polling", HEADERS))
        self.got, self.socket = [], Socket()

    async def poll(self):
        await asyncio.sleep(0)  # a request takes its time
        answer = await self.wire.poll()
        self.got += [encode(packet) for packet in decode_payload(answer.body.decode(), max_packets=1000)]

    async def post(self, *packets):
        return await self.wire.post("\x1e".join(packets).encode())

    async def connect(self):
        await self.poll()
        self.session = json.loads(self.got.pop()[1:])["sid"]
        await self.post("40")
        await self.poll()
        self.sid = json.loads(self.got.pop()[2:])["sid"]
        return self

    def open_socket(self, remote=""):
        target = f"/socket.io/?EIO=4&transport=websocket&sid={self.session}"
        self.socket.drive(self.away.admit(Request("GET", target, HEADERS, remote)))
        self.socket.driver.opened(self.socket)

    def send(self, message):
        self.socket.driver.received(message)

    async def probe(self):
        self.open_socket()
        self.send("2probe")
        await eventually(lambda: self.socket.got == ["3probe"] or self.socket.closed, what="an answer to the probe")

    async def upgrade(self):
        await self.probe()
        self.send("5")
        await eventually(lambda: len(self.away) or self.socket.closed, what="the session")

    def heard(self):
        """Events, in the order in which they came."""
        events = [packet for packet in (*self.got, *self.socket.got) if packet.startswith("42[")]
        return [json.loads(event[2:]) for event in events]


def server(bus, instance, **options):
    made = Server(instance=instance, backplane=MemoryBackplane(bus), options=EngineOptions(**options))
    chat = made.namespace("/")
    made.told = []
    chat.on_connect(lambda client, auth: client.join("a"))
    chat.on_disconnect(lambda client, reason: made.told.append(reason))
    chat.on("echo")(lambda client, value: client.emit("echo", value))
    chat.on("who")(lambda client: client.emit("who", client.sid, sorted(client.rooms), client.state, instance))
    return made


@contextlib.asynccontextmanager
async def two(**options):
    bus = Bus()
    servers = [server(bus, instance, **options) for instance in "01"]
    for each in servers:
        await each.start()
    try:
        with patch.object(pace, "HEARS_WITHIN", 0.01), patch.object(pace, "SETTLE", 0.002):
            yield servers
    finally:
        for each in servers:
            await each.close()


@contextlib.contextmanager
def looks(instance):
    """Gets an entry whenever this instance looked whether a session may leave, and it may not yet."""
    owned, looked = instance._neighbours._owned, []
    pause = owned._pause

    async def note(claimed, seconds):
        if seconds == pace.LOOK:
            looked.append(claimed)
        await pause(claimed, seconds)

    with patch.object(owned, "_pause", note):
        yield looked


def carried(home, away, pack):
    """Have the application give something along; whether it is ready to."""
    ready = asyncio.Event()
    ready.set()
    for each in (home, away):
        each.namespace("/").carry("bag 1", pack=pack, unpack=lambda client, bag: None, ready=lambda _: ready.is_set())
    return ready
