"""What a server says instead of an answer: ask there, or ask again later.

>>> redirection("MOVED 3999 127.0.0.1:6381")
Redirection(slot=3999, host='127.0.0.1', port=6381, moved=True)
>>> is_for_now("LOADING Redis is loading the dataset in memory")
True

https://valkey.io/topics/cluster-spec/, "Redirection and resharding".
"""

from typing import NamedTuple

_FOR_NOW = (
    "LOADING",
    "BUSY",
    "MASTERDOWN",
    "CLUSTERDOWN",
    "TRYAGAIN",
    "MOVED",
    "ASK",
    "READONLY",
    "ERR max number of clients reached",
)
"""A start, a long script, a failover or a resharding that ends; masters that each name the other as the owner, after
which nobody follows them any more; a master that became a replica; others that leave."""


class Redirection(NamedTuple):
    """Where a slot is."""

    slot: int
    host: str
    """Empty: the host that says so."""
    port: int
    moved: bool
    """For good; otherwise only for the one command."""


def redirection(complaint: str) -> Redirection | None:
    """Where the server sends us, when it does."""
    match complaint.split():
        case [("MOVED" | "ASK") as kind, slot, place] if slot.isdecimal():
            host, _, port = place.rpartition(":")
            return Redirection(int(slot), host, int(port), moved=kind == "MOVED") if port.isdecimal() else None
        case _:
            return None


def is_for_now(complaint: str) -> bool:
    """Whether the server refuses for now, and may answer in a moment."""
    return complaint.startswith(_FOR_NOW)


def is_demoted(complaint: str) -> bool:
    """Whether the server is a replica, and takes no change."""
    return complaint.startswith("READONLY")
