"""Which methods there are at a path, as `Allow` says it (RFC 9110, section 10.2.1).

    Allow: GET, HEAD, OPTIONS, POST

The framework forgets some. It knows nothing of HEAD, which the envelope answers wherever there is a GET; and to OPTIONS
it names the methods of the first of a path's routes alone.
"""

from collections.abc import Iterable
from typing import Any, cast

from litestar import Request, Response


def answer_options(request: Request[Any, Any, Any]) -> Response[None]:
    """Answer OPTIONS, which is counted as any request is."""
    path = cast("dict[str, Any]", request.scope)["path_template"]
    methods = {str(method) for route in request.app.routes if route.path_format == path for method in route.methods}
    return Response(None, status_code=204, headers={"allow": listed(methods)})


def listed(methods: Iterable[str]) -> str:
    """Name the methods, and HEAD beside GET."""
    known = set(methods)
    return ", ".join(sorted(known | {"HEAD"} if "GET" in known else known))
