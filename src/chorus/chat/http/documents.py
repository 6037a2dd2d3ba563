"""Documents that describe something else than this API, served beside it."""

from collections.abc import Callable
from typing import Any

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler


def document_route(path: str, write: Callable[[], dict[str, Any]]) -> HTTPRouteHandler:
    """Make the route that serves a JSON document, which is written when it is first asked for."""
    written: list[bytes] = []

    @get(path, include_in_schema=False, sync_to_thread=True)
    def serve() -> Response[bytes]:
        if not written:
            written.append(msgspec.json.encode(write()))
        return Response(written[0], media_type="application/json")

    return serve
