"""Which upgrade requests may become sessions, and the answers for the others.

The codes are Engine.IO's: https://github.com/socketio/engine.io/blob/main/lib/server.ts names them in this order.
"""

from collections.abc import Collection
from enum import IntEnum

import msgspec

from chorus.realtime.transport.contract import Refusal
from chorus.realtime.transport.origin import is_ours
from chorus.realtime.transport.request import Request


class Code(IntEnum):
    """Why a request is refused, as the clients know it."""

    UNKNOWN_TRANSPORT = 0
    UNKNOWN_SID = 1
    BAD_HANDSHAKE_METHOD = 2
    BAD_REQUEST = 3
    FORBIDDEN = 4
    UNSUPPORTED_PROTOCOL_VERSION = 5


_MESSAGES = {
    Code.UNKNOWN_TRANSPORT: "Transport unknown",
    Code.UNKNOWN_SID: "Session ID unknown",
    Code.BAD_HANDSHAKE_METHOD: "Bad handshake method",
    Code.BAD_REQUEST: "Bad request",
    Code.FORBIDDEN: "Forbidden",
    Code.UNSUPPORTED_PROTOCOL_VERSION: "Unsupported protocol version",
}


def refusal(code: Code) -> Refusal:
    """The answer for a code: 400, or 403 for a foreign origin, with `{"code", "message"}`."""
    body = msgspec.json.encode({"code": int(code), "message": _MESSAGES[code]})
    return Refusal(403 if code is Code.FORBIDDEN else 400, body)


def check_upgrade(request: Request, *, path: str, allowed_origins: Collection[str] | None) -> None:
    """Pass an upgrade request that may open a new session.

    Raises:
        Refusal: it may not; carries the answer.
    """
    if request.path.rstrip("/") != path.rstrip("/"):
        raise Refusal(404, b"Not Found", "text/plain; charset=utf-8")
    query = request.query
    if query.get("transport") != "websocket":
        raise refusal(Code.UNKNOWN_TRANSPORT)
    if query.get("EIO") != "4":
        raise refusal(Code.UNSUPPORTED_PROTOCOL_VERSION)
    if "sid" in query:
        raise refusal(Code.UNKNOWN_SID)
    if request.method != "GET":
        raise refusal(Code.BAD_HANDSHAKE_METHOD)
    headers = request.headers
    if not is_ours(headers.get("origin"), headers.get("host"), allowed_origins):
        raise refusal(Code.FORBIDDEN)
