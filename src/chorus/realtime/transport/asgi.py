"""What ASGI servers and applications hand each other. https://asgi.readthedocs.io/en/latest/specs/main.html"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from chorus.realtime.transport.request import Request

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]


def request_of(scope: Message) -> Request:
    """The request of an HTTP or WebSocket scope, with its whole path, wherever the application is mounted."""
    query: bytes = scope["query_string"]
    target = whole_path(scope) + (f"?{query.decode('latin-1')}" if query else "")
    fields = b"\r\n".join([b": ".join(field) for field in scope["headers"]])
    client = scope.get("client")
    return Request(scope.get("method", "GET"), target, fields, f"{client[0]}:{client[1]}" if client else "")


def whole_path(scope: Message) -> str:
    """Some frameworks take the mount's path away from `path`, others only say in `root_path` how much of it is it."""
    path, root = scope["path"], scope.get("root_path", "")
    return path if path.startswith(root) else root + path


def header_fields(headers: tuple[tuple[str, str], ...]) -> Headers:
    """Headers as ASGI wants them."""
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
