"""The requests that are asked most, on their way round the framework: what a client begins with, a page of history,
and how far it was read.

    api = Shortcut(http_application(version="0.1.0"))

The framework takes a quarter of the processor time of such a request: it finds the route, reads the parameters,
resolves what the handler asks for, and wraps the answer, for each request anew. What is asked for in its plainest form
goes the short way: the same questions of who asks and how often, the same action, the same answer. Whatever is written
otherwise, right or wrong, goes to the framework as before; so one place says what is wrong with a request.
"""

from collections.abc import Mapping, Sequence

import msgspec

from chorus.chat.access.origin import forgery
from chorus.chat.actions import channels, messages
from chorus.chat.actions.bootstrap import Bootstrap, bootstrap
from chorus.chat.domain.entries import WrittenPage
from chorus.chat.domain.errors import ChatError
from chorus.chat.domain.sessions import Session
from chorus.chat.http.channels import ReadUpTo
from chorus.chat.http.envelope import Application, Message, Receive, Scope, Send
from chorus.chat.http.gate import who_asks
from chorus.chat.http.given import SERVED, Served
from chorus.chat.http.plain_request import BootstrapRequest, MarkReadRequest, PageRequest, PlainRequest, plain_request
from chorus.chat.http.problems import PROBLEM_TYPE, refused

_JSON = {"content-type": "application/json"}
_encoder = msgspec.json.Encoder()
_read_up_to = msgspec.json.Decoder(ReadUpTo)


class Shortcut:
    """Stands before the API; what it does not answer itself goes on."""

    def __init__(self, api: Application) -> None:
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve an ASGI scope that has what it is served from."""
        asked = None
        if scope["type"] == "http":
            asked = plain_request(scope["method"], scope["path"], scope["query_string"], scope["headers"])
        match asked:
            case BootstrapRequest() | PageRequest():
                await _give(asked, scope, send)
            case MarkReadRequest():
                await self._mark_read(asked, scope, receive, send)
            case None:
                await self._api(scope, receive, send)

    async def _mark_read(self, asked: MarkReadRequest, scope: Scope, receive: Receive, send: Send) -> None:
        served: Served = scope[SERVED]
        if forgery("PUT", asked.told, has_cookies=True, allowed=served.origins) is not None:
            await self._api(scope, receive, send)
            return
        came = await _body(receive)
        read = _read(came)
        if read is None:
            await self._api(scope, _after(came, receive), send)
            return
        try:
            session = await _session(asked, scope)
            await channels.mark_read(
                served.chat, by=session.account, channel=asked.channel, seq=read.seq, back=read.back
            )
        except ChatError as error:
            await _refuse(send, error)
        else:
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})


async def _give(asked: BootstrapRequest | PageRequest, scope: Scope, send: Send) -> None:
    try:
        found = await _found(asked, scope)
    except ChatError as error:
        await _refuse(send, error)
    else:
        await _answer(send, 200, _encoder.encode(found), _JSON)


async def _found(asked: BootstrapRequest | PageRequest, scope: Scope) -> Bootstrap | WrittenPage:
    served: Served = scope[SERVED]
    session = await _session(asked, scope)
    if isinstance(asked, BootstrapRequest):
        return await bootstrap(served.chat, by=session.account)
    return await messages.history(
        served.chat,
        by=session.account,
        channel=asked.channel,
        before=asked.before,
        after=asked.after,
        around=asked.around,
        limit=asked.limit,
    )


async def _session(asked: PlainRequest, scope: Scope) -> Session:
    served: Served = scope[SERVED]
    client = scope.get("client")
    return await who_asks(scope, served.chat, token=asked.token, address=client[0] if client else "")


async def _body(receive: Receive) -> list[Message]:
    """All of it, as it came; the server lets no more come than was said, which is little."""
    came = [await receive()]
    while came[-1].get("more_body", False):
        came.append(await receive())
    return came


def _read(came: Sequence[Message]) -> ReadUpTo | None:
    """What the body says, if it is as it should be."""
    try:
        return _read_up_to.decode(b"".join(message.get("body", b"") for message in came))
    except msgspec.DecodeError:  # the framework says what is wrong with it
        return None


def _after(came: Sequence[Message], receive: Receive) -> Receive:
    """What receives those messages first."""
    again = iter(came)

    async def once_more() -> Message:
        return next(again, None) or await receive()

    return once_more


async def _refuse(send: Send, error: ChatError) -> None:
    problem, fields = refused(error)
    await _answer(send, problem.status, problem.encoded(), {"content-type": PROBLEM_TYPE} | fields)


async def _answer(send: Send, status: int, body: bytes, fields: Mapping[str, str]) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields.items()]
    headers.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
