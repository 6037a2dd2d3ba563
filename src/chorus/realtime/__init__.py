"""A Socket.IO server for asyncio: start at `Server`; examples/echo.py runs one."""

from chorus.realtime.backplane.commands import Commands, Script
from chorus.realtime.backplane.contract import Backplane, BackplaneRefused, BackplaneUnavailable, InstanceAway, NoAnswer
from chorus.realtime.backplane.memory import MemoryBackplane
from chorus.realtime.backplane.redis import RedisBackplane
from chorus.realtime.backplane.settings import RedisSettings
from chorus.realtime.engineio.options import Compression, EngineOptions
from chorus.realtime.errors import (
    CallFailed,
    CallTimedOut,
    ClientGone,
    ConnectRefused,
    EventRefused,
    NotMovable,
    ProtocolError,
    RealtimeError,
    TooManyCalls,
    UsageError,
)
from chorus.realtime.handover.mover import Mover
from chorus.realtime.log.contract import CursorAhead, EntriesGone, Entry, Log, ReadableLog, ResumeFailed
from chorus.realtime.log.memory import MemoryLog
from chorus.realtime.log.redis import LogUnavailable, RedisLog
from chorus.realtime.outbox import OutboxLimits
from chorus.realtime.presence.tracker import Presence
from chorus.realtime.server.admin import AdminEndpoint
from chorus.realtime.server.beside import Beside
from chorus.realtime.server.broadcast import Broadcast
from chorus.realtime.server.client import Client
from chorus.realtime.server.durable import DurableRooms
from chorus.realtime.server.durable_settings import DurableSettings
from chorus.realtime.server.namespace import Namespace
from chorus.realtime.server.pattern import NamespacePattern
from chorus.realtime.server.remote import Answers, RemoteClient
from chorus.realtime.server.server import Server
from chorus.realtime.transport.cookie import SessionCookie
from chorus.realtime.transport.frames import Frame
from chorus.realtime.transport.request import Request

__all__ = [
    "AdminEndpoint",
    "Answers",
    "Backplane",
    "BackplaneRefused",
    "BackplaneUnavailable",
    "Beside",
    "Broadcast",
    "CallFailed",
    "CallTimedOut",
    "Client",
    "ClientGone",
    "Commands",
    "Compression",
    "ConnectRefused",
    "CursorAhead",
    "DurableRooms",
    "DurableSettings",
    "EngineOptions",
    "EntriesGone",
    "Entry",
    "EventRefused",
    "Frame",
    "InstanceAway",
    "Log",
    "LogUnavailable",
    "MemoryBackplane",
    "MemoryLog",
    "Mover",
    "Namespace",
    "NamespacePattern",
    "NoAnswer",
    "NotMovable",
    "OutboxLimits",
    "Presence",
    "ProtocolError",
    "ReadableLog",
    "RealtimeError",
    "RedisBackplane",
    "RedisLog",
    "RedisSettings",
    "RemoteClient",
    "Request",
    "ResumeFailed",
    "Script",
    "Server",
    "SessionCookie",
    "TooManyCalls",
    "UsageError",
]
