"""Where the servers are that an address stands for: one, the master that sentinels name, or the masters of a cluster.

layout = await find_layout(settings)
[place.address.place for place in layout.places]        # ['10.0.0.1:7000', '10.0.0.2:7000', '10.0.0.3:7000']
layout.sharded                                          # True: SSUBSCRIBE and SPUBLISH, each at the slot's owner
"""

from collections.abc import Sequence
from typing import Any, cast

import hiredis
import msgspec

from chorus.realtime.backplane.contract import BackplaneUnavailable
from chorus.realtime.backplane.link import Reply, ask_once
from chorus.realtime.backplane.settings import RedisAddress, RedisSettings, Topology
from chorus.realtime.backplane.slots import SLOTS, slot_of

Ranges = tuple[tuple[int, int], ...]
"""First and last slot of each range."""

_WRONG_KIND = (
    ("cluster support disabled", "it is no part of a cluster: redis:// is for one server"),
    ("unknown command 'SENTINEL'", "it is no sentinel: redis+sentinel:// names those, redis:// is for one server"),
)
"""What a server says that is not of the kind its URL says, and what that means."""

_ALL: Ranges = ((0, SLOTS - 1),)


class Place(msgspec.Struct, frozen=True):
    """One server and the slots it owns."""

    address: RedisAddress
    slots: Ranges = _ALL


class Layout(msgspec.Struct, frozen=True):
    """The servers, and how to publish there. A server may own nothing, and a slot nobody."""

    places: tuple[Place, ...]
    sharded: bool = False

    def place_of(self, name: str) -> Place:
        """Where a channel is published and heard; anywhere when nobody owns its slot, which says so itself."""
        first, *others = self.places
        slot = slot_of(name) if others else 0
        for place in others:
            if any(begin <= slot <= end for begin, end in place.slots):
                return place
        return first


async def find_layout(settings: RedisSettings, known: Sequence[RedisAddress] = ()) -> Layout:
    """Ask whoever knows; in a cluster also those who were `known` to belong to it.

    Raises:
        BackplaneUnavailable: nobody who was asked answered so; the text has what each said.
    """
    address = settings.address()
    match address.topology:
        case Topology.ONE:
            return Layout((Place(address),))
        case Topology.SENTINEL:
            return await _first([address.sentinel(*node) for node in address.nodes], _master, address, settings)
        case Topology.CLUSTER:
            nodes = [address.at(*node) for node in address.nodes]
            return await _first([*nodes, *(node for node in known if node not in nodes)], _masters, address, settings)


async def _first(nodes: Sequence[RedisAddress], ask: Any, address: RedisAddress, settings: RedisSettings) -> Layout:
    complaints: list[str] = []
    for node in nodes:
        try:
            return await ask(node, address, settings)
        except BackplaneUnavailable as error:
            complaints.append(str(error))
    raise BackplaneUnavailable("; ".join(complaints))


async def _master(node: RedisAddress, address: RedisAddress, settings: RedisSettings) -> Layout:
    """The master as a sentinel names it, when it is one."""
    (found,) = await _answers(node, settings, (b"SENTINEL", b"GET-MASTER-ADDR-BY-NAME", address.service.encode()))
    if found is None:
        raise BackplaneUnavailable(
            f"the sentinel at {node.place} knows no master {address.service!r} (see {address.setting})"
        )
    host, port = cast("list[bytes]", found)
    master = address.at(host.decode(), int(port))
    (role,) = await _answers(master, settings, (b"ROLE",))
    if cast("list[Any]", role)[0] != b"master":
        raise BackplaneUnavailable(f"Redis at {master.place} is no master yet, says itself; the sentinels name it")
    return Layout((Place(master),))


async def _masters(node: RedisAddress, address: RedisAddress, settings: RedisSettings) -> Layout:
    """The masters as a node of the cluster knows them; without sharded pub/sub one node does as well as all."""
    slots, info = await _answers(node, settings, (b"CLUSTER", b"SLOTS"), (b"COMMAND", b"INFO", b"SPUBLISH"))
    ranges: dict[RedisAddress, list[tuple[int, int]]] = {}
    for first, last, (host, port, *_), *_ in cast("list[Any]", slots):
        owner = address.at(host.decode() if host else node.host, port)
        ranges.setdefault(owner, []).append((first, last))
    if not ranges:
        raise BackplaneUnavailable(f"Redis at {node.place} says that nobody owns a slot: the cluster is not set up")
    if not any(cast("list[Any]", info)):
        return Layout((Place(node),))
    return Layout(tuple(Place(owner, tuple(theirs)) for owner, theirs in ranges.items()), sharded=True)


async def _answers(node: RedisAddress, settings: RedisSettings, *commands: tuple[bytes, ...]) -> list[Reply]:
    answers = await ask_once(node, settings, *commands)
    for answer in answers:
        if isinstance(answer, hiredis.ReplyError):
            meaning = next((f"; {meaning}" for text, meaning in _WRONG_KIND if text in str(answer)), "")
            raise BackplaneUnavailable(f"Redis at {node.place} answers: {answer}{meaning} (see {node.setting})")
    return answers
