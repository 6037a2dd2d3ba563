r"""Documents that several people edit, with Litestar: each is a namespace of its own, made when its first reader comes.

python examples/with_litestar.py [port]

const document = io("http://127.0.0.1:3000/document/7", { auth: { name: "Ann" } });
document.on("edited", ({ by, line, text }) => show(line, text));
document.emit("edit", { line: 3, text: "Once upon a time" });

curl http://127.0.0.1:3000/document/7
"""

import sys
from typing import Any

import msgspec
import uvicorn
from litestar import Litestar, get

from chorus.realtime import Client, ConnectRefused, Server

server = Server()
documents = server.namespaces(r"/document/\d+")
lines: dict[str, dict[int, str]] = {}


class Edit(msgspec.Struct):
    """One line."""

    line: int
    text: str


@documents.on_connect
async def let_in(client: Client, auth: dict[str, Any]) -> None:
    """Whoever says a name; it is kept where handlers find it."""
    if not auth.get("name"):
        raise ConnectRefused("Say who you are")
    client.state = auth["name"]
    client.emit("document", lines.get(client.namespace, {}))


@documents.on("edit", payload=Edit)
def edit(client: Client, change: Edit) -> bool:
    """Keep it and tell the others of this document."""
    lines.setdefault(client.namespace, {})[change.line] = change.text
    client.others.emit("edited", {"by": client.state, "line": change.line, "text": change.text})
    return True


@documents.on_disconnect
def gone(client: Client, reason: str) -> None:
    """The others hear who left."""
    client.others.emit("left", client.state)


@get("/document/{number:int}")
async def read(number: int) -> dict[int, str]:
    """The lines of a document."""
    return lines.get(f"/document/{number}", {})


application = server.beside(Litestar([read]))

if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 3000
    protocols = {"ws": application.websocket_protocol, "http": application.http_protocol}
    uvicorn.run(application, **protocols, port=port, log_level="warning")  # type: ignore[arg-type]
