"""What is going on, as JSON for operators: instances, rooms and sockets, asked of any instance.

    app.mount("/admin/realtime", server.admin(token=os.environ["ADMIN_TOKEN"]))     # Starlette, FastAPI

    GET /admin/realtime/instances
    GET /admin/realtime/rooms?namespace=/&limit=100
    GET /admin/realtime/sockets?namespace=/&room=lobby&limit=100

An ASGI application that reads and changes nothing. Whoever asks shows the token, `Authorization: Bearer …`. The last
part of the path decides, so it may be mounted anywhere.
"""

import hmac
from typing import NamedTuple

import msgspec

from chorus.realtime.server.census import MOST, Census
from chorus.realtime.server.names import EVERYBODY
from chorus.realtime.transport.asgi import Message, Receive, Send, request_of
from chorus.realtime.transport.request import Request

_SHORTEST_TOKEN = 16
_USUAL_LIMIT = 100


class _Answer(NamedTuple):
    status: int
    content: object
    headers: tuple[tuple[bytes, bytes], ...] = ()


class AdminEndpoint:
    """Made by `Server.admin`."""

    def __init__(self, census: Census, token: str) -> None:
        if len(token) < _SHORTEST_TOKEN:
            raise ValueError(f"admin token: found {len(token)} characters, expected at least {_SHORTEST_TOKEN}")
        self._census = census
        self._token = token.encode()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        elif scope["type"] == "http":
            await _send(send, await self._answer(request_of(scope)))

    async def _answer(self, request: Request) -> _Answer:
        if not self._is_allowed(request):
            return _Answer(401, {"error": "a bearer token is needed"}, ((b"www-authenticate", b"Bearer"),))
        if request.method != "GET":
            return _Answer(405, {"error": f"found {request.method[:20]}, expected GET"}, ((b"allow", b"GET"),))
        query = request.query
        namespace, room = query.get("namespace", "/"), query.get("room", EVERYBODY)
        limit = query.get("limit", str(_USUAL_LIMIT))
        if not limit.isdecimal() or len(limit) > 4 or not 1 <= int(limit) <= MOST:
            return _Answer(400, {"error": f"limit: found {limit[:20]!r}, expected 1 to {MOST}"})
        match request.path.rstrip("/").rpartition("/")[2]:
            case "instances":
                return _Answer(200, await self._census.instances())
            case "rooms":
                return _Answer(200, await self._census.rooms(namespace, limit=int(limit)))
            case "sockets":
                return _Answer(200, await self._census.sockets(namespace, room=room, limit=int(limit)))
            case _:
                return _Answer(404, {"error": "expected a path that ends with instances, rooms or sockets"})

    def _is_allowed(self, request: Request) -> bool:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(token.strip().encode(), self._token)


async def _send(send: Send, answer: _Answer) -> None:
    body = msgspec.json.encode(answer.content)
    fields = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        *answer.headers,
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": fields})
    await send({"type": "http.response.body", "body": body})
