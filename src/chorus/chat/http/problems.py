"""Errors as documents (RFC 9457, `application/problem+json`), whoever noticed them: an action, the framework, nobody.

    {"type": "urn:chorus:problem:conflict", "title": "Already there", "status": 409, "code": "conflict",
     "detail": "the handle 'ada' is taken"}

`code` is one of the stable words in `CODES`; `detail` is for people. A client decides by `code` or status alone.
"""

import logging
import math
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from chorus.chat.domain.errors import ChatError, TooMany
from chorus.chat.http.methods import listed

logger = logging.getLogger(__name__)

PROBLEM_TYPE = "application/problem+json"

CODES: dict[str, tuple[int, str]] = {
    "invalid": (400, "Not a valid request"),
    "unauthenticated": (401, "Not signed in"),
    "forbidden": (403, "Not allowed"),
    "not_found": (404, "Not found"),
    "method_not_allowed": (405, "This method does not exist here"),
    "conflict": (409, "Already there"),
    "too_large": (413, "Too large"),
    "unsupported_media_type": (415, "Another media type is expected"),
    "rate_limited": (429, "Too many requests"),
    "internal": (500, "An error of ours"),
    "unavailable": (503, "Not available at the moment"),
}
"""Each code with its HTTP status and its title."""

_BY_STATUS = {status: code for code, (status, _) in CODES.items()}

_FIELDS_OF_ANSWER: dict[str, dict[str, str]] = {
    "unauthenticated": {"www-authenticate": "Bearer"},
    "unavailable": {"retry-after": "1"},
}
"""Header fields that go with a code; seconds."""


class ClientGone(Exception):
    """The client hung up in the middle of its request; nobody is left to answer."""


class UnsupportedMediaType(ChatError):
    """The body is something else than JSON."""

    code = "unsupported_media_type"


class Problem(msgspec.Struct, frozen=True):
    """A refused or failed request."""

    type: str
    """A URN that names the code."""

    title: str
    """The same for every problem of this code."""

    status: int
    code: str
    detail: str
    """What was wrong with this request."""

    def encoded(self) -> bytes:
        """Return the document."""
        return msgspec.json.encode(self)


def problem(code: str, detail: str) -> Problem:
    """Make the document for one of `CODES`."""
    status, title = CODES[code]
    return Problem(f"urn:chorus:problem:{code}", title, status, code, detail)


def answer_chat_error(_: Request[Any, Any, Any], error: ChatError) -> Response[Problem]:
    """Answer what an action refused."""
    return _respond(*refused(error))


def refused(error: ChatError) -> tuple[Problem, dict[str, str]]:
    """The document for what an action refused, and the header fields that go with it; what is our trouble is logged."""
    if error.code == "unavailable":
        logger.warning("%s: %s", type(error).__name__, error)
    fields = {"retry-after": str(math.ceil(error.retry_after))} if isinstance(error, TooMany) else {}
    return problem(error.code, error.detail), _fields_with(error.code) | fields


def answer_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Problem]:
    """Answer what the framework refused: no such path or method, a body that is not JSON or too large, a wrong field.

    Raises:
        HTTPException: it is not the client's fault.
    """
    if error.status_code >= 500:
        raise error
    code = _BY_STATUS.get(error.status_code, "invalid")
    fields = _fields_with(code) | dict(error.headers or {})
    if "allow" in fields:
        fields["allow"] = listed(fields["allow"].split(", "))
    return _respond(problem(code, _sentence(request, error)), fields)


def pass_on(_: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    """Leave what nobody expected to the envelope, which logs it with the request's id and answers.

    Raises:
        Exception: always, the one given.
    """
    raise error


def _sentence(request: Request[Any, Any, Any], error: HTTPException) -> str:
    if isinstance(error, ValidationException) and isinstance(error.extra, list):
        return "; ".join(_wrong_field(wrong) for wrong in error.extra[:10]) or error.detail
    if error.status_code == 404:
        return f"there is nothing at {request.scope['path'][:200]!r}"
    if error.status_code == 405:
        return f"{request.scope['path'][:200]!r} does not take {request.method[:20]}"
    if error.status_code == 413:
        return f"the body is above {request.app.request_max_body_size} bytes"
    return error.detail


def _wrong_field(wrong: Any) -> str:
    key, message = str(wrong.get("key", "")), str(wrong.get("message", ""))
    if key == "data":
        return "the body is missing" if message == "'data'" else f"body: {message}"
    return f"{key}: {message}"


def _fields_with(code: str) -> dict[str, str]:
    return _FIELDS_OF_ANSWER.get(code, {})


def _respond(found: Problem, fields: dict[str, str]) -> Response[Problem]:
    return Response(found, status_code=found.status, media_type=PROBLEM_TYPE, headers=fields)
