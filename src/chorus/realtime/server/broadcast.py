"""An emit to many, put together step by step: `chat.to("a").to("b").except_(sid).emit("hello", 1)`."""

from typing import Any

from chorus.realtime.server.hub import Hub, check_room_name
from chorus.realtime.socketio.packets import Packet, PacketType, check_event, encode
from chorus.realtime.transport.frames import Frame, packet_frame


class Broadcast:
    """Whom to reach; `emit` sends. Each step gives a new one, so they can be kept and shared."""

    __slots__ = ("_hub", "_names", "_namespace", "_without")

    def __init__(self, namespace: str, hub: Hub[Any], names: tuple[str, ...], without: tuple[str, ...] = ()) -> None:
        self._namespace = namespace
        self._hub = hub
        self._names = names
        self._without = without

    def to(self, room: str) -> "Broadcast":
        """Also the members of this room; a sid is the room of that client alone. Each client gets it once."""
        return Broadcast(self._namespace, self._hub, (*self._names, check_room_name(room)), self._without)

    def except_(self, room: str) -> "Broadcast":
        """But not the members of this room, or the client of this sid."""
        return Broadcast(self._namespace, self._hub, self._names, (*self._without, check_room_name(room)))

    def emit(self, event: str, *args: object) -> None:
        """Send to all of them, on all instances, at most once each; nobody is waited for.

        Raises:
            UsageError: the event's name is reserved.
            TypeError: an argument cannot become JSON.
        """
        self._hub.emit(self._names, event_frame(self._namespace, event, *args), self._without)


def event_frame(namespace: str, event: str, *args: object, ack_id: int | None = None) -> Frame:
    """Encode an event once, for however many. JSON goes in as it is by `msgspec.Raw(json)`."""
    check_event(event)
    return packet_frame(*encode(Packet(PacketType.EVENT, namespace, (event, *args), ack_id)))
