"""What a namespace makes of the coming and going of its clients: middlewares, connect handler, disconnect handler.

There is one for all clients of a namespace, as there is one for their events (server/handling.py). A handler's failure
is its application's: it is logged, its client stays outside, and everybody else goes on.
"""

import asyncio
import logging
from collections.abc import Awaitable
from typing import Any, Protocol

from chorus.realtime.errors import ConnectRefused
from chorus.realtime.server.handlers import Function
from chorus.realtime.server.handling import asked_to_stop
from chorus.realtime.server.recovery import Recovery
from chorus.realtime.server.stage import Audience

_log = logging.getLogger(__name__)


class Newcomer(Audience, Protocol):
    """What is needed of a client."""

    def admit(self) -> None:
        """Let it in."""
        ...

    def turn_away(self, message: str, data: object) -> None:
        """Tell it that it is not let in, and why."""
        ...


class Declared(Protocol):
    """What an application declared for it."""

    connect_middlewares: list[Function]
    connect_handler: Function | None
    disconnect_handler: Function | None


class Admission:
    """Of one namespace."""

    def __init__(self, namespace: str, declared: Declared) -> None:
        self._namespace = namespace
        self._declared = declared

    async def decide(self, client: Newcomer, auth: dict[str, Any], recovery: Recovery | None) -> None:
        """Ask all who have a say, and let the client in or not. Never raises."""
        try:
            for function in (*self._declared.connect_middlewares, self._declared.connect_handler):
                result: Any = function(client, auth) if function is not None else None
                if hasattr(result, "__await__"):
                    await result
            if recovery is not None:
                await recovery.decide(client)
        except ConnectRefused as refused:
            client.turn_away(refused.message, refused.data)
        except (Exception, asyncio.CancelledError):
            # The application's own code: it may raise anything, also what something it awaited was cancelled with.
            if asked_to_stop():
                raise
            _log.exception("the connect handler of %s failed", self._namespace)
            client.turn_away("Internal server error", None)
        else:
            client.admit()

    def bid_farewell(self, client: Newcomer, reason: str) -> Awaitable[None] | None:
        """Have the disconnect handler hear of it. A plain one runs at once: with thousands of clients that go together,
        a task for each would be most of the work.
        """
        handler = self._declared.disconnect_handler
        if handler is None:
            return None
        try:
            result = handler(client, reason)
        except Exception:  # noqa: BLE001 - as of events: its application's failure, and others go on
            _log.exception("the disconnect handler of %s failed", self._namespace)
            return None
        return self._finish_farewell(result) if hasattr(result, "__await__") else None

    async def _finish_farewell(self, handling: Awaitable[Any]) -> None:
        try:
            await handling
        except (Exception, asyncio.CancelledError):  # as above
            if asked_to_stop():
                raise
            _log.exception("the disconnect handler of %s failed", self._namespace)
