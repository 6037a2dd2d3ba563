"""Stands for `hand_over` where an application has none: its WebSockets stay where they are until they end."""

import socket
from collections.abc import Callable
from typing import Any, NoReturn

NOTHING_MOVES = "its application hands nothing over"


class Nothing:
    """A HandOver (contract.py) that carries nothing, and takes nothing."""

    format = ""

    async def announce(self) -> bytes:
        """Nothing comes."""
        return b""

    async def expect(self, news: bytes) -> None:
        """Refuse."""
        raise ValueError(NOTHING_MOVES)

    def carries(self, protocol: object) -> bool:
        """No."""
        return False

    async def pack(self, protocol: object, *, within: float) -> None:
        """Leave it where it is."""

    async def take(
        self, sock: socket.socket, state: bytes, server_state: Any, back: Callable[[bytes], None]
    ) -> NoReturn:
        """Refuse."""
        sock.close()
        raise ValueError(NOTHING_MOVES)

    def noted(self, data: bytes) -> None:
        """Nothing was given."""

    def drain(self) -> None:
        """It ends by itself what holds requests open."""

    async def finish(self) -> None:
        """Nothing is owed."""
