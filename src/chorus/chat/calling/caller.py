"""One POST to a program of others.

    caller = Caller(networks=networks_of(["10.0.0.0/8"]))
    answer = await caller.post(url, headers, body, within=10.0)

It is small on purpose, on the parser that reads our own requests. It has to look at an address before it connects to
it, to follow no redirect, to read no more than a bound, and to be done in time whatever the other side does; and a
client library would be in the memory of every worker.
"""

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from functools import cache
from ipaddress import IPv4Network, IPv6Network
from typing import Any, cast

import httptools
import msgspec

from chorus.chat.calling.addresses import Target, may_call, target_of
from chorus.chat.calling.resolver import Resolver, TooManyNames
from chorus.chat.domain.errors import Invalid

LARGEST_ANSWER = 64 * 1024
"""Bytes of a body that are read."""

MOST_CALLS = 64
"""At a time."""

_LARGEST_HEAD = 32 * 1024
_READ = 16 * 1024


class CallFailed(Exception):
    """There was no answer that counts; the text says why, for people, in at most 200 characters."""

    def __init__(self, why: str) -> None:
        super().__init__(why[:200])


class Answer(msgspec.Struct, frozen=True):
    """What the other side said."""

    status: int
    body: bytes


class Caller:
    """Calls where it may."""

    def __init__(self, networks: Sequence[IPv4Network | IPv6Network] = (), *, resolver: Resolver | None = None) -> None:
        """Take the networks that may be called besides the public internet, and what looks hosts up."""
        self._networks = networks
        self._resolver = resolver or Resolver()
        self._calls = 0

    def close(self) -> None:
        """Look no more hosts up."""
        self._resolver.close()

    async def post(
        self, url: str, headers: Mapping[str, str], body: bytes, *, within: float, leaving: int = 0
    ) -> Answer:
        """Post, and read the answer, whatever its status; so many of the places for calls are left to others.

        Raises:
            CallFailed: not there, not allowed, no answer in time (`within` seconds, in all), none of HTTP; or too many
                calls are under way.
        """
        if self._calls >= MOST_CALLS - leaving:
            raise CallFailed("too many calls at a time")
        self._calls += 1
        try:
            target = target_of(url)
            async with asyncio.timeout(within):
                return await self._post(target, headers, body, within)
        except TooManyNames as error:
            raise CallFailed("too many calls at a time: names are looked up slowly") from error
        except Invalid as error:
            raise CallFailed(error.detail) from error
        except TimeoutError as error:
            raise CallFailed(f"no answer within {within:g} s") from error
        except ssl.SSLError as error:
            raise CallFailed(f"TLS: {error.reason or error}") from error
        except (OSError, UnicodeError) as error:  # UnicodeError: a host's name that is none
            raise CallFailed(
                f"{target_of(url).host}: {error.strerror if isinstance(error, OSError) else error}"
            ) from error
        finally:
            self._calls -= 1

    async def _post(self, target: Target, headers: Mapping[str, str], body: bytes, within: float) -> Answer:
        deadline = asyncio.get_running_loop().time() + within
        addresses = await self._addresses(target)
        context = await asyncio.to_thread(_tls) if target.secure else None
        reader, writer = await _connect(addresses, target, context, deadline)
        try:
            writer.write(_request(target, headers, body))
            await writer.drain()
            return await _read(reader)
        finally:
            writer.transport.abort()

    async def _addresses(self, target: Target) -> Sequence[str]:
        """Those of its host at which it may be called, one at least."""
        found = await self._resolver.addresses(target.host, target.port)
        allowed = [address for address in found if may_call(address, target, self._networks)]
        if allowed:
            return allowed
        how = "by https" if target.secure else "by http, which leads to listed networks only"
        raise CallFailed(f"{target.host} may not be called {how}; CHORUS_CALLABLE_NETWORKS lists what else may be")


async def _connect(
    addresses: Sequence[str], target: Target, context: ssl.SSLContext | None, deadline: float
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to the first of the addresses that takes it; each but the last has half of the time that is left."""
    loop = asyncio.get_running_loop()
    name = target.host if context else None
    for address in addresses[:-1]:
        try:
            async with asyncio.timeout((deadline - loop.time()) / 2):
                return await asyncio.open_connection(address, target.port, ssl=context, server_hostname=name)
        except OSError:  # a TimeoutError, too: what the last one says is told
            continue
    return await asyncio.open_connection(addresses[-1], target.port, ssl=context, server_hostname=name)


class _Response:
    """What httptools calls as it reads."""

    def __init__(self) -> None:
        self.body = bytearray()
        self.complete = False

    def on_body(self, body: bytes) -> None:
        self.body += body
        if len(self.body) > LARGEST_ANSWER:
            raise CallFailed(f"an answer of more than {LARGEST_ANSWER} bytes")

    def on_message_complete(self) -> None:
        self.complete = True


async def _read(reader: asyncio.StreamReader) -> Answer:
    response = _Response()
    parser: Any = cast("Any", httptools).HttpResponseParser(response)
    taken = 0
    try:
        while not response.complete:
            data = await reader.read(_READ)
            if not data:
                break
            taken += len(data)
            if taken > LARGEST_ANSWER + _LARGEST_HEAD:
                raise CallFailed(f"an answer of more than {LARGEST_ANSWER} bytes")
            parser.feed_data(data)
        status = int(parser.get_status_code())
    except httptools.HttpParserUpgrade as error:
        raise CallFailed("answered 101, which goes over to another protocol") from error
    except httptools.HttpParserError as error:
        if isinstance(error.__context__, CallFailed):
            raise error.__context__ from None
        raise CallFailed("the answer is not HTTP") from error
    if not status:
        raise CallFailed("the connection was closed without an answer")
    return Answer(status, bytes(response.body))


def _request(target: Target, headers: Mapping[str, str], body: bytes) -> bytes:
    fields = {
        "host": target.authority,
        "user-agent": "Chorus",
        "accept": "application/json",
        "connection": "close",
        "content-type": "application/json",
        "content-length": str(len(body)),
        **headers,
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"POST {target.path} HTTP/1.1\r\n{head}\r\n".encode() + body


@cache
def _tls() -> ssl.SSLContext:
    """This machine's certificates, read when the first one is needed."""
    return ssl.create_default_context()
