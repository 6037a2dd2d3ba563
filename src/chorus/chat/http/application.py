"""The HTTP API as an ASGI application: every route thin, parse → action → struct.

    api = http_application(version="0.1.0", besides=(HEALTH_ROUTES,))
    scope[SERVED] = Served(chat, origins=frozenset())
    await api(scope, receive, send)

Its OpenAPI 3.1 document is at /api/v1/openapi.json, made from the same structs. To make it takes the framework a third
of a second, so there is one in a process: which chat it serves comes with the request.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from litestar import Litestar, Router
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, Reference, SecurityScheme
from litestar.types import ControllerRouterHandler

from chorus.chat.access.credentials import ACCESS_COOKIE, REFRESH_COOKIE
from chorus.chat.access.paths import API
from chorus.chat.domain.errors import ChatError
from chorus.chat.http import (
    accounts,
    audit,
    bots,
    channels,
    commands,
    emoji,
    exports,
    files,
    incoming,
    invites,
    members,
    messages,
    notes,
    outgoing,
    retention,
    search,
    server,
    sessions,
)
from chorus.chat.http.gate import admitted, chat_of, origin_of, signed_in
from chorus.chat.http.json_request import JsonRequest
from chorus.chat.http.openapi import Complete
from chorus.chat.http.problems import answer_chat_error, answer_http_error, pass_on

RESOURCES = (
    server,
    sessions,
    accounts,
    invites,
    channels,
    members,
    messages,
    search,
    emoji,
    files,
    notes,
    bots,
    incoming,
    outgoing,
    commands,
    audit,
    retention,
    exports,
)
"""The modules whose `ROUTES` make up the API."""

LARGEST_BODY = 256 * 1024
"""Bytes of a request: the longest text, every character escaped, and room for the rest."""


@cache
def http_application(*, version: str, besides: Sequence[ControllerRouterHandler] = ()) -> Litestar:
    """Make the application, or give the one that is made.

    Args:
        version: of Chorus, for the document.
        besides: routes outside the API, such as health; a tuple.
    """
    api = Router(
        API,
        route_handlers=[route for each in RESOURCES for route in each.ROUTES],
        before_request=admitted,
        dependencies={
            "chat": Provide(chat_of, sync_to_thread=False),
            "session": Provide(signed_in),
            "origin": Provide(origin_of, sync_to_thread=False),
        },
    )
    handlers: dict[Any, Any] = {
        ChatError: answer_chat_error,
        HTTPException: answer_http_error,
        Exception: pass_on,
    }
    return Litestar(
        [api, *besides],
        exception_handlers=handlers,
        logging_config=None,
        openapi_config=_document(version),
        request_class=JsonRequest,
        request_max_body_size=LARGEST_BODY,
    )


def _document(version: str) -> OpenAPIConfig:
    schemes: dict[str, SecurityScheme | Reference] = {
        "bearer": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT", description="For programs"),
        "cookie": SecurityScheme(
            type="apiKey",
            security_scheme_in="cookie",
            name=ACCESS_COOKIE,
            description="For the page; methods that change something also need its Origin",
        ),
        "refresh": SecurityScheme(type="apiKey", security_scheme_in="cookie", name=REFRESH_COOKIE),
    }
    return OpenAPIConfig(
        title="Chorus",
        version=version,
        path=f"{API}/openapi.json",
        render_plugins=[Complete()],
        components=Components(security_schemes=schemes),
        use_handler_docstrings=True,
    )
