"""The backplane on Redis or Valkey pub/sub: one connection listens, one publishes.

    backplane = RedisBackplane(RedisSettings(host="redis.example", password="…"))
    await backplane.start()                     # BackplaneUnavailable names the place and the setting
    backplane.subscribe("room:7", print)        # SUBSCRIBE with all others of this tick
    backplane.publish("room:7", b"hello")       # written with all others of this tick
    await backplane.close()

Theory of operation. Both connections live and die together, as a session. When one is lost, the session is made again,
for ever, every `retry_delay`; all channels are subscribed again, and only then `on_up` is said. What is published
meanwhile waits a second at most, then it is given up and counted: hints that old mislead more than they help.

A connection that stands proves nothing: a frozen server and a dropped route look like silence. So each session sends
itself a heartbeat through Redis twice a second, on a channel of its own, published on one connection and heard on the
other. Unheard for 1.5 s means not healthy; unheard for `command_timeout` means the session is given up.

Pub/sub channels are shared by all databases of a server, so the database number is part of their names.
"""

import asyncio
import logging
import os
import random
import time
from collections.abc import Awaitable, Callable
from typing import cast

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff
from redis.exceptions import RedisError

from chorus.realtime.backplane.contract import Answerer, BackplaneUnavailable, Receiver
from chorus.realtime.backplane.names import Names
from chorus.realtime.backplane.outgoing import Outgoing
from chorus.realtime.backplane.parcel import IDENTITY, unpack
from chorus.realtime.backplane.receivers import Receivers, guarded
from chorus.realtime.backplane.requests import Requests
from chorus.realtime.backplane.session import Session
from chorus.realtime.backplane.settings import RedisSettings

_log = logging.getLogger(__name__)

_WAITING_BYTES = 4 * 1_048_576
"""Bytes published that may wait while there is no way to send them."""

_WAITING_AGE = 1.0
"""Seconds they may wait."""

_PARCEL = 262_144
"""Bytes of messages that travel in one parcel; a larger message travels alone."""


class RedisBackplane:
    """One instance's end of a Redis."""

    def __init__(self, settings: RedisSettings | None = None, *, prefix: str = "chorus") -> None:
        """Args: prefix: what the names of all channels begin with; instances with the same one hear each other."""
        self._settings = settings or RedisSettings()
        self._address = self._settings.address()
        self._names = Names(prefix, self._address.database)
        self._identity = os.urandom(IDENTITY)
        self._own_channel = self._channel(f"instance/{self._identity.hex()}")
        self._receivers = Receivers()
        self._up_callbacks: list[Callable[[], None]] = []
        self._outgoing = Outgoing(size=_WAITING_BYTES, age=_WAITING_AGE)
        self._changed: dict[str, bool] = {}
        self._flush: asyncio.Handle | None = None
        self._session: Session | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._client: Redis | None = None
        self._refused = 0
        self._requests = Requests(self, self._identity.hex())
        self._requests.listen()

    @property
    def healthy(self) -> bool:
        """Whether the session stands and its last heartbeat came back."""
        return self._session is not None and self._session.hears

    @property
    def dropped(self) -> int:
        """Messages given up because Redis was away too long or refused them."""
        return self._outgoing.dropped + self._refused

    async def start(self) -> None:
        """Connect, with `max_retries` more attempts; with `lazy_connect` that happens in the background."""
        if self._keeper is not None:
            return
        if not self._settings.lazy_connect:
            await self._open_insistently()
        self._keeper = asyncio.get_running_loop().create_task(self._keep_session(), name="redis backplane")

    async def close(self) -> None:
        """Send what waits, if there is a session, and disconnect."""
        self._requests.close()
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
            self._keeper = None
        if self._session is not None:
            self._write()
            self._session.close()
            self._session = None
        if self._flush is not None:
            self._flush.cancel()
            self._flush = None
        self._outgoing.give_up()
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def publish(self, channel: str, message: bytes) -> None:
        """Tell the receivers here now and Redis at the end of this tick."""
        self._receivers.tell(channel, message)
        self._outgoing.put(self._channel(channel), message, now=asyncio.get_running_loop().time())
        if self._outgoing.waiting >= _PARCEL and self._session is not None:
            self._write()
        else:
            self._flush_soon()

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

    async def ping(self) -> float:
        """Seconds to Redis and back, on a connection like those of the rest of the application."""
        if self._client is None:
            self._client = self._new_client()
        begun = time.perf_counter()
        try:
            async with asyncio.timeout(self._settings.command_timeout):
                # redis-py leaves the keywords of ping without types
                await cast("Awaitable[object]", self._client.ping())  # pyright: ignore[reportUnknownMemberType]
        except (RedisError, OSError) as error:  # TimeoutError is an OSError
            why = str(error) or f"no answer within {self._settings.command_timeout:g} s"
            raise BackplaneUnavailable(
                f"Redis at {self._address.place}: {why} (see {self._address.setting})"
            ) from error
        return time.perf_counter() - begun

    # The session.

    async def _open_insistently(self) -> None:
        for attempt in range(self._settings.max_retries + 1):
            try:
                await self._open()
            except BackplaneUnavailable as error:
                if attempt == self._settings.max_retries:
                    raise BackplaneUnavailable(f"{error}; tried {attempt + 1} times") from error
                await asyncio.sleep(self._settings.retry_delay)
            else:
                return

    async def _keep_session(self) -> None:
        """Make the session again whenever it was lost. Said once when it goes, once when it is back."""
        while True:
            if self._session is not None:
                reason = await asyncio.shield(self._session.ended)
                self._session.close()
                self._session = None
                _log.warning("the connection to Redis at %s was lost: %s", self._address.place, reason)
                await self._pause()
            await self._open_patiently()

    async def _open_patiently(self) -> None:
        said = False
        while True:
            try:
                await self._open()
            except BackplaneUnavailable as error:
                if not said:
                    said = True
                    _log.warning("%s; trying again every %g s", error, self._settings.retry_delay)
                await self._pause()
            else:
                _log.info("connected to Redis at %s", self._address.place)
                return

    async def _pause(self) -> None:
        """Wait the retry delay, a little more or less: many instances lost the same server at the same moment."""
        await asyncio.sleep(self._settings.retry_delay * random.uniform(0.75, 1.25))  # noqa: S311 - no secret

    async def _open(self) -> None:
        """Make a session, subscribe everything, say that messages flow."""
        session = Session(self._settings, self._own_channel, self._on_parcel, self._on_refusal)
        try:
            await session.open(self._take_channels)
        except BaseException:
            session.close()
            raise
        session.on_writable = self._write
        self._session = session
        self._write()
        for callback in self._up_callbacks:
            guarded(callback)

    def _take_channels(self) -> list[str]:
        self._changed.clear()
        return [self._channel(channel) for channel in self._receivers.channels()]

    # Out and in.

    def _change(self, channel: str, *, wanted: bool) -> None:
        if self._session is None:
            return  # the next session begins with all channels
        self._changed[self._channel(channel)] = wanted
        self._flush_soon()

    def _flush_soon(self) -> None:
        if self._flush is None:
            self._flush = asyncio.get_running_loop().call_soon(self._write)

    def _write(self) -> None:
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
            now = asyncio.get_running_loop().time()
            session.publish(self._outgoing.take(self._identity, now=now, parcel=_PARCEL))

    def _on_parcel(self, channel: bytes, parcel: bytes) -> None:
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

    def _on_refusal(self, error: Exception) -> None:
        if self._refused == 0:
            _log.error("Redis at %s refuses what we publish: %s", self._address.place, error)
        self._refused += 1

    def _channel(self, channel: str) -> str:
        return self._names.wire(channel)

    def _new_client(self) -> Redis:
        settings, address = self._settings, self._address
        return Redis(
            host=address.host,
            port=address.port,
            unix_socket_path=address.path,
            ssl=address.tls,
            username=address.username or None,
            password=address.password or None,
            db=address.database,
            socket_keepalive=address.path is None,
            socket_connect_timeout=settings.connect_timeout,
            socket_timeout=settings.command_timeout,
            retry=Retry(ConstantBackoff(settings.retry_delay), settings.max_retries),
        )
