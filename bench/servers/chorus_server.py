"""The Socket.IO server of this project with the events of the scenarios; with a Redis port, instances are joined by it.

usage: chorus_server.py PORT [REDIS_PORT]
"""

import sys
from typing import Any

import uvicorn

from chorus.cluster.worker import collector
from chorus.realtime import RedisBackplane, RedisSettings, Server


def make_server(port: str, redis_port: str | None = None) -> Server:
    """A server named by its port."""
    backplane = None
    if redis_port is not None:
        backplane = RedisBackplane(RedisSettings(host="127.0.0.1", port=int(redis_port)))
    server = Server(instance=port, backplane=backplane)
    namespace = server.namespace("/")

    @namespace.on("join")
    def join(client: Any, room: str) -> None:
        client.state = room
        client.join(room)

    @namespace.on("msg")
    def message(client: Any, payload: Any) -> None:
        namespace.to(client.state).emit("msg", payload)

    @namespace.on("echo")
    def echo(_client: Any, payload: Any) -> Any:
        return payload

    return server


if __name__ == "__main__":
    collector.settle()  # as in a worker
    made = make_server(*sys.argv[1:])
    uvicorn.run(
        made.asgi,
        port=int(sys.argv[1]),
        log_level="warning",
        loop="uvloop",
        http=made.http_protocol,  # pyright: ignore[reportArgumentType] - as below
        ws=made.websocket_protocol,  # pyright: ignore[reportArgumentType] - called with the arguments a class would be
    )
