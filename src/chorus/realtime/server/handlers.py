"""The handlers of a namespace, and what their arguments must be.

    handlers = Handlers()
    handlers.add("message.send", send, payload=SendMessage)
    handlers.get("message.send").arguments([{"channel": 3, "text": "hi"}])    # (SendMessage(channel=3, text="hi"),)

A handler with a payload type takes one argument of that type. One without takes the event's arguments as they are, as
many as its signature allows.
"""

import inspect
from collections.abc import Callable
from copy import copy
from typing import Any

import msgspec

from chorus.realtime.errors import UsageError
from chorus.realtime.socketio.packets import check_event

Function = Callable[..., Any]
"""A plain or async function; plain ones are the faster, and must not block."""


class WrongPayload(Exception):
    """The arguments do not fit the handler; the text says what was found and expected."""


class Handler:
    """One function and what it takes."""

    __slots__ = ("_least", "_most", "_payload", "function")

    def __init__(self, function: Function, payload: Any = None, *, given: int = 1) -> None:
        """Args: given: arguments it gets besides the event's: the client."""
        self.function = function
        self._payload = payload
        self._least, self._most = _counts(function, given)
        if payload is not None and not self._least <= 1 <= self._most:
            raise UsageError(f"{function!r}: a handler with a payload takes (client, payload)")

    def arguments(self, found: list[Any]) -> tuple[Any, ...]:
        """What follows the client in the call.

        Raises:
            WrongPayload: it cannot be called with what was found.
        """
        if self._payload is not None:
            if len(found) != 1:
                raise WrongPayload(f"found {len(found)} arguments, expected 1")
            try:
                return (msgspec.convert(found[0], self._payload, str_keys=True),)
            except (msgspec.ValidationError, RecursionError) as error:
                raise WrongPayload(str(error)) from None
        if not self._least <= len(found) <= self._most:
            expected = f"{self._least}" if self._least == self._most else f"{self._least} to {self._most:g}"
            raise WrongPayload(f"found {len(found)} arguments, expected {expected}")
        return tuple(found)

    def told(self, event: str) -> "Handler":
        """The same, its function given the event after the client; what it takes was counted at its declaration."""
        function, telling = self.function, copy(self)

        def tell(client: Any, *arguments: Any) -> Any:
            return function(client, event, *arguments)

        telling.function = tell
        return telling


class Handlers:
    """By event name."""

    __slots__ = ("_by_event", "_for_others")

    def __init__(self) -> None:
        self._by_event: dict[str, Handler] = {}
        self._for_others: Handler | None = None

    def add(self, event: str, function: Function, payload: Any = None) -> None:
        """Declare the handler of an event.

        Raises:
            UsageError: the event has one already, or the name has a meaning in the clients, or the function cannot take
                the client and its payload.
        """
        check_event(event)
        if event in self._by_event:
            raise UsageError(f"event {event!r}: has a handler already")
        self._by_event[event] = Handler(function, payload)

    def add_for_others(self, function: Function) -> None:
        """Declare who handles events that have no handler of their own.

        Raises:
            UsageError: somebody does already, or it cannot take the client and the event.
        """
        if self._for_others is not None:
            raise UsageError("unknown events: have a handler already")
        self._for_others = Handler(function, given=2)

    def get(self, event: str) -> Handler | None:
        """The handler of an event, if there is one."""
        handler = self._by_event.get(event)
        if handler is None and self._for_others is not None:
            return self._for_others.told(event)
        return handler


def _counts(function: Function, given: int) -> tuple[int, float]:
    """How many arguments may follow those that are given: at least, at most."""
    least, most = 0, 0.0
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is parameter.VAR_POSITIONAL:
            most = float("inf")
        elif parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
            most += 1
            least += parameter.default is parameter.empty
    if most < given:
        what = "the client as its first argument" if given == 1 else "the client and the event"
        raise UsageError(f"{function!r}: a handler takes {what}")
    return max(0, least - given), most - given
