"""Long polling: a Wire whose peer comes and asks. No HTTP here; server/http.py brings the requests.

    wire = PollingWire(driver, options)
    driver.opened(wire)
    answer = await wire.poll()               # the OPEN packet, at once
    answer = await wire.post(b"40")          # 200 ok
    answer = await wire.poll()               # waits until the session has something to say

What the session writes are frames, as for any wire; they wait as they are. A poll takes them apart and gets their
messages as a payload; a WebSocket that takes the session over gets them unchanged, before anything written later. So
nothing in flight is lost or overtaken.
"""

import asyncio
from collections import deque
from collections.abc import Callable

import msgspec

from chorus.realtime.engineio.options import EngineOptions
from chorus.realtime.engineio.packets import Packet, PacketType, decode, encode_payload
from chorus.realtime.engineio.polling import Phase, Polling
from chorus.realtime.errors import InvalidEnginePacket, TooLarge
from chorus.realtime.transport.contract import Driver, Wire
from chorus.realtime.transport.frames import split

_AT_ONCE = 64
"""Packets of a post that are handled before others have their turn."""

_NORMAL = 1000
"""The code of a close that the client asked for: its poll then ends with a noop, otherwise with a CLOSE packet."""


class Answer(msgspec.Struct, frozen=True, array_like=True):
    """What a request gets."""

    status: int
    body: bytes
    content_type: str = "text/plain; charset=UTF-8"


OK = Answer(200, b"ok")
BAD_REQUEST = Answer(400, b'{"code":3,"message":"Bad request"}', "application/json")
TOO_LARGE = Answer(413, b"Payload Too Large")


class PollingWire:
    """One session's wire while it polls."""

    upgrades: tuple[str, ...] = ("websocket",)

    def __init__(self, driver: Driver, options: EngineOptions) -> None:
        self._driver = driver
        self._options = options
        self._polling = Polling()
        self._out: deque[bytes] = deque()
        self._waiting = 0
        self._congested = False
        self._poll: asyncio.Future[Answer] | None = None
        self._answer_soon: asyncio.Handle | None = None
        self._in: deque[str | bytes] = deque()
        self._post: asyncio.Future[Answer] | None = None
        self._paused = False
        self._pumping = False
        self._keeping = False
        self._at_next_poll: Callable[[], None] | None = None

    # What the driver calls

    def drive(self, driver: Driver) -> None:
        """Tell another one from now on."""
        self._driver = driver

    def greet(self, data: bytes, /) -> None:
        """Keep the first bytes of all."""
        self.write(data)

    def write(self, data: bytes, /) -> None:
        """Keep the bytes of a Frame for the next poll."""
        self._out.append(data)
        self._waiting += len(data)
        if self._polling.polled:
            self._look_soon()
        if self._waiting > self._options.outbox.high_mark and not self._congested:
            self._congested = True
            self._driver.congested()

    def waiting(self) -> int:
        """Bytes that no poll has fetched."""
        return self._waiting

    def pause_reading(self) -> None:
        """Let the post under way wait, and with it its client."""
        self._paused = True

    def resume_reading(self) -> None:
        """End that."""
        self._paused = False
        self._pump_soon()

    def close(self, code: int, reason: str) -> None:
        """Answer what is under way; nothing works after it."""
        self._end(
            farewell=PacketType.NOOP if code == _NORMAL else PacketType.CLOSE,
            posted=OK if code == _NORMAL else BAD_REQUEST,
        )

    def abort(self) -> None:
        """The same, when the peer had its time."""
        self._out.clear()
        self._end(farewell=PacketType.CLOSE, posted=BAD_REQUEST)

    # What requests do

    async def poll(self) -> Answer:
        """Answer a GET: as soon as there is something to send. Cancelled, the client has left, and its session ends."""
        if self._polling.open:
            self._driver.asked()
        if not self._polling.open:
            return BAD_REQUEST
        try:
            self._polling.poll()
        except InvalidEnginePacket as error:
            self._driver.broken(1002, str(error))
            return BAD_REQUEST
        poll = self._poll = asyncio.get_running_loop().create_future()
        if self._at_next_poll is not None:
            self._at_next_poll()
        self._look()
        try:
            return await poll
        except asyncio.CancelledError:
            self._driver.broken(1002, "the client left its poll")
            raise

    async def post(self, body: bytes) -> Answer:
        """Take the packets of a POST, and answer when the session has taken them."""
        if not self._polling.open:
            return BAD_REQUEST
        try:
            messages = self._polling.post(body.decode(), max_packets=self._options.max_packets)
        except UnicodeDecodeError:
            self._driver.broken(1007, "a body that is not UTF-8")
            return BAD_REQUEST
        except TooLarge as error:
            self._driver.broken(1009, str(error))
            return TOO_LARGE
        except InvalidEnginePacket as error:
            self._driver.broken(1002, str(error))
            return BAD_REQUEST
        self._in.extend(messages)
        posted = self._post = asyncio.get_running_loop().create_future()
        self._pump()
        return await asyncio.shield(posted)  # a client that leaves has posted all the same

    def too_large(self) -> Answer:
        """A POST came that is larger than allowed; nobody read it."""
        if self._polling.open:
            self._driver.broken(1009, f"more than {self._options.max_payload} bytes in a body")
        return TOO_LARGE

    # What a process that goes does

    def nudge(self) -> None:
        """Answer the poll that waits, if one does: whoever brings it cannot wait, and its client asks again."""
        self._finish_poll(PacketType.NOOP)

    def end_by_poll(self, end: Callable[[], None]) -> None:
        """Have `end` called while a poll waits, now or at the next: so the client is told, and not met with a shrug."""
        if self._poll is not None:
            end()
        else:
            self._at_next_poll = end

    # What an upgrade does

    @property
    def driver(self) -> Driver:
        """Whose wire it is."""
        return self._driver

    @property
    def upgradable(self) -> bool:
        """Whether a WebSocket may ask to take over."""
        return self._polling.phase is Phase.POLLING

    def probe(self) -> None:
        """A WebSocket asks to take over: polls no longer wait.

        Raises:
            InvalidEnginePacket: it may not.
        """
        self._polling.probe()
        self._look_soon()

    def probe_failed(self) -> None:
        """It is gone: polls wait again."""
        self._polling.probe_failed()

    def upgrade(self, wire: Wire) -> Driver:
        """Move the session to `wire`, behind what no poll has fetched; who is to be told of its messages.

        Raises:
            InvalidEnginePacket: it may not.
        """
        self._polling.upgrade()
        self._finish_poll(PacketType.NOOP)
        for data in self._out:
            wire.write(data)
        self._out.clear()
        self._waiting = 0
        self._driver.moved(wire)
        return self._driver

    def keep(self) -> None:
        """Have another instance's WebSocket ask to take over: polls no longer wait, and what is posted is kept.

        Raises:
            InvalidEnginePacket: it may not.
        """
        self.probe()
        self._keeping = True

    def keep_no_more(self) -> None:
        """It is gone: everything goes on, with what was kept."""
        self._keeping = False
        self.probe_failed()
        self._pump_soon()

    def leave(self) -> tuple[bytes, tuple[str | bytes, ...]]:
        """End this wire for that WebSocket: frames that no poll has fetched, and messages that the session had not.

        Raises:
            InvalidEnginePacket: it may not.
        """
        self._polling.upgrade()
        self._finish_poll(PacketType.NOOP)
        unsent, unheard = b"".join(self._out), tuple(self._in)
        self._out.clear()
        self._in.clear()
        self._waiting = 0
        return unsent, unheard

    # Polls

    def _look_soon(self) -> None:
        """At the end of the tick, so that what is written together is fetched together."""
        if self._answer_soon is None:
            self._answer_soon = asyncio.get_running_loop().call_soon(self._look)

    def _look(self) -> None:
        self._answer_soon = None
        if self._polling.due(waiting=bool(self._out)):
            self._finish_poll(PacketType.NOOP)

    def _finish_poll(self, otherwise: PacketType, *, last: bool = False) -> None:
        """Answer the poll under way, with `otherwise` when nothing waits, or behind it as the `last`."""
        poll, self._poll = self._poll, None
        if poll is None or poll.done():
            return
        packets = [decode(message) for message in self._take()]
        if not packets or last:
            packets.append(Packet(otherwise))
        self._polling.poll_ended()
        poll.set_result(Answer(200, encode_payload(packets).encode()))
        if self._congested and self._waiting <= self._options.outbox.high_mark:
            self._congested = False
            self._driver.relieved()

    def _take(self) -> list[str | bytes]:
        """What waits, up to the size of a payload, and at least what was written at once."""
        taken: list[str | bytes] = []
        size = 0
        while self._out and (not taken or size + len(self._out[0]) <= self._options.max_payload):
            data = self._out.popleft()
            size += len(data)
            taken += split(data)
        self._waiting -= size
        return taken

    # Posts

    def _pump_soon(self) -> None:
        if self._in and not self._pumping:
            self._pumping = True
            asyncio.get_running_loop().call_soon(self._pump)

    def _pump(self) -> None:
        """Hand packets over until the session has enough for now."""
        self._pumping = False
        for _ in range(_AT_ONCE):
            if not self._in or self._paused or self._keeping or not self._polling.open:
                break
            self._driver.received(self._in.popleft())
        if not self._in or (self._keeping and sum(map(len, self._in)) <= self._options.max_payload):
            self._finish_post(OK)
        elif not self._paused and not self._keeping:
            self._pump_soon()

    def _finish_post(self, answer: Answer) -> None:
        post, self._post = self._post, None
        if post is not None:
            self._polling.post_ended()
            if not post.done():
                post.set_result(answer)

    def _end(self, *, farewell: PacketType, posted: Answer) -> None:
        if not self._polling.open:
            return
        self._polling.close()
        self._finish_poll(farewell, last=farewell is PacketType.CLOSE)
        self._in.clear()
        self._finish_post(posted)
        self._out.clear()
        self._waiting = 0
