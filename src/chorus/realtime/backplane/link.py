"""One connection to Redis: asyncio's Protocol below, hiredis for what comes back.

    link = await open_link(settings.address(), settings, on_reply=print)    # signed in, database chosen
    link.send(command(b"SUBSCRIBE", b"news"))
    await link.lost                                                         # why it ended

What Redis answers comes to `on_reply` in order, errors as hiredis.ReplyError. RESP2 is spoken: its published messages
are lists that begin with b"message". https://valkey.io/topics/protocol/
"""

import asyncio
import socket
import ssl
from collections.abc import Callable
from functools import cache
from typing import cast

import hiredis

from chorus.realtime.backplane.contract import BackplaneRefused, BackplaneUnavailable
from chorus.realtime.backplane.redirection import is_for_now
from chorus.realtime.backplane.settings import RedisAddress, RedisSettings

Reply = object
"""int, bytes, None, list of these, or hiredis.ReplyError."""

_WRITE_BUFFER = 262_144
"""Bytes unsent above which nothing more is written."""


def command(*words: bytes) -> bytes:
    """One command as it goes over the wire."""
    return b"*%d\r\n%b" % (len(words), b"".join([b"$%d\r\n%b\r\n" % (len(word), word) for word in words]))


async def open_link(address: RedisAddress, settings: RedisSettings, on_reply: Callable[[Reply], None]) -> "Link":
    """Connect and sign in, within `connect_timeout`.

    Raises:
        BackplaneUnavailable: nobody answers there, or we are refused; the text names the place and the setting.
    """
    link = await _open(address, settings)
    link.on_reply = on_reply
    return link


async def ask_once(address: RedisAddress, settings: RedisSettings, *commands: tuple[bytes, ...]) -> list[Reply]:
    """Connect, sign in, ask, and disconnect: the answers in the order of the commands.

    Raises:
        BackplaneUnavailable: nobody answers there, or we are refused; or not in time.
    """
    link = await _open(address, settings)
    try:
        async with asyncio.timeout(settings.command_timeout):
            return [await link.ask(*words) for words in commands]
    except OSError as error:  # TimeoutError is one
        raise BackplaneUnavailable(_complaint(address, settings, error)) from error
    finally:
        link.abort()


async def _open(address: RedisAddress, settings: RedisSettings) -> "Link":
    link: Link | None = None
    try:
        async with asyncio.timeout(settings.connect_timeout):
            link = await _connect(address, settings)
            await _sign_in(link, address)
    except (OSError, _Refused) as error:  # TimeoutError is an OSError
        if link is not None:
            link.abort()
        refused = isinstance(error, _Refused) and error.setting
        raise (BackplaneRefused if refused else BackplaneUnavailable)(_complaint(address, settings, error)) from error
    except BaseException:  # cancelled, too: nobody else has the connection
        if link is not None:
            link.abort()
        raise
    return link


class Link(asyncio.Protocol):
    """A connection. `lost` is done when it ended; its result is the reason."""

    def __init__(self) -> None:
        self.lost: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()
        self.on_reply: Callable[[Reply], None] | None = None
        self.on_writable: Callable[[], None] | None = None
        self._early: asyncio.Queue[Reply] = asyncio.Queue()
        self._reader = hiredis.Reader()
        self._transport: asyncio.Transport | None = None
        self._paused = False

    @property
    def writable(self) -> bool:
        """Whether it stands and the network takes what is sent."""
        return self._transport is not None and not self._paused and not self.lost.done()

    def send(self, commands: bytes) -> None:
        """Send bytes made by `command`; after the loss: nothing happens."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(commands)

    async def ask(self, *words: bytes) -> Reply:
        """Send a command and wait for its answer. Only before `on_reply` is set.

        Raises:
            ConnectionError: the connection ended instead.
        """
        self.send(command(*words))
        answer = asyncio.ensure_future(self._early.get())
        try:
            await asyncio.wait((answer, self.lost), return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                raise ConnectionError(f"the connection was closed: {self.lost.result() or 'by the server'}")
            return answer.result()
        finally:
            answer.cancel()

    def close(self) -> None:
        """End it when what was sent is written."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """End it now."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:  # noqa: D102 - asyncio.Protocol
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are not of that class
        self._transport.set_write_buffer_limits(high=_WRITE_BUFFER)

    def data_received(self, data: bytes) -> None:  # noqa: D102 - asyncio.Protocol
        self._reader.feed(data)
        try:
            while (reply := self._reader.gets()) is not False:
                if self.on_reply is None:
                    self._early.put_nowait(reply)
                else:
                    self.on_reply(reply)
        except hiredis.ProtocolError as error:
            self._end(error)
            self.abort()

    def eof_received(self) -> None:  # noqa: D102 - asyncio.Protocol
        self._end(None)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: D102 - asyncio.Protocol
        self._end(exc)

    def pause_writing(self) -> None:  # noqa: D102 - asyncio.Protocol
        self._paused = True

    def resume_writing(self) -> None:  # noqa: D102 - asyncio.Protocol
        self._paused = False
        if self.on_writable is not None:
            self.on_writable()

    def _end(self, reason: Exception | None) -> None:
        if not self.lost.done():
            self.lost.set_result(reason)


class _Refused(Exception):
    """Redis answers, but not to us; `setting` is where to look."""

    def __init__(self, answer: object, setting: str) -> None:
        super().__init__(str(answer))
        self.setting = setting


async def _connect(address: RedisAddress, settings: RedisSettings) -> Link:
    loop = asyncio.get_running_loop()
    if address.path is not None:
        _, link = await loop.create_unix_connection(Link, address.path)
        return link
    tls = _trusting_the_systems() if address.tls else None
    transport, link = await loop.create_connection(Link, address.host, address.port, ssl=tls)
    wire = transport.get_extra_info("socket")
    wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, max(1, round(settings.keep_alive)))
    return link


@cache
def _trusting_the_systems() -> ssl.SSLContext:
    """What verifies servers by the authorities that the system, or SSL_CERT_FILE, names. Reading them takes a while."""
    return ssl.create_default_context()


async def _sign_in(link: Link, address: RedisAddress) -> None:
    """Say who we are, choose the database, and see that commands are answered: one that loads its data refuses them."""
    if address.password:
        name = (address.username.encode(),) if address.username else ()
        await _expect(link, b"AUTH", *name, address.password.encode(), setting="REDIS_PASSWORD")
    if address.database:
        await _expect(link, b"SELECT", b"%d" % address.database, setting="REDIS_DB")
    await _expect(link, b"PING", setting="REDIS_PASSWORD")


async def _expect(link: Link, *words: bytes, setting: str) -> None:
    answer = await link.ask(*words)
    if isinstance(answer, hiredis.ReplyError):
        raise _Refused(answer, "" if is_for_now(str(answer)) else setting)


def _complaint(address: RedisAddress, settings: RedisSettings, error: Exception) -> str:
    if isinstance(error, _Refused):
        look = f" (see {error.setting})" if error.setting else ""
        return f"Redis at {address.place} refuses: {error}{look}"
    if isinstance(error, TimeoutError):
        return (
            f"Redis at {address.place} did not answer within {settings.connect_timeout:g} s "
            f"(see {address.setting}, REDIS_CONNECT_TIMEOUT)"
        )
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"Redis at {address.place} shows a certificate that is not trusted: {error.verify_message} (see REDIS_URL)"
        )
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"Redis at {address.place} cannot be reached: {reason} (see {address.setting})"
