"""A client that polls, as it is told; rules or not."""

import asyncio
import json
import ssl
from typing import Self

import httpx

SEPARATOR = "\x1e"
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""No test speaks TLS; each client would otherwise read all the certificates of this machine."""


class Poller:
    """One session of long polling, or a client that has none yet. Each request may go to another of the `urls`."""

    def __init__(self, *urls: str, path: str = "/socket.io/") -> None:
        self._client = httpx.AsyncClient(timeout=10, verify=PLAIN)
        self._urls = urls
        self._requests = 0
        self._path = path
        self.sid: str | None = None
        self.opening: dict = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def request(self, method: str = "GET", body: str | bytes | None = None, **more) -> httpx.Response:
        """One request; `more` overrides the query's parameters (None leaves one out), `headers` and `extensions` apart.

        The extensions are httpx's.
        """
        headers, extensions = more.pop("headers", {}), more.pop("extensions", {})
        query = {"EIO": "4", "transport": "polling", "sid": self.sid, **more}
        url = self._urls[self._requests % len(self._urls)]
        self._requests += 1
        return await self._client.request(
            method,
            url + self._path,
            params={name: value for name, value in query.items() if value is not None},
            content=body,
            headers=headers,
            extensions=extensions,
        )

    async def open(self) -> Self:
        """Open a session."""
        answer = await self.request()
        assert answer.status_code == 200, answer.text
        assert answer.text[0] == "0"
        self.opening = json.loads(answer.text[1:])
        self.sid = self.opening["sid"]
        return self

    async def connect(self) -> Self:
        """Open a session and connect to "/"."""
        await self.open()
        await self.post("40")
        assert (await self.poll()).startswith("40{")
        return self

    async def poll(self) -> str:
        answer = await self.request()
        assert answer.status_code == 200, answer.text
        return answer.text

    async def start_polling(self) -> asyncio.Task[httpx.Response]:
        """A poll under way: its request went out, so that a server reads it before whatever is sent from now on."""
        sent = asyncio.Event()

        async def note(event: str, _about: object) -> None:
            if event.endswith("send_request_body.complete"):
                sent.set()

        poll = asyncio.create_task(self.request(extensions={"trace": note}))
        await asyncio.wait_for(sent.wait(), 10)
        return poll

    async def post(self, *packets: str) -> None:
        answer = await self.request("POST", SEPARATOR.join(packets))
        assert (answer.status_code, answer.text) == (200, "ok")
