"""Everything an action works with, handed in by the composition root: no globals."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from chorus.chat.actions.announcer import Announcer
from chorus.chat.actions.composing import Composer
from chorus.chat.actions.passwords import Passwords
from chorus.chat.actions.proven import Proven
from chorus.chat.actions.settings import ChatSettings
from chorus.chat.calling.caller import Caller
from chorus.chat.files.contract import Blobs
from chorus.chat.files.nowhere import NoBlobs
from chorus.chat.files.upload import Uploads
from chorus.chat.files.workshop import Workshop
from chorus.chat.limits.contract import Limiter
from chorus.chat.limits.memory import MemoryLimiter
from chorus.chat.storage.contract import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """The parts of one instance's chat."""

    store: Store
    announcer: Announcer
    passwords: Passwords
    settings: ChatSettings
    blobs: Blobs = field(default_factory=NoBlobs)
    uploads: Uploads = field(default_factory=Uploads)
    workshop: Workshop = field(default_factory=Workshop)
    proven: Proven = field(default_factory=Proven)
    limiter: Limiter = field(default_factory=MemoryLimiter)
    composer: Composer = field(default_factory=Composer)
    grown: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a channel's log grew here."""

    caller: Caller = field(default_factory=Caller)
    spoken: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a message was posted here."""

    clock: Callable[[], float] = time.time
    """Wall time, seconds since 1970: for people, and for expiry that must mean the same on every machine."""

    def close(self) -> None:
        """Let the threads of the parts end; the store is closed by whoever started it."""
        self.passwords.close()
        self.caller.close()
        self.composer.close()

    def now(self) -> int:
        """Wall time, milliseconds since 1970."""
        return int(self.clock() * 1000)
