"""Real workers on sockets of a real keeper, and what is asked of them."""

import re
import socket
import struct
import sys

from chorus.cluster.keeper.wire import (
    ChildNotified,
    OpenListener,
    OpenPage,
    Subscribe,
    Tail,
)
from chorus.cluster.worker import gate
from cluster.keeper.running import RunningKeeper

APPLICATION = """
import asyncio, os, signal

async def answer(send, text):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": str(text).encode()})

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                print("application ended", flush=True)
                return
    if scope["type"] == "websocket":
        return await talk(receive, send)
    if scope["path"] == "/slow":
        print("slow began", flush=True)
        while not os.path.exists(scope["query_string"].decode()):  # a test of another process says when
            await asyncio.sleep(0.01)
    if scope["path"] == "/hang":
        os.kill(os.getpid(), signal.SIGSTOP)
    await answer(send, os.getpid())

async def failing(scope, receive, send):
    await receive()
    raise ConnectionError("the database is away")

async def hanging(scope, receive, send):
    await receive()
    print("startup hangs", flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        print("startup was cancelled", flush=True)

class Upgraded(asyncio.Protocol):
    def __init__(self, config, server_state, app_state):
        self.connections = server_state.connections
    def connection_made(self, transport):
        self.transport = transport
        self.connections.add(self)
        transport.write(b"HTTP/1.1 101 Switching\\r\\nupgrade: websocket\\r\\nconnection: upgrade\\r\\n\\r\\n")
    def data_received(self, data):
        pass
    def connection_lost(self, error):
        self.connections.discard(self)
    def shutdown(self):
        self.transport.write(b"bye")
        self.transport.close()

app.websocket_protocol = Upgraded
"""


class Workers:
    """A keeper with a listener, a page and workers on both."""

    def __init__(self, keeper: RunningKeeper):
        self.keeper = keeper
        self.home = keeper.home
        self.client = keeper.client()
        self.client.do(Subscribe())
        self.address = ("127.0.0.1", self.client.do(OpenListener("web", "127.0.0.1", 0)).port)
        self.client.do(OpenPage("load", gate.CELL * 8))
        (self.home / "site_under_test.py").write_text(APPLICATION)

    def start(self, number: int = 0, target: str = "site_under_test:app", **env: str) -> int:
        """Start a worker without waiting for anything; gives its pid."""
        key = f"web:{number}:1"
        env = {"CHORUS_HOME": str(self.home), "CHORUS_KEY": key, "CHORUS_LOAD_SLOT": str(number), **env}
        argv = [sys.executable, "-m", "chorus.cluster.worker", target]
        return self.keeper.spawn(self.client, key, *argv, env=env, listeners=["web"], page="load").pid

    def ready(self, *numbers: int) -> None:
        """Wait until these workers said READY=1."""
        for number in numbers:
            while self.client.fact(ChildNotified, key=f"web:{number}:1").state.get("READY") != "1":
                pass

    def running(self, number: int = 0, **env: str) -> int:
        pid = self.start(number, **env)
        self.ready(number)
        return pid

    def connect(self) -> socket.socket:
        return socket.create_connection(self.address, timeout=30)

    def ask(self, path: str = "/") -> str:
        """One request on a connection of its own."""
        with self.connect() as connection:
            return ask(connection, path)

    def shown(self, pid: int, *, slot: int) -> int:
        """The live connections a worker shows in the page, which it has as descriptor 4."""
        with open(f"/proc/{pid}/fd/4", "rb") as page:
            return gate.Cell(*struct.unpack_from("=qq", page.read(), slot * gate.CELL)).connections

    def tail(self, number: int = 0) -> list[str]:
        return self.client.do(Tail(f"web:{number}:1")).lines


def send(connection: socket.socket, path: str = "/") -> None:
    connection.sendall(f"GET {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode())


def received(connection: socket.socket) -> str:
    """One whole answer, headers and body."""
    text = b""
    while not re.search(rb"\r\n\r\n.*0\r\n\r\n$", text, re.DOTALL):
        more = connection.recv(1 << 16)
        assert more, f"the connection was closed after {text!r}"
        text += more
    return text.decode()


def ask(connection: socket.socket, path: str = "/") -> str:
    send(connection, path)
    return received(connection)


def pid_in(answer: str) -> int:
    return int(answer.split("\r\n\r\n")[1].split("\r\n")[1])
