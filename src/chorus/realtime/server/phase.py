"""Where a client is in its life, and where it may go from there.

    CONNECTING --admitted--> CONNECTED --departed--> MOVED --stranded--> GONE

and from each of the first two to GONE. Once GONE, always GONE.
"""

from enum import Enum, auto


class Phase(Enum):
    """Where a client is in its life."""

    CONNECTING = auto()
    CONNECTED = auto()
    MOVED = auto()
    """Another process goes on with it. What handlers that still run here send it is forwarded."""

    GONE = auto()


PRESENT = frozenset({Phase.CONNECTING, Phase.CONNECTED})
"""It is there: let in, or about to be."""
