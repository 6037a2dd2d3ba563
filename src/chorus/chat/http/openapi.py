"""The OpenAPI 3.1 document: what the framework knows of the routes, made complete.

    OpenAPIConfig(…, render_plugins=[Complete()])        # at /api/v1/openapi.json
    document(application)                                # the same, as a dict

The framework writes paths, parameters and the codes that each route names. Added here is what holds for all of them:
the structs' schemas as msgspec enforces them, with the text of each field (the same as in the AsyncAPI document); the
header fields that answers carry; and that any request may meet an error of ours.
"""

from collections.abc import Iterator
from typing import Annotated, Any, get_args, get_origin

import msgspec
from litestar import Litestar, Request
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.routes import HTTPRoute

from chorus.chat.http.gate import ANY_BODY
from chorus.chat.http.problems import CODES, PROBLEM_TYPE, Problem
from chorus.chat.schemas import Schemas, schemas_of

_TEXT, _NUMBER = {"type": "string"}, {"type": "integer", "minimum": 0}

HEADERS: dict[str, tuple[dict[str, Any], str]] = {
    "X-Request-Id": (_TEXT, "The request's name in the log: the asker's own, or one made up."),
    "X-Chorus-Instance": (_TEXT, "The instance that answered."),
    "X-RateLimit-Limit": (_NUMBER, "How many requests there may be at once."),
    "X-RateLimit-Remaining": (_NUMBER, "How many of them are left."),
    "X-RateLimit-Reset": (_NUMBER, "Seconds until all of them are there again."),
    "Retry-After": (_NUMBER, "Seconds after which the same request may be answered."),
    "WWW-Authenticate": (_TEXT, "How to say who one is: Bearer."),
}
"""Header fields of answers: schema and what they say."""

_ALWAYS = ("X-Request-Id", "X-Chorus-Instance")
_WHEN_COUNTED = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
_OF_STATUS = {"401": ("WWW-Authenticate",), "429": ("Retry-After",), "503": ("Retry-After",)}

_BINARY = {"type": "string", "contentMediaType": "application/octet-stream"}
_PAYLOAD = {"type": "object", "properties": {"text": {"type": "string"}}}
_FORM_OF_IT = {"type": "object", "properties": {"payload": {"type": "string"}}, "required": ["payload"]}

_BODIES: dict[str, dict[str, Any]] = {
    "multipart/form-data": {
        "multipart/form-data": {
            "schema": {"type": "object", "properties": {"file": _BINARY}, "required": ["file"]},
        }
    },
    ANY_BODY: {
        "application/json": {"schema": _PAYLOAD},
        "application/x-www-form-urlencoded": {"schema": _FORM_OF_IT},
    },
}
"""What the routes take that read their bodies themselves, by their option `body`."""


class Complete(JsonRenderPlugin):
    """Serves the document."""

    def __init__(self) -> None:
        super().__init__()
        self._written = b""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """Write it the first time, which takes longer than a request should."""
        self._written = self._written or msgspec.json.encode(complete(openapi_schema, request.app))
        return self._written


def document(application: Litestar) -> dict[str, Any]:
    """Return the document of the application."""
    return complete(application.openapi_schema.to_schema(), application)


def complete(written: dict[str, Any], application: Litestar) -> dict[str, Any]:
    """Add to what the framework wrote."""
    handlers = {each.operation_id: each for each in _handlers(application)}
    components = written["components"]
    components["schemas"] |= _schemas(handlers.values()).components
    components["headers"] = {
        name: {"description": about, "schema": schema} for name, (schema, about) in HEADERS.items()
    }
    for path in written["paths"].values():
        for operation in path.values():
            handler = handlers.get(operation["operationId"])
            if handler is not None:
                _describe(operation, handler)
    return written


def _handlers(application: Litestar) -> Iterator[HTTPRouteHandler]:
    for route in application.routes:
        if isinstance(route, HTTPRoute):
            yield from (each for each in route.route_handlers if isinstance(each.operation_id, str))


def _schemas(handlers: Any) -> Schemas:
    types: list[Any] = [Problem]
    for handler in handlers:
        signature = handler.parsed_fn_signature
        given = [signature.parameters["data"].raw] if "data" in signature.parameters else []
        types += [kind for each in (signature.return_type.raw, *given) for kind in _structs(each)]
    return schemas_of(types)


def _structs(annotation: Any) -> Iterator[type[msgspec.Struct]]:
    """The structs in an annotation, however they are wrapped: `Response[Entry]`, `Sequence[Account]`, a body."""
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        yield annotation
    for part in get_args(annotation):
        yield from _structs(part)


def _describe(operation: dict[str, Any], handler: HTTPRouteHandler) -> None:
    for parameter in operation.get("parameters", ()):
        declared = handler.parsed_fn_signature.parameters.get(parameter["name"])
        if declared is not None and parameter["in"] == "path":
            parameter["schema"] = msgspec.json.schema(_plain(declared.raw))
    if "body" in handler.opt:
        operation["requestBody"] = {"required": True, "content": _BODIES[handler.opt["body"]]}
    operation["responses"].setdefault("500", {"description": f"{CODES['internal'][1]} (`internal`)", "content": {}})
    for status, response in operation["responses"].items():
        if status == "204":
            response.pop("content", None)
        elif status in ("400", "500"):  # a route that answers in Slack's words is not reached by a wrong parameter
            response["content"].setdefault(PROBLEM_TYPE, {"schema": {"$ref": "#/components/schemas/Problem"}})
        names = (*_ALWAYS, *_WHEN_COUNTED, *_OF_STATUS.get(status, ()))
        response["headers"] = response.get("headers", {}) | {
            name: {"$ref": f"#/components/headers/{name}"} for name in names
        }


def _plain(annotation: Any) -> Any:
    """The annotation without what the framework added to it."""
    if get_origin(annotation) is not Annotated:
        return annotation
    kind, *metadata = get_args(annotation)
    for each in metadata:
        if isinstance(each, msgspec.Meta):
            kind = Annotated[kind, each]
    return kind
