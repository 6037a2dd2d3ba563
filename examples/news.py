"""Durable rooms whose clients recover: `REDIS_URL=redis://127.0.0.1 python examples/news.py [port]`.

    const socket = io("http://127.0.0.1:3000");
    socket.on("connect", () => console.log(socket.recovered));     // false, and true after a lost connection
    socket.on("entry", (entry) => console.log(entry.text));        // each one once and in order
    socket.emit("post", crypto.randomUUID(), "hello", (seq) => console.log(seq));

An answered post is in the log; repeat one that was not answered, with its id. Stop the server in whatever way, start it
again, and the clients go on where they were.
"""

import os
import sys
from typing import Any

import msgspec
import uvicorn

from chorus.realtime import Client, DurableRooms, RedisBackplane, RedisLog, RedisSettings, Server

redis = RedisSettings(url=os.environ.get("REDIS_URL"))
server = Server(instance=os.environ.get("INSTANCE"), backplane=RedisBackplane(redis))
news = server.namespace("/")
log = RedisLog(redis)
durable = DurableRooms(news, log, recovery=True)


@news.on_connect
async def connect(client: Client, auth: dict[str, Any]) -> None:
    """Let everybody follow the news, and what else they followed before: here every room is open to all."""
    for room in client.recovering or ["news"]:
        await durable.follow(client, room)


@news.on("follow")
async def follow(client: Client, room: str) -> int:
    """Follow another room, from now on."""
    return await durable.follow(client, room)


@news.on("post")
async def post(client: Client, id: str, text: str, room: str = "news") -> int:  # noqa: A002 - the word of the field
    """Put an entry into a room; its number."""
    return await log.append(room, msgspec.json.encode({"text": text}), id=id)


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 3000
    protocols = {"ws": server.websocket_protocol, "http": server.http_protocol}
    uvicorn.run(server.asgi, **protocols, port=port, log_level="warning")  # type: ignore[arg-type]
