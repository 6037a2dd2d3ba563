"""A WebSocket that asks to take over a session that polls here.

The client sends a ping that says "probe", is answered, lets its requests end, and sends UPGRADE: from then on the
session speaks through the WebSocket. https://github.com/socketio/engine.io-protocol#upgrade
"""

import asyncio
import logging

from chorus.realtime.engineio.options import EngineOptions
from chorus.realtime.errors import InvalidEnginePacket, ProtocolError
from chorus.realtime.transport.contract import Wire
from chorus.realtime.transport.frames import text_frame
from chorus.realtime.transport.polling import PollingWire

_log = logging.getLogger(__name__)

PROBE = "2probe"
PROBED = text_frame(b"3probe")
UPGRADE = "5"


class Upgrade:
    """The Driver of a WebSocket that asks to take over a session that polls."""

    headers: tuple[tuple[str, str], ...] = ()

    def __init__(self, polling: PollingWire, options: EngineOptions) -> None:
        self._polling = polling
        self._options = options
        self._wire: Wire
        self._probing = False
        self._deadline: asyncio.TimerHandle | None = None

    def opened(self, wire: Wire) -> None:
        """Wait for the probe, and for the rest, `upgrade_timeout` seconds."""
        self._wire = wire
        if not self._polling.upgradable:
            self.broken(1002, "the session is upgraded, or about to be")
            return
        self._deadline = asyncio.get_running_loop().call_later(
            self._options.upgrade_timeout, self.broken, 1002, "no upgrade in time"
        )

    def received(self, message: str | bytes) -> None:
        """First a ping that says probe, then UPGRADE; anything else ends this WebSocket, and only this."""
        try:
            if message == PROBE and not self._probing:
                self._polling.probe()
                self._probing = True
                self._wire.write(PROBED)
            elif message == UPGRADE and self._probing:
                driver = self._polling.upgrade(self._wire)
                self._probing = False
                self._stop_waiting()
                self._wire.drive(driver)
            else:
                raise InvalidEnginePacket(f"found {message[:20]!r}, expected a probe and then an upgrade")
        except ProtocolError as error:
            self.broken(1002, str(error))

    def asked(self) -> None:
        """Nobody asks on a WebSocket."""

    def congested(self) -> None:
        """Nothing is written here but an answer to the probe."""

    def relieved(self) -> None:
        """As above."""

    def broken(self, code: int, reason: str) -> None:
        """Close this WebSocket; polling goes on."""
        _log.debug("an upgrade failed: %s", reason)
        self._give_up()
        self._wire.close(code, reason)

    def shut_down(self) -> None:
        """This server is going."""
        self._give_up()
        self._wire.close(1012, "server shutting down")

    def moved(self, wire: Wire) -> None:
        """Nobody takes over from a WebSocket."""
        raise AssertionError("a WebSocket is never upgraded")

    def lost(self, reason: str) -> None:
        """It is gone before it took over."""
        self._give_up()

    def _give_up(self) -> None:
        self._stop_waiting()
        if self._probing:
            self._probing = False
            self._polling.probe_failed()

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
