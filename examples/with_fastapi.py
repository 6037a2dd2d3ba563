"""A shared list, with FastAPI: what is added by HTTP or by a page appears on every page at once.

python examples/with_fastapi.py [port]

const socket = io("http://127.0.0.1:3000");
socket.on("added", (item) => console.log(item.text));
await socket.emitWithAck("add", { text: "milk" });                  // { id: 1, text: "milk" }

curl -X POST -H 'content-type: application/json' -d '{"text":"bread"}' http://127.0.0.1:3000/items
curl -H "authorization: Bearer $ADMIN_TOKEN" http://127.0.0.1:3000/admin/realtime/instances
"""

import os
import secrets
import sys

import msgspec
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

from chorus.realtime import Client, Server

server = Server()
lists = server.namespace("/")
api = FastAPI(title="A shared list")
items: list[dict[str, object]] = []


class Item(BaseModel):
    """What FastAPI takes."""

    text: str


class Add(msgspec.Struct):
    """What a page sends; anything else is answered with what was expected."""

    text: str


def add(text: str) -> dict[str, object]:
    """Add an item and tell every page."""
    item: dict[str, object] = {"id": len(items) + 1, "text": text}
    items.append(item)
    lists.emit("added", item)
    return item


@lists.on("add", payload=Add)
def add_by_socket(client: Client, item: Add) -> dict[str, object]:
    """What is returned is the answer to emitWithAck."""
    return add(item.text)


@api.get("/items")
async def every_item() -> list[dict[str, object]]:
    """All of them."""
    return items


@api.post("/items")
async def add_by_http(item: Item) -> dict[str, object]:
    """Async, so that it runs in the event loop, as everything that touches the server must."""
    return add(item.text)


api.mount("/admin/realtime", server.admin(os.environ.get("ADMIN_TOKEN") or secrets.token_urlsafe()))
application = server.beside(api)

if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 3000
    protocols = {"ws": application.websocket_protocol, "http": application.http_protocol}
    uvicorn.run(application, **protocols, port=port, log_level="warning")  # type: ignore[arg-type]
