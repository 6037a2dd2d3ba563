"""Two connections to a Redis that live and die together, one listening, one publishing, and the proof that both work.

The proof is a heartbeat: published on the one, heard on the other, on a channel that only this session knows.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple, cast

import hiredis

from chorus.realtime.backplane.contract import BackplaneUnavailable
from chorus.realtime.backplane.link import Link, Reply, command, open_link
from chorus.realtime.backplane.settings import RedisAddress, RedisSettings

_HEARTBEAT = 0.25
"""Seconds between two heartbeats."""

_DEAF_AFTER = 1.0
"""Seconds without the echo of a heartbeat after which we do not call ourselves healthy."""


class _Words(NamedTuple):
    subscribe: bytes
    unsubscribe: bytes
    publish: bytes
    message: bytes
    subscribed: bytes
    unsubscribed: bytes
    channels_a_command: int


_PLAIN = _Words(b"SUBSCRIBE", b"UNSUBSCRIBE", b"PUBLISH", b"message", b"subscribe", b"unsubscribe", 1000)
_SHARDED = _Words(b"SSUBSCRIBE", b"SUNSUBSCRIBE", b"SPUBLISH", b"smessage", b"ssubscribe", b"sunsubscribe", 1)
"""One channel a command: those of one command must lie in one slot."""


class Session:
    """`ended` is done when it is over; its result says why."""

    def __init__(
        self,
        settings: RedisSettings,
        address: RedisAddress,
        own_channel: str,
        on_parcel: Callable[[bytes, bytes], None],
        on_refusal: Callable[[Exception], None],
        *,
        sharded: bool = False,
    ) -> None:
        """Args:
        on_parcel: gets channel and parcel of what is heard.
        on_refusal: gets an error that Redis answers to what is published.
        sharded: channels belong to slots, and are published and heard where their slot is.
        """
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.on_writable: Callable[[], None] | None = None
        self._settings = settings
        self._address = address
        self._words = _SHARDED if sharded else _PLAIN
        self._own_channel = own_channel.encode()
        self._on_parcel = on_parcel
        self._on_refusal = on_refusal
        self._subscribed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._listening: Link | None = None
        self._publishing: Link | None = None
        self._unanswered_since: float | None = None
        self._beat: asyncio.TimerHandle | None = None
        self._leaving: set[bytes] = set()

    @property
    def hears(self) -> bool:
        """Whether the last heartbeat came back, or still may."""
        since = self._unanswered_since
        return not self.ended.done() and (since is None or _now() - since < _DEAF_AFTER)

    @property
    def writable(self) -> bool:
        """Whether the network takes what we publish."""
        return self._publishing is not None and self._publishing.writable and not self.ended.done()

    async def open(self, channels: Callable[[], Sequence[str]]) -> None:
        """Connect twice, subscribe to what `channels` gives then, and wait until that stands.

        Raises:
            BackplaneUnavailable: it is not possible.
        """
        address = self._address
        self._listening = await open_link(address, self._settings, self._hear)
        self._publishing = await open_link(address, self._settings, self._hear_answer)
        self._publishing.on_writable = self._say_writable
        for link in (self._listening, self._publishing):
            link.lost.add_done_callback(self._link_lost)
        self.subscribe([*channels(), self._own_channel.decode()])
        try:
            async with asyncio.timeout(self._settings.command_timeout):
                await self._subscribed
        except (TimeoutError, ConnectionError, hiredis.ReplyError) as error:
            why = str(error) or f"not confirmed within {self._settings.command_timeout:g} s (see REDIS_COMMAND_TIMEOUT)"
            raise BackplaneUnavailable(f"Redis at {address.place} does not let us subscribe: {why}") from error
        self._send_heartbeat()

    def subscribe(self, channels: Sequence[str]) -> None:
        """Listen to these, too."""
        self._each(self._words.subscribe, channels)

    def unsubscribe(self, channels: Sequence[str]) -> None:
        """Listen to these no more."""
        self._leaving.update(channel.encode() for channel in channels)
        self._each(self._words.unsubscribe, channels)

    def publish(self, parcels: Sequence[tuple[str, bytes]]) -> None:
        """Send each (channel, parcel), all in one write."""
        if self._publishing is not None:
            self._publishing.send(
                b"".join([command(self._words.publish, channel.encode(), parcel) for channel, parcel in parcels])
            )

    def doubt(self, reason: str) -> None:
        """End it, for another one to be made."""
        self._end(reason)

    def close(self) -> None:
        """End it; what was published is still written if the network takes it."""
        self._end("closed")
        if self._listening is not None:
            self._listening.abort()
        if self._publishing is not None:
            self._publishing.close() if self._publishing.writable else self._publishing.abort()

    def _each(self, verb: bytes, channels: Sequence[str]) -> None:
        if self._listening is not None:
            most = self._words.channels_a_command
            for first in range(0, len(channels), most):
                some = channels[first : first + most]
                self._listening.send(command(verb, *[channel.encode() for channel in some]))

    def _hear(self, reply: Reply) -> None:
        if isinstance(reply, hiredis.ReplyError):
            if self._subscribed.done():
                self._end(f"refused: {reply}")
            else:
                self._subscribed.set_exception(reply)
            return
        kind, channel, parcel = cast("tuple[bytes, bytes, bytes]", reply)
        if kind == self._words.message:
            if channel == self._own_channel:
                self._unanswered_since = None
            else:
                self._on_parcel(channel, parcel)
        elif kind == self._words.subscribed and channel == self._own_channel and not self._subscribed.done():
            self._subscribed.set_result(None)
        elif kind == self._words.unsubscribed:
            if channel not in self._leaving:
                self._end(f"{channel.decode()} is another server's now")
            self._leaving.discard(channel)

    def _hear_answer(self, reply: Reply) -> None:
        if isinstance(reply, hiredis.ReplyError):
            self._on_refusal(reply)

    def _send_heartbeat(self) -> None:
        now = _now()
        if self._unanswered_since is None:
            self._unanswered_since = now
            self.publish([(self._own_channel.decode(), b"")])
        elif now - self._unanswered_since >= self._settings.command_timeout:
            self._end(f"nothing heard for {now - self._unanswered_since:.1f} s")
            return
        self._beat = asyncio.get_running_loop().call_later(_HEARTBEAT, self._send_heartbeat)

    def _say_writable(self) -> None:
        if self.on_writable is not None:
            self.on_writable()

    def _link_lost(self, lost: "asyncio.Future[Exception | None]") -> None:
        self._end(str(lost.result() or "closed by the server"))

    def _end(self, reason: str) -> None:
        if self._beat is not None:
            self._beat.cancel()
        if not self.ended.done():
            self.ended.set_result(reason)
        if not self._subscribed.done():
            self._subscribed.set_exception(ConnectionError(reason))
            self._subscribed.exception()  # seen: nobody may be waiting for it


def _now() -> float:
    return asyncio.get_running_loop().time()
