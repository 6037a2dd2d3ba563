"""Places for those who ask and have not shown yet that they may: so many, and fair among their addresses.

    places = Places[Claim](most=500)
    for displaced in places.take(claim, "203.0.113.9:4711"):    # Full: none is left for this address
        displaced.close()
    places.leave(claim)

While there are places, everybody gets one. When all are taken, an address that has fewer than the one with the most
displaces one of its. So one address keeps nobody else out, whatever it asks for; and where all clients come through one
proxy, they share the places as if there were no addresses.
"""

from collections import Counter
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from chorus.realtime.errors import RealtimeError

T = TypeVar("T")


class Full(RealtimeError):
    """No place is left."""


class Places(Generic[T]):
    """Who is forgotten by everybody else leaves by that."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken: WeakKeyDictionary[T, str] = WeakKeyDictionary()

    def __len__(self) -> int:
        return len(self._taken)

    def take(self, who: T, address: str, *, may_go: Callable[[T], bool] = lambda _: True) -> list[T]:
        """Have a place; who lost theirs for it.

        Args:
            who: must be hashable, and is not kept alive.
            address: of the peer, with its port or without; an IPv6 network is one address.
            may_go: whether somebody may be displaced.

        Raises:
            Full: nobody has more places than this address, or none of theirs may go.
        """
        network = _network(address)
        if len(self._taken) < self._most:
            self._taken[who] = network
            return []
        taken = list(self._taken.items())
        counts = Counter(each for _, each in taken)
        [(crowd, most)] = counts.most_common(1)
        displaced = next((each for each, where in taken if where == crowd and may_go(each)), None)
        if most <= counts[network] + 1 or displaced is None:
            raise Full(f"{len(taken)} wait already")
        del self._taken[displaced]
        self._taken[who] = network
        return [displaced]

    def leave(self, who: T) -> None:
        """Give the place back; twice changes nothing."""
        self._taken.pop(who, None)


def _network(address: str) -> str:
    """What counts as one: an IPv4 address, or a /64, as whoever has one address of it has all (RFC 6177)."""
    host = address.rpartition(":")[0] or address
    try:
        found = ip_address(host.strip("[]").partition("%")[0])
    except ValueError:  # of a Unix socket, or nothing at all
        return host
    if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
        return str(ip_network((found, 64), strict=False))
    return host
