"""Many clients, put together step by step: `chat.to("a").to("b").except_(sid).emit("hello", 1)`."""

from typing import Any, Protocol

from chorus.realtime.server.hub import Hub
from chorus.realtime.server.names import check_joinable, check_room_name
from chorus.realtime.server.remote import Answers, Chosen, RemoteClient
from chorus.realtime.socketio.packets import check_event, encode_event
from chorus.realtime.transport.frames import Frame, packet_frame


class Others(Protocol):
    """What is asked of the clients of all instances (server/assembly.py)."""

    async def fetch(self, chosen: Chosen, *, local: bool) -> list[RemoteClient]:
        """Who is there."""
        ...

    async def call(
        self, chosen: Chosen, event: str, arguments: tuple[Any, ...], *, timeout: float, local: bool
    ) -> Answers:
        """Send and gather answers."""
        ...

    def move(self, chosen: Chosen, room: str, *, into: bool, local: bool) -> None:
        """Have them join or leave."""
        ...

    def disconnect(self, chosen: Chosen, reason: str, *, close: bool, local: bool) -> None:
        """Send them away."""
        ...


class Broadcast:
    """Whom to reach; `emit` sends. Each step gives a new one, so they can be kept and shared."""

    __slots__ = ("_chosen", "_hub", "_local", "_namespace", "_others", "_volatile")

    def __init__(
        self,
        namespace: str,
        hub: Hub[Any],
        others: Others,
        chosen: Chosen,
        *,
        local: bool = False,
        volatile: bool = False,
    ) -> None:
        self._namespace = namespace
        self._hub = hub
        self._others = others
        self._chosen = chosen
        self._local = local
        self._volatile = volatile

    # Whom

    def to(self, *rooms: str) -> "Broadcast":
        """Also the members of these rooms; a sid is the room of that client alone. Each client gets it once."""
        names, without = self._chosen.names, self._chosen.without
        return self._with(Chosen((*names, *map(check_room_name, rooms)), without))

    def except_(self, *rooms: str) -> "Broadcast":
        """But not the members of these rooms, or the clients of these sids."""
        names, without = self._chosen.names, self._chosen.without
        return self._with(Chosen(names, (*without, *map(check_room_name, rooms))))

    @property
    def local(self) -> "Broadcast":
        """Only those of this instance."""
        return self._with(self._chosen, local=True)

    @property
    def volatile(self) -> "Broadcast":
        """For `emit`: not those whose socket is congested; what soon is worthless need not wait."""
        return self._with(self._chosen, volatile=True)

    # What

    def emit(self, event: str, *args: object) -> None:
        """Send to all of them, on all instances, at most once each; nobody is waited for.

        Raises:
            UsageError: the event's name is reserved.
            TypeError: an argument cannot become JSON.
        """
        frame = event_frame(self._namespace, event, *args, veiled=self._hub.veils)
        chosen = self._chosen
        if self._local:
            self._hub.emit_here(chosen.names, frame, chosen.without, volatile=self._volatile)
        else:
            self._hub.emit(chosen.names, frame, chosen.without, volatile=self._volatile)

    async def call(self, event: str, *args: object, timeout: float = 20.0) -> Answers:
        """Send to all of them and wait until each has answered, or `timeout` seconds.

        Raises:
            UsageError: the event's name is reserved.
            TypeError: an argument cannot become JSON, or cannot travel to another instance.
        """
        check_event(event)
        return await self._others.call(self._chosen, event, args, timeout=timeout, local=self._local)

    async def fetch_sockets(self) -> list[RemoteClient]:
        """Who they are, on all instances, as it was a moment ago; those of an instance that died, for 3.5 s at most.

        The clients of an instance that lives are never left out. Just after Redis lost everything, or was away for
        seconds, it waits until every instance that was there has told its own again, or died: 3.5 s at most.

        Raises:
            BackplaneUnavailable: what joins the instances does not say.
        """
        return await self._others.fetch(self._chosen, local=self._local)

    def sockets_join(self, room: str) -> None:
        """Put all of them into a room; a moment later on other instances.

        Raises:
            UsageError: as `Client.join`.
        """
        self._others.move(self._chosen, check_joinable(room), into=True, local=self._local)

    def sockets_leave(self, room: str) -> None:
        """Take all of them out of a room, likewise."""
        self._others.move(self._chosen, check_room_name(room), into=False, local=self._local)

    def disconnect_sockets(self, reason: str = "server namespace disconnect", *, close: bool = False) -> None:
        """Send all of them away from this namespace, or with `close` end their sessions; see `Client.disconnect`."""
        self._others.disconnect(self._chosen, reason, close=close, local=self._local)

    def _with(self, chosen: Chosen, *, local: bool = False, volatile: bool = False) -> "Broadcast":
        return Broadcast(
            self._namespace,
            self._hub,
            self._others,
            chosen,
            local=local or self._local,
            volatile=volatile or self._volatile,
        )


def event_frame(namespace: str, event: str, *args: object, ack_id: int | None = None, veiled: bool = False) -> Frame:
    """Encode an event once, for however many. JSON goes in as it is by `msgspec.Raw(json)`.

    Clients that recover take any text that comes last for their offset, so there a null is put behind it: `veiled`. Not
    when an answer is asked for: what comes last in the client is then the function that gives it.
    """
    check_event(event)
    text, attachments = encode_event(namespace, (event, *args), ack_id)
    if veiled and text.endswith(b'"]') and ack_id is None:
        text = b"".join((text[:-1], b",null]"))
    return packet_frame(text, attachments)
