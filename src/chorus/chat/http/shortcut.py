"""The request that is asked most, a page of history, on its way round the framework.

    api = Shortcut(http_application(version="0.1.0"))

The framework takes a quarter of the processor time of a page: it finds the route, reads the parameters, resolves what
the handler asks for, and wraps the answer, for each request anew. A page that is asked for in its plainest form goes
the short way: the same questions of who asks and how often, the same action, the same JSON. Whatever is written
otherwise, right or wrong, goes to the framework as before; so one place says what is wrong with a request.
"""

from collections.abc import Mapping

import msgspec

from chorus.chat.actions import messages
from chorus.chat.domain.errors import ChatError
from chorus.chat.http.envelope import Application, Receive, Scope, Send
from chorus.chat.http.gate import who_asks
from chorus.chat.http.given import SERVED, Served
from chorus.chat.http.page_request import PageRequest, page_request
from chorus.chat.http.problems import PROBLEM_TYPE, refused

_JSON = "application/json"
_encoder = msgspec.json.Encoder()


class Shortcut:
    """Stands before the API; what it does not answer itself goes on."""

    def __init__(self, api: Application) -> None:
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve an ASGI scope that has what it is served from."""
        page = None
        if scope["type"] == "http":
            page = page_request(scope["method"], scope["path"], scope["query_string"], scope["headers"])
        if page is None:
            await self._api(scope, receive, send)
            return
        try:
            body = await _page(page, scope)
        except ChatError as error:
            problem, fields = refused(error)
            await _answer(send, problem.status, problem.encoded(), {"content-type": PROBLEM_TYPE} | fields)
        else:
            await _answer(send, 200, body, {"content-type": _JSON})


async def _page(page: PageRequest, scope: Scope) -> bytes:
    served: Served = scope[SERVED]
    chat, client = served.chat, scope.get("client")
    session = await who_asks(scope, chat, token=page.token, address=client[0] if client else "")
    found = await messages.history(
        chat,
        by=session.account,
        channel=page.channel,
        before=page.before,
        after=page.after,
        around=page.around,
        limit=page.limit,
    )
    return _encoder.encode(found)


async def _answer(send: Send, status: int, body: bytes, fields: Mapping[str, str]) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields.items()]
    headers.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
