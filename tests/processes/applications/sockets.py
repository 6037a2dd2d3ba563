"""A Socket.IO application for the tests of hand-over: counts what each client says and what it is told.

A client that says n in order is told `said n`; when it does not, `wrong`. Besides, it is told `tick 1`, `tick 2` … by
whichever process has it, each SOCKETS_TICK seconds. Whoever shares its REDIS_URL may speak in its room "everybody".
SOCKETS_FORMAT names how its clients are written down.
"""

import asyncio
import os

from chorus.realtime import RedisBackplane, RedisSettings, Server

TICK = float(os.environ.get("SOCKETS_TICK", "0.05"))
"""Seconds; the clients of a test share one process, which has to hear all of them."""

backplane = RedisBackplane(RedisSettings(url=os.environ["REDIS_URL"])) if "REDIS_URL" in os.environ else None
identity = f"{os.environ['CHORUS_INSTANCE_ID']}-{os.getpid()}"  # the old and the new process of a number live together
server = Server(instance=identity, backplane=backplane)
chat = server.namespace("/")
if "SOCKETS_FORMAT" in os.environ:
    chat.carry(
        os.environ["SOCKETS_FORMAT"],
        lambda client: client.state,
        lambda client, state: setattr(client, "state", state),
    )


@chat.on_connect
def connect(client, auth):
    client.state = {"said": 0, "told": 0}
    client.join("everybody")


@chat.on("say")
def say(client, number):
    client.state["said"] += 1
    right = number == client.state["said"] and client.rooms == {"everybody"}
    client.emit("said" if right else "wrong", number)


@chat.on("who")
def who(client):
    return [client.sid, os.getpid()]


async def tick():
    while True:
        await asyncio.sleep(TICK)
        for client in chat.clients():
            client.state["told"] += 1
            client.emit("tick", client.state["told"])


class Application:
    """The server, with the clock that ticks while it runs, and besides it an answer to any other request."""

    websocket_protocol = server.asgi.websocket_protocol
    hand_over = server.hand_over

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http" and not scope["path"].startswith(server.path):
            while (await receive()).get("more_body"):
                pass
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/json")]})
            await send({"type": "http.response.body", "body": str(os.getpid()).encode()})
            return
        ticking = asyncio.create_task(tick()) if scope["type"] == "lifespan" else None
        await server.asgi(scope, receive, send)
        if ticking is not None:
            ticking.cancel()


application = Application()
