"""The requests that are asked most, each in its plainest form, read from what ASGI gives.

    plain_request("GET", "/api/v1/channels/7/messages", b"limit=50", [(b"authorization", b"Bearer ey…")])
    # PageRequest(channel=7, token="ey…", before=None, after=None, around=None, limit=50)

Only what can be meant in one way is read. None for everything else, right or wrong: the framework reads that, and says
what is wrong with it.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from chorus.chat.access.credentials import ACCESS_COOKIE, LONGEST_TOKEN
from chorus.chat.access.paths import API
from chorus.chat.domain.entries import DEFAULT_PAGE, LARGEST_PAGE, LARGEST_SEQ

_BOOTSTRAP = f"{API}/bootstrap"
_OF_A_CHANNEL = re.compile(API + r"/channels/([1-9][0-9]{0,15})/(messages|read)")
_FIELD = re.compile(rb"(before|after|around|limit)=(0|[1-9][0-9]{0,15})")
_BEARER = re.compile(rb"[Bb]earer ([A-Za-z0-9._~+/=-]+)")
_COOKIE = re.compile(rb"(?:^|; )" + ACCESS_COOKIE.encode() + rb"=([A-Za-z0-9._-]+)(?=;|$)")
_LENGTH = re.compile(rb"[1-9][0-9]{0,2}")

_NO_BODY = (None, b"0")
_READ = frozenset(
    {
        b"authorization",
        b"cookie",
        b"content-length",
        b"content-type",
        b"transfer-encoding",
        b"host",
        b"origin",
        b"sec-fetch-site",
    }
)
"""Names of the header fields that a request is judged by."""


class BootstrapRequest(msgspec.Struct, frozen=True):
    """What a client begins with is asked for, and the token that it is asked with."""

    token: str


class PageRequest(msgspec.Struct, frozen=True):
    """A page of history is asked for: of which channel, within which bounds, and the token that it is asked with."""

    channel: int
    token: str
    before: int | None = None
    after: int | None = None
    around: int | None = None
    limit: int = DEFAULT_PAGE


class MarkReadRequest(msgspec.Struct, frozen=True):
    """A channel is to be marked as read, as far as a body says that is still to come: JSON, below 1,000 bytes."""

    channel: int
    token: str
    told: Mapping[str, str]
    """The header fields that it is judged by, names in lower case: among them those that say where it was made."""


PlainRequest = BootstrapRequest | PageRequest | MarkReadRequest


def plain_request(method: str, path: str, query: bytes, headers: Iterable[tuple[bytes, bytes]]) -> PlainRequest | None:
    """Read it, if it is one; names of headers in lower case."""
    of_channel = _OF_A_CHANNEL.fullmatch(path)
    if of_channel is None and path != _BOOTSTRAP:
        return None
    given = _given(headers)
    token = None if given is None else _token(given)
    if given is None or token is None:
        return None
    if of_channel is None:
        return BootstrapRequest(token) if method == "GET" and not query and _has_no_body(given) else None
    channel = int(of_channel[1])
    if channel > LARGEST_SEQ:
        return None
    match method, of_channel[2]:
        case "GET", "messages" if _has_no_body(given):
            fields = _fields(query)
            return None if fields is None else PageRequest(channel, token, **fields)
        case "PUT", "read" if not query and _has_small_json(given):
            told = {name.decode("ascii"): value.decode("latin-1") for name, value in given.items()}
            return MarkReadRequest(channel, token, told)
        case _:
            return None


def _given(headers: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes] | None:
    """The fields that matter; None when one comes twice."""
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        if name in _READ:
            if name in found:
                return None
            found[name] = value
    return found


def _token(given: Mapping[bytes, bytes]) -> str | None:
    """The one token; None when there is another number of them."""
    authorization = given.get(b"authorization")
    if authorization is not None:
        bearer = _BEARER.fullmatch(authorization)
        tokens = [bearer[1]] if bearer is not None else []
    else:
        cookies = given.get(b"cookie", b"")
        tokens = _COOKIE.findall(cookies) if cookies.count(ACCESS_COOKIE.encode()) == 1 and b'"' not in cookies else []
    return tokens[0].decode("ascii") if len(tokens) == 1 and len(tokens[0]) <= LONGEST_TOKEN else None


def _has_no_body(given: Mapping[bytes, bytes]) -> bool:
    return given.get(b"content-length") in _NO_BODY and b"transfer-encoding" not in given


def _has_small_json(given: Mapping[bytes, bytes]) -> bool:
    return (
        given.get(b"content-type") == b"application/json"
        and b"transfer-encoding" not in given
        and _LENGTH.fullmatch(given.get(b"content-length", b"")) is not None
    )


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
