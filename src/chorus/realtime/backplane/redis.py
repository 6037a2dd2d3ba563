"""The backplane on Redis or Valkey pub/sub: at each server one connection listens, one publishes.

    backplane = RedisBackplane(RedisSettings(host="redis.example", password="…"))
    await backplane.start()                     # BackplaneUnavailable names the place and the setting
    backplane.subscribe("room:7", print)        # SUBSCRIBE with all others of this tick
    backplane.publish("room:7", b"hello")       # written with all others of this tick
    await backplane.close()

Theory of operation. Both connections live and die together, as a session. When one is lost, the session is made again,
for ever, every `retry_delay`; all channels are subscribed again, and only then `on_up` is said. What is published
meanwhile waits for a way a second at most, then it is given up and counted: hints that old mislead more than they help.

A connection that stands proves nothing: a frozen server and a dropped route look like silence. So each session sends
itself a heartbeat through Redis four times a second, on a channel of its own, published on one connection and heard on
the other. Unheard for a second means not healthy; unheard for `command_timeout` means the session is given up.

With sentinels, a session begins by asking them where the master is. A cluster with sharded pub/sub (Redis 7, Valkey)
has a session at each master, and a channel is published and heard at the owner of its slot; a publisher's order then
holds within a channel. Whenever a session is in trouble, the cluster is asked for its layout: channels move to new
owners, and the sessions of the others are left alone. A cluster without sharded pub/sub is spoken to at one node.

Pub/sub channels are shared by all databases of a server, so the database number is part of their names.
"""

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable, Iterable

from chorus.realtime.backplane.commands import Commands
from chorus.realtime.backplane.contract import Answerer, BackplaneRefused, BackplaneUnavailable, Receiver
from chorus.realtime.backplane.layout import Layout, Place, find_layout
from chorus.realtime.backplane.names import Names
from chorus.realtime.backplane.parcel import IDENTITY, unpack
from chorus.realtime.backplane.receivers import Receivers, guarded
from chorus.realtime.backplane.redis_directory import RedisDirectory
from chorus.realtime.backplane.requests import Requests
from chorus.realtime.backplane.settings import RedisAddress, RedisSettings, Topology
from chorus.realtime.backplane.shard import Shard

_log = logging.getLogger(__name__)

_LOOK_EVERY = 0.25
"""Seconds between two questions for the layout of a cluster in trouble."""


class RedisBackplane:
    """One instance's end of a Redis."""

    def __init__(self, settings: RedisSettings | None = None, *, prefix: str = "chorus") -> None:
        """Args: prefix: what the names of all channels begin with; instances with the same one hear each other."""
        self._settings = settings or RedisSettings()
        self._address = self._settings.address()
        self._names = Names(prefix, self._address.database)
        self._identity = os.urandom(IDENTITY)
        self._receivers = Receivers()
        self._up_callbacks: list[Callable[[], None]] = []
        self._layout = Layout((Place(self._address),))
        self._shards: dict[RedisAddress, Shard] = {}
        if self._address.topology is not Topology.CLUSTER:
            self._shards[self._address] = self._new_shard(self._layout.places[0])
        self._started = False
        self._looking: asyncio.Task[None] | None = None
        self._commands = Commands(self._settings)
        self.directory = RedisDirectory(self._commands, self._names, self._identity.hex())
        self._gone = 0
        self._requests = Requests(self, self._identity.hex())
        self._requests.listen()

    @property
    def healthy(self) -> bool:
        """Whether every session stands and its last heartbeat came back."""
        return bool(self._shards) and all(shard.healthy for shard in self._shards.values())

    @property
    def dropped(self) -> int:
        """Messages given up because Redis was away too long or refused them."""
        return self._gone + sum(shard.dropped for shard in self._shards.values())

    async def start(self) -> None:
        """Connect, with `max_retries` more attempts; with `lazy_connect` that happens in the background."""
        if self._started:
            return
        if not self._settings.lazy_connect:
            if self._address.topology is Topology.CLUSTER:
                await self._insistently(self._find)
            for shard in list(self._shards.values()):
                await self._insistently(shard.open)
            self._say_up()
        self._started = True
        for shard in self._shards.values():
            shard.keep()
        if not self._shards:
            self._look()
        self.directory.start()

    async def close(self) -> None:
        """Send what waits, where there is a session, and disconnect."""
        self._requests.close()
        self._started = False
        await self.directory.close()
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
            self._looking = None
        await asyncio.gather(*(self._retire(shard) for shard in list(self._shards.values())))
        await self._commands.close()

    def publish(self, channel: str, message: bytes, *, besides: Receiver | None = None) -> None:
        """Tell the receivers here now and Redis at the end of this tick."""
        self._receivers.tell(channel, message, besides=besides)
        wire = self._names.wire(channel)
        shard = self._shard_of(wire)
        if shard is None:
            self._gone += 1
        else:
            shard.publish(wire, message)

    def subscribe(self, channel: str, receiver: Receiver) -> None:
        """Have `receiver` called with each message of `channel`."""
        if self._receivers.add(channel, receiver):
            self._change(channel, wanted=True)

    def unsubscribe(self, channel: str, receiver: Receiver) -> None:
        """End that."""
        if self._receivers.remove(channel, receiver):
            self._change(channel, wanted=False)

    async def ask(self, instance: str, topic: str, question: bytes, *, timeout: float) -> bytes:
        """Ask a named instance; its answer."""
        return await self._requests.ask(instance, topic, question, timeout=timeout)

    def serve(self, instance: str, topic: str, answerer: Answerer) -> None:
        """Answer what is asked of `instance` under `topic`."""
        self._requests.serve(instance, topic, answerer)

    def unserve(self, instance: str, topic: str) -> None:
        """End that."""
        self._requests.unserve(instance, topic)

    def on_up(self, callback: Callable[[], None]) -> None:
        """Have `callback` called when a session was made and every subscription stands."""
        self._up_callbacks.append(callback)

    def renew(self) -> None:
        """Make all sessions anew."""
        for shard in self._shards.values():
            shard.renew()

    async def ping(self) -> float:
        """Seconds to Redis and back, on a connection like those of the rest of the application."""
        begun = time.perf_counter()
        await self._commands.run("PING")
        return time.perf_counter() - begun

    # What shards tell and ask.

    def channels_at(self, shard: Shard) -> Iterable[str]:
        """Every channel that somebody here listens to, of those that belong there."""
        wires = map(self._names.wire, self._receivers.channels())
        return (wire for wire in wires if self._shard_of(wire) is shard)

    def hear(self, channel: bytes, parcel: bytes) -> None:
        """A parcel came."""
        if parcel.startswith(self._identity):
            return  # our own: told when it was published
        try:
            messages = unpack(parcel)
            name = self._names.channel(channel.decode())
        except ValueError as error:
            _log.warning("a message on Redis channel %r is not from an instance of ours: %s", channel, error)
            return
        for message in messages:
            self._receivers.tell(name, message)

    def refused(self, error: Exception) -> None:
        """Redis does not take what we publish; in a cluster, others may be the owners by now."""
        if self._gone == 0:
            _log.error("Redis at %s refuses what we publish: %s", self._address.place, error)
        self._gone += 1
        if self._layout.sharded:
            self._look()

    def came_up(self, shard: Shard) -> None:
        """Its subscriptions stand."""
        if self._started:
            self._say_up()

    def in_trouble(self, shard: Shard) -> None:
        """Its server is away, or no master any more."""
        if self._layout.sharded:
            self._look()

    async def place_now(self, shard: Shard) -> Place:
        """With sentinels, or at any node of a cluster: where the server is now. Otherwise where it was."""
        if self._layout.sharded or self._address.topology is Topology.ONE:
            return shard.place
        return (await find_layout(self._settings)).places[0]

    # Shards.

    async def _insistently(self, action: Callable[[], Awaitable[None]]) -> None:
        for attempt in range(self._settings.max_retries + 1):
            try:
                await action()
            except BackplaneRefused:
                raise
            except BackplaneUnavailable as error:
                if attempt == self._settings.max_retries:
                    raise BackplaneUnavailable(f"{error}; tried {attempt + 1} times") from error
                await asyncio.sleep(self._settings.retry_delay)
            else:
                return

    async def _find(self) -> None:
        known = [place.address for place in self._layout.places if place.address.topology is Topology.ONE]
        await self._take(await find_layout(self._settings, known))

    def _look(self) -> None:
        """Find the layout, soon, unless that is under way."""
        if self._started and (self._looking is None or self._looking.done()):
            self._looking = asyncio.get_running_loop().create_task(self._look_patiently(), name="redis layout")

    async def _look_patiently(self) -> None:
        said = False
        while True:
            try:
                await self._find()
            except BackplaneUnavailable as error:
                if not said:
                    said = True
                    _log.warning("%s; trying again every %g s", error, self._settings.retry_delay)
                await asyncio.sleep(self._settings.retry_delay)
            else:
                break
        await asyncio.sleep(_LOOK_EVERY)  # whoever is still in trouble then asks again

    async def _take(self, layout: Layout) -> None:
        """Begin sessions at new servers, end those at servers that own nothing any more, and move channels."""
        self._layout = layout
        owners = {place.address: place for place in layout.places}
        for address, place in owners.items():
            known = self._shards.get(address)
            if known is None:
                self._shards[address] = self._new_shard(place)
            elif known.place != place:  # its slots are others: its session begins anew, with what belongs there now
                self._gone += known.dropped
                await known.close()
                self._shards[address] = self._new_shard(place)
        for address in self._shards.keys() - owners.keys():
            await self._retire(self._shards[address])
        if self._started:
            for shard in self._shards.values():
                shard.keep()

    async def _retire(self, shard: Shard) -> None:
        await shard.close()
        self._gone += shard.dropped
        self._shards = {address: other for address, other in self._shards.items() if other is not shard}

    def _new_shard(self, place: Place) -> Shard:
        return Shard(
            place,
            self._settings,
            identity=self._identity,
            prefix=self._names.wire("instance/"),
            sharded=self._layout.sharded,
            house=self,
        )

    def _shard_of(self, wire: str) -> Shard | None:
        return self._shards.get(self._layout.place_of(wire).address)

    def _change(self, channel: str, *, wanted: bool) -> None:
        wire = self._names.wire(channel)
        shard = self._shard_of(wire)
        if shard is not None:
            shard.change(wire, wanted=wanted)

    def _say_up(self) -> None:
        self.directory.renew()
        for callback in self._up_callbacks:
            guarded(callback)
