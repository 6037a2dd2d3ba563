"""The Socket.IO server of this project with the two events of the room scenarios.

usage: chorus_rooms.py PORT
"""

import sys
from typing import Any

import uvicorn

from chorus.realtime import Server

server = Server()
namespace = server.namespace("/")


@namespace.on("join")
async def join(client: Any, room: str) -> None:
    """Remember the room and enter it."""
    client.state = room
    client.join(room)


@namespace.on("msg")
async def message(client: Any, payload: Any) -> None:
    """Say it to everyone in the sender's room, the sender included."""
    namespace.to(client.state).emit("msg", payload)


if __name__ == "__main__":
    uvicorn.run(
        server.asgi,
        port=int(sys.argv[1]),
        log_level="warning",
        loop="uvloop",
        ws=server.websocket_protocol,  # pyright: ignore[reportArgumentType] - called with the arguments a class would be
        lifespan="off",
    )
