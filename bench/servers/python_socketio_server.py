"""python-socketio on uvicorn with the events of the scenarios; with a Redis port, instances are joined by its manager.

usage: python_socketio_server.py PORT [REDIS_PORT]
"""

import sys
from typing import Any

import socketio  # pyright: ignore[reportMissingTypeStubs] - it has none
import uvicorn

rooms: dict[str, str] = {}


def make_server(redis_port: str | None = None) -> Any:
    """A server as its documentation makes one, with its faster options."""
    manager: Any = None
    if redis_port is not None:
        manager = socketio.AsyncRedisManager(f"redis://127.0.0.1:{redis_port}/0")
    server: Any = socketio.AsyncServer(async_mode="asgi", client_manager=manager)

    @server.event
    async def join(sid: str, room: str) -> None:
        rooms[sid] = room
        await server.enter_room(sid, room)

    @server.event
    async def msg(sid: str, payload: Any) -> None:
        await server.emit("msg", payload, room=rooms[sid])

    @server.event
    async def echo(_sid: str, payload: Any) -> Any:
        return payload

    @server.event
    async def disconnect(sid: str, _reason: str) -> None:
        rooms.pop(sid, None)

    del join, msg, echo, disconnect
    return server


if __name__ == "__main__":
    uvicorn.run(
        socketio.ASGIApp(make_server(*sys.argv[2:])),
        port=int(sys.argv[1]),
        log_level="warning",
        loop="uvloop",
        ws_per_message_deflate=False,
    )
