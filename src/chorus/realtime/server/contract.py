"""What a client needs of its session and of its namespace, and a session of its server."""

import asyncio
from typing import Protocol, TypeVar

from chorus.realtime.engineio.options import EngineOptions
from chorus.realtime.handover.luggage import Luggage, Traveller
from chorus.realtime.server.admission import Admission
from chorus.realtime.server.broadcast import Broadcast
from chorus.realtime.server.handlers import Function
from chorus.realtime.server.handling import EventHandling
from chorus.realtime.server.hub import Hub, Resident
from chorus.realtime.server.recovery import Recovery
from chorus.realtime.server.remote import Chosen
from chorus.realtime.transport.contract import Write
from chorus.realtime.transport.cookie import SessionCookie
from chorus.realtime.transport.frames import Frame
from chorus.realtime.transport.request import Request


class Person(Resident, Traveller, Protocol):
    """A client, as its surroundings know it."""


C = TypeVar("C", bound=Person)
C_contra = TypeVar("C_contra", bound=Person, contravariant=True)
S = TypeVar("S")


class Session(Protocol[C_contra]):
    """What a client needs of its connection."""

    request: Request
    options: EngineOptions
    tasks: set[asyncio.Task[None]]
    write: Write

    @property
    def is_congested(self) -> bool:
        """Whether more waits for the socket than the high mark."""
        ...

    @property
    def transport(self) -> str:
        """What carries it."""
        ...

    def look_at_outbox(self) -> None:
        """Something was written."""
        ...

    def pause_reading(self) -> None:
        """It has more events than it can handle."""
        ...

    def resume_reading(self) -> None:
        """It has caught up."""
        ...

    def forget(self, namespace: str, client: C_contra) -> None:
        """It is gone from its namespace."""
        ...

    def refuse(self, namespace: str, client: C_contra, frame: Frame) -> None:
        """It is not let in."""
        ...

    def end(self, reason: str, code: int) -> None:
        """Nothing can go on."""
        ...

    def send_away(self, reason: str) -> None:
        """None of its clients may stay, and it ends."""
        ...


class Declared(Protocol[C]):
    """What an application declared of a namespace."""

    luggage: Luggage[C]
    disconnecting_handler: Function | None

    @property
    def lets_all_in(self) -> bool:
        """Whether nobody is asked before a client gets in."""
        ...


class Home(Protocol[C]):
    """What a client needs of its namespace."""

    name: str
    recovery: Recovery | None
    events: EventHandling
    admission: Admission

    @property
    def declared(self) -> Declared[C]:
        """What its application declared."""
        ...

    @property
    def hub(self) -> Hub[C]:
        """Where its rooms are."""
        ...

    def address(self, chosen: Chosen) -> Broadcast:
        """Address clients of it."""
        ...


class Owner(Protocol[S, C]):
    """What a session needs of its server."""

    options: EngineOptions
    cookie: SessionCookie | None
    tasks: set[asyncio.Task[None]]
    congested: set[S]

    def now(self) -> float:
        """Monotonic seconds."""
        ...

    def new_sid(self) -> str:
        """An id that nobody can guess."""
        ...

    def find_namespace(self, name: str) -> Home[C] | None:
        """The namespace of this name, if there is one."""
        ...

    def add(self, connection: S) -> None:
        """It began."""
        ...

    def remove(self, connection: S) -> None:
        """It is over."""
        ...
