"""An echo server: `python examples/echo.py [port]`, then point any Socket.IO client (4.x) at it.

    const socket = io("http://127.0.0.1:3000");
    socket.emit("echo", "hello", (answer) => console.log(answer));      // hello

A page must come from the same host and port; add its origin to `allowed_origins` when it does not. Several instances
are one when they share a Redis: `INSTANCE=1 REDIS_URL=redis://127.0.0.1 python examples/echo.py 3001`.
"""

import os
import sys
from typing import Any

import uvicorn

from chorus.realtime import Client, ConnectRefused, RedisBackplane, RedisSettings, Server

redis = os.environ.get("REDIS_URL")
server = Server(
    instance=os.environ.get("INSTANCE"),
    backplane=RedisBackplane(RedisSettings(url=redis)) if redis else None,
)
application = server.asgi
"""For any ASGI server: `hypercorn echo:application`, `granian --interface asgi echo:application`; uvicorn is faster."""

everyone = server.namespace("/")
members = server.namespace("/members")


@everyone.on("echo")
async def echo(client: Client, *args: Any) -> tuple[Any, ...]:
    """Send the arguments back, as an event and as the answer."""
    client.emit("echo", *args)
    return args


@everyone.on("join")
async def join(client: Client, room: str) -> None:
    """Put the client into a room."""
    client.join(room)


@everyone.on("say")
async def say(client: Client, room: str, text: str) -> None:
    """Tell the others in a room."""
    everyone.to(room).except_(client.sid).emit("said", text)


@members.on_connect
async def let_in(client: Client, auth: dict[str, Any]) -> None:
    """Let those in who know the word."""
    if auth.get("word") != "please":
        raise ConnectRefused("Say the word", data={"hint": "p…"})


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 3000
    protocols = {"ws": server.websocket_protocol, "http": server.http_protocol}
    uvicorn.run(server.asgi, **protocols, port=port, log_level="warning")  # type: ignore[arg-type]
