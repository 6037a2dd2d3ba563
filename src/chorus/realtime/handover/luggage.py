"""What the parts of an application give along when one of their clients goes on in another process.

    luggage.carry("chat 1", pack=lambda client: client.state.name, unpack=rename)
    carried = luggage.pack_state(client) | luggage.pack_rest(client)     # {"chat 1": "ann"}, there
    luggage.unpack(client, carried)      # rename(client, "ann"), here

A part's name says how what it gives is written: two processes whose parts have different names refuse each other.
"""

from collections.abc import Callable, Mapping
from typing import Any, Generic, Protocol, TypeVar

from chorus.realtime.errors import NotMovable, UsageError
from chorus.realtime.handover.state import is_plain

_STATE = ""
"""The name under which `client.state` travels where it is plain."""


class Traveller(Protocol):
    """A client."""

    state: Any


T = TypeVar("T", bound=Traveller)
Pack = Callable[[T], Any]
"""Gives what the other process needs to know of this client, made of what MessagePack knows. Ends what this process
does for it: it is frozen, and nothing is written to it any more. May raise NotMovable, and has then changed nothing."""

Ready = Callable[[T], bool]
"""Whether `pack` would give this client away now. Changes nothing."""

Unpack = Callable[[T, Any], None]
"""Takes it: the client is in its rooms; what it is sent goes out once its socket is here."""


class Luggage(Generic[T]):
    """Of one namespace."""

    def __init__(self) -> None:
        self._parts: dict[str, tuple[Pack[T], Unpack[T]]] = {}
        self._ready: list[Ready[T]] = []
        self._states: set[str] = set()
        """The parts that restore `client.state`."""

    def carry(self, name: str, pack: Pack[T], unpack: Unpack[T], *, state: bool, ready: Ready[T] | None = None) -> None:
        """Declare a part; `state`: whether it restores `client.state`, too; `ready`: None: it always is.

        Raises:
            UsageError: there is one of this name.
        """
        if name in self._parts or name == _STATE:
            raise UsageError(f"what {name!r} gives along is declared already")
        self._parts = {name: (pack, unpack), **self._parts} if state else {**self._parts, name: (pack, unpack)}
        if state:
            self._states.add(name)
        if ready is not None:
            self._ready.append(ready)

    @property
    def names(self) -> list[str]:
        """Of the parts."""
        return sorted(self._parts)

    def is_ready(self, client: T) -> bool:
        """Whether all parts would give it away now.

        Raises:
            NotMovable: nobody knows how `client.state` travels.
        """
        self._check_state(client)
        return all(ready(client) for ready in self._ready)

    def pack_state(self, client: T) -> dict[str, Any]:
        """What the parts give along that restore `client.state`: of all clients of a session, before `pack_rest`.

        Raises:
            NotMovable: a part says so, or nobody knows how `client.state` travels.
        """
        self._check_state(client)
        if not self._states:
            return {_STATE: client.state}
        return {name: pack(client) for name, (pack, _) in self._parts.items() if name in self._states}

    def pack_rest(self, client: T) -> dict[str, Any]:
        """What the others give along. They may let the client go, and cannot take it back: nobody objects any more."""
        return {name: pack(client) for name, (pack, _) in self._parts.items() if name not in self._states}

    def unpack(self, client: T, carried: Mapping[str, Any]) -> None:
        """Have each part take what it gave in the other process.

        Raises:
            KeyError: a part is missing; `Luggage.names` differ.
        """
        if not self._states:
            client.state = carried[_STATE]
        for name, (_, unpack) in self._parts.items():
            unpack(client, carried[name])

    def _check_state(self, client: T) -> None:
        if not self._states and not is_plain(client.state):
            kind = type(client.state).__name__
            raise NotMovable(f"client.state is a {kind}: declare with Namespace.carry how it travels")
