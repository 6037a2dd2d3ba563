"""One instance of the chat in this process, served by uvicorn on a loopback port, as a worker serves it."""

import asyncio
import contextlib
import os
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from types import TracebackType
from typing import Self

import httpx
import uvicorn

from chorus.entry.server import ChorusServer
from parts.live import ChatClient
from parts.people import account, quick_passwords

_PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""No test speaks TLS; each client would otherwise read all the certificates of this machine."""

_PATIENCE = 30.0
"""Seconds for an answer: what is slow on a busy machine is no failure."""


class _Quiet(uvicorn.Server):
    """uvicorn's server, that ends when it is told and not at its next look a tenth of a second later."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.serves = asyncio.Event()
        self._end = asyncio.Event()

    def end(self) -> None:
        self.should_exit = True
        self._end.set()

    async def main_loop(self) -> None:
        await self.on_tick(0)  # what it does at its first look: the headers of every answer
        self.serves.set()
        await self._end.wait()

    def capture_signals(self) -> contextlib.AbstractContextManager[None]:
        """Leave the signals to pytest."""
        return contextlib.nullcontext()


def loopback() -> socket.socket:
    """A free port of this machine, kept until the socket is closed."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    return listener


class Instance:
    """`async with Instance(number, **environment) as instance:`, at a free port or where `listener` listens."""

    def __init__(self, number: int = 0, /, *, listener: socket.socket | None = None, **environment: str) -> None:
        self.application = ChorusServer(
            {"CHORUS_INSTANCE_ID": str(number), "CHORUS_SIGN_UP": "open", **environment}, passwords=quick_passwords
        )
        self._listener = loopback() if listener is None else listener.dup()
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        config = uvicorn.Config(
            self.application,
            ws=self.application.websocket_protocol,
            lifespan="on",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=5,
        )
        self._server = _Quiet(config)
        self._serving: asyncio.Task[None] | None = None

    def browse(self, **headers: str) -> httpx.AsyncClient:
        """A browser's page on this instance: with cookies, and saying where it is from."""
        headers = {"origin": self.address, **headers}
        return httpx.AsyncClient(base_url=self.address, headers=headers, verify=_PLAIN, timeout=_PATIENCE)

    async def sign_up(self, handle: str = "ada") -> httpx.AsyncClient:
        client = self.browse()
        answer = await client.post("/api/v1/accounts", json=account(handle))
        assert answer.status_code == 201, answer.text
        return client

    async def connect(self, browser: httpx.AsyncClient | None = None, **options: object) -> ChatClient:
        """A live connection with the browser's access token; see ChatClient.open for the options."""
        token = {"token": browser.cookies["chorus_access"]} if browser else {}
        auth = {**token, **options.pop("auth", {})}
        return await ChatClient.open(self.address, auth=auth, **options)

    async def give(self, other: "Instance", meanwhile: Callable[[], Awaitable[object]] | None = None) -> None:
        """Hand all live connections to another instance, as workers do; `meanwhile` is when they are in neither."""
        there, here = self.application.hand_over, other.application.hand_over
        moving = [each for each in list(self._server.server_state.connections) if there.carries(each)]
        departures = await asyncio.gather(*(there.pack(each, within=10) for each in moving))
        assert None not in departures, "a connection did not come to rest"
        if meanwhile is not None:
            await meanwhile()
        for departure in departures:
            sock = socket.socket(fileno=os.dup(departure.fileno()))
            await here.take(sock, departure.state, other._server.server_state, there.noted)
            departure.taken(here.noted)

    async def __aenter__(self) -> Self:
        self._serving = asyncio.create_task(self._server.serve(sockets=[self._listener]))
        serves = asyncio.create_task(self._server.serves.wait())
        await asyncio.wait([self._serving, serves], return_when=asyncio.FIRST_COMPLETED)
        assert not self._serving.done(), "the instance did not start"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.end()
        assert self._serving is not None
        await self._serving


@contextlib.asynccontextmanager
async def both(one: Instance, other: Instance) -> AsyncIterator[tuple[Instance, Instance]]:
    """Two instances, started and ended at the same time."""
    try:
        yield await asyncio.gather(one.__aenter__(), other.__aenter__())
    finally:
        await asyncio.gather(one.__aexit__(None, None, None), other.__aexit__(None, None, None))
