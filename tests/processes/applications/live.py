"""An ASGI application for the tests of endurance: it serves upgraded connections, eats memory and blocks, as asked."""

import asyncio
import json
import os
import time

_held = []


async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
    while (await receive()).get("more_body"):
        pass
    if scope["path"] == "/eat":
        _held.append(b"x" * int(scope["query_string"]))
    if scope["path"] == "/block":
        time.sleep(3600)
    answer = {"pid": os.getpid(), "number": os.environ["CHORUS_INSTANCE_ID"]}
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": json.dumps(answer).encode()})


class Echo(asyncio.Protocol):
    """An upgraded connection that gives back what it gets."""

    def __init__(self, config, server_state, app_state):
        self._connections = server_state.connections

    def connection_made(self, transport):
        self._transport = transport
        self._connections.add(self)
        transport.write(b"HTTP/1.1 101 Switching\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n")

    def data_received(self, data):
        if not data.startswith(b"GET "):
            self._transport.write(data)

    def connection_lost(self, error):
        self._connections.discard(self)

    def shutdown(self):
        self._transport.close()


application.websocket_protocol = Echo
