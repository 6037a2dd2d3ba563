"""A server that floods a room and tells what that cost: `python flooding.py PORT [plain]`."""

import asyncio
import resource
import sys
import time

import uvicorn

from chorus.realtime import Server

server = Server()
chat = server.namespace("/")
gone: list[str] = []


@chat.on_connect
def connect(client, auth):
    client.state = auth.get("room")
    client.join(client.state)


@chat.on_disconnect
def disconnect(client, reason):
    gone.append(reason)


@chat.on("flood")
async def flood(client, room, megabytes):
    """Broadcast so much, as fast as this client reads it; how far memory grew at most, and who went why."""
    before, begun = peak(), time.process_time()
    for _ in range(megabytes * 16):
        chat.to(room).emit("data", "x" * 65_536)
        await asyncio.sleep(0)
        while client.congested:  # nothing tells when it has read on: this is looked at, not waited for so long
            await asyncio.sleep(0.001)
    return {"grew": peak() - before, "gone": gone, "seconds": time.process_time() - begun}


@chat.on("disconnect all")
async def disconnect_all(client):
    """Send everybody else away; processor seconds until the last disconnect handler ran."""
    others = [each for each in chat.clients() if each is not client]
    begun = time.process_time()
    chat.except_(client.sid).disconnect_sockets()
    while len(gone) < len(others):
        await asyncio.sleep(0)
    return {"seconds": time.process_time() - begun, "gone": len(gone)}


def peak():
    """Megabytes that were resident at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    websockets = "auto" if "plain" in sys.argv else server.websocket_protocol
    uvicorn.run(server.asgi, ws=websockets, port=int(sys.argv[1]), log_level="warning")
