"""Serving: uvicorn's protocols on connections that our own accept loop took, until told to drain."""

import asyncio
import os
import signal
import socket
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.server import Server

from chorus import __version__
from chorus.cluster.handover.contract import HandOver
from chorus.cluster.handover.nothing import Nothing
from chorus.cluster.worker import collector, private_socket
from chorus.cluster.worker.acceptor import Acceptor
from chorus.cluster.worker.application import Application
from chorus.cluster.worker.handover import SUFFIX, HandOverSocket
from chorus.cluster.worker.http_protocol import HttpProtocol
from chorus.cluster.worker.lifespan import Lifespan
from chorus.cluster.worker.load import LoadPage
from chorus.cluster.worker.notify import Notifier
from chorus.cluster.worker.patience import Patience
from chorus.cluster.worker.trial import Trial

DRAIN_SHARE = 0.8
"""Part of the kill timeout for open requests; the rest is for the application's own end."""


HAND_OVER_SHARE = 0.6
"""Part of the kill timeout after which a hand-over that makes no progress is given up, and what is left is drained."""

LONGEST_HAND_OVER = 60.0
"""Seconds for handing connections over, as long as there is progress, for which more time is asked for."""

LONGEST_SILENCE = 1.0
"""Seconds of progress after which more time is asked for; a tenth of the kill timeout where that is less."""

USUAL_KILL_TIMEOUT = 25.0
"""Seconds that count as the kill timeout where there is none."""


class StartFailed(Exception):
    """The application did not start: one line; `details` has all of it, `exit_code` is what to exit with."""

    def __init__(self, line: str, details: str, exit_code: int = 1) -> None:
        super().__init__(line)
        self.details = details
        self.exit_code = exit_code


class WorkerServer(Server):
    """A uvicorn server on adopted sockets.

    Args:
        listeners: shared with the other workers; accepted from through the gate.
        private_path: a Unix socket of this instance alone, for the manager's health check.
        kill_timeout: seconds between SIGTERM and SIGKILL; draining and ending fit in.
        trial: what is to be answered on the private path before connections are accepted; None: nothing.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        application: Application,
        *,
        listeners: Sequence[socket.socket],
        page: LoadPage | None,
        private_path: str | None,
        notifier: Notifier,
        watchdog: float | None,
        kill_timeout: float | None,
        trial: Trial | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(_config(application))
        self._listeners, self._page, self._private_path = listeners, page, private_path
        self._notifier, self._watchdog, self._kill_timeout = notifier, watchdog, kill_timeout
        self._application = application
        self._trial = trial if private_path is not None else None
        self._clock = clock
        self._hand_over: HandOverSocket | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the application and accept. Raises StartFailed."""
        lifespan = cast("Lifespan", self.lifespan)
        await lifespan.startup()
        if lifespan.should_exit:
            line = f"the application did not start: {lifespan.reason}"
            raise StartFailed(line, lifespan.details, lifespan.exit_code)
        if self.should_exit:  # told to end meanwhile: `_serve` returns, nothing was served
            await lifespan.shutdown()
            return
        self._acceptor = Acceptor(self._listeners, self._page, self._protocol)
        self.server_state.connections = self._acceptor.connections
        self.servers = []
        if self._private_path is not None:
            self.servers.append(await _private_server(self._private_path, self._private_protocol))
            hand_over: HandOver = getattr(self._application, "hand_over", None) or Nothing()
            path = self._private_path.removesuffix(".sock") + SUFFIX
            self._hand_over = HandOverSocket(path, hand_over, self.server_state, http=self._protocol)
            self._hand_over.start()
        collector.settle()
        await self.on_tick(0)  # the Date header, before the first answer
        self.started = True
        if self._trial is None:
            self._serve_everybody(READY=1)
        else:
            self._notifier.say(READY=1, STATUS="waiting for a good answer to its health check")
        self._live()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop accepting, let open requests finish, end the application."""
        began = self._clock()
        self._notifier.say(STOPPING=1, STATUS="draining")
        await self._acceptor.stop()
        try:
            if self._hand_over is not None:
                began = await self._bequeath(self._hand_over)
                # Behind the first step of what follows: from then on, answers close their connections.
                asyncio.get_running_loop().call_soon(self._hand_over.drain)
            spent = self._clock() - began
            if self._kill_timeout is not None:
                # uvicorn declares whole seconds and waits for any number.
                self.config.timeout_graceful_shutdown = cast("int", self._kill_timeout * DRAIN_SHARE - spent)
            async with asyncio.timeout(self._kill_timeout and self._kill_timeout * (1 + DRAIN_SHARE) / 2 - spent):
                await super().shutdown()
        finally:
            if self._hand_over is not None:
                self._hand_over.close()
            if self._private_path is not None and os.path.lexists(self._private_path):
                os.unlink(self._private_path)

    async def _bequeath(self, hand_over: HandOverSocket) -> float:
        """Hand our connections over; when the kill timeout began that draining has: now, where there was progress."""
        timeout = self._kill_timeout or USUAL_KILL_TIMEOUT
        began = self._clock()

        def ask_for_time() -> None:
            self._notifier.say(EXTEND_TIMEOUT_USEC=int(timeout * 1e6))

        patience = Patience(
            self._clock,
            step=timeout * HAND_OVER_SHARE,
            most=LONGEST_HAND_OVER,
            renewed=ask_for_time,
            every=min(LONGEST_SILENCE, timeout / 10),
        )
        await hand_over.bequeath(patience)
        if not patience.progressed:
            return began
        ask_for_time()
        return self._clock()

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """SIGTERM and SIGINT drain; the process then ends by itself, with code 0."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._drain)
        yield

    def _drain(self) -> None:
        self.should_exit = True
        if not self.started:
            cast("Lifespan", self.lifespan).abandon()

    def _protocol(self) -> HttpProtocol:
        protocol = HttpProtocol(self.config, self.server_state, self.lifespan.state)
        protocol.hand_over = self._hand_over
        return protocol

    def _private_protocol(self) -> HttpProtocol:
        protocol = HttpProtocol(self.config, self.server_state, self.lifespan.state)
        if self._trial is not None:
            protocol.app = self._trial.watching(cast("Any", protocol).app, self._serve_everybody)
        return protocol

    def _serve_everybody(self, **words: str | int) -> None:
        """Accept from now on."""
        if not self.should_exit:
            self._acceptor.start()
            # Before it is said: once we are ready nothing of ours is written any more, and who reads may be gone.
            print(_serves(os.environ.get("CHORUS_KEY", ""), self._listeners), flush=True)
            self._notifier.say(**words, STATUS="serving")

    def _live(self) -> None:
        if self._watchdog is not None:
            self._notifier.live()
            asyncio.get_running_loop().call_later(self._watchdog, self._live)


def _serves(key: str, listeners: Sequence[socket.socket]) -> str:
    """What the log begins with: "chat:0 serves http://127.0.0.1:3000, pid 4711, version 1.0"."""
    name = key.rpartition(":")[0] or "worker"
    addresses = [each.getsockname() for each in listeners if each.family in {socket.AF_INET, socket.AF_INET6}]
    shown = [f"http://{f'[{host}]' if ':' in host else host}:{port}" for host, port, *_ in addresses]
    return f"{name} serves {' and '.join(shown) or 'its private socket'}, pid {os.getpid()}, version {__version__}"


def _config(application: Application) -> Config:
    async def only_asgi(scope: Any, receive: Any, send: Any) -> None:
        await application(scope, receive, send)  # behind a function of three arguments uvicorn cannot guess otherwise

    config = Config(
        only_asgi,
        http=HttpProtocol,
        ws=getattr(application, "websocket_protocol", None) or "auto",
        interface="asgi3",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
    )
    config.load()
    config.lifespan_class = Lifespan
    return config


async def _private_server(path: str, protocol: Any) -> asyncio.Server:
    return await asyncio.get_running_loop().create_unix_server(protocol, sock=private_socket.bind(path))
