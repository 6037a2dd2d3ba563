"""What a request must be before it reaches a route: not forged, JSON if it has a body, and from somebody signed in."""

from typing import Any, cast

from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.types import Scope as FrameworkScope

from chorus.chat.access.credentials import ACCESS_COOKIE, REFRESH_COOKIE, bearer, cookie
from chorus.chat.access.origin import SAFE_METHODS, forgery
from chorus.chat.actions import limits, sessions
from chorus.chat.actions.chat import Chat
from chorus.chat.domain.accounts import Account
from chorus.chat.domain.errors import Forbidden, Unauthenticated
from chorus.chat.domain.sessions import Origin, Session
from chorus.chat.http.envelope import LIMIT, Scope
from chorus.chat.http.given import SERVED, GivenChat, Served
from chorus.chat.http.methods import answer_options
from chorus.chat.http.problems import UnsupportedMediaType

ANY_BODY = "*/*"

Connection = ASGIConnection[Any, Any, Any, Any]

LONGEST_AGENT = 300
"""Characters of a User-Agent that are kept."""


async def admitted(request: Request[Any, Any, Any]) -> Response[None] | None:
    """Refuse what is forged, is not JSON or comes too often: all that is asked of a request before its body is read.

    What is left of OPTIONS is answered here; anything else goes on to its route.

    It is called before a request and is no guard of the framework's, which copies the route for each guard: a tenth of
    what a small request costs. And it is asynchronous: one that is not would run in a thread, which costs more than all
    the rest.

    Raises:
        Forbidden, UnsupportedMediaType, TooMany.
    """
    handler = cast("BaseRouteHandler", request.scope["route_handler"])
    own_page_only(request)
    json_only(request, handler)
    await limited(request, handler)
    return answer_options(request) if request.method == "OPTIONS" else None


def own_page_only(connection: Connection) -> None:
    """Refuse requests that another site's page makes with our cookies.

    Raises:
        Forbidden: with what tells that it was another's.
    """
    scope = cast("dict[str, Any]", connection.scope)
    method = str(scope["method"])
    if method in SAFE_METHODS:
        return
    has_cookies = ACCESS_COOKIE in connection.cookies or REFRESH_COOKIE in connection.cookies
    served: Served = scope[SERVED]
    refusal = forgery(method, connection.headers, has_cookies=has_cookies, allowed=served.origins)
    if refusal is not None:
        raise Forbidden(refusal)


def json_only(connection: Connection, handler: BaseRouteHandler) -> None:
    """Refuse a body that does not say it is JSON: a form of another site could be read as one.

    A route with another `body` among its options takes that instead, with ANY_BODY whatever comes; it is refused to
    other sites by its origin alone.

    Raises:
        UnsupportedMediaType: naming what was found.
    """
    headers = connection.headers
    if headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers:
        return
    found = headers.get("content-type", "").partition(";")[0].strip().lower()
    expected = str(handler.opt.get("body", "application/json"))
    if expected not in (ANY_BODY, found):
        raise UnsupportedMediaType(f"content-type: found {found[:100]!r}, expected {expected!r}")


def access_token(connection: Connection) -> str | None:
    """Return the token the request carries: a bearer token wins over the cookie."""
    return bearer(connection.headers) or cookie(connection.cookies, ACCESS_COOKIE)


async def signed_in(request: Request[Any, Any, Any], chat: GivenChat) -> Session:
    """Find out who asks.

    Raises:
        Unauthenticated: no token, or one that is expired, ended or not ours.
        TooMany: the account asks too often; or, without a good token, the address does.
    """
    return await who_asks(cast("Scope", request.scope), chat, token=access_token(request), address=address_of(request))


async def who_asks(scope: Scope, chat: Chat, *, token: str | None, address: str) -> Session:
    """Find out whose token it is, and count the request: for the account, or for the address it comes from.

    Raises:
        Unauthenticated, TooMany: as `signed_in`.
    """
    if token is None:
        raise Unauthenticated("not signed in: neither a bearer token nor a cookie came with the request")
    try:
        session = await sessions.authenticate(chat, access_token=token, address=address)
    except Unauthenticated:
        await _count(scope, chat, address)
        raise
    await _count(scope, chat, session.account)
    return session


async def limited(connection: Connection, handler: BaseRouteHandler) -> None:
    """Count, by their address, requests that `signed_in` does not count.

    Those are requests without a token, and all for routes that do not ask who it is: a token there proves nothing.
    """
    asks_who = "session" in handler.parsed_fn_signature.parameters
    if not asks_who or access_token(connection) is None:
        await _count(cast("Scope", connection.scope), chat_of(connection.scope), address_of(connection))


def chat_of(scope: FrameworkScope) -> Chat:
    """The chat that the request is for; what the framework gives a scope to by its name needs its own word for it."""
    served: Served = cast("Scope", scope)[SERVED]
    return served.chat


def address_of(connection: Connection) -> str:
    """Where the request comes from: what a proxy that is trusted says, or the other end of the connection."""
    return connection.client.host if connection.client else ""


def origin_of(request: Request[Any, Any, Any]) -> Origin:
    """The same, with what the device calls itself."""
    agent = request.headers.get("user-agent", "")[:LONGEST_AGENT]
    return Origin(agent, address_of(request))


async def _count(scope: Scope, chat: Chat, by: Account | str) -> None:
    verdict = await limits.request(chat, by=by)
    if verdict is not None:
        scope[LIMIT] = verdict
        limits.refuse(verdict)
