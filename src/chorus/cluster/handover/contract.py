"""What an application brings along whose WebSockets can be handed over: its attribute `hand_over`.

Beside `websocket_protocol`, which serves upgrades, an application may carry an object with these methods. Of what it
freezes, writes down and takes the cluster knows nothing: states, notes and formats are bytes and text to it.
"""

import socket
from collections.abc import Callable
from typing import Any, Protocol


class Departure(Protocol):
    """A connection that is frozen: exactly one of `taken` and `refused` is called."""

    state: bytes
    """What the other process needs to go on with it."""

    def fileno(self) -> int:
        """Its socket."""
        ...

    def taken(self, forward: Callable[[bytes], None]) -> None:
        """The other process has it. `forward` carries notes there, behind the state."""
        ...

    def refused(self, reason: str) -> None:
        """Nobody has it: close it so that its client connects again."""
        ...


class HandOver(Protocol):
    """Gives connections away and takes them."""

    @property
    def format(self) -> str:
        """How states are written. Connections go only to a process that says the same."""
        ...

    async def announce(self) -> bytes:
        """Prepare for giving; what the application there must prepare for, before anything comes."""
        ...

    async def expect(self, news: bytes) -> None:
        """Prepare for taking. Whatever it raises is a refusal."""
        ...

    def carries(self, protocol: object) -> bool:
        """Whether this protocol, one of uvicorn's `connections`, is a connection that could be handed over."""
        ...

    async def pack(self, protocol: object, *, within: float) -> Departure | None:
        """Freeze a connection, within so many seconds; None when it cannot be handed over, and goes on as before."""
        ...

    async def take(self, sock: socket.socket, state: bytes, server_state: Any, back: Callable[[bytes], None]) -> None:
        """Go on with a connection; `sock` is the callee's from the call on. Whatever it raises is a refusal.

        `server_state` is uvicorn's: the protocol adds itself to its `connections`. `back` carries notes to the giver.
        """
        ...

    def noted(self, data: bytes) -> None:
        """Take a note of the other process."""
        ...

    def drain(self) -> None:
        """This process ends, and whatever could be handed over was: end soon what holds requests open."""
        ...

    async def finish(self) -> None:
        """Wait until this process is not needed any more for what it gave away."""
        ...
