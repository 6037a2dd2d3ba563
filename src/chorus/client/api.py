"""The HTTP API, asked until it answers.

A request that gets no answer, or "later" (429, 502, 503, 504), is sent again after a wait that grows, or after what
`Retry-After` says, for `patience` seconds in all. Only calls that may be repeated are made here: a message has its
client id, so one that was stored before its answer got lost is not stored twice.
"""

import asyncio
import random
import time
from typing import Any, Final, TypeVar

import httpx
import msgspec

from chorus.client import backoff
from chorus.client.errors import ApiError, Unreachable
from chorus.client.shapes import Problem

T = TypeVar("T")

LATER: Final = frozenset({429, 502, 503, 504})


class Api:
    """What one token may ask."""

    def __init__(self, url: str, token: str, *, patience: float, timeout: float = 15.0) -> None:
        """Take the chat's address; times in seconds, `timeout` for one attempt."""
        self._patience = patience
        self._http = httpx.AsyncClient(
            base_url=f"{url.rstrip('/')}/api/v1", headers={"authorization": f"Bearer {token}"}, timeout=timeout
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def ask(self, method: str, path: str, answer: type[T], body: Any = None) -> T:
        """Ask, again if need be, and read the answer.

        Raises:
            ApiError: the server refused.
            Unreachable: it did not answer in time.
        """
        response = await self._answer(method, path, body)
        if response.is_success:
            return msgspec.json.decode(response.content, type=answer)
        problem = _problem(response)
        raise ApiError(response.status_code, problem.code, problem.detail)

    async def _answer(self, method: str, path: str, body: Any) -> httpx.Response:
        content = None if body is None else msgspec.json.encode(body)
        headers = {} if body is None else {"content-type": "application/json"}
        until = time.monotonic() + self._patience
        failures = 0
        while True:
            asked, trouble = 0.0, ""
            try:
                response = await self._http.request(method, path, content=content, headers=headers)
            except httpx.TransportError as error:
                trouble = str(error) or type(error).__name__
            else:
                if response.status_code not in LATER:
                    return response
                asked = backoff.retry_after(response.headers.get("retry-after"))
                trouble = f"{response.status_code} {_problem(response).code}"
            pause = backoff.wait(failures, chance=random.random(), asked=asked)  # noqa: S311 - not for secrets
            failures += 1
            if time.monotonic() + pause > until:
                raise Unreachable(f"{method} {path}: no answer in {self._patience:g} s, the last time: {trouble}")
            await asyncio.sleep(pause)


def _problem(response: httpx.Response) -> Problem:
    try:
        return msgspec.json.decode(response.content, type=Problem)
    except msgspec.MsgspecError:  # a proxy's page
        return Problem("error", response.text[:200])
