"""What a namespace makes of the events of its clients: middlewares, the handler, and what the client is answered.

There is one for all clients of a namespace. A handler's failure is its application's: it is logged, its client is told
that it was, and everybody else goes on.
"""

import asyncio
import logging
import sys
from collections.abc import Awaitable
from typing import Any, Protocol

import msgspec

from chorus.realtime.errors import EventRefused, Unavailable
from chorus.realtime.server.handlers import Function, Handlers, WrongPayload
from chorus.realtime.socketio.packets import Packet, PacketType, encode
from chorus.realtime.transport.frames import Frame, packet_frame

_log = logging.getLogger(__name__)

_UNWRITABLE = (TypeError, ValueError, msgspec.MsgspecError, RecursionError)
"""What is raised for an answer that cannot become JSON, or has no end."""


class Recipient(Protocol):
    """What is needed of a client. One that is gone takes what it is sent, and drops it."""

    def emit(self, event: str, *args: object) -> None:
        """Send it an event."""
        ...

    def send_frame(self, frame: Frame) -> None:
        """Send it a frame."""
        ...


class Declared(Protocol):
    """What an application declared for events."""

    handlers: Handlers
    event_middlewares: list[Function]


class EventHandling:
    """Of one namespace."""

    def __init__(self, namespace: str, declared: Declared) -> None:
        self._namespace = namespace
        self._declared = declared

    def handle(self, client: Recipient, packet: Packet) -> Awaitable[None] | None:
        """Handle an EVENT of a client that was let in: at once, or by what is to be awaited. Neither raises."""
        event, *found = packet.data
        if self._declared.event_middlewares:
            return self._pass_middlewares(client, packet.id, event, found)
        return self._dispatch(client, packet.id, event, found)

    async def _pass_middlewares(self, client: Recipient, ack_id: int | None, event: str, found: list[Any]) -> None:
        try:
            for function in self._declared.event_middlewares:
                result = function(client, event, found)
                if hasattr(result, "__await__"):
                    await result
        except EventRefused as refused:
            self._refused(client, ack_id, event, refused)
        except (Exception, asyncio.CancelledError):
            if asked_to_stop():
                raise
            self._failed(client, ack_id, event)
        else:
            unfinished = self._dispatch(client, ack_id, event, found)
            if unfinished is not None:
                await unfinished

    def _dispatch(self, client: Recipient, ack_id: int | None, event: str, found: list[Any]) -> Awaitable[None] | None:
        handler = self._declared.handlers.get(event)
        if handler is None:
            if ack_id is not None:
                self._answer_error(client, ack_id, event, "unknown_event", f"no handler for {event[:100]!r}")
            return None
        try:
            result = handler.function(client, *handler.arguments(found))
        except WrongPayload as error:
            self._answer_error(client, ack_id, event, "invalid", str(error))
            return None
        except EventRefused as refused:
            self._refused(client, ack_id, event, refused)
            return None
        except Exception:  # noqa: BLE001 - a handler's failure is its application's; this client is told, others go on
            self._failed(client, ack_id, event)
            return None
        if result is not None and hasattr(result, "__await__"):
            return self._finish_event(client, result, ack_id, event)
        if ack_id is not None:
            self._answer(client, ack_id, event, result)
        return None

    async def _finish_event(self, client: Recipient, awaitable: Awaitable[Any], ack_id: int | None, event: str) -> None:
        try:
            result = await awaitable
        except asyncio.CancelledError:
            if asked_to_stop():
                raise
            self._failed(client, ack_id, event)
        except EventRefused as refused:
            self._refused(client, ack_id, event, refused)
        except Exception:  # noqa: BLE001 - as above
            self._failed(client, ack_id, event)
        else:
            self._answer(client, ack_id, event, result)

    def _failed(self, client: Recipient, ack_id: int | None, event: str) -> None:
        error = sys.exception()
        if isinstance(error, Unavailable):  # it says everything; with a traceback each, an outage would fill the disk
            _log.warning("the handler of %r failed: %s", event, error)
            self._answer_error(client, ack_id, event, "unavailable", "not available at the moment", retryable=True)
            return
        _log.exception("the handler of %r failed", event)
        self._answer_error(client, ack_id, event, "internal", "the server failed to handle this", retryable=True)

    def _answer(self, client: Recipient, ack_id: int | None, event: str, result: object) -> None:
        if ack_id is None:
            return
        values = [] if result is None else list(result) if isinstance(result, tuple) else [result]  # type: ignore[arg-type]
        try:
            frame = packet_frame(*encode(Packet(PacketType.ACK, self._namespace, values, ack_id)))
        except _UNWRITABLE:
            self._failed(client, ack_id, event)
        else:
            client.send_frame(frame)

    def _refused(self, client: Recipient, ack_id: int | None, event: str, refused: EventRefused) -> None:
        more = {"data": refused.data, "retry_after": refused.retry_after}
        said = {name: value for name, value in more.items() if value is not None}
        self._answer_error(client, ack_id, event, refused.code, refused.message, retryable=refused.retryable, **said)

    def _answer_error(
        self,
        client: Recipient,
        ack_id: int | None,
        event: str,
        code: str,
        detail: str,
        *,
        retryable: bool = False,
        **more: object,
    ) -> None:
        """Tell the client what went wrong: as the answer it waits for, or else as an event "error"."""
        error: dict[str, object] = {"code": code, "detail": detail, "retryable": retryable, **more}
        if ack_id is not None:
            self._answer(client, ack_id, event, {"ok": False, "error": error})
            return
        try:
            client.emit("error", {"event": event, **error})
        except _UNWRITABLE:  # what it was refused with
            self._failed(client, ack_id, event)


def asked_to_stop() -> bool:
    """Whether this task is being cancelled; otherwise a CancelledError came out of something the handler awaited."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
