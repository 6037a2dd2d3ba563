"""A request for a page of history in its plainest form, read from what ASGI gives.

    page_request("GET", "/api/v1/channels/7/messages", b"limit=50", [(b"authorization", b"Bearer ey…")])
    # PageRequest(channel=7, token="ey…", before=None, after=None, around=None, limit=50)

Only what can be meant in one way is read. None for everything else, right or wrong: the framework reads that, and says
what is wrong with it.
"""

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from chorus.chat.access.credentials import ACCESS_COOKIE, LONGEST_TOKEN
from chorus.chat.domain.entries import DEFAULT_PAGE, LARGEST_PAGE, LARGEST_SEQ

_PATH = re.compile(r"/api/v1/channels/([1-9][0-9]{0,15})/messages")
_FIELD = re.compile(rb"(before|after|around|limit)=(0|[1-9][0-9]{0,15})")
_BEARER = re.compile(rb"[Bb]earer ([A-Za-z0-9._~+/=-]+)")
_COOKIE = re.compile(rb"(?:^|; )" + ACCESS_COOKIE.encode() + rb"=([A-Za-z0-9._-]+)(?=;|$)")

_AUTHORIZATION, _COOKIES = b"authorization", b"cookie"
_OF_A_BODY, _NO_BODY = (b"content-length", b"transfer-encoding"), b"0"


class PageRequest(msgspec.Struct, frozen=True):
    """What is asked for, within its bounds, and the token that it is asked with."""

    channel: int
    token: str
    before: int | None = None
    after: int | None = None
    around: int | None = None
    limit: int = DEFAULT_PAGE


def page_request(method: str, path: str, query: bytes, headers: Iterable[tuple[bytes, bytes]]) -> PageRequest | None:
    """Read it, if it is one; names of headers in lower case."""
    asked = _PATH.fullmatch(path)
    if asked is None or method != "GET":
        return None
    channel, token, fields = int(asked[1]), _token(headers), _fields(query)
    if token is None or fields is None or channel > LARGEST_SEQ:
        return None
    return PageRequest(channel, token, **fields)


def _token(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The one token; None when there is another number of them, or a body."""
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        if name in _OF_A_BODY and value != _NO_BODY:
            return None
        if name in (_AUTHORIZATION, _COOKIES):
            if name in found:
                return None
            found[name] = value
    if _AUTHORIZATION in found:
        bearer = _BEARER.fullmatch(found[_AUTHORIZATION])
        tokens = [bearer[1]] if bearer is not None else []
    else:
        cookies = found.get(_COOKIES, b"")
        tokens = _COOKIE.findall(cookies) if cookies.count(ACCESS_COOKIE.encode()) == 1 and b'"' not in cookies else []
    return tokens[0].decode("ascii") if len(tokens) == 1 and len(tokens[0]) <= LONGEST_TOKEN else None


def _fields(query: bytes) -> dict[str, Any] | None:
    """Cursor and limit; None when there is anything else, or one twice, or out of its bounds."""
    fields: dict[str, Any] = {}
    for part in query.split(b"&") if query else ():
        field = _FIELD.fullmatch(part)
        if field is None:
            return None
        name, value = field[1].decode("ascii"), int(field[2])
        if name in fields or not (1 <= value <= LARGEST_PAGE if name == "limit" else value <= LARGEST_SEQ):
            return None
        fields[name] = value
    return fields
