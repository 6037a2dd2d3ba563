"""The smallest server of Python: who answers, as ASGI and as WSGI."""

import os
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

_WHO = str(os.getpid()).encode()


async def application(
    scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
) -> None:
    """ASGI."""
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
    length = str(len(_WHO)).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
    await send({"type": "http.response.body", "body": _WHO})


def wsgi(_environment: dict[str, Any], start_response: Callable[[str, list[tuple[str, str]]], Any]) -> Iterable[bytes]:
    """WSGI."""
    start_response("200 OK", [("content-length", str(len(_WHO)))])
    return [_WHO]
