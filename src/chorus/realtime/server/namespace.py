"""One namespace: its handlers, its clients, and the way to all of them.

chat = server.namespace("/")

@chat.on_connect
async def connect(client, auth):
    if "token" not in auth:
        raise ConnectRefused("Not signed in")

@chat.on("say", payload=Say)
async def say(client, payload):
    chat.to(payload.room).except_(client.sid).emit("said", payload.text)
    return {"ok": True}                  # the answer, when the client asked for one
"""

from collections.abc import Iterable

from chorus.realtime.backplane.contract import Backplane
from chorus.realtime.errors import UsageError
from chorus.realtime.server.admission import Admission
from chorus.realtime.server.assembly import Assembly
from chorus.realtime.server.broadcast import Broadcast, event_frame
from chorus.realtime.server.client import Client
from chorus.realtime.server.declarations import Declarations, Declared
from chorus.realtime.server.handling import EventHandling
from chorus.realtime.server.hub import Hub
from chorus.realtime.server.names import EVERYBODY, check_room_name
from chorus.realtime.server.recovery import Recovery
from chorus.realtime.server.remote import Answers, Chosen
from chorus.realtime.transport.frames import Frame


class Namespace(Declarations):
    """Made by `Server.namespace`, or by the first client of a pattern."""

    def __init__(self, name: str, hub: Hub[Client], assembly: Assembly, declared: Declared) -> None:
        super().__init__(name, declared)
        self.hub = hub
        self.assembly = assembly
        self.events = EventHandling(name, declared)
        self.admission = Admission(name, declared)
        self.recovery: Recovery | None = None

    # Sending

    def to(self, *rooms: str) -> Broadcast:
        """Address rooms, or the one client of a sid; continue with `.to`, `.except_`, `.local`, `.emit` and others."""
        for room in rooms:
            if room.__class__ is not str or not room:  # without a call for each name of each emit
                check_room_name(room)
        return self.address(Chosen(rooms))

    def except_(self, *rooms: str) -> Broadcast:
        """Address everybody but rooms or sids."""
        return self.address(Chosen((EVERYBODY,), tuple(map(check_room_name, rooms))))

    @property
    def everybody(self) -> Broadcast:
        """Address all clients of the namespace: for what is more than an emit."""
        return self.address(Chosen((EVERYBODY,)))

    @property
    def local(self) -> Broadcast:
        """Address all clients of the namespace on this instance."""
        return self.everybody.local

    @property
    def volatile(self) -> Broadcast:
        """Address all clients of the namespace but those whose sockets are congested."""
        return self.everybody.volatile

    def emit(self, event: str, *args: object) -> None:
        """Send to all clients of the namespace, on all instances, at most once each; nobody is waited for."""
        self.everybody.emit(event, *args)

    def server_side_emit(self, event: str, *args: object) -> None:
        """Tell the other instances, at most once each; not this one. Arguments are what msgpack can carry."""
        self.assembly.emit(event, args)

    async def server_side_call(self, event: str, *args: object, timeout: float = 5.0) -> Answers:
        """Ask the other instances and wait for what they answer, or `timeout` seconds.

        An instance where nobody listens to the event, or where that failed, is among the `silent`.
        """
        return await self.assembly.ask(event, args, timeout=timeout)

    @property
    def backplane(self) -> Backplane:
        """What joins the instances."""
        return self.hub.backplane

    def address(self, chosen: Chosen) -> Broadcast:
        """Address these clients: for the library."""
        return Broadcast(self.name, self.hub, self.assembly, chosen)

    # What concerns this instance alone

    def recover_by(self, recovery: Recovery) -> None:
        """Let clients recover their durable rooms. Events that end with a text then have a null behind it.

        Raises:
            UsageError: other durable rooms of the namespace do so already.
        """
        if self.recovery is not None:
            raise UsageError(f"{self.name}: has durable rooms already whose clients recover")
        self.recovery = recovery
        self.hub.veils = True

    @property
    def is_empty(self) -> bool:
        """Whether it has no clients here, let in or about to be."""
        return self.hub.is_empty

    def close(self) -> None:
        """Hear nothing of other instances any more: for the library."""
        self.hub.end_overlap()
        self.assembly.close()

    def encode(self, event: str, *args: object, bare: bool = False) -> Frame:
        """Encode an event once, for `deliver` and `Client.send_frame`. JSON goes in as it is by `msgspec.Raw(json)`.

        `bare` leaves out the null that hides a text from clients that recover.

        Raises:
            UsageError: the event's name is reserved.
            TypeError: an argument cannot become JSON.
        """
        return event_frame(self.name, event, *args, veiled=self.hub.veils and not bare)

    def deliver(self, room: str, frame: Frame) -> None:
        """Send a frame to the members of a room on this instance, at the end of this tick."""
        self.hub.deliver(room, frame)

    def clients(self) -> Iterable[Client]:
        """Those of this instance who were let in."""
        return tuple(self.hub.members(EVERYBODY))

    def members(self, room: str) -> frozenset[Client]:
        """Those of this instance who are in a room."""
        return frozenset(self.hub.members(check_room_name(room)))
