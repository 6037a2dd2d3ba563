"""Which requests may open a session or speak for one, and the answers for the others.

The codes are Engine.IO's: https://github.com/socketio/engine.io/blob/main/lib/server.ts names them in this order.
"""

from enum import IntEnum

import msgspec

from chorus.realtime.errors import UsageError
from chorus.realtime.transport.contract import Refusal
from chorus.realtime.transport.origin import Allowed, is_ours
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


def check_path(path: str) -> str:
    """Return a path that clients can ask for.

    Raises:
        UsageError: it does not begin with a slash, or there is more in it than a path.
    """
    if not path.startswith("/") or any(letter in path for letter in "?# "):
        raise UsageError(f"path: found {path!r}, expected one like /socket.io/")
    return path


def check_upgrade(request: Request, *, path: str, allowed_origins: Allowed) -> str | None:
    """Pass an upgrade request that may open a session; the sid of the session it asks to take over, if it does.

    Raises:
        Refusal: it may not; carries the answer.
    """
    query = _check(request, path=path, transports=("websocket",), allowed_origins=allowed_origins)
    if request.method != "GET":
        raise refusal(Code.BAD_HANDSHAKE_METHOD)
    return query.get("sid")


def check_polling(request: Request, *, path: str, allowed_origins: Allowed) -> str | None:
    """Pass a request of long polling; the sid of the session it is for, or None when it opens one.

    Raises:
        Refusal: it may not; carries the answer.
    """
    query = _check(request, path=path, transports=("polling", "websocket"), allowed_origins=allowed_origins)
    sid = query.get("sid")
    if query["transport"] == "websocket":  # by plain HTTP: the upgrade was lost on the way
        raise refusal(Code.BAD_REQUEST)
    if sid is None and request.method != "GET":
        raise refusal(Code.BAD_HANDSHAKE_METHOD)
    if request.method not in ("GET", "POST"):
        raise refusal(Code.BAD_REQUEST)
    return sid


def _check(request: Request, *, path: str, transports: tuple[str, ...], allowed_origins: Allowed) -> dict[str, str]:
    if request.path.rstrip("/") != path.rstrip("/"):
        raise Refusal(404, b"Not Found", "text/plain; charset=utf-8")
    query = request.query
    if query.get("transport") not in transports:
        raise refusal(Code.UNKNOWN_TRANSPORT)
    if query.get("EIO") != "4":
        raise refusal(Code.UNSUPPORTED_PROTOCOL_VERSION)
    if not is_ours(request.header("origin"), request.header("host"), allowed_origins):
        raise refusal(Code.FORBIDDEN)
    return query
