"""Who is where, on all instances: what the admin endpoint tells. Every list has a bound, and says when it was reached.

    census = Census(server, peers)
    census.start()                                        # answers other instances from now on
    await census.instances()                              # Instances([Instance("0", 12, {"/": Size(12, 3)})])
    await census.rooms("/", limit=100)                    # Rooms({"lobby": 9, "kitchen": 4}, …)
    await census.sockets("/", room="lobby", limit=100)

Numbers of different instances are from slightly different moments.
"""

from collections import Counter
from collections.abc import Iterable
from itertools import islice
from typing import Protocol

import msgspec

from chorus.realtime.backplane.contract import Backplane
from chorus.realtime.server.names import EVERYBODY
from chorus.realtime.server.namespace import Namespace
from chorus.realtime.server.peers import Peers
from chorus.realtime.server.remote import RemoteClient

_TOPIC = "census"
_TIMEOUT = 3.0
"""Seconds in which another instance answers."""

MOST = 1_000
"""Rooms or sockets that one question may ask for, of each instance."""


class Size(msgspec.Struct, frozen=True):
    """Of a namespace, on one instance."""

    clients: int
    rooms: int


class Instance(msgspec.Struct, frozen=True):
    """One of them."""

    instance: str
    sessions: int
    """Connections; each may be in several namespaces, or in none yet."""

    namespaces: dict[str, Size]


class Instances(msgspec.Struct, frozen=True):
    """All of them."""

    instances: list[Instance]
    silent: tuple[str, ...]
    """Those that are known and did not answer."""


class Rooms(msgspec.Struct, frozen=True):
    """Clients in each room: the largest ones first."""

    rooms: dict[str, int]
    more: bool
    """Whether there are further ones, on one instance at least."""

    silent: tuple[str, ...]


class Sockets(msgspec.Struct, frozen=True):
    """Clients, in no order."""

    sockets: list[RemoteClient]
    more: bool
    silent: tuple[str, ...]


class _AskInstance(msgspec.Struct, frozen=True, array_like=True, tag="instance"):
    pass


class _AskRooms(msgspec.Struct, frozen=True, array_like=True, tag="rooms"):
    namespace: str
    limit: int


class _AskSockets(msgspec.Struct, frozen=True, array_like=True, tag="sockets"):
    namespace: str
    room: str
    limit: int


_encode = msgspec.msgpack.Encoder().encode
_questions = msgspec.msgpack.Decoder(_AskInstance | _AskRooms | _AskSockets)
_instance = msgspec.msgpack.Decoder(Instance)
_rooms = msgspec.msgpack.Decoder(list[tuple[str, int]])
_sockets = msgspec.msgpack.Decoder(list[RemoteClient])


class House(Protocol):
    """What is needed of the server."""

    instance: str
    backplane: Backplane

    def __len__(self) -> int:
        """Sessions."""
        ...

    @property
    def all_namespaces(self) -> Iterable[Namespace]:
        """Those there are here."""
        ...


class Census:
    """One instance's end of it."""

    def __init__(self, server: House, peers: Peers) -> None:
        self._server = server
        self._peers = peers
        self._started = False

    def start(self) -> None:
        """Answer the other instances from now on."""
        if not self._started:
            self._started = True
            self._server.backplane.serve(self._server.instance, _TOPIC, self._hear)

    def close(self) -> None:
        """End that."""
        self._server.backplane.unserve(self._server.instance, _TOPIC)
        self._started = False

    async def instances(self) -> Instances:
        """All of them, by name."""
        answers, silent = await self._peers.ask_all(_TOPIC, _encode(_AskInstance()), timeout=_TIMEOUT)
        found = [self._instance_here(), *map(_instance.decode, answers.values())]
        return Instances(sorted(found, key=lambda each: each.instance), silent)

    async def rooms(self, namespace: str, *, limit: int) -> Rooms:
        """The largest rooms of a namespace: of each instance the `limit` largest there, and of these the largest."""
        question = _AskRooms(namespace, min(limit, MOST))
        answers, silent = await self._peers.ask_all(_TOPIC, _encode(question), timeout=_TIMEOUT)
        found = [self._rooms_here(question), *map(_rooms.decode, answers.values())]
        total = Counter[str]()
        for rooms in found:
            total.update(dict(rooms))
        more = any(len(rooms) > question.limit for rooms in found) or len(total) > question.limit
        return Rooms(dict(total.most_common(question.limit)), more, silent)

    async def sockets(self, namespace: str, *, room: str = EVERYBODY, limit: int) -> Sockets:
        """Clients of a namespace, or of one of its rooms."""
        question = _AskSockets(namespace, room, min(limit, MOST))
        answers, silent = await self._peers.ask_all(_TOPIC, _encode(question), timeout=_TIMEOUT)
        found = [self._sockets_here(question), *map(_sockets.decode, answers.values())]
        sockets = [each for part in found for each in part]
        return Sockets(sockets[: question.limit], len(sockets) > question.limit, silent)

    # Here

    async def _hear(self, message: bytes) -> bytes:
        question: _AskInstance | _AskRooms | _AskSockets = _questions.decode(message)
        match question:
            case _AskInstance():
                return _encode(self._instance_here())
            case _AskRooms():
                return _encode(self._rooms_here(question))
            case _AskSockets():
                return _encode(self._sockets_here(question))

    def _instance_here(self) -> Instance:
        sizes = {each.name: _size(each) for each in self._server.all_namespaces}
        return Instance(self._server.instance, len(self._server), sizes)

    def _rooms_here(self, question: _AskRooms) -> list[tuple[str, int]]:
        """One more than asked for, when there are more."""
        namespace = self._find(question.namespace)
        rooms = Counter(namespace.hub.sizes() if namespace is not None else {})
        return rooms.most_common(question.limit + 1)

    def _sockets_here(self, question: _AskSockets) -> list[RemoteClient]:
        namespace = self._find(question.namespace)
        if namespace is None:
            return []
        members = islice(namespace.hub.members(question.room), question.limit + 1)
        return [RemoteClient(client.sid, client.rooms, self._server.instance) for client in members]

    def _find(self, name: str) -> Namespace | None:
        return next((each for each in self._server.all_namespaces if each.name == name), None)


def _size(namespace: Namespace) -> Size:
    return Size(len(namespace.hub.members(EVERYBODY)), len(namespace.hub.sizes()))
