"""Where a client is in its life, and what may come next.

Phase.CONNECTED in NEXT[Phase.CONNECTING]   # True: it is let in
Phase.CONNECTED in NEXT[Phase.GONE]         # False: once gone, always gone
"""

from collections.abc import Mapping
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

NEXT: Mapping[Phase, frozenset[Phase]] = {
    Phase.CONNECTING: frozenset({Phase.CONNECTED, Phase.MOVED, Phase.GONE}),
    Phase.CONNECTED: frozenset({Phase.MOVED, Phase.GONE}),
    Phase.MOVED: frozenset({Phase.GONE}),
    Phase.GONE: frozenset(),
}
"""What may follow each."""
