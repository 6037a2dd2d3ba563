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
from chorus.realtime.server.broadcast import Broadcast, event_frame
from chorus.realtime.server.client import Client
from chorus.realtime.server.handlers import Function, Handlers
from chorus.realtime.server.hub import EVERYBODY, Hub, check_room_name
from chorus.realtime.transport.frames import Frame

F = TypeVar("F", bound=Function)


class Namespace:
    """Made by `Server.namespace`."""

    def __init__(self, name: str, hub: Hub[Client]) -> None:
        self.name = name
        self.hub = hub
        self.handlers = Handlers()
        self.connect_handler: Function | None = None
        self.disconnect_handler: Function | None = None

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

    # Sending

    def to(self, room: str) -> Broadcast:
        """Address a room, or the one client of a sid; continue with `.to`, `.except_`, `.emit`."""
        return Broadcast(self.name, self.hub, (check_room_name(room),))

    def except_(self, room: str) -> Broadcast:
        """Address everybody but a room or sid."""
        return Broadcast(self.name, self.hub, (EVERYBODY,), (check_room_name(room),))

    def emit(self, event: str, *args: object) -> None:
        """Send to all clients of the namespace, on all instances, at most once each; nobody is waited for."""
        Broadcast(self.name, self.hub, (EVERYBODY,)).emit(event, *args)

    @property
    def backplane(self) -> Backplane:
        """What joins the instances."""
        return self.hub.backplane

    # What concerns this instance alone

    def encode(self, event: str, *args: object) -> Frame:
        """Encode an event once, for `deliver` and `Client.send_frame`. JSON goes in as it is by `msgspec.Raw(json)`.

        Raises:
            UsageError: the event's name is reserved.
            TypeError: an argument cannot become JSON.
        """
        return event_frame(self.name, event, *args)

    def deliver(self, room: str, frame: Frame) -> None:
        """Send a frame to the members of a room on this instance, at the end of this tick."""
        self.hub.deliver(room, frame)

    def clients(self) -> Iterable[Client]:
        """Those of this instance who were let in."""
        return tuple(self.hub.members(EVERYBODY))

    def members(self, room: str) -> frozenset[Client]:
        """Those of this instance who are in a room."""
        return frozenset(self.hub.members(check_room_name(room)))
