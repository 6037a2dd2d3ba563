"""What durable rooms need of the server around them; Client and Namespace have it."""

from collections.abc import Callable
from typing import Any, Protocol

from chorus.realtime.backplane.contract import Backplane
from chorus.realtime.log.trail import Trail
from chorus.realtime.transport.frames import Frame


class Audience(Protocol):
    """What is needed of a client."""

    trail: Trail | None
    """What it was sent, when it may recover from the loss of its connection."""

    recovered: bool
    """Whether it did."""

    @property
    def let_in(self) -> bool:
        """Whether its CONNECT went out, and it has not gone since."""
        ...

    @property
    def congested(self) -> bool:
        """Whether so much waits for its socket that sending more had better wait too."""
        ...

    def send_frame(self, frame: Frame) -> None:
        """Send it to this client alone, behind everything it was sent before; to one that is gone: nothing happens."""
        ...

    def join(self, room: str) -> None:
        """Make it a member of the room: it gets what is delivered from now on, and nothing delivered before."""
        ...

    def leave(self, room: str) -> None:
        """End that, likewise."""
        ...

    def disconnect(self, reason: str = ...) -> None:
        """Cut it off."""
        ...

    def when_gone(self, callback: Callable[[Any], None]) -> None:
        """Have `callback` called once, as soon as it is gone; at once when it is."""
        ...


class Stage(Protocol):
    """What is needed of a namespace."""

    name: str

    @property
    def backplane(self) -> Backplane:
        """What joins the instances."""
        ...

    def encode(self, event: str, *args: object, bare: bool = ...) -> Frame:
        """An event, ready to be sent; `bare`: with nothing behind its arguments."""
        ...

    def recover_by(self, recovery: Any) -> None:
        """Let clients recover."""
        ...

    def carry(
        self, name: str, pack: Callable[[Any], Any], unpack: Callable[[Any, Any], None], *, state: bool = True
    ) -> None:
        """Declare what goes along when a client moves to another process."""
        ...

    def deliver(self, room: str, frame: Frame) -> None:
        """Send it to the members of the room on this instance."""
        ...
