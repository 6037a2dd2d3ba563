"""What one instance asks of the clients of all: who is there, answers of many, joining and leaving, disconnecting.

Questions go to every other instance by name and wait for its answer; orders are published and nobody is waited for.
Both name clients as an emit does: in one of some rooms (or sids), and in none of others.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from chorus.realtime.backplane.receivers import guarded
from chorus.realtime.errors import CallFailed
from chorus.realtime.server.client import Client
from chorus.realtime.server.hub import Hub
from chorus.realtime.server.names import EVERYBODY
from chorus.realtime.server.peers import Peers
from chorus.realtime.server.remote import Answers, Chosen, RemoteClient

_log = logging.getLogger(__name__)

_GRACE = 2.0
"""Seconds that an answer may take from one instance to another, beyond the clients' own time."""


class _Call(msgspec.Struct, frozen=True, array_like=True, tag="call"):
    chosen: Chosen
    event: str
    arguments: tuple[Any, ...]
    timeout: float


class _Ask(msgspec.Struct, frozen=True, array_like=True, tag="ask"):
    event: str
    arguments: tuple[Any, ...]


class _Move(msgspec.Struct, frozen=True, array_like=True, tag="move"):
    chosen: Chosen
    room: str
    into: bool


class _Disconnect(msgspec.Struct, frozen=True, array_like=True, tag="disconnect"):
    chosen: Chosen
    reason: str
    close: bool = False


class _Emit(msgspec.Struct, frozen=True, array_like=True, tag="emit"):
    sender: str
    event: str
    arguments: tuple[Any, ...]


_encode = msgspec.msgpack.Encoder().encode
_questions = msgspec.msgpack.Decoder(_Call | _Ask)
_orders = msgspec.msgpack.Decoder(_Move | _Disconnect | _Emit)
_answers = msgspec.msgpack.Decoder(Answers)


class Assembly:
    """One namespace's end of it."""

    def __init__(
        self,
        namespace: str,
        instance: str,
        hub: Hub[Client],
        peers: Peers,
        listeners: Mapping[str, Sequence[Callable[..., Any]]],
    ) -> None:
        """Args: listeners: who hears what the server says to itself on other instances, by event."""
        self._instance = instance
        self._hub = hub
        self._peers = peers
        self._backplane = hub.backplane
        self._topic = f"clients:{namespace}"
        self._channel = f"orders:{namespace}"
        self._listeners = listeners
        self._telling: set[asyncio.Future[Any]] = set()
        self._backplane.serve(instance, self._topic, self._hear_question)
        self._backplane.subscribe(self._channel, self._hear_order)

    def close(self) -> None:
        """Hear nothing any more."""
        self._backplane.unserve(self._instance, self._topic)
        self._backplane.directory.undeclare(self._hub.topic)
        self._backplane.unsubscribe(self._channel, self._hear_order)

    # Asking

    async def fetch(self, chosen: Chosen, *, local: bool) -> list[RemoteClient]:
        """Who is there: here, and as the directory knows it, at the other instances."""
        found = self._fetch_here(chosen)
        if not local:
            without = frozenset(chosen.without)
            for listed in await self._backplane.directory.find(self._hub.topic, chosen.names):
                if listed.key not in without and listed.labels.isdisjoint(without):
                    found.append(RemoteClient(listed.key, listed.labels - {EVERYBODY}, listed.instance))
        return found

    async def call(
        self, chosen: Chosen, event: str, arguments: tuple[Any, ...], *, timeout: float, local: bool
    ) -> Answers:
        """Send an event to all of them and gather their answers."""
        question = _Call(chosen, event, arguments, timeout)
        if local:
            return await self._call_here(question)
        here, (answered, silent) = await asyncio.gather(
            self._call_here(question), self._ask_all(question, timeout=timeout + _GRACE)
        )
        values, missing = here.values, here.missing
        for answer in map(_answers.decode, answered):
            values += answer.values
            missing += answer.missing
        return Answers(values, missing, silent)

    async def ask(self, event: str, arguments: tuple[Any, ...], *, timeout: float) -> Answers:
        """Have the other instances answer an event."""
        answered, silent = await self._ask_all(_Ask(event, arguments), timeout=timeout)
        return Answers([msgspec.msgpack.decode(answer) for answer in answered], 0, silent)

    # Ordering

    def move(self, chosen: Chosen, room: str, *, into: bool, local: bool) -> None:
        """Have all of them join or leave a room."""
        self._order(_Move(chosen, room, into), local=local)

    def disconnect(self, chosen: Chosen, reason: str, *, close: bool, local: bool) -> None:
        """Send all of them away."""
        self._order(_Disconnect(chosen, reason, close), local=local)

    def emit(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Tell the other instances."""
        self._order(_Emit(self._instance, event, arguments), local=False)

    # The others

    async def _ask_all(self, question: _Call | _Ask, *, timeout: float) -> tuple[list[bytes], tuple[str, ...]]:
        answers, silent = await self._peers.ask_all(self._topic, _encode(question), timeout=timeout)
        return list(answers.values()), silent

    async def _hear_question(self, message: bytes) -> bytes:
        question: _Call | _Ask = _questions.decode(message)
        match question:
            case _Call():
                return _encode(await self._call_here(question))
            case _Ask():
                return _encode(await self._answer_here(question))

    def _order(self, order: _Move | _Disconnect | _Emit, *, local: bool) -> None:
        self._hub.check_thread()
        if local:
            self._follow(order)
        else:
            self._backplane.publish(self._channel, _encode(order))

    def _hear_order(self, message: bytes) -> None:
        self._follow(_orders.decode(message))

    # Here

    def _fetch_here(self, chosen: Chosen) -> list[RemoteClient]:
        return [RemoteClient(client.sid, client.rooms, self._instance) for client in self._select(chosen)]

    async def _call_here(self, question: _Call) -> Answers:
        answers = await asyncio.gather(
            *(
                client.call(question.event, *question.arguments, timeout=question.timeout)
                for client in self._select(question.chosen)
            ),
            return_exceptions=True,
        )
        values: list[Any] = []
        missing = 0
        for answer in answers:
            if isinstance(answer, CallFailed):
                missing += 1
            elif isinstance(answer, BaseException):
                raise answer
            else:
                values.append(answer)
        return Answers(values, missing)

    async def _answer_here(self, question: _Ask) -> Any:
        listeners = self._listeners.get(question.event)
        if not listeners:
            raise LookupError(f"nobody listens to {question.event!r} of other instances")
        answer = listeners[0](*question.arguments)
        return await answer if hasattr(answer, "__await__") else answer

    def _follow(self, order: _Move | _Disconnect | _Emit) -> None:
        match order:
            case _Move():
                for client in self._select(order.chosen):
                    if order.into:
                        client.join(order.room)
                    else:
                        client.leave(order.room)
            case _Disconnect():
                for client in self._select(order.chosen):
                    client.disconnect(order.reason, close=order.close)
            case _Emit():
                if order.sender != self._instance:
                    for function in self._listeners.get(order.event, ()):
                        guarded(self._tell, function, order.arguments)

    def _tell(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        result = function(*arguments)
        if hasattr(result, "__await__"):
            task = asyncio.ensure_future(result)
            self._telling.add(task)
            task.add_done_callback(self._told)

    def _told(self, task: asyncio.Future[Any]) -> None:
        self._telling.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("a function that hears other instances failed", exc_info=error)

    def _select(self, chosen: Chosen) -> list[Client]:
        """Those of this instance who were let in."""
        found = self._hub.select(chosen.names, chosen.without)
        return [client for client in found if client.let_in]
