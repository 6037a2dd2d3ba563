"""How the instances of a server tell each other things: at most once, never waited for, a channel in order.

    bus = Bus()                                    # or RedisBackplane(RedisSettings(...)) on every machine
    here, there = MemoryBackplane(bus), MemoryBackplane(bus)
    await here.start()
    await there.start()
    there.subscribe("room:7", lambda message: print(message))
    here.publish("room:7", b"hello")               # `there` prints b'hello' a moment later
    await here.close()
    await there.close()

What one instance publishes to a channel is heard in that order; across channels only where one server carries them
all, which a cluster does not. A message may be lost: the network is away, a buffer is full. So nothing that must arrive
relies on it; what must arrive stands in a log (chorus.realtime.log.contract) and travels here as a hint. When the
connection came (back), `on_up` tells those who have to look what they missed. A question to a named instance gets an
answer or an error.

Every adapter passes tests/contracts/test_backplane.py.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol

from chorus.realtime.backplane.directory import Directory
from chorus.realtime.errors import RealtimeError, Unavailable

Receiver = Callable[[bytes], None]
"""Called with each message of a channel, in the event loop; must not block. What it raises is logged, and the other
receivers are still told."""

Answerer = Callable[[bytes], Awaitable[bytes]]
"""Given a question, its answer. Cancelled when the asker no longer waits; what it raises is logged, and is NoAnswer to
the asker."""


class BackplaneUnavailable(Unavailable):
    """The server between the instances is out of reach or refuses us; the text names it and the setting to look at."""


class BackplaneRefused(BackplaneUnavailable):
    """The server answers, but not to us: a wrong password, say. Trying again does not mend it."""


class NoAnswer(RealtimeError):
    """An instance that was asked did not answer, or failed. It may have done what it was asked for."""


class InstanceAway(NoAnswer):
    """Nobody of that name took the question: it is gone, or there is no way to it."""


class Backplane(Protocol):
    """What joins the instances. Not thread-safe: all calls come from one event loop."""

    @property
    def healthy(self) -> bool:
        """Whether messages get out and come in, as far as known: at most 2 seconds old."""
        ...

    @property
    def dropped(self) -> int:
        """Messages published here that were given up since the start, because there was no way to send them."""
        ...

    @property
    def directory(self) -> Directory:
        """Who is where, on all instances."""
        ...

    async def start(self) -> None:
        """Connect.

        Raises:
            BackplaneUnavailable: it cannot be reached. A lost connection later raises nothing: it is made again.
        """
        ...

    async def close(self) -> None:
        """Send what waits, as far as possible at once, and disconnect. Closing twice is allowed."""
        ...

    def publish(self, channel: str, message: bytes, *, besides: Receiver | None = None) -> None:
        """Tell every subscriber of `channel` but `besides`, which knows already.

        Those of this instance are told now, before it returns; others after this tick.
        """
        ...

    def subscribe(self, channel: str, receiver: Receiver) -> None:
        """Have `receiver` called with each message of `channel` from now on. Survives a lost connection."""
        ...

    def unsubscribe(self, channel: str, receiver: Receiver) -> None:
        """End that, for an equal receiver. Unknown ones are ignored; one that subscribed twice was told once."""
        ...

    async def ask(self, instance: str, topic: str, question: bytes, *, timeout: float) -> bytes:
        """Ask the instance of this name and wait for its answer, at most `timeout` seconds.

        Raises:
            InstanceAway: nobody of that name is there, which is known after two seconds; or it died over it, which is
                known after nine.
            NoAnswer: it took too long, or it failed.
        """
        ...

    def serve(self, instance: str, topic: str, answerer: Answerer) -> None:
        """Have `answerer` answer what is asked under `topic`, as the instance of this name; before `start` is best.

        Raises:
            ValueError: it is served here already.
        """
        ...

    def unserve(self, instance: str, topic: str) -> None:
        """End that. What is being answered is still answered."""
        ...

    def on_up(self, callback: Callable[[], None]) -> None:
        """Have `callback` called each time a connection was made (again) and every subscription on it stands.

        Messages may have been lost until then. A cluster has a connection to each master, and each is told of by
        itself: channels at one that is back need not wait for one that is away.
        """
        ...

    def renew(self) -> None:
        """Make the connection anew, and every subscription: for whoever knows that something must have come in."""
        ...

    async def ping(self) -> float:
        """Seconds to the server and back.

        Raises:
            BackplaneUnavailable: no answer in time.
        """
        ...
