"""How sessions behave: every option declared once, with its unit and default."""

import msgspec

from chorus.realtime.outbox import OutboxLimits


class Compression(msgspec.Struct, frozen=True, kw_only=True):
    """What is compressed, towards clients that can expand it."""

    threshold: int = 1024
    """Bytes; shorter messages go as they are."""

    level: int = 6
    """1 is fast, 9 is small; zlib's."""

    def __post_init__(self) -> None:
        if not 1 <= self.level <= 9:
            raise ValueError(f"compression level: found {self.level}, expected 1 to 9")
        if self.threshold < 1:
            raise ValueError(f"compression threshold: found {self.threshold}, expected at least 1 byte")


class EngineOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Limits and times of one server; the same for all its sessions. Times in seconds."""

    ping_interval: float = 25.0
    """Between two pings of the server. Sent to the client in whole milliseconds, so 0.001 is the least."""

    ping_timeout: float = 20.0
    """How long a client may take to answer a ping before its session ends."""

    max_payload: int = 1_000_000
    """Bytes of one message from a client, and of one body of long polling. A larger one ends its session."""

    max_packets: int = 10_000
    """Packets in one body of long polling. More end its session."""

    max_attachments: int = 10
    """Binary attachments of one event from a client. More end its session."""

    max_namespaces: int = 100
    """Namespaces a session may be connected to at a time; it is refused in others."""

    connect_timeout: float = 45.0
    """How long a session may live without being connected to a namespace, and a connection at `Server.http_protocol`
    without its first request."""

    upgrade_timeout: float = 10.0
    """How long a WebSocket that asks to take over a polling session may take."""

    max_queued_events: int = 64
    """Events of one client that wait for its handler. Above it, nothing more is read from its socket until half of
    them are handled. While an answer of that client is awaited, four times as many may wait: it lies behind them."""

    max_calls: int = 1_000
    """Answers awaited from one client at a time."""

    close_timeout: float = 2.0
    """How long a closing socket may take to send what waits before it is cut off."""

    outbox: OutboxLimits = OutboxLimits()
    """How much may wait for a client that reads slowly."""

    compression: Compression | None = None
    """Of long messages and polls, for clients that offer it. None, the default: none; it costs more time than it saves
    bytes where messages are short or the network is near. Messages that mix secrets with what others wrote had better
    not be compressed: their length then tells of the secret. https://en.wikipedia.org/wiki/BREACH"""

    def __post_init__(self) -> None:
        for name in ("ping_interval", "ping_timeout", "connect_timeout", "upgrade_timeout"):
            value = getattr(self, name)
            if value < 0.001:
                raise ValueError(f"{name}: found {value}, expected at least 0.001 seconds")
        for name in ("max_payload", "max_packets", "max_queued_events", "max_namespaces"):
            value = getattr(self, name)
            if value < 1:
                raise ValueError(f"{name}: found {value}, expected at least 1")
