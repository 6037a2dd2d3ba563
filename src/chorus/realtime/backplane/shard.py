"""One server's part of the way between instances: its session, made again whenever it is lost, and what waits for it.

    shard = Shard(place, settings, identity=…, house=backplane)
    await shard.open()                         # BackplaneUnavailable: not now
    shard.keep()                               # from now on a lost session is made again, for ever
    shard.change("chorus/0/room:7", wanted=True)
    shard.publish("chorus/0/room:7", b"hello")
    await shard.close()

Channels are called here as they are on the wire.
"""

import asyncio
import logging
import random
from collections.abc import Iterable
from typing import Protocol

from chorus.realtime.backplane.contract import BackplaneUnavailable
from chorus.realtime.backplane.layout import Place
from chorus.realtime.backplane.outgoing import Outgoing
from chorus.realtime.backplane.session import Session
from chorus.realtime.backplane.settings import RedisSettings
from chorus.realtime.backplane.slots import name_within

_log = logging.getLogger(__name__)

_WAITING_BYTES = 4 * 1_048_576
"""Bytes published that may wait while there is no way to send them."""

_WAITING_AGE = 1.0
"""Seconds they may wait for a way."""

_PARCEL = 262_144
"""Bytes of messages that travel in one parcel; a larger message travels alone."""


class House(Protocol):
    """What a shard needs of the backplane."""

    def channels_at(self, shard: "Shard") -> Iterable[str]:
        """Everything that is listened to there."""
        ...

    def hear(self, channel: bytes, parcel: bytes) -> None:
        """A parcel came."""
        ...

    def refused(self, error: Exception) -> None:
        """The server does not take what is published."""
        ...

    def came_up(self, shard: "Shard") -> None:
        """A session was made, and every subscription stands."""
        ...

    def in_trouble(self, shard: "Shard") -> None:
        """There is no session, or it was not possible to make one."""
        ...

    async def place_now(self, shard: "Shard") -> Place:
        """Where the server is by now.

        Raises:
            BackplaneUnavailable: nobody can say.
        """
        ...


class Shard:
    """Not thread-safe: all calls come from one event loop."""

    def __init__(
        self, place: Place, settings: RedisSettings, *, identity: bytes, prefix: str, sharded: bool, house: House
    ) -> None:
        """Args: identity: the sender of parcels; prefix: what the name of the heartbeat's channel begins with."""
        self.place = place
        self._settings = settings
        self._identity = identity
        self._prefix = prefix
        self._sharded = sharded
        self._house = house
        self._outgoing = Outgoing(size=_WAITING_BYTES, age=_WAITING_AGE)
        self._changed: dict[str, bool] = {}
        self._flush: asyncio.Handle | None = None
        self._session: Session | None = None
        self._keeper: asyncio.Task[None] | None = None

    @property
    def healthy(self) -> bool:
        """Whether the session stands and its last heartbeat came back."""
        return self._session is not None and self._session.hears

    @property
    def dropped(self) -> int:
        """Messages given up because the server was away too long."""
        return self._outgoing.dropped

    @property
    def session(self) -> Session | None:
        """The one that stands."""
        return self._session

    async def open(self) -> None:
        """Make a session, subscribe everything, send what waits.

        Raises:
            BackplaneUnavailable: it is not possible now.
        """
        self.place = await self._house.place_now(self)
        own_channel = name_within(f"{self._prefix}{self._identity.hex()}/", self.place.slots)
        session = Session(
            self._settings,
            self.place.address,
            own_channel,
            self._house.hear,
            self._house.refused,
            sharded=self._sharded,
        )
        try:
            await session.open(self._take_channels)
        except BaseException:  # cancelled, too: nobody else has its connections
            session.close()
            raise
        session.on_writable = self._write_again
        self._session = session
        if self._keeper is not None:  # before that, nothing was lost: we only begin
            self._give_up_old()
        self.write()
        self._house.came_up(self)

    def keep(self) -> None:
        """Make the session again from now on, whenever there is none."""
        if self._keeper is None:
            place = self.place.address.place
            self._keeper = asyncio.get_running_loop().create_task(self._keep(), name=f"redis backplane at {place}")

    def renew(self) -> None:
        """Make the session anew, with all subscriptions."""
        if self._session is not None:
            self._session.doubt("what others say does not come in")

    async def close(self) -> None:
        """Send what waits, if there is a session, and disconnect."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
            self._keeper = None
        if self._session is not None:
            self.write()
            self._session.close()
            self._session = None
        if self._flush is not None:
            self._flush.cancel()
            self._flush = None
        self._outgoing.give_up()

    def publish(self, channel: str, message: bytes) -> None:
        """Send at the end of this tick, or sooner when much waits."""
        self._outgoing.put(channel, message, now=asyncio.get_running_loop().time())
        if self._outgoing.waiting >= _PARCEL and self._session is not None:
            self.write()
        else:
            self._flush_soon()

    def change(self, channel: str, *, wanted: bool) -> None:
        """Listen to a channel, or no more."""
        if self._session is None:
            return  # the next session begins with all channels
        self._changed[channel] = wanted
        self._flush_soon()

    def write(self) -> None:
        """Give the session what waits, if it takes it."""
        if self._flush is not None:
            self._flush.cancel()
            self._flush = None
        session = self._session
        if session is None or not session.writable:
            return
        if self._changed:
            changed, self._changed = self._changed, {}
            session.subscribe([channel for channel, wanted in changed.items() if wanted])
            session.unsubscribe([channel for channel, wanted in changed.items() if not wanted])
        if self._outgoing.waiting:
            session.publish(self._outgoing.take(self._identity, parcel=_PARCEL))

    def _write_again(self) -> None:
        """The network takes what we publish again."""
        self._give_up_old()
        self.write()

    def _give_up_old(self) -> None:
        """What waited too long for a way. A long tick is none of that: the way was there."""
        self._outgoing.give_up_old(now=asyncio.get_running_loop().time())

    def _flush_soon(self) -> None:
        if self._flush is None:
            self._flush = asyncio.get_running_loop().call_soon(self.write)

    def _take_channels(self) -> list[str]:
        self._changed.clear()
        return list(self._house.channels_at(self))

    async def _keep(self) -> None:
        """Said once when the session goes, once when it is back."""
        while True:
            if self._session is not None:
                reason = await asyncio.shield(self._session.ended)
                self._session.close()
                self._session = None
                _log.warning("the connection to Redis at %s was lost: %s", self.place.address.place, reason)
                self._house.in_trouble(self)
                await self._pause()
            await self._open_patiently()

    async def _open_patiently(self) -> None:
        said = False
        while True:
            try:
                await self.open()
            except BackplaneUnavailable as error:
                if not said:
                    said = True
                    _log.warning("%s; trying again every %g s", error, self._settings.retry_delay)
                self._house.in_trouble(self)
                await self._pause()
            else:
                _log.info("connected to Redis at %s", self.place.address.place)
                return

    async def _pause(self) -> None:
        """Wait the retry delay, a little more or less: many instances lost the same server at the same moment."""
        await asyncio.sleep(self._settings.retry_delay * random.uniform(0.75, 1.25))  # noqa: S311 - no secret
