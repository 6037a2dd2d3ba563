"""A Socket.IO server for asyncio: start at `Server`; examples/echo.py runs one."""

from chorus.realtime.backplane.contract import Backplane, BackplaneUnavailable
from chorus.realtime.backplane.memory import MemoryBackplane
from chorus.realtime.engineio.options import EngineOptions
from chorus.realtime.errors import (
    CallFailed,
    CallTimedOut,
    ClientGone,
    ConnectRefused,
    ProtocolError,
    RealtimeError,
    TooManyCalls,
    UsageError,
)
from chorus.realtime.outbox import OutboxLimits
from chorus.realtime.server.broadcast import Broadcast
from chorus.realtime.server.client import Client
from chorus.realtime.server.namespace import Namespace
from chorus.realtime.server.server import Server
from chorus.realtime.transport.frames import Frame
from chorus.realtime.transport.request import Request

__all__ = [
    "Backplane",
    "BackplaneUnavailable",
    "Broadcast",
    "CallFailed",
    "CallTimedOut",
    "Client",
    "ClientGone",
    "ConnectRefused",
    "EngineOptions",
    "Frame",
    "MemoryBackplane",
    "Namespace",
    "OutboxLimits",
    "ProtocolError",
    "RealtimeError",
    "Request",
    "Server",
    "TooManyCalls",
    "UsageError",
]
