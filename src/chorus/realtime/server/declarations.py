"""What an application declares of a namespace, or of all namespaces whose name matches: who is called for what."""

from collections.abc import Callable
from typing import Any, TypeVar

from chorus.realtime.errors import UsageError
from chorus.realtime.handover.luggage import Luggage, Pack, Ready, Unpack
from chorus.realtime.server.client import Client
from chorus.realtime.server.handlers import Function, Handlers
from chorus.realtime.server.names import check_is_event
from chorus.realtime.server.signatures import check_takes

F = TypeVar("F", bound=Function)


class Declared:
    """What was declared; namespaces of one pattern share it."""

    def __init__(self) -> None:
        self.handlers = Handlers()
        self.luggage = Luggage[Client]()
        self.connect_handler: Function | None = None
        self.disconnecting_handler: Function | None = None
        self.disconnect_handler: Function | None = None
        self.connect_middlewares: list[Function] = []
        self.event_middlewares: list[Function] = []
        self.listeners: dict[str, list[Function]] = {}
        """Who hears `server_side_emit`, by event."""

    @property
    def lets_all_in(self) -> bool:
        """Whether nobody is asked before a client gets in."""
        return self.connect_handler is None and not self.connect_middlewares


class Declarations:
    """The decorators of a namespace and of a pattern."""

    def __init__(self, name: str, declared: Declared) -> None:
        self.name = name
        self.declared = declared

    def on_connect(self, function: F) -> F:
        """Declare who lets clients in: `function(client, auth)`. Returning lets in; `ConnectRefused` does not.

        `auth` is what the client sent with CONNECT, a dict, {} when it sent nothing. Without such a handler all get in.
        """
        self._check_free("connect", self.declared.connect_handler)
        check_takes(function, "a connect handler", "client", "auth")
        self.declared.connect_handler = function
        return function

    def on_disconnecting(self, function: F) -> F:
        """Declare a plain function that hears that a client goes: `function(client, reason)`, while it is in its rooms.

        Called at once, before `on_disconnect`'s, for each that was let in. Must not block.
        """
        self._check_free("disconnecting", self.declared.disconnecting_handler)
        check_takes(function, "a disconnecting handler", "client", "reason")
        self.declared.disconnecting_handler = function
        return function

    def on_disconnect(self, function: F) -> F:
        """Declare who hears that a client is gone: `function(client, reason)`, for each that was let in.

        Reasons are Socket.IO's: "transport close", "transport error", "ping timeout", "parse error", "client namespace
        disconnect", "server namespace disconnect", "server shutting down", "forced close"; and "slow consumer: …".
        """
        self._check_free("disconnect", self.declared.disconnect_handler)
        check_takes(function, "a disconnect handler", "client", "reason")
        self.declared.disconnect_handler = function
        return function

    def on(self, event: str, *, payload: Any = None) -> Callable[[F], F]:
        """Declare the handler of an event: `function(client, *arguments)`; what it returns is the client's answer.

        With a `payload`, a type msgspec knows, the event has one argument of this type; anything else is answered
        `{"ok": false, "error": {"code": "invalid", …}}`, and the function is not called.

        Raises:
            UsageError: the event has a handler already, or the name is reserved, or the function cannot take it.
        """
        check_is_event(event, "on")

        def declare(function: F) -> F:
            self.declared.handlers.add(event, function, payload)
            return function

        return declare

    def on_unknown(self, function: F) -> F:
        """Declare who handles events that have no handler of their own: `function(client, event, *arguments)`.

        Without it such an event is answered `{"ok": false, "error": {"code": "unknown_event", …}}`, if at all.
        """
        self.declared.handlers.add_for_others(function)
        return function

    def use(self, function: F) -> F:
        """Declare a middleware for connections: `function(client, auth)`, called before the connect handler.

        Those declared first are called first. `ConnectRefused` ends the way: the client stays outside.
        """
        check_takes(function, "a middleware for connections", "client", "auth")
        self.declared.connect_middlewares.append(function)
        return function

    def use_events(self, function: F) -> F:
        """Declare a middleware for events: `function(client, event, arguments)`, called before the event's handler.

        `arguments` is a list that may be changed. `EventRefused` ends the way: the client is answered so.
        """
        check_takes(function, "a middleware for events", "client", "event", "arguments")
        self.declared.event_middlewares.append(function)
        return function

    def on_server_event(self, event: str) -> Callable[[F], F]:
        """Declare who hears `server_side_emit` and `server_side_call` of other instances: `function(*arguments)`.

        What the first such function returns, or its awaitable gives, is the answer to a call.

        Raises:
            UsageError: the event is no text.
        """
        check_is_event(event, "on_server_event")

        def declare(function: F) -> F:
            self.declared.listeners.setdefault(event, []).append(function)
            return function

        return declare

    def carry(
        self,
        name: str,
        pack: Pack[Client],
        unpack: Unpack[Client],
        *,
        state: bool = True,
        ready: Ready[Client] | None = None,
    ) -> None:
        """Declare what goes along when a client moves to another process, which goes on without its noticing.

        `pack(client)` gives it, made of what MessagePack knows, and `unpack(client, given)` takes it over there.
        Without any such part a client moves when its `state` is None or plain data; others are disconnected instead.

        Args:
            name: says how it is written, "chat 1"; processes with other names refuse each other's clients.
            pack: called when the client is frozen; may raise NotMovable.
            unpack: called when it is in its rooms; `client.state` is for it to set.
            state: whether it restores `client.state`.
            ready: whether `pack` would give this client now; one that is not moves a moment later, or not at all.
        """
        self.declared.luggage.carry(name, pack, unpack, state=state, ready=ready)

    def _check_free(self, what: str, handler: Function | None) -> None:
        if handler is not None:
            raise UsageError(f"{self.name}: has a {what} handler already")
