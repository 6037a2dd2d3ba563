"""The application's start and end: the ASGI lifespan protocol (asgi.readthedocs.io, "Lifespan Protocol" 2.0).

uvicorn's own takes an application that raises while it starts for one that does not know the protocol. Here an
application does not know it when it raises or returns before it received `lifespan.startup`; later, its start failed.
"""

import asyncio
import logging
import traceback
from typing import Any, cast

from uvicorn.config import Config

from chorus.cluster.worker.application import Application, one_line

_logger = logging.getLogger("chorus.worker")


class Lifespan:
    """What uvicorn.Server expects of a lifespan, and the reason when the start failed."""

    def __init__(self, config: Config) -> None:
        self.state: dict[str, Any] = {}
        """What the application keeps for its requests."""
        self.should_exit = False
        """True after a start that failed."""
        self.reason = ""
        """One line: why."""
        self.details = ""
        """All that is known of it, for debugging."""
        self.exit_code = 1
        """After a start that failed; the application may name another one (`exit_code` of lifespan.startup.failed)."""
        self._config = config
        self._to_application: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        self._settled = asyncio.Event()
        self._received = self._started = False
        self._task: asyncio.Task[None] | None = None

    async def startup(self) -> None:
        """Start the application; `should_exit` tells how it went."""
        self._to_application.put_nowait({"type": "lifespan.startup"})
        self._task = asyncio.create_task(self._run())
        await self._settled.wait()

    def abandon(self) -> None:
        """Cancel a start under way, so that `startup` returns; nothing happens to one that is done."""
        if self._task is not None and not self._settled.is_set():
            self._task.cancel()

    async def shutdown(self) -> None:
        """End the application, when it was started."""
        if not self._started or self._task is None or self._task.done():
            return
        self._settled.clear()
        self._to_application.put_nowait({"type": "lifespan.shutdown"})
        await self._settled.wait()

    async def _run(self) -> None:
        scope = {
            "type": "lifespan",
            "asgi": {"version": self._config.asgi_version, "spec_version": "2.0"},
            "state": self.state,
        }
        try:
            await cast("Application", cast("Any", self._config).loaded_app)(scope, self._receive, self._send)
        except Exception as error:  # noqa: BLE001 - the application's own code raised: its reason is kept
            if self._started:
                _logger.error("the application did not end well: %s", one_line(error))
            elif self._received and not self.should_exit:
                self._failed("".join(traceback.format_exception(error)), one_line(error))
        finally:
            self._settled.set()

    async def _receive(self) -> dict[str, str]:
        message = await self._to_application.get()
        self._received = True
        return message

    async def _send(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind == "lifespan.startup.complete":
            self._started = True
        elif kind == "lifespan.startup.failed":
            text = str(message.get("message", "")).rstrip()
            self._failed(text, text.rpartition("\n")[2].strip() or "no reason given")
            if isinstance(code := message.get("exit_code"), int) and 0 < code < 256:
                self.exit_code = code
        elif kind == "lifespan.shutdown.failed":
            _logger.error("the application did not end well: %s", message.get("message") or "no reason given")
        self._settled.set()

    def _failed(self, details: str, reason: str) -> None:
        self.should_exit = True
        self.details = details
        self.reason = reason
