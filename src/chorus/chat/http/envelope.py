"""What every response of the instance carries, whoever made it: pages, API, errors.

    application = Envelope(router, instance="0")

Adds `X-Request-Id` (the asker's own, if it is a decent one), `X-Chorus-Instance` and the headers that keep browsers
from guessing and framing; answers HEAD as GET without the body; turns what nobody expected into a problem document and
a line in the log. It is plain ASGI, because it also stands around what the web framework never sees.
"""

import logging
import math
import re
import secrets
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from itertools import count
from typing import Any, cast

from chorus.chat.domain.limits import Verdict
from chorus.chat.http.problems import PROBLEM_TYPE, ClientGone, problem

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

logger = logging.getLogger(__name__)

LIMIT = "chorus.limit"
"""Where in the scope the verdict on a request that was counted stands."""

_HEAD = "chorus.head"
_CUT_OFF = "chorus.cut_off"

_DECENT_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")

_PROCESS = secrets.token_hex(4).encode("ascii")
_numbers = count(1)
"""Our own ids: eight digits of this process, eight of the request; to ask the system for randomness takes longer."""

_EVERYWHERE = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)

_UNLESS_SAID = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
)
"""For answers that say nothing themselves: those of the API, which are private and never a page."""


class Envelope:
    """Stands around an ASGI application; passes anything but HTTP through."""

    def __init__(self, application: Application, *, instance: str) -> None:
        """Name the instance in every response."""
        self._application = application
        self._constant = (*_EVERYWHERE, (b"x-chorus-instance", instance.encode("latin-1")))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI scope."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        exchange = _Exchange(scope, receive, send, self._constant)
        try:
            await self._application(exchange.scope, exchange.receive, exchange.send)
        except ClientGone:
            logger.debug("%s: the client hung up", exchange)
        except Exception:  # a fault of ours, whatever it is: it is logged, and told to the client as one
            if exchange.scope.get(_CUT_OFF):
                return  # the server sees half an answer, and closes the connection
            if exchange.started:
                raise  # half an answer is out: only the server can end it, by closing the connection
            logger.exception("%s failed", exchange)
            await exchange.apologise()


class _Exchange:
    """One request on its way in and its response on its way out."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, constant: Iterable[tuple[bytes, bytes]]) -> None:
        self._receive = receive
        self._send = send
        self._head = scope["method"] == "HEAD"
        self._request_id = _request_id(scope["headers"])
        self._constant = (*constant, (b"x-request-id", self._request_id))
        self._body_complete = False
        self.started = False
        self.scope = {**scope, "method": "GET"} if self._head else scope
        self.scope[_HEAD] = self._head
        self.scope["chorus.request_id"] = self._request_id.decode("ascii")

    def __str__(self) -> str:
        method = "HEAD" if self._head else self.scope["method"]
        return f"request {self._request_id.decode('ascii')}, {method} {self.scope['path'][:200]!r}"

    async def receive(self) -> Message:
        """Pass the body in; a client that hangs up within it ends the request.

        Raises:
            ClientGone: the rest of the body will never come.
        """
        message = await self._receive()
        if message["type"] == "http.disconnect" and not self._body_complete:
            raise ClientGone
        self._body_complete = self._body_complete or not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        """Pass the response out, with our headers."""
        if message["type"] == "http.response.start":
            self.started = True
            headers = cast("list[tuple[bytes, bytes]]", [*message.get("headers", ())])
            said = {name.lower() for name, _ in headers}
            headers += self._constant
            headers += _limit_fields(cast("Verdict | None", self.scope.get(LIMIT)))
            headers += [field for field in _UNLESS_SAID if field[0] not in said]
            message = {**message, "headers": headers}
        elif self._head and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await self._send(message)

    async def apologise(self) -> None:
        """Answer for an error that nobody expected; the log has it under the request's id."""
        body = problem(
            "internal", f"Something went wrong here; the log has it as request {self.scope['chorus.request_id']}"
        )
        headers = [(b"content-type", PROBLEM_TYPE.encode()), (b"content-length", str(len(body.encoded())).encode())]
        await self.send({"type": "http.response.start", "status": body.status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body.encoded()})


def wants_no_body(scope: Any) -> bool:
    """Whether it was asked for the head alone: for what costs much to make. Everything else need not know."""
    return bool(scope.get(_HEAD))


def cut_off(scope: Any) -> None:
    """Say that an answer on its way ends early, by what is raised next; and that the log has why."""
    scope[_CUT_OFF] = True


def _limit_fields(verdict: Verdict | None) -> list[tuple[bytes, bytes]]:
    """How many requests there may be at once, how many are left, and the seconds until all of them are there again."""
    if verdict is None:
        return []
    return [
        (b"x-ratelimit-limit", b"%d" % verdict.limit),
        (b"x-ratelimit-remaining", b"%d" % verdict.remaining),
        (b"x-ratelimit-reset", b"%d" % math.ceil(verdict.reset_after)),
    ]


def _request_id(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    for name, value in headers:
        if name == b"x-request-id" and _DECENT_ID.fullmatch(value):
            return value
    return b"%s%08x" % (_PROCESS, next(_numbers))
