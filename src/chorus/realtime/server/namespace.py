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

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from chorus.realtime.backplane.contract import Backplane
from chorus.realtime.errors import UsageError
from chorus.realtime.handover.luggage import Luggage, Pack, Unpack
from chorus.realtime.server.assembly import Assembly
from chorus.realtime.server.broadcast import Broadcast, event_frame
from chorus.realtime.server.client import Client
from chorus.realtime.server.handlers import Function, Handlers
from chorus.realtime.server.hub import EVERYBODY, Hub, check_room_name
from chorus.realtime.server.recovery import Recovery
from chorus.realtime.server.remote import Chosen
from chorus.realtime.transport.frames import Frame

F = TypeVar("F", bound=Function)


class Namespace:
    """Made by `Server.namespace`."""

    def __init__(self, name: str, hub: Hub[Client], assembly: Assembly) -> None:
        self.name = name
        self.hub = hub
        self.assembly = assembly
        self.handlers = Handlers()
        self.luggage = Luggage[Client]()
        self.connect_handler: Function | None = None
        self.disconnect_handler: Function | None = None
        self.connect_middlewares: list[Function] = []
        self.event_middlewares: list[Function] = []
        self.recovery: Recovery | None = None

    # Handlers

    def on_connect(self, function: F) -> F:
        """Declare who lets clients in: `function(client, auth)`. Returning lets in; `ConnectRefused` does not.

        `auth` is what the client sent with CONNECT, a dict, {} when it sent nothing. Without such a handler all get in.
        """
        if self.connect_handler is not None:
            raise UsageError(f"{self.name}: has a connect handler already")
        self.connect_handler = function
        return function

    def on_disconnect(self, function: F) -> F:
        """Declare who hears that a client is gone: `function(client, reason)`, for each that was let in.

        Reasons are Socket.IO's: "transport close", "transport error", "ping timeout", "parse error", "client namespace
        disconnect", "server namespace disconnect", "server shutting down", "forced close"; and "slow consumer: …".
        """
        if self.disconnect_handler is not None:
            raise UsageError(f"{self.name}: has a disconnect handler already")
        self.disconnect_handler = function
        return function

    def on(self, event: str, *, payload: Any = None) -> Callable[[F], F]:
        """Declare the handler of an event: `function(client, *arguments)`; what it returns is the client's answer.

        With a `payload`, a type msgspec knows, the event has one argument of this type; anything else is answered
        `{"ok": false, "error": {"code": "invalid", …}}`, and the function is not called.

        Raises:
            UsageError: the event has a handler already, or the name is reserved.
        """

        def declare(function: F) -> F:
            self.handlers.add(event, function, payload)
            return function

        return declare

    def use(self, function: F) -> F:
        """Declare a middleware for connections: `function(client, auth)`, called before the connect handler.

        Those declared first are called first. `ConnectRefused` ends the way: the client stays outside.
        """
        self.connect_middlewares.append(function)
        return function

    def use_events(self, function: F) -> F:
        """Declare a middleware for events: `function(client, event, arguments)`, called before the event's handler.

        `arguments` is a list that may be changed. `EventRefused` ends the way: the client is answered so.
        """
        self.event_middlewares.append(function)
        return function

    def on_server_event(self, event: str) -> Callable[[F], F]:
        """Declare a plain function that hears `server_side_emit` of other instances: `function(*arguments)`."""

        def declare(function: F) -> F:
            self.assembly.listen(event, function)
            return function

        return declare

    def carry(self, name: str, pack: Pack[Client], unpack: Unpack[Client], *, state: bool = True) -> None:
        """Declare what goes along when a client moves to another process, which goes on without its noticing.

        `pack(client)` gives it, made of what MessagePack knows, and `unpack(client, given)` takes it over there.
        Without any such part a client moves when its `state` is None or plain data; others are disconnected instead.

        Args:
            name: says how it is written, "chat 1"; processes with other names refuse each other's clients.
            pack: called when the client is frozen; may raise NotMovable.
            unpack: called when it is in its rooms; `client.state` is for it to set.
            state: whether it restores `client.state`.
        """
        self.luggage.carry(name, pack, unpack, state=state)

    # Sending

    def to(self, room: str) -> Broadcast:
        """Address a room, or the one client of a sid; continue with `.to`, `.except_`, `.local`, `.emit` and others."""
        return self._broadcast(Chosen((check_room_name(room),)))

    def except_(self, room: str) -> Broadcast:
        """Address everybody but a room or sid."""
        return self._broadcast(Chosen((EVERYBODY,), (check_room_name(room),)))

    @property
    def everybody(self) -> Broadcast:
        """Address all clients of the namespace: for what is more than an emit."""
        return self._broadcast(Chosen((EVERYBODY,)))

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

    @property
    def backplane(self) -> Backplane:
        """What joins the instances."""
        return self.hub.backplane

    def _broadcast(self, chosen: Chosen) -> Broadcast:
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
